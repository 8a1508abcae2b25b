"""A clinic's access to its ticket by number and query code: view, supplement, confirm (CONTRACT 5)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.known_browsers import Browser
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import PortalError, TooManyRequestsError
from portal.runtime import Runtime
from portal.tickets import lookup, numbering
from portal.tickets.models import Ticket
from portal.tracking import receipt_reader

# Failed attempts only. A place is an address, or a browser in which the ticket was opened before: that one is stopped
# by nobody's slips but its own. An address is stopped for many numbers in vain: a county may stand behind it.
PLACE_LIMIT = RateLimit("track-place", most=10, minutes=15, is_lock=True)
ADDRESS_LIMIT = RateLimit("track-address", most=20, minutes=15, is_lock=True)
NUMBER_LIMIT = RateLimit("track-number", most=100, minutes=15, is_lock=True)
OPENED = "opened ticket"  # what the cookie of a known browser remembers
_WAIT = "尝试次数过多，请在 {at} 以后再试"
WRONG = "编号或查询码不对，请对照回执核对"


class Tracked(Protocol):
    """What a number and a query code open."""

    @property
    def id(self) -> uuid.UUID: ...

    @property
    def query_code_hash(self) -> str: ...


_Tracked = TypeVar("_Tracked", bound=Tracked)


def find(runtime: Runtime, actor: Actor, number: str, code: str, browser: Browser | None = None) -> Ticket:
    """The ticket for a number and its query code, written in any way that the reader of receipts knows.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many failed attempts.
    """
    return opened_by_code(runtime, actor, number, code, lookup.by_number, browser)


def opened_by_code(
    runtime: Runtime,
    actor: Actor,
    number: str,
    code: str,
    find_record: Callable[[Session, str], _Tracked | None],
    browser: Browser | None = None,
) -> _Tracked:
    """What `find_record` finds under a number, if the query code is right; other number series have the same limits.

    A wrong code to a known number is a row of the trail.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many failed attempts.
    """
    number, code = receipt_reader.number_and_code(number, code)
    number = numbering.normal_number(number)
    with runtime.database.read() as session:
        record = find_record(session, number)
    limits = _limits(actor, number, record, browser)
    with limiter.guess(runtime.database, limits) as until:
        if until is not None:
            raise _too_many(runtime, until)
        expected = record.query_code_hash if record else "0" * 64
        if numbering.is_code(runtime.vault, code, expected) and record is not None:
            _forgive(runtime, limits)
            return record
        with runtime.database.transaction() as session:
            is_over = _count(session, limits)
            if record is not None:  # how many a person can leave is limited above
                trail.record(session, Tag.TRACK_REFUSED, actor, ticket_number=number, is_success=False)
    if is_over:  # other processes have used up the rest meanwhile: this guess gets no answer
        raise _too_many(runtime, clock.now() + PLACE_LIMIT.length)
    raise PortalError(WRONG, 404)


def _too_many(runtime: Runtime, until: datetime) -> TooManyRequestsError:
    return limiter.too_many(until, _WAIT, runtime.settings.or_call)


def mark_of(record: Tracked) -> str:
    """What a browser remembers of a ticket that was opened in it; a new query code ends it."""
    return f"{record.id}|{record.query_code_hash}"


def _limits(actor: Actor, number: str, record: Tracked | None, browser: Browser | None) -> limiter.Limited:
    place = browser.place(mark_of(record)) if browser is not None and record is not None else actor.address
    here = (PLACE_LIMIT, f"{number}|{place}")
    return (here,) if place != actor.address else (here, (ADDRESS_LIMIT, actor.address), (NUMBER_LIMIT, number))


def _count(session: Session, limits: limiter.Limited) -> bool:
    """Count a wrong guess; whether it is beyond a limit. An address counts each number once."""
    (limit, subject), *others = limits
    tries = limiter.count(session, limit, subject)
    is_over = tries > limit.most
    for other, named in others:
        if tries == 1 or other is not ADDRESS_LIMIT:
            is_over |= limiter.count(session, other, named) > other.most
    return is_over


def _forgive(runtime: Runtime, limits: limiter.Limited) -> None:
    """The place's slips at this number were not in vain: neither it nor its address keeps them."""
    (limit, subject), *others = limits
    with runtime.database.read() as session:
        if not limiter.attempts(session, limit, subject):
            return
    with runtime.database.transaction() as session:
        if limiter.clear(session, limit, subject):
            for other, named in others:
                if other is ADDRESS_LIMIT:
                    limiter.take_back(session, other, named)
