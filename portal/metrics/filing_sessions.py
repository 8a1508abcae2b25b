"""Metrics of one filing: started, refused, corrected, filed, supplement requested (UX 14)."""

import logging
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain

from sqlalchemy import Date, Uuid, bindparam, delete, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database, insert_rows
from portal.errors import Fault, PortalError
from portal.metrics.counting import ClientEvent, Metric, count
from portal.metrics.models import FilingCourse, FilingRefusal

PC, PHONE = "pc", "phone"
# An accepted screenshot corrects refusals that are not older than this (UX 14).
SOON = timedelta(minutes=5)
# Longer filings are counted as this many minutes.
MOST_MINUTES = 60
_LONGEST = timedelta(hours=24)
_MOST_REFUSALS = 50
_KEEP = text(
    "INSERT INTO filing_refusals (draft_id, reason, on_day) VALUES (:draft, :reason, :day) ON CONFLICT DO NOTHING"
).bindparams(bindparam("draft", type_=Uuid()), bindparam("day", type_=Date()))


@dataclass(frozen=True)
class FilingVisit:
    """When the first page was opened, and on which class of device."""

    opened_at: datetime
    device: str


def visit(opened: str, user_agent: str) -> FilingVisit:
    """From the page's hidden field (seconds since 1970) and the user agent; invalid values count as now, on a PC.

    Only the class of device is kept from the user agent.
    """
    now = clock.now()
    is_phone = any(word in user_agent for word in ("Mobi", "Android", "iPhone"))
    opened_at = datetime.fromtimestamp(int(opened), clock.CHINA) if opened.isdecimal() and len(opened) < 12 else now
    is_plausible = now - _LONGEST <= opened_at <= now
    return FilingVisit(opened_at if is_plausible else now, PHONE if is_phone else PC)


def begin(session: Session, draft_id: uuid.UUID, visit: FilingVisit | None) -> None:
    """A draft was started; counts in the caller's transaction."""
    visit = visit or FilingVisit(clock.now(), PC)
    insert_rows(
        session,
        FilingCourse(
            id=draft_id, device=visit.device, is_refused=False, opened_at=visit.opened_at, refusals=[], filed_on=None
        ),
    )


def refused(session: Session, draft_id: uuid.UUID, faults: Sequence[Fault], *, is_picture: bool = False) -> None:
    """The form refused something; counts in the caller's transaction."""
    course = session.get(FilingCourse, draft_id, with_for_update=True)
    if course is not None:
        course.is_refused = True
        if is_picture:
            course.refusals = [*course.refusals, clock.now().isoformat()][-_MOST_REFUSALS:]
    session.flush()
    reasons = {f"{fault.field}:{fault.code}"[:80] for fault in faults}
    if course is not None:
        for reason in sorted(reasons):
            session.execute(_KEEP, {"draft": draft_id, "reason": reason, "day": clock.china_today()})
    events: set[ClientEvent] = {(Metric.REFUSED, reason) for reason in reasons}
    if is_picture:
        events.add((Metric.PICTURE_REFUSED, ""))
    count(session, events)


def note_refused(database: Database, draft_id: uuid.UUID, faults: Sequence[Fault], *, is_picture: bool = False) -> None:
    """Like `refused`, in a separate transaction; a failure only loses the count."""
    if not faults:
        return
    try:
        with database.transaction() as session:
            refused(session, draft_id, faults, is_picture=is_picture)
    except (PortalError, SQLAlchemyError):
        logging.getLogger("portal").warning("a refusal was not counted")


def picture_kept(session: Session, draft_id: uuid.UUID) -> None:
    """A screenshot was accepted: it corrects the refusals of the last minutes, each of them once."""
    course = session.get(FilingCourse, draft_id)
    if course is None or not course.refusals:
        return
    since = clock.now() - SOON
    corrected = sum(datetime.fromisoformat(moment) >= since for moment in course.refusals)
    course.refusals = []
    session.flush()
    for _ in range(corrected):
        count(session, [(Metric.PICTURE_MENDED, "")])


def filed(session: Session, report_id: uuid.UUID, channel: str, now: datetime) -> None:
    """A report was filed; through the form, its filing session ends."""
    events: list[ClientEvent] = [(Metric.FILED, channel)]
    course = session.get(FilingCourse, report_id)
    if course is not None and course.filed_on is None:
        events += _finished(course, now)
        session.flush()
    count(session, events)


def _finished(course: FilingCourse, now: datetime) -> Iterable[ClientEvent]:
    device, opened_at = course.device, course.opened_at or now
    minutes = min(MOST_MINUTES, max(0, int((now - opened_at).total_seconds() // 60)))
    course.filed_on, course.opened_at, course.refusals = clock.in_china(now).date(), None, []
    clean = [] if course.is_refused else [(Metric.FORM_CLEAN, device)]
    return chain([(Metric.FORM_FILED, device), (Metric.MINUTES, f"{device}:{minutes}")], clean)


def asked(session: Session, report_id: uuid.UUID, channel: str, filed_on: date) -> None:
    """The first request for information. It counts on the day of the filing, whose quality it measures."""
    course = session.get(FilingCourse, report_id)
    events: list[ClientEvent] = [(Metric.ASKED, channel)]
    if course is not None and not course.is_refused:
        events.append((Metric.CLEAN_ASKED, course.device))
    count(session, events, filed_on)


def forget(session: Session, draft_id: uuid.UUID) -> None:
    """The draft was deleted without being filed."""
    unfiled = delete(FilingCourse).where(FilingCourse.id == draft_id, FilingCourse.filed_on.is_(None))
    if session.execute(unfiled.returning(FilingCourse.id)).first() is not None:
        session.execute(delete(FilingRefusal).where(FilingRefusal.draft_id == draft_id))
