"""Pixel checks: blank, blurred, cut off at a border, pasted on a canvas. Measured on grey samples."""

import hashlib
from functools import cached_property
from operator import mul

from PIL import Image, ImageChops

_BLANK_DEVIATION = 3.0  # grey levels
_SOFT_DIFFERENCE = 55  # 99.5th percentile of neighbouring grey differences; whole screens >= 67, photos <= 50
_SOFT_SHARE = 0.005
_CUT_JUMP = 24  # grey levels
_CUT_JUMPS_PER_1000 = 25  # whole screens <= 15, cropped tables 50..270
_RING = 2  # pixels of single-coloured border around an image pasted on an empty canvas
_RING_SPREAD = 6  # grey levels by which JPEG spreads one colour
_CANVAS_SHARE = 0.6  # an image that fills less of either side is on an empty canvas
_DEEP_USED = 64  # of 65 536 levels: fewer are one colour
_FEW = 4  # of so many columns one
_SAMPLED_LINES = 180  # of the whole image; every sixth line of 1080 still crosses each line of text

LOOK = (96, 54)

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_QUARTER_TURNS = {TURNS[orientation] for orientation in (5, 6, 7, 8)}


class PixelScan:
    """Each check runs only when it is called. Directions are those of the upright image."""

    def __init__(self, picture: Image.Image, orientation: int) -> None:
        self._picture = picture = eight_bit(picture)
        self._turn = TURNS.get(orientation)
        width, height = picture.size
        sampled = picture.resize((width, min(height, _SAMPLED_LINES)), Image.Resampling.NEAREST)
        self._grey = in_grey(sampled, picture)

    def fingerprint(self) -> bytes:
        """The same for two files that show the same pixels; only the sampled lines count."""
        seen = hashlib.sha256(b"%d %d" % self._picture.size)
        seen.update(self._grey.tobytes())
        return seen.digest()

    def look(self) -> bytes:
        """The sampled lines in `LOOK` fields of grey: nearly the same for the same picture in another encoding."""
        return self._grey.resize(LOOK, Image.Resampling.BOX).tobytes()

    def is_blank(self) -> bool:
        # A part's spread is at most as many times the whole's as the whole is larger.
        enough = 2 * _FEW * _BLANK_DEVIATION**2
        return _variance(self._few_columns) < enough and _variance(self._grey) < _BLANK_DEVIATION**2

    def is_soft(self) -> bool:
        """No sharp step between neighbours on a line: a photo, or an enlarged image."""
        width, height = self._grey.size
        most = _SOFT_SHARE * (width - 1) * height
        few_lines = self._grey.resize((width, max(1, height // _FEW)), Image.Resampling.NEAREST)
        return _sharp_steps(few_lines) <= most and _sharp_steps(self._grey) <= most

    def is_cut(self) -> bool:
        """Text touches the left or right border. The bottom border is not checked, because pages scroll there."""
        return any(self._jumps(side) > _CUT_JUMPS_PER_1000 for side in self._sides[:2])

    def _jumps(self, side: Image.Image) -> float:
        column = side.crop((0, 0, 1, side.height))
        jumps = sum(_difference(column, (0, 1)).histogram()[_CUT_JUMP + 1 :])
        return jumps * 1000 / column.height

    def has_empty_border(self) -> bool:
        """The image is on an empty canvas: one colour all round, or for most of one direction."""
        extremes = [extremes_of(side)[0] for side in self._sides]
        lowest, highest = min(low for low, _ in extremes), max(high for _, high in extremes)
        return highest - lowest <= _RING_SPREAD or self._is_on_canvas()

    def _is_on_canvas(self) -> bool:
        width, height = self._grey.size
        for level in {self._grey.getpixel(corner) for corner in ((0, 0), (width - 1, height - 1))}:
            other = _differs_from(int(level))  # type: ignore[arg-type]
            if not _fills(self._few_columns.point(other)) and not _fills(self._grey.point(other)):
                return True
        return False

    @cached_property
    def _few_columns(self) -> Image.Image:
        """Enough to settle what is plain to see: each check asks it first."""
        width, height = self._grey.size
        return self._grey.resize((max(1, width // _FEW), height), Image.Resampling.NEAREST)

    @cached_property
    def _sides(self) -> list[Image.Image]:
        """Left, right, top, bottom of the upright image, in grey."""
        width, height = self._picture.size
        ring = min(_RING, width, height)
        left = (0, 0, ring, height), (width - ring, 0, width, height)
        top = (0, 0, width, ring), (0, height - ring, width, height)
        if self._turn in _QUARTER_TURNS:
            left, top = top, left
        return [self._side(box) for box in (*left, *top)]

    def _side(self, box: tuple[int, int, int, int]) -> Image.Image:
        side = in_grey(self._picture.crop(box), self._picture)
        return side.transpose(self._turn) if self._turn is not None else side


def _sharp_steps(grey: Image.Image) -> int:
    return sum(_difference(grey, (1, 0)).histogram()[_SOFT_DIFFERENCE:])


def _fills(drawn: Image.Image) -> bool:
    """Whether what is drawn spans most of both directions."""
    box = drawn.getbbox()
    if box is None:
        return False
    return box[2] - box[0] >= _CANVAS_SHARE * drawn.width and box[3] - box[1] >= _CANVAS_SHARE * drawn.height


def _variance(grey: Image.Image) -> float:
    levels = grey.histogram()
    count = sum(levels)
    mean = sum(map(mul, _LEVELS, levels)) / count
    return sum(map(mul, _SQUARES, levels)) / count - mean**2


_LEVELS = range(256)
_SQUARES = [level * level for level in _LEVELS]


def _differs_from(level: int) -> list[int]:
    """A table that leaves only what is not this grey."""
    return [255 * (abs(other - level) > _RING_SPREAD) for other in _LEVELS]


def extremes_of(picture: Image.Image) -> list[tuple[float, float]]:
    """The lowest and the highest level of each band."""
    found = picture.getextrema()
    return [found] if not isinstance(found[0], tuple) else list(found)


def eight_bit(picture: Image.Image) -> Image.Image:
    """16-bit grey in 8 bits, by the levels it uses: programs also write ten or twelve bits of the sixteen."""
    if not picture.mode.startswith("I"):
        return picture
    deep = picture.convert("I")
    ((lowest, highest),) = extremes_of(deep)
    used = highest - lowest
    scale, lift = (255 / used, -lowest * 255 / used) if used >= _DEEP_USED else (1 / 256, 0)
    return deep.point(lambda level: level * scale + lift).convert("L")


def in_grey(part: Image.Image, whole: Image.Image) -> Image.Image:
    """Part of the image in grey as a reader sees it, with transparent areas on white."""
    if part.mode == "L":
        return part
    if not whole.has_transparency_data:
        return part.convert("L")
    visible = part.convert("RGBA")
    if visible.getchannel("A").getextrema() == (255, 255):
        return visible.convert("L")
    background = Image.new("RGBA", visible.size, "white")
    background.alpha_composite(visible)
    return background.convert("L")


def _difference(grey: Image.Image, step: tuple[int, int]) -> Image.Image:
    width, height = grey.size
    right, down = step
    return ImageChops.difference(
        grey.crop((0, 0, width - right, height - down)), grey.crop((right, down, width, height))
    )
