"""Every page, seen as people see it who see badly, zoom, or have a small screen (UX 8; WCAG 2.2 AA, 1.4.4, 1.4.10)."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from portal.app import create_app
from portal.kinds.table import FIELDS
from portal.tickets.states import ClosedHow, TicketState, TurnCause
from tests.conftest import settings_in
from tests.factories.live import serving
from tests.factories.portals import Portal
from tests.factories.routes import routes_of
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN
from tests.journeys.looks import serious_findings
from tests.journeys.shown import CLINIC, NO_PAGES, STAFF, Shown, World, make_world

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("every-page")]

# 200 % zoom halves the CSS pixels of a screen; 320 is what 400 % leaves of 1280 (WCAG 1.4.10).
ZOOMED = {"width": 674, "height": 300}
NARROW = {"width": 320, "height": 640}
PAPER = {"width": 658, "height": 930}  # A4 within its margins
CLINIC_TARGET, STAFF_TARGET = 44, 24

_SIDEWAYS = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = (part) => part.getBoundingClientRect().right > width + 1 && !part.closest('.table-wrap, .viewer');
  return ['page'].concat(Array.from(document.querySelectorAll('body *')).filter(wide).slice(0, 3)
    .map((part) => part.outerHTML.slice(0, 90)));
}"""
# What can be pressed and is smaller than it should be; a link inside a sentence may be (WCAG 2.5.8).
_SMALL = """(least) => Array.from(document.querySelectorAll(
  'a[href], button, input:not([type=hidden]), select, textarea, summary')).filter((part) => {
  const style = getComputedStyle(part);
  const own = part.getBoundingClientRect();
  if (style.visibility === 'hidden' || !own.width || part.closest('.visually-hidden, .skip-link')) return false;
  const around = part.parentElement.textContent.trim().length - part.textContent.trim().length;
  if (part.tagName === 'A' && style.display === 'inline' && around > 1) return false;
  const label = (part.labels && part.labels[0]) ? part.labels[0].getBoundingClientRect() : own;
  return Math.max(own.height, label.height) < least - 0.5 || Math.max(own.width, label.width) < least - 0.5;
}).map((part) => part.outerHTML.slice(0, 120))"""
# Controls and lines of text that lie on one another, by more than a hair; what contains the other does not count.
_OVERLAPPING = """() => {
  const hidden = '.visually-hidden, .skip-link, [aria-hidden=true], svg, details:not([open]) > :not(summary)';
  const elsewhere = 'textarea, select, option, script, style, noscript';
  const shown = (part) => {
    const style = getComputedStyle(part);
    return style.visibility !== 'hidden' && style.opacity !== '0' && part.getBoundingClientRect().width > 1
      && !part.closest(hidden);
  };
  const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, img';
  const boxes = [];
  // What a scrolling part cuts off does not count.
  const cut = (from, { left, right, top, bottom }) => {
    const box = { left, right, top, bottom };
    for (let one = from; one && one !== document.body; one = one.parentElement) {
      if (getComputedStyle(one).overflowX === 'visible') continue;
      const edge = one.getBoundingClientRect();
      box.left = Math.max(box.left, edge.left);
      box.right = Math.min(box.right, edge.right);
      box.top = Math.max(box.top, edge.top);
      box.bottom = Math.min(box.bottom, edge.bottom);
    }
    return box;
  };
  const add = (part, rects, from) => Array.from(rects).map((box) => cut(from, box))
    .filter((box) => box.right - box.left > 1 && box.bottom - box.top > 1).forEach((box) => boxes.push([part, box]));
  Array.from(document.querySelectorAll(controls)).filter(shown)
    .forEach((part) => add(part, part.getClientRects(), part.parentElement));
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = walker.nextNode(); text; text = walker.nextNode()) {
    const part = text.parentElement;
    if (!text.textContent.trim() || part.closest(elsewhere) || part.closest(controls) || !shown(part)) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    add(part, range.getClientRects(), part);
  }
  const stuck = (part) => {
    for (let one = part; one; one = one.parentElement) {
      if (['sticky', 'fixed'].includes(getComputedStyle(one).position)) return true;
    }
    return false;
  };
  const free = boxes.filter(([part]) => !stuck(part));
  const found = [];
  free.forEach(([first, one], place) => free.slice(place + 1).forEach(([second, other]) => {
    if (first.contains(second) || second.contains(first)) return;
    const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
    const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
    if (wide > 2 && high > 4) found.push(first.outerHTML.slice(0, 90) + ' ON ' + second.outerHTML.slice(0, 90));
  }));
  return found.slice(0, 3);
}"""
# A table or a page that paper would cut off.
_CUT = """() => [document.documentElement, ...document.querySelectorAll('.table-wrap')]
  .filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.outerHTML.slice(0, 90))"""
# In forced colours a thing that is only a background vanishes: whatever can be pressed needs a border or an underline.
_FADED = """() => Array.from(document.querySelectorAll(
  'button, .button, input:not([type=hidden]), select, textarea')).filter((part) => {
  if (!part.getBoundingClientRect().width || part.closest('.visually-hidden')) return false;
  if (['checkbox', 'radio', 'file'].includes(part.type)) return false;
  const style = getComputedStyle(part);
  const border = parseFloat(style.borderTopWidth) + parseFloat(style.borderBottomWidth);
  return border === 0 && !style.textDecorationLine.includes('underline');
}).map((part) => part.outerHTML.slice(0, 120))"""
# With reduced motion nothing may take time.
_MOVING = """() => Array.from(document.querySelectorAll('body *')).filter((part) => {
  const style = getComputedStyle(part);
  const longest = (text) => Math.max(...text.split(',')
    .map((time) => parseFloat(time) * (time.includes('ms') ? 1 : 1000)));
  return longest(style.transitionDuration) > 1
    || (style.animationName !== 'none' && longest(style.animationDuration) > 1);
}).map((part) => part.outerHTML.slice(0, 90)).slice(0, 3)"""

