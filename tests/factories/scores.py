"""A past month of invented work, written as facts, and the drafts made of it."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.db import insert_rows, new_id
from portal.follow_up.models import Rating
from portal.kpi.score import drafting
from portal.kpi.score.models import MonthlyScore, WorkFact
from portal.kpi.score.months import Month
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.reports import file_report

NAMES = ("alice", "bob", "hanna")


def fact(ticket: Ticket, round: int, person: Any, month: Month, **changes: Any) -> WorkFact:
    """A round that went as it should, unless told otherwise."""
    values: dict[str, Any] = {
        "queue": ticket.queue, "channel": "yxt", "request_type": "help", "urgency": 2, "symptom": "error",
        "touch_seconds": 2_400.0, "touch_working_seconds": 1_500.0, "reply_working_seconds": 900.0,
        "ended_on": month.first + timedelta(days=14), "ended_how": "confirmed", "is_confirmed": "yes",
        "first_claimer_id": person, "resolver_id": person, **changes,
    }  # fmt: skip
    return WorkFact(id=new_id(), ticket_id=ticket.id, round=round, **values)


def month_of_work(runtime: Runtime, month: Month | None = None, *, is_drafted: bool = True) -> Month:
    """Rounds of alice and bob, 12 and 3, and the drafts of everybody; the last month unless another is named."""
    month = month or Month.of(clock.now()).before
    numbers = [file_report(runtime).number for _ in range(2)]
    alice, bob = (actor(runtime, name).user_id for name in NAMES[:2])
    with runtime.database.transaction() as session:
        session.execute(update(User).values(created_at=month.begins_at - timedelta(days=30)))
        first, second = (session.scalars(select(Ticket).where(Ticket.number == number)).one() for number in numbers)
        rows = [fact(first, round, alice, month) for round in range(1, 11)]
        rows += [fact(first, 11, alice, month, ended_how="not_solved", is_confirmed="no")]
        rows += [fact(first, 12, alice, month, ended_how="staff", is_confirmed="none")]
        rows += [fact(second, round, bob, month, touch_working_seconds=5_000.0) for round in range(1, 4)]
        insert_rows(session, *rows)
        session.execute(update(Ticket).where(Ticket.id == first.id).values(round=12))
        rated = month.begins_at + timedelta(days=15)
        insert_rows(
            session,
            *(
                Rating(
                    id=new_id(), ticket_id=first.id, round=round, scale="s3", label="非常满意", score=5, way="page",
                    rated_at=rated, resolver_id=alice, reason="", comment="",
                )
                for round in range(1, 7)
            ),
        )  # fmt: skip
    if is_drafted:
        drafting.make(runtime, month)
    return month


def drafts_of_last_month(runtime: Runtime) -> Month:
    """Of everybody of the cast, who did nothing in it."""
    month = Month.of(clock.now()).before
    with runtime.database.transaction() as session:
        session.execute(update(User).values(created_at=month.begins_at - timedelta(days=30)))
    drafting.make(runtime, month)
    return month


def sheet_of(runtime: Runtime, name: str, month: Month) -> MonthlyScore:
    """As it is now."""
    with runtime.database.read() as session:
        mine = select(MonthlyScore).where(MonthlyScore.user_id == actor(runtime, name).user_id)
        return session.scalars(mine.where(MonthlyScore.month == month.name)).one()
