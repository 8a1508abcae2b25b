"""The part of the picture rule that a browser can check before uploading, as data for the page's script.

Figures are pixels and bytes; the script fills in `{size}`, `{width}` and `{height}`. It refuses only what the server
is certain to refuse, and leaves the rest to it (UX 0.1).
"""

from typing import Any

from portal.screenshots import wording
from portal.screenshots.inspection import InspectionLimits
from portal.screenshots.screens import Size

# More than the tolerance in `screens` for the reporter's own screen: close to it, only the server refuses.
_OWN_SCREEN_TOLERANCE = 0.03
CODES = ("image_broken", "image_too_large", "image_too_small", "image_partial")
_EMPTY, _LARGE, _SMALL, _STRIP = CODES


def script_rule(limits: InspectionLimits) -> dict[str, Any]:
    """The rule under these limits; static/js/picture-check.js reads it."""
    most = wording.megabytes(limits.max_bytes)
    return {
        "maxBytes": limits.max_bytes,
        "stripRatio": limits.strip_ratio,
        "ownScreenTolerance": _OWN_SCREEN_TOLERANCE,
        "pixels": wording.PIXELS,
        "empty": _refusal(_EMPTY, wording.EMPTY),
        "large": _refusal(_LARGE, wording.TOO_MANY_BYTES.format(most=most, size="{size}")),
        "landscape": _shape((limits.min_width, limits.min_height), is_landscape=True),
        "portrait": _shape(limits.min_portrait, is_landscape=False),
    }


def sentence(limits: InspectionLimits, code: str, size: Size, found_bytes: int) -> str:
    """What the script says when it refuses a picture of this size for one of `CODES`."""
    rule = script_rule(limits)
    shape = rule["landscape" if size[0] >= size[1] else "portrait"]
    refusal = dict(zip(CODES, (rule["empty"], rule["large"], shape["small"], shape["strip"]), strict=True))[code]
    measured = wording.megabytes(found_bytes, up=True) if code == _LARGE else wording.pixels(size)
    message: str = refusal["message"].format(size=measured)
    return message


def _shape(least: Size, *, is_landscape: bool) -> dict[str, Any]:
    side = wording.short_side(is_landscape=is_landscape)
    return {
        "least": least,
        "small": _refusal(_SMALL, wording.SMALL.format(size="{size}", least=wording.pixels(least))),
        "strip": _refusal(_STRIP, wording.STRIP.format(size="{size}", least=wording.pixels(least), side=side)),
    }


def _refusal(code: str, message: str) -> dict[str, str]:
    return {"code": code, "message": message}
