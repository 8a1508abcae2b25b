"""A kernel without custom properties (IE mode): readable colours, and one sentence about 极速模式."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from portal.app import create_app
from tests.conftest import settings_in
from tests.factories.live import serving
from tests.factories.portals import Portal
from tests.journeys.conftest import CLINIC_SCREEN
from tests.journeys.looks import serious_findings
from tests.journeys.shown import CLINIC, STAFF, Shown, World, make_world

STYLES = Path(__file__).parent.parent.parent / "static" / "css"
FROM_PROPERTY = re.compile(r"(?<![\w-])([a-z][a-z-]*): ([^;{}]*var\([^;{}]*)(?=;|\s*\})")
NAMES = {
    "home",
    "situation-refused",
    "check",
    "track-asked",
    "sign-in-refused",
    "queue-held",
    "ticket-open",
    "insights",
}
PAGES = [shown for shown in (*CLINIC, *STAFF) if shown.name in NAMES]

# Text, ground and edges of everything, but for what wears the colour of its queue.
_COLOURS = """() => Array.from(document.querySelectorAll('body *:not(.old-kernel)'))
  .filter((part) => part.getBoundingClientRect().width && !part.closest('.steps, .window, svg'))
  .map((part) => {
    const style = getComputedStyle(part);
    const edge = parseFloat(style.borderTopWidth) ? style.borderTopColor : '';
    return [part.tagName + '.' + part.className, style.color, style.backgroundColor, edge].join(' ');
  })"""


def tokens() -> dict[str, str]:
    """The custom properties of :root."""
    found = re.search(r":root \{(.*?)\}", (STYLES / "portal.css").read_text("utf-8"), re.S)
    assert found
    return dict(re.findall(r"(--[\w-]+): ([^;]+);", found[1]))


def plain(value: str, known: dict[str, str]) -> str:
    """A value with its custom properties written out."""
    while "var(" in value:
        value = re.sub(r"var\((--[\w-]+)\)", lambda name: known[name[1]], value)
    return value


def without_plain_colour(style: str, known: dict[str, str]) -> list[str]:
    """The declarations that take a colour from a custom property, and do not follow their own plain value."""
    found = []
    for declared in FROM_PROPERTY.finditer(style):
        names = re.findall(r"var\((--[\w-]+)\)", declared[2])
        has_colour = any(plain(known[name], known).startswith("#") for name in names)
        before = f"{declared[1]}: {plain(declared[2], known)};"
        if has_colour and not style[: declared.start()].rstrip().endswith(before):
            found.append(f"{declared[0]}: write `{before}` before it")
    return found


@pytest.mark.parametrize("path", sorted(STYLES.glob("*.css")), ids=lambda path: path.name)
def test_a_colour_is_written_plainly_before_its_property(path: Path) -> None:
    assert without_plain_colour(path.read_text("utf-8"), tokens()) == []


def test_the_scan_turns_red() -> None:
    known = {"--ink": "#111", "--queue": "var(--ink)", "--size": "1rem"}

    assert without_plain_colour(".a { color: var(--ink); }", known)
    assert without_plain_colour(".a { color: #222; color: var(--ink); }", known)
    assert without_plain_colour(".a { border: 1px solid var(--queue) }", known)
    assert not without_plain_colour(".a { color: #111; color: var(--queue); font-size: var(--size); }", known)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One demo portal for the whole module: its pages are only looked at."""
    settings = settings_in(tmp_path_factory.mktemp("old-kernel"))
    portal = Portal(create_app(settings), settings)
    with serving(portal.app) as url:
        yield make_world(url, portal)
    portal.close()


def as_an_old_kernel_reads(route: Route) -> None:
    """The style without what such a kernel drops."""
    answer = route.fetch()
    style = re.sub(r"@supports [^{]*\{[^{}]*\{[^{}]*\} *\}", "", answer.text())
    style = re.sub(r"(?<![\w-])--[\w-]+: [^;{}]*;", "", FROM_PROPERTY.sub("", style))
    assert "var(" not in style
    route.fulfill(response=answer, body=style)


def colours(page: Page) -> list[str]:
    expect(page.locator(".skip-link")).to_have_css("background-color", "rgb(255, 255, 255)")  # the style has come
    found: list[str] = page.evaluate(_COLOURS)
    return found


@pytest.mark.browser
@pytest.mark.xdist_group("old-kernel")
@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.name)
def test_an_old_kernel_shows_the_same_colours_and_the_way_to_a_newer_one(
    shown: Shown, world: World, browser: Browser
) -> None:
    context = world.context(browser, shown.who, viewport=CLINIC_SCREEN, reduced_motion="reduce")
    page = context.new_page()
    shown.open(world, page)
    expect(page.locator(".old-kernel")).to_be_hidden()
    seen = colours(page)

    page = context.new_page()
    page.route("**/*.css", as_an_old_kernel_reads)
    shown.open(world, page)
    expect(page.locator(".old-kernel")).to_contain_text("极速模式")
    assert colours(page) == seen
    assert serious_findings(page) == []
    context.close()
