"""Renders screenshots for display: redacted, watermarked, scaled down. Bytes in, bytes out; stores nothing.

Expects images that the inspection has accepted, so their size and format are within its limits.
"""

import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont

from portal.screenshots.bare import BrokenPicture
from portal.screenshots.decoding import DECODING
from portal.screenshots.models import PREVIEW_SIDE
from portal.screenshots.pixels import eight_bit
from portal.screenshots.screens import scaled

# Left, top, width, height in pixels of the stored image.
Box = tuple[int, int, int, int]

PREVIEW_TYPE, THUMBNAIL_TYPE = "image/webp", "image/jpeg"
FIT_WIDTH, FIT_BYTES = 1366, 60_000  # UX 8: first view of a screenshot
THUMBNAIL_WIDTH, THUMBNAIL_BYTES = 480, 20_000
# A whole screen on 32 pixels: one pixel averages about 40 x 40, so no letter can be restored by sharpening.
_BLUR_SIDE = 32
_BLUR_BITS = 4  # few levels, so that the mean of an area does not reveal which of two guessed texts it held

_READABLE = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}
_MARK_ANGLE = 24  # degrees
_MARK_STRENGTH = 38  # of 255: visible on black and white, and text below stays readable
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
    """The viewer and the time: `full` needs a Chinese font, `plain` is ASCII and always works."""

    full: str
    plain: str


def is_of_type(content: bytes, media_type: str) -> bool:
    """Whether these bytes begin as a picture of that type; they are not decoded."""
    try:
        _begun(content, media_type)
    except Exception:  # decoders raise exceptions of any class
        return False
    return True


def original(content: bytes, media_type: str, redactions: Sequence[Box], mark: Watermark) -> bytes:
    """The image at its full size and in its own type, redacted and watermarked. Raises `BrokenPicture`."""
    with DECODING:
        picture = _opened(content, media_type)
        _redact(picture, redactions)
        _draw_mark(picture, mark)
        return _written(picture, _READABLE[media_type])


def fit(content: bytes, media_type: str, redactions: Sequence[Box], mark: Watermark) -> bytes:
    """A WebP for the first view: at most 1366 wide and 60 KB, redacted and watermarked. Raises `BrokenPicture`."""
    with DECODING:
        picture = _opened(content, media_type)
        _redact(picture, redactions)
        picture = _narrowed(_on_white(picture), FIT_WIDTH)

        def attempt(width: int, quality: int) -> bytes:
            small = _narrowed(picture, width)
            _draw_mark(small, mark)
            return _written(small, "WEBP", quality=quality, method=2)

        return _fitting(FIT_BYTES, FIT_WIDTH, attempt)


def thumbnail(content: bytes, media_type: str) -> bytes:
    """A JPEG of at most 480 wide and 20 KB, for the clinic that uploaded it. Raises `BrokenPicture`."""
    with DECODING:
        picture = _narrowed(_on_white(_opened(content, media_type, enough=THUMBNAIL_WIDTH)), THUMBNAIL_WIDTH)

        def attempt(width: int, quality: int) -> bytes:
            return _written(_narrowed(picture, width), "JPEG", quality=quality, optimize=True)

        return _fitting(THUMBNAIL_BYTES, THUMBNAIL_WIDTH, attempt)


def unreadable(content: bytes, media_type: str, redactions: Sequence[Box]) -> bytes:
    """A WebP of 160 pixels that shows the kind of screen but no letter of it. Raises `BrokenPicture`."""
    with DECODING:
        picture = _opened(content, media_type)
        _redact(picture, redactions)
        picture = _on_white(picture)
        tiny = picture.resize(scaled(picture.size, _BLUR_SIDE), Image.Resampling.BOX)
        coarse = tiny.point([level >> (8 - _BLUR_BITS) << (8 - _BLUR_BITS) for level in range(256)] * 3)
        soft = coarse.filter(ImageFilter.GaussianBlur(1))
        preview = soft.resize(scaled(picture.size, PREVIEW_SIDE), Image.Resampling.BICUBIC)
        return _written(preview, "WEBP", quality=50, method=2)


# Pixels


def _begun(content: bytes, media_type: str) -> Image.Image:
    """Its head is read, its pixels not yet."""
    return Image.open(io.BytesIO(content), formats=[_READABLE[media_type]])


def _opened(content: bytes, media_type: str, enough: int = 0) -> Image.Image:
    """The image in L, RGB or RGBA; a JPEG may be decoded smaller when a width of `enough` pixels will do."""
    try:
        picture = _begun(content, media_type)
        if enough:
            picture.draft(None, (enough, enough))
        picture.load()
        return _plain(picture)
    except Exception as fault:  # decoders raise exceptions of any class
        raise BrokenPicture(media_type) from fault


def _plain(picture: Image.Image) -> Image.Image:
    if picture.mode.startswith("I"):
        picture = eight_bit(picture)
    mode = "RGBA" if picture.has_transparency_data else "L" if picture.mode in ("1", "L") else "RGB"
    plain = picture if picture.mode == mode else picture.convert(mode)
    plain.info.clear()
    return plain


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode != "RGBA":
        return picture.convert("RGB")
    background = Image.new("RGB", picture.size, "white")
    background.paste(picture, mask=picture.getchannel("A"))
    return background


def _redact(picture: Image.Image, redactions: Sequence[Box]) -> None:
    """Overwrites the pixels, so that nothing of the original is in the output."""
    for left, top, width, height in redactions:
        picture.paste(0 if picture.mode == "L" else "#000000", (left, top, left + width, top + height))


def _narrowed(picture: Image.Image, width: int) -> Image.Image:
    """A copy of at most this width, and at most twice as high."""
    small = picture.copy()
    small.thumbnail((width, 2 * width), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return small


def _fitting(limit: int, width: int, attempt: Callable[[int, int], bytes]) -> bytes:
    """The best attempt that is small enough: first with less quality, then with fewer pixels."""
    content = attempt(width, 55)
    for quality in (35, 30, 30, 25, 20, 15):
        if len(content) <= limit:
            break
        if quality < 35:
            width = int(width * max(0.5, min(0.9, math.sqrt(limit / len(content)))))
        content = attempt(width, quality)
    return content


def _written(picture: Image.Image, kind: str, **options: int | bool) -> bytes:
    """Encoded without metadata. PNG stays lossless; stronger compression costs more time than it saves."""
    chosen = {"PNG": {"compress_level": 1}, "JPEG": {"quality": 92, "subsampling": 0}}.get(
        kind, {"quality": 92, "method": 1}
    )
    out = io.BytesIO()
    (picture if kind != "JPEG" or picture.mode != "RGBA" else _on_white(picture)).save(out, kind, **chosen | options)
    return out.getvalue()


# Mark


def _draw_mark(picture: Image.Image, mark: Watermark) -> None:
    """Draws the text slanted across the whole image, dark beside light, so that it shows on any background."""
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
    """The slanted text as a mask, with a margin."""
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
    """The path of an installed font with Chinese characters, if any; the portal ships none."""
    return next((path for path in _CHINESE_FONTS if Path(path).is_file()), None)
