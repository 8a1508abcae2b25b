"""A notice or table in two steps: what it would change, and a person's confirmation. Nothing that runs is moved."""

import uuid
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.calendar import content, planning, years
from portal.calendar.content import Content, Day
from portal.calendar.models import CalendarImport
from portal.calendar.planning import YearPlan
from portal.db import new_id
from portal.errors import ConflictError, NotFoundError

_STAYS = timedelta(days=1)


def plan_of(session: Session, said: Content) -> YearPlan:
    """What a content would change now. Raises NoticeError."""
    rows = years.days_of(session, said.year - 1, said.year)
    before = {row.day: Day(row.day, row.is_working, row.name) for row in rows}
    by_hand = years.edited_by_hand(session, said.year - 1, said.year)
    return planning.made(said, before, by_hand, years.confirmed(session))


def prepare(session: Session, actor: Actor, text: str, year: int | None) -> tuple[CalendarImport, YearPlan]:
    """Keep what a text says until it is confirmed.

    Raises:
        NoticeError, InvalidError: what does not fit; nothing is kept.
    """
    said = content.read(text, year)
    plan = plan_of(session, said)
    assert actor.user_id is not None  # noqa: S101  (a page or an API call has a person)
    kept = CalendarImport(
        id=new_id(),
        year=said.year,
        content=said.as_json(),
        versions=_versions(session, said.year),
        made_by_id=actor.user_id,
        made_at=clock.now(),
        expires_at=clock.now() + _STAYS,
    )
    session.add(kept)
    return kept, plan


def waiting(session: Session, import_id: uuid.UUID) -> tuple[CalendarImport, YearPlan]:
    """One that can be confirmed, compared with the calendar as it is now.

    Raises:
        NotFoundError, ConflictError: it has expired, or has been confirmed.
    """
    kept = _open(session.get(CalendarImport, import_id))
    return kept, plan_of(session, content.from_json(kept.year, kept.content))


def _open(kept: CalendarImport | None) -> CalendarImport:
    if kept is None or kept.expires_at <= clock.now():
        raise NotFoundError("这份放假安排已经过期，请重新粘贴")
    if kept.confirmed_at is not None:
        raise ConflictError("这份放假安排已经确认过了")
    return kept


def confirm(session: Session, actor: Actor, import_id: uuid.UUID) -> YearPlan:
    """It counts from now on.

    Raises:
        ConflictError: the calendar has changed since the differences were shown.
    """
    kept = _open(session.get(CalendarImport, import_id, with_for_update=True, populate_existing=True))
    years.lock(session, [kept.year - 1, kept.year])
    if any(kept.versions[year] != version for year, version in _versions(session, kept.year).items()):
        raise ConflictError("日历在这期间有变动，还没有确认。请重新粘贴，核对新的差别")
    plan = apply(session, actor, content.from_json(kept.year, kept.content))
    kept.confirmed_at = clock.now()
    return plan


def apply(session: Session, actor: Actor, said: Content) -> YearPlan:
    """Compare, write and record in one transaction."""
    years.lock(session, [said.year - 1, said.year])
    plan = plan_of(session, said)
    years.confirm(session, plan, said.source, actor.user_id)
    facts: trail.Particulars = {"year": said.year, "calendar_days": len(plan.seen), "source": said.source.value}
    trail.record(session, Tag.CALENDAR_CHANGED, actor, particulars=facts)
    return plan


def is_over(now: datetime) -> ColumnElement[bool]:
    """Rows that the sweep deletes."""
    return CalendarImport.expires_at <= now


def _versions(session: Session, year: int) -> dict[str, int]:
    return {str(year): version for year, version in years.versions_of(session, [year - 1, year]).items()}
