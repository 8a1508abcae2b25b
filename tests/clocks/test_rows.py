"""One clock's row through its life, without a database: in time, late, paused, paused twice, resumed, counted again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from portal.audit.actor import SYSTEM
from portal.clocks import rows
from portal.clocks.arithmetic import Term
from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName, ClockOutcome, DueCause, Unit
from portal.clocks.rows import Change
from portal.db import new_id

START = datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
SOON = timedelta(milliseconds=1)
NO_TIME: Any = None  # natural time asks no calendar


def running(hours: int = 24) -> TicketClock:
    return rows._new(new_id(), 1, ClockName.REPLIED, START, Term(hours * 60, Unit.MINUTES), NO_TIME)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def resumed(row: TicketClock, hours: float) -> Any:
    return rows.resume(row, Change(SYSTEM, DueCause.RESUMED), at(hours), NO_TIME)


def ended(row: TicketClock, moment: datetime) -> str | None:
    rows.end(row, SYSTEM, "reply", moment, lambda: NO_TIME)
    return row.outcome


@pytest.mark.parametrize(
    ("moment", "outcome"),
    [
        (at(0), ClockOutcome.MET), (at(24) - SOON, ClockOutcome.MET), (at(24), ClockOutcome.MET),
        (at(24) + SOON, ClockOutcome.MISSED), (at(240), ClockOutcome.MISSED),
    ],
)  # fmt: skip
def test_it_is_judged_by_its_due_time(moment: datetime, outcome: ClockOutcome) -> None:
    row = running()

    assert ended(row, moment) == outcome.value
    assert (row.ended_at, row.ended_by_action, row.alert_at) == (moment, "reply", None)
    assert ended(row, at(1)) == outcome.value and row.ended_at == moment  # it ends only once


@pytest.mark.parametrize(
    ("pauses", "due"),
    [
        ([(10, 15)], 29), ([(10, 15), (20, 30)], 39), ([(0, 5)], 29), ([(23, 123)], 124),
        ([(24, 30)], 24), ([(30, 40)], 24),  # a stop at the due time or later moves nothing
        ([(10, 8)], 24), ([(10, 10)], 24),  # a stop in the future never happened
    ],
)  # fmt: skip
def test_pauses_put_the_due_time_off_unless_it_was_late(pauses: list[tuple[int, int]], due: int) -> None:
    row = running()
    changes = []
    for began, over in pauses:
        rows.pause(row, at(began), NO_TIME)
        assert (row.is_running, row.alert_at) == (False, None)
        changes.append(resumed(row, over))

    assert row.due_at == at(due) and row.is_running
    assert [change is not None for change in changes] == [due != 24] * len(pauses)
    assert ended(row, at(due)) == "met"


def test_a_second_pause_changes_nothing_and_nor_does_a_second_resumption() -> None:
    row = running()
    rows.pause(row, at(10), NO_TIME)
    rows.pause(row, at(20), NO_TIME)
    assert (row.paused_at, row.left) == (at(10), timedelta(hours=14))

    assert resumed(row, 30) is not None
    assert resumed(row, 50) is None
    assert (row.due_at, row.pauses) == (at(44), [[at(10).isoformat(), at(30).isoformat()]])


@pytest.mark.parametrize(("hours", "outcome"), [(20, "met"), (200, "met")])
def test_an_answer_while_it_is_paused_is_judged_as_if_it_ran_on(hours: int, outcome: str) -> None:
    row = running()
    rows.pause(row, at(10), NO_TIME)

    assert ended(row, at(hours)) == outcome
    assert row.due_at == at(hours + 14)


def test_what_was_late_when_it_was_paused_stays_late() -> None:
    row = running()
    rows.pause(row, at(25), NO_TIME)

    assert ended(row, at(30)) == "missed"


def test_an_uncounted_end_can_be_taken_back_and_another_one_cannot() -> None:
    row, judged = running(), running()
    rows.drop(row, SYSTEM, "merge", at(1))
    assert row.outcome == "uncounted"
    rows.take_up(row)
    ended(judged, at(1))
    rows.take_up(judged)
    rows.drop(judged, SYSTEM, "merge", at(2))

    assert (row.ended_at, row.outcome, row.ended_by_action) == (None, None, None)
    assert judged.outcome == "met"


def test_after_its_end_neither_pause_nor_resumption_moves_it() -> None:
    row = running()
    ended(row, at(1))
    rows.pause(row, at(2), NO_TIME)

    assert (row.paused_at, resumed(row, 9), row.due_at) == (None, None, at(24))


@pytest.mark.parametrize(
    ("step", "hours"), [(0, 12), (1, 19.2), (2, 24), (3, None)], ids=["half", "four fifths", "all", "told of all"]
)
def test_people_are_told_of_each_share_once(step: int, hours: float | None) -> None:
    row = running()
    row.alert_step = step

    assert rows.next_alert(row, NO_TIME) == (None if hours is None else at(hours))


def test_counted_again_it_begins_at_its_start_and_keeps_its_pauses() -> None:
    row = running()
    rows.pause(row, at(1), NO_TIME)
    resumed(row, 5)

    rows.recount(row, Term(120, Unit.MINUTES), Change(SYSTEM, DueCause.RECALCULATED), at(6), NO_TIME)
    assert row.due_at == at(6)
    assert ended(row, at(7)) == "missed"
