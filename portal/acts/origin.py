"""来源: whether a clinic or our own side has the need. A filter, and no sort key (REQUIREMENTS J7)."""

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Choice
from portal.audit.tags import Tag
from portal.progress.lifecycle import OPEN, Move
from portal.tickets.states import ORIGIN_LABELS, Origin


def set_origin(hand: Hand, origin: str) -> Outcome:
    former, hand.ticket.origin = hand.ticket.origin, origin
    return Outcome(f"来源改为“{ORIGIN_LABELS[Origin(origin)]}”", {"former_origin": former, "origin": origin})


ORIGIN = Act(
    move=Move("origin", "修改来源", OPEN, is_public=False),
    do=set_origin,
    path="origin",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.OWN_OR_A_LEADS,
    refusal="只有负责人或主管可以修改来源",
    tag=Tag.ORIGIN_CHANGED,
    inputs=(
        Choice(
            name="origin",
            label="来源",
            missing="请选择来源",
            values=tuple((chosen.value, label) for chosen, label in ORIGIN_LABELS.items()),
            chosen=lambda ticket: ticket.origin,
        ),
    ),
    form=Form(
        Place.FACTS,
        "修改",
        title="修改来源",
        help="外部：机构提出的；内部：自己人提出的。用于筛选，不影响顺序和时限",
    ),
    done="来源已修改",
)
