"""Checks whether an image is a whole screen: returns a verdict and a clean copy; stores and logs nothing.

PIL is imported only here, in `pixels` and in `rendering`.
The rule and its figures are in SCREENSHOTS.md; the order of the checks matters.
"""

import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

# Only these four decoders: otherwise Pillow loads all of them for the first WebP.
from PIL import BmpImagePlugin as _bmp  # noqa: F401
from PIL import Image
from PIL import JpegImagePlugin as _jpeg  # noqa: F401
from PIL import PngImagePlugin as _png  # noqa: F401
from PIL import WebPImagePlugin as _webp  # noqa: F401

from portal.screenshots import formats, screens, wording
from portal.screenshots.formats import BarePicture
from portal.screenshots.pixels import TURNS, PixelScan
from portal.screenshots.screens import ScreenHint, Size, parse_screen_hint
from portal.screenshots.timed import TimedBytes
from portal.settings import Settings

__all__ = [
    "PORTRAIT_MINIMUM",
    "STRIP_RATIO",
    "Inspection",
    "InspectionLimits",
    "ScreenHint",
    "Verdict",
    "inspect",
    "parse_screen_hint",
]

STRIP_RATIO = 4.0
PORTRAIT_MINIMUM: Size = (600, 1200)
_LONG_RATIO = 1.65  # height / width
_OVERRIDABLE = ("image_too_small", "image_partial")
_LEAST_SIDE, _MOST_STRETCHED = 100, 20  # pixels, ratio
_HALF_SIZE_FROM = 10_000_000  # pixels: no known screen is larger, and half the size is enough for the checks

# Of CPU: an ordinary screenshot takes a tenth of a second, the largest that is accepted about two.
_MOST_DECODING_SECONDS = 8.0
# Decoding uses a core and up to 160 MB, so no more run at once than there are cores.
DECODING = threading.BoundedSemaphore(os.cpu_count() or 1)


class Verdict(StrEnum):
    """`ASK`: stored after the reporter confirms that the image shows the whole screen.

    `OVERRIDE`: refused, but stored with a written reason from staff (REQUIREMENTS C2); never the result of `inspect`.
    """

    ACCEPT = "accept"
    ASK = "ask"
    REFUSE = "refuse"
    OVERRIDE = "override"


@dataclass(frozen=True)
class InspectionLimits:
    """Sizes in pixels and bytes. `max_scan_work` limits pixels x scans of a progressive JPEG: an ordinary one has about
    ten scans, a hostile one has hundreds, which cost seconds and hardly any bytes (SECURITY B-10).
    """

    min_width: int = 1000
    min_height: int = 560
    min_portrait: Size = PORTRAIT_MINIMUM
    strip_ratio: float = STRIP_RATIO
    max_bytes: int = 10 * 1024 * 1024
    max_pixels: int = 40_000_000
    max_scan_work: int = 480_000_000

    @classmethod
    def of(cls, settings: Settings) -> "InspectionLimits":
        """Sizes and shape from the settings, defaults for the rest."""
        width, height = settings.min_screenshot
        return cls(
            min_width=width,
            min_height=height,
            min_portrait=settings.min_portrait_screenshot,
            strip_ratio=settings.strip_ratio,
        )


@dataclass(frozen=True)
class Inspection:
    """`code` is the contract's code for ask and refuse; `content` is the clean image to store."""

    verdict: Verdict
    code: str | None
    reason: str
    message: str
    width: int = 0
    height: int = 0
    is_photo: bool = False
    media_type: str | None = None
    content: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Finding:
    """A verdict without the clean image."""

    verdict: Verdict
    code: str | None
    reason: str
    message: str


_WHOLE = _Finding(Verdict.ACCEPT, None, "whole", "")


class _Refused(Exception):
    def __init__(self, code: str, reason: str, message: str, size: Size = (0, 0)) -> None:
        super().__init__(reason)
        self.inspection = Inspection(Verdict.REFUSE, code, reason, message, *size)


