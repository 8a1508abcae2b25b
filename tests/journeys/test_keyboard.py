"""A whole filing by keyboard alone, and by what a screen reader is told (UX 8; WCAG 2.1.1, 2.4.7, 2.4.11, 3.3.1)."""

import pytest
from playwright.sync_api import Page, expect

from tests.factories.pictures import whole_screen
from tests.factories.reports import general_fields, his_fields
from tests.journeys.conftest import Live

pytestmark = pytest.mark.browser

_FOCUS = """() => {
  const part = document.activeElement;
  const style = getComputedStyle(part);
  const box = part.getBoundingClientRect();
  const [x, y] = [box.left + Math.min(box.width, 60) / 2, box.top + Math.min(box.height, 40) / 2];
  const seen = document.elementFromPoint(x, y);
  return {
    name: part.name || part.id || part.textContent.trim().slice(0, 20),
    ring: parseFloat(style.outlineWidth) >= 3 && style.outlineStyle !== 'none',
    shown: box.bottom <= innerHeight + 1 && box.top >= -1 && !!seen && (part.contains(seen) || seen.contains(part)),
  };
}"""


def tab_to(page: Page, selector: str, most: int = 60, key: str = "Tab") -> None:
    """Press Tab, or the key, until the focus is there. On the way it is always seen: with its ring, under no bar."""
    for _ in range(most):
        page.keyboard.press(key)
        stop = page.evaluate(_FOCUS)
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            page.wait_for_timeout(50)
            stop = page.evaluate(_FOCUS)
            assert stop["ring"], stop
            assert stop["shown"], stop
            return
    raise AssertionError(f"Tab does not lead to {selector}")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, f"[name={name}]")
    page.keyboard.type(text)


def press_next(page: Page, to: str) -> None:
    tab_to(page, ".actions .button--primary")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{to}")


@pytest.mark.parametrize("kind", ["general", "his"])
def test_a_report_is_filed_by_tab_enter_and_space_alone(page: Page, live: Live, kind: str) -> None:
    fields = general_fields() if kind == "general" else his_fields(institution="高唐县人民医院")
    page.on("filechooser", lambda _: None)  # from the start: switching it on is not waited for
    page.goto("/")
    tab_to(page, f"a[href='/report/{kind}']")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/report/{kind}")
    for name in ("institution", "previous_system", "description"):
        if name in fields:
            type_into(page, name, fields[name])
            page.keyboard.press("Escape")
    tab_to(page, "[name=symptom]")
    page.keyboard.press("ArrowUp")  # round to the last one, 其他
    press_next(page, "screenshots")
    tab_to(page, "[name=screenshots]")
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files({"name": "a.png", "mimeType": "image/png", "buffer": whole_screen()})
    expect(page.locator(".screenshot")).to_contain_text("已收到")
    press_next(page, "identity")
    for name in ("id_number", "patient_id_number", "login_account", "login_password", "inpatient_number"):
        if name in fields and page.locator(f"[name={name}]").count():
            page.locator("#main").focus()
            type_into(page, name, fields[name])
    press_next(page, "check")
    press_next(page, "receipt")

    expect(page.locator("#receipt-number")).to_be_visible()


@pytest.mark.parametrize("path", ["/", "/print/general"])
def test_the_first_tab_stop_leads_past_the_head(page: Page, path: str) -> None:
    page.goto(path)
    page.evaluate("document.activeElement.blur()")
    tab_to(page, ".skip-link", most=1)
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_where_the_first_box_has_the_focus_the_head_is_behind_it(page: Page) -> None:
    page.goto("/report/general")
    expect(page.locator("[name=institution]")).to_be_focused()
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    tab_to(page, ".skip-link", most=10, key="Shift+Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    tab_to(page, "[name=institution]", most=10)


def test_a_screen_reader_is_told_what_is_wrong_and_where(page: Page) -> None:
    page.goto("/report/general")
    page.locator(".actions .button--primary").click()
    expect(page.locator(".error-summary")).to_be_focused()

    assert page.title().startswith("有错误：")
    for link in page.locator(".error-summary a").all():
        field = page.locator(link.get_attribute("href") or "")
        described = (field.get_attribute("aria-describedby") or "").split()
        own = [page.locator(f"#{name}").inner_text() for name in described]
        assert field.get_attribute("aria-invalid") == "true"
        assert any(link.inner_text() in text for text in own), (own, link.inner_text())
    page.locator(".error-summary a").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name") == "institution"


def test_every_field_has_a_name_that_is_read_out(page: Page) -> None:
    for path in ("/report/general", "/report/his", "/track", "/sign-in"):
        page.goto(path)
        nameless = page.evaluate(
            """() => Array.from(document.querySelectorAll('input:not([type=hidden]), textarea, select'))
              .filter((field) => !(field.labels && field.labels.length) && !field.getAttribute('aria-label'))
              .map((field) => field.name)"""
        )
        assert nameless == [], path
    assert page.locator("#live[role=status][aria-live=polite]").count() == 1
