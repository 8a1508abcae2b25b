"""Known screens, and what the reporter's own browser says about its screen.

Figures: SCREENSHOTS.md. The hint comes from the client, so only a known size may accept an exact match; an unknown one
may turn a refusal for the shape into a question, and nothing else (CONTRACT 11).
"""

import json
import math
from dataclasses import dataclass

Size = tuple[int, int]

TOLERANCE = 4  # pixels: screens outlined by hand arrive as 1364..1367 x 767..772
ULTRA_WIDE = 2.0  # width / height
SMALLEST_OWN_SCREEN: Size = (800, 600)

# Landscape monitors and laptops, from the modes of real graphics drivers.
KNOWN_SCREENS: tuple[Size, ...] = (
    (1024, 600), (1024, 768), (1152, 864), (1280, 720), (1280, 768), (1280, 800), (1280, 960), (1280, 1024),
    (1360, 768), (1366, 768), (1400, 1050), (1440, 900), (1440, 960), (1470, 956), (1512, 982), (1600, 900),
    (1600, 1200), (1680, 1050), (1728, 1117), (1920, 1080), (1920, 1200), (1920, 1280), (1920, 1440),
    (2048, 1152), (2048, 1536), (2160, 1440), (2240, 1400), (2256, 1504), (2304, 1440), (2520, 1680),
    (2560, 1080), (2560, 1440), (2560, 1600), (2736, 1824), (2880, 1620), (2880, 1800), (2880, 1920),
    (3000, 2000), (3024, 1964), (3072, 1920), (3200, 1800), (3200, 2000), (3240, 2160), (3440, 1440),
    (3456, 2234), (3840, 1080), (3840, 1600), (3840, 2160), (3840, 2400), (4096, 2160), (4480, 2520),
    (5120, 1440), (5120, 2160), (5120, 2880),
)  # fmt: skip

# Monitors that are used in pairs. A longer list would produce more false matches.
_PAIRED: tuple[Size, ...] = (
    (1024, 768), (1280, 1024), (1366, 768), (1440, 900), (1600, 900), (1680, 1050), (1920, 1080),
    (1920, 1200), (2560, 1080), (2560, 1440), (3840, 2160),
)  # fmt: skip

PHONE_WIDTHS = frozenset(
    (640, 720, 750, 828, 1080, 1125, 1170, 1179, 1206, 1242, 1260, 1280, 1284, 1290, 1320, 1344, 1440)
)
PHONE_RATIO = (1.7, 2.4)  # height / width
# Held across, an older phone has the shape of a cropped monitor; 18:9 and longer ones do not.
_LONG_PHONE_RATIO = (1.95, 2.4)  # longer / shorter side
# Upright, as makers' specification sheets name their panels.
_TABLETS: tuple[Size, ...] = (
    (800, 1280),  # HUAWEI MediaPad T3, T5, M1; Samsung Galaxy Tab A
    (1200, 1920),  # HUAWEI MediaPad M5 lite, MatePad SE; Redmi Pad SE; Lenovo M10
    (1200, 2000),  # HUAWEI MatePad 10.4, HONOR Pad 8, Redmi Pad, Lenovo Xiaoxin Pad, Galaxy Tab A7
    (800, 1340),  # Galaxy Tab A7 Lite, A9
    (1440, 2200),  # HUAWEI MatePad 11.5
    (1488, 2266),  # iPad mini 6, 7
    (1536, 2048),  # iPad 3 to 6, iPad Air 1, 2, iPad Pro 9.7, iPad mini 2 to 5; Xiaomi Pad 1 to 3
    (1600, 2560),  # HUAWEI MatePad 11, Pro 10.8; Xiaomi Pad 5; HONOR Pad 9; Galaxy Tab S7 to S9
    (1620, 2160),  # iPad 7 to 9
    (1640, 2360),  # iPad 10, 11, iPad Air 4 to M3
    (1668, 2224),  # iPad Pro 10.5, iPad Air 3
    (1668, 2388),  # iPad Pro 11, 1st to 4th
    (1668, 2420),  # iPad Pro 11 M4, M5
    (1752, 2800),  # Galaxy Tab S7+ to S9+
    (1800, 2880),  # Xiaomi Pad 6, 6 Pro, 6 Max
    (1840, 2800),  # HUAWEI MatePad Air
    (1840, 2944),  # Lenovo Xiaoxin Pad Pro 12.7
    (1848, 2960),  # Galaxy Tab S8, S9, S10 Ultra
    (1920, 2880),  # HUAWEI MatePad Pro 13.2
    (1968, 2800),  # vivo Pad 2
    (2000, 2800),  # OPPO Pad 2
    (2000, 3000),  # Xiaomi Pad 6S Pro 12.4
    (2048, 2732),  # iPad Pro 12.9, iPad Air 13
    (2064, 2752),  # iPad Pro 13 M4, M5
    (2120, 3000),  # OnePlus Pad Pro, OPPO Pad 3 Pro
)
# Below the minimum, but still met on old computers and in remote desktops.
_SMALL_SCREENS: tuple[Size, ...] = ((800, 600),)

