"""The ticket that this browser has opened with its query code."""

from starlette.requests import Request

from portal.pages.clinic import cookies
from portal.runtime import runtime_of
from portal.tickets import lookup, numbering
from portal.tickets.models import Ticket
from portal.tracking import grants


def ticket(request: Request, number: str) -> Ticket | None:
    """None if its half hour is over, or its code has changed."""
    runtime = runtime_of(request)
    with runtime.database.read() as session:
        found = lookup.by_number(session, numbering.normal_number(number))
    return found if found and grants.is_good(runtime.vault, cookies.grant(request), found) else None
