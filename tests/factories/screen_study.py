"""Whole screens and crops of every kind that SCREENSHOTS.md lists, drawn from seeds: (name, file, own screen)."""

import random
from collections.abc import Iterator

from PIL import Image, ImageFilter

from tests.factories import pictures
from tests.factories.pictures import draw_screen, encode

Size = tuple[int, int]
Sample = tuple[str, bytes, Size | None]

SCREENS: tuple[Size, ...] = (
    (1024, 768), (1280, 720), (1280, 800), (1280, 1024), (1366, 768), (1440, 900), (1600, 900), (1680, 1050),
    (1920, 1080), (1920, 1200), (2256, 1504), (2560, 1440),
)  # fmt: skip
_TABLETS: tuple[Size, ...] = ((1668, 2388), (1200, 2000), (1488, 2266), (1600, 2560), (2048, 2732), (1620, 2160))
_PHONES: tuple[Size, ...] = ((720, 1600), (1080, 1920), (1080, 2340), (1170, 2532), (1080, 2400), (1440, 3200))
_SQUEEZED: tuple[Size, ...] = ((1560, 878), (1280, 720), (1440, 810), (1080, 608), (1500, 844), (1200, 675))


def whole_screens() -> Iterator[Sample]:
    """148 pictures that show a whole screen."""
    yield from _monitors()
    yield from _outlined()
    yield from _two_monitors()
    yield from _handheld()
    yield from _weakened()
    yield from _file_kinds()
    yield from _own_screens()


def _monitors() -> Iterator[Sample]:
    for place, size in enumerate(SCREENS):
        for seed in range(1, 4):
            yield f"{size} png {seed}", encode(draw_screen(*size, seed)), (1366, 768) if seed == 3 else None
        yield f"{size} jpeg", encode(draw_screen(*size, 4), "JPEG", quality=75), size
        yield f"{size} no taskbar", encode(draw_screen(*size, 5, taskbar=False)), None
        yield f"{size} look {place % 4}", encode(draw_screen(*size, 6, theme=place % 4)), None


def _outlined() -> Iterator[Sample]:
    for size in ((1364, 767), (1367, 772), (1363, 768), (1922, 1078), (1437, 898)):
        yield f"outlined {size}", encode(draw_screen(*size, 1)), None


def _two_monitors() -> Iterator[Sample]:
    for one, other, place in (
        ((1366, 768), (1920, 1080), (1366, 0)),
        ((1920, 1080), (1920, 1080), (1920, 0)),
        ((1280, 1024), (1440, 900), (1280, 0)),
        ((1920, 1080), (1366, 768), (0, 1080)),
        ((1366, 768), (1920, 1080), (1366, -468)),
        ((1920, 1080), (1366, 768), (1920, 156)),
        ((1440, 900), (1280, 1024), (1440, -90)),
        ((1920, 1080), (1920, 1080), (1920, 200)),
        ((1920, 1080), (1366, 768), (277, 1080)),
        ((1366, 768), (1920, 1080), (-277, 768)),
    ):
        yield f"{one} and {other} at {place}", encode(_beside(one, other, place)), None


def _beside(one: Size, other: Size, place: Size) -> Image.Image:
    """Both desktops as Windows captures them: what no monitor shows is black."""
    left, top = min(0, place[0]), min(0, place[1])
    right, bottom = max(one[0], place[0] + other[0]), max(one[1], place[1] + other[1])
    both = Image.new("RGB", (right - left, bottom - top))
    both.paste(draw_screen(*one, 1), (-left, -top))
    both.paste(draw_screen(*other, 2), (place[0] - left, place[1] - top))
    return both


def _handheld() -> Iterator[Sample]:
    for size in _PHONES:
        yield f"phone {size}", pictures.phone_screen(*size), None
    for size in ((2340, 1080), (2400, 1080), (1600, 720)):
        yield f"phone across {size}", encode(draw_screen(*size, 1, taskbar=False)), None
    for size in _TABLETS:
        yield f"tablet {size}", pictures.phone_screen(*size), None
        yield f"tablet across {size}", encode(draw_screen(size[1], size[0], 1)), None
    yield "long capture", pictures.phone_screen(1080, 3000), None
    yield "rotated monitor", encode(draw_screen(1080, 1920, 1)), None


