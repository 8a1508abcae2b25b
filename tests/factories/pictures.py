"""Pictures for tests: whole screens of many sizes, crops, photos, squeezed shots and hostile files.

Everything is drawn from a seed, so a failing picture can be made again. No real person or system.
Sizes are pixels. Functions returning `bytes` give an encoded file; `draw_screen` gives the open picture.
"""

import functools
import io
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

_FONT_FILES = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Regular.ttc",
    "/usr/share/fonts/opentype/noto/NotoSerifCJK-Bold.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
)
_WORDS = tuple(
    word
    for line in (
        "健康档案 随访记录 高血压 糖尿病 体检表 门诊处方 住院登记 药房发药 参数错误 保存失败 详细信息",
        "责任医生 居民编号 建档日期 血压 空腹血糖 用药情况 下次随访 已审核 未审核 导出 查询 重置 打印",
        "form record visit 2026-07-22 138/86 6.1 ERR-500 OK timeout",
    )
    for word in line.split()
)
_MENU = (
    "首页",
    "档案管理",
    "随访管理",
    "体检管理",
    "慢病管理",
    "老年人",
    "孕产妇",
    "儿童保健",
    "签约服务",
    "统计报表",
    "系统设置",
    "帮助",
)
_THEMES = (
    # page, panel, title bar, taskbar, text
    ("#ffffff", "#f0f2f5", "#1f5fa8", "#202a38", "#1f2329"),
    ("#f6f6f6", "#dfe3ea", "#2f6fb3", "#101418", "#000000"),
    ("#1e1e1e", "#252526", "#333333", "#0b0b0b", "#d4d4d4"),
    ("#ece9d8", "#d6d2c2", "#0a246a", "#245edb", "#101010"),
)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in _FONT_FILES:
        if Path(name).exists():
            return ImageFont.truetype(name, size)
    return ImageFont.load_default(size)


def encode(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    """The picture as file bytes; options go to Pillow's `save`."""
    if kind == "PNG":
        options.setdefault("compress_level", 1)
    out = io.BytesIO()
    picture.save(out, kind, **options)  # type: ignore[arg-type]
    return out.getvalue()


def _table(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], theme: tuple[str, ...], rng: random.Random):
    left, top, right, bottom = box
    row_height, column = 26, 132
    for number, y in enumerate(range(top, bottom - row_height, row_height)):
        if number % 2 == 0:
            draw.rectangle((left, y, right, y + row_height - 1), fill=theme[1])
        draw.line((left, y, right, y), fill="#9aa3ad")
        for x in range(left + 8, right - column + 20, column):
            draw.text((x, y + 4), rng.choice(_WORDS)[:8], fill=theme[4], font=_font(15))
    for x in range(left, right, column):
        draw.line((x, top, x, bottom), fill="#9aa3ad")


def _form(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], theme: tuple[str, ...], rng: random.Random):
    left, top, right, bottom = box
    for y in range(top + 8, bottom - 40, 42):
        for x in range(left + 12, right - 260, 300):
            draw.text((x, y + 5), rng.choice(_WORDS)[:5], fill=theme[4], font=_font(15))
            draw.rectangle((x + 90, y, x + 260, y + 28), outline="#7f8790")
            draw.text((x + 96, y + 5), rng.choice(_WORDS)[:9], fill=theme[4], font=_font(14))


