"""Counts attempts in fixed windows, in the database, so that limits hold across restarts and replicas."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, text
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import AttemptCounter
from portal.addresses import limited
from portal.db import Database, UtcDateTime
from portal.errors import TooManyRequestsError
from portal.sensitive_text.finder import SpanKind, find_spans


@dataclass(frozen=True)
class RateLimit:
    """At most `most` attempts in a window of `minutes`."""

    purpose: str
    most: int
    minutes: int

    def key(self, subject: str) -> str:
        """The counter's key for one subject (a folded name, an address, a ticket number)."""
        subject = limited(subject)
        is_secret = any(span.kind is SpanKind.ID_NUMBER for span in find_spans(subject))
        return f"{self.purpose}|{anonymous_key(subject) if is_secret else subject}"[:120]


def anonymous_key(subject: str) -> str:
    """The counter key for text that matches no user or ticket: it may be a secret typed into the wrong field.

    One of 4096 hashes: enough to count attempts, too few to recover the text (SECURITY D-9).
    """
    return "?" + hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()[:3]


def blocked_until(session: Session, limit: RateLimit, subject: str) -> datetime | None:
    """When the subject may try again; None if it may now."""
    row = session.get(AttemptCounter, limit.key(subject), populate_existing=True)
    if row is None or row.window_ends_at <= clock.now() or row.count < limit.most:
        return None
    return row.window_ends_at


def ensure_room(database: Database, limit: RateLimit, subject: str, sentence: str) -> None:
    """Refuse a subject that has used up its attempts.

    Args:
        sentence: Chinese, with `{at}` for the time of day from which it may try again.

    Raises:
        TooManyRequestsError: with the seconds to wait.
    """
    with database.read() as session:
        until = blocked_until(session, limit, subject)
    if until is not None:
        seconds = max(1, round((until - clock.now()).total_seconds()))
        raise TooManyRequestsError(sentence.format(at=f"{clock.in_china(until):%H:%M}"), seconds)


_COUNT = text(
    """
    INSERT INTO attempt_counters (key, count, window_ends_at) VALUES (:key, 1, :ends_at)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN attempt_counters.window_ends_at <= :now THEN 1 ELSE attempt_counters.count + 1 END,
        window_ends_at = CASE WHEN attempt_counters.window_ends_at <= :now
                         THEN excluded.window_ends_at ELSE attempt_counters.window_ends_at END
    RETURNING count
    """
).bindparams(bindparam("ends_at", type_=UtcDateTime()), bindparam("now", type_=UtcDateTime()))


def count(session: Session, limit: RateLimit, subject: str) -> int:
    """Add one attempt and return the number in the current window."""
    now = clock.now()
    ends_at = now + timedelta(minutes=limit.minutes)
    return session.execute(_COUNT, {"key": limit.key(subject), "ends_at": ends_at, "now": now}).scalar_one()


def clear(session: Session, limit: RateLimit, subject: str) -> None:
    """Reset the attempts after a success; also deletes windows that ended more than a day ago."""
    session.execute(delete(AttemptCounter).where(AttemptCounter.key == limit.key(subject)))
    session.execute(delete(AttemptCounter).where(AttemptCounter.window_ends_at < clock.now() - timedelta(days=1)))
