"""Checks whether an image is a whole screen: returns a verdict and a clean copy; stores and logs nothing.

The rule and its figures are in docs/rules/screenshots.md; the order of the checks matters.
"""

import math
from dataclasses import dataclass, field, replace
from enum import StrEnum

from portal.screenshots import decoding, formats, screens, wording
from portal.screenshots.bare import BarePicture
from portal.screenshots.decoding import DECODING, Decoded
from portal.screenshots.pixels import PixelScan
from portal.screenshots.screens import OwnScreen, ScreenHint, Size, parse_screen_hint
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
    """`code` is the contract's code for ask and refuse; `content` is the clean image to store.

    `own` is the reporter's screen with which it was compared; `fingerprint` is equal for equal pixels, `look`
    nearly so (`looks`).
    """

    verdict: Verdict
    code: str | None
    reason: str
    message: str
    width: int = 0
    height: int = 0
    is_photo: bool = False
    media_type: str | None = None
    content: bytes | None = field(default=None, repr=False)
    own: Size | None = None
    fingerprint: bytes = field(default=b"", repr=False)
    look: bytes = field(default=b"", repr=False)


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

    `hint` may make the checks stricter or accept an exact match of a known screen; one of an unknown size may turn a
    refusal for the shape into a question, nothing else. `is_photo`: the original of this copy is known to be a photo,
    so the copy is judged as one. Sizes in the result are upright, in pixels, 0 when unknown. `content` is upright,
    at unchanged pixel size, without metadata; None when refused.
    """
    own = screens.own_screen(hint)
    try:
        _check_bytes(data, limits)
        bare = _read(data)
        if is_photo:
            bare = replace(bare, has_camera=True)
        size = _upright(bare)
        _check_work(bare, size, limits)
        finding = _judge_size(size, own, limits)
        found = _refused_for(finding, bare, size) if finding else _inspect_pixels(bare, size, own)
    except _Refused as refusal:
        found = refusal.inspection
    return replace(found, own=own.size if own else None)


def _refused_for(finding: _Finding, bare: BarePicture, size: Size) -> Inspection:
    return Inspection(
        finding.verdict, finding.code, finding.reason, finding.message, *size, is_photo=bare.has_camera
    )  # fmt: skip


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
            picture = _decoded(bare).picture
            scan = PixelScan(picture, bare.orientation)
            if scan.is_blank():
                return None
            media_type, content = decoding.clean(bare, picture)
    except _Refused:
        return None
    return replace(
        refused, is_photo=bare.has_camera, media_type=media_type, content=content,
        fingerprint=scan.fingerprint(), look=scan.look(),
    )  # fmt: skip


def _check_bytes(data: bytes, limits: InspectionLimits) -> None:
    if not data:
        raise _Refused("image_broken", "empty", wording.EMPTY)
    if len(data) > limits.max_bytes:
        raise _Refused("image_too_large", "large", wording.too_many_bytes(len(data), limits.max_bytes))


def _read(data: bytes) -> BarePicture:
    try:
        return formats.read(data)
    except formats.UnknownType as unknown:
        raise _Refused("image_type", "type", wording.not_taken(unknown.name)) from None
    except formats.BrokenPicture:
        raise _Refused("image_broken", "broken", wording.BROKEN) from None


def _upright(bare: BarePicture) -> Size:
    return (bare.height, bare.width) if bare.orientation >= 5 else (bare.width, bare.height)


def _check_work(bare: BarePicture, size: Size, limits: InspectionLimits) -> None:
    """Reads header values only."""
    pixels = size[0] * size[1]
    allowed = decoding.most_pixels(limits.max_pixels)
    if pixels > allowed:
        raise _Refused("image_too_large", "too_many_pixels", wording.too_many_pixels(size, allowed), size)
    if pixels * bare.scans > limits.max_scan_work:
        raise _Refused("image_broken", "broken", wording.BROKEN, size)


# Size


def _refuse(reason: str, message: str, code: str = "image_partial") -> _Finding:
    return _Finding(Verdict.REFUSE, code, reason, message)


def _ask(reason: str, message: str) -> _Finding:
    return _Finding(Verdict.ASK, "image_confirm", reason, message)


def _judge_size(size: Size, own: OwnScreen | None, limits: InspectionLimits) -> _Finding | None:
    """Refusals by size alone, before anything is decoded."""
    width, height = size
    landscape = width >= height
    needed = (limits.min_width, limits.min_height) if landscape else limits.min_portrait
    long_enough = width >= needed[0] if landscape else height >= needed[1]
    if long_enough and max(size) > limits.strip_ratio * min(size) and not _may_be_long(size):
        return _refuse("strip", wording.strip(size, _least_of_strip(size, needed, limits.strip_ratio)))
    if width >= needed[0] and height >= needed[1]:
        return None
    smallest = screens.SMALLEST_OWN_SCREEN
    if _is_known_own(size, own) and width >= smallest[0] and height >= smallest[1]:
        return None
    return _refuse("small", wording.small(size, needed), "image_too_small")


def _may_be_long(size: Size) -> bool:
    return screens.is_known(size) or screens.is_offset_pair(size)


def _least_of_strip(size: Size, needed: Size, strip_ratio: float) -> Size:
    """The minimum, with a short side that a picture as long as this one needs."""
    short = math.ceil(max(size) / strip_ratio)
    return (needed[0], max(needed[1], short)) if size[0] >= size[1] else (max(needed[0], short), needed[1])


def _is_known_own(size: Size, own: OwnScreen | None) -> bool:
    return own is not None and own.is_known and screens.is_own(size, own)


# Pixels


def _inspect_pixels(bare: BarePicture, size: Size, own: OwnScreen | None) -> Inspection:
    with DECODING:
        decoded = _decoded(bare)
        scan = PixelScan(decoded.picture, bare.orientation)
        finding = _judge(size, own, scan, bare.has_camera)
        if decoded.is_coarse and finding.verdict is not Verdict.REFUSE:
            finding = _ask("unfinished", wording.unfinished(size))
        media_type, content, fingerprint, look = None, None, b"", b""
        if finding.verdict is not Verdict.REFUSE:
            media_type, content = decoding.clean(bare, decoded.picture)
            fingerprint, look = scan.fingerprint(), scan.look()
    return Inspection(
        finding.verdict, finding.code, finding.reason, finding.message, *size,
        is_photo=bare.has_camera or finding.reason == "photo", media_type=media_type, content=content,
        fingerprint=fingerprint, look=look,
    )  # fmt: skip


def _decoded(bare: BarePicture) -> Decoded:
    size = _upright(bare)
    try:
        return decoding.decode(bare)
    except decoding.LinesMissingError:
        raise _Refused("image_broken", "lines_missing", wording.missing_lines(size), size) from None
    except formats.BrokenPicture as fault:
        raise _Refused("image_broken", "broken", wording.BROKEN, size) from fault


def _judge(size: Size, own: OwnScreen | None, scan: PixelScan, has_camera: bool) -> _Finding:
    """Steps 2 to 9 of SCREENSHOTS.md."""
    if scan.is_blank():
        return _refuse("blank", wording.blank(size), "image_blank")
    if has_camera or scan.is_soft():
        return _ask("photo", wording.photo(size))
    if size[0] < size[1]:
        return _judge_portrait(size, own, scan)
    return _judge_landscape(size, own, scan)


def _judge_portrait(size: Size, own: OwnScreen | None, scan: PixelScan) -> _Finding:
    if scan.is_cut():
        return _refuse("cut", wording.cut(size, own.size if own else None))
    if screens.is_known_portrait(size) or _is_known_own(size, own):
        return _WHOLE
    if screens.is_offset_pair(size):
        return _unsure("two_screens", size)
    if size[1] / size[0] >= _LONG_RATIO:
        return _unsure("long", size)
    return _not_a_screen("shape", size, own)


def _judge_landscape(size: Size, own: OwnScreen | None, scan: PixelScan) -> _Finding:
    is_own = _is_known_own(size, own)
    if is_own or screens.is_known(size):
        return _judge_screen_size(size, own, scan, trusted=is_own or own is None)
    if scan.is_cut():
        return _refuse("cut", wording.cut(size, own.size if own else None))
    return _likely_screen(size, own) or _not_a_screen("partial", size, own)


def _likely_screen(size: Size, own: OwnScreen | None) -> _Finding | None:
    if screens.is_offset_pair(size):
        return _unsure("two_screens", size)
    if screens.is_phone_across(size):
        return _unsure("across", size)
    if screens.is_nearly_whole(size):
        return _ask("nearly", wording.nearly(size))
    if screens.has_screen_ratio(size):
        return _ask("scaled", wording.scaled(size, own.size if own else None))
    return None


def _judge_screen_size(size: Size, own: OwnScreen | None, scan: PixelScan, *, trusted: bool) -> _Finding:
    if scan.is_cut():
        if trusted:
            return _unsure("cut_on_own_screen", size)
        return _refuse("cut", wording.cut(size, own.size if own else None))
    if scan.has_empty_border():
        return _unsure("frame", size)
    return _WHOLE


def _unsure(reason: str, size: Size) -> _Finding:
    return _ask(reason, wording.unsure(reason, size))


def _not_a_screen(reason: str, size: Size, own: OwnScreen | None) -> _Finding:
    """An own screen of an unusual size, such as a remote desktop's, makes a question of it."""
    if screens.is_own(size, own):
        return _unsure("odd_screen", size)
    return _refuse(reason, wording.partial(size, own.size if own else None))