def inspect(data: bytes, *, hint: ScreenHint | None, limits: InspectionLimits, is_photo: bool = False) -> Inspection:
    """Judge one uploaded file by SCREENSHOTS.md; never raises, whatever the bytes.

    `hint` may make the checks stricter or accept an exact match, nothing else. `is_photo`: the original of this copy is
    known to be a photo, so the copy is judged as one. Sizes in the result are upright, in pixels, 0 when unknown.
    `content` is upright, at unchanged pixel size, without metadata; None when refused.
    """
    try:
        _check_bytes(data, limits)
        bare = _read(data)
        if is_photo:
            bare = replace(bare, has_camera=True)
        size = _upright(bare)
        own = screens.own_screen(hint)
        _check_work(bare, size, limits)
        finding = _judge_size(size, own, limits)
        if finding:
            return Inspection(
                finding.verdict,
                finding.code,
                finding.reason,
                finding.message,
                *size,
                is_photo=bare.has_camera,
            )
        return _inspect_pixels(bare, size, own)
    except _Refused as refusal:
        return refusal.inspection


def keepable(data: bytes, refused: Inspection) -> Inspection | None:
    """The refusal with its clean image, if staff may override it: refused for its size or shape only.

    None if the image is blank, broken, too large, or so small or narrow that nothing is visible.
    """
    sides = (refused.width, refused.height)
    if refused.code not in _OVERRIDABLE or min(sides) < _LEAST_SIDE or max(sides) > _MOST_STRETCHED * min(sides):
        return None
    try:
        bare = _read(data)
        with DECODING:
            picture = _decode(bare)
            if PixelScan(picture, bare.orientation).is_blank():
                return None
            media_type, content = _clean(bare, picture)
    except _Refused:
        return None
    return replace(refused, is_photo=bare.has_camera, media_type=media_type, content=content)


def _check_bytes(data: bytes, limits: InspectionLimits) -> None:
    if not data:
        raise _Refused("image_broken", "empty", wording.EMPTY)
    if len(data) > limits.max_bytes:
        raise _Refused("image_too_large", "large", wording.too_many_bytes(len(data), limits.max_bytes))


def _read(data: bytes) -> BarePicture:
    try:
        return formats.read(data)
    except formats.UnknownType:
        raise _Refused("image_type", "type", wording.TYPE) from None
    except formats.BrokenPicture:
        raise _Refused("image_broken", "broken", wording.BROKEN) from None


def _upright(bare: BarePicture) -> Size:
    return (bare.height, bare.width) if bare.orientation >= 5 else (bare.width, bare.height)


def _check_work(bare: BarePicture, size: Size, limits: InspectionLimits) -> None:
    """Reads header values only. The limits stay below the size at which Pillow warns of a decompression bomb."""
    pixels = size[0] * size[1]
    allowed = min(limits.max_pixels, Image.MAX_IMAGE_PIXELS or limits.max_pixels)
    if pixels > allowed:
        raise _Refused("image_too_large", "too_many_pixels", wording.too_many_pixels(size, allowed), size)
    if pixels * bare.scans > limits.max_scan_work:
        raise _Refused("image_broken", "broken", wording.BROKEN, size)


# Size


def _refuse(reason: str, message: str, code: str = "image_partial") -> _Finding:
    return _Finding(Verdict.REFUSE, code, reason, message)


def _ask(reason: str, message: str) -> _Finding:
    return _Finding(Verdict.ASK, "image_confirm", reason, message)


def _judge_size(size: Size, own: Size | None, limits: InspectionLimits) -> _Finding | None:
    """Refusals by size alone, before anything is decoded."""
    width, height = size
    landscape = width >= height
    needed = (limits.min_width, limits.min_height) if landscape else limits.min_portrait
    long_enough = width >= needed[0] if landscape else height >= needed[1]
    if long_enough and max(size) > limits.strip_ratio * min(size) and not screens.is_known(size):
        return _refuse("strip", wording.strip(size))
    if width >= needed[0] and height >= needed[1]:
        return None
    smallest = screens.SMALLEST_OWN_SCREEN
    if screens.is_own(size, own) and width >= smallest[0] and height >= smallest[1]:
        return None
    return _refuse("small", wording.small(size, needed), "image_too_small")


# Pixels


