"""A name written from right to left turns nothing around it: the figures behind it stay behind it."""

import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from portal.accounts.models import User
from portal.acts.table import ASK, CLAIM
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.portals import post
from tests.factories.reports import file_report
from tests.journeys.conftest import CLINIC_SCREEN, Live

pytestmark = [pytest.mark.browser]

NAME = "ئەلى"
# For every name of the page: how far what follows in its line begins before its end.
_TURNED = """(name) => Array.from(document.querySelectorAll('bdi'))
  .filter((part) => part.textContent === name && part.nextSibling)
  .map((part) => {
    const range = document.createRange();
    const next = part.nextSibling;
    const first = next.textContent.search(/\\S/);
    range.setStart(next, first);
    range.setEnd(next, first + 1);
    return range.getBoundingClientRect().left - part.getBoundingClientRect().right;
  })"""


def test_what_follows_a_name_stays_behind_it(live: Live, browser: Browser) -> None:
    runtime = live.portal.runtime
    with runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "alice").values(display_name=NAME))
    number, alice = file_report(runtime).number, actor(runtime, "alice")
    with runtime.database.transaction() as session:
        perform(session, runtime, alice, CLAIM, number, 1)
        perform(session, runtime, alice, ASK, number, 2, fields=["screenshots"], message="请再截一张")
    plain = live.portal.signed_in("alice")
    post(plain, f"/tickets/{number}", f"/tickets/{number}/supplement-link")
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN")
    context.add_cookies([{"name": one.name, "value": one.value or "", "url": live.url} for one in plain.cookies.jar])
    page = context.new_page()
    page.goto(f"/tickets/{number}")

    gaps = page.evaluate(_TURNED, NAME)
    assert gaps and all(gap >= 0 for gap in gaps)
    page.evaluate("""document.querySelectorAll('bdi').forEach((part) => {
      part.style.unicodeBidi = 'normal';
      part.style.direction = 'ltr';
    })""")
    assert all(gap < 0 for gap in page.evaluate(_TURNED, NAME)), "without isolation the measure sees the line turned"
    context.close()
