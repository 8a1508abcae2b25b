"""The times of a case, in the working time of the policy that is valid now (REQUIREMENTS F7, DESK 5.2)."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies

SOLUTION_DAYS = 3  # working days from 成立 (REQUIREMENTS F7)
HANDLER_MINUTES = 60  # working minutes until a manager has named the handler, ours
INVESTIGATION_DAYS = 3  # working days, at most, ours
CONFIRMATION_DAYS = 3  # working days until an answer without a word is 未确认
REVIEW = timedelta(days=30)  # from the answer, ours
FOLLOW_UP = timedelta(days=3)  # after the answer
UNREACHED = timedelta(days=7)  # from 未能联系到您 until the case goes on without a word, ours
TRIES, TRY_DAYS = 3, 2
NEAR = 0.8  # of the solution's time


def days_later(session: Session, moment: datetime, days: int) -> datetime:
    return policies.working_time_at(session, moment).add_days(moment, days)


def working_time(session: Session) -> WorkingTime:
    """Of the policy that is valid now; a list loads it once."""
    return policies.working_time_at(session, clock.now())


def handler_due(time: WorkingTime, received_at: datetime) -> datetime:
    return time.add_minutes(received_at, HANDLER_MINUTES)


def near(begins_at: datetime, due_at: datetime) -> datetime:
    return begins_at + (due_at - begins_at) * NEAR
