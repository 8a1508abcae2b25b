"""日清核对 and 归档 as pages and calls show them, with the filter of the lists."""

import pytest

from portal import clock
from portal.notify import outbox
from portal.notify.events import Event
from portal.tickets.states import TicketState as S
from tests.acts.desk import Desk
from tests.api.calls import V1, act
from tests.factories.archived import complete_one, today
from tests.factories.cast import actor
from tests.factories.portals import Portal, csrf_of, post

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_the_page_leads_to_what_is_filled_in_and_the_reminder_to_the_page(portal: Portal) -> None:
    runtime, day = portal.runtime, clock.china_today().isoformat()
    own, closed = Desk(runtime), Desk(runtime)
    own.bring_to(S.IN_PROGRESS)
    closed.bring_to(S.CLOSED)
    alice = actor(runtime, "alice").user_id
    with runtime.database.transaction() as session:
        outbox.add(session, Event.DAY_END, day, to=[alice])
    browser, lead = portal.signed_in("alice"), portal.signed_in("leo")
    page = browser.get("/desk/day-end").text
    assert f'反馈时间：<a href="/tickets/{own.number}">还没有答复机构</a>' in page and closed.number not in page
    opened = post(browser, "/account/notices", "/account/notices", event="day-end", number=day)
    assert opened.headers["location"] == f"/desk/day-end?date={day}"
    waiting = browser.get("/desk/day-end?show=waiting").text
    assert '满意度：<span class="meta">机构还没有评价' in waiting and own.number not in waiting
    assert own.number in lead.get("/desk/day-end").text
    assert own.number not in portal.signed_in("bob").get("/desk/day-end").text
    for odd in ("date=2999-01-01", "date=x", "whose=nobody&show=nothing"):
        assert own.number in browser.get(f"/desk/day-end?{odd}").text
    assert browser.get("/desk/day-end?cursor=x").status_code == 422


def test_a_ticket_says_what_it_lacks_or_offers_its_number(portal: Portal) -> None:
    browser = portal.signed_in("alice")
    closed, done = Desk(portal.runtime), complete_one(portal.runtime)
    closed.bring_to(S.CLOSED)
    lacking = browser.get(f"/tickets/{closed.number}").text
    assert "还不能归档" in lacking and "现在归档" not in lacking
    here = f"/tickets/{done.number}"
    assert "现在归档" in browser.get(here).text
    answer = post(browser, here, f"{here}/archive", version=str(done.ticket.version))
    assert answer.status_code == 303, answer.text
    number = f"GD-RC-{today()}-001"
    assert f"已归档，归档号 {number}" in browser.get(answer.headers["location"]).text
    assert csrf_of(browser.get(here).text) and "现在归档" not in browser.get(here).text

    assert done.number in browser.get("/queues/general?archived=yes").text
    assert closed.number not in browser.get("/queues/general?archived=yes").text
    assert closed.number in browser.get("/queues/general?archived=no").text
    assert done.number not in browser.get("/queues/general?archived=no").text


def test_the_calls(portal: Portal) -> None:
    api, closed, done = portal.api("alice"), Desk(portal.runtime), complete_one(portal.runtime)
    closed.bring_to(S.CLOSED)
    refused = act(api, closed.number, "archive", version=closed.ticket.version)
    assert (refused.status_code, refused.json()["code"]) == (409, "objection")
    assert refused.json()["objections"] == [{"code": "unrated", "message": "满意度：机构还没有评价，评价期还没有过"}]
    given = act(api, done.number, "archive", version=done.ticket.version)
    assert (given.status_code, given.json()["archive_number"]) == (200, f"GD-RC-{today()}-001")
    again = act(api, done.number, "archive", version=1)
    assert again.json()["archive_number"] == given.json()["archive_number"]

    listed = api.get(f"{V1}/day-end", params={"queue": "general"}).json()
    assert listed["date"] == clock.china_today().isoformat() and listed["next_cursor"] is None
    assert [(item["number"], [one["code"] for one in item["missing"]]) for item in listed["items"]] == [
        (closed.number, ["unrated"])
    ]
    assert api.get(f"{V1}/day-end", params={"queue": "his"}).status_code == 404
    assert api.get(f"{V1}/day-end", params={"date": "2999-01-01"}).status_code == 422

    def numbers(**params: str) -> list[str]:
        return [item["number"] for item in api.get(f"{V1}/tickets", params=params).json()["items"]]

    assert numbers(archived="true") == [done.number]
    assert numbers(archived="false", state="closed") == [closed.number]
    assert api.get(f"{V1}/tickets", params={"archived": "perhaps"}).status_code == 422