# Names that only programs use: none is a word of a page.
_NAMES = sorted(
    {*FIELDS, *(value for spec in FIELDS.values() for value, _ in spec.choices), *TicketState, *ClosedHow, *TurnCause}
    - {"other"}
)
_PROGRAM_WORDS = """(names) => {
  const own = (part) => !part.closest('script, style, code, .mono, pre, textarea, .styleguide');
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.match(/[a-z][a-z_]*/g) || [];
    if (own(walker.currentNode.parentElement)) found.push(...words.filter((word) => names.includes(word)));
  }
  return found;
}"""


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One demo portal for the whole module: its pages are only looked at."""
    settings = settings_in(tmp_path_factory.mktemp("every-page"))
    portal = Portal(create_app(settings), settings)
    with serving(portal.app) as url:
        yield make_world(url, portal)
    portal.close()


def with_large_text(page: Page) -> None:
    """What the browser's own setting for very large letters does: twice the text, the same screen."""
    sizes = {"fontSizes": {"standard": 32, "fixed": 26}}
    page.context.new_cdp_session(page).send("Page.setFontSizes", sizes)


@pytest.mark.parametrize("shown", [*CLINIC, *STAFF], ids=lambda shown: shown.name)
def test_a_page_can_be_seen_read_and_pressed_by_everyone(shown: Shown, world: World, browser: Browser) -> None:
    context = world.context(browser, shown.who, viewport=CLINIC_SCREEN, reduced_motion="reduce")
    page = context.new_page()
    shown.open(world, page)

    assert page.locator("h1").count() == 1
    assert page.locator("html[lang='zh-CN'] main").count() == 1
    assert page.locator("meta[name=renderer][content=webkit]").count() == 1
    assert page.evaluate(_MOVING) == []
    assert page.evaluate(_PROGRAM_WORDS, _NAMES) == []
    assert serious_findings(page) == []
    page.set_viewport_size(ZOOMED)
    assert serious_findings(page, "color-contrast") == []  # colours are the same at every size
    assert page.evaluate(_SIDEWAYS) == []
    page.set_viewport_size(NARROW)
    assert page.evaluate(_SIDEWAYS) == []
    assert page.evaluate(_SMALL, CLINIC_TARGET if shown in CLINIC else STAFF_TARGET) == []
    page.set_viewport_size(PHONE_SCREEN)
    assert page.evaluate(_SIDEWAYS) == []
    assert page.evaluate(_OVERLAPPING) == []
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    assert page.evaluate(_CUT) == []
    page.emulate_media(media="screen", forced_colors="active")
    assert page.evaluate(_FADED) == []
    page.emulate_media(forced_colors="none")
    page.set_viewport_size(CLINIC_SCREEN)
    with_large_text(page)
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") == 32
    assert page.evaluate(_SIDEWAYS) == []
    context.close()


def test_no_page_is_left_out(world: World) -> None:
    """Every address that gives a page has a row in the table, or a reason in NO_PAGES."""
    paths = [row.path if isinstance(row.path, str) else row.path(world) for row in (*CLINIC, *STAFF)]
    seen = [path.split("?")[0] for path in paths] + [f"/track/{world.facts['own']}"]
    routes = {route.path: route for route in routes_of(world.portal.app) if "GET" in route.methods and not route.is_api}

    assert [path for path in NO_PAGES if path not in routes] == []
    assert [path for path in routes if path not in NO_PAGES and not any(fits(path, one) for one in seen)] == []


def fits(route: str, path: str) -> bool:
    """Whether an address is one of a route's."""
    wanted, given = route.split("/"), path.split("/")
    return len(wanted) == len(given) and all(
        part.startswith("{") or part == own for part, own in zip(wanted, given, strict=True)
    )


@pytest.mark.parametrize(
    ("markup", "script", "least"),
    [
        ("<p style='width: 900px'>wide</p>", _SIDEWAYS, None),
        ("<p><a href='/'>x</a></p>", _SMALL, 24),
        ("<p><a href='/'>abcdef</a><a href='/' style='margin-left: -24px'>ghijkl</a></p>", _OVERLAPPING, None),
        ("<div class='table-wrap' style='overflow-x: auto'><p style='width: 900px'>wide</p></div>", _CUT, None),
        ("<button style='border: 0; text-decoration: none'>x</button>", _FADED, None),
        ("<p style='transition: color 120ms'>x</p>", _MOVING, None),
        ("<dl><dt>scope</dt><dd>batch</dd></dl>", _PROGRAM_WORDS, ["scope"]),
    ],
    ids=["sideways", "small", "overlapping", "cut", "faded", "moving", "program-words"],
)
def test_the_looks_turn_red(browser: Browser, markup: str, script: str, least: object) -> None:
    page = browser.new_page(viewport=NARROW)
    page.set_content(f"<main>{markup}</main>")
    assert page.evaluate(script, least) != []
    page.close()
