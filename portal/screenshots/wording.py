"""Messages about a screenshot for the reporter: the measured size, the reason, and what to do instead.

Texts: UX section 4 and SCREENSHOTS.md; the reason, 「影响工程师查找问题原因」, is the rule's own
(REQUIREMENTS C1, C5). The sentences in capitals are also what the page's script says (`script_rule`).
"""

from portal.screenshots.screens import Size

_WHY = "局部截图会影响工程师查找问题原因"
_HOW = "请按键盘上的 PrtSc 键截取整个屏幕（系统全图）后重新上传。"
_CONFIRM = f"{_WHY}，请确认"

TYPE = "图片应为 PNG、JPG、WebP 或 BMP，请重新选择。"
BROKEN = "图片打不开，可能没有传完，请重新选择。"
EMPTY = "图片是空文件，请重新选择。"
TOO_MANY_BYTES = "图片不能超过 {most} MB，这张是 {size} MB。请换一张小一些的图片。"
SMALL = f"这张图是 {{size}}，只截了一部分。需要整屏截图，至少 {{least}}。{_WHY}，{_HOW}"
STRIP = f"这张图是 {{size}}，{{side}}不够，请截下整个屏幕（包括最下面的任务栏）。{_WHY}。"
PIXELS = "{width} × {height} 像素"


def pixels(size: Size) -> str:
    """`1366 × 768 像素`"""
    return PIXELS.format(width=size[0], height=size[1])


def received(size: Size, *, is_asked: bool, at_phone: bool = False) -> str:
    """A stored screenshot, and whether the reporter must confirm it, which a phone cannot do."""
    if not is_asked:
        return f"{pixels(size)}，整屏，已收到"
    return f"{pixels(size)}，已收到，请在电脑上确认" if at_phone else f"{pixels(size)}，已收到，请确认"


def too_many_bytes(found: int, allowed: int) -> str:
    """The file is larger than allowed; both in bytes."""
    return TOO_MANY_BYTES.format(most=megabytes(allowed), size=megabytes(found, up=True))


def megabytes(count: int, *, up: bool = False) -> str:
    """`10` or `10.3`: rounded down, as a limit is, or up."""
    tenths = -(-count * 10 // 1024**2) if up else count * 10 // 1024**2
    return f"{tenths / 10:g}"


def too_many_pixels(size: Size, allowed: int) -> str:
    """More pixels than the portal decodes."""
    return f"这张图是 {pixels(size)}，超过 {allowed // 10_000} 万像素，无法处理。请上传屏幕截图的原图。"


def small(size: Size, least: Size) -> str:
    """Below the smallest size."""
    return SMALL.format(size=pixels(size), least=pixels(least))


def short_side(*, is_landscape: bool) -> str:
    """The side of a strip that is too short."""
    return "高度" if is_landscape else "宽度"


def strip(size: Size) -> str:
    """Much wider than high, or the reverse."""
    return STRIP.format(size=pixels(size), side=short_side(is_landscape=size[0] >= size[1]))


def partial(size: Size, own: Size | None) -> str:
    """Not the shape of any screen."""
    if own:
        return f"这张图是 {pixels(size)}，您的屏幕是 {pixels(own)}，看起来没有截全。{_WHY}，{_HOW}"
    return f"这张图是 {pixels(size)}，不像完整屏幕。请勿只截局部：{_WHY}。{_HOW}"


def cut(size: Size) -> str:
    """Text touches the left or right border."""
    return f"这张图是 {pixels(size)}，左右边缘的文字被截断，像是局部截图。{_WHY}，{_HOW}"


def blank(size: Size) -> str:
    """One colour."""
    return f"这张图是 {pixels(size)}，内容是空白或全黑。请让问题显示在屏幕上，再按 PrtSc 键重新截图。"


def photo(size: Size) -> str:
    """Made by a camera, or blurred."""
    return (
        f"这张图是 {pixels(size)}，像是手机拍摄或不清晰。{_WHY}，建议在电脑上截图；"
        "如确实无法截图，请确认照片中能看到整个屏幕且文字清楚。"
    )


def nearly(size: Size) -> str:
    """A known screen's width, a little less than its height."""
    return f"这张图是 {pixels(size)}，接近全屏，但可能缺少任务栏或浏览器地址栏。{_CONFIRM}已包含整个系统界面。"


def scaled(size: Size, own: Size | None) -> str:
    """A screen's proportions at an unusual size."""
    if own and size[0] < own[0]:
        return (
            f"这张图是 {pixels(size)}，您的屏幕是 {pixels(own)}，看起来没有截全，或被聊天软件压缩过。"
            f"{_CONFIRM}显示的是整个屏幕且文字清楚，或重新截图。"
        )
    return f"这张图是 {pixels(size)}，可能被聊天软件压缩过。{_CONFIRM}显示的是整个屏幕且文字清楚，或上传原图。"


def unsure(size: Size) -> str:
    """A long capture, a picture on an empty canvas, or a whole screen with text at its border."""
    return f"这张图是 {pixels(size)}。{_CONFIRM}此图显示整个屏幕（系统全图），而不是局部。"
