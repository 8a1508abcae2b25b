"""The reporter's own screen, and which sizes are screens."""

import pytest

from portal.screenshots.screens import (
    _TABLETS,
    KNOWN_SCREENS,
    OwnScreen,
    ScreenHint,
    has_screen_ratio,
    is_known,
    is_known_portrait,
    is_nearly_whole,
    is_offset_pair,
    is_phone_across,
    own_screen,
    parse_screen_hint,
)

ZOOMS = (0.67, 0.8, 0.9, 1.0, 1.1, 1.25, 1.5)
SCREENS = (((1366, 768), 1.0), ((1920, 1080), 1.25), ((2560, 1440), 1.5))


def _as_browser_reports(size, scale, zoom):
    """What Chromium sends: screen in OS-scaled pixels, page zoom multiplied into devicePixelRatio."""
    outer = round(size[0] / scale)
    return ScreenHint(
        width=outer,
        height=round(size[1] / scale),
        dpr=round(scale * zoom, 4),
        inner_width=round(outer / zoom),
        outer_width=outer,
    )


@pytest.mark.parametrize("zoom", ZOOMS)
@pytest.mark.parametrize(("size", "scale"), SCREENS)
def test_it_takes_page_zoom_out_of_the_reported_screen(size, scale, zoom):
    hint = _as_browser_reports(size, scale, zoom)

    found = hint.pixels()

    assert found is not None
    assert abs(found[0] - size[0]) <= 1
    assert abs(found[1] - size[1]) <= 1
    assert own_screen(hint) == OwnScreen(size, is_known=True)


@pytest.mark.parametrize("zoom", ZOOMS)
def test_it_measures_the_screen_from_a_small_window_too(zoom):
    hint = ScreenHint(width=1366, height=768, dpr=zoom, inner_width=round(900 / zoom), outer_width=900)

    assert own_screen(hint) == OwnScreen((1366, 768), is_known=True)


def test_it_claims_nothing_while_the_outer_width_is_not_known():
    assert ScreenHint(width=1366, height=768, dpr=1, inner_width=1366, outer_width=0).pixels() is None


def test_it_keeps_an_unusual_own_screen_as_it_is():
    hint = ScreenHint(width=1600, height=1024, dpr=1, inner_width=1600, outer_width=1600)

    assert own_screen(hint) == OwnScreen((1600, 1024), is_known=False)


@pytest.mark.parametrize("size", [(800, 600), (1080, 1920), (1668, 2388), (2388, 1668), (1080, 2340), (2732, 2048)])
def test_it_knows_own_screens_of_every_kind_either_way_up(size):
    hint = ScreenHint(width=size[0], height=size[1], dpr=1, inner_width=size[0], outer_width=size[0])

    assert own_screen(hint) == OwnScreen(size, is_known=True)


@pytest.mark.parametrize("size", [(900, 610), (1200, 700), (1601, 1030), (820, 620), (1000, 560)])
def test_an_invented_own_screen_is_not_known(size):
    hint = ScreenHint(width=size[0], height=size[1], dpr=1, inner_width=size[0], outer_width=size[0])

    assert own_screen(hint) == OwnScreen(size, is_known=False)


def test_it_reads_the_five_numbers_of_the_api_field():
    text = '{"width": 1536, "height": 864, "dpr": 1.25, "innerWidth": 1519, "outerWidth": 1536, "x": [1]}'

    assert parse_screen_hint(text) == ScreenHint(1536.0, 864.0, 1.25, 1519.0, 1536.0)


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        '{"width":1366,"height":768,"dpr":1,"innerWidth":1366}',
        '{"width":NaN,"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":Infinity,"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":-1366,"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":0,"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":1366,"height":768,"dpr":0,"innerWidth":1366,"outerWidth":1366}',
        '{"width":1e308,"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":' + "9" * 400 + ',"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":' + "9" * 5000 + ',"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":"1366","height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        '{"width":true,"height":768,"dpr":1,"innerWidth":1366,"outerWidth":1366}',
        "[" * 990,
        '{"a":' * 100_000,
    ],
)
def test_it_takes_no_junk_for_a_screen(text):
    assert parse_screen_hint(text) is None


@pytest.mark.parametrize("size", KNOWN_SCREENS)
@pytest.mark.parametrize("off", [-5, -4, 0, 4])
def test_it_knows_screens_within_four_pixels(size, off):
    width, height = size[0] + off, size[1]

    near = any(abs(width - w) <= 4 and abs(height - h) <= 4 for w, h in KNOWN_SCREENS)

    assert is_known((width, height)) == near
    assert near or off == -5


@pytest.mark.parametrize(
    "size", [(2732, 768), (3840, 1080), (3286, 1080), (3200, 1080), (2560, 1024), (1366, 1536), (4480, 1440)]
)
def test_it_knows_two_monitors_together(size):
    assert is_known(size)


@pytest.mark.parametrize(
    "size", [(720, 1600), (1080, 1920), (1080, 2340), (1170, 2532), (1440, 3200), (1200, 1920), (900, 1600)]
)
def test_it_knows_upright_phones_tablets_and_monitors(size):
    assert is_known_portrait(size)


@pytest.mark.parametrize("size", [(1000, 1700), (1081, 2600), (1080, 2700), (1080, 1500)])
def test_it_does_not_take_every_upright_picture_for_a_phone(size):
    assert not is_known_portrait(size)


def test_it_calls_a_screen_without_taskbar_nearly_whole():
    assert is_nearly_whole((1366, 728))
    assert is_nearly_whole((1920, 870))
    assert not is_nearly_whole((1920, 700))
    assert not is_nearly_whole((3440, 1300))  # ultra-wide: too many windows have such a shape


def test_it_tells_screen_proportions_within_a_little_over_one_percent():
    assert has_screen_ratio((1560, 878))
    assert has_screen_ratio((1100, 620))
    assert not has_screen_ratio((1300, 610))


@pytest.mark.parametrize("size", _TABLETS)
def test_it_knows_tablets_both_ways(size):
    assert is_known_portrait(size)
    assert is_known((size[1], size[0]))


@pytest.mark.parametrize(
    "size", [(3286, 1236), (2390, 1000), (3840, 1100), (3200, 1300), (2560, 1500), (2200, 1848), (5120, 1100)]
)
def test_it_knows_two_monitors_of_which_one_is_moved(size):
    assert is_offset_pair(size)
    assert not is_known(size)


@pytest.mark.parametrize("size", [(3286, 1070), (3286, 2000), (3000, 1236), (1900, 1000), (2390, 1700), (1366, 900)])
def test_not_every_large_picture_is_two_monitors(size):
    assert not is_offset_pair(size)


@pytest.mark.parametrize("size", [(2340, 1080), (2400, 1080), (1600, 720), (2532, 1170)])
def test_it_knows_long_phones_held_across(size):
    assert is_phone_across(size)


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (2340, 1000), (1900, 1080), (3000, 1080)])
def test_not_every_wide_picture_is_a_phone(size):
    assert not is_phone_across(size)
