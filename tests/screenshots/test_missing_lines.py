"""What is checked is what is drawn: a cut picture is known by its missing lines, whatever marks its end."""

import io

import pytest
from PIL import Image

from portal.screenshots.inspection import Inspection, InspectionLimits, Verdict, inspect
from tests.factories import pictures

END = b"\xff\xd9"
LIMITS = InspectionLimits()
TENTHS = [tenth / 10 for tenth in range(1, 10)]

BASELINE = {
    "usual": {"quality": 85},
    "full colour": {"quality": 90, "subsampling": 0},
    "half colour": {"quality": 90, "subsampling": 1},
    "optimised": {"quality": 75, "optimize": True},
    "restart marks": {"quality": 80, "restart_marker_blocks": 7},
    "restart rows": {"quality": 80, "restart_marker_rows": 1},
}
MODES = {"grey": "L", "print colours": "CMYK"}


def look(data: bytes) -> Inspection:
    return inspect(data, hint=None, limits=LIMITS)


def jpeg(**options: object) -> bytes:
    return pictures.encode(pictures.draw_screen(1366, 768), "JPEG", **options)


def is_missing(found: Inspection) -> bool:
    return (found.verdict, found.code) == (Verdict.REFUSE, "image_broken")


@pytest.mark.parametrize("keep", TENTHS)
@pytest.mark.parametrize("end", [b"", END, b"\0" * 40_000, END + b"x" * 9], ids=["cut", "ended", "zeros", "more"])
def test_a_jpeg_whose_lower_rows_are_missing_is_refused(keep, end):
    data = pictures.jpeg_screen()

    found = look(data[: int(len(data) * keep)] + end)

    assert is_missing(found)
    assert found.content is None


@pytest.mark.parametrize("keep", [0.3, 0.75, 0.98])
@pytest.mark.parametrize("options", BASELINE.values(), ids=BASELINE)
def test_every_kind_of_jpeg_is_refused_when_rows_are_missing(options, keep):
    data = jpeg(**options)

    assert look(data).verdict is Verdict.ACCEPT
    assert is_missing(look(data[: int(len(data) * keep)] + END))


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_every_kind_of_colour_too(mode):
    data = pictures.encode(pictures.draw_screen(1366, 768).convert(mode), "JPEG", quality=85)

    assert look(data).verdict is Verdict.ACCEPT
    assert is_missing(look(data[: int(len(data) * 0.7)] + END))


@pytest.mark.parametrize("options", [*BASELINE.values(), {"progressive": True}], ids=[*BASELINE, "progressive"])
@pytest.mark.parametrize("end", [b"", b"\0" * 5000], ids=["nothing", "zeros"])
def test_a_missing_end_mark_alone_is_no_fault(options, end):
    data = jpeg(**options)
    assert data.endswith(END)

    found = look(data[:-2] + end)

    assert found.verdict is Verdict.ACCEPT
    assert found.content is not None and found.content.endswith(END)
    with Image.open(io.BytesIO(found.content)) as kept, Image.open(io.BytesIO(data)) as sent:
        assert kept.tobytes() == sent.tobytes()


@pytest.mark.parametrize("options", BASELINE.values(), ids=BASELINE)
def test_a_whole_screen_with_a_grey_corner_is_whole(options):
    """The grey of a missing block is also the grey of old desktops."""
    screen = pictures.draw_screen(1366, 768)
    screen.paste("#808080", (900, 700, 1366, 768))

    assert look(pictures.encode(screen, "JPEG", **options)).verdict is Verdict.ACCEPT


def test_a_progressive_jpeg_is_taken_when_its_scans_can_be_read():
    """Accepted, then asked about, then refused, the less there is; never accepted when text would be coarse."""
    data = pictures.progressive_jpeg()

    order = [look(data[: int(len(data) * keep)]) for keep in (0.999, 0.9, 0.5, 0.3, 0.1, 0.02)]

    assert [found.verdict for found in order[:2]] == [Verdict.ACCEPT, Verdict.ACCEPT]
    assert order[-1].verdict is Verdict.REFUSE
    steps = ["accept", "ask", "refuse"]
    places = [steps.index(found.verdict.value) for found in order]
    assert places == sorted(places) and set(places) == {0, 1, 2}
    assert {found.reason for found in order if found.verdict is Verdict.ASK} <= {"unfinished", "photo"}


def test_a_progressive_jpeg_of_one_colour_too_few_is_asked_about():
    """Scans of one component each, of which the last never came."""
    data = jpeg(progressive=True, quality=80)
    scans = [at for at in range(len(data) - 1) if data[at : at + 2] == b"\xff\xda"]

    found = look(data[: scans[2]] + END)

    assert found.verdict is Verdict.ASK


@pytest.mark.parametrize("keep", TENTHS)
@pytest.mark.parametrize("interlaced", [False, True], ids=["plain", "interlaced"])
def test_a_png_whose_data_end_early_is_refused(keep, interlaced):
    data = interlaced_png() if interlaced else pictures.whole_screen()

    assert look(data).verdict is Verdict.ACCEPT
    assert is_missing(look(data[: int(len(data) * keep)]))


def interlaced_png() -> bytes:
    """A whole screen in seven passes."""
    return pictures.interlaced(pictures.draw_screen(1366, 768))


def test_a_png_without_its_end_mark_is_whole():
    data = pictures.whole_screen()

    found = look(data[:-12])

    assert found.verdict is Verdict.ACCEPT
    assert found.content == data


def test_sixteen_bit_grey_is_no_blank():
    for levels in (1, 4, 16, 256):
        data = pictures.deep_grey(pictures.draw_screen(1366, 768), levels)
        assert look(data).reason == "whole", levels
    assert look(pictures.deep_grey(Image.new("L", (1366, 768), 90), 256)).reason == "blank"


@pytest.mark.parametrize("alpha", [0, 255, 90])
def test_the_transparency_of_a_bmp_counts_for_nothing_when_it_is_zero_everywhere(alpha):
    screen = pictures.draw_screen(1366, 768)

    found = look(pictures.bmp_with_alpha(screen, alpha))

    assert found.verdict is Verdict.ACCEPT and found.content is not None
    with Image.open(io.BytesIO(found.content)) as kept:
        assert (kept.mode == "RGB") == (alpha == 0)
        assert kept.convert("RGB").tobytes() == screen.tobytes()