def _window(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], theme: tuple[str, ...], rng: random.Random):
    """One window: title bar, address or menu bar, side menu, table or form, scroll bar."""
    left, top, right, bottom = box
    draw.rectangle((left, top, right, bottom), fill=theme[0], outline="#5c6670")
    draw.rectangle((left, top, right, top + 30), fill=theme[2])
    draw.text((left + 12, top + 6), "公共卫生服务系统 " + rng.choice(_MENU), fill="#ffffff", font=_font(15))
    for step, mark in enumerate("×□－"):
        draw.text((right - 30 - 40 * step, top + 5), mark, fill="#ffffff", font=_font(16))
    draw.rectangle((left, top + 31, right, top + 62), fill=theme[1])
    for step, word in enumerate(_MENU[: max(1, (right - left - 40) // 90)]):
        draw.text((left + 14 + 90 * step, top + 38), word, fill=theme[4], font=_font(15))
    draw.rectangle((left, top + 63, left + 150, bottom), fill=theme[1])
    for step, word in enumerate(_MENU * 3):
        y = top + 76 + 34 * step
        if y + 24 > bottom:
            break
        draw.text((left + 22, y), word, fill=theme[4], font=_font(15))
    work = (left + 166, top + 76, right - 24, bottom - 10)
    (_table if rng.random() < 0.6 else _form)(draw, work, theme, rng)
    draw.rectangle((right - 16, top + 63, right - 1, bottom), fill="#c9ced4")
    draw.rectangle((right - 14, top + 90, right - 3, top + 200), fill="#8b939c")


def _dialog(draw: ImageDraw.ImageDraw, width: int, height: int, rng: random.Random):
    left, top = (width - 420) // 2, (height - 200) // 2 + rng.randrange(-60, 60)
    draw.rectangle((left, top, left + 420, top + 180), fill="#f7f7f7", outline="#404040")
    draw.rectangle((left, top, left + 420, top + 30), fill="#b22222")
    draw.text((left + 12, top + 6), "错误", fill="#ffffff", font=_font(15))
    draw.text((left + 30, top + 70), "保存失败：参数错误 ERR-500", fill="#000000", font=_font(16))
    for step, word in enumerate(("确定", "详细信息")):
        draw.rectangle((left + 170 + 120 * step, top + 130, left + 270 + 120 * step, top + 160), outline="#404040")
        draw.text((left + 182 + 120 * step, top + 136), word, fill="#000000", font=_font(15))


def _taskbar(draw: ImageDraw.ImageDraw, width: int, height: int, theme: tuple[str, ...]):
    draw.rectangle((0, height - 40, width, height), fill=theme[3])
    for step in range(8):
        draw.rectangle((10 + 52 * step, height - 32, 44 + 52 * step, height - 8), fill="#4f86c6", outline="#ffffff")
    draw.text((width - 130, height - 36), "14:02", fill="#ffffff", font=_font(14))
    draw.text((width - 130, height - 20), "2026/07/22", fill="#ffffff", font=_font(14))


def draw_screen(
    width: int = 1366, height: int = 768, seed: int = 1, *, taskbar: bool = True, theme: int | None = None
) -> Image.Image:
    """A whole desktop with a maximised or floating window, sometimes an error box. A fresh picture."""
    return _screen(width, height, seed, taskbar, theme).copy()


@functools.lru_cache(maxsize=32)
def _screen(width: int, height: int, seed: int, taskbar: bool, theme: int | None) -> Image.Image:
    rng = random.Random(f"{width}x{height}/{seed}")
    colours = _THEMES[seed % len(_THEMES) if theme is None else theme]
    picture = Image.new("RGB", (width, height), "#2d5f8b")
    draw = ImageDraw.Draw(picture)
    bottom = height - (41 if taskbar else 1)
    if seed % 3 == 2 and width >= 1200:  # icons on the desktop, a floating window
        for step in range(6):
            y = 24 + 96 * step
            draw.rectangle((28, y, 68, y + 40), fill="#e8c15a", outline="#ffffff")
            draw.text((18, y + 48), rng.choice(_MENU)[:4], fill="#ffffff", font=_font(14))
        _window(draw, (140, 40, width - 60, bottom - 40), colours, rng)
    else:
        _window(draw, (0, 0, width - 1, bottom), colours, rng)
    if rng.random() < 0.5:
        _dialog(draw, width, height, rng)
    if taskbar:
        _taskbar(draw, width, height, colours)
    return picture


@functools.lru_cache(maxsize=64)
def whole_screen(width: int = 1366, height: int = 768, seed: int = 1) -> bytes:
    """PNG of a whole screen: accepted when the size is a known screen's."""
    return encode(draw_screen(width, height, seed))


@functools.lru_cache(maxsize=32)
def jpeg_screen(width: int = 1366, height: int = 768, seed: int = 1, quality: int = 85) -> bytes:
    """JPEG of a whole screen: accepted when the size is a known screen's."""
    return encode(draw_screen(width, height, seed), "JPEG", quality=quality)


@functools.lru_cache(maxsize=32)
def crop_of_screen(width: int = 420, height: int = 180, seed: int = 1) -> bytes:
    """PNG cut from the middle of a 1920x1080 screen: refused (420x180 as too small)."""
    left, top = (1920 - width) // 2 + 7, (1040 - height) // 2
    return encode(draw_screen(1920, 1080, seed).crop((left, top, left + width, top + height)))


@functools.lru_cache(maxsize=8)
def photo_of_screen(seed: int = 1, *, width: int = 2048, height: int = 1536, orientation: int = 1) -> bytes:
    """JPEG photo of a monitor, slightly turned and soft, with camera EXIF: asked about."""
    screen = draw_screen(1366, 768, seed).resize((int(width * 0.86), int(height * 0.7)))
    photo = Image.new("RGB", (width, height), "#3a3530")
    photo.paste(screen, (int(width * 0.07), int(height * 0.13)))
    photo = photo.rotate(1.3, resample=Image.Resampling.BILINEAR, fillcolor="#2e2a26")
    photo = photo.filter(ImageFilter.GaussianBlur(2.2))
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x0112] = "TestPhone", "T-1", orientation
    return encode(photo, "JPEG", quality=88, exif=exif.tobytes())


@functools.lru_cache(maxsize=8)
def scaled_screen(width: int = 1560, height: int = 878, seed: int = 1) -> bytes:
    """JPEG of a 1920x1080 screen squeezed by a chat program, still sharp: asked about as scaled."""
    squeezed = draw_screen(1920, 1080, seed).resize((width, height), Image.Resampling.LANCZOS)
    return encode(squeezed, "JPEG", quality=82)


@functools.lru_cache(maxsize=8)
def phone_screen(width: int = 1080, height: int = 2340, seed: int = 1) -> bytes:
    """PNG of an upright phone screen with a list."""
    rng = random.Random(f"phone {seed}")
    picture = Image.new("RGB", (width, height), "#ffffff")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, width, 180), fill="#1f5fa8")
    draw.text((60, 90), "公共卫生服务系统", fill="#ffffff", font=_font(44))
    for y in range(220, height - 120, 110):
        draw.text((60, y), f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}", fill="#1f2329", font=_font(40))
        draw.line((40, y + 80, width - 40, y + 80), fill="#c0c4cc")
    return encode(picture)


