"""Decodes an image that the header checks let through, proves that no line is missing, and writes the clean copy."""

import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

# Only these four decoders: otherwise Pillow loads all of them for the first WebP.
from PIL import BmpImagePlugin as _bmp  # noqa: F401
from PIL import Image, ImageFile
from PIL import JpegImagePlugin as _jpeg  # noqa: F401
from PIL import PngImagePlugin as _png  # noqa: F401
from PIL import WebPImagePlugin as _webp  # noqa: F401

from portal.screenshots import jpeg, png
from portal.screenshots.bare import BarePicture, BrokenPicture, JpegScan, JpegScans
from portal.screenshots.formats import MEDIA_TYPES
from portal.screenshots.pixels import TURNS, extremes_of
from portal.screenshots.timed import TimedBytes

_HALF_SIZE_FROM = 10_000_000  # pixels: no known screen is larger, and half the size is enough for the checks
# Of CPU: an ordinary screenshot takes a tenth of a second, the largest that is accepted about two.
_MOST_SECONDS = 8.0
# Decoding uses a core and up to 160 MB, so no more run at once than there are cores.
DECODING = threading.BoundedSemaphore(os.cpu_count() or 1)

_NO_DATA = (127, 128)  # the level of a JPEG block that has no data, before and after rounding
_CORNER = 2  # pixels
_READABLE_BITS = 1  # lowest bits of the coefficients that may be missing while small text can be read


class Detail(IntEnum):
    """How much of a JPEG's brightness has arrived."""

    NONE = 0
    COARSE = 1
    READABLE = 2


class LinesMissingError(BrokenPicture):
    """Part of what should be drawn is not in the file."""


@dataclass(frozen=True)
class Decoded:
    """The decoded picture. `is_coarse`: a progressive file of which only the first scans arrived."""

    picture: Image.Image
    is_coarse: bool = False


def most_pixels(allowed: int) -> int:
    """The limit, kept below the size at which Pillow warns of a decompression bomb."""
    return min(allowed, Image.MAX_IMAGE_PIXELS or allowed)


