"""应急查看: a person who is not the owner sees one field of one ticket once, after a second person has approved.

It fails closed: a request is refused if no one else could approve it. The trail is written before anything is stored.
"""

import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
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
from portal.runtime import Runtime
from portal.tickets import lifecycle, lookup
from portal.tickets.hooks import Objection
from portal.tickets.models import Ticket

DECIDABLE_FOR = timedelta(hours=4)
USABLE_FOR = timedelta(minutes=15)
MOST_REASON = 500
ABSENT = "没有找到这项申请"
_OPEN = (BreakGlassState.ASKED, BreakGlassState.APPROVED)


def state_of(row: BreakGlassRequest, now: datetime) -> BreakGlassState:
    """A request's state; an open one past its time is expired."""
    state = BreakGlassState(row.status)
    return BreakGlassState.EXPIRED if state in _OPEN and row.expires_at <= now else state


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
    with runtime.database.transaction() as session:
        ticket = lookup.find(session, actor, number, lock=True)
        value = reveals.find_value(session, ticket, key)
        refusal = _ticket_refusal(ticket, actor) or absence(value)
        refusal = refusal or _asked_before(session, ticket, actor, known_key(value))
        if refusal is None and not approvers(session, ticket.queue, actor.user_id):
            refusal = ForbiddenError("这个队列现在没有另一位主管可以批准，所以不能应急查看。请联系工单的负责人")
        trail.record(
            session, Tag.BREAK_GLASS_REFUSED if refusal else Tag.BREAK_GLASS_ASKED, actor, is_success=refusal is None,
            ticket_number=ticket.number, field=known_key(value), reason=reason,
            value_index=value.value_index if value is not None else None,
        )  # fmt: skip
        if refusal is None and value is not None and actor.user_id is not None:
            now = clock.now()
            row = BreakGlassRequest(
                ticket_id=ticket.id, field=value_key(value), label=value.label, reason=reason,
                asker_id=actor.user_id, asker_name=actor.label, asked_at=now, status=BreakGlassState.ASKED.value,
                expires_at=now + DECIDABLE_FOR,
            )  # fmt: skip
            session.add(row)
            session.flush()
            outbox.add(session, Event.BREAK_GLASS_ASKED, ticket.number, by=actor.user_id)
            return row.id
    raise refusal or ForbiddenError


def decide(runtime: Runtime, actor: Actor, request_id: uuid.UUID, is_approved: bool) -> None:
    """A second person approves or refuses; both are final.

    Raises:
        NotFoundError: no such request in the actor's queues (of another queue: recorded).
        ForbiddenError: it is the actor's own (recorded).
        ConflictError: it is decided or expired already, or the ticket has ended.
    """
    record_foreign(runtime, actor, _foreign(actor, request_id))
    with runtime.database.transaction() as session:
        row, ticket = _found(session, actor, request_id)
        refusal: PortalError | None = None
        if row.asker_id == actor.user_id:
            refusal = ForbiddenError("不能批准自己的申请，请另一位主管处理")
        elif state_of(row, clock.now()) is not BreakGlassState.ASKED:
            refusal = ConflictError("这项申请已经处理过，或已过期")
        elif is_approved and not ticket.is_worked:
            refusal = ConflictError("工单已结束，不能再查看这项信息")
        tag = Tag.BREAK_GLASS_APPROVED if is_approved else Tag.BREAK_GLASS_DENIED
        value = reveals.find_value(session, ticket, row.field)
        trail.record(
            session, Tag.BREAK_GLASS_REFUSED if refusal else tag, actor, is_success=refusal is None,
            ticket_number=ticket.number, field=row.field, reason=row.reason,
            particulars={"asker": row.asker_name}, value_index=value.value_index if value is not None else None,
        )  # fmt: skip
        if refusal is None:
            now = clock.now()
            row.decided_by, row.decider_name, row.decided_at = actor.user_id, actor.label, now
            row.status = (BreakGlassState.APPROVED if is_approved else BreakGlassState.DENIED).value
            row.expires_at = now + USABLE_FOR if is_approved else now
            notices.settle(session, Event.BREAK_GLASS_ASKED, ticket.number)
            outbox.add(session, Event.BREAK_GLASS_DECIDED, ticket.number, to=[row.asker_id])
            return
    raise refusal


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
    asked = (BreakGlassRequest.ticket_id == ticket.id, BreakGlassRequest.expires_at > clock.now())
    still_open = BreakGlassRequest.status.in_([state.value for state in _OPEN])
    return (lifecycle.ON_HOLD,) if session.scalar(select(exists().where(*asked, still_open))) else ()


def approvers(session: Session, queue: str, but: uuid.UUID | None) -> list[User]:
    """Who could approve for a queue: active, with a permitted role, and not the requester."""
    roles = [role.value for role in roles_with(Permission.APPROVE_BREAK_GLASS)]
    active = select(User).where(User.role.in_(roles), User.is_active).order_by(User.display_name)
    return [user for user in session.scalars(active) if queue in user.queues and user.id != but]


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


def waiting(session: Session, actor_id: uuid.UUID, queues: Sequence[str]) -> int:
    """How many requests this person could decide now."""
    now = clock.now()
    rows = in_queues(session, queues)
    return sum(row.asker_id != actor_id and state_of(row, now) is BreakGlassState.ASKED for row, _ in rows)


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
    """The request, locked, with its ticket, for a person of the ticket's current queue."""
    row = session.get(BreakGlassRequest, request_id, with_for_update=True)
    ticket = session.get(Ticket, row.ticket_id) if row is not None else None
    if row is None or ticket is None or ticket.queue not in actor.queues:
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
