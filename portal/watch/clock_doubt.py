"""Doubts the server's clock: what cannot be undone waits while the clock stands far from the last trusted moment.

Every round of the worker moves the trusted moment along with the clock. A clock that leaps, ahead or back, loses that
trust, and so does one after a long power-off: nobody can tell the two apart. It is trusted again

- at once, when it is put right;
- when somebody confirms it;
- by itself after running steadily for a tenth of the gap (half an hour to four hours), if the gap is at most 31 days.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, text
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database, UtcDateTime
from portal.errors import PortalError
from portal.sentences import SENTENCES, said
from portal.watch.models import ClockMark

AHEAD = timedelta(hours=1)
BACK = timedelta(minutes=5)
LONGEST_GAP = timedelta(days=31)
SHORTEST_STEADY, LONGEST_STEADY = timedelta(minutes=30), timedelta(hours=4)
_WRITTEN_EVERY = timedelta(seconds=30)
_ID = 1
_FIRST = text(
    "INSERT INTO clock_marks (id, trusted_at, seen_at) VALUES (:id, :at, :at) ON CONFLICT (id) DO NOTHING"
).bindparams(bindparam("at", type_=UtcDateTime))
_logger = logging.getLogger("portal.clock")


class ClockDoubtedError(PortalError):
    """Nothing was done that cannot be undone, because the time may be wrong."""

    status = 503


@dataclass(frozen=True)
class Doubt:
    """The clock says `now`, the last trusted moment was `trusted_at`; `heals_at` is None if only a person can tell."""

    now: datetime
    trusted_at: datetime
    heals_at: datetime | None

    @property
    def sentence(self) -> str:
        """For operators, in both languages."""
        return said("clock_doubted", **self._moments())

    @property
    def chinese(self) -> str:
        """For pages."""
        return SENTENCES["clock_doubted"][0].format(**self._moments())

    def _moments(self) -> dict[str, str]:
        moments = {"now": self.now, "trusted": self.trusted_at}
        return {name: clock.staff_time(moment) for name, moment in moments.items()}


def doubted(session: Session) -> Doubt | None:
    """Whether the clock is doubted now; changes nothing."""
    mark = session.get(ClockMark, _ID)
    trusted_at = mark.trusted_at if mark else _newest_row(session)
    now = clock.now()
    if trusted_at is None or _agree(trusted_at, now):
        return None
    return Doubt(now, trusted_at, _heals_at(mark, trusted_at, now))


def ensure_trusted(database: Database) -> None:
    """Before anything that cannot be undone.

    Raises:
        ClockDoubtedError: the clock is doubted.
    """
    with database.read() as session:
        doubt = doubted(session)
    if doubt:
        raise ClockDoubtedError(doubt.sentence)


def beat(database: Database) -> Doubt | None:
    """Moves the trusted moment along with the clock, or notes how long a doubted clock has run steadily."""
    now = clock.now()
    with database.read() as session:
        mark, doubt = session.get(ClockMark, _ID), doubted(session)
    if mark and not doubt and mark.steady_from is None and abs(now - mark.trusted_at) < _WRITTEN_EVERY:
        return None
    with database.transaction() as session:
        _move(session, now)
        return doubted(session)


def confirm(session: Session, actor: Actor) -> datetime:
    """A person says that the clock is right; returns the moment that is trusted now."""
    now = clock.now()
    mark = _locked(session, now)
    particulars: Particulars = {
        "trusted": mark.trusted_at.isoformat(timespec="seconds"),
        "now": now.isoformat(timespec="seconds"),
    }
    mark.trusted_at, mark.steady_from, mark.seen_at = now, None, now
    trail.record(session, Tag.CLOCK_CONFIRMED, actor, particulars=particulars)
    return now


def trust_for_samples(database: Database) -> None:
    """Takes the present moment for the trusted one, wherever it was: for sample data in a new installation only."""
    now = clock.now()
    with database.transaction() as session:
        mark = _locked(session, now)
        mark.trusted_at, mark.steady_from, mark.seen_at = now, None, now


def moment_for_numbers(session: Session) -> datetime:
    """Now; while the clock is doubted, the last trusted moment: a number never names a month that may be wrong."""
    doubt = doubted(session)
    return doubt.trusted_at if doubt else clock.now()


def _move(session: Session, now: datetime) -> None:
    mark = _locked(session, now)
    if _agree(mark.trusted_at, now):
        mark.trusted_at, mark.steady_from, mark.seen_at = max(now, mark.trusted_at), None, now
        return
    if mark.steady_from is None or not _agree(mark.seen_at, now):
        mark.steady_from = now
        _logger.error("%s", Doubt(now, mark.trusted_at, None).sentence)
    mark.seen_at = now
    heals_at = _heals_at(mark, mark.trusted_at, now)
    if heals_at is not None and heals_at <= now:
        mark.trusted_at, mark.steady_from = now, None
        _logger.warning("%s", said("clock_trusted", now=clock.staff_time(now)))


def _heals_at(mark: ClockMark | None, trusted_at: datetime, now: datetime) -> datetime | None:
    began = mark.steady_from if mark and mark.steady_from and _agree(mark.seen_at, now) else now
    gap = abs(began - trusted_at)
    if gap > LONGEST_GAP:
        return None
    return began + min(LONGEST_STEADY, max(SHORTEST_STEADY, gap / 10))


def _agree(earlier: datetime, now: datetime) -> bool:
    return -BACK <= now - earlier <= AHEAD


def _locked(session: Session, now: datetime) -> ClockMark:
    mark = session.get(ClockMark, _ID, with_for_update=True)
    if mark is None:
        session.execute(_FIRST, {"id": _ID, "at": _newest_row(session) or now})
        mark = session.get_one(ClockMark, _ID, with_for_update=True)
    return mark


def _newest_row(session: Session) -> datetime | None:
    """The second opinion of a database that has never noted a trusted moment."""
    return session.scalar(select(AuditEvent.at).order_by(AuditEvent.seq.desc()).limit(1))
