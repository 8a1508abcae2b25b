"""The reply clock as a table, to the second: due, late, paused, resumed, answered (REQUIREMENTS J1, C7)."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.acts import transfer, voiding
from portal.acts.table import ASK, CLAIM, MERGE, NOTE, REOPEN, REPLY, RESOLVE
from portal.audit.actor import SYSTEM
from portal.clocks.reply_clock import ReplyClock, TimeBadge, reply_due
from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.supplements import receiving, reminders
from portal.tickets import lifecycle, queries
from portal.tickets.lifecycle import Move
from portal.tickets.models import Ticket, TicketClock, TimelineEntry
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.counts import open_counts
from tests.factories.portals import Portal
from tests.factories.reports import file_report

DUE = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
MET, MISSED = TimeBadge("met", "已按时回复"), TimeBadge("missed", "已超时回复")
PAUSED, ENDED = TimeBadge("paused", "已暂停（待补充）"), TimeBadge("ended", "已结束")


@pytest.mark.parametrize("kind", TicketKind)
def test_a_reply_is_due_after_the_kinds_natural_hours(kind: TicketKind) -> None:
    assert reply_due(KINDS[kind].reply_hours, DUE) == DUE + timedelta(days=1)
    assert reply_due(1, DUE) == DUE + HOUR


@pytest.mark.parametrize(
    ("left", "kind", "text"),
    [
        (timedelta(days=2), "in_time", "剩 2 天"),
        (timedelta(days=2) - SECOND, "in_time", "剩 47 小时 59 分"),
        (24 * HOUR, "in_time", "剩 24 小时 0 分"),
        (2 * HOUR, "in_time", "剩 2 小时 0 分"),
        (2 * HOUR - SECOND, "due_today", "剩 1 小时 59 分"),
        (HOUR, "due_today", "剩 1 小时 0 分"),
        (HOUR - SECOND, "due_today", "剩 59 分"),
        (SECOND, "due_today", "剩 0 分"),
        (0 * SECOND, "due_today", "剩 0 分"),
        (-SECOND, "overdue", "已超时 0 分"),
        (-MINUTE, "overdue", "已超时 1 分"),
        (-HOUR + SECOND, "overdue", "已超时 59 分"),
        (-HOUR, "overdue", "已超时 1 小时 0 分"),
        (-48 * HOUR + SECOND, "overdue", "已超时 47 小时 59 分"),
        (-48 * HOUR, "overdue", "已超时 2 天"),
        (-72 * HOUR + SECOND, "overdue", "已超时 2 天"),
        (-72 * HOUR, "overdue", "已超时 3 天"),
    ],
)
def test_an_unanswered_clock_says_how_long_is_left(left: timedelta, kind: str, text: str) -> None:
    assert ReplyClock(DUE).badge(DUE - left) == TimeBadge(kind, text)


@pytest.mark.parametrize(
    ("replied_at", "badge"),
    [(DUE - 20 * HOUR, MET), (DUE - SECOND, MET), (DUE, MET), (DUE + SECOND, MISSED), (DUE + 20 * HOUR, MISSED)],
)
@pytest.mark.parametrize("now", [DUE - 20 * HOUR, DUE + 100 * HOUR], ids=["looked at early", "looked at late"])
@pytest.mark.parametrize("is_worked", [True, False])
def test_a_reply_is_timely_up_to_the_second_it_is_due(
    replied_at: datetime, badge: TimeBadge, now: datetime, is_worked: bool
) -> None:
    assert ReplyClock(DUE, is_worked=is_worked).answered(replied_at).badge(now) == badge


def test_it_is_judged_once() -> None:
    late = ReplyClock(DUE).answered(DUE + HOUR)

    assert late.answered(DUE - HOUR) == late == late.dropped()
    assert replace(late, due_at=DUE + 9 * HOUR).badge(DUE) == MISSED
    assert ReplyClock(DUE).dropped().answered(DUE - HOUR).badge(DUE) == ENDED


@pytest.mark.parametrize(
    ("now", "note"),
    [
        (DUE, "下次回复剩 2 小时 0 分"), (DUE + 2 * HOUR, "下次回复剩 0 分"),
        (DUE + 3 * HOUR, "该告诉机构进展了，已过 1 小时 0 分"),
    ],
)  # fmt: skip
def test_after_the_first_reply_the_next_word_has_its_time(now: datetime, note: str) -> None:
    answered = replace(ReplyClock(DUE).answered(DUE), next_word_due_at=DUE + 2 * HOUR)

    assert answered.badge(now) == TimeBadge("met", "已按时回复", note)


@pytest.mark.parametrize("now", [DUE - HOUR, DUE + HOUR])
@pytest.mark.parametrize("paused_at", [None, DUE - 2 * HOUR])
def test_what_ended_without_a_reply_is_ended_whenever_it_is_looked_at(
    now: datetime, paused_at: datetime | None
) -> None:
    assert ReplyClock(DUE, paused_at=paused_at, is_worked=False).badge(now) == ENDED


@pytest.mark.parametrize("now", [DUE - HOUR, DUE - SECOND, DUE + HOUR])
def test_a_paused_clock_is_never_overdue(now: datetime) -> None:
    assert ReplyClock(DUE).paused(DUE - HOUR).badge(now) == PAUSED


def test_the_first_pause_counts_when_it_is_paused_twice() -> None:
    once = ReplyClock(DUE).paused(DUE - 3 * HOUR)
    twice = once.paused(DUE - HOUR)

    assert twice == once
    assert twice.resumed(DUE) == ReplyClock(DUE + 3 * HOUR)


def test_resuming_gives_back_exactly_the_pause() -> None:
    resumed = ReplyClock(DUE).paused(DUE - HOUR).resumed(DUE + 9 * HOUR + SECOND)

    assert resumed == ReplyClock(DUE + 10 * HOUR + SECOND)
    assert resumed.badge(DUE + 10 * HOUR).kind == "due_today"
    assert resumed.badge(DUE + 10 * HOUR + 2 * SECOND).kind == "overdue"


def test_every_pause_is_given_back() -> None:
    first = ReplyClock(DUE).paused(DUE - 5 * HOUR).resumed(DUE - 4 * HOUR)
    second = first.paused(DUE - 2 * HOUR).resumed(DUE)

    assert second == ReplyClock(DUE + 3 * HOUR)


def test_resuming_a_running_clock_changes_nothing() -> None:
    running = ReplyClock(DUE)

    assert running.resumed(DUE + HOUR) == running
    assert running.paused(DUE - HOUR).resumed(DUE - HOUR) == running


@pytest.mark.parametrize(
    ("paused_at", "replied_at", "badge"),
    [
        (DUE - HOUR, DUE - MINUTE, MET),  # in the pause, before the old end
        (DUE - HOUR, DUE + 3 * HOUR, MET),  # in the pause, after the old end: the clock stood
        (DUE, DUE + 3 * HOUR, MISSED),  # a pause that begins at the end moves nothing
        (DUE + SECOND, DUE + 3 * HOUR, MISSED),  # late before the pause began
        (DUE - HOUR, DUE - 2 * HOUR, MET),  # before the pause
        (DUE + 2 * HOUR, DUE + HOUR, MISSED),
    ],
)
@pytest.mark.parametrize("resumed_after", [5 * HOUR, 500 * HOUR])
def test_a_reply_keeps_its_verdict_through_the_pause(
    paused_at: datetime, replied_at: datetime, badge: TimeBadge, resumed_after: timedelta
) -> None:
    """A late reply that became a timely one, once its clinic took days to supply something, would be a false figure."""
    if replied_at < paused_at:
        stands = ReplyClock(DUE).answered(replied_at).paused(paused_at)
    else:
        stands = ReplyClock(DUE).paused(paused_at).answered(replied_at)
    now = max(paused_at, replied_at) + resumed_after

    assert stands.badge(now).kind == ("paused" if badge is MET else "missed")
    assert stands.resumed(now).badge(now) == badge
    assert stands.resumed(now).paused(now).resumed(now + HOUR).due_at == stands.due_at


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

    def move(self, move: Move) -> Ticket:
        with self.portal.runtime.database.transaction() as session:
            ticket = queries.by_number(session, self.number, lock=True)
            assert ticket is not None
            lifecycle.apply(session, ticket, move, SYSTEM)
        return ticket

    def reply(self) -> None:
        ticket = self.ticket()
        alice = actor(self.portal.runtime, "alice")
        with self.portal.runtime.database.transaction() as session:
            perform(session, self.portal.runtime, alice, REPLY, self.number, ticket.version, text="我们在核对数据")

    def ticket(self) -> Ticket:
        with self.portal.runtime.database.read() as session:
            ticket = queries.by_number(session, self.number)
        assert ticket is not None
        return ticket

    def ended(self) -> list[TicketClock]:
        with self.portal.runtime.database.read() as session:
            return list(session.scalars(select(TicketClock).order_by(TicketClock.round)))

    def badge(self) -> str:
        return self.ticket().reply_clock.badge(clock.now()).kind

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
    assert (ticking.due(), ticking.badge()) == (timedelta(hours=24), "met")
    assert ticking.ticket().next_word_due_at == ticking.START + timedelta(hours=30 + 24)


def test_a_late_question_stays_late_whatever_the_clinic_supplies_later(ticking: Ticking) -> None:
    ticking.at(25)
    ticking.move(ASK.move)
    assert ticking.badge() == "missed"
    ticking.at(28)
    ticking.move(receiving.SUPPLY_ALL)
    assert ticking.badge() == "missed"


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


@pytest.mark.parametrize(("replied", "badge"), [(24, "met"), (24.001, "missed")])
def test_a_later_pause_leaves_the_first_reply_as_it_was(ticking: Ticking, replied: float, badge: str) -> None:
    ticking.at(replied)
    ticking.reply()
    for hours, move in ((30, ASK.move), (130, receiving.SUPPLY_ALL)):
        ticking.at(hours)
        ticking.move(move)
    assert ticking.badge() == badge
    ticking.at(140)
    ticking.reply()  # only the first one counts
    assert (ticking.badge(), ticking.due()) == (badge, timedelta(hours=24))
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
    assert (ticking.badge(), ticking.ticket().next_word_due_at) == ("missed", None)
    ticking.at(100)
    ticking.move(REOPEN.move)
    ticket = ticking.ticket()
    assert (ticket.round, ticket.turn, ticket.first_replied_at, ticket.touched_at) == (2, "us", None, None)
    assert (ticking.badge(), ticking.due()) == ("in_time", timedelta(hours=124))
    ticking.at(110)
    ticking.reply()
    assert ticking.badge() == "met"
    assert [(ended.round, ended.outcome) for ended in ticking.ended()] == [(1, "missed"), (2, "met")]
    ticking.at(120)
    ticking.reply()
    assert ticking.ticket().next_word_due_at == ticking.START + timedelta(hours=144)


def test_claiming_touches_and_replies_to_nobody(ticking: Ticking) -> None:
    ticket = ticking.ticket()
    assert (ticket.touched_at, ticket.first_replied_at, ticket.next_word_due_at) == (ticking.START, None, None)
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
        ticket = queries.by_number(session, number)
    assert ticket is not None
    assert (ticket.state, ticket.paused_at, ticket.turn) == ("awaiting_information", None, "us")
    assert ticket.reply_clock.badge(ticket.submitted_at + timedelta(hours=25)).kind == "overdue"
