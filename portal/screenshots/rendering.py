"""Pictures as they leave the store: covered, marked with their viewer, made small. Bytes in, bytes out, nothing kept.

Only pictures that the inspection has accepted come here, so their size and format are within its limits.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from portal.screenshots.formats import BrokenPicture
from portal.screenshots.inspection import DECODING
from portal.screenshots.models import PREVIEW_SIDE
from portal.screenshots.screens import scaled

# Left, top, width, height in pixels of the stored picture.
Box = tuple[int, int, int, int]

PREVIEW_TYPE, THUMBNAIL_TYPE = "image/webp", "image/jpeg"
FIT_WIDTH, FIT_BYTES = 1366, 60_000  # UX 8: first look at a picture
THUMBNAIL_WIDTH, THUMBNAIL_BYTES = 480, 20_000
# A whole screen on 32 pixels: one pixel holds some forty by forty, so no stroke of a letter is left to sharpen.
_BLUR_SIDE = 32
_BLUR_BITS = 4  # few levels: the mean of a patch does not tell which of two guessed texts stood there

_READABLE = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_MARK_ANGLE = 24  # degrees
_MARK_STRENGTH = 38  # of 255: seen on black and white, no stroke below it is lost
_LONGEST_MARK = 60
_CHINESE_FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-sans-cjk-fonts/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/wqy-microhei/wqy-microhei.ttc",
    "/usr/share/fonts/wqy-zenhei/wqy-zenhei.ttc",
    "/usr/share/fonts/msyh.ttc",
    "C:/Windows/Fonts/msyh.ttc",
    "/System/Library/Fonts/PingFang.ttc",
)


@dataclass(frozen=True)
class Watermark:
    """Who looks, and when: `full` needs a Chinese font, `plain` is ASCII and can always be drawn."""

    full: str
    plain: str


def original(content: bytes, media_type: str, covers: Sequence[Box], mark: Watermark) -> bytes:
    """The whole picture at its own pixel size and type, covered and marked. Raises `BrokenPicture`."""
    with DECODING:
        picture = _opened(content, media_type)
        _cover(picture, covers)
        _draw_mark(picture, mark)
        return _written(picture, _READABLE[media_type])


def fit(content: bytes, media_type: str, covers: Sequence[Box], mark: Watermark) -> bytes:
    """A WebP for the first look: at most 1366 wide and 60 KB, covered and marked. Raises `BrokenPicture`."""
    with DECODING:
        picture = _opened(content, media_type)
        _cover(picture, covers)
        picture = _narrowed(_on_white(picture), FIT_WIDTH)

        def attempt(width: int, quality: int) -> bytes:
            small = _narrowed(picture, width)
            _draw_mark(small, mark)
            return _written(small, "WEBP", quality=quality, method=2)

        return _within(FIT_BYTES, FIT_WIDTH, attempt)


def thumbnail(content: bytes, media_type: str) -> bytes:
    """A JPEG of at most 480 wide and 20 KB, for the clinic that gave the picture. Raises `BrokenPicture`."""
    with DECODING:
        picture = _narrowed(_on_white(_opened(content, media_type, enough=THUMBNAIL_WIDTH)), THUMBNAIL_WIDTH)

        def attempt(width: int, quality: int) -> bytes:
            return _written(_narrowed(picture, width), "JPEG", quality=quality, optimize=True)

        return _within(THUMBNAIL_BYTES, THUMBNAIL_WIDTH, attempt)


def unreadable(content: bytes, media_type: str, covers: Sequence[Box]) -> bytes:
    """A WebP of 160 pixels that shows what kind of screen it is and no letter of it. Raises `BrokenPicture`."""
    with DECODING:
        picture = _opened(content, media_type)
        _cover(picture, covers)
        picture = _on_white(picture)
        tiny = picture.resize(scaled(picture.size, _BLUR_SIDE), Image.Resampling.BOX)
        coarse = tiny.point([level >> (8 - _BLUR_BITS) << (8 - _BLUR_BITS) for level in range(256)] * 3)
        soft = coarse.filter(ImageFilter.GaussianBlur(1))
        shown = soft.resize(scaled(picture.size, PREVIEW_SIDE), Image.Resampling.BICUBIC)
        return _written(shown, "WEBP", quality=50, method=2)


# Pixels


def _opened(content: bytes, media_type: str, enough: int = 0) -> Image.Image:
    """The picture in L, RGB or RGBA; a JPEG may be unpacked smaller when `enough` pixels of width will do."""
    try:
        picture = Image.open(io.BytesIO(content), formats=[_READABLE[media_type]])
        if enough:
            picture.draft(None, (enough, enough))
        picture.load()
        return _plain(picture)
    except Exception as fault:  # decoders raise whatever they like
        raise BrokenPicture(media_type) from fault


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = picture.convert("I").point(lambda level: level / 256).convert("L")
    mode = "RGBA" if picture.has_transparency_data else "L" if picture.mode in ("1", "L") else "RGB"
    plain = picture if picture.mode == mode else picture.convert(mode)
    plain.info.clear()
    return plain


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    paper = Image.new("RGB", picture.size, "white")
    paper.paste(picture, mask=picture.getchannel("A"))
    return paper


def _cover(picture: Image.Image, covers: Sequence[Box]) -> None:
    """Replace the pixels themselves: nothing of what was there is in what leaves."""
    for left, top, width, height in covers:
        picture.paste(0 if picture.mode == "L" else "#000000", (left, top, left + width, top + height))


def _narrowed(picture: Image.Image, width: int) -> Image.Image:
    """A copy of at most this width, and at most twice as high."""
    small = picture.copy()
    small.thumbnail((width, 2 * width), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small


def _within(limit: int, width: int, attempt: Callable[[int, int], bytes]) -> bytes:
    """The best of a few attempts that is small enough: first less quality, then fewer pixels."""
    content = attempt(width, 55)
    for quality in (35, 30, 30, 25, 20, 15):
        if len(content) <= limit:
            break
        if quality < 35:
            width = int(width * max(0.5, min(0.9, math.sqrt(limit / len(content)))))
        content = attempt(width, quality)
    return content


def _written(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    """The encoded picture, without metadata. PNG stays exact; packing it harder costs more time than it saves."""
    chosen = {"PNG": {"compress_level": 1}, "JPEG": {"quality": 92, "subsampling": 0}}.get(
        kind, {"quality": 92, "method": 1}
    )
    out = io.BytesIO()
    (picture if kind != "JPEG" or picture.mode != "RGBA" else _on_white(picture)).save(out, kind, **chosen | options)
    return out.getvalue()


# Mark


def _draw_mark(picture: Image.Image, mark: Watermark) -> None:
    """The viewer's name and the time, slanted, all over the picture: dark beside light, so that any ground shows it."""
    size = max(15, min(36, picture.width // 68))
    stamp = _stamp(mark, size)
    shade = stamp.point([level * _MARK_STRENGTH // 255 for level in range(256)])
    step_x, step_y = stamp.width, int(stamp.height * 1.1)
    black, white = (0, 255) if picture.mode == "L" else ("#000000", "#ffffff")
    for row, top in enumerate(range(-step_y // 3, picture.height, step_y)):
        for left in range(-step_x // (2 + row % 2 * 2), picture.width, step_x):
            picture.paste(black, (left + 1, top + 1), shade)
            picture.paste(white, (left, top), shade)


def _stamp(mark: Watermark, size: int) -> Image.Image:
    """The slanted text as a mask, with room around it."""
    chinese = _chinese_font()
    text = mark.full if chinese else mark.plain
    text = " ".join(text.split())[:_LONGEST_MARK]
    font = ImageFont.truetype(chinese, size) if chinese else ImageFont.load_default(size)
    left, top, right, bottom = font.getbbox(text)
    flat = Image.new("L", (int(right - left) + 2 * size, int(bottom - top) + 2 * size))
    ImageDraw.Draw(flat).text((size - left, size - top), text, fill=255, font=font)
    return flat.rotate(_MARK_ANGLE, expand=True, resample=Image.Resampling.BILINEAR)


@lru_cache
def _chinese_font() -> str | None:
    """A font file with Chinese letters, where the deployment has one; none is shipped with the portal."""
    return next((path for path in _CHINESE_FONTS if Path(path).is_file()), None)
