"""The state machine: the only place where a ticket's state is set (ARCHITECTURE 7.5)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import SYSTEM, Actor
from portal.clocks.names import DueCause
from portal.db import count_later, insert_rows, new_id
from portal.errors import ConflictError
from portal.metrics import filing_sessions
from portal.progress import hooks, rounds
from portal.progress.hooks import Moment, Objection
from portal.progress.rounds import Round
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import OPEN_STATES, STATE_LABELS, TURN_OF, ClosedHow, TicketState, Turn, TurnCause


@dataclass(frozen=True, eq=False)
class Move:
    """One thing that can happen to a ticket.

    Args:
        name: its permanent name in timelines. title: its name on pages. told: the clinic's name for it, where
            `title` has a word that only staff use.
        leads: from which state to which; a pair that is not listed is refused with 409.
        unowned: where it leads instead if the ticket has no owner.
        is_remark: only a line of the timeline; no state, no version, no clock.
        cause: why it is our turn afterwards, if it is. turn: whose it is, if the state does not decide that.
        clock: what it does to the round's clocks. how: how the ticket is closed by it.
    """

    name: str
    title: str
    leads: Mapping[TicketState, TicketState]
    unowned: TicketState | None = None
    is_public: bool = True
    told: str = ""
    is_remark: bool = False
    cause: TurnCause = TurnCause.NEW
    turn: Turn | None = None
    clock: "ClockEffect | None" = None
    how: ClosedHow | None = None


class ClockEffect(Enum):
    """What a move does to the round's clocks; what ends the ticket drops those that still run (REQUIREMENTS T22)."""

    TOUCHES = auto()  # a person has taken it up
    REPLIES = auto()  # a person's word to the clinic
    SOLVES = auto()  # a person's result
    BEGINS_ROUND = auto()  # reopened
    TAKES_UP = auto()  # undoes an end: the clock runs on


def staying(*states: TicketState) -> dict[TicketState, TicketState]:
    """Leads from each of these states to itself."""
    return {state: state for state in states}


# Names of the moves that close a ticket because its clinic was silent; objectors ask for them.
LAPSE_UNSUPPLIED, LAPSE_UNCONFIRMED = "lapse", "lapse_confirmation"
LAPSES = (LAPSE_UNSUPPLIED, LAPSE_UNCONFIRMED)
ON_HOLD = Objection("on_hold", "暂缓（主管处理中）")  # the same words for every cause that others may not know
ANY_STATE = staying(*TicketState)
CLOCK_PAUSED = Move("clock_paused", "计时暂停", {}, is_remark=True)
CLOCK_RESUMED = Move("clock_resumed", "计时继续", {}, is_remark=True)
OPEN = staying(*(state for state in TicketState if state in OPEN_STATES))
SUBMIT = Move("submit", "提交问题", {})
_UNTIL_THE_OWNER_ACTS = (TurnCause.REMINDED.value, TurnCause.PROMISE_DUE.value, TurnCause.OFFER_RETURNED.value)
_PAUSES = {move.name: move for move in (CLOCK_PAUSED, CLOCK_RESUMED)}


def check(ticket: Ticket, move: Move) -> None:
    """Raise the ConflictError that `apply` would raise, before anything is done."""
    _next_state(ticket, move)


def begin(session: Session, ticket: Ticket, state: TicketState, actor: Actor) -> None:
    """Insert a new ticket with its first state."""
    _set_state(session, ticket, None, state, ticket.queue)
    _give_turn(ticket, Turn.US, SUBMIT.cause)  # also one that lacks something: nobody has asked its clinic yet
    clocks = rounds.begin(session, ticket, state)
    insert_rows(session, ticket, *clocks)
    _add_entry(session, ticket, SUBMIT, actor, None, "")


