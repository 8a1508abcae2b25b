"""Whether two pictures show the same screen in another encoding or size.

Measured on drawn screens: the same picture as JPEG, WebP or with fewer colours differs by at most 9 grey levels in any
field of the sampled look, and one changed word by 16 or more. Another size is compared more coarsely: at most 8 levels
for the same picture, above 50 for one with a message box more.
"""

from dataclasses import dataclass, field

from PIL import Image, ImageChops

from portal.screenshots import decoding, formats
from portal.screenshots.decoding import DECODING
from portal.screenshots.inspection import Inspection
from portal.screenshots.pixels import LOOK, PixelScan, eight_bit, extremes_of, in_grey
from portal.screenshots.screens import Size

_MOST_APART, _MOST_APART_SCALED = 11, 9  # grey levels
_COARSE: Size = (48, 27)
_SAME_SHAPE = 0.01


@dataclass(frozen=True)
class Shown:
    """A clean image; `look` is measured from it if it is not known yet."""

    size: Size
    content: bytes = field(repr=False)
    look: bytes = field(default=b"", repr=False)


def shown_by(inspection: Inspection) -> Shown | None:
    """None for a refused picture."""
    if inspection.content is None:
        return None
    return Shown((inspection.width, inspection.height), inspection.content, inspection.look)


def are_alike(one: Shown, other: Shown) -> bool:
    """Whether both show the same; decodes those of which no look is known, and both if their sizes differ."""
    try:
        if one.size == other.size:
            return _apart(one.look or _look_of(one), other.look or _look_of(other), LOOK) <= _MOST_APART
        if not have_one_shape(one.size, other.size):
            return False
        return _apart(_coarse(one), _coarse(other), _COARSE) <= _MOST_APART_SCALED
    except (formats.BrokenPicture, formats.UnknownType):
        return False


def have_one_shape(one: Size, other: Size) -> bool:
    return abs(one[0] * other[1] - other[0] * one[1]) <= _SAME_SHAPE * one[0] * other[1]


def _apart(one: bytes, other: bytes, size: Size) -> float:
    """The largest difference of any field."""
    images = (Image.frombytes("L", size, levels) for levels in (one, other))
    return extremes_of(ImageChops.difference(*images))[0][1]


def _look_of(image: Shown) -> bytes:
    with DECODING:
        return PixelScan(_opened(image), orientation=1).look()


def _coarse(image: Shown) -> bytes:
    with DECODING:
        picture = eight_bit(_opened(image))
        return in_grey(picture, picture).resize(_COARSE, Image.Resampling.BOX).tobytes()


def _opened(image: Shown) -> Image.Image:
    return decoding.decode(formats.read(image.content)).picture
