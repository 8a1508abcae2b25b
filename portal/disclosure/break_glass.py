"""应急查看: a person who is not the owner sees one field of one ticket once, after a second person has approved.

It fails closed: a request is refused if no one else could approve it, and nothing is stored without its trail row.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import new_id
from portal.disclosure import reveals
from portal.disclosure.disclose import (
    ForeignTry,
    Revealed,
    ValueAccess,
    absence,
    disclose,
    known_key,
    record_foreign,
    value_key,
)
from portal.disclosure.models import BreakGlassRequest, BreakGlassState
from portal.disclosure.reasons import kept_reason
from portal.errors import ConflictError, ForbiddenError, NotFoundError, PortalError
from portal.notify import notices, outbox
from portal.notify.events import Event
from portal.progress import lifecycle
from portal.progress.hooks import Objection
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket

DECIDABLE_FOR = timedelta(hours=4)
USABLE_FOR = timedelta(minutes=15)
# An account that is newer, or whose password an administrator set since, approves nothing yet.
SETTLED_AFTER = timedelta(days=1)
_NOT_INDEPENDENT = {
    "own": "不能批准自己的申请，请另一位主管处理",
    "too-new": "您的账号建立或由管理员重设密码还不满一天，暂时不能批准。请另一位主管处理",
    "same-maker": "您和申请人的账号是同一位管理员建立的，不能互相批准。请另一位主管处理",
}
MOST_REASON = 500
ABSENT = "没有找到这项申请"
_OPEN = (BreakGlassState.ASKED, BreakGlassState.APPROVED)


def state_of(row: BreakGlassRequest, now: datetime) -> BreakGlassState:
    """A request's state; an open one past its time, or of a time that cannot be, is expired."""
    state = BreakGlassState(row.status)
    life = USABLE_FOR if state is BreakGlassState.APPROVED else DECIDABLE_FOR
    return BreakGlassState.EXPIRED if state in _OPEN and not clock.is_before(row.expires_at, life, now) else state


def ask(runtime: Runtime, actor: Actor, number: str, key: str, reason: str) -> uuid.UUID:
    """Request one value of a ticket of one's queue.

    Returns:
        The request's id.

    Raises:
        InvalidError: no reason. NotFoundError, DestroyedError: no such ticket or value.
        ForbiddenError: no one else could approve, or the ticket has ended. ConflictError: one's own ticket, or
            requested before. Each but the first is recorded.
    """
    missing = "请写明为什么现在必须查看，批准的人会看到"
    reason = kept_reason(reason, missing=missing, most=MOST_REASON)
    record_foreign(runtime, actor, reveals.foreign(actor, number, Tag.BREAK_GLASS_REFUSED))
    asked, refusal = runtime.database.run(lambda session: _asked(session, actor, number, key, reason))
    if asked is None:
        raise refusal or ForbiddenError
    return asked


def _asked(
    session: Session, actor: Actor, number: str, key: str, reason: str
) -> tuple[uuid.UUID | None, PortalError | None]:
    """The new request's id, or why there is none; both are recorded."""
    standing.require(session, actor)
    ticket = lookup.find(session, actor, number, lock=True)
    value = reveals.find_value(session, ticket, key)
    refusal = _ticket_refusal(ticket, actor) or absence(value)
    refusal = refusal or _asked_before(session, ticket, actor, known_key(value))
    if refusal is None and not approvers(session, ticket.queue, actor.user_id):
        refusal = ForbiddenError("这个队列现在没有另一位主管可以批准，所以不能应急查看。请联系工单的负责人")
    asked = None
    if refusal is None and value is not None and actor.user_id is not None:
        now = clock.now()
        row = BreakGlassRequest(
            id=new_id(), ticket_id=ticket.id, field=value_key(value), label=value.label, reason=reason,
            asker_id=actor.user_id, asker_name=actor.label, asked_at=now, status=BreakGlassState.ASKED.value,
            expires_at=now + DECIDABLE_FOR,
        )  # fmt: skip
        session.add(row)
        outbox.add(session, Event.BREAK_GLASS_ASKED, ticket.number, by=actor.user_id)
        asked = row.id
    trail.record(
        session, Tag.BREAK_GLASS_REFUSED if refusal else Tag.BREAK_GLASS_ASKED, actor, is_success=refusal is None,
        ticket_number=ticket.number, field=known_key(value), reason=reason,
        value_index=value.value_index if value is not None else None,
    )  # fmt: skip
    return asked, refusal


def decide(runtime: Runtime, actor: Actor, request_id: uuid.UUID, is_approved: bool) -> None:
    """A second person approves or refuses; both are final.

    Raises:
        NotFoundError: no such request in the actor's queues (of another queue: recorded).
        ForbiddenError: it is the actor's own, or they are not independent of its asker (recorded; an alarm).
        ConflictError: it is decided or expired already, or the ticket has ended.
    """
    record_foreign(runtime, actor, _foreign(actor, request_id))
    refusal = runtime.database.run(lambda session: _decided(session, actor, request_id, is_approved))
    if refusal is not None:
        raise refusal


