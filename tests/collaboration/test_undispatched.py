"""跨部门 or 跨省 without a department asked: one reminder a round, and the leads' list; the times are the policy's."""

from dataclasses import replace
from datetime import timedelta

import pytest

from portal import clock
from portal.acts.table import COORDINATION, RESOLVE
from portal.clocks.arithmetic import Term
from portal.clocks.names import Unit
from portal.collaboration import undispatched
from portal.collaboration.states import WITHDRAW
from portal.errors import InvalidError
from portal.escalation import board
from tests.clocks.test_policies import first, next_of
from tests.factories.collaborations import Case
from tests.factories.moments import move_clock

MINUTES = Unit.MINUTES


def widen(case, scope="cross_department"):
    case.desk.act(COORDINATION, coordination=scope, reason="要接口厂家配合")


def told(case):
    return case.desk.told("alice").count("collaboration-missing")


def test_the_owner_is_reminded_once_a_round_however_many_workers_run(portal, monkeypatch):
    case = Case(portal.runtime)
    widen(case)
    due_at = case.desk.ticket.dispatch_due_at
    assert abs(due_at - clock.now() - timedelta(hours=1)) < timedelta(minutes=1)
    move_clock(monkeypatch, minutes=30)
    widen(case, "cross_province")
    assert case.desk.ticket.dispatch_due_at == due_at and undispatched.run(portal.runtime) == 0
    move_clock(monkeypatch, minutes=61)
    assert sorted(undispatched.run(portal.runtime) for _ in range(3)) == [0, 0, 1]
    assert told(case) == 1
    assert "协调范围是“跨省”，还没有派发给部门" in [entry.text for entry in case.desk.entries() if not entry.is_public]
    widen(case)
    assert case.desk.ticket.dispatch_due_at is None


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_dispatched_narrowed_or_solved_in_time_reminds_nobody(portal, monkeypatch):
    asked, narrowed, solved, withdrawn, suggested = (
        Case(portal.runtime, f"部门{number}", has_accounts=False) for number in range(5)
    )
    for case in (asked, narrowed, solved, withdrawn, suggested):
        widen(case)
    asked.dispatch()
    withdrawn.dispatch()
    withdrawn.take(WITHDRAW, "alice", text="不需要了")
    suggested.dispatch(kind="suggestion")
    narrowed.desk.act(COORDINATION, coordination="general", reason="不需要部门")
    solved.desk.act(RESOLVE, text="已恢复")
    move_clock(monkeypatch, minutes=61)
    assert undispatched.run(portal.runtime) == 1
    assert [told(case) for case in (asked, narrowed, solved, withdrawn, suggested)] == [0, 0, 0, 0, 1]
    with portal.runtime.database.read() as session:
        listed = board.undispatched(session, ["general"])
        assert [ticket.number for ticket in listed.tickets] == [solved.desk.number] and listed.count == 1
        assert not board.undispatched(session, ["his"]).count


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_times_of_departments_are_the_policys(portal):
    """Whoever leaves them out keeps those of the newest version; a gap is refused."""
    others = [row for row in first(portal).terms if row.clock.startswith("collaboration")]
    assert [(row.clock, row.coordination, row.urgency, row.term.amount) for row in others] == [
        ("collaboration", "", "urgent", 120), ("collaboration", "", "normal", 1440),
        ("collaboration_contact", "", "", 1440), ("collaboration_made", "cross_department", "", 60),
        ("collaboration_made", "cross_province", "", 60),
    ]  # fmt: skip
    longer = [replace(row, term=Term(7 * row.term.amount, MINUTES)) for row in first(portal).terms]
    shorter = [row for row in first(portal).terms if row not in others]
    next_of(portal, terms=[new if row in others else row for row, new in zip(first(portal).terms, longer, strict=True)])
    kept = next_of(portal, terms=shorter).terms
    assert [row.term.amount for row in kept if row.clock == "collaboration"] == [840, 10080]
    with pytest.raises(InvalidError) as caught:
        next_of(portal, terms=[*shorter, others[0], others[2], others[3], others[4]])
    assert "部门反馈（紧急、一般）" in caught.value.faults[0].message
    case = Case(portal.runtime)
    widen(case)
    assert case.desk.ticket.dispatch_due_at - clock.now() > timedelta(hours=6)
    case.dispatch(is_urgent=True)
    assert case.row.due_at - case.row.created_at == timedelta(hours=14)
    assert case.row.contact_due_at - case.row.created_at == timedelta(days=7)
