"""A line of the error list leads to its question: label, message and box are in view afterwards."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from portal.app import create_app
from tests.conftest import settings_in
from tests.factories.live import serving
from tests.factories.portals import Portal
from tests.journeys.conftest import PHONE_SCREEN
from tests.journeys.shown import CLINIC, STAFF, Shown, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("error-jumps")]

# A maximised window on a screen of 1366 x 768, and a phone.
SCREENS = {"pc": {"width": 1366, "height": 625}, "phone": PHONE_SCREEN}

# What of the target's question is outside the view, or under the bar of buttons that sticks to its end.
_OUT_OF_VIEW = """(id) => {
  const target = document.getElementById(id);
  const message = id.endsWith('-error') ? target : document.getElementById(id + '-error');
  const group = target.closest('fieldset');
  const isGrouped = target === message || target.matches('[type=radio], [type=checkbox]');
  const label = (target.labels && target.labels[0]) || null;
  const question = isGrouped && group ? group.querySelector('legend') : label;
  const bar = document.querySelector('.actions');
  const stuck = bar && getComputedStyle(bar).position === 'sticky' ? bar.getBoundingClientRect().top : innerHeight;
  const out = (part) => part.getBoundingClientRect().top < 0 || part.getBoundingClientRect().bottom > innerHeight;
  const box = target.getBoundingClientRect();
  return [
    question === null ? 'no label' : (out(question) ? 'label ' + question.getBoundingClientRect().top : ''),
    message === null ? 'no message' : (out(message) ? 'message ' + message.getBoundingClientRect().top : ''),
    box.top > Math.min(stuck, innerHeight) - 24 ? 'box' : '',
  ].filter(Boolean);
}"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One demo portal for the whole module: its pages are only looked at."""
    settings = settings_in(tmp_path_factory.mktemp("error-jumps"))
    portal = Portal(create_app(settings), settings)
    with serving(portal.app) as url:
        yield make_world(url, portal)
    portal.close()


REFUSED = [shown for shown in (*CLINIC, *STAFF) if shown.name.endswith("-refused") or shown.name == "desk-filing-begun"]


@pytest.mark.parametrize("screen", SCREENS)
@pytest.mark.parametrize("shown", REFUSED, ids=lambda shown: shown.name)
def test_after_a_jump_label_message_and_box_are_in_view(
    shown: Shown, screen: str, world: World, browser: Browser
) -> None:
    context = world.context(browser, shown.who, viewport=SCREENS[screen])
    page = context.new_page()
    shown.open(world, page)
    assert outside_after_jumps(page) == {}
    context.close()


def outside_after_jumps(page: Page) -> dict[str, list[str]]:
    """For each line of the list that leads to a part of this page: what is not in view after Enter on it."""
    found = {}
    lines = page.locator(".error-summary a[href^='#']")
    for number in range(lines.count()):
        line = lines.nth(number)
        name = (line.get_attribute("href") or "")[1:]
        page.evaluate("scrollTo(0, 0)")
        line.press("Enter")
        page.wait_for_function("(id) => location.hash === '#' + id", arg=name)
        outside = page.evaluate(_OUT_OF_VIEW, name)
        if outside:
            found[name] = outside
    return found
