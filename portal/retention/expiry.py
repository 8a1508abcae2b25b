"""Rows that expire: each room declares which and how they are deleted; the worker's rounds delete them."""

from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.holdings import Expiry, Register
from portal.runtime import Runtime
from portal.settings import Settings
from portal.watch import clock_doubt


def due(session: Session, settings: Settings) -> dict[str, int]:
    """How many rows of each table have expired; tables without any are left out."""
    now = clock.now()
    counted = {
        held.table: session.scalar(select(func.count()).select_from(held.model).where(_is_over(expiry, settings, now)))
        or 0
        for held, expiry in Register.of(session.info).expiring()
    }
    return _some(counted)


def sweep(runtime: Runtime) -> dict[str, int]:
    """Delete expired rows; returns how many rows of which table. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    expiring = list(Register.of(runtime.database.session_info).expiring())
    counts = {held.table: expiry.sweep(runtime) for held, expiry in expiring if expiry.sweep}
    now = clock.now()
    with runtime.database.transaction() as session:
        for held, expiry in expiring:
            if not expiry.sweep:
                is_over = _is_over(expiry, runtime.settings, now)
                counts[held.table] = session.execute(delete(held.model).where(is_over)).rowcount  # type: ignore[attr-defined]
    return _some(counts)


def _is_over(expiry: Expiry, settings: Settings, now: datetime) -> ColumnElement[bool]:
    return expiry.is_set(settings, now) if expiry.is_set else expiry.is_over(now)


def _some(counted: dict[str, int]) -> dict[str, int]:
    return {table: count for table, count in counted.items() if count}
