"""Ends call-backs that nobody makes: withdrawn, with a line on the ticket, or without a phone."""

import uuid
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import SYSTEM, Actor
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CAUSE_LABELS, END_LABELS, CallBackState, Cause, EndCause
from portal.notify import notices
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, Move
from portal.tickets.models import Ticket

WITHDRAWN = Move("call_back_withdrawn", "撤回回访", ANY_STATE, is_public=False, is_remark=True)
NO_CONTACT = Move("call_back_no_contact", "无法回访", ANY_STATE, is_public=False, is_remark=True)


def withdraw(
    session: Session, row: CallBack, cause: EndCause, *, actor: Actor = SYSTEM, note: str = "", is_told: bool = True
) -> None:
    """Nobody calls any more; the caller holds the lock of the subject.

    Args:
        is_told: whether the ticket has a line about it.
    """
    end(session, row, CallBackState.WITHDRAWN)
    row.end_cause, row.end_note = cause.value, note
    if is_told:
        because = f"{END_LABELS[cause]}：{note}" if note else END_LABELS[cause]
        write_line(session, row, WITHDRAWN, actor, f"{CAUSE_LABELS[row.cause_enum]}，{because}")


def without_phone(session: Session, row: CallBack, *, actor: Actor = SYSTEM) -> None:
    """无法回访: there is no phone, or no longer."""
    end(session, row, CallBackState.NO_CONTACT)
    write_line(session, row, NO_CONTACT, actor, f"{CAUSE_LABELS[row.cause_enum]}，没有可以拨打的电话")


def end(session: Session, row: CallBack, state: CallBackState) -> None:
    """A final state; whoever was told that it is due need not see that any more."""
    row.status, row.ended_at, row.version = state.value, clock.now(), row.version + 1
    session.flush()
    notices.see_all_about(session, row.number)


def write_line(session: Session, row: CallBack, move: Move, actor: Actor, text: str) -> None:
    """A line that only staff see; a complaint's call-back leaves none, as its ticket names no complaint."""
    if row.ticket_id is not None and row.cause_enum is not Cause.COMPLAINT:
        lifecycle.remark(session, session.get_one(Ticket, row.ticket_id), move, actor, text)


def open_of_ticket(session: Session, ticket_id: uuid.UUID, causes: Collection[Cause] = tuple(Cause)) -> list[CallBack]:
    """The open ones about a ticket, locked; a complaint's are not among them: the case stays with its sender."""
    names = [cause.value for cause in causes if cause is not Cause.COMPLAINT]
    mine = (CallBack.ticket_id == ticket_id, CallBack.status == CallBackState.OPEN.value, CallBack.cause.in_(names))
    return list(session.scalars(select(CallBack).where(*mine).order_by(CallBack.id).with_for_update()))
