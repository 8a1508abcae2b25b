"""/admin/time: a notice is pasted, drawn, compared and confirmed; a day is edited; an unknown year is named."""

import re

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from tests.calendar.test_imports import NEXT_YEAR, edit, is_working
from tests.factories.moments import move_clock
from tests.factories.portals import post
from tests.factories.reports import file_report
from tests.progress.test_recalculation import day_ahead

PAGE = "/admin/time"
MISSING = "2027 年节假日未录入"


def test_a_lead_takes_a_year_over(portal) -> None:
    leo = portal.signed_in("leo")
    preview = post(leo, PAGE, f"{PAGE}/imports", year="2027", text=NEXT_YEAR).headers["location"]

    shown = leo.get(preview).text
    assert "22 天和现在不同" in shown and "2027 年 2 月 20 日（周六）：周末 → 上班（春节）" in shown
    assert "5 日（周五）至 12 日（周五）放假（春节）" in shown
    assert shown.count('class="month"') == 12
    assert is_working(portal, "2027-02-10") == [True]

    done = post(leo, preview, preview).headers["location"]
    assert is_working(portal, "2027-02-10") == [False]
    page = leo.get(done).text
    assert "已确认" in page and MISSING not in page and "放假通知" in page
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent.actor_name).where(AuditEvent.tag == Tag.CALENDAR_CHANGED)).all()
    assert rows == ["leo"]
    again = post(leo, PAGE, preview)
    assert again.status_code == 409 and "已经确认过了" in again.text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_sentence_that_does_not_fit_is_shown_with_what_was_typed(portal) -> None:
    wrong = NEXT_YEAR.replace("共8天", "共9天")
    answer = post(portal.signed_in("ada"), PAGE, f"{PAGE}/imports", year="2027", text=wrong)

    assert answer.status_code == 422
    assert "写的是共 9 天，这些日子一共 8 天" in answer.text
    assert "9月26日（周日）、10月9日（周六）上班" in answer.text.partition("<textarea")[2]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_hand_edited_days_are_listed_first(portal) -> None:
    edit(portal, "2027-02-10", is_working=False)
    leo = portal.signed_in("leo")
    preview = post(leo, PAGE, f"{PAGE}/imports", year="2027", text=NEXT_YEAR).headers["location"]

    assert "这些是手工改过的日子" in leo.get(preview).text
    edit(portal, "2027-06-11", is_working=False)
    assert "有变动" in post(leo, preview, preview).text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_one_day_is_edited(portal) -> None:
    leo = portal.signed_in("leo")
    fields = {"day": "2027-06-11", "is_working": "0", "name": "停电", "note": ""}
    refused = post(leo, PAGE, f"{PAGE}/days", **fields)
    assert refused.status_code == 422 and "请写明为什么改这一天" in refused.text and 'value="停电"' in refused.text

    done = post(leo, PAGE, f"{PAGE}/days", **{**fields, "note": "机房检修"})
    page = leo.get(done.headers["location"]).text
    assert is_working(portal, "2027-06-11") == [False]
    assert "已修改这一天" in page and re.search(r"机房检修", page)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("name", "page"), [("leo", "/review"), ("ada", "/admin"), ("leo", PAGE)])
def test_leads_and_administrators_are_told_of_an_unknown_year_from_november_on(
    portal, monkeypatch, name: str, page: str
) -> None:
    assert MISSING in portal.signed_in(name).get(page).text
    move_clock(monkeypatch, days=-40)
    assert MISSING not in portal.signed_in(name).get(page).text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("year", ["2003", "99999999999999999999", "2100"])
def test_an_address_of_another_time_shows_a_year_all_the_same(portal, year: str) -> None:
    assert portal.signed_in("leo").get(PAGE, params={"year": year}).status_code in (200, 422)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_running_clocks_are_counted_again_only_when_a_person_says_so(portal) -> None:
    """The page says before the press what would move; one press with an old number moves nothing."""
    file_report(portal.runtime)
    page = "/admin/time/recalculation"
    ada, alice = portal.signed_in("ada"), portal.signed_in("alice")
    assert "没有要重算的" in ada.get(page).text and alice.get(page).status_code == 403
    day = day_ahead(portal, is_working=True)
    done = post(ada, PAGE, f"{PAGE}/days", day=day, is_working="0", name="停电", note="机房检修")
    assert "个未到期的时限会不同" in ada.get(done.headers["location"]).text

    shown = ada.get(page).text
    state = re.search(r'name="state" value="(\d+)"', shown)
    assert state and "推后" in shown and "RC2026" not in shown
    old = post(ada, page, page, state=str(int(state[1]) - 1))
    assert old.status_code == 409 and "日历在这期间又有变动" in old.text
    moved = post(ada, page, page, state=state[1])
    assert re.fullmatch(rf"{page}\?moved=[1-3]", moved.headers["location"])
    assert "已重算" in ada.get(moved.headers["location"]).text
    assert post(portal.signed_in("alice"), "/", page, state=state[1]).status_code in (403, 404)
