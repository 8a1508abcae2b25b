"""联系人待核实: contacts of the institutions that this person keeps, not verified for a year (DESK 0.8)."""

from datetime import datetime, time

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.institutions.models import DirectoryEntry
from portal.keepers import contacts
from portal.keepers.models import InstitutionContact
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """One line an institution, the longest unverified first; one query."""
    if not reader.can(Permission.KEEP_CONTACTS):
        return None
    found = contacts.stale_of_keeper(session, reader.user_id, MOST_LINES + 1)
    lines, has_more = cut([_line(entry, oldest, count) for entry, oldest, count in found])
    empty = "您负责的机构，联系人都在一年之内核实过。满一年没有核实的，会列在这里"
    return Section("stale_contacts", "联系人待核实", empty, lines, Counts.SINCE, has_more)


def _line(entry: DirectoryEntry, oldest: InstitutionContact, count: int) -> Line:
    at = datetime.combine(oldest.verified_on, time(9), clock.CHINA) if oldest.verified_on else oldest.created_at
    return Line(entry.name, f"/institutions/{entry.id}", f"{count} 位联系人满一年没有核实，请打电话核对", at)