def random_crops(count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """(description, PNG) of crops at least 1000x560 from random places of whole screens of four sizes."""
    rng = random.Random(seed)
    for _ in range(count):
        width, height = rng.choice(((1366, 768), (1920, 1080), (1920, 1080), (2560, 1440)))
        screen_seed = rng.randrange(1, 5)
        wide, high = rng.randrange(1000, width - 20), rng.randrange(560, height - 20)
        left, top = rng.randrange(8, width - wide), rng.randrange(0, height - high)
        box = (left, top, left + wide, top + high)
        cropped = _screen(width, height, screen_seed, True, None).crop(box)
        yield f"{width}x{height} seed {screen_seed} {box}", encode(cropped)


# Hostile and odd files, put together byte by byte.


def png_chunk(name: bytes, body: bytes) -> bytes:
    """One PNG chunk with a right checksum."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_chunks(png: bytes) -> list[tuple[bytes, bytes]]:
    """(name, body) of each chunk."""
    found, at = [], 8
    while at < len(png):
        (length,) = struct.unpack_from(">I", png, at)
        found.append((png[at + 4 : at + 8], png[at + 8 : at + 8 + length]))
        at += 12 + length
    return found


def build_png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """A PNG file of these chunks."""
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(name, body) for name, body in chunks)


def png_with(*extra: tuple[bytes, bytes], trailing: bytes = b"") -> bytes:
    """A whole 1366x768 screen with further chunks before its data and bytes after its end."""
    chunks = png_chunks(whole_screen())
    return build_png([chunks[0], *extra, *chunks[1:]]) + trailing


def png_header(width: int, height: int, *, depth: int = 8, colour: int = 2) -> tuple[bytes, bytes]:
    """An IHDR chunk, not interlaced."""
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)


def png_missing_lines(width: int = 1366, height: int = 768, lines: int = 100) -> bytes:
    """A PNG whose packed data ends, without any fault of packing, after some lines."""
    rows = draw_screen(width, height).tobytes()[: lines * width * 3]
    raw = b"".join(b"\0" + rows[at : at + width * 3] for at in range(0, len(rows), width * 3))
    return build_png([png_header(width, height), (b"IDAT", zlib.compress(raw, 1)), (b"IEND", b"")])


_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def interlaced(picture: Image.Image) -> bytes:
    """The picture as a PNG of seven passes, which Pillow reads but cannot write."""
    picture = picture.convert("RGB")
    raw = b""
    for left, top, step_x, step_y in _PASSES:
        part = _every(picture, left, top, step_x, step_y)
        rows = part.tobytes()
        raw += b"".join(b"\0" + rows[at : at + part.width * 3] for at in range(0, len(rows), part.width * 3))
    header = struct.pack(">IIBBBBB", *picture.size, 8, 2, 0, 0, 1)
    return build_png([(b"IHDR", header), (b"IDAT", zlib.compress(raw, 1)), (b"IEND", b"")])


def _every(picture: Image.Image, left: int, top: int, step_x: int, step_y: int) -> Image.Image:
    """Every so many columns and lines, from the first."""
    lines = [picture.crop((left, y, picture.width, y + 1)).tobytes() for y in range(top, picture.height, step_y)]
    packed = [b"".join(line[at : at + 3] for at in range(0, len(line), 3 * step_x)) for line in lines]
    return Image.frombytes("RGB", (len(packed[0]) // 3, len(packed)), b"".join(packed))


def deep_grey(picture: Image.Image, step: int) -> bytes:
    """A 16-bit grey PNG; `step` is the distance of two of its 256 levels."""
    tables = [struct.pack(">H", level * step) for level in range(256)]
    rows = picture.convert("L").tobytes()
    width = picture.width
    raw = b"".join(
        b"\0" + b"".join(map(tables.__getitem__, rows[at : at + width])) for at in range(0, len(rows), width)
    )
    return build_png([png_header(*picture.size, depth=16, colour=0), (b"IDAT", zlib.compress(raw, 1)), (b"IEND", b"")])


def bmp_with_alpha(picture: Image.Image, alpha: int) -> bytes:
    """A 32-bit BMP with colour masks and one transparency everywhere."""
    picture = picture.convert("RGB")
    whole = Image.merge("RGBA", (*picture.split(), Image.new("L", picture.size, alpha)))
    pixels = whole.transpose(Image.Transpose.FLIP_TOP_BOTTOM).tobytes("raw", "BGRA")
    masks = struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    info = struct.pack("<IiiHHIIiiII", 108, *picture.size, 1, 32, 3, len(pixels), 2835, 2835, 0, 0) + masks
    info += b"BGRs" + bytes(48)
    return b"BM" + struct.pack("<IHHI", 14 + len(info) + len(pixels), 0, 0, 14 + len(info)) + info + pixels


@functools.cache
def png_bomb(side: int = 13_000) -> bytes:
    """Under 1 MB that unpacks to more than 500 MB."""
    packer = zlib.compressobj(9)
    line = b"\0" * (1 + side * 3)
    packed = b"".join(packer.compress(line) for _ in range(side)) + packer.flush()
    return build_png([png_header(side, side), (b"IDAT", packed), (b"IEND", b"")])


def apng() -> bytes:
    """An animated PNG of three frames, the first a whole screen."""
    frames = [draw_screen(1366, 768, seed) for seed in (1, 2, 3)]
    return encode(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=100)


def insert_jpeg_segment(jpeg: bytes, marker: int, body: bytes) -> bytes:
    """The JPEG with one more segment straight after its start."""
    return jpeg[:2] + bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def progressive_jpeg(width: int = 1366, height: int = 768) -> bytes:
    """An ordinary progressive JPEG of a whole screen, about ten scans."""
    return encode(draw_screen(width, height), "JPEG", quality=80, progressive=True)


@functools.cache
def jpeg_scan_bomb(width: int = 4000, height: int = 3000, scans: int = 600) -> bytes:
    """A small progressive JPEG whose last scan is repeated; each scan costs a pass over all pixels."""
    flat = encode(Image.new("RGB", (width, height), "#808080"), "JPEG", progressive=True, quality=30)
    last = flat.rindex(b"\xff\xda")
    return flat[:-2] + flat[last:-2] * scans + b"\xff\xd9"


def exif_block(order: str = "<", *, orientation: int = 1, entries: int | None = None, start: int = 8) -> bytes:
    """TIFF-style EXIF with a maker, an orientation and a next-directory pointer back to itself (a loop)."""
    tags = [(0x010F, 2, 4, int.from_bytes(b"Cam\0", "little" if order == "<" else "big"))]
    body = b"".join(struct.pack(order + "HHII", *tag) for tag in tags)
    body += struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(order + "I", start)
    count = 2 if entries is None else entries
    return head + struct.pack(order + "H", count) + body + struct.pack(order + "I", start)
