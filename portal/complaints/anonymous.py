"""Texts that leave the case: a question to a department, words for the tables. They name nobody (DESK 5.2).

What is looked for are the people complained of and the institution: the complainant's own name is sealed and is not
opened for it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.complaints import access, texts
from portal.complaints.act import Taking
from portal.complaints.models import Complaint
from portal.complaints.names import Field
from portal.errors import Fault
from portal.institutions.models import DirectoryEntry
from portal.sensitive_text.folding import folded
from portal.tickets.models import Ticket

_SHORTEST = 2  # signs of a name


def faults(taking: Taking, given: Mapping[str, Any], *fields: str) -> list[Fault]:
    """One for each of these texts that holds a name; a department learns no institution either."""
    typed = {name: folded(given[name]).text for name in fields if given.get(name)}
    if not typed:
        return []
    people, places = _people(taking.session, taking.complaint), _places(taking)
    found = []
    for name, text in typed.items():
        said = next((one for one in (*people, *places) if folded(one).text in text), None)
        if said is not None:
            found.append(Fault(name, "sensitive_text", f"这里写了“{said}”。请用自己的话写，不写人名和机构"))
    return found


def _people(session: Session, complaint: Complaint) -> list[str]:
    ids = access.subject_ids(session, complaint)
    names = session.scalars(select(User.display_name).where(User.id.in_(ids))) if ids else ()
    return [name for name in names if len(name) >= _SHORTEST]


def _places(taking: Taking) -> list[str]:
    session, complaint = taking.session, taking.complaint
    ticket = session.get(Ticket, complaint.ticket_id) if complaint.ticket_id else None
    entry = session.get(DirectoryEntry, complaint.institution_id) if complaint.institution_id else None
    names = [texts.latest(session, taking.runtime, complaint, Field.INSTITUTION)]
    names += [ticket.institution or ""] if ticket is not None else []
    names += [entry.name, entry.village, *entry.aliases] if entry is not None else []
    return [name for name in names if len(name) >= _SHORTEST]
