"""The state machine: the only place where a ticket's state is set (ARCHITECTURE 7.5)."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.db import count_later, insert_rows
from portal.errors import ConflictError
from portal.metrics import filing_sessions
from portal.tickets import hooks
from portal.tickets.hooks import Moment
from portal.tickets.models import Ticket, TimelineEntry
from portal.tickets.states import OPEN_STATES, STATE_LABELS, TURN_OF, TicketState, Turn, TurnCause


@dataclass(frozen=True, eq=False)
class Move:
    """One thing that can happen to a ticket.

    Args:
        name: its permanent name in timelines. title: its name on pages.
        leads: from which state to which; a pair that is not listed is refused with 409.
        unowned: where it leads instead if the ticket has no owner.
        is_remark: only a line of the timeline; no state, no version, no clock.
        cause: why it is our turn afterwards, if it is. turn: whose it is, if the state does not decide that.
    """

    name: str
    title: str
    leads: Mapping[TicketState, TicketState]
    unowned: TicketState | None = None
    is_public: bool = True
    is_remark: bool = False
    cause: TurnCause = TurnCause.NEW
    turn: Turn | None = None


def staying(*states: TicketState) -> dict[TicketState, TicketState]:
    """Leads from each of these states to itself."""
    return {state: state for state in states}


ANY_STATE = staying(*TicketState)
OPEN = staying(*(state for state in TicketState if state in OPEN_STATES))
SUBMIT = Move("submit", "提交问题", {})


def check(ticket: Ticket, move: Move) -> None:
    """Raise the ConflictError that `apply` would raise, before anything is done."""
    _next_state(ticket, move)


def begin(session: Session, ticket: Ticket, state: TicketState, actor: Actor) -> None:
    """Insert a new ticket with its first state."""
    _set_state(session, ticket, None, state, ticket.queue)
    _give_turn(ticket, TURN_OF[state], SUBMIT.cause)
    insert_rows(session, ticket)
    _add_entry(session, ticket, SUBMIT, actor, None, "")


def apply(
    session: Session, ticket: Ticket, move: Move, actor: Actor, *, text: str = "", queue: str | None = None
) -> None:
    """Set the ticket's next state, clock and version, and add a line to its timeline.

    Args:
        queue: where the ticket goes with this move, if it changes its queue (REQUIREMENTS B5).

    Raises:
        ConflictError: this state does not allow it.
    """
    before, queue = ticket.state_enum, queue or ticket.queue
    after = _next_state(ticket, move)
    if not move.is_remark:
        ticket.version += 1
        ticket.changed_at, ticket.changed_by = clock.now(), actor.label
    if (after, queue) != (before, ticket.queue):
        _set_state(session, ticket, before, after, queue)
    _settle_turn(ticket, move, actor, is_moved=after is not before)
    _add_entry(session, ticket, move, actor, before, text)
    if after is not before and not ticket.is_open:
        hooks.announce(session, ticket, Moment.ENDED)  # last: it writes into the trail, whose lock comes last


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
    paused = after is TicketState.AWAITING_INFORMATION
    ticket.reply_clock = ticket.reply_clock.paused(now) if paused else ticket.reply_clock.resumed(now)
    if not ticket.is_open:
        ticket.closed_at = now
    elif ticket.closed_at is not None:
        ticket.closed_at = None
    _recount(session, changes)
    if paused and before is not after:
        _count_asking(session, ticket)


def _settle_turn(ticket: Ticket, move: Move, actor: Actor, *, is_moved: bool) -> None:
    """The state decides whose turn it is; a ticket returned by a reminder stays until its owner acts."""
    was_reminded = ticket.turn_cause == TurnCause.REMINDED.value
    is_owners = actor.user_id is not None and actor.user_id == ticket.assignee_id
    turn = TURN_OF[ticket.state_enum]
    if move.turn is not None:
        if ticket.turn != move.turn.value:
            _give_turn(ticket, move.turn, move.cause)
        elif move.turn is Turn.US:  # it keeps its place among the others
            ticket.turn_cause = move.cause.value
    elif (was_reminded and is_owners) or (is_moved and (was_reminded or ticket.turn != turn.value)):
        _give_turn(ticket, turn, move.cause)


def _give_turn(ticket: Ticket, turn: Turn, cause: TurnCause) -> None:
    ticket.turn, ticket.turn_since = turn.value, clock.now()
    ticket.turn_cause = cause.value if turn is Turn.US else None


def _count_asking(session: Session, ticket: Ticket) -> None:
    was = select(TimelineEntry.id).where(TimelineEntry.ticket_id == ticket.id)
    if session.scalars(was.where(TimelineEntry.to_state == ticket.state).limit(1)).first() is None:
        filing_sessions.asked(session, ticket.report_id, clock.in_china(ticket.submitted_at).date())


def _recount(session: Session, changes: dict[tuple[str, TicketState], int]) -> None:
    for (queue, state), change in changes.items():
        count_later(session, _COUNT, change, queue=queue, state=state.value)


_COUNT = text(
    "INSERT INTO queue_counts (queue, state, count) VALUES (:queue, :state, :change) "
    "ON CONFLICT (queue, state) DO UPDATE SET count = queue_counts.count + :change"
)


def _add_entry(
    session: Session, ticket: Ticket, move: Move, actor: Actor, before: TicketState | None, text: str
) -> None:
    insert_rows(
        session,
        TimelineEntry(
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
