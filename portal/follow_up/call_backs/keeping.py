"""How long the words of call-backs stay that belong to no report: as long as those of a report, from their end.

The words of those about a ticket go with its report, and those about a complaint with its case (DESK 0.8). Levels,
answers 已解决 or not, and dates stay.
"""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, false, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.holdings import Expiry
from portal.occasions import ComplaintDestroyed
from portal.runtime import Runtime
from portal.settings import Settings

_BATCH = 500
_WORDS: dict[str, Any] = {"aspect": "", "wish": "", "suggestion": "", "note": "", "answers": {}}


def is_due(settings: Settings, now: datetime) -> ColumnElement[bool]:
    """Those of no ticket and no complaint that ended so long ago."""
    if not settings.keep_reports_days:
        return false()
    of_neither = CallBack.ticket_id.is_(None) & CallBack.complaint_id.is_(None)
    ended = CallBack.ended_at <= now - timedelta(days=settings.keep_reports_days)
    return of_neither & CallBack.emptied_at.is_(None) & ended


def empty_due(runtime: Runtime) -> int:
    """Batch by batch; returns how many call-backs lost their words."""
    done = 0
    while emptied := runtime.database.run(partial(_empty_some, runtime)):
        done += emptied
    return done


def on_complaint_destroyed(session: Session, occasion: ComplaintDestroyed) -> None:
    _empty(session, list(session.scalars(select(CallBack.id).where(CallBack.complaint_id == occasion.complaint_id))))


def _empty_some(runtime: Runtime, session: Session) -> int:
    due = select(CallBack.id).where(is_due(runtime.settings, clock.now())).limit(_BATCH)
    ids = list(session.scalars(due.with_for_update(skip_locked=True)))
    _empty(session, ids)
    return len(ids)


def _empty(session: Session, ids: list[uuid.UUID]) -> None:
    session.execute(update(CallBackRecord).where(CallBackRecord.call_back_id.in_(ids)).values(**_WORDS))
    session.execute(update(CallBack).where(CallBack.id.in_(ids)).values(asked="", end_note="", emptied_at=clock.now()))


def _never(_: datetime) -> ColumnElement[bool]:
    """`is_due` is asked in its place."""
    return false()


EXPIRY = Expiry(_never, empty_due, is_due)