def _inspect_pixels(bare: BarePicture, size: Size, own: Size | None) -> Inspection:
    with DECODING:
        picture = _decode(bare)
        scan = PixelScan(picture, bare.orientation)
        finding = _judge(size, own, scan, bare.has_camera)
        media_type, content = None, None
        if finding.verdict is not Verdict.REFUSE:
            media_type, content = _clean(bare, picture)
    return Inspection(
        finding.verdict, finding.code, finding.reason, finding.message, *size,
        is_photo=bare.has_camera or finding.reason == "photo", media_type=media_type, content=content,
    )  # fmt: skip


def _decode(bare: BarePicture) -> Image.Image:
    """Decodes the whole image once; any decoder error, of whatever class, means a broken image."""
    try:
        picture = Image.open(TimedBytes(bare.content, _MOST_DECODING_SECONDS), formats=[bare.kind])
        if picture.size != (bare.width, bare.height):
            raise formats.BrokenPicture("two sizes")
        if bare.kind == "JPEG" and bare.orientation == 1 and bare.width * bare.height > _HALF_SIZE_FROM:
            picture.draft(None, (bare.width // 2, bare.height // 2))
        picture.load()
        if bare.kind == "PNG" and _may_be_cut_short(bare, picture) and not formats.png_is_complete(bare):
            raise formats.BrokenPicture("lines missing")
    except Exception as fault:
        raise _Refused("image_broken", "broken", wording.BROKEN, _upright(bare)) from fault
    return picture


def _may_be_cut_short(bare: BarePicture, picture: Image.Image) -> bool:
    """Missing lines are zero, so only an image whose last line is zero needs the exact check."""
    width, height = picture.size
    lines = 2 if bare.interlaced else 1  # interlaced: either may be stored last
    return any(
        picture.crop((0, y, width, y + 1)).getbbox(alpha_only=False) is None
        for y in range(max(0, height - lines), height)
    )


def _judge(size: Size, own: Size | None, scan: PixelScan, has_camera: bool) -> _Finding:
    """Steps 2 to 9 of SCREENSHOTS.md."""
    if scan.is_blank():
        return _refuse("blank", wording.blank(size), "image_blank")
    if has_camera or scan.is_soft():
        return _ask("photo", wording.photo(size))
    if size[0] < size[1]:
        return _judge_portrait(size, own, scan)
    return _judge_landscape(size, own, scan)


def _judge_portrait(size: Size, own: Size | None, scan: PixelScan) -> _Finding:
    if scan.is_cut():
        return _refuse("cut", wording.cut(size))
    if screens.is_known_portrait(size) or screens.is_own(size, own):
        return _WHOLE
    if size[1] / size[0] >= _LONG_RATIO:
        return _ask("long", wording.unsure(size))
    return _refuse("shape", wording.partial(size, own))


def _judge_landscape(size: Size, own: Size | None, scan: PixelScan) -> _Finding:
    is_own = screens.is_own(size, own)
    if is_own or screens.is_known(size):
        return _judge_screen_size(size, scan, trusted=is_own or own is None)
    if scan.is_cut():
        return _refuse("cut", wording.cut(size))
    if screens.is_nearly_whole(size):
        return _ask("nearly", wording.nearly(size))
    if screens.has_screen_ratio(size):
        return _ask("scaled", wording.scaled(size, own))
    return _refuse("partial", wording.partial(size, own))


def _judge_screen_size(size: Size, scan: PixelScan, *, trusted: bool) -> _Finding:
    if scan.is_cut():
        if trusted:
            return _ask("cut_on_own_screen", wording.unsure(size))
        return _refuse("cut", wording.cut(size))
    if scan.has_empty_border():
        return _ask("frame", wording.unsure(size))
    return _WHOLE


# Clean picture


def _clean(bare: BarePicture, picture: Image.Image) -> tuple[str, bytes]:
    """Media type and bytes to store. Re-encoded only to turn it upright or to convert a BMP."""
    turn = TURNS.get(bare.orientation)
    if turn is None and bare.kind != "BMP":
        return formats.MEDIA_TYPES[bare.kind], bare.content
    upright = picture.transpose(turn) if turn is not None else picture
    kind, write = _WRITERS[bare.kind]
    out = io.BytesIO()
    write(upright, out)
    return formats.MEDIA_TYPES[kind], out.getvalue()


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
