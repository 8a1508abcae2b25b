"""Messages about a screenshot for the reporter: what is wrong, the measured and the needed size, what to press.

What is wrong takes at most 15 characters. Why it matters, `WHY`, stands once on a page and not in each message
(REQUIREMENTS C1, C5). The sentences in capitals are also what the page's script says (`script_rule`).
"""

from portal.screenshots.screens import Size

WHY = "局部截图会影响工程师查找问题原因"
PRESS = "请按键盘上的 PrtSc 键截取整个屏幕，重新上传。"
_OR_PRESS = "，或按 PrtSc 键重新截图。"
_USUAL = "整屏一般是 1366 × 768 或 1920 × 1080 像素"

TAKEN = "PNG、JPG、WebP 或 BMP"
EMPTY = "图片是空文件，请重新选择。"
TOO_MANY_BYTES = "图片不能超过 {most} MB，这张是 {size} MB。请用“画图”打开，另存为 JPG 后上传。"
SMALL = f"只截了一部分。这张图是 {{size}}，至少 {{least}}。{PRESS}"
STRIP = f"只截了一条，{{side}}不够。这张图是 {{size}}，至少 {{least}}。{PRESS}"
BROKEN = "图片打不开，可能没传完。请重新选择；还不行，请用“画图”打开，另存为 PNG 后上传。"
PIXELS = "{width} × {height} 像素"

# What each question is about, by reason; the ticket page names it beside the answer.
ASKED = {
    "photo": "像是手机拍摄或不清晰",
    "nearly": "可能缺少任务栏或地址栏",
    "scaled": "可能被聊天软件压缩过",
    "long": "比屏幕长",
    "frame": "四周是空白",
    "cut_on_own_screen": "左右边缘有文字",
    "two_screens": "像是两台错开的显示器",
    "across": "像是横着的手机屏幕",
    "odd_screen": "屏幕尺寸不常见",
    "unfinished": "图片可能没传完，有些模糊",
    "same": "两处是同一张图",
}
_SAVE_AS_PNG = "请用“画图”打开，另存为 PNG 后上传。"
_OPEN_AND_PRESS = "请打开它，再按 PrtSc 键截取整个屏幕，重新上传。"
_WAYS_OUT = {
    "HEIC 照片": "请在手机上打开照片，截屏后上传截屏。",
    "PDF 文件": _OPEN_AND_PRESS,
    "Office 文件": _OPEN_AND_PRESS,
    "文档或压缩包": _OPEN_AND_PRESS,
    "压缩包": "请解压后上传里面的截图。",
    "视频": "请停在出问题的画面，再按 PrtSc 键截取整个屏幕，重新上传。",
    "": "请选择截图文件；还没有截图时，按 PrtSc 键截取整个屏幕。",
}


def pixels(size: Size) -> str:
    """`1366 × 768 像素`"""
    return PIXELS.format(width=size[0], height=size[1])


def received(size: Size, *, is_asked: bool, at_phone: bool = False) -> str:
    """A stored screenshot, and whether the reporter must confirm it, which a phone cannot do."""
    if not is_asked:
        return f"{pixels(size)}，整屏，已收到"
    return f"{pixels(size)}，已收到，请在电脑上确认" if at_phone else f"{pixels(size)}，已收到，请确认"


def not_taken(name: str) -> str:
    """A file of another type, named where it is known, with the way out."""
    return f"{name or '这个文件'}不能用，需要 {TAKEN}。{_WAYS_OUT.get(name, _SAVE_AS_PNG)}"


def too_many_bytes(found: int, allowed: int) -> str:
    """The file is larger than allowed; both in bytes."""
    return TOO_MANY_BYTES.format(most=megabytes(allowed), size=megabytes(found, up=True))


def megabytes(count: int, *, up: bool = False) -> str:
    """`10` or `10.3`: rounded down, as a limit is, or up."""
    tenths = -(-count * 10 // 1024**2) if up else count * 10 // 1024**2
    return f"{tenths / 10:g}"


def too_many_pixels(size: Size, allowed: int) -> str:
    """More pixels than the portal decodes."""
    return f"图片太大，无法处理。这张图是 {pixels(size)}，最多 {allowed // 10_000} 万像素。{PRESS}"


def small(size: Size, least: Size) -> str:
    """Below the smallest size."""
    return SMALL.format(size=pixels(size), least=pixels(least))


def short_side(*, is_landscape: bool) -> str:
    """The side of a strip that is too short."""
    return "高度" if is_landscape else "宽度"


def strip(size: Size, least: Size) -> str:
    """Much wider than high, or the reverse."""
    side = short_side(is_landscape=size[0] >= size[1])
    return STRIP.format(size=pixels(size), least=pixels(least), side=side)


def partial(size: Size, own: Size | None) -> str:
    """Not the shape of any screen."""
    return f"{'没有截全' if own else '不像完整屏幕'}。{_compared(size, own)}。{PRESS}"


def cut(size: Size, own: Size | None) -> str:
    """Text touches the left or right border."""
    return f"左右边缘的文字被截断。{_compared(size, own)}。{PRESS}"


def blank(size: Size) -> str:
    """One colour."""
    return f"图片是空白或全黑。这张图是 {pixels(size)}。请让问题显示在屏幕上，再按 PrtSc 键重新截图。"


def missing_lines(size: Size) -> str:
    """The file ends before the picture does."""
    return f"图片没有传完，缺了一截。这张图是 {pixels(size)}。请重新选择原图；还不行，请按 PrtSc 键重新截图。"


def photo(size: Size) -> str:
    """Made by a camera, or blurred."""
    return f"{ASKED['photo']}。这张图是 {pixels(size)}。请确认能看到整个屏幕、文字清楚{_OR_PRESS}"


def nearly(size: Size) -> str:
    """A known screen's width, a little less than its height."""
    return f"{ASKED['nearly']}。这张图是 {pixels(size)}，接近整屏。请确认已包含整个系统界面{_OR_PRESS}"


def scaled(size: Size, own: Size | None) -> str:
    """A screen's proportions at an unusual size."""
    if own and size[0] < own[0]:
        return f"没有截全，或被压缩过。{_compared(size, own)}。请确认是整个屏幕、文字清楚{_OR_PRESS}"
    return f"{ASKED['scaled']}。这张图是 {pixels(size)}。请确认是整个屏幕、文字清楚，或上传原图。"


def unfinished(size: Size) -> str:
    """The first passes of a progressive file: everything is there, but coarse."""
    return f"{ASKED['unfinished']}。这张图是 {pixels(size)}。请确认文字清楚，或重新选择原图。"


def unsure(reason: str, size: Size) -> str:
    """What the size or the border alone cannot settle."""
    return f"{ASKED[reason]}。这张图是 {pixels(size)}。请确认是整个屏幕（系统全图）{_OR_PRESS}"


def same(size: Size) -> str:
    """The picture of another slot once more: one screen can show both."""
    return f"{ASKED['same']}，都是 {pixels(size)}。请确认这一张图已经显示两处要的内容，或换一张。"


def _compared(size: Size, own: Size | None) -> str:
    return f"这张图是 {pixels(size)}，{f'您的屏幕是 {pixels(own)}' if own else _USUAL}"
