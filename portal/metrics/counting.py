"""Counts what happens, per day in China. Counting never makes the act fail that is counted."""

import logging
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from sqlalchemy import Date, bindparam, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database
from portal.errors import PortalError


class Metric(StrEnum):
    """What is counted, and what its key holds."""

    FILED = "filed"  # every report, by channel
    FORM_FILED = "form-filed"  # reports of the clinics' own form, by device
    FORM_CLEAN = "form-clean"  # of these: nothing was refused, by device
    CLEAN_ASKED = "clean-asked"  # of these: the clinic was asked for something later, by device
    ASKED = "asked"  # reports whose clinic was asked for something, on the day of the filing
    MINUTES = "minutes"  # from the first page to the receipt, as `device:minutes`
    REFUSED = "refused"  # refusals of the form, as `field:code`
    PICTURE_REFUSED = "picture-refused"  # refused pictures
    PICTURE_MENDED = "picture-mended"  # of these: a good one followed soon
    SOLVED = "solved"  # results handed to the clinic
    REVEALED = "revealed"  # sensitive values shown
    CONFIRMED = "confirmed"  # the clinic's answer, `yes` or `no`


ClientEvent = tuple[Metric, str]

_COUNT = text(
    "INSERT INTO daily_counts (day, name, key, count) VALUES (:day, :name, :key, 1) "
    "ON CONFLICT (day, name, key) DO UPDATE SET count = daily_counts.count + 1"
).bindparams(bindparam("day", type_=Date()))


def count(session: Session, happenings: Iterable[ClientEvent], day: date | None = None) -> None:
    """Add one to each, in the caller's transaction; `day` is today in China unless it is given."""
    day = day or clock.china_today()
    # Always in the same order: two transactions that count must not wait for each other.
    rows = [{"day": day, "name": figure.value, "key": key[:80]} for figure, key in sorted(happenings)]
    if rows:
        session.connection().execute(_COUNT, rows)


def note(database: Database, happenings: Iterable[ClientEvent]) -> None:
    """Count afterwards, in a transaction of its own; what cannot be counted is lost, and nobody is bothered."""
    try:
        with database.transaction() as session:
            count(session, happenings)
    except (PortalError, SQLAlchemyError):
        logging.getLogger("portal").warning("a figure was not counted")
