"""Changing a ticket's urgency, by criteria that stand beside the choice (DESK 1.6)."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts import triage_notes
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Text
from portal.audit.tags import Tag
from portal.clocks.names import DueCause
from portal.progress import hooks, rounds
from portal.progress.lifecycle import OPEN, Move
from portal.tickets.models import Ticket
from portal.tickets.states import URGENCY_CRITERIA, URGENCY_LABELS, Urgency
from portal.tickets.urgency_hints import hints


def set_urgency(hand: Hand, urgency: str, reason: str) -> Outcome:
    """Needs a reason, because the order of a queue is a promise (REQUIREMENTS I4); the clocks are counted again."""
    ticket, chosen = hand.ticket, Urgency[urgency.upper()]
    former, ticket.urgency = ticket.urgency_enum, chosen.value
    clocks = rounds.of_act(hand.session, ticket, hand.actor, "urgency")
    clocks.recount(DueCause.URGENCY, reason)
    clocks.settle()
    if chosen is Urgency.CRITICAL and former is not Urgency.CRITICAL:
        hooks.announce(hand.session, ticket, hooks.Moment.BECAME_CRITICAL)
    return Outcome(reason, {"former_urgency": former.name.lower(), "urgency": urgency})


def _lines(session: Session, ticket: Ticket) -> Sequence[str]:
    """The criteria, and what of the report speaks for a higher one: suggested, never set."""
    note = triage_notes.current(session, ticket.id)
    said = hints(ticket, needs_soothing=note is not None and note.needs_soothing)
    return [*(f"{label}：{URGENCY_CRITERIA[level]}" for level, label in URGENCY_LABELS.items()), *said]


URGENCY = Act(
    move=Move("urgency", "修改紧急程度", OPEN, is_public=False),
    do=set_urgency,
    path="urgency",
    permission=Permission.TRANSFER_TICKET,
    tag=Tag.URGENCY_CHANGED,
    inputs=(
        Choice(
            name="urgency",
            label="紧急程度",
            missing="请选择紧急程度",
            values=tuple((urgency.name.lower(), label) for urgency, label in URGENCY_LABELS.items()),
            chosen=lambda ticket: ticket.urgency_enum.name.lower(),
            lines=_lines,
        ),
        Text(name="reason", label="原因，会留下记录", word="原因", missing="请写明修改紧急程度的原因", least=2, rows=1),
    ),
    form=Form(Place.FACTS, "修改", title="修改紧急程度"),
    done="紧急程度已修改，时限已重算",
)