def _decided(session: Session, actor: Actor, request_id: uuid.UUID, is_approved: bool) -> PortalError | None:
    """Why it was not decided; recorded either way."""
    standing.require(session, actor)
    row, ticket = _found(session, actor, request_id)
    refusal: PortalError | None = None
    dependent = dependence(session.get(User, row.asker_id), session.get_one(User, actor.user_id))
    if dependent and (is_approved or dependent == "own"):
        refusal = ForbiddenError(_NOT_INDEPENDENT[dependent])
        if dependent != "own":
            outbox.add(session, Event.APPROVAL_ALARM, ticket.number)
    elif state_of(row, clock.now()) is not BreakGlassState.ASKED:
        refusal = ConflictError("这项申请已经处理过，或已过期")
    elif is_approved and not ticket.is_worked:
        refusal = ConflictError("工单已结束，不能再查看这项信息")
    if refusal is None:
        now = clock.now()
        row.decided_by, row.decider_name, row.decided_at = actor.user_id, actor.label, now
        row.status = (BreakGlassState.APPROVED if is_approved else BreakGlassState.DENIED).value
        row.expires_at = now + USABLE_FOR if is_approved else now
        notices.settle(session, Event.BREAK_GLASS_ASKED, ticket.number)
        outbox.add(session, Event.BREAK_GLASS_DECIDED, ticket.number, to=[row.asker_id])
    tag = Tag.BREAK_GLASS_APPROVED if is_approved else Tag.BREAK_GLASS_DENIED
    value = reveals.find_value(session, ticket, row.field)
    trail.record(
        session, Tag.BREAK_GLASS_REFUSED if refusal else tag, actor, is_success=refusal is None,
        ticket_number=ticket.number, field=row.field, reason=row.reason,
        particulars={"asker": row.asker_name, "dependence": dependent if refusal else None},
        value_index=value.value_index if value is not None else None,
    )  # fmt: skip
    return refusal


def use(runtime: Runtime, actor: Actor, number: str, request_id: uuid.UUID, *, is_confirmed: bool = True) -> Revealed:
    """The approved value, once; trail rows for the use and for the access are committed first.

    Raises:
        NotFoundError: no request of one's own about this ticket (recorded).
        ConflictError: not approved, expired, or used (recorded). ForbiddenError: the ticket has ended (recorded).
        ConfirmationNeededError, TooManyRequestsError: as for a reveal.
    """

    def judge(session: Session) -> ValueAccess:
        row, ticket = _found(session, actor, request_id)
        if row.asker_id != actor.user_id or lookup.find(session, actor, number).id != ticket.id:
            raise NotFoundError(ABSENT)
        value = reveals.find_value(session, ticket, row.field)
        refusal: PortalError | None = None
        if state_of(row, clock.now()) is not BreakGlassState.APPROVED:
            refusal = ConflictError("这次应急查看没有获批、已用过或已过期，请重新申请")
        elif not ticket.is_worked:
            refusal = ForbiddenError(reveals.ENDED)

        def use_up(session: Session) -> None:
            reveals.count_reveal(session, ticket)
            row.status, row.used_at = BreakGlassState.USED.value, clock.now()

        return ValueAccess(
            number=ticket.number, name=row.field, row=value, reason=row.reason, refusal=refusal or absence(value),
            granted=(Tag.BREAK_GLASS_USED, Tag.FIELD_REVEALED), refused=Tag.BREAK_GLASS_REFUSED,
            particulars={"decider": row.decider_name}, when_granted=use_up,
        )  # fmt: skip

    foreign = _foreign(actor, request_id, is_asker=True)
    return disclose(runtime, actor, judge, foreign=foreign, is_confirmed=is_confirmed)


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: nothing can be approved or used for a ticket that has ended or left its queue."""
    _withdraw(session, ticket)


def withdraw_the_owners(session: Session, ticket: Ticket) -> None:
    """A listener: who has the ticket now needs no approval."""
    if ticket.assignee_id is not None:
        _withdraw(session, ticket, BreakGlassRequest.asker_id == ticket.assignee_id)


def _withdraw(session: Session, ticket: Ticket, *which: ColumnElement[bool]) -> None:
    still_open = BreakGlassRequest.status.in_([state.value for state in _OPEN])
    rows = update(BreakGlassRequest).where(BreakGlassRequest.ticket_id == ticket.id, still_open, *which)
    session.execute(rows.values(status=BreakGlassState.WITHDRAWN.value))


def objections(session: Session, ticket: Ticket, act: str) -> Sequence[Objection]:
    """An objector: nothing lapses while somebody may still decide on a request, or use one."""
    if act not in lifecycle.LAPSES:
        return ()
    can_end = BreakGlassRequest.expires_at <= clock.latest_end(DECIDABLE_FOR)  # else a wrong clock wrote it
    asked = (BreakGlassRequest.ticket_id == ticket.id, BreakGlassRequest.expires_at > clock.now(), can_end)
    still_open = BreakGlassRequest.status.in_([state.value for state in _OPEN])
    return (lifecycle.ON_HOLD,) if session.scalar(select(exists().where(*asked, still_open))) else ()


def approvers(session: Session, queue: str, asker_id: uuid.UUID | None) -> list[User]:
    """Who could approve for a queue: active, with a permitted role, and independent of the requester."""
    roles = [role.value for role in roles_with(Permission.APPROVE_BREAK_GLASS)]
    active = select(User).where(User.role.in_(roles), User.is_active).order_by(User.display_name)
    asker = session.get(User, asker_id) if asker_id else None
    return [user for user in session.scalars(active) if queue in user.queues and not dependence(asker, user)]


def dependence(asker: User | None, approver: User) -> str:
    """Why a second person counts as the first one in disguise; empty if they are independent.

    An administrator could make both accounts, or take one over by setting its password (SECURITY D-6). Accounts made
    on the command line, by whoever holds the machine, are nobody's.
    """
    if asker is None:
        return ""
    if approver.id == asker.id:
        return "own"
    made_at = approver.created_at if approver.added_by_id is not None else None
    settled_since = clock.now() - SETTLED_AFTER
    if any(moment is not None and moment > settled_since for moment in (made_at, approver.password_given_at)):
        return "too-new"
    is_same = approver.added_by_id is not None and approver.added_by_id == asker.added_by_id
    return "same-maker" if is_same else ""


def asked_by(session: Session, ticket: Ticket, user_id: uuid.UUID) -> Sequence[BreakGlassRequest]:
    """One person's requests about a ticket, newest first."""
    mine = select(BreakGlassRequest).where(
        BreakGlassRequest.ticket_id == ticket.id, BreakGlassRequest.asker_id == user_id
    )
    return session.scalars(mine.order_by(BreakGlassRequest.asked_at.desc()).limit(20)).all()


