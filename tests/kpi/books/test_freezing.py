"""Reports: frozen once their period is over, unchanged by what comes later, corrected by a further edition only."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import insert, select

from portal import clock
from portal.audit.actor import SYSTEM
from portal.db import new_id
from portal.errors import InvalidError, StaleRowError
from portal.follow_up.models import Rating
from portal.kpi.books import due, freezing
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures import periods
from portal.tickets.models import Ticket
from tests.escalation.test_alerts import told
from tests.factories.cast import actor
from tests.kpi.figures.histories import History

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
WEEK = periods.read("2026-W40")  # 28 September to 4 October: three days of 国庆节 are in it


@pytest.fixture
def kept(portal, monkeypatch):
    """A portal with two months of history, on the Monday after the week."""
    History(Random(1), BEGIN, 40, 80).keep(portal.runtime)
    go_to(monkeypatch, WEEK.until + timedelta(minutes=10))
    return portal.runtime


def go_to(monkeypatch, moment):
    monkeypatch.setattr(clock, "now", lambda: moment)


def figures_of(row):
    return {one["name"]: one["value"] for one in row.figures["figures"]}


def rows(runtime):
    with runtime.database.read() as session:
        found = session.scalars(select(PeriodReport).order_by(PeriodReport.period, PeriodReport.edition))
        return [(row.period, row.queue, row.edition) for row in found]


def test_a_late_rating_changes_nothing_frozen_and_a_correction_keeps_both(kept):
    leo = actor(kept, "leo")
    first = freezing.freeze(kept.database, SYSTEM, WEEK, "general")
    before = figures_of(first)
    with kept.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.queue == "general")).first()
        for number in range(30, 60):
            session.execute(
                insert(Rating.__table__).values(
                    id=new_id(), ticket_id=ticket.id, round=number, scale="s3", label="非常不满意", score=1,
                    reason="slow", comment="", way="page", rated_at=WEEK.since + timedelta(days=1),
                    rated_by_id=None, resolver_id=None,
                )
            )  # fmt: skip
    with kept.database.read() as session:
        assert figures_of(freezing.newest(session, WEEK, "general")) == before
    with pytest.raises(freezing.MadeAlreadyError):
        freezing.freeze(kept.database, leo, WEEK, "general")
    with pytest.raises(InvalidError):
        freezing.freeze(kept.database, leo, WEEK, "general", reason="  ")
    second = freezing.freeze(kept.database, leo, WEEK, "general", reason="补录了 30 个评价")

    assert second.edition == 2 and second.made_by_id == leo.user_id
    assert figures_of(second)["satisfaction_s3"] not in (None, before["satisfaction_s3"])
    with kept.database.read() as session:
        newest, oldest = freezing.editions(session, WEEK, "general")
    assert (newest.edition, newest.reason, figures_of(oldest)) == (2, "补录了 30 个评价", before)


def test_a_week_that_is_not_over_is_not_frozen(kept, monkeypatch):
    go_to(monkeypatch, WEEK.until + timedelta(minutes=9, seconds=59))

    with pytest.raises(freezing.NotOverError):
        freezing.freeze(kept.database, SYSTEM, WEEK, "")
    assert due.run(kept, weeks=1, months=0) == 0


def test_the_worker_freezes_each_queue_once_the_oldest_first(kept, monkeypatch):
    assert due.run(kept, weeks=2, months=1) == 9  # two weeks and September, all together and each queue
    assert ("leo", "weekly-report") in told(kept, WEEK.name)
    assert due.run(kept, weeks=2, months=1) == 0
    assert {(period, edition) for period, _, edition in rows(kept)} == {
        ("2026-W39", 1), ("2026-W40", 1), ("2026-09", 1),
    }  # fmt: skip
    with kept.database.read() as session:
        content = freezing.newest(session, WEEK, "").figures
    assert content["before"]["is_frozen"] and [point["period"] for point in content["course"]] == [
        "2026-W39",
        "2026-W40",
    ]


def test_nothing_is_reported_of_the_time_before_the_first_ticket(portal, monkeypatch):
    go_to(monkeypatch, WEEK.until + timedelta(hours=1))

    assert due.run(portal.runtime) == 0


def test_a_week_with_holidays_says_so_beside_the_one_before(kept):
    content = freezing.freeze(kept.database, SYSTEM, WEEK, "").figures

    assert content["calendar"]["working_days"] == 3
    assert [one["day"] for one in content["calendar"]["holidays"]] == ["2026-10-01", "2026-10-02"]
    assert content["before"]["calendar"]["working_days"] == 5 or content["before"]["calendar"]["holidays"]


def test_each_figure_stands_beside_that_of_the_period_before(kept):
    before = freezing.freeze(kept.database, SYSTEM, WEEK.before, "")
    content = freezing.freeze(kept.database, SYSTEM, WEEK, "").figures

    assert {one["name"]: one["before"] for one in content["figures"] if one["name"] in figures_of(before)} == {
        name: value for name, value in figures_of(before).items() if name in figures_of_names(content)
    }
    assert all(one["definition"] for one in (*content["figures"], *content["breakdowns"]))


def figures_of_names(content):
    return {one["name"] for one in content["figures"]}


def test_a_note_is_of_the_newest_edition_and_holds_no_secret(kept):
    leo = actor(kept, "leo")
    freezing.freeze(kept.database, SYSTEM, WEEK, "")

    def write(text, version=1):
        return kept.database.run(lambda session: freezing.write_note(session, leo, WEEK, "", text, version))

    for text in ("密码是 Abc#12345", "a\x00b", "字" * 2001):
        with pytest.raises(InvalidError):
            write(text)
    assert write(" 国庆放假，来电少 ").note == "国庆放假，来电少"
    with pytest.raises(StaleRowError):
        write("晚了一步")
