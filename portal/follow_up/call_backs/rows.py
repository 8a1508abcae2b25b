"""Finds call-backs for the people who may see them, and opens one for an act, with its ticket locked first."""

import uuid

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from portal.accounts import standing
from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Duty, Permission, Role
from portal.audit.actor import Actor
from portal.errors import ConflictError, ForbiddenError, NotFoundError
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import STATE_LABELS, Cause
from portal.progress import hooks
from portal.progress.hooks import ObjectionError
from portal.progress.lifecycle import ON_HOLD
from portal.tickets import lookup

ABSENT = "没有找到这条回访"
_NOT_YOURS = "这条回访不是您的，请由负责回访的人来做"


class StaleCallBackError(ConflictError):
    """It was changed by another request."""

    code = "stale"

    def __init__(self, row: CallBack) -> None:
        label = STATE_LABELS[row.state_enum]
        super().__init__(f"您编辑期间，这条回访有了变化，现在是“{label}”。您写的内容还在，请核对后再保存")


class OverError(ConflictError):
    code = "state"

    def __init__(self, row: CallBack) -> None:
        super().__init__(f"这条回访已经结束（{STATE_LABELS[row.state_enum]}），不能再改")


def sees_all(actor: Actor) -> bool:
    """A lead sees those of the own queues, whoever has them."""
    return Permission.KEEP_CAMPAIGNS in GRANTS[Role(actor.role)]


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """One's own; for a lead those of the queues too, but for complaints: they are seen by whoever has them only."""
    own = CallBack.owner_id == actor.user_id
    if not sees_all(actor):
        return own
    of_queues = or_(CallBack.queue.is_(None), CallBack.queue.in_(actor.queues))
    return or_(own, and_(of_queues, CallBack.cause != Cause.COMPLAINT.value))


def find(session: Session, actor: Actor, call_back_id: uuid.UUID) -> CallBack:
    """Raises NotFoundError: absent, or not theirs to see: indistinguishable."""
    row = session.get(CallBack, call_back_id, populate_existing=True)
    if row is None or not may_see(session, actor, row):
        raise NotFoundError(ABSENT)
    return row


def by_number(session: Session, actor: Actor, number: str) -> CallBack:
    """As `find`, by its own number."""
    row = session.scalars(select(CallBack).where(CallBack.number == number)).first()
    if row is None or not may_see(session, actor, row):
        raise NotFoundError(ABSENT)
    return row


def locked(session: Session, actor: Actor, call_back_id: uuid.UUID) -> CallBack:
    """As `find`, with its ticket and then the call-back locked."""
    ticket_id = find(session, actor, call_back_id).ticket_id
    if ticket_id is not None:
        lookup.locked(session, ticket_id)
    query = select(CallBack).where(CallBack.id == call_back_id).with_for_update()
    session.scalars(query.execution_options(populate_existing=True)).one()
    return find(session, actor, call_back_id)


def opened(
    session: Session, actor: Actor, call_back_id: uuid.UUID, version: int, *, is_owners: bool = True
) -> CallBack:
    """An open one, locked for an act.

    Args:
        is_owners: whether only its owner may act.

    Raises:
        NotFoundError: see `find`. ForbiddenError: not this person. StaleCallBackError, OverError.
        ObjectionError: it waits for a lead (暂缓).
    """
    standing.require(session, actor)
    row = locked(session, actor, call_back_id)
    if is_owners and row.owner_id != actor.user_id:
        raise ForbiddenError(_NOT_YOURS)
    if not row.is_open:
        raise OverError(row)
    if row.version != version:
        raise StaleCallBackError(row)
    if is_owners and is_held(session, row):
        raise ObjectionError([ON_HOLD])
    return row


def is_held(session: Session, row: CallBack) -> bool:
    """Whether nobody is to call meanwhile: a hold, or something else that a lead decides."""
    return row.ticket_id is not None and bool(hooks.held_among(session, [row.ticket_id]))


def may_see(session: Session, actor: Actor, row: CallBack) -> bool:
    if row.owner_id == actor.user_id:
        return True
    if row.cause_enum is Cause.COMPLAINT:
        return row.owner_id is None and _is_other_manager(session, actor, row)
    return sees_all(actor) and (row.queue is None or row.queue in actor.queues)


def _is_other_manager(session: Session, actor: Actor, row: CallBack) -> bool:
    """Nobody could be found to call: a manager who has no part in the case names somebody."""
    person = session.get(User, actor.user_id) if actor.user_id else None
    return person is not None and Duty.MANAGER.value in person.duties and str(person.id) not in row.not_for
