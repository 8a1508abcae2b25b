"""When a call-back is due (DESK 4.3): under a day in open minutes, longer terms moved to the next open minute."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies
from portal.follow_up.call_backs.names import Cause

THE_HOUR = timedelta(hours=1)
_UNANSWERED = timedelta(days=3)
_FIRST_CONTACT = timedelta(days=7)
_COMPLAINT = timedelta(days=3)


@dataclass(frozen=True)
class Due:
    """`first` is the unmoved time."""

    at: datetime
    first: datetime

    @property
    def is_moved(self) -> bool:
        """顺延."""
        return self.at != self.first


def of(session: Session, cause: Cause, made_at: datetime, resulted_at: datetime | None = None) -> Due:
    """The term of a cause that has one of its own, by the policy that counts then."""
    policy = policies.at(session, made_at)
    if cause in (Cause.UNHAPPY, Cause.SAMPLED):
        at = policy.open_time(session).add_minutes(made_at, THE_HOUR / timedelta(minutes=1))
        return Due(at, made_at + THE_HOUR)
    if cause is Cause.FIRST_CONTACT:
        return moved(session, made_at + _FIRST_CONTACT, made_at)
    if cause is Cause.COMPLAINT:
        return moved(session, made_at + _COMPLAINT, made_at)
    next_day = policy.time(session).add_days(made_at, 1)
    if cause is Cause.UNANSWERED:
        return moved(session, max((resulted_at or made_at) + _UNANSWERED, next_day), made_at)
    return moved(session, next_day, made_at)


def moved(session: Session, moment: datetime, made_at: datetime) -> Due:
    """A moment, moved to the next open minute if nobody may call then."""
    return Due(policies.at(session, made_at).open_time(session).next_open(moment), moment)


def agreed(moment: datetime) -> Due:
    """A time agreed with the clinic may lie in quiet hours: agreed is agreed (DESK 1.5)."""
    return Due(moment, moment)


def end_of(session: Session, day: date) -> Due:
    """The end of the last open minutes until the end of a day; of a day on which nobody works any more, its end."""
    at = policies.at(session, clock.now()).open_time(session).last_close(day)
    if at <= clock.now():
        at = datetime.combine(day, time(23, 59), clock.CHINA)
    return Due(at, at)
