"""Issuing a lost query code again, after its holder was identified; the old one ends at once (REQUIREMENTS F2).

The new code is shown once to whoever issues it. It is in no timeline, trail row, message or log: the event tells the
clinic only that there is one.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.accounts.roles import Permission, Role
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Choice, Text
from portal.audit.tags import Tag
from portal.errors import ConflictError, ForbiddenError
from portal.notify.events import Event
from portal.progress import hooks
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports.service_records import CALLED_BACK, IDENTITY_METHODS
from portal.tickets import numbering
from portal.tickets.models import Ticket, TimelineEntry

ANSWER = "query_code"
MOST_WITHOUT_LEAD = 3


def reissue(hand: Hand, identity_method: str, reason: str) -> Outcome:
    """A new code in the place of the old one, whose tracking pages end with it.

    Raises:
        ForbiddenError: issued too often for anybody but a lead. ConflictError: nothing is left to open with it.
    """
    ticket = hand.ticket
    if ticket.destroyed_at is not None:
        raise ConflictError("这条提报已按保存期限销毁，不能再发放查询码")
    lines = (TimelineEntry.ticket_id == ticket.id, TimelineEntry.action == MOVE.name, TimelineEntry.is_public)
    issued = select(func.count()).where(*lines)
    if (hand.session.scalar(issued) or 0) >= MOST_WITHOUT_LEAD and hand.actor.role != Role.LEAD.value:
        raise ForbiddenError(f"这条问题的查询码已重新发放 {MOST_WITHOUT_LEAD} 次，再发放请找主管")
    code = numbering.query_code(hand.runtime.vault, None)
    ticket.query_code_hash = numbering.hash_code(hand.runtime.vault, code)
    method = dict(IDENTITY_METHODS)[identity_method]
    return Outcome(
        "原来的查询码不能再用",
        {"identity_method": identity_method},
        aside=f"{method}。{reason}",
        reason=reason,
        answer={ANSWER: code},
    )


def _hidden_methods(session: Session, ticket: Ticket) -> Collection[str]:
    """回拨机构电话核对 is not offered without a number in the directory (DESK 3.2)."""
    return () if hooks.directory_phones(session, ticket.institution_id) else (CALLED_BACK,)


def _phones(session: Session, ticket: Ticket) -> Sequence[str]:
    return [f"名录里的电话：{phone}" for phone in hooks.directory_phones(session, ticket.institution_id)]


MOVE = Move("reissue_code", "查询码已重新发放", ANY_STATE)
REISSUE_CODE = Act(
    move=MOVE,
    do=reissue,
    path="query-code",
    permission=Permission.FILE_FOR_OTHERS,
    tag=Tag.CODE_REISSUED,
    event=Event.CODE_REISSUED,
    inputs=(
        Choice(
            name="identity_method",
            label="怎样核对的身份",
            missing="请选择怎样核对了机构的身份",
            values=IDENTITY_METHODS,
            chosen=lambda ticket: "",
            hidden=_hidden_methods,
            lines=_phones,
        ),
        Text(
            name="reason", label="原因，会留下记录", word="原因", missing="请写明为什么重新发放", most=500, rows=1,
            sealed_as="note",
        ),
    ),
    form=Form(
        Place.FACTS,
        "发放新的查询码",
        title="重新发放查询码",
        help="机构丢了查询码时用。先核对身份；新码只显示一次，旧码立即失效。请当面或在电话里告诉机构，不要用消息发送",
    ),
    done="查询码已重新发放",
)  # fmt: skip
