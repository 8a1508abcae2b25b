"""The numbers of complaints: TS of the month, GD-TS of the day (REQUIREMENTS T7)."""

from sqlalchemy.orm import Session

from portal.complaints.access import PREFIX
from portal.tickets import numbering


def next_number(session: Session) -> str:
    return numbering.next_number(session, PREFIX)


def next_archive_number(session: Session) -> str:
    return numbering.next_archive_number(session, PREFIX)
