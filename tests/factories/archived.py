"""Closed tickets with complete records, and the moments by which the worker archives them."""

from datetime import datetime, timedelta

from sqlalchemy import update

from portal import clock
from portal.acts.archiving import ARCHIVE
from portal.acts.closing import REOPEN_DAYS
from portal.audit.actor import clinic
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from tests.acts.desk import Desk
from tests.factories.rated import Rated


def today() -> str:
    return f"{clock.in_china(clock.now()):%Y%m%d}"


def complete_one(runtime: Runtime) -> Rated:
    """Closed by its clinic, which is content."""
    case = Rated(runtime)
    confirmation.confirm(runtime, clinic(), case.ticket.id, is_solved=True, comment="")
    case.rate(5)
    return case


def archive(case: Desk, who: str = "alice") -> str:
    """Press 归档."""
    number = case.act(ARCHIVE, who).ticket.archive_number
    assert number
    return number


def closed_at(case: Desk, moment: datetime) -> None:
    """As if it had ended then."""
    change(case, closed_at=moment, archive_check_at=moment + REOPEN_DAYS)


def a_week_ago(case: Desk, *, more: timedelta = timedelta(0)) -> None:
    closed_at(case, clock.now() - REOPEN_DAYS - timedelta(minutes=1) - more)


def change(case: Desk, **columns: object) -> None:
    with case.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == case.number).values(**columns))