_SCREEN_RATIOS = (4 / 3, 5 / 4, 16 / 10, 16 / 9, 3 / 2, 64 / 27, 43 / 18, 32 / 9)
_RATIO_TOLERANCE = 0.012
_SNAP = 0.015  # of a side
_NO_ZOOM = 0.005


def _side_by_side(one: Size, other: Size) -> Size:
    return one[0] + other[0], max(one[1], other[1])


def _stacked(one: Size, other: Size) -> Size:
    return max(one[0], other[0]), one[1] + other[1]


_PAIRS = frozenset(join(one, other) for one in _PAIRED for other in _PAIRED for join in (_side_by_side, _stacked))
_HELD_ACROSS = tuple((height, width) for width, height in _TABLETS)
_OWN_SCREENS = (*KNOWN_SCREENS, *_SMALL_SCREENS, *_TABLETS, *_HELD_ACROSS, *((h, w) for w, h in KNOWN_SCREENS))


def scaled(size: Size, side: int) -> Size:
    """The same shape with `side` pixels on the longer side."""
    longest = max(size)
    return max(1, round(size[0] * side / longest)), max(1, round(size[1] * side / longest))


@dataclass(frozen=True)
class ScreenHint:
    """What the browser reports: `width`, `height` of the screen in CSS pixels, `dpr` including page zoom.

    `inner_width` and `outer_width` are of the window. Numbers are finite and not negative.
    """

    width: float
    height: float
    dpr: float
    inner_width: float
    outer_width: float

    def pixels(self) -> Size | None:
        """The screen in physical pixels without page zoom (UX 0.1), or None if unknown.

        Some browsers report an outer width of 0 just after loading; the result is then None.
        """
        if self.inner_width <= 0 or self.outer_width <= 0:
            return None
        zoom = self.outer_width / self.inner_width
        if not 0.1 <= zoom <= 10:
            return None
        # Without page zoom the ratio is the screen's own, on phones of any fraction.
        is_plain = abs(zoom - 1) < _NO_ZOOM
        scale = max(1.0, self.dpr if is_plain else round(self.dpr / zoom * 4) / 4)
        width, height = round(self.width * scale), round(self.height * scale)
        if not (320 <= width <= 16_384 and 320 <= height <= 16_384):
            return None
        return width, height


@dataclass(frozen=True)
class OwnScreen:
    """The reporter's screen in pixels; only a known one may accept a picture or make a question of cut text."""

    size: Size
    is_known: bool


def own_screen(hint: ScreenHint | None) -> OwnScreen | None:
    """The reporter's screen, snapped to the nearest known one within 1.5 %; None if unknown."""
    size = hint.pixels() if hint else None
    if size is None:
        return None
    nearest = min(_OWN_SCREENS, key=lambda known: _distance(known, size))
    if _distance(nearest, size) <= _SNAP:
        return OwnScreen(nearest, is_known=True)
    return OwnScreen(size, is_known=is_known_portrait(size))


