"""指派: a lead gives a ticket to an engineer at once, with a reason; counted apart from hand-overs (DESK 2.2).

The same call without `order` asks the engineer, as `offers` does.
"""

from portal.accounts.roles import GRANTS, Permission, Role
from portal.acts import colleagues, offers, suggestion
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Flag, Pick, Text
from portal.audit.tags import Tag
from portal.errors import Fault, ForbiddenError, InvalidError
from portal.metrics.counting import Metric, count
from portal.notify.events import Event
from portal.progress.lifecycle import OPEN, ClockEffect, Move, staying
from portal.sensitive_text.free_text import is_blank
from portal.tickets.states import TicketState as S

ORDERED = Move(
    "assign",
    "指派",
    {S.SUBMITTED: S.IN_PROGRESS, **staying(S.IN_PROGRESS, S.AWAITING_INFORMATION, S.AWAITING_CONFIRMATION)},
    is_public=False,
    clock=ClockEffect.TOUCHES,
)
# How timelines of earlier versions name a ticket that was given to a colleague unasked.
GIVEN = Move("hand_over", "转派", OPEN, is_public=False)


def assign(hand: Hand, assignee: str, order: bool, reason: str, text: str) -> Outcome:
    """Ordered by a lead, or offered.

    Raises:
        ForbiddenError: only a lead orders. InvalidError: the text is missing that this way needs.
    """
    if order and Permission.DISPATCH not in GRANTS[Role(hand.actor.role)]:
        raise ForbiddenError("只有主管可以直接指派，请改为请同事接手")
    person = colleagues.chosen(hand.session, hand.ticket, assignee)
    if not order:
        _require(text, "text", "请写明做过什么、还差什么，方便同事接手")
        return offers.offer(hand, assignee, text)
    _require(reason, "reason", "请写明指派的原因")
    former = hand.ticket.assignee_name
    hand.give_to(person)
    count(hand.session, [(Metric.ASSIGNED, hand.ticket.queue)])
    words = f"指派给{person.display_name}" + (f"，原负责人{former}" if former else "")
    return Outcome(f"{words}。{reason}", {"to": person.username}, move=ORDERED)


def _require(text: str, field: str, missing: str) -> None:
    if is_blank(text):
        raise InvalidError([Fault(field, "required", missing)])


ASSIGN = Act(
    move=ORDERED,
    do=assign,
    path="transfer",
    chosen_by="assignee",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.OWN_OR_A_LEADS,
    refusal="只有负责人或主管可以转交这条问题",
    tag=Tag.TICKET_ASSIGNED,
    event=Event.ASSIGNED,
    inputs=(
        Pick(name="assignee", label="指派给", missing="请选择这个队列的工程师", options=suggestion.options_for),
        Flag(name="order"),
        Text(name="reason", label="指派的原因", word="原因", most=500, rows=1),
        Text(name="text", label="交接说明", word="交接说明"),
    ),
    form=Form(
        Place.OWN, "直接指派", "正在指派…", title="直接指派", help="不用对方同意，马上生效，会留下记录",
        hidden=(("order", "true"), ("text", "")),
    ),
    done="已指派",
)  # fmt: skip
