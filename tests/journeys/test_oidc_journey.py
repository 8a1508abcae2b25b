"""Sign-in with an external account in a real browser: the button, the provider's own form, and back."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from portal.accounts.oidc import RETURN_PATH
from tests.factories.linking import link
from tests.factories.openid import real_provider, use_provider
from tests.journeys.conftest import PHONE_SCREEN, Live
from tests.journeys.looks import serious_findings

pytestmark = pytest.mark.browser


@pytest.fixture
def external(live: Live) -> Iterator[Live]:
    """A live portal and the real provider that knows its address."""
    with real_provider(live.url + RETURN_PATH) as issuer:
        use_provider(live.portal, issuer, base_url=live.url)
        yield live


def sign_in(page: Page, login: str, path: str = "/sign-in") -> None:
    page.goto(path)
    page.get_by_role("button", name="用单位统一账号登录").click()
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill("any")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


def test_it_leads_to_the_provider_and_back_to_the_page_that_was_asked_for(external: Live, page: Page):
    link(external.portal, "alice", "staff-1")
    before = {cookie["name"] for cookie in page.context.cookies()}
    sign_in(page, "staff-1", "/queues/general")
    expect(page).to_have_url(f"{external.url}/queues/general")
    expect(page.get_by_role("link", name="张工")).to_be_visible()
    own = {cookie["name"]: cookie for cookie in page.context.cookies(external.url)}
    assert "portal_session" not in before
    assert own["portal_session"]["httpOnly"]
    assert "portal_trip" not in own


def test_it_works_without_script_and_on_a_telephone(external: Live, browser: Browser):
    link(external.portal, "alice", "staff-1")
    context = browser.new_context(
        base_url=external.url, viewport=PHONE_SCREEN, locale="zh-CN", java_script_enabled=False
    )
    page = context.new_page()
    sign_in(page, "staff-1")
    expect(page).to_have_url(f"{external.url}/queues/general")
    context.close()


def test_an_account_without_a_link_is_shown_its_number(external: Live, page: Page):
    page.goto("/sign-in")
    assert serious_findings(page) == []
    sign_in(page, "staff-unknown")
    expect(page.get_by_role("heading", name="账号还没有绑定")).to_be_visible()
    expect(page.locator("#subject")).to_have_text("staff-unknown")
    assert serious_findings(page) == []
