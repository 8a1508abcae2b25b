"""Closing what is not a problem report."""

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.audit.tags import Tag
from portal.tickets.lifecycle import Move
from portal.tickets.states import TicketState as S


def void(hand: Hand, text: str) -> Outcome:
    """The clinic reads the reason."""
    return Outcome(text)


VOID = Act(
    move=Move("void", "作废", dict.fromkeys((S.SUBMITTED, S.IN_PROGRESS, S.AWAITING_INFORMATION), S.VOID)),
    do=void,
    path="void",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_VOIDED,
    inputs=(
        Text(name="text", label="作废的原因，机构会看到", word="原因", missing="请写明作废的原因，机构会看到", rows=2),
    ),
    form=Form(Place.FACTS, "作废", look="danger"),
    done="已作废",
)
