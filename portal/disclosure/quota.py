"""How many accesses one person has per hour, values and screenshots together, and who is alerted (SECURITY D-6)."""

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import PortalError, TooManyRequestsError
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime

_MINUTES = 60


def count_access(session: Session, runtime: Runtime, actor: Actor, ticket_number: str) -> TooManyRequestsError | None:
    """Count one access of this person; returns the error to raise after the commit if it exceeds the quota.

    The hour begins with its first access. The counter's row stays locked until the commit, so that replicas agree. The
    first access over the quota alerts the leads, once per hour: a trail row and a message in the outbox.
    """
    if not runtime.settings.reveals_per_hour:
        return None
    limit = _limit(runtime)
    count = limiter.count(session, limit, str(actor.user_id))
    if count <= limit.most:
        return None
    if count == limit.most + 1:
        trail.record(
            session,
            Tag.REVEAL_ALARM,
            actor,
            ticket_number=ticket_number,
            particulars={"hourly_limit": limit.most},
            is_success=False,
        )
        outbox.add(session, Event.REVEAL_ALARM, ticket_number)
    until = limiter.blocked_until(session, limit, str(actor.user_id)) or clock.now()
    seconds = max(1, round((until - clock.now()).total_seconds()))
    return TooManyRequestsError(
        f"您这一小时查看敏感信息和附图已满 {limit.most} 次，已通知主管。请 {clock.in_china(until):%H:%M} 后再试",
        seconds,
    )


def has_room(session: Session, runtime: Runtime, actor: Actor) -> bool:
    """Whether the quota allows one more access now. Counts nothing."""
    limit = _limit(runtime)
    return not limit.most or limiter.blocked_until(session, limit, str(actor.user_id)) is None


def particulars_of(refusal: PortalError | None) -> Particulars:
    """The particulars that distinguish this refusal in the trail."""
    return {"is_over_quota": True} if isinstance(refusal, TooManyRequestsError) else {}


def _limit(runtime: Runtime) -> RateLimit:
    return RateLimit("reveals", runtime.settings.reveals_per_hour, _MINUTES)
