"""Internal notes."""

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.audit.tags import Tag
from portal.progress.lifecycle import ANY_STATE, Move


def note(hand: Hand, text: str) -> Outcome:
    """An internal note; the clinic never sees it."""
    return Outcome(text)


NOTE = Act(
    move=Move("note", "内部备注", ANY_STATE, is_public=False),
    do=note,
    path="notes",
    permission=Permission.WRITE_NOTE,
    tag=Tag.TICKET_NOTED,
    is_never_stale=True,
    inputs=(Text(name="text", label="备注内容，只有支持人员能看到", word="备注", missing="请填写备注", rows=3),),
    form=Form(Place.WORK, "保存备注", "正在保存…"),
    done="备注已保存",
)
