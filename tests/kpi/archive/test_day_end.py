"""日清核对: which records are of a day and whose, pages of the list, and the reminder before closing time."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts.table import CLAIM, REPLY
from portal.calendar.working_time import load
from portal.errors import InvalidError
from portal.kinds.table import QUEUES
from portal.kpi.archive import day_end, reminding
from portal.kpi.archive.day_end import Wanted
from portal.notify.models import StaffNotice
from portal.tickets.states import TicketState as S
from tests.acts.desk import Desk
from tests.api.calls import V1
from tests.factories.archived import archive, change, complete_one
from tests.factories.cast import actor
from tests.factories.portals import Portal

WORKDAY = date(2026, 11, 27)
LONG_AGO = timedelta(days=3)


def numbers(portal: Portal, wanted: Wanted, limit: int = 50) -> list[str]:
    """Of all pages."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        with portal.runtime.database.read() as session:
            page = day_end.page_of(session, wanted, cursor, limit)
            assert day_end.count(session, wanted) >= len(page.entries)
        found += [entry.ticket.number for entry in page.entries]
        cursor = page.next_cursor
    return found


def test_a_day_has_what_came_was_called_about_got_a_result_or_ended(portal: Portal) -> None:
    runtime, today = portal.runtime, clock.china_today()
    came, called, resulted, ended, done = (Desk(runtime) for _ in range(5))
    called.act(CLAIM)
    called.act(REPLY, text="正在查")
    resulted.bring_to(S.AWAITING_CONFIRMATION)
    ended.bring_to(S.CLOSED)
    archived = complete_one(runtime)
    archive(archived)
    for desk in (called, resulted, ended, done, archived):
        change(desk, submitted_at=clock.now() - LONG_AGO)
    phone = portal.api("agnes").post(
        f"{V1}/tickets/{called.number}/calls",
        json={"version": called.ticket.version, "channel": "phone", "text": "又问了一次"},
    )
    assert phone.status_code == 201, phone.text
    wanted = Wanted(today, QUEUES)
    assert numbers(portal, wanted, 1) == [*sorted([called.number, resulted.number, ended.number]), came.number]
    assert numbers(portal, Wanted(today, QUEUES, waits=False)) == [came.number]
    assert set(numbers(portal, Wanted(today, QUEUES, waits=True))) == {called.number, resulted.number, ended.number}
    alice = actor(runtime, "alice").user_id
    assert came.number not in numbers(portal, Wanted(today, QUEUES, alice))
    assert numbers(portal, Wanted(today, ("his",))) == []
    assert done.number in numbers(portal, Wanted(today - LONG_AGO, QUEUES))


def test_only_a_day_that_has_come_is_read() -> None:
    now = datetime(2026, 11, 27, 17, 0, tzinfo=clock.CHINA)
    assert day_end.read_day("", now) == WORKDAY == day_end.read_day("2026-11-27", now)
    for text in ("2026-11-28", "1999-12-31", "27.11.2026", "x" * 40):
        with pytest.raises(InvalidError):
            day_end.read_day(text, now)


class TestReminder:
    def test_people_with_something_to_fill_in_are_reminded_once(
        self, portal: Portal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with portal.runtime.database.read() as session:
            time = load(session)
        day = next(day for day in _days_from(clock.china_today()) if time.days.is_working(day))
        half_past = time.last_close(day) - timedelta(minutes=20)
        monkeypatch.setattr(clock, "now", lambda: half_past)
        own, others = Desk(portal.runtime), Desk(portal.runtime)
        own.act(CLAIM, "bob")
        others.act(CLAIM, "alice")
        others.act(REPLY, "alice", text="正在查")
        for before in (timedelta(minutes=10, seconds=1), timedelta(minutes=-20)):
            monkeypatch.setattr(clock, "now", lambda before=before: half_past - before)
            assert reminding.run(portal.runtime) == 0
        monkeypatch.setattr(clock, "now", lambda: half_past)
        assert [reminding.run(portal.runtime) for _ in range(2)] == [1, 0]
        with portal.runtime.database.read() as session:
            told = session.execute(select(StaffNotice.user_id, StaffNotice.event, StaffNotice.number)).all()
        mine = [(row.user_id, row.number) for row in told if row.event == "day-end"]
        assert mine == [(actor(portal.runtime, "bob").user_id, day.isoformat())]

    @pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
    def test_nobody_is_reminded_on_a_day_off(self, portal: Portal) -> None:
        saturday = date(2026, 11, 28)
        with portal.runtime.database.read() as session:
            for hour in range(24):
                moment = datetime(2026, 11, 28, hour, 15, tzinfo=clock.CHINA)
                assert not reminding.is_due(session, saturday, moment)


def _days_from(day: date):
    while True:
        yield day
        day += timedelta(days=1)
