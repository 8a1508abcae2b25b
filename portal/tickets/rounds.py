"""The clocks of a ticket's current round: what a move ends, stops, starts and sets again (DESK 1.3).

Called by the lifecycle only. A round begins with the filing and with every reopening, by whomever.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.clocks import reply_clock
from portal.clocks.reply_clock import NEXT_WORD, ClockOutcome
from portal.db import insert_rows, new_id
from portal.kinds.table import KINDS
from portal.tickets.models import Ticket, TicketClock
from portal.tickets.states import Turn

REPLIED = "replied"


def begin_next(ticket: Ticket, now: datetime) -> None:
    """A new round with its own due time; the history of the others is in their ended clocks."""
    ticket.round += 1
    ticket.reopened_count += 1
    ticket.round_began_at = now
    ticket.touched_at = ticket.first_replied_at = ticket.reply_outcome = ticket.paused_at = None
    ticket.resolved_at = ticket.confirmation_reminded_at = None
    ticket.reply_due_at = reply_clock.reply_due(KINDS[ticket.kind_enum].reply_hours, now)


def touch(ticket: Ticket, now: datetime) -> None:
    """Record that a person has taken the round up; this ends no other clock (REQUIREMENTS T22)."""
    ticket.touched_at = ticket.touched_at or now


def answer(session: Session, ticket: Ticket, actor: Actor, action: str, now: datetime) -> None:
    """Judge the round's reply clock against the due time of this moment; only the first reply counts."""
    touch(ticket, now)
    if ticket.reply_clock.outcome is None:
        ticket.reply_clock, ticket.first_replied_at = ticket.reply_clock.answered(now), now
        _keep(session, ticket, actor, action, now)


def drop(session: Session, ticket: Ticket, actor: Actor, action: str, now: datetime) -> None:
    """End the round's clock uncounted, if nobody has replied."""
    if ticket.reply_clock.outcome is None:
        ticket.reply_clock = ticket.reply_clock.resumed(now).dropped()
        _keep(session, ticket, actor, action, now)


def take_up(session: Session, ticket: Ticket) -> None:
    """Let the round's uncounted clock run on, because what had ended it was undone."""
    if ticket.reply_clock.outcome is ClockOutcome.UNCOUNTED:
        ticket.reply_outcome = None
        this = (TicketClock.ticket_id == ticket.id, TicketClock.clock == REPLIED, TicketClock.round == ticket.round)
        session.execute(delete(TicketClock).where(*this))


def set_next_word(ticket: Ticket, now: datetime, *, is_word: bool) -> None:
    """After the first reply a next word is due while it is our turn; every word to the clinic starts it again."""
    if ticket.turn != Turn.US.value or ticket.first_replied_at is None:
        ticket.next_word_due_at = None
    elif is_word or ticket.next_word_due_at is None:
        ticket.next_word_due_at = now + NEXT_WORD


def pause_words(ticket: Ticket, *, was_paused: bool) -> Iterator[tuple[str, str]]:
    """The name and text of the timeline's line if the clock was stopped or started: both sides see the pause."""
    is_paused = ticket.paused_at is not None
    if is_paused and not was_paused:
        yield "clock_paused", "等机构补充，这段时间不计时"
    elif was_paused and not is_paused and ticket.is_open:
        is_running = ticket.reply_outcome is None
        yield "clock_resumed", f"新的回复期限：{clock.clinic_time(ticket.reply_due_at)}" if is_running else ""


def _keep(session: Session, ticket: Ticket, actor: Actor, action: str, now: datetime) -> None:
    insert_rows(
        session,
        TicketClock(
            id=new_id(),
            ticket_id=ticket.id,
            clock=REPLIED,
            round=ticket.round,
            started_at=ticket.round_began_at or ticket.submitted_at,
            due_at=ticket.reply_due_at,
            ended_at=now,
            outcome=ticket.reply_outcome,
            ended_by_id=actor.user_id,
            ended_by_action=action,
        ),
    )
