"""The rule that the page's script gets says what the server would say."""

import pytest

from portal.screenshots.inspection import PORTRAIT_MINIMUM, InspectionLimits, inspect
from portal.screenshots.script_rule import CODES, script_rule
from portal.screenshots.wording import megabytes, pixels
from portal.settings import load_settings
from tests.factories.pictures import crop_of_screen, draw_screen, encode, whole_screen


def said(refusal: dict[str, str], size: tuple[int, int]) -> tuple[str, str]:
    return refusal["code"], refusal["message"].replace("{size}", pixels(size))


@pytest.mark.parametrize(
    ("size", "shape", "name"),
    [
        ((420, 180), "landscape", "small"),
        ((1366, 200), "landscape", "strip"),
        ((500, 900), "portrait", "small"),
        ((200, 1300), "portrait", "strip"),
    ],
)
def test_codes_and_sentences_are_the_servers(size: tuple[int, int], shape: str, name: str) -> None:
    content = (
        crop_of_screen(*size) if size[1] < 700 else encode(draw_screen(1920, 1400).crop((7, 0, 7 + size[0], size[1])))
    )
    limits = InspectionLimits()
    found = inspect(content, hint=None, limits=limits)

    assert said(script_rule(limits)[shape][name], size) == (found.code, found.message)
    assert found.code in CODES


def test_empty_and_heavy_files_too() -> None:
    limits = InspectionLimits(max_bytes=2**20)
    content = whole_screen() + bytes(2**20)
    empty, heavy = (inspect(data, hint=None, limits=limits) for data in (b"", content))
    rule = script_rule(limits)

    assert rule["empty"] == {"code": empty.code, "message": empty.message}
    assert rule["large"]["code"] == heavy.code
    assert rule["large"]["message"].replace("{size}", megabytes(len(content), up=True)) == heavy.message


def test_the_figures_are_the_limits_of_the_deployment() -> None:
    rule = script_rule(InspectionLimits(min_width=1400, min_height=800))

    assert rule["landscape"]["least"] == (1400, 800)
    assert "至少 1400 × 800 像素" in rule["landscape"]["small"]["message"]
    assert rule["portrait"]["least"] == PORTRAIT_MINIMUM


def test_shapes_follow_the_settings() -> None:
    limits = InspectionLimits.of(
        load_settings({"PORTAL_MIN_PORTRAIT_SCREENSHOT": "700x1300", "PORTAL_STRIP_RATIO": "3"})
    )
    rule = script_rule(limits)

    assert (rule["portrait"]["least"], rule["stripRatio"]) == ((700, 1300), 3)
    small, long = encode(draw_screen(640, 1250)), encode(draw_screen(3500, 1001))
    assert inspect(small, hint=None, limits=limits).code == "image_too_small"
    assert inspect(small, hint=None, limits=InspectionLimits()).code != "image_too_small"
    assert inspect(long, hint=None, limits=limits).reason == "strip"
    assert inspect(long, hint=None, limits=InspectionLimits()).reason != "strip"
