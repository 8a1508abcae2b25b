"""受理说明: the three parts that a clinic is owed when its problem is taken up (REQUIREMENTS G8)."""

from collections.abc import Sequence

from portal.accounts.roles import Permission
from portal.acts import promises
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.acts.replies import REPLY
from portal.audit.tags import Tag
from portal.notify.events import Event
from portal.tickets.lifecycle import ClockEffect, Move

_PARTS = ("处理步骤", "所需时间", "预期结果")


def accept(hand: Hand, text: str, steps: str, time_needed: str, expected_result: str, keeps: Sequence[str]) -> Outcome:
    """The clinic reads the three parts, after what else there is to say."""
    entry_id, kept = promises.keep(hand, keeps)
    parts = [f"{label}：{part}" for label, part in zip(_PARTS, (steps, time_needed, expected_result), strict=True)]
    return Outcome("\n".join(filter(None, (text, *parts))), kept, entry_id=entry_id)


ACCEPT = Act(
    move=Move("accept", "受理说明", REPLY.move.leads, clock=ClockEffect.REPLIES),
    do=accept,
    path="replies",
    chosen_by="type",
    chosen_as="acceptance",
    permission=Permission.SPEAK,
    whose=Whose.OWN_OR_A_LEADS,
    tag=Tag.TICKET_REPLIED,
    event=Event.REPLIED,
    inputs=(
        Text(
            name="steps", label=_PARTS[0], word=_PARTS[0], missing="请写明会怎样处理", rows=2,
            phrase_place="acceptance",
        ),
        Text(name="time_needed", label=_PARTS[1], word=_PARTS[1], missing="请写明需要多长时间", most=500, rows=1),
        Text(name="expected_result", label=_PARTS[2], word=_PARTS[2], missing="请写明处理后会怎样", most=500, rows=1),
        Text(name="text", label="另外要说的", word="回复", rows=1),
        promises.KEEPS,
    ),
    doubt=promises.doubts_of_keeping,
    form=Form(
        Place.WORK, "发送给机构", "正在发送…", look="primary", leads_on=True, hidden=(("type", "acceptance"),),
        help="机构会看到这三项。请不要写身份证号、账号和密码",
    ),
    done="已发送给机构",
)  # fmt: skip
