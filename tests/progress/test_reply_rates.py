"""回复率 and 按时率: what is a case, and who is listed."""

from datetime import UTC, datetime, timedelta

import pytest

from portal import clock
from portal.acts.table import ASK, CLAIM, MERGE, REPLY
from portal.progress import reply_rates
from tests.acts.desk import Desk
from tests.factories.portals import Portal
from tests.factories.reports import file_report

MONDAY = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


def at(monkeypatch: pytest.MonkeyPatch, hours: float) -> None:
    moment = MONDAY + timedelta(hours=hours)
    monkeypatch.setattr(clock, "now", lambda: moment)


@pytest.mark.both_databases
def test_a_case_is_what_was_answered_or_is_late(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 0)
    timely, late, silent, merged, asked = (Desk(portal.runtime, file_report(portal.runtime).number) for _ in range(5))
    for desk in (timely, late, merged, asked):
        desk.act(CLAIM)
    at(monkeypatch, 24)
    timely.act(REPLY, text="在看")
    asked.act(ASK, fields=["form_name"])
    merged.act(MERGE, into=timely.number)
    at(monkeypatch, 25)
    late.act(REPLY, text="在看")
    young = Desk(portal.runtime, file_report(portal.runtime).number)
    now, since = clock.now(), MONDAY - timedelta(hours=2)
    with portal.runtime.database.read() as session:
        [general, his] = reply_rates.rates(session, ["general", "his"], since, since + WEEK, now)
        waiting = reply_rates.unanswered(session, ["general"], since, since + WEEK, now)
        before = reply_rates.rates(session, ["general"], since - WEEK, since, now)

    assert (general.n, general.answered, general.in_time) == (4, 3, 2)
    assert [one.ticket.number for one in waiting] == [silent.number]
    assert young.number != silent.number
    assert (his.n, before[0].n) == (0, 0)
    assert (general.reply_share, general.in_time_share) == (None, None)  # too few for a share
    assert reply_rates.ReplyRate("general", 8, 6, 5).in_time_share == 62.5


def test_leads_see_the_way_to_each_ticket(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    at(monkeypatch, 0)
    desk = Desk(portal.runtime)
    at(monkeypatch, 30)
    page = portal.signed_in("leo").get("/insights/replies")

    assert page.status_code == 200
    assert f'href="/tickets/{desk.number}"' in page.text
    assert "应回复：" in page.text
    assert portal.signed_in("leo").get("/insights/replies?week=2026-11-16").status_code == 200
