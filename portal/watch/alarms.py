"""Alarms: conditions that do not hold, since when, with a row of the trail when they begin and when they end."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.db import Database
from portal.watch.models import Alarm


def note(database: Database, names: Iterable[str]) -> None:
    """Keep the alarms with these names, begin those that are new, and end all others."""
    wanted = set(names)
    with database.read() as session:
        if set(session.scalars(select(Alarm.name))) == wanted:
            return
    with database.transaction() as session:
        trail.lock(session)  # several workers notice the same
        known = set(session.scalars(select(Alarm.name)))
        for name in sorted(known - wanted):
            session.execute(delete(Alarm).where(Alarm.name == name))
            trail.record(session, Tag.ALARM_ENDED, SYSTEM, particulars={"alarm": name})
        for name in sorted(wanted - known):
            session.add(Alarm(name=name, since=clock.now()))
            trail.record(session, Tag.ALARM_BEGAN, SYSTEM, particulars={"alarm": name})


def since(session: Session) -> dict[str, datetime]:
    """Every alarm with the time when it was first noticed."""
    return {row.name: row.since for row in session.scalars(select(Alarm))}
