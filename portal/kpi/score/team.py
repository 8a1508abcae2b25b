"""Who was an engineer of which queue in a month, on how many days, and who was there (DESK 6.4, rules 3 and 5).

Accounts hold what counts now; how it was is read backwards from the trail, which says when it was changed.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.availability import FARTHEST
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.calendar import working_days
from portal.calendar.working_days import WorkingDays
from portal.kpi.score.months import Month

_CHANGES = (Tag.USER_CHANGED, Tag.USER_DISABLED, Tag.USER_ENABLED)
_NOON = time(12)


@dataclass(frozen=True)
class Standing:
    """What a person was from a moment on, until the next one."""

    since: datetime
    role: str
    queues: tuple[str, ...]
    is_active: bool


@dataclass(frozen=True)
class Absence:
    """As it was set at a moment: away from one moment until another; without a beginning, there again."""

    set_at: datetime
    begins: datetime | None
    ends: datetime | None


@dataclass(frozen=True)
class Member:
    """One person in a month. `days`: as an engineer, by queue. `present`: working days on which they were there."""

    user_id: uuid.UUID
    days: Mapping[str, int] = field(default_factory=dict)
    present: int = 0

    def queues(self, least: int = 1) -> list[str]:
        return sorted(queue for queue, count in self.days.items() if count >= least)


def of_month(session: Session, month: Month) -> list[Member]:
    """Everybody who was an engineer on a day of the month, absent ones included."""
    users = session.scalars(select(User).where(User.created_at < month.ends_at)).all()
    changes, absences = _changes(session, month), _absences(session, month)
    calendar, members = working_days.load(session), []
    for user in users:
        known = [Absence(user.created_at, None, None), *absences.get(user.username, ())]
        if len(known) == 1 and user.away_from is not None:
            known.append(Absence(user.created_at, user.away_from, user.away_until))
        lives = standings(user, changes.get(user.username, ()))
        member = member_of(user.id, month, lives, known, calendar)
        if member.days:
            members.append(member)
    return sorted(members, key=lambda member: member.user_id)


def standings(user: User, changes: Iterable[AuditEvent]) -> list[Standing]:
    """Oldest first, undone from what the account says now. `changes`: the newest first."""
    now = Standing(user.created_at, user.role, tuple(user.queues), user.is_active)
    found: list[Standing] = []
    for change in changes:
        found.append(replace(now, since=change.at))
        now = _undone(now, change)
    return [*reversed([*found, now])]


def member_of(
    user_id: uuid.UUID,
    month: Month,
    lives: Sequence[Standing],
    absences: Sequence[Absence],
    calendar: WorkingDays,
) -> Member:
    """Pure: counted at noon of each day."""
    days: dict[str, int] = {}
    present = 0
    for day in month.days:
        noon = datetime.combine(day, _NOON, clock.CHINA)
        at_work = next((life for life in reversed(lives) if life.since <= noon), None)
        if at_work is None or not at_work.is_active or at_work.role != Role.ENGINEER.value:
            continue
        for queue in at_work.queues:
            days[queue] = days.get(queue, 0) + 1
        present += at_work.queues != () and calendar.is_working(day) and not _is_away(absences, noon)
    return Member(user_id, days, present)


def _is_away(absences: Sequence[Absence], at: datetime) -> bool:
    """What was set later replaced what had not ended by then, and what was past by then stays true."""
    for place, absence in enumerate(absences):
        until = absence.ends
        if place + 1 < len(absences):
            replaced = absences[place + 1].set_at
            until = replaced if until is None else min(until, replaced)
        if absence.begins is not None and absence.begins <= at and (until is None or at < until):
            return True
    return False


def _undone(now: Standing, change: AuditEvent) -> Standing:
    told = change.particulars or {}
    if change.tag == Tag.USER_CHANGED:
        role, queues = told.get("former_role", now.role), told.get("former_queues", now.queues)
        return replace(now, role=str(role), queues=tuple(queues))
    return replace(now, is_active=change.tag == Tag.USER_DISABLED)


def _changes(session: Session, month: Month) -> dict[str, list[AuditEvent]]:
    rows = _rows(session, _CHANGES, month.begins_at)
    found: dict[str, list[AuditEvent]] = {}
    for row in reversed(rows):
        found.setdefault(str((row.particulars or {}).get("username")), []).append(row)
    return found


def _absences(session: Session, month: Month) -> dict[str, list[Absence]]:
    """Those that can reach into the month, oldest first."""
    found: dict[str, list[Absence]] = {}
    for row in _rows(session, (Tag.ABSENCE_SET,), month.begins_at - FARTHEST - timedelta(days=1)):
        told = row.particulars or {}
        absence = Absence(row.at, _moment(told.get("away_from")), _moment(told.get("away_until")))
        found.setdefault(str(told.get("username")), []).append(absence)
    return found


def _rows(session: Session, tags: Sequence[Tag], since: datetime) -> Sequence[AuditEvent]:
    wanted = [tag.value for tag in tags]
    query = select(AuditEvent).where(AuditEvent.tag.in_(wanted), AuditEvent.is_success, AuditEvent.at >= since)
    return session.scalars(query.order_by(AuditEvent.seq)).all()


def _moment(said: object) -> datetime | None:
    return datetime.fromisoformat(said) if isinstance(said, str) else None


def working_days_after(calendar: WorkingDays, day: date, count: int) -> date:
    """The last of so many working days after a day."""
    for _ in range(count):
        day = calendar.next_working(day)
    return day
