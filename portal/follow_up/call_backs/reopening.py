"""「没有解决」 said in a call: whoever called may take the problem up again within the seven days (DESK 4.3)."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import standing
from portal.acts import closing
from portal.acts.hand import Hand
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, ForbiddenError
from portal.follow_up.call_backs import rows
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import Solved
from portal.notify import outbox
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

TEXT = "电话回访时您说问题没有解决，已重新处理"
_STATES = (TicketState.AWAITING_CONFIRMATION, TicketState.CLOSED)


def may_reopen(session: Session, actor: Actor, row: CallBack) -> bool:
    """Whether the record of this person says 没有解决, and its round is still the last."""
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id else None
    if ticket is None or row.owner_id != actor.user_id or not _says_unsolved(session, row):
        return False
    if ticket.round != row.round or ticket.state_enum not in _STATES:
        return False
    try:
        closing.check_reopening(ticket)
    except ConflictError:
        return False
    return True


def reopen(runtime: Runtime, actor: Actor, call_back_id: uuid.UUID) -> str:
    """重新处理; returns the ticket's number.

    Raises:
        ForbiddenError: not this person. ConflictError: too late, or it goes on already. NotFoundError: not theirs.
    """

    def reopened(session: Session) -> str:
        standing.require(session, actor)
        row = rows.locked(session, actor, call_back_id)
        if row.ticket_id is None or row.owner_id != actor.user_id or not _says_unsolved(session, row):
            raise ForbiddenError("回访记录写明没有解决时，由回访的人重新处理")
        ticket = session.get_one(Ticket, row.ticket_id)
        if ticket.round != row.round:
            raise ConflictError("这条问题已经重新处理")
        closing.reopen(Hand(session, runtime, actor, ticket), TEXT)
        lifecycle.apply(session, ticket, closing.REOPEN.move, actor, text=TEXT)
        outbox.add(session, Event.REOPENED, ticket.number, by=actor.user_id)
        particulars: trail.Particulars = {"call_back": row.number}
        trail.record(session, Tag.TICKET_REOPENED, actor, ticket_number=ticket.number, particulars=particulars)
        return ticket.number

    return runtime.database.run(reopened)


def _says_unsolved(session: Session, row: CallBack) -> bool:
    of_this = CallBackRecord.call_back_id == row.id
    return (
        session.scalar(select(CallBackRecord.id).where(of_this, CallBackRecord.solved == Solved.NO.value)) is not None
    )