def apply(
    session: Session,
    ticket: Ticket,
    move: Move,
    actor: Actor,
    *,
    text: str = "",
    queue: str | None = None,
    entry_id: uuid.UUID | None = None,
) -> None:
    """Set the ticket's next state, clock and version, and add a line to its timeline.

    Args:
        queue: where the ticket goes with this move, if it changes its queue (REQUIREMENTS B5).
        entry_id: of the line, if something refers to it.

    Raises:
        ConflictError: this state does not allow it. InvalidError: the clinic may not read this text yet.
    """
    if move.is_public and actor.user_id is not None:
        hooks.check_public_text(session, ticket, text)
    before, queue, now = ticket.state_enum, queue or ticket.queue, clock.now()
    after = _next_state(ticket, move)
    was_queue, clocks = ticket.queue, Round(session, ticket, actor, move.name, now)
    if not move.is_remark:
        ticket.version += 1
        ticket.changed_at, ticket.changed_by = now, actor.label
    _announce_new_round(session, ticket, move)
    _affect_clocks(clocks, move)
    if (after, queue) != (before, ticket.queue):
        _set_state(session, ticket, before, after, queue)
    _settle_turn(ticket, move, actor, is_moved=after is not before)
    if not move.is_remark or after is not before:
        _settle_clocks(clocks, move, before, has_left=queue != was_queue)
    _add_entry(session, ticket, move, actor, before, text, entry_id)
    for name, words in clocks.pause_words():
        _add_entry(session, ticket, _PAUSES[name], SYSTEM, after, words)
    if move.is_public and actor.user_id is not None and text:
        hooks.say(session, ticket, actor, text)
    if move.clock is ClockEffect.REPLIES and actor.user_id is not None:
        hooks.announce(session, ticket, Moment.SPOKEN)
    if move.clock in _MOMENTS and (move.clock is not ClockEffect.SOLVES or actor.user_id is not None):
        hooks.announce(session, ticket, _MOMENTS[move.clock])
    _announce(session, ticket, has_ended=after is not before and not ticket.is_open, has_left=queue != was_queue)


_MOMENTS = {
    ClockEffect.BEGINS_ROUND: Moment.REOPENED,
    ClockEffect.TAKES_UP: Moment.SEPARATED,
    ClockEffect.SOLVES: Moment.RESULT,
}


def remark(session: Session, ticket: Ticket, move: Move, actor: Actor, text: str) -> None:
    """A line that only staff see, beside what happens to this ticket or to another one."""
    _add_entry(session, ticket, replace(move, is_public=False), actor, ticket.state_enum, text)


def _announce_new_round(session: Session, ticket: Ticket, move: Move) -> None:
    """Before the round of the ticket changes, so that what is known of the one that ends is there yet."""
    if move.clock is ClockEffect.BEGINS_ROUND:
        is_refused = move.cause is TurnCause.NOT_SOLVED
        hooks.announce(session, ticket, Moment.REFUSED if is_refused else Moment.REOPENING)


def _affect_clocks(clocks: Round, move: Move) -> None:
    if move.clock is ClockEffect.TOUCHES:
        clocks.touch()
    elif move.clock is ClockEffect.REPLIES:
        clocks.answer()
    elif move.clock is ClockEffect.SOLVES:
        clocks.solve()
    elif move.clock is ClockEffect.BEGINS_ROUND:
        clocks.begin_next()
    elif move.clock is ClockEffect.TAKES_UP:
        clocks.take_up()


def _settle_clocks(clocks: Round, move: Move, before: TicketState, *, has_left: bool) -> None:
    """What the new state, queue and turn mean for the clocks."""
    ticket, after = clocks.ticket, clocks.ticket.state_enum
    if after is not before and not ticket.is_open:
        ticket.closed_how = move.how
        clocks.drop()
    if has_left:
        clocks.recount(DueCause.TRANSFERRED)
    if after is TicketState.AWAITING_INFORMATION and (after is not before or has_left):
        clocks.pause()
    elif after is not TicketState.AWAITING_INFORMATION and ticket.is_open:
        clocks.resume()
    is_ours = ticket.turn == Turn.US.value and after is TicketState.IN_PROGRESS
    clocks.set_next_word(is_word=move.clock is ClockEffect.REPLIES, is_running=is_ours)
    clocks.settle()