def in_queues(session: Session, queues: Sequence[str], limit: int = 50) -> list[tuple[BreakGlassRequest, Ticket]]:
    """The newest requests about tickets now in these queues, with the tickets."""
    found = session.execute(
        select(BreakGlassRequest, Ticket)
        .join(Ticket, Ticket.id == BreakGlassRequest.ticket_id)
        .where(Ticket.queue.in_(queues))
        .order_by(BreakGlassRequest.asked_at.desc())
        .limit(limit)
    )
    return [(row, ticket) for row, ticket in found]


def decidable(
    session: Session, actor_id: uuid.UUID, queues: Sequence[str], limit: int = 50
) -> list[tuple[BreakGlassRequest, Ticket]]:
    """Requests that this person could decide now, the one that ends first in front."""
    now = clock.now()
    asked = (
        BreakGlassRequest.status == BreakGlassState.ASKED.value,
        BreakGlassRequest.expires_at > now,
        BreakGlassRequest.asker_id != actor_id,
        Ticket.queue.in_(queues),
    )
    query = select(BreakGlassRequest, Ticket).join(Ticket, Ticket.id == BreakGlassRequest.ticket_id).where(*asked)
    rows = session.execute(query.order_by(BreakGlassRequest.expires_at, BreakGlassRequest.id).limit(limit))
    return [(row, ticket) for row, ticket in rows if state_of(row, now) is BreakGlassState.ASKED]


def waiting(session: Session, actor_id: uuid.UUID, queues: Sequence[str]) -> int:
    """How many requests this person could decide now."""
    return len(decidable(session, actor_id, queues))


def _ticket_refusal(ticket: Ticket, actor: Actor) -> PortalError | None:
    if not ticket.is_worked:
        return ForbiddenError(reveals.ENDED)
    if ticket.assignee_id == actor.user_id:
        return ConflictError("您就是负责人，可以在工单页直接查看")
    return None


def _asked_before(session: Session, ticket: Ticket, actor: Actor, key: str) -> PortalError | None:
    now = clock.now()
    for row in asked_by(session, ticket, actor.user_id) if actor.user_id else ():
        if row.field == key and state_of(row, now) in _OPEN:
            return ConflictError("这一项您已经申请过，还在等待批准或使用")
    return None


def _found(session: Session, actor: Actor, request_id: uuid.UUID) -> tuple[BreakGlassRequest, Ticket]:
    """The request with its ticket, both locked, for a person of the ticket's current queue."""
    row = session.get(BreakGlassRequest, request_id)
    if row is None:
        raise NotFoundError(ABSENT)
    ticket = lookup.lock(session, {row.ticket_id})[row.ticket_id]
    session.refresh(row, with_for_update=True)
    if ticket.queue not in actor.queues:
        raise NotFoundError(ABSENT)
    return row, ticket


def _foreign(actor: Actor, request_id: uuid.UUID, *, is_asker: bool = False) -> Callable[[Session], ForeignTry | None]:
    """Whether a request is of another queue, or, with `is_asker`, not the actor's own."""

    def tried(session: Session) -> ForeignTry | None:
        row = session.get(BreakGlassRequest, request_id)
        ticket = session.get(Ticket, row.ticket_id) if row is not None else None
        if row is None or ticket is None:
            return None
        if ticket.queue in actor.queues and not (is_asker and row.asker_id != actor.user_id):
            return None
        return ForeignTry(Tag.BREAK_GLASS_REFUSED, ticket.number, row.field, {"asker": row.asker_name})

    return tried
