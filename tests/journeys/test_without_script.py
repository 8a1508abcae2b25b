"""What survives: a closed browser, a restarted server, an hour's pause, two tabs, pressing twice. Without script."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import func, select

from portal.app import create_app
from portal.settings import Settings
from portal.tickets.models import Ticket
from tests.conftest import settings_in
from tests.factories.cast import actor
from tests.factories.live import serving
from tests.factories.moments import move_clock
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields, his_fields
from tests.journeys.conftest import CLINIC_SCREEN, Live

pytestmark = pytest.mark.browser
SITUATION = ("institution", "previous_system", "description")
IDENTITY = ("id_number", "patient_id_number", "inpatient_number", "login_account", "login_password")


def plain(browser: Browser, url: str, state: object = None) -> BrowserContext:
    """A browser that runs no script, with the cookies that another one kept."""
    made = browser.new_context(
        base_url=url, viewport=CLINIC_SCREEN, locale="zh-CN", java_script_enabled=False, storage_state=state
    )
    made.set_default_timeout(10_000)
    return made


def kept_by(context: BrowserContext) -> dict[str, object]:
    """What is left of a browser's cookies after it was closed: those with a date."""
    cookies = [cookie for cookie in context.cookies() if cookie["expires"] > 0]
    context.close()
    return {"cookies": cookies, "origins": []}


@pytest.fixture
def settings(sqlite_template: Path, tmp_path: Path) -> Settings:
    shutil.copytree(sqlite_template, tmp_path / "var")
    return settings_in(tmp_path / "var")


@pytest.fixture
def context(browser: Browser, live: Live) -> Iterator[BrowserContext]:
    made = plain(browser, live.url)
    yield made
    made.close()


def fill(page: Page, kind: str, names: tuple[str, ...]) -> None:
    fields = general_fields() if kind == "general" else his_fields()
    for name in names:
        if name in fields:
            page.locator(f"[name={name}]").fill(fields[name])


def go_on(page: Page, to: str) -> None:
    page.locator(".actions .button--primary").click()
    page.wait_for_url(f"**/{to}")


def add_picture(page: Page) -> None:
    picture = {"name": "screen.png", "mimeType": "image/png", "buffer": whole_screen()}
    page.locator("[name=screenshots]").set_input_files(picture)


@pytest.mark.parametrize("kind", ["general", "his"])
def test_a_draft_survives_a_closed_browser_a_restart_and_an_hour(
    browser: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Nothing is typed or uploaded twice, no secret is asked for again."""
    portal = Portal(create_app(settings), settings)
    with serving(portal.app) as url:
        first = plain(browser, url)
        page = first.new_page()
        page.goto(f"/report/{kind}")
        fill(page, kind, SITUATION)
        go_on(page, "screenshots")
        add_picture(page)
        go_on(page, "identity")
        fill(page, kind, IDENTITY)
        go_on(page, "check")
        state = kept_by(first)
    portal.close()
    move_clock(monkeypatch, minutes=61)

    portal = Portal(create_app(settings), settings)
    with serving(portal.app) as url:
        page = plain(browser, url, state).new_page()
        page.goto(f"/report/{kind}")
        assert page.locator("[name=description]").input_value() != ""
        go_on(page, "screenshots")
        expect(page.locator(".screenshot")).to_have_count(1)
        go_on(page, "identity")
        expect(page.locator("#field-login_password-kept")).to_contain_text("已填写")
        assert page.locator("[name=login_password]").input_value() == ""
        go_on(page, "check")
        go_on(page, "receipt")
        expect(page.locator("#receipt-number")).to_be_visible()
        page.context.close()
    portal.close()


def test_a_form_left_open_for_an_hour_can_still_be_sent(
    context: BrowserContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = context.new_page()
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    move_clock(monkeypatch, minutes=70)

    go_on(page, "screenshots")


def test_what_only_a_script_shows_keeps_no_room(context: BrowserContext) -> None:
    page = context.new_page()
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")

    waiting = page.locator(".waits")
    assert waiting.count() >= 2
    assert [box for box in (waiting.nth(at).bounding_box() for at in range(waiting.count())) if box] == []


def test_two_tabs_of_one_draft_lose_nothing_and_give_one_ticket(context: BrowserContext, live: Live) -> None:
    left, right = context.new_page(), context.new_page()
    left.goto("/report/general")
    fill(left, "general", SITUATION)
    go_on(left, "screenshots")
    right.goto(left.url)
    add_picture(left)
    go_on(left, "identity")
    right.goto(left.url)
    fill(left, "general", ("id_number",))
    fill(right, "general", ("login_account", "login_password"))
    left.locator(".actions .button--primary").click()
    right.locator(".actions .button--primary").click()
    expect(right.locator(".told")).to_contain_text("在另一个窗口里改过")
    go_on(right, "check")
    left.goto(right.url)

    go_on(right, "receipt")
    go_on(left, "receipt")
    assert left.locator("#receipt-number").inner_text() == right.locator("#receipt-number").inner_text()
    assert tickets(live) == 1


def test_back_and_pressing_again_leads_to_the_same_receipt(context: BrowserContext, live: Live) -> None:
    page = context.new_page()
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    add_picture(page)
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")
    number = page.locator("#receipt-number").inner_text()
    page.go_back()
    if page.url.endswith("/check"):
        go_on(page, "receipt")

    assert page.locator("#receipt-number").inner_text() == number
    assert tickets(live) == 1


def test_what_was_asked_for_is_supplied_and_confirmed(context: BrowserContext, live: Live) -> None:
    from portal.acts.table import ASK, CLAIM
    from tests.factories.acts import perform

    receipt, alice = file_report(live.portal.runtime), actor(live.portal.runtime, "alice")
    with live.portal.runtime.database.transaction() as session:
        perform(session, live.portal.runtime, alice, CLAIM, receipt.number, 1)
        wanted = {"fields": ["login_password"], "message": "请核对"}
        perform(session, live.portal.runtime, alice, ASK, receipt.number, 2, **wanted)
    page = context.new_page()
    page.goto("/track")
    page.locator("[name=number]").fill(f"{receipt.number} {receipt.query_code}")
    page.get_by_role("button", name="查询").click()
    page.get_by_role("button", name="提交补充内容").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.locator("[name=login_password]").fill("Invented#Pass99")
    page.get_by_role("button", name="提交补充内容").click()

    expect(page.get_by_text("已补充，工程师会继续处理").first).to_be_visible()
    assert "Invented#Pass99" not in page.content()


def tickets(live: Live) -> int:
    with live.portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(Ticket)) or 0
