"""Daily counts, by day in China. A failure to count never makes the counted act fail."""

import logging
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from sqlalchemy import Date, bindparam, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock
from portal.db import Database, count_later
from portal.errors import PortalError


class Metric(StrEnum):
    """What is counted, and what its key contains."""

    FILED = "filed"  # every report, by channel
    FORM_FILED = "form-filed"  # reports of the clinics' own form, by device
    FORM_CLEAN = "form-clean"  # of these: nothing was refused, by device
    CLEAN_ASKED = "clean-asked"  # of these: the clinic was asked for something later, by device
    ASKED = "asked"  # reports whose clinic was asked for something, on the day of the filing, by channel; before: none
    MINUTES = "minutes"  # from the first page to the receipt, as `device:minutes`
    REFUSED = "refused"  # refusals of the form, as `field:code`
    PICTURE_REFUSED = "picture-refused"  # refused screenshots
    PICTURE_MENDED = "picture-mended"  # of these: an accepted one followed soon
    SOLVED = "solved"  # results handed to the clinic, by queue; rows of before have none
    REVEALED = "revealed"  # sensitive values shown, by queue; rows of before have none
    ASSIGNED = "assigned"  # a lead's assignments at once, by queue; no hand-overs
    SELF_SOLVED = "self-solved"  # 解决了，不用提交 beside an article, by its number: nobody's
    CONFIRMED = "confirmed"  # the clinic's answer, `yes` or `no`


ClientEvent = tuple[Metric, str]

_COUNT = text(
    "INSERT INTO daily_counts (day, name, key, count) VALUES (:day, :name, :key, :change) "
    "ON CONFLICT (day, name, key) DO UPDATE SET count = daily_counts.count + :change"
).bindparams(bindparam("day", type_=Date()))


def count(session: Session, events: Iterable[ClientEvent], day: date | None = None) -> None:
    """Add one to each, in the caller's transaction; `day` defaults to today in China."""
    day = day or clock.china_today()
    for metric, key in events:
        count_later(session, _COUNT, day=day, name=metric.value, key=key[:80])


def note(database: Database, events: Iterable[ClientEvent]) -> None:
    """Count in a separate transaction; a failure only loses the count."""
    try:
        with database.transaction() as session:
            count(session, events)
    except (PortalError, SQLAlchemyError):
        logging.getLogger("portal").warning("a figure was not counted")
