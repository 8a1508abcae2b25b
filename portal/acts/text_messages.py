"""Withdrawing the consent to text messages, for a clinic that asks for it by word of mouth (DESK N.4).

The clinic's own way is on its tracking page (`tracking/text_messages`). Consent can be given with a report only.
"""

from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts.act import Act, Form, Outcome, Place
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.audit.tags import Tag
from portal.errors import ConflictError
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket

WORDS = "以后不再发短信，进展请在这一页查看"


def stop(hand: Hand, reason: str) -> Outcome:
    """No further message; one that waits to be sent is dropped. Raises ConflictError: there is no consent."""
    if hand.ticket.sms_notice is None:
        raise ConflictError("这条问题没有同意过短信通知，或已经停止")
    hand.ticket.sms_notice = None
    return Outcome(WORDS, aside=reason, reason=reason)


def _is_agreed(session: Session, ticket: Ticket) -> bool:
    return ticket.sms_notice is not None


MOVE = Move("stop_texts", "停止短信通知", ANY_STATE)
STOP_TEXTS = Act(
    move=MOVE,
    do=stop,
    path="sms-withdrawal",
    permission=Permission.FILE_FOR_OTHERS,
    tag=Tag.TEXTS_STOPPED,
    is_wanted=_is_agreed,
    inputs=(
        Text(
            name="reason", label="谁提出的、怎样提出的，会留下记录", word="原因", missing="请写明谁要求停止短信",
            most=500, rows=1, sealed_as="note",
        ),
    ),
    form=Form(Place.FACTS, "停止短信", title="不再给机构发短信", help="机构在电话里或当面要求时用，停止后不能恢复"),
    done="不再给机构发短信",
)  # fmt: skip
