"""How many accesses one person has per hour, values and screenshots together, and who is alerted (SECURITY D-6).

One value or screenshot counts once in 15 minutes, however often it is opened; the trail has every opening.
"""

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import PortalError, TooManyRequestsError
from portal.notify import notices, outbox
from portal.notify.events import Event
from portal.runtime import Runtime

_MINUTES = 60
_ONE_LOOK = RateLimit("look", 1, 15)


def count_access(
    session: Session, runtime: Runtime, actor: Actor, ticket_number: str, name: str
) -> TooManyRequestsError | None:
    """Count one access of this person; returns the error to raise after the commit if it exceeds the quota.

    `name` is that of the value or screenshot.

    The hour begins with its first access. The counter's row stays locked until the commit, so that replicas agree. The
    first access over the quota alerts the leads, once per hour: a trail row and a message in the outbox.
    """
    if not runtime.settings.reveals_per_hour:
        return None
    limit, look = _limit(runtime), _look(actor, ticket_number, name)
    if limiter.blocked_until(session, _ONE_LOOK, look) is not None:
        return None  # still the same look
    count = limiter.count(session, limit, str(actor.user_id))
    if count <= limit.most:
        limiter.count(session, _ONE_LOOK, look)
        return None
    if count == limit.most + 1:
        trail.record(
            session,
            Tag.REVEAL_ALARM,
            actor,
            ticket_number=ticket_number or None,
            particulars={"hourly_limit": limit.most},
            is_success=False,
        )
        outbox.add(session, Event.REVEAL_ALARM, ticket_number, by=actor.user_id)
    until = limiter.blocked_until(session, limit, str(actor.user_id)) or clock.now()
    seconds = max(1, round((until - clock.now()).total_seconds()))
    told = (
        "，已通知主管" if notices.concerned(session, Event.REVEAL_ALARM, ticket_number, actor.user_id) else "，已记录"
    )
    return TooManyRequestsError(
        f"您这一小时查看敏感信息和附图已满 {limit.most} 次{told}。请 {clock.in_china(until):%H:%M} 后再试",
        seconds,
    )


def has_room(session: Session, runtime: Runtime, actor: Actor, ticket_number: str, name: str) -> bool:
    """Whether the quota allows this access now. Counts nothing."""
    limit = _limit(runtime)
    if not limit.most or limiter.blocked_until(session, limit, str(actor.user_id)) is None:
        return True
    return limiter.blocked_until(session, _ONE_LOOK, _look(actor, ticket_number, name)) is not None


def particulars_of(refusal: PortalError | None) -> Particulars:
    """The particulars that distinguish this refusal in the trail."""
    return {"is_over_quota": True} if isinstance(refusal, TooManyRequestsError) else {}


def _look(actor: Actor, ticket_number: str, name: str) -> str:
    return f"{actor.user_id}:{ticket_number}:{name}"


def _limit(runtime: Runtime) -> RateLimit:
    return RateLimit("reveals", runtime.settings.reveals_per_hour, _MINUTES)
