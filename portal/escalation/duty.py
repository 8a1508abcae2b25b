"""值班表: who is on duty at a moment, and when nobody is. A disabled person's shift counts as empty (DESK 1.7)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select, tuple_
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Permission, Role, roles_with
from portal.accounts.user_checks import name_key
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError
from portal.escalation.models import DutyShift
from portal.kinds.names import TicketKind

AHEAD = timedelta(days=7)  # how far an empty rota is warned of
LONGEST = timedelta(days=31)
FARTHEST = timedelta(days=400)
MOST = 200


@dataclass(frozen=True)
class Gap:
    """From when to when nobody is on duty in a queue, within the days that are looked at."""

    queue: str
    starts_at: datetime
    ends_at: datetime


def may_be_on_duty(user: User) -> bool:
    """Whoever sees tickets; somebody disabled or of another role never is."""
    return user.is_active and Permission.VIEW_QUEUE in GRANTS[Role(user.role)]


def on_duty(session: Session, queue: str, at: datetime) -> list[User]:
    """Everybody on duty in a queue at a moment."""
    shifts = (
        select(User)
        .join(DutyShift, DutyShift.user_id == User.id)
        .where(
            DutyShift.starts_at <= at,
            DutyShift.ends_at > at,
            or_(DutyShift.queue == queue, DutyShift.queue.is_(None)),
        )
        .order_by(User.name_key)
    )
    found = [user for user in session.scalars(shifts) if may_be_on_duty(user) and queue in user.queues]
    return list(dict.fromkeys(found))


def leads_of(session: Session, queue: str) -> list[User]:
    """Every active lead of a queue."""
    roles = [role.value for role in roles_with(Permission.DECIDE)]
    people = session.scalars(select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key))
    return [user for user in people if queue in user.queues]


def gaps(session: Session, queues: Sequence[str], now: datetime, ahead: timedelta = AHEAD) -> list[Gap]:
    """The first time within the next days when nobody is on duty, for each queue that has one. One query."""
    until = now + ahead
    rows = session.execute(
        select(DutyShift, User)
        .join(User, User.id == DutyShift.user_id)
        .where(DutyShift.ends_at > now, DutyShift.starts_at < until)
        .order_by(DutyShift.starts_at, DutyShift.id)
    ).all()
    found = []
    for queue in queues:
        spans = [
            (shift.starts_at, shift.ends_at)
            for shift, user in rows
            if shift.queue in (queue, None) and may_be_on_duty(user) and queue in user.queues
        ]
        gap = _first_gap(spans, now, until)
        if gap is not None:
            found.append(Gap(queue, *gap))
    return found


def _first_gap(
    spans: Sequence[tuple[datetime, datetime]], now: datetime, until: datetime
) -> tuple[datetime, datetime] | None:
    """`spans` in the order of their starts."""
    covered = now
    for starts_at, ends_at in spans:
        if starts_at > covered:
            return covered, starts_at
        covered = max(covered, ends_at)
    return (covered, until) if covered < until else None


@dataclass(frozen=True)
class OnRota:
    """A shift and whose it is."""

    shift: DutyShift
    user: User

    @property
    def counts(self) -> bool:
        """Whether the person can be on duty now; a shift of somebody disabled counts as empty."""
        return may_be_on_duty(self.user)


@dataclass(frozen=True)
class RotaPage:
    items: Sequence[OnRota]
    next_cursor: str | None


def page(session: Session, queues: Sequence[str], since: datetime, cursor: str = "", limit: int = MOST) -> RotaPage:
    """The shifts of these queues that end after a moment, the earliest first.

    Raises:
        InvalidError: the cursor is no shift's id.
    """
    mine = or_(DutyShift.queue.in_(queues), DutyShift.queue.is_(None))
    query = select(DutyShift, User).join(User, User.id == DutyShift.user_id).where(DutyShift.ends_at > since, mine)
    if cursor:
        place = _place(session, cursor)
        query = query.where(tuple_(DutyShift.starts_at, DutyShift.id) > tuple_(*place))
    rows = session.execute(query.order_by(DutyShift.starts_at, DutyShift.id).limit(limit + 1)).all()
    found, more = [OnRota(*row) for row in rows[:limit]], len(rows) > limit
    return RotaPage(found, str(found[-1].shift.id) if more else None)


def _place(session: Session, cursor: str) -> tuple[datetime, uuid.UUID]:
    try:
        shift = session.get(DutyShift, uuid.UUID(cursor))
    except ValueError:
        shift = None
    if shift is None:
        raise InvalidError([Fault("cursor", "invalid", "请用上一页给出的 next_cursor")])
    return shift.starts_at, shift.id


def queues_kept_by(own: Sequence[str]) -> tuple[str, ...]:
    """Whose rota a person keeps: of the own queues; administrators, who have none, of all."""
    return tuple(own) or tuple(kind.value for kind in TicketKind)


def people_for(session: Session, queues: Sequence[str]) -> list[User]:
    """Who can be on duty in one of these queues."""
    roles = [role.value for role in roles_with(Permission.VIEW_QUEUE)]
    people = session.scalars(select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key))
    return [user for user in people if set(queues) & set(user.queues)]


def add_shift(
    session: Session, actor: Actor, queues: Sequence[str], *, username: str, queue: str | None,
    starts_at: datetime | None, ends_at: datetime | None,
) -> OnRota:  # fmt: skip
    """Put a person on the rota.

    Args:
        queues: those whose rota the actor keeps. queue: None: every queue that the person has.

    Raises:
        InvalidError: every fault at once.
    """
    user = session.scalars(select(User).where(User.name_key == name_key(username))).first()
    faults = [*_person_faults(user, queue, queues), *_time_faults(starts_at, ends_at)]
    if faults:
        raise InvalidError(faults)
    assert user is not None and starts_at is not None and ends_at is not None  # noqa: S101
    shift = DutyShift(user_id=user.id, queue=queue, starts_at=starts_at, ends_at=ends_at)
    session.add(shift)
    session.flush()
    _record(session, Tag.SHIFT_ADDED, actor, shift, user)
    return OnRota(shift, user)


def remove_shift(session: Session, actor: Actor, queues: Sequence[str], shift_id: uuid.UUID, version: int) -> None:
    """Take a shift out; one that has begun ends now, so that the rota still says who was on duty.

    Raises:
        NotFoundError: no such shift in these queues. ConflictError: it is over, or was changed meanwhile.
    """
    shift = session.get(DutyShift, shift_id, with_for_update=True)
    if shift is None or (shift.queue is not None and shift.queue not in queues):
        raise NotFoundError("没有找到这个班次，可能已经删除")
    now = clock.now()
    if shift.version != version or shift.ends_at <= now:
        raise ConflictError("这个班次已经结束或改过，请刷新后核对")
    _record(session, Tag.SHIFT_REMOVED, actor, shift, session.get_one(User, shift.user_id))
    if shift.starts_at < now:
        shift.ends_at, shift.version = now, shift.version + 1
    else:
        session.delete(shift)


def _person_faults(user: User | None, queue: str | None, queues: Sequence[str]) -> list[Fault]:
    faults = []
    if queue is not None and queue not in queues:
        faults.append(Fault("queue", "invalid", "请选择您负责的队列"))
    if user is None or not may_be_on_duty(user):
        faults.append(Fault("user", "required", "请选择值班的人，停用的人不能值班"))
    elif not set(user.queues) & set(queues) or (queue in queues and queue not in user.queues):
        faults.append(Fault("user", "invalid", "这个人不在这个队列，请换一个人或换一个队列"))
    return faults


def _time_faults(starts_at: datetime | None, ends_at: datetime | None) -> list[Fault]:
    now, faults = clock.now(), []
    if starts_at is None:
        faults.append(Fault("starts_at", "required", "请填写值班从什么时候开始"))
    elif starts_at > now + FARTHEST:
        faults.append(Fault("starts_at", "too_far", f"最多排到 {FARTHEST.days} 天以后"))
    if ends_at is None:
        faults.append(Fault("ends_at", "required", "请填写值班到什么时候结束"))
    elif ends_at <= now:
        faults.append(Fault("ends_at", "in_past", "结束时间要在现在以后"))
    elif starts_at is not None and ends_at <= starts_at:
        faults.append(Fault("ends_at", "invalid", "结束时间要在开始时间以后"))
    elif starts_at is not None and ends_at - starts_at > LONGEST:
        faults.append(Fault("ends_at", "too_far", f"一个班次最多 {LONGEST.days} 天，更长的请分开填"))
    return faults


def _record(session: Session, tag: Tag, actor: Actor, shift: DutyShift, user: User) -> None:
    trail.record(
        session,
        tag,
        actor,
        particulars={
            "person": user.username,
            "queue": shift.queue,
            "since": clock.in_china(shift.starts_at).isoformat(timespec="minutes"),
            "until": clock.in_china(shift.ends_at).isoformat(timespec="minutes"),
        },
    )