def _distance(known: Size, size: Size) -> float:
    return max(abs(known[0] - size[0]) / known[0], abs(known[1] - size[1]) / known[1])


_HINT_FIELDS = ("width", "height", "dpr", "innerWidth", "outerWidth")
_LONGEST_HINT = 1_000


def parse_screen_hint(text: str | None) -> ScreenHint | None:
    """The API field `screen_hint` (JSON object of five numbers); None for anything else. Never raises."""
    if not isinstance(text, str) or len(text) > _LONGEST_HINT:
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return None
    numbers = [_number(found.get(name)) for name in _HINT_FIELDS]
    width, height, dpr, inner, outer = numbers
    if width is None or height is None or dpr is None or inner is None or outer is None:
        return None
    if width < 1 or height < 1 or not 0.1 <= dpr <= 20:
        return None
    return ScreenHint(width=width, height=height, dpr=dpr, inner_width=inner, outer_width=outer)


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not 0 <= value <= 100_000:  # also excludes NaN, infinity and integers too long for a float
        return None
    return float(value) if math.isfinite(value) else None


def _same(one: Size, other: Size, tolerance: float = TOLERANCE) -> bool:
    return abs(one[0] - other[0]) <= tolerance and abs(one[1] - other[1]) <= tolerance


def is_own(size: Size, own: OwnScreen | None) -> bool:
    """Whether the size matches the reporter's own screen: within 4 px, or 0.5 % of a large one."""
    return own is not None and _same(size, own.size, _own_tolerance(own.size))


def same_screen(size: Size, own: Size) -> bool:
    """As `is_own`, also when the screen was turned meanwhile, or stands beside another."""
    if any(_same(size, way, _own_tolerance(own)) for way in (own, own[::-1])):
        return True
    return any(_same(size, join(own, other)) for other in _PAIRED for join in (_side_by_side, _stacked))


def _own_tolerance(own: Size) -> float:
    return max(TOLERANCE, 0.005 * max(own))


def is_known(size: Size) -> bool:
    """A known landscape screen, a tablet held across, or two monitors side by side or one above the other."""
    return any(_same(size, known) for screens in (KNOWN_SCREENS, _HELD_ACROSS, _PAIRS) for known in screens)


def is_known_portrait(size: Size) -> bool:
    """A phone, an upright tablet, a rotated monitor or two stacked ones."""
    width, height = size
    if width in PHONE_WIDTHS and PHONE_RATIO[0] <= height / width <= PHONE_RATIO[1]:
        return True
    if any(_same(size, tablet) for tablet in _TABLETS) or any(_same(size, pair) for pair in _PAIRS):
        return True
    return any(_same((height, width), known) for known in KNOWN_SCREENS)


def is_offset_pair(size: Size) -> bool:
    """Two known monitors of which one is moved: together they are as long as both, and higher than the higher one."""
    return any(
        abs(size[along] - one[along] - other[along]) <= TOLERANCE
        and max(one[across], other[across]) <= size[across] + TOLERANCE
        and size[across] < one[across] + other[across]
        for along, across in ((0, 1), (1, 0))
        for one in _PAIRED
        for other in _PAIRED
    )


def is_phone_across(size: Size) -> bool:
    """A long phone held across."""
    width, height = size
    return height in PHONE_WIDTHS and _LONG_PHONE_RATIO[0] <= width / height <= _LONG_PHONE_RATIO[1]


def is_nearly_whole(size: Size) -> bool:
    """The width of a known screen (except ultra-wide) within 1 %, and 80 % to 100 % (+ 8 px) of its height."""
    width, height = size
    return any(
        abs(width - known_width) <= 0.01 * known_width and 0.8 * known_height <= height <= known_height + 8
        for known_width, known_height in KNOWN_SCREENS
        if known_width / known_height < ULTRA_WIDE
    )


def has_screen_ratio(size: Size) -> bool:
    """Width / height of a common screen within 1.2 %, as after scaling down a whole screen."""
    ratio = size[0] / size[1]
    return any(abs(ratio - usual) <= _RATIO_TOLERANCE * usual for usual in _SCREEN_RATIOS)
