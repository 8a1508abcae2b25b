"""主管看板 and reports in a browser: what changed is put in place without reloading; tables fold on a phone."""

import pytest
from playwright.sync_api import Browser, expect

from portal import clock
from portal.acts.table import CLAIM
from portal.escalation.reporting import ESCALATE
from portal.kpi.figures import periods
from tests.acts.desk import Desk
from tests.journeys.conftest import Live
from tests.journeys.test_approvals_journey import window

pytestmark = pytest.mark.browser
MINUTE_MS = 66_000


def test_the_board_is_up_to_date_without_reloading(live: Live, browser: Browser) -> None:
    with window(browser, live, "leo") as leo:
        leo.clock.install()
        leo.goto("/desk/board")
        decisions, figures = leo.locator("#board-decisions"), leo.locator("#board-figures")
        before = int(figures.locator("li", has_text="没有结束").locator(".figures__number").inner_text())
        leo.evaluate("document.body.dataset.stayed = 'yes'")
        decisions.hover()
        desk = Desk(live.portal.runtime)
        desk.act(CLAIM)
        desk.act(ESCALATE, reason="超出我的范围")
        with leo.expect_response("**/desk/board"):
            leo.clock.fast_forward(MINUTE_MS)
        expect(figures.locator("li", has_text="没有结束").locator(".figures__number")).to_have_text(str(before + 1))
        expect(decisions).not_to_contain_text(desk.number)
        leo.mouse.move(2, 2)
        with leo.expect_response("**/desk/board"):
            leo.clock.fast_forward(MINUTE_MS)
        expect(decisions).to_contain_text(desk.number)
        expect(decisions).to_contain_text("张工上报主管")
        assert leo.evaluate("document.body.dataset.stayed") == "yes"
        figures.locator("a", has_text="没有结束").click()
        expect(leo.locator("main")).to_contain_text("现在没有结束的问题")
        expect(leo.locator("main")).to_contain_text(desk.number)


def test_a_report_is_folded_on_a_phone_and_whole_on_paper(live: Live, browser: Browser) -> None:
    Desk(live.portal.runtime)
    with window(browser, live, "leo") as leo:
        leo.set_viewport_size({"width": 390, "height": 844})
        leo.goto(f"/insights/weekly/{periods.week_of(clock.china_today()).name}")
        tables, shut = leo.locator(".breakdown"), leo.locator(".breakdown:not([open])")
        expect(shut).to_have_count(tables.count())
        assert tables.count() > 4
        shut.first.locator("summary").click()
        expect(tables.first.get_by_role("table")).to_be_visible()
        leo.pdf()
        expect(shut).to_have_count(0)
