"""The clocks of a ticket's current round: what a move ends, stops, starts and sets again (DESK 1.3).

Called by the lifecycle, and by acts that change the terms. A round begins with the filing and with every reopening, by
whomever. The ticket's own columns repeat what lists show of the rows.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies, rows
from portal.clocks.arithmetic import Term
from portal.clocks.models import DueChange, TicketClock
from portal.clocks.names import COUNTED, PROMISE, ClockName, Coordination, DueCause, Unit
from portal.clocks.policies import Facts, Policy
from portal.clocks.rows import Change
from portal.db import insert_rows
from portal.tickets.models import Promise, Ticket
from portal.tickets.states import PromiseState, TicketState

_SHOWN_FIRST = (*COUNTED, PROMISE, ClockName.NEXT_WORD)  # of several that are due at once
_PAUSED_FOR_THE_CLINIC = (ClockName.REPLIED, ClockName.SOLVED)


def begin(session: Session, ticket: Ticket, state: TicketState) -> list[TicketClock]:
    """The clocks of the first round, under the policy that counts now; the caller inserts them after the ticket.

    What is filed without something was answered by nobody yet: only its solving waits.
    """
    policy = policies.at(session, ticket.submitted_at)
    ticket.policy_version = policy.version
    time, start = policy.time(session), ticket.submitted_at
    found = rows.begin(ticket.id, ticket.round, COUNTED, start, facts_of(ticket), policy, time)
    if state is TicketState.AWAITING_INFORMATION:
        for row in found:
            if row.clock == ClockName.SOLVED:
                rows.pause(row, start, time)
    show(ticket, {ClockName(row.clock): row for row in found})
    return found


def of_act(session: Session, ticket: Ticket, actor: Actor, action: str) -> "Round":
    """The clocks for an act that changes the terms; it settles them itself."""
    return Round(session, ticket, actor, action, clock.now())


def facts_of(ticket: Ticket) -> Facts:
    urgency = ticket.urgency_enum.name.lower()
    return Facts(ticket.queue, ticket.channel, ticket.coordination, urgency, ticket.request_type)


def show(ticket: Ticket, found: dict[ClockName, TicketClock]) -> None:
    """Repeat on the ticket what lists show: they never work out a due time."""
    replied, solved, word = (found.get(name) for name in (ClockName.REPLIED, ClockName.SOLVED, ClockName.NEXT_WORD))
    if replied is not None:
        ticket.reply_due_at, ticket.reply_outcome = replied.due_at, replied.outcome
    ticket.next_word_due_at = word.due_at if word is not None and word.is_running else None
    waiting = replied if replied is not None and replied.ended_at is None else solved
    is_waiting = ticket.is_worked and waiting is not None and waiting.ended_at is None
    ticket.paused_at = waiting.paused_at if is_waiting and waiting is not None else None
    show_next_due(ticket, found)


def show_next_due(ticket: Ticket, found: dict[ClockName, TicketClock]) -> None:
    """The earliest due time that runs, of the clocks or of a promise."""
    running = {name.value: row.due_at for name, row in found.items() if row.is_running}
    if ticket.promise_due_at is not None:
        running[PROMISE] = ticket.promise_due_at
    first = min((name for name in _SHOWN_FIRST if name in running), key=running.__getitem__, default=None)
    ticket.next_due_clock = first if ticket.is_worked else None
    ticket.next_due_at = running[first] if first and ticket.is_worked else None


def due_by_calendar(
    row: TicketClock, ticket: Ticket, policy: Policy, time: WorkingTime, now: datetime
) -> datetime | None:
    """When a clock that runs and is not late would be due by this calendar; None for any other, and a given moment."""
    if not row.is_running or row.due_at <= now or _is_given(row, ticket):
        return None
    term = _term_of(row, ticket, policy, time)
    return rows.counted_due(row, term, now, time) if term is not None else None


def _term_of(row: TicketClock, ticket: Ticket, policy: Policy, time: WorkingTime) -> Term | None:
    terms = policy.terms_of(row.clock, facts_of(ticket))
    return rows.earliest(terms, row.started_at, row.past_pauses, time)


def _is_given(row: TicketClock, ticket: Ticket) -> bool:
    is_special = ticket.coordination == Coordination.SPECIAL.value
    return is_special and row.clock == ClockName.SOLVED.value and row.given_due_at is not None


@dataclass
class Round:
    """The clocks of a ticket's round at the moment of a move; its rows are read when they are first needed."""

    session: Session
    ticket: Ticket
    actor: Actor
    action: str
    now: datetime
    has_paused: bool = False
    has_resumed: bool = False
    _rows: dict[ClockName, TicketClock] | None = field(default=None, repr=False)

    @property
    def rows(self) -> dict[ClockName, TicketClock]:
        if self._rows is None:
            self._rows = rows.of_round(self.session, self.ticket.id, self.ticket.round)
        return self._rows

    @cached_property
    def policy(self) -> Policy:
        return policies.of(self.session, self.ticket.policy_version)

    @cached_property
    def time(self) -> WorkingTime:
        return self.policy.time(self.session)

    def touch(self) -> None:
        """A person has taken the round up; this ends no other clock (REQUIREMENTS T22)."""
        if self.actor.user_id is not None:
            self.ticket.touched_at = self.ticket.touched_at or self.now
            self._end(ClockName.TOUCHED)

    def answer(self) -> None:
        """A person's word to the clinic; only the first of a round is judged."""
        if self.actor.user_id is not None:
            self.touch()
            if self._end(ClockName.REPLIED):
                self.ticket.first_replied_at = self.now

    def solve(self) -> None:
        """A person's result."""
        if self.actor.user_id is not None:
            self.answer()
            self._end(ClockName.SOLVED)

    def drop(self) -> None:
        """End what still runs uncounted: nothing more is done."""
        for name, row in self.rows.items():
            if name in COUNTED:
                rows.drop(row, self.actor, self.action, self.now)

    def take_up(self) -> None:
        """Let what ended uncounted run on, because its end was undone."""
        for row in self.rows.values():
            rows.take_up(row)
            row.alert_at = rows.next_alert(row, self.time)

    def begin_next(self) -> None:
        """A new round with its own clocks, under the same policy; the history of the others is in their rows."""
        self.drop()
        self.set_next_word(is_word=False, is_running=False)
        ticket = self.ticket
        ticket.round += 1
        ticket.reopened_count += 1
        ticket.round_began_at = self.now
        ticket.touched_at = ticket.first_replied_at = ticket.reply_outcome = ticket.paused_at = None
        ticket.resolved_at = ticket.confirmation_reminded_at = None
        found = rows.begin(ticket.id, ticket.round, COUNTED, self.now, facts_of(ticket), self.policy, self.time)
        self.session.add_all(found)
        self._rows = {ClockName(row.clock): row for row in found}
        if (solved := self._rows.get(ClockName.SOLVED)) is not None:
            self._keep_given(solved)

    def pause(self) -> None:
        """The clinic has to supply something: what would be missed without it waits."""
        for row in self._of(_PAUSED_FOR_THE_CLINIC):
            if row.is_running:
                rows.pause(row, self.now, self.time)
                self.has_paused = True

    def resume(self) -> None:
        for row in self._of(_PAUSED_FOR_THE_CLINIC):
            if row.ended_at is None and row.paused_at is not None:
                change = Change(self.actor, DueCause.RESUMED)
                self._keep(rows.resume(row, change, self.now, self.time))
                self.has_resumed = True

    def set_next_word(self, *, is_word: bool, is_running: bool) -> None:
        """A next word is due while it is our turn; every word to the clinic starts it again. It is no counted clock."""
        row = self.rows.get(ClockName.NEXT_WORD)
        if not is_running:
            if row is not None and row.ended_at is None:
                row.ended_at = self.now
        elif row is None:
            facts = facts_of(self.ticket)
            clocks = [ClockName.NEXT_WORD]
            for new in rows.begin(self.ticket.id, self.ticket.round, clocks, self.now, facts, self.policy, self.time):
                self.session.add(new)
                self.rows[ClockName.NEXT_WORD] = new
        elif is_word or row.ended_at is not None:
            term = self._term(row) or Term(row.amount or 0, Unit(row.unit))
            row.started_at, row.due_at, row.ended_at = self.now, term.due(self.now, self.time), None

    def recount(self, cause: DueCause, reason: str = "") -> None:
        """Count again, from the start of the round, what has another term now. What has ended stays as it is."""
        change = Change(self.actor, cause, reason)
        for row in self._of(COUNTED):
            if row.ended_at is None and not self._is_given(row):
                term = self._term(row)
                if term is not None and (term.amount, term.unit.value) != (row.amount, row.unit):
                    self._keep(rows.recount(row, term, change, self.now, self.time))

    def recalculate(self) -> int:
        """Count again by the calendar as it is now, where that moves a due time that is still to come."""
        change, moved = Change(self.actor, DueCause.RECALCULATED), 0
        for row in self._of(COUNTED):
            due_at = due_by_calendar(row, self.ticket, self.policy, self.time, self.now)
            term = self._term(row)
            if term is not None and due_at not in (None, row.due_at):
                self._keep(rows.recount(row, term, change, self.now, self.time))
                moved += 1
        return moved

    def dues_under(self, facts: Facts) -> list[tuple[str, datetime]]:
        """When each counted clock that has not ended would be due if these were the facts; nothing is changed."""
        found = []
        for row in self._of(COUNTED):
            term = rows.earliest(self.policy.terms_of(row.clock, facts), row.started_at, (), self.time)
            if row.ended_at is None and term is not None and row.clock != ClockName.TOUCHED:
                found.append((row.clock, rows.counted_due(row, term, self.now, self.time)))
        return found

    def give_moment(self, due_at: datetime, reason: str) -> None:
        """特殊: a lead's own moment for the solving (DESK 1.5)."""
        row = self.rows.get(ClockName.SOLVED)
        if row is not None and row.ended_at is None:
            change = Change(self.actor, DueCause.COORDINATION, reason)
            self._keep(rows.give(row, due_at, change, self.now, self.time))

    def settle(self) -> None:
        """Write what was read and changed to the ticket's own columns."""
        if self._rows is not None:
            self._find_promise(self._rows.get(ClockName.NEXT_WORD))
            show(self.ticket, self._rows)

    def pause_words(self) -> Iterator[tuple[str, str]]:
        """The name and text of the timeline's line if a clock was stopped or started: both sides see the pause."""
        if self.has_paused:
            yield "clock_paused", "等机构补充，这段时间不计时"
        elif self.has_resumed and self.ticket.is_worked:
            replied, solved = self.rows.get(ClockName.REPLIED), self.rows.get(ClockName.SOLVED)
            if replied is not None and replied.is_running:
                yield "clock_resumed", f"新的回复期限：{clock.clinic_time(replied.due_at)}"
            elif solved is not None and solved.is_running:
                yield "clock_resumed", f"新的处理期限：{clock.clinic_time(solved.due_at)}"

    def _find_promise(self, word: TicketClock | None) -> None:
        """The earliest that is open, or was missed since the last word to the clinic."""
        is_owed = Promise.status == PromiseState.OPEN.value
        if word is not None:
            is_owed |= (Promise.status == PromiseState.MISSED.value) & (Promise.due_at > word.started_at)
        owed = select(func.min(Promise.due_at)).where(Promise.ticket_id == self.ticket.id, is_owed)
        self.ticket.promise_due_at = self.session.scalar(owed)

    def _keep(self, change: DueChange | None) -> None:
        if change is not None:
            insert_rows(self.session, change)

    def _of(self, names: tuple[ClockName, ...]) -> list[TicketClock]:
        return [self.rows[name] for name in names if name in self.rows]

    def _end(self, name: ClockName) -> bool:
        """Whether it ended with this."""
        row = self.rows.get(name)
        if row is None or row.ended_at is not None:
            return False
        rows.end(row, self.actor, self.action, self.now, lambda: self.time)
        return True

    def _term(self, row: TicketClock) -> Term | None:
        return _term_of(row, self.ticket, self.policy, self.time)

    def _is_given(self, row: TicketClock) -> bool:
        return _is_given(row, self.ticket)

    def _keep_given(self, solved: TicketClock) -> None:
        """A lead's moment that is still to come counts for the next round too."""
        given = self.ticket.special_due_at
        if self.ticket.coordination == Coordination.SPECIAL.value and given is not None and given > self.now:
            solved.amount, solved.given_due_at, solved.based_at, solved.due_at = None, given, self.now, given
            solved.unit = Unit.MINUTES.value