def take_whole_pictures_only() -> None:
    """As Pillow is at first: others tell it, for the whole process, to take half a picture for a whole one."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False


def decode(bare: BarePicture) -> Decoded:
    """Decodes the whole image once; any decoder error, of whatever class, means a broken image.

    Raises:
        LinesMissingError: it can be decoded, but part of it is not there. BrokenPicture: it cannot.
    """
    try:
        picture = _loaded(bare, bare.content)
        if bare.png and _lacks_lines(bare, picture):
            raise LinesMissingError
        detail = _detail(bare, bare.jpeg, picture) if bare.jpeg else Detail.READABLE
        if detail is Detail.NONE:
            raise LinesMissingError
    except BrokenPicture:
        raise
    except Exception as fault:
        raise BrokenPicture("not decoded") from fault
    return Decoded(_seen(bare, picture), detail is Detail.COARSE)


def _loaded(bare: BarePicture, content: bytes) -> Image.Image:
    picture = Image.open(TimedBytes(content, _MOST_SECONDS), formats=[bare.kind])
    if picture.size != (bare.width, bare.height):
        raise BrokenPicture("two sizes")
    if bare.kind == "JPEG" and bare.orientation == 1 and bare.width * bare.height > _HALF_SIZE_FROM:
        picture.draft(None, (bare.width // 2, bare.height // 2))
    picture.load()
    return picture


def _seen(bare: BarePicture, picture: Image.Image) -> Image.Image:
    """Viewers ignore the transparency of a BMP that is zero everywhere."""
    if bare.kind == "BMP" and picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (0, 0):
        return picture.convert("RGB")
    return picture


# Lines of a PNG


def _lacks_lines(bare: BarePicture, picture: Image.Image) -> bool:
    assert bare.png is not None  # noqa: S101
    is_doubtful = not bare.png.has_end or _ends_in_zeros(picture, 2 if bare.png.interlaced else 1)
    return is_doubtful and not png.is_complete(bare.png)


def _ends_in_zeros(picture: Image.Image, lines: int) -> bool:
    """Missing lines are zero, so only an image whose last line is zero needs the exact check.

    Interlaced: either of the last two may be stored last.
    """
    width, height = picture.size
    return any(
        picture.crop((0, y, width, y + 1)).getbbox(alpha_only=False) is None
        for y in range(max(0, height - lines), height)
    )


# Blocks of a JPEG


def _detail(bare: BarePicture, jpeg_scans: JpegScans, picture: Image.Image) -> Detail:
    """Scans before the last one have another after them, so only the last may have been cut off."""
    *before, last = jpeg_scans.scans
    detail = _detail_of(before, jpeg_scans.components)
    if detail is Detail.READABLE:
        return detail
    if not before and len(last.components) == len(jpeg_scans.components) and not _lacks_corner(picture):
        return _detail_of([last], jpeg_scans.components)
    complete = _loaded(bare, jpeg.with_more_data(bare, last)).tobytes() == picture.tobytes()
    return _detail_of(jpeg_scans.scans, jpeg_scans.components) if complete else detail


def _lacks_corner(picture: Image.Image) -> bool:
    """Whether the last block may be missing: a block without data is an even grey. Exact only with more data."""
    width, height = picture.size
    corner = picture.crop((max(0, width - _CORNER), max(0, height - _CORNER), width, height))
    return all(_NO_DATA[0] <= low and high <= _NO_DATA[1] for low, high in extremes_of(corner))


def _detail_of(scans: list[JpegScan] | tuple[JpegScan, ...], components: tuple[int, ...]) -> Detail:
    """What these scans bring when each is complete: the mean of every block, and the brightness within it."""
    means = {part for scan in scans if scan.first == 0 for part in scan.components}
    if not means.issuperset(components):
        return Detail.COARSE if components[0] in means and len(scans) > 1 else Detail.NONE
    missing = {place: 99 for place in range(1, 64)}
    for scan in scans:
        if components[0] in scan.components:
            missing.update(dict.fromkeys(range(max(1, scan.first), scan.last + 1), scan.missing_bits))
    return Detail.READABLE if max(missing.values()) <= _READABLE_BITS else Detail.COARSE


# Clean picture


def clean(bare: BarePicture, picture: Image.Image) -> tuple[str, bytes]:
    """Media type and bytes to store. Re-encoded only to turn it upright or to convert a BMP."""
    turn = TURNS.get(bare.orientation)
    if turn is None and bare.kind != "BMP":
        return MEDIA_TYPES[bare.kind], bare.content
    upright = picture.transpose(turn) if turn is not None else picture
    kind, write = _WRITERS[bare.kind]
    out = io.BytesIO()
    write(upright, out)
    return MEDIA_TYPES[kind], out.getvalue()


def _write_jpeg(picture: Image.Image, out: io.BytesIO) -> None:
    opaque = picture if picture.mode in ("L", "RGB") else picture.convert("RGB")
    opaque.info.clear()
    opaque.save(out, "JPEG", quality=92)


def _write_png(picture: Image.Image, out: io.BytesIO) -> None:
    transparency = picture.info.get("transparency")
    picture.info.clear()
    if transparency is not None:
        picture.info["transparency"] = transparency
    picture.save(out, "PNG", compress_level=2)


def _write_webp(picture: Image.Image, out: io.BytesIO) -> None:
    picture.info.clear()
    picture.save(out, "WEBP", quality=92, method=2)


_WRITERS: dict[str, tuple[str, Callable[[Image.Image, io.BytesIO], None]]] = {
    "JPEG": ("JPEG", _write_jpeg),
    "PNG": ("PNG", _write_png),
    "BMP": ("PNG", _write_png),
    "WEBP": ("WEBP", _write_webp),
}
