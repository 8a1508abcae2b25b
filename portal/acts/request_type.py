"""诉求类型 after filing: a change has a reason, and what becomes 求助 asks for what is missing (DESK 3.1).

Part of the act of classification. Number, queue and clocks stay; terms are counted again where the policy has rows for
the type. Nothing that is sealed is dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from portal.acts import lacking
from portal.acts.hand import Hand
from portal.audit.trail import Particular
from portal.clocks.names import DueCause
from portal.errors import Fault
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import UNASKED
from portal.kinds.names import REQUEST_TYPE_LABELS, RequestType
from portal.kinds.table import KINDS
from portal.progress import rounds
from portal.progress.lifecycle import OPEN, Move
from portal.tickets import information_requests
from portal.tickets.models import InformationRequest, Ticket
from portal.tickets.states import TicketState as S

ASKING = Move("classify_asking", "诉求类型有变化，请机构补充", dict.fromkeys(OPEN, S.AWAITING_INFORMATION))
LETTING_OFF = Move(
    "classify_letting_off", "不再需要机构补充", {S.AWAITING_INFORMATION: S.IN_PROGRESS}, unowned=S.SUBMITTED
)
_LET_OFF = "这条问题不再需要补充资料"


@dataclass(frozen=True)
class TypeChange:
    """What the act writes; nothing of it where the type stays.

    Attributes:
        line: for staff, with the reason. particulars: for the trail.
        move, text, asks: of the act's outcome in place of its own, if the clinic is asked or let off.
    """

    line: str = ""
    particulars: Mapping[str, Particular] = field(default_factory=dict)
    move: Move | None = None
    text: str = ""
    asks: tuple[Sequence[str], str] | None = None


def faults(ticket: Ticket, policy: ChannelPolicy, request_type: str, reason: str) -> list[Fault]:
    """What is wrong with the wanted type ("" keeps it) and its reason."""
    if request_type in ("", ticket.request_type):
        return []
    if request_type not in policy.request_types:
        words = "、".join(REQUEST_TYPE_LABELS[one] for one in policy.request_types)
        return [Fault("request_type", "request_type_not_allowed", f"诉求类型请从 {words} 中选；投诉要单独登记")]
    return [] if reason.strip() else [Fault("reason", "required", "请写明修改诉求类型的原因")]


def change(hand: Hand, request_type: str, reason: str) -> TypeChange:
    """Set the type of a locked ticket; `faults` has found nothing."""
    ticket = hand.ticket
    if request_type in ("", ticket.request_type):
        return TypeChange()
    former, chosen = ticket.type_enum, RequestType(request_type)
    of_former = _lacks(hand)
    ticket.request_type = chosen.value
    clocks = rounds.of_act(hand.session, ticket, hand.actor, "classify")
    clocks.recount(DueCause.REQUEST_TYPE, reason)
    clocks.settle()
    line = f"诉求类型由“{REQUEST_TYPE_LABELS[former]}”改为“{REQUEST_TYPE_LABELS[chosen]}”。{reason}"
    particulars = {"former_request_type": former.value, "request_type": chosen.value}
    request = information_requests.open_request(hand.session, ticket)
    lacks = _lacks(hand)
    # What only the former type had to have is let off; what somebody asked for beside it is still asked.
    still = _still_asked(ticket, request) - (of_former - lacks) if request is not None else set()
    if lacks <= still and (request is None or still == set(request.missing)):
        return TypeChange(line, particulars)
    wanted = [spec for spec in KINDS[ticket.kind_enum].fields if spec.name in lacks | still]
    if wanted:
        words = "请补充：" + "、".join(spec.label for spec in wanted)
        return TypeChange(line, particulars, ASKING, words, ([spec.name for spec in wanted], words))
    information_requests.withdraw(hand.session, ticket)
    is_waiting = ticket.state_enum is S.AWAITING_INFORMATION
    return TypeChange(line, particulars, LETTING_OFF if is_waiting else None, _LET_OFF if is_waiting else "")


def _lacks(hand: Hand) -> set[str]:
    kind = KINDS[hand.ticket.kind_enum]
    found = [*lacking.fields(hand, kind, lacking.MUST_OR_LATER), *lacking.named_symptom(hand, kind)]
    return {spec.name for spec in found}


def _still_asked(ticket: Ticket, request: InformationRequest) -> set[str]:
    """What the clinic was asked for before and the new type still takes."""
    kind, channel, chosen = KINDS[ticket.kind_enum], ticket.channel_enum, ticket.type_enum
    missing = [kind.field(name) for name in request.missing if kind.asks(name)]
    return {spec.name for spec in missing if spec.need(channel, request_type=chosen) not in UNASKED}
