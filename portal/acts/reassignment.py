"""Reassigning a ticket to a colleague of its queue."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Option, Pick, Text
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.notify.events import Event
from portal.tickets import ownership
from portal.tickets.lifecycle import ClockEffect, Move, staying
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S


def reassign(hand: Hand, assignee: str, text: str) -> Outcome:
    # Locked, so that nobody gets a ticket while being disabled.
    named = select(User).where(User.username == assignee, User.is_active).with_for_update(read=True)
    target = hand.session.scalars(named).first()
    queue = hand.ticket.queue
    if target is None or ownership.why_not(target, queue):
        raise InvalidError([Fault("assignee", "invalid", "请选择这个队列的工程师")])
    hand.give_to(target)
    return Outcome(f"转给{target.display_name}。{text}", {"to": target.username})


# Made once: every queue and ticket page runs it, and making a statement costs more than running it.
_EVERYBODY = select(User.id, User.username, User.display_name, User.role, User.queues, User.is_active).order_by(
    User.display_name
)


@dataclass(frozen=True)
class People:
    """Who works in a queue, by display name, and everybody else, who may still hold its tickets.

    Engineers have `.id`, `.username` and `.display_name`.
    """

    engineers: Sequence[Any]
    outsiders: frozenset[UUID]


def people_of(session: Session, queue: str) -> People:
    """Outsiders are disabled, of another role, or of other queues."""
    everybody = session.execute(_EVERYBODY).all()
    inside = [user for user in everybody if not ownership.why_not(user, queue)]
    return People(inside, frozenset(user.id for user in everybody) - {user.id for user in inside})


def engineers_of(session: Session, queue: str) -> Sequence[Any]:
    """The people who work in a queue, by display name."""
    return people_of(session, queue).engineers


def _colleagues(session: Session, ticket: Ticket) -> Sequence[Option]:
    engineers = engineers_of(session, ticket.queue)
    return [(user.username, user.display_name) for user in engineers if user.id != ticket.assignee_id]


REASSIGN = Act(
    move=Move(
        "hand_over",
        "转派",
        {
            S.SUBMITTED: S.IN_PROGRESS,
            **staying(S.IN_PROGRESS, S.AWAITING_INFORMATION, S.AWAITING_CONFIRMATION),
        },
        is_public=False,
        clock=ClockEffect.TOUCHES,
    ),
    do=reassign,
    path="transfer",
    chosen_by="assignee",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.NOT_A_COLLEAGUES,
    refusal="只有负责人或主管可以转派这条问题",
    tag=Tag.TICKET_TRANSFERRED,
    event=Event.ASSIGNED,
    inputs=(
        Pick(name="assignee", label="工程师", missing="请选择这个队列的工程师", options=_colleagues),
        Text(name="text", label="说明", word="说明", most=500, rows=1),
    ),
    form=Form(Place.FACTS, "转派", title="转派给同事"),
    done="已转派",
)
