"""The living page shows every component and every state as it really is; it is there in development only."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Live

pytestmark = pytest.mark.browser
ROOT = Path(__file__).parent.parent.parent
_LOOK = """(part) => {
  const style = getComputedStyle(part);
  const names = ['color', 'backgroundColor', 'borderTopColor', 'outlineWidth', 'outlineStyle', 'outlineOffset',
    'textDecorationThickness'];
  return names.map((name) => style[name]);
}"""


def test_a_drawn_state_looks_like_the_real_one(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    page.goto("/styleguide")
    for real in page.locator("[data-real]").all():
        group = real.locator("xpath=ancestor::ul")
        for state in ("hover", "focus"):
            drawn = group.locator(f"[data-drawn={state}]")
            assert drawn.count() == 1
            page.mouse.move(0, 0)
            page.locator("#main").focus()
            real.hover() if state == "hover" else real.focus()
            page.keyboard.press("Shift")  # makes a focus set by script count as one of the keyboard
            expected = real.evaluate(_LOOK)
            page.mouse.move(0, 0)
            assert drawn.evaluate(_LOOK) == expected, (state, real.inner_html() or real.get_attribute("aria-label"))


@pytest.mark.parametrize("name", ["forms", "ui"])
def test_every_component_is_shown(name: str) -> None:
    text = (ROOT / f"templates/components/{name}.html").read_text(encoding="utf-8")
    macros = re.findall(r"{%-? macro ([a-z]\w*)\(", text)
    guides = "".join(
        (ROOT / f"templates/{page}.html").read_text("utf-8") for page in ("styleguide", "styleguide_staff")
    )
    by_others = guides + "".join(re.findall(r"{%-? macro .*?endmacro", text, re.S))
    missing = [macro for macro in macros if not re.search(rf"\b{macro}\(", by_others.replace(f"macro {macro}(", ""))]

    assert len(macros) > 10
    assert set(missing) <= NOT_SHOWN[name]


# Nothing to see by themselves, plain words, on every page's head, only with a stored picture, a page of its own, or a
# notice that takes the focus.
NOT_SHOWN = {
    "forms": {"csrf"},
    "ui": {"brand_mark", "kind_name", "picture_thumb", "blurred", "said", "shown_value", "done"},
}


def test_every_state_has_its_example(live: Live, page: Page) -> None:
    page.goto("/styleguide")
    shown = page.content()
    for sign in (
        "aria-busy", " disabled", "screenshot--going", "screenshot--failed", "screenshot--ask",
        "field--refused",
        "notice--danger", "notice--wait", "sealed", "revealed", "empty", "error-summary", "suggestions", "editor__bar",
        "receipt__qr",
    ):  # fmt: skip
        assert sign in shown, sign
    page.goto("/styleguide/staff")
    shown = page.content()
    for sign in (
        "screenshot--refused",
        "row--overdue",
        "row--here",
        "time--paused",
        "state--void",
        "tag--internal",
        "pager",
        "target--missed",
    ):
        assert sign in shown, sign
