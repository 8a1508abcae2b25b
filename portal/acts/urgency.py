"""Changing a ticket's urgency."""

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Text
from portal.audit.tags import Tag
from portal.tickets import hooks
from portal.tickets.hooks import Moment
from portal.tickets.lifecycle import OPEN, Move
from portal.tickets.states import URGENCY_LABELS, Urgency


def set_urgency(hand: Hand, urgency: str, reason: str) -> Outcome:
    """Needs a reason, because the order of a queue is a promise (REQUIREMENTS I4)."""
    former = hand.ticket.urgency_enum.name.lower()
    hand.ticket.urgency = Urgency[urgency.upper()].value
    if hand.ticket.urgency_enum is Urgency.CRITICAL and former != urgency:
        hooks.announce(hand.session, hand.ticket, Moment.BECAME_CRITICAL)
    return Outcome(reason, {"former_urgency": former, "urgency": urgency})


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
        ),
        Text(name="reason", label="原因，会留下记录", word="原因", missing="请写明修改紧急程度的原因", rows=1),
    ),
    form=Form(Place.FACTS, "修改", title="修改紧急程度"),
    done="紧急程度已修改",
)
