"""The trail's rows of call-backs: with the ticket's number, or that of what else was called about."""

from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import Cause


def number_of(row: CallBack) -> str:
    """Of the ticket or complaint, never both; its own number for what has none."""
    return row.subject_number or row.number


def record(session: Session, row: CallBack, tag: Tag, actor: Actor, particulars: trail.Particulars) -> None:
    trail.record(session, tag, actor, ticket_number=number_of(row), particulars=particulars)


def numbers_of_queues(session: Session, queues: Sequence[str]) -> Select[str]:
    """The numbers of call-backs of these queues that are about no ticket, for the trail's readers."""
    of_queues = or_(CallBack.queue.is_(None), CallBack.queue.in_(queues))
    return select(CallBack.number).where(
        of_queues, CallBack.ticket_id.is_(None), CallBack.cause != Cause.COMPLAINT.value
    )
