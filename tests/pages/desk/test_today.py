"""The page 今日: the way to it, its lines, and what it says when there is nothing."""

from datetime import timedelta

import pytest

from portal import clock
from portal.acts.own_reminders import REMIND_ME
from portal.acts.table import CLAIM
from tests.acts.desk import Desk
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PATH = "/desk/today"


def test_the_way_to_it_is_on_every_page_of_those_who_have_a_day(portal: Portal) -> None:
    for name, has_way in (("alice", True), ("leo", True), ("agnes", True)):
        assert (f'href="{PATH}"' in portal.signed_in(name).get("/queues/general").text) is has_way, name


def test_an_empty_day_is_one_sentence_that_says_what_would_come_there(portal: Portal) -> None:
    page = portal.signed_in("alice").get(PATH).text
    assert page.count("现在没有等您办的事") == 1 and "我的提醒" in page and 'class="sheet"' not in page
    assert "现在没有等您办的事" in portal.signed_in("agnes").get(PATH).text


def test_a_line_leads_to_where_it_is_done(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(REMIND_ME, at=(clock.now() + timedelta(hours=3)).isoformat(), text="问药房有没有恢复")
    page = portal.signed_in("alice").get(PATH).text
    assert page.count(f'href="/tickets/{desk.number}" data-row-link') == 3
    assert "首次回复机构" in page and "剩 23 小时" in page and "问药房有没有恢复" in page
    assert "另外现在没有：" in page and "等了 0 分" not in page and "刚刚" in page
    assert desk.number not in portal.signed_in("bob").get(PATH).text


def test_whoever_has_no_queue_is_refused(portal: Portal) -> None:
    assert portal.signed_in("ada").get(PATH).status_code == 403
    assert portal.browser().get(PATH).status_code in (303, 401)
