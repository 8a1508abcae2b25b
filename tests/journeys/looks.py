"""What every journey looks at on a page, once it has come with all its parts."""

from collections.abc import Iterator
from contextlib import contextmanager

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

_WCAG = ("wcag2a", "wcag2aa", "wcag22aa")


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """Wait for the page that a press or a key brings, with its scripts, before anything is measured or pressed."""
    with page.expect_navigation():
        yield


def serious_findings(page: Page, *leave_out: str) -> list[str]:
    """What keeps somebody from using the page, by any rule of axe but those left out."""
    options = {"rules": {rule: {"enabled": False} for rule in leave_out}}
    return [named for named, impact in _found(page, options) if impact in ("serious", "critical")]


def wcag_findings(page: Page) -> list[str]:
    """Whatever breaks WCAG 2.2 AA, however little."""
    return [named for named, _ in _found(page, {"runOnly": list(_WCAG)})]


def all_findings(page: Page) -> list[str]:
    return [named for named, _ in _found(page, {})]


def fits(page: Page) -> bool:
    """Whether nothing is wider than the screen."""
    page.wait_for_load_state()
    return bool(page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


def _found(page: Page, options: dict[str, object]) -> list[tuple[str, str]]:
    page.wait_for_load_state()
    only_wrong = {"resultTypes": ["violations"]}  # what is right would be described at length too
    found = Axe().run(page, options={**only_wrong, **options}).response["violations"]
    return [(f"{one['id']}: {one['nodes'][0]['html'][:120]}", one["impact"]) for one in found]
