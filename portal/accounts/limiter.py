"""Counts attempts in windows, in the database, so that limits hold across restarts and replicas."""

import hashlib
import math
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, text, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import AttemptCounter
from portal.addresses import limited
from portal.db import Database, UtcDateTime
from portal.errors import TooManyRequestsError
from portal.sensitive_text.finder import SpanKind, find_spans


@dataclass(frozen=True)
class RateLimit:
    """At most `most` attempts in a window of `minutes`, which begins with the first one.

    Args:
        is_lock: the attempt that reaches `most` begins a window of full length.
    """

    purpose: str
    most: int
    minutes: int
    is_lock: bool = False

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def key(self, subject: str) -> str:
        """The counter's key for one subject: a folded name, an address, a ticket number, or several joined by `|`."""
        is_secret = any(span.kind is SpanKind.ID_NUMBER for span in find_spans(subject))
        named = anonymous_key(subject) if is_secret else "|".join(map(limited, subject.split("|")))
        return f"{self.purpose}|{named}"[:120]


Limited = Sequence[tuple[RateLimit, str]]


def anonymous_key(subject: str) -> str:
    """The counter key for text that matches no user or ticket: it may be a secret typed into the wrong field.

    One of 4096 hashes: enough to count attempts, too few to recover the text (SECURITY D-9).
    """
    return "?" + hashlib.sha256(subject.encode(errors="surrogatepass")).hexdigest()[:3]


def blocked_until(session: Session, limit: RateLimit, subject: str, under_way: int = 0) -> datetime | None:
    """When the subject may try again; None if it may now.

    Args:
        under_way: attempts that are not counted yet.
    """
    row = session.get(AttemptCounter, limit.key(subject), populate_existing=True)
    now = clock.now()
    if row is None or row.window_ends_at <= now or not clock.ends_within(row.window_ends_at, limit.length, now):
        return now + timedelta(seconds=1) if under_way >= limit.most else None
    return row.window_ends_at if row.count + under_way >= limit.most else None


def ensure_room(database: Database, limit: RateLimit, subject: str, sentence: str, or_call: str = "") -> None:
    """Refuse a subject that has used up its attempts.

    Args:
        sentence: Chinese, with `{at}` for the time of day from which it may try again.
        or_call: the end of the sentence, as it is (`Settings.or_call`).

    Raises:
        TooManyRequestsError: with the seconds to wait.
    """
    with database.read() as session:
        until = blocked_until(session, limit, subject)
    if until is not None:
        raise too_many(until, sentence, or_call)


def too_many(until: datetime, sentence: str, or_call: str = "") -> TooManyRequestsError:
    """The refusal until that moment, in the words of `ensure_room`. Who comes at the minute that it names is let in."""
    seconds = max(1, math.ceil((until - clock.now()).total_seconds()))
    minute = until.replace(second=0, microsecond=0)
    at = minute if minute == until else minute + timedelta(minutes=1)
    return TooManyRequestsError(sentence.format(at=f"{clock.in_china(at):%H:%M}") + or_call, seconds)


@contextmanager
def guess(database: Database, limited: Limited) -> Iterator[datetime | None]:
    """One guess under way; yields until when its subjects must wait, None if it may be judged.

    A guess is counted only when it was wrong, so that a right one writes nothing. Until then this process counts it in
    memory: guesses sent at once get no more looks than guesses sent one after the other.
    """
    keys = [limit.key(subject) for limit, subject in limited]
    with _lock:
        earlier = [_under_way[key] for key in keys]
        _under_way.update(keys)
    try:
        with database.read() as session:
            ends = [
                blocked_until(session, limit, subject, others)
                for (limit, subject), others in zip(limited, earlier, strict=True)
            ]
        yield max((end for end in ends if end is not None), default=None)
    finally:
        with _lock:
            _under_way.subtract(keys)
            for key in keys:
                if not _under_way[key]:
                    del _under_way[key]


_lock = threading.Lock()
_under_way: Counter[str] = Counter()

_COUNT = text(
    """
    INSERT INTO attempt_counters (key, count, window_ends_at) VALUES (:key, 1, :ends_at)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN attempt_counters.window_ends_at <= :now OR attempt_counters.window_ends_at > :latest
                THEN 1 ELSE attempt_counters.count + 1 END,
        window_ends_at = CASE WHEN attempt_counters.window_ends_at <= :now
                              OR attempt_counters.window_ends_at > :latest
                              OR attempt_counters.count + 1 = :lock_at
                         THEN excluded.window_ends_at ELSE attempt_counters.window_ends_at END
    RETURNING count
    """
).bindparams(*(bindparam(name, type_=UtcDateTime()) for name in ("ends_at", "now", "latest")))


def count(session: Session, limit: RateLimit, subject: str) -> int:
    """Add one attempt and return the number in the current window, in one statement."""
    now = clock.now()
    values = {
        "key": limit.key(subject),
        "now": now,
        "ends_at": now + limit.length,
        "latest": clock.latest_end(limit.length, now),
        "lock_at": limit.most if limit.is_lock else 0,
    }
    return session.execute(_COUNT, values).scalar_one()


def attempts(session: Session, limit: RateLimit, subject: str) -> int:
    """The attempts in the current window."""
    row = session.get(AttemptCounter, limit.key(subject), populate_existing=True)
    return row.count if row is not None and row.window_ends_at > clock.now() else 0


def take_back(session: Session, limit: RateLimit, subject: str) -> None:
    """One attempt less: it was not in vain after all."""
    here = AttemptCounter.key == limit.key(subject)
    session.execute(update(AttemptCounter).where(here, AttemptCounter.count > 0).values(count=AttemptCounter.count - 1))


def window_end(session: Session, limit: RateLimit, subject: str) -> datetime:
    """When the window of a subject ends that was counted just now."""
    return session.get_one(AttemptCounter, limit.key(subject), populate_existing=True).window_ends_at


def clear(session: Session, limit: RateLimit, subject: str) -> bool:
    """Reset the attempts after a success, if any; also deletes windows that ended more than a day ago."""
    here = delete(AttemptCounter).where(AttemptCounter.key == limit.key(subject)).returning(AttemptCounter.key)
    were_some = session.execute(here).first() is not None
    session.execute(delete(AttemptCounter).where(AttemptCounter.window_ends_at < clock.now() - timedelta(days=1)))
    return were_some
