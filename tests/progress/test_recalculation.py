"""重算: nothing moves by an edit; a press moves what was counted before it, once, and says so on each ticket."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.calendar import working_days
from portal.clocks import rows
from portal.clocks.models import DueChange
from portal.clocks.names import ClockName
from portal.errors import ConflictError
from portal.progress import recalculation
from portal.tickets.states import TicketState
from tests.acts.desk import Desk
from tests.calendar.test_imports import edit
from tests.factories.cast import actor
from tests.factories.moments import move_clock


def solved_of(desk: Desk):
    with desk.runtime.database.read() as session:
        return rows.of_round(session, desk.ticket.id, desk.ticket.round)[ClockName.SOLVED]


def effect_of(portal):
    with portal.runtime.database.read() as session:
        return recalculation.effect(session)


def day_ahead(portal, *, is_working: bool) -> str:
    """The second day after today that is worked, or is not: a term of an hour ends before it."""
    with portal.runtime.database.read() as session:
        calendar = working_days.load(session)
    ahead = (clock.china_today() + timedelta(days=number) for number in range(1, 20))
    return [day.isoformat() for day in ahead if calendar.is_working(day) is is_working][1]


def test_an_edit_moves_nothing_and_a_press_moves_what_was_counted(portal) -> None:
    desk, paused = Desk(portal.runtime), Desk(portal.runtime)
    paused.bring_to(TicketState.AWAITING_INFORMATION)
    before, before_paused = solved_of(desk).due_at, solved_of(paused).due_at
    assert effect_of(portal).count == 0
    edit(portal, day_ahead(portal, is_working=True), is_working=False)
    assert solved_of(desk).due_at == before
    seen = effect_of(portal)
    assert seen.later["general"] >= 1 and not seen.earlier and not seen.late.total()

    leo = actor(portal.runtime, "leo")
    edit(portal, day_ahead(portal, is_working=False), is_working=False, note="又核对过")
    with pytest.raises(ConflictError):
        recalculation.recalculate(portal.runtime, leo, seen.state)
    assert solved_of(desk).due_at == before

    seen = effect_of(portal)
    assert recalculation.recalculate(portal.runtime, leo, seen.state) == seen.count
    after = solved_of(desk)
    assert after.due_at > before and solved_of(paused).due_at == before_paused
    assert recalculation.recalculate(portal.runtime, leo, seen.state) == 0 and effect_of(portal).count == 0
    with portal.runtime.database.read() as session:
        mine = DueChange.clock_id == after.id
        (change,) = session.scalars(select(DueChange).where(mine)).all()
    assert (change.cause, change.by_label, change.old_due_at, change.new_due_at) == (
        "recalculated", "孙主管", before, after.due_at,
    )  # fmt: skip
    assert desk.ticket.version == 1


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_would_be_late_at_once_is_said_and_what_is_late_stays(portal, monkeypatch) -> None:
    desk = Desk(portal.runtime)
    off = [day_ahead(portal, is_working=True)]
    edit(portal, off[0], is_working=False)
    first = effect_of(portal)
    recalculation.recalculate(portal.runtime, actor(portal.runtime, "leo"), first.state)
    moved = solved_of(desk)
    edit(portal, off[0], is_working=True, note="取消停电")
    assert effect_of(portal).earlier["general"] >= 1
    move_clock(monkeypatch, seconds=(moved.due_at - clock.now()).total_seconds() - 60)
    seen = effect_of(portal)
    assert seen.late["general"] == seen.earlier["general"] == 1
    assert recalculation.recalculate(portal.runtime, actor(portal.runtime, "leo"), seen.state) == 1
    late = solved_of(desk)
    assert late.due_at < clock.now()
    edit(portal, off[0], is_working=False, note="又停电")
    assert effect_of(portal).count == 0
