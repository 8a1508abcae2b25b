"""What each act does to the four clocks of a round (DESK 1.3), to the second."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts import transfer, voiding
from portal.acts.table import (
    ASK,
    ASSIGN,
    CLAIM,
    MERGE,
    NOTE,
    OFFER,
    REISSUE_CODE,
    RELEASE,
    REOPEN,
    REPLY,
    RESOLVE,
    TRANSFER,
    UNMERGE,
    URGENCY,
)
from portal.audit.actor import SYSTEM, Actor, clinic
from portal.clocks import rows
from portal.clocks.models import DueChange, TicketClock
from portal.clocks.names import ClockName
from portal.progress import lifecycle
from portal.progress.lifecycle import Move
from portal.supplements import receiving, reminders
from portal.tickets import lookup
from portal.tickets.models import Ticket, TimelineEntry
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.counts import open_counts
from tests.factories.portals import Portal
from tests.factories.reports import file_report

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
NAMES = ("touched", "replied", "next_word", "solved")


def clocks_of(desk: Desk) -> tuple[str | None, ...]:
    """The state of each clock of the present round, in the order of the table."""
    ticket = desk.ticket
    with desk.runtime.database.read() as session:
        found = rows.of_round(session, ticket.id, ticket.round)
    states = {name.value: row.state.value if row.state else None for name, row in found.items()}
    return tuple(states.get(name) for name in NAMES)


def test_a_filing_starts_what_it_promises(portal: Portal) -> None:
    """The receipt and every automatic line end nothing."""
    desk = Desk(portal.runtime)
    assert clocks_of(desk) == ("running", "running", None, "running")
    ticket = desk.ticket
    with portal.runtime.database.read() as session:
        dues = {row.clock: row.due_at for row in rows.all_of(session, ticket.id)}
    assert ticket.next_due_at == min(dues.values()) == dues[str(ticket.next_due_clock)]
    assert ticket.policy_version == 1
    assert ticket.reply_due_at == ticket.submitted_at + timedelta(hours=24)


M, R, P = "met", "running", "paused"
TABLE = [
    (CLAIM, "submitted", {}, (M, R, R, R)),
    (ASSIGN, "submitted", {"assignee": "alice", "order": True, "reason": "请处理"}, (M, R, R, R)),
    (OFFER, "in_progress", {"assignee": "bob", "text": "只差回访"}, (M, R, R, R)),
    (RELEASE, "in_progress", {}, (M, R, None, R)),
    (REPLY, "in_progress", {"text": "我们在核对数据"}, (M, M, R, R)),
    (ASK, "in_progress", {"fields": ["form_name"]}, (M, M, None, P)),
    (RESOLVE, "in_progress", {"text": "已恢复，请刷新"}, (M, M, None, M)),
    (NOTE, "in_progress", {"text": "看过日志"}, (M, R, R, R)),
    (NOTE, "submitted", {"text": "看过日志"}, (R, R, None, R)),
    (URGENCY, "submitted", {"urgency": "urgent", "reason": "影响使用"}, (R, R, None, R)),
    (REISSUE_CODE, "in_progress", {"identity_method": "callback", "reason": "查询码丢了"}, (M, R, R, R)),
    (TRANSFER, "submitted", {"queue": "his"}, (R, P, None, P)),
    (MERGE, "in_progress", {}, (M, "uncounted", None, "uncounted")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("act", "state", "given", "expected"), TABLE, ids=[f"{act.name} {state}" for act, state, _, _ in TABLE]
)
def test_an_act_ends_what_it_is_and_nothing_else(portal: Portal, act, state, given, expected) -> None:
    desk = Desk(portal.runtime)
    if state == "in_progress":
        desk.act(CLAIM)
    if act is MERGE:
        given = {"into": file_report(portal.runtime).number}
    desk.act(act, "leo" if act is ASSIGN else "alice", **given)

    assert clocks_of(desk) == expected


@pytest.mark.parametrize("nobody", [SYSTEM, clinic()], ids=["system", "clinic"])
def test_only_a_persons_act_ends_a_clock(portal: Portal, nobody: Actor) -> None:
    """A line of the system, or a word of the clinic, is no answer (REQUIREMENTS T22)."""
    desk = Desk(portal.runtime)
    for move in (CLAIM.move, REPLY.move, RESOLVE.move):
        with portal.runtime.database.transaction() as session:
            ticket = lookup.by_number(session, desk.number, lock=True)
            assert ticket is not None
            lifecycle.apply(session, ticket, move, nobody)

        assert ticket.touched_at is None
        assert (clocks_of(desk)[0], clocks_of(desk)[1], clocks_of(desk)[3]) == ("running", "running", "running")


def test_void_and_a_lapse_end_everything_uncounted(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.void()

    assert clocks_of(desk) == ("met", "uncounted", None, "uncounted")
    assert (desk.ticket.next_due_at, desk.ticket.next_due_clock) == (None, None)


def test_unmerging_lets_them_run_on(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    due = desk.ticket.next_due_at
    desk.act(MERGE, into=file_report(portal.runtime).number)
    assert desk.ticket.next_due_at is None
    desk.act(UNMERGE, text="不是同一个问题")

    assert clocks_of(desk) == ("met", "running", "running", "running")
    assert desk.ticket.next_due_at == due
    with portal.runtime.database.read() as session:
        found = rows.of_round(session, desk.ticket.id, 1)
    assert found[ClockName.REPLIED].alert_at
    assert found[ClockName.SOLVED].alert_at


def test_the_clinics_no_begins_a_round_and_the_history_of_the_former_stays(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(RESOLVE, text="已恢复")
    confirmation.confirm(portal.runtime, clinic(), desk.ticket.id, is_solved=False, comment="还不行")

    assert desk.ticket.round == 2
    assert clocks_of(desk) == ("running", "running", "running", "running")
    with portal.runtime.database.read() as session:
        former = rows.of_round(session, desk.ticket.id, 1)
    assert {name.value: row.outcome for name, row in former.items() if row.outcome} == {
        "touched": "met", "replied": "met", "solved": "met",
    }  # fmt: skip


@pytest.mark.both_databases
def test_a_pause_over_a_night_keeps_what_is_left_of_the_working_time(portal: Portal, monkeypatch) -> None:
    """Paused on Monday at 16:30 with 16.5 hours to go, resumed on Saturday: the weekend is not counted twice."""
    ticking = Ticking(portal, monkeypatch)  # Monday 10:00 in China
    solved = ticking.clock("solved")
    assert clock.staff_time(solved.due_at) == "2026-11-26 10:00"
    ticking.at(6.5)
    ticking.move(ASK.move)
    stopped = ticking.clock("solved")
    assert (stopped.state, stopped.left) == ("paused", timedelta(hours=2 * 7 + 1 + 1.5))
    ticking.at(5 * 24)  # Saturday
    ticking.move(receiving.SUPPLY_ALL, clinic())
    moved = ticking.clock("solved")
    assert clock.staff_time(moved.due_at) == "2026-12-02 11:00"
    assert moved.left is None
    [change] = ticking.changes()
    assert (change.cause, change.old_due_at, change.new_due_at) == ("resumed", solved.due_at, moved.due_at)
    assert ticking.ticket().next_due_at == moved.due_at or ticking.ticket().next_due_clock == "next_word"


class Ticking:
    """A ticket whose clock is read at chosen moments; `at` sets the wall clock in hours after the filing."""

    START = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)

    def __init__(self, portal: Portal, patch: pytest.MonkeyPatch) -> None:
        self.portal, self.patch = portal, patch
        self.at(0)
        self.number = file_report(portal.runtime).number
        with portal.runtime.database.transaction() as session:
            perform(session, portal.runtime, actor(portal.runtime, "alice"), CLAIM, self.number, 1)

    def at(self, hours: float) -> None:
        moment = self.START + timedelta(hours=hours)
        self.patch.setattr(clock, "now", lambda: moment)

    def move(self, move: Move, by: Actor | None = None, queue: str | None = None) -> Ticket:
        with self.portal.runtime.database.transaction() as session:
            ticket = lookup.by_number(session, self.number, lock=True)
            assert ticket is not None
            lifecycle.apply(session, ticket, move, by or actor(self.portal.runtime, "alice"), queue=queue)
        return ticket

    def reply(self) -> None:
        ticket = self.ticket()
        alice = actor(self.portal.runtime, "alice")
        with self.portal.runtime.database.transaction() as session:
            perform(session, self.portal.runtime, alice, REPLY, self.number, ticket.version, text="我们在核对数据")

    def ticket(self) -> Ticket:
        with self.portal.runtime.database.read() as session:
            ticket = lookup.by_number(session, self.number)
        assert ticket is not None
        return ticket

    def ended(self, name: str = "replied") -> list[TicketClock]:
        with self.portal.runtime.database.read() as session:
            found = select(TicketClock).where(TicketClock.clock == name, TicketClock.ended_at.is_not(None))
            return list(session.scalars(found.order_by(TicketClock.round)))

    def clock(self, name: str) -> TicketClock:
        with self.portal.runtime.database.read() as session:
            found = select(TicketClock).where(TicketClock.clock == name, TicketClock.round == self.ticket().round)
            return session.scalars(found).one()

    def changes(self) -> list[DueChange]:
        with self.portal.runtime.database.read() as session:
            return list(session.scalars(select(DueChange)))

    def badge(self) -> str:
        return self.ticket().badge(clock.now()).kind

    def outcome(self) -> str | None:
        return self.ticket().reply_outcome

    def due(self) -> timedelta:
        return self.ticket().reply_due_at - self.START


@pytest.fixture
def ticking(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> Ticking:
    return Ticking(portal, monkeypatch)


def test_a_question_is_a_reply_and_shown_as_a_pause(ticking: Ticking) -> None:
    assert ticking.due() == timedelta(hours=24)
    ticking.at(20)
    ticking.move(ASK.move)
    ticking.at(22)
    ticking.move(ASK.move)  # asked for more
    ticking.at(30)
    assert ticking.badge() == "paused"
    ticking.move(receiving.SUPPLY_ALL)
    assert (ticking.due(), ticking.outcome(), ticking.badge()) == (timedelta(hours=24), "met", "in_time")
    assert ticking.ticket().next_word_due_at == ticking.START + timedelta(hours=30 + 24)


def test_a_late_question_stays_late_whatever_the_clinic_supplies_later(ticking: Ticking) -> None:
    ticking.at(25)
    ticking.move(ASK.move)
    assert ticking.outcome() == "missed"
    ticking.at(28)
    ticking.move(receiving.SUPPLY_ALL)
    assert ticking.outcome() == "missed"


def test_a_pause_before_the_reply_is_given_back(ticking: Ticking) -> None:
    for moved, supplied in ((1, 3), (5, 10)):
        ticking.at(moved)
        ticking.move(transfer.ASKING)
        ticking.at(supplied)
        ticking.move(receiving.SUPPLY_ALL)
    ticking.at(100)
    ticking.move(NOTE.move)  # no change of state: neither clock nor counts move

    with ticking.portal.runtime.database.read() as session:
        assert open_counts(session)["general"] == 1
    assert (ticking.due(), ticking.ticket().paused_at) == (timedelta(hours=24 + 2 + 5), None)


def test_both_sides_see_when_the_clock_stands_and_runs_again(ticking: Ticking) -> None:
    ticking.at(1)
    ticking.move(transfer.ASKING)
    ticking.at(4)
    ticking.move(receiving.SUPPLY_ALL)
    with ticking.portal.runtime.database.read() as session:
        lines = [line for line in session.scalars(select(TimelineEntry)) if line.action.startswith("clock_")]
    assert sorted((line.action, line.is_public, line.text) for line in lines) == [
        ("clock_paused", True, "等机构补充，这段时间不计时"),
        ("clock_resumed", True, "新的回复期限：11 月 24 日 13:00"),
    ]


def test_what_stands_already_is_not_said_to_stop_again(ticking: Ticking) -> None:
    ticking.move(transfer.ASKING)
    ticking.move(transfer.ASKING, queue="his")
    with ticking.portal.runtime.database.read() as session:
        lines = [line.action for line in session.scalars(select(TimelineEntry))]
    assert lines.count("clock_paused") == 1


@pytest.mark.parametrize(("replied", "badge"), [(24, "met"), (24.001, "missed")])
def test_a_later_pause_leaves_the_first_reply_as_it_was(ticking: Ticking, replied: float, badge: str) -> None:
    ticking.at(replied)
    ticking.reply()
    for hours, move in ((30, ASK.move), (130, receiving.SUPPLY_ALL)):
        ticking.at(hours)
        ticking.move(move)
    assert ticking.outcome() == badge
    ticking.at(140)
    ticking.reply()  # only the first one counts
    assert (ticking.outcome(), ticking.due()) == (badge, timedelta(hours=24))
    assert ticking.ticket().first_replied_at == ticking.START + timedelta(hours=replied)
    [ended] = ticking.ended()
    assert (ended.clock, ended.round, ended.outcome, ended.ended_by_action) == ("replied", 1, badge, "reply")
    assert ended.due_at == ticking.START + timedelta(hours=24)


def test_a_ticket_that_lapses_unanswered_is_ended_uncounted(ticking: Ticking) -> None:
    ticking.at(10)
    ticking.move(transfer.ASKING)
    ticking.at(300)
    ticking.move(reminders.LAPSE)

    assert (ticking.badge(), ticking.ticket().paused_at) == ("ended", None)
    assert [ended.outcome for ended in ticking.ended()] == ["uncounted"]


def test_reopening_is_a_round_with_its_own_due_time(ticking: Ticking) -> None:
    ticking.at(30)
    ticking.move(RESOLVE.move)
    assert (ticking.outcome(), ticking.badge(), ticking.ticket().next_word_due_at) == ("missed", "waiting", None)
    ticking.at(100)
    ticking.move(REOPEN.move)
    ticket = ticking.ticket()
    assert (ticket.round, ticket.turn, ticket.first_replied_at, ticket.touched_at) == (2, "us", None, None)
    assert ticking.due() == timedelta(hours=124)
    ticking.at(110)
    ticking.reply()
    assert ticking.outcome() == "met"
    assert [(ended.round, ended.outcome) for ended in ticking.ended()] == [(1, "missed"), (2, "met")]
    ticking.at(120)
    ticking.reply()
    assert ticking.ticket().next_word_due_at == ticking.START + timedelta(hours=144)


def test_claiming_touches_and_replies_to_nobody(ticking: Ticking) -> None:
    ticket = ticking.ticket()
    assert (ticket.touched_at, ticket.first_replied_at) == (ticking.START, None)
    assert ticket.next_word_due_at == ticking.START + timedelta(hours=24)
    assert ticking.badge() == "in_time"


@pytest.mark.parametrize("move", [MERGE.move, voiding.VOIDED], ids=["merge", "void"])
def test_merge_and_void_end_it_uncounted(ticking: Ticking, move: Move) -> None:
    ticking.at(40)
    ticking.move(move)
    assert (ticking.badge(), ticking.ticket().first_replied_at) == ("ended", None)
    assert [ended.outcome for ended in ticking.ended()] == ["uncounted"]


@pytest.mark.both_databases
def test_what_is_filed_without_something_is_due_all_the_same(portal: Portal) -> None:
    number = file_report(portal.runtime, channel="phone", has_picture=False).number
    with portal.runtime.database.read() as session:
        ticket = lookup.by_number(session, number)
    assert ticket is not None
    assert (ticket.state, ticket.paused_at, ticket.turn) == ("awaiting_information", None, "us")
    assert ticket.badge(ticket.submitted_at + timedelta(hours=25)).text == "回复 已超时 1 小时 0 分"
    assert clocks_of(Desk(portal.runtime, number)) == (None, "running", None, "paused")
