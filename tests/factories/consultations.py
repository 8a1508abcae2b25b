"""A 咨询 or 建议 that somebody of the staff took by phone."""

from sqlalchemy import update

from portal.runtime import Runtime
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.reports import file_report


def taken_call(runtime: Runtime, who: str = "agnes", request_type: str = "consultation") -> str:
    """Its number."""
    number = file_report(runtime).number
    as_taken(runtime, number, who, request_type)
    return number


def as_taken(runtime: Runtime, number: str, who: str, request_type: str = "consultation") -> None:
    """Make a filed ticket one that this person took."""
    taken = {"request_type": request_type, "channel": "phone", "received_by_id": actor(runtime, who).user_id}
    with runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == number).values(**taken))
