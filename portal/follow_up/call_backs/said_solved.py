"""What the clinics said on the phone: whether the problem of a round is solved (REQUIREMENTS T9)."""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import Cause, Solved

_SAID = (Solved.YES.value, Solved.NO.value)


def is_said_solved(ticket_id: Any, of_round: Any) -> ColumnElement[bool]:
    """Condition: the newest word of a call-back about this round is 已解决; never null.

    For `portal/kpi/score`: a round that staff closed (`closed_how = staff`) counts as solved with it only, and is
    outside the rate without it. A call about a complaint is no such word: it belongs to its case.

    Args:
        ticket_id, of_round: values, or the columns of a query in their place (`WorkFact.ticket_id`, `.round`).
    """
    newest = (
        select(CallBackRecord.solved)
        .join(CallBack, CallBack.id == CallBackRecord.call_back_id)
        .where(CallBack.ticket_id == ticket_id, CallBack.round == of_round, CallBack.cause != Cause.COMPLAINT.value)
        .where(CallBackRecord.solved.in_(_SAID))
        .order_by(CallBackRecord.at.desc(), CallBackRecord.id.desc())
        .limit(1)
        .correlate_except(CallBack, CallBackRecord)
        .scalar_subquery()
    )
    return func.coalesce(newest, "") == Solved.YES.value


def says_solved(session: Session, ticket_id: uuid.UUID, of_round: int) -> bool:
    """Of one round: see `is_said_solved`."""
    return bool(session.scalar(select(is_said_solved(ticket_id, of_round))))