def _weakened() -> Iterator[Sample]:
    for number, size in enumerate(_SQUEEZED, 1):
        small = draw_screen(1920, 1080, number).resize(size, Image.Resampling.LANCZOS)
        yield f"squeezed {size}", encode(small, "JPEG", quality=80), None
    for seed in range(1, 5):
        yield f"photo {seed}", pictures.photo_of_screen(seed), None
        soft = draw_screen(1920, 1080, seed).filter(ImageFilter.GaussianBlur(2.2))
        yield f"photo without a camera's name {seed}", encode(soft, "JPEG", quality=85), None
    for size in ((1366, 768), (1920, 1080), (1440, 900), (1600, 900)):
        nearly = draw_screen(*size, 1).crop((0, 0, size[0], size[1] - 40))
        yield f"without the taskbar {size}", encode(nearly), size


def _file_kinds() -> Iterator[Sample]:
    screen = draw_screen(1366, 768, 2)
    yield "palette", encode(screen.quantize(64)), None
    yield "see-through", encode(screen.convert("RGBA")), None
    yield "grey", encode(screen.convert("L")), None
    yield "deep grey", pictures.deep_grey(screen, 256), None
    yield "ten bits of deep grey", pictures.deep_grey(screen, 4), None
    yield "interlaced", pictures.interlaced(screen), None
    yield "bmp", encode(screen, "BMP"), None
    yield "bmp without alpha", pictures.bmp_with_alpha(screen, 0), None
    yield "webp", encode(screen, "WEBP", quality=80), None
    yield "webp lossless", encode(screen, "WEBP", lossless=True, method=0), None
    yield "progressive", encode(screen, "JPEG", quality=80, progressive=True), None
    yield "restart marks", encode(screen, "JPEG", quality=80, restart_marker_blocks=9), None
    yield "print colours", encode(screen.convert("CMYK"), "JPEG", quality=80), None
    yield "grey corner", encode(_with_grey_corner(screen), "JPEG", quality=80), None
    yield "no end mark", encode(screen, "JPEG", quality=80)[:-2], None


def _with_grey_corner(screen: Image.Image) -> Image.Image:
    changed = screen.copy()
    changed.paste("#808080", (900, 700, 1366, 768))
    return changed


def _own_screens() -> Iterator[Sample]:
    """Unusual screens that the browser names."""
    for size in ((800, 600), (1600, 1024), (1700, 1030), (1920, 975), (1025, 738)):
        yield f"own {size}", encode(draw_screen(*size, 1)), size


def crops() -> Iterator[Sample]:
    """127 pictures that show a part of one; some name their own size as the screen's."""
    for name, data in pictures.random_crops(64, seed=20261128):
        yield f"random {name}", data, None
    yield from _windows()
    yield from _made_fit()
    yield from _claimed()


def _windows() -> Iterator[Sample]:
    rng = random.Random("windows")
    for seed in range(1, 9):
        screen = draw_screen(1920, 1080, seed)
        yield f"dialog {seed}", encode(screen.crop((750, 400, 1170, 640))), None
        yield f"strip {seed}", encode(screen.crop((0, 300, 1920, 300 + rng.randrange(90, 420)))), None
        yield f"without its menu {seed}", encode(screen.crop((rng.randrange(160, 400), 60, 1900, 1040))), None
    for seed in range(1, 5):
        screen = draw_screen(2560, 1440, seed)
        yield f"upright {seed}", encode(screen.crop((300, 100, 1000 + 40 * seed, 1400))), None
        yield f"half a screen {seed}", encode(screen.crop((0, 0, 1280 + 37 * seed, 1440))), None


def _made_fit() -> Iterator[Sample]:
    """Enlarged, or put on an empty canvas, until the size is a screen's."""
    for seed in range(1, 6):
        part = draw_screen(1920, 1080, seed).crop((300, 200, 684, 416))
        yield f"enlarged {seed}", encode(part.resize((1920, 1080))), None
        framed = Image.new("RGB", (1920, 1080), "white")
        framed.paste(draw_screen(1920, 1080, seed).crop((300, 200, 1300, 800)), (300 + seed, 200))
        yield f"on a canvas {seed}", encode(framed), None
        yield f"one colour {seed}", encode(Image.new("RGB", (1366, 768), (40 * seed, 90, 90))), None


def _claimed() -> Iterator[Sample]:
    """An invented own screen of exactly the crop's size."""
    for name, data in pictures.random_crops(10, seed=7):
        width, height = (int(part) for part in _size_of(data))
        yield f"claimed {name}", data, (width, height)
    for size in ((900, 610), (820, 620), (999, 700), (1100, 640), (1230, 701), (1480, 820)):
        cropped = draw_screen(1920, 1080, 3).crop((200, 150, 200 + size[0], 150 + size[1]))
        yield f"claimed {size}", encode(cropped), size


def _size_of(png: bytes) -> Size:
    return int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
