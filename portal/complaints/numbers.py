"""The numbers of complaints: TS of the month, GD-TS of the day (REQUIREMENTS T7)."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from portal import clock
from portal.complaints.access import PREFIX
from portal.tickets import numbering
from portal.watch import clock_doubt

_NEXT = text(
    "INSERT INTO ticket_counters (series, last) VALUES (:series, 1) "
    "ON CONFLICT (series) DO UPDATE SET last = ticket_counters.last + 1 RETURNING last"
)


def next_number(session: Session) -> str:
    return numbering.next_number(session, PREFIX)


def next_archive_number(session: Session) -> str:
    """Such as GD-TS-20261128-001; a series of its own for each day in China."""
    series = f"GD-{PREFIX}-{clock.in_china(clock_doubt.moment_for_numbers(session)):%Y%m%d}"
    return f"{series}-{session.execute(_NEXT, {'series': series}).scalar_one():03d}"
