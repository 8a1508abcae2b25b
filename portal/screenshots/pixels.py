"""Pixel checks: blank, blurred, cut off at a border, pasted on a canvas. Measured on grey samples."""

import math

from PIL import Image, ImageChops, ImageStat

_BLANK_DEVIATION = 3.0  # grey levels
_SOFT_DIFFERENCE = 55  # 99.5th percentile of neighbouring grey differences; whole screens >= 67, photos <= 50
_SOFT_SHARE = 0.005
_CUT_JUMP = 24  # grey levels
_CUT_JUMPS_PER_1000 = 25  # whole screens <= 15, cropped tables 50..270
_RING = 2  # pixels of single-coloured border around an image pasted on an empty canvas
_RING_SPREAD = 6  # grey levels by which JPEG spreads one colour
_CANVAS_SHARE = 0.6  # an image that fills less of either side is on an empty canvas
_SAMPLED_LINES = 180  # of the whole image; every sixth line of 1080 still crosses each line of text

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
        self._picture = picture
        self._turn = TURNS.get(orientation)
        width, height = picture.size
        sampled = picture.resize((width, min(height, _SAMPLED_LINES)), Image.Resampling.NEAREST)
        self._grey = _grey(sampled, picture)

    def is_blank(self) -> bool:
        levels = self._grey.histogram()
        count = sum(levels)
        mean = sum(level * found for level, found in enumerate(levels)) / count
        variance = sum((level - mean) ** 2 * found for level, found in enumerate(levels) if found) / count
        return math.sqrt(variance) < _BLANK_DEVIATION

    def is_soft(self) -> bool:
        """No sharp step between neighbours on a line: a photo, or an enlarged image."""
        width, height = self._grey.size
        steps = _difference(self._grey, (1, 0)).histogram()
        sharp = sum(steps[_SOFT_DIFFERENCE:])
        return sharp <= _SOFT_SHARE * (width - 1) * height

    def is_cut(self) -> bool:
        """Text touches the left or right border. The bottom border is not checked, because pages scroll there."""
        return any(self._jumps(side) > _CUT_JUMPS_PER_1000 for side in self._sides()[:2])

    def _jumps(self, side: Image.Image) -> float:
        column = side.crop((0, 0, 1, side.height))
        jumps = sum(_difference(column, (0, 1)).histogram()[_CUT_JUMP + 1 :])
        return jumps * 1000 / column.height

    def has_empty_border(self) -> bool:
        """The image is on an empty canvas: one colour all round, or for most of one direction."""
        extremes = [ImageStat.Stat(side).extrema[0] for side in self._sides()]
        lowest, highest = min(low for low, _ in extremes), max(high for _, high in extremes)
        return highest - lowest <= _RING_SPREAD or self._is_on_canvas()

    def _is_on_canvas(self) -> bool:
        width, height = self._grey.size
        for corner in ((0, 0), (width - 1, height - 1)):
            level = self._grey.getpixel(corner)
            canvas = Image.new("L", self._grey.size, level)
            box = ImageChops.difference(self._grey, canvas).point(_ABOVE_SPREAD).getbbox()
            if box is None:
                return True
            if box[2] - box[0] < _CANVAS_SHARE * width or box[3] - box[1] < _CANVAS_SHARE * height:
                return True
        return False

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
        side = _grey(self._picture.crop(box), self._picture)
        return side.transpose(self._turn) if self._turn is not None else side


_ABOVE_SPREAD = [0] * (_RING_SPREAD + 1) + [255] * (255 - _RING_SPREAD)


def _grey(part: Image.Image, whole: Image.Image) -> Image.Image:
    """Part of the image in grey as a reader sees it, with transparent areas on white."""
    if part.mode == "L":
        return part
    if part.mode.startswith("I;16") or part.mode == "I":
        return part.convert("I").point(lambda level: level / 256).convert("L")
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
