"""A clinic's access to its ticket by number and query code: view, supplement, confirm (CONTRACT 5)."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import PortalError
from portal.runtime import Runtime
from portal.tickets import numbering, queries
from portal.tickets.models import Ticket

# Failed attempts only; a number is guarded against many addresses, an address against trying many numbers.
ADDRESS_LIMIT = RateLimit("track-address", most=20, minutes=15, is_lock=True)
NUMBER_LIMIT = RateLimit("track-number", most=100, minutes=15, is_lock=True)
_TOO_MANY = "尝试次数过多，请在 {at} 以后再试，或拨打服务电话"
WRONG = "编号或查询码不对，请对照回执核对"


class Tracked(Protocol):
    """What a number and a query code open."""

    @property
    def query_code_hash(self) -> str:
        """The stored hash of the code."""


_Tracked = TypeVar("_Tracked", bound=Tracked)


def find(runtime: Runtime, actor: Actor, number: str, code: str) -> Ticket:
    """The ticket for a number and its query code.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many failed attempts.
    """
    return opened_by_code(runtime, actor, number, code, queries.by_number)


def opened_by_code(
    runtime: Runtime, actor: Actor, number: str, code: str, find_record: Callable[[Session, str], _Tracked | None]
) -> _Tracked:
    """What `find_record` finds under a number, if the query code is right; other number series have the same limits.

    A wrong code to a known number is a row of the trail.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code.
        TooManyRequestsError: too many failed attempts.
    """
    number = numbering.normal_number(number)
    limits = ((ADDRESS_LIMIT, actor.address), (NUMBER_LIMIT, number))
    with limiter.guess(runtime.database, limits) as until:
        if until is not None:
            raise limiter.too_many(until, _TOO_MANY)
        with runtime.database.read() as session:
            record = find_record(session, number)
        expected = record.query_code_hash if record else "0" * 64
        if numbering.is_code(runtime.vault, code, expected) and record is not None:
            return record
        with runtime.database.transaction() as session:
            is_over = [limiter.count(session, limit, subject) > limit.most for limit, subject in limits]
            if record is not None:  # how many a person can leave is limited above
                trail.record(session, Tag.TRACK_REFUSED, actor, ticket_number=number, is_success=False)
    if any(is_over):  # other processes have used up the rest meanwhile: this guess gets no answer
        raise limiter.too_many(clock.now() + limits[0][0].length, _TOO_MANY)
    raise PortalError(WRONG, 404)
