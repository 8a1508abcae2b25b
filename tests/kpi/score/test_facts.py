"""What is written of a round when it ends: by whom, how, once."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from portal import clock
from portal.acts.table import ASSIGN, CLAIM, CLOSE, MERGE, RELEASE, REOPEN, REPLY, RESOLVE, UNMERGE
from portal.audit.actor import clinic
from portal.kpi.score.models import WorkFact
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.cast import actor


def facts(desk):
    with desk.runtime.database.read() as session:
        found = select(WorkFact).where(WorkFact.ticket_id == desk.ticket.id).order_by(WorkFact.round)
        return list(session.scalars(found))


def answered(desk, *, is_solved):
    comment = "" if is_solved else "还不行"
    confirmation.confirm(desk.runtime, clinic(), desk.ticket.id, is_solved=is_solved, comment=comment)


def ends(desk):
    return [(fact.round, fact.ended_how, fact.is_confirmed) for fact in facts(desk)]


def test_each_round_is_its_own_people_s(portal):
    desk, alice, bob = Desk(portal.runtime), *(actor(portal.runtime, name).user_id for name in ("alice", "bob"))
    desk.act(CLAIM, "alice")
    desk.act(RELEASE, "alice")
    desk.act(CLAIM, "bob")
    desk.act(RESOLVE, "bob", text="已恢复")
    assert facts(desk) == []
    answered(desk, is_solved=False)
    desk.act(RESOLVE, "bob", text="又恢复了")
    answered(desk, is_solved=True)
    assert ends(desk) == [(1, "not_solved", "no"), (2, "confirmed", "yes")]
    first, second = facts(desk)
    assert (first.first_claimer_id, first.resolver_id) == (alice, bob)
    assert (second.first_claimer_id, second.resolver_id) == (bob, bob)
    assert first.touch_seconds is not None and first.touch_seconds < 60
    assert (first.queue, first.channel, first.request_type) == ("general", "yxt", "help")


def test_the_ways_a_round_ends_without_the_clinics_word(portal):
    closed, voided, reopened, merged, silent = (Desk(portal.runtime) for _ in range(5))
    closed.bring_to(S.CLOSED)
    voided.bring_to(S.VOID)
    for desk in (reopened, merged):
        desk.act(CLAIM)
    reopened.act(RESOLVE, text="已恢复")
    reopened.act(REOPEN, text="再看一下")
    merged.act(MERGE, into=reopened.number)
    silent.act(ASSIGN, "leo", assignee="alice", order=True, reason="排班")
    assert ends(closed) == [(1, "staff", "none")]
    assert ends(voided) == [(1, "void", "none")] and facts(voided)[0].resolver_id is None
    assert ends(reopened) == [(1, "reopened", "none")]
    assert ends(merged) == [(1, "merged", "none")]
    merged.act(UNMERGE, text="不是一回事")
    assert ends(merged) == []
    merged.act(RESOLVE, text="已恢复")
    answered(merged, is_solved=True)
    assert ends(merged) == [(1, "confirmed", "yes")]
    assert ends(silent) == []


def test_what_was_closed_is_not_rewritten_by_a_later_word(portal):
    desk = Desk(portal.runtime)
    desk.bring_to(S.CLOSED)
    answered(desk, is_solved=False)
    desk.act(RESOLVE, text="又恢复了")
    desk.act(CLOSE, **CONFIRMED)
    assert ends(desk) == [(1, "staff", "none"), (2, "staff", "none")]
    with pytest.raises(DatabaseError), portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE work_facts SET is_confirmed = 'yes'"))


def test_times_are_those_of_the_open_hours(portal, monkeypatch):
    """Filed on Thursday night, claimed on Friday at 09:00: half an hour of working time; answered at 09:20."""
    moments = {"filed": (26, 22), "claimed": (27, 9), "said": (27, 9, 20)}

    def at(name):
        day, hour, minute = (*moments[name], 0)[:3]
        monkeypatch.setattr(clock, "now", lambda: datetime(2026, 11, day, hour, minute, tzinfo=clock.CHINA))

    at("filed")
    desk = Desk(portal.runtime)
    at("claimed")
    desk.act(CLAIM)
    at("said")
    desk.act(REPLY, text="在看")
    desk.act(RESOLVE, text="已恢复")
    answered(desk, is_solved=True)
    (fact,) = facts(desk)
    assert (fact.touch_seconds, fact.touch_working_seconds, fact.reply_working_seconds) == (39_600, 1_800, 1_200)
    assert fact.ended_on == date(2026, 11, 27) != datetime.now(UTC).date()