def _announce(session: Session, ticket: Ticket, *, has_ended: bool, has_left: bool) -> None:
    """Last: destruction writes into the trail, whose lock comes last."""
    if has_ended or has_left:
        hooks.announce(session, ticket, Moment.LEFT)
    if has_ended:
        hooks.announce(session, ticket, Moment.ENDED)


def _next_state(ticket: Ticket, move: Move) -> TicketState:
    if ticket.state_enum not in move.leads:
        label = STATE_LABELS[ticket.state_enum]
        raise ConflictError(f"现在的状态是“{label}”，不能进行“{move.title}”。请刷新后核对")
    if move.unowned is not None and ticket.assignee_id is None:
        return move.unowned
    return move.leads[ticket.state_enum]


def _set_state(session: Session, ticket: Ticket, before: TicketState | None, after: TicketState, queue: str) -> None:
    now = clock.now()
    changes = {(queue, after): +1}
    if before is not None:
        changes[ticket.queue, before] = -1
    ticket.queue, ticket.state, ticket.is_open = queue, after.value, after in OPEN_STATES
    if not ticket.is_open:
        ticket.closed_at = now
    elif ticket.closed_at is not None:
        ticket.closed_at = ticket.closed_how = None
        ticket.archived_at = ticket.archived_by_id = ticket.archive_check_at = None
    _recount(session, changes)
    if after is TicketState.AWAITING_INFORMATION and before is not after:
        _count_asking(session, ticket)


def _settle_turn(ticket: Ticket, move: Move, actor: Actor, *, is_moved: bool) -> None:
    """The state decides whose turn it is; what came back to its owner stays until its owner acts."""
    has_come_back = ticket.turn_cause in _UNTIL_THE_OWNER_ACTS
    is_owners = actor.user_id is not None and actor.user_id == ticket.assignee_id
    turn = TURN_OF[ticket.state_enum]
    is_ours_anew = turn is Turn.US and move.cause is not TurnCause.NEW
    if move.turn is not None:
        if ticket.turn != move.turn.value:
            _give_turn(ticket, move.turn, move.cause)
        elif move.turn is Turn.US:  # it keeps its place among the others
            ticket.turn_cause = move.cause.value
    elif (has_come_back and is_owners) or (is_moved and (has_come_back or ticket.turn != turn.value or is_ours_anew)):
        _give_turn(ticket, turn, move.cause)


def _give_turn(ticket: Ticket, turn: Turn, cause: TurnCause) -> None:
    ticket.turn, ticket.turn_since = turn.value, clock.now()
    ticket.turn_cause = cause.value if turn is Turn.US else None


def _count_asking(session: Session, ticket: Ticket) -> None:
    was = select(TimelineEntry.id).where(TimelineEntry.ticket_id == ticket.id)
    if session.scalars(was.where(TimelineEntry.to_state == ticket.state).limit(1)).first() is None:
        filing_sessions.asked(session, ticket.report_id, ticket.channel, clock.in_china(ticket.submitted_at).date())


def _recount(session: Session, changes: dict[tuple[str, TicketState], int]) -> None:
    for (queue, state), change in changes.items():
        count_later(session, _COUNT, change, queue=queue, state=state.value)


_COUNT = text(
    "INSERT INTO queue_counts (queue, state, count) VALUES (:queue, :state, :change) "
    "ON CONFLICT (queue, state) DO UPDATE SET count = queue_counts.count + :change"
)


def _add_entry(
    session: Session,
    ticket: Ticket,
    move: Move,
    actor: Actor,
    before: TicketState | None,
    text: str,
    entry_id: uuid.UUID | None = None,
) -> None:
    insert_rows(
        session,
        TimelineEntry(
            id=entry_id or new_id(),
            ticket_id=ticket.id,
            at=clock.now(),
            action=move.name,
            actor_id=actor.user_id,
            actor_label=actor.label,
            actor_role=actor.role,
            is_public=move.is_public,
            from_state=before.value if before else None,
            to_state=ticket.state,
            text=text,
        ),
    )
