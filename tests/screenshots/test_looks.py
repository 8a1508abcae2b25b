"""The same picture in another encoding or size, and different screens of one system."""

import io
import time

import pytest
from PIL import Image, ImageDraw

from portal.screenshots.inspection import InspectionLimits, inspect
from portal.screenshots.looks import Shown, are_alike, shown_by
from portal.screenshots.pixels import PixelScan
from tests.factories.pictures import draw_screen, encode

SIZES = ((1024, 768), (1366, 768), (1920, 1080))


def shown(data: bytes) -> Shown:
    found = shown_by(inspect(data, hint=None, limits=InspectionLimits()))
    assert found is not None and len(found.look) == 96 * 54
    return found


def scaled(screen: Image.Image, share: float, quality: int = 80) -> Shown:
    size = (round(screen.width * share), round(screen.height * share))
    return Shown(size, encode(screen.resize(size, Image.Resampling.LANCZOS), "JPEG", quality=quality))


def with_word(screen: Image.Image, left: int, top: int) -> Image.Image:
    """Another value in one field of the form."""
    changed = screen.copy()
    draw = ImageDraw.Draw(changed)
    draw.rectangle((left, top, left + 110, top + 20), fill="#ffffff")
    draw.text((left + 3, top + 3), "20260312 saved", fill="#202020")
    return changed


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("seed", [1, 2])
def test_another_encoding_or_size_shows_the_same(size: tuple[int, int], seed: int) -> None:
    screen = draw_screen(*size, seed)
    first = shown(encode(screen, compress_level=1))
    for again in (
        encode(screen, "JPEG", quality=60),
        encode(screen, "JPEG", quality=85, progressive=True),
        encode(screen, "WEBP", quality=75, method=0),
        encode(screen.quantize(64), compress_level=1),
    ):
        assert are_alike(first, shown(again)) and are_alike(Shown(size, again), first)
    assert are_alike(first, scaled(screen, 2 / 3)) and are_alike(scaled(screen, 0.9), first)


@pytest.mark.parametrize("size", SIZES)
def test_different_screens_of_one_system_are_two_pictures(size: tuple[int, int]) -> None:
    screen = draw_screen(*size, 1)
    first = shown(encode(screen, "JPEG", quality=85))
    with_box = screen.copy()
    with_box.paste("#f0f0f0", (size[0] // 3, size[1] // 3, size[0] // 2, size[1] // 2))
    for other in (with_box, draw_screen(*size, 2), with_word(screen, 300, 240), with_word(screen, 620, 410)):
        assert not are_alike(first, shown(encode(other, compress_level=1)))
    assert not are_alike(first, scaled(with_box, 2 / 3)) and not are_alike(first, scaled(draw_screen(*size, 2), 0.9))
    assert not are_alike(first, Shown((size[0], size[1] - 40), encode(screen.crop((0, 0, size[0], size[1] - 40)))))


def test_a_picture_that_cannot_be_read_is_no_twin() -> None:
    good = encode(draw_screen(1024, 768), compress_level=1)
    for broken in (b"", b"nothing", good[:2000]):
        assert not are_alike(Shown((1024, 768), good), Shown((1024, 768), broken))


def test_the_look_costs_next_to_nothing() -> None:
    """It is taken from lines that are read for the other checks anyway."""
    with Image.open(io.BytesIO(encode(draw_screen(1920, 1080), compress_level=1))) as picture:
        scan = PixelScan(picture.convert("RGB"), 1)
    costs = []
    for _ in range(5):
        started = time.process_time()
        scan.look()
        costs.append(time.process_time() - started)
    assert min(costs) < 0.002, costs
