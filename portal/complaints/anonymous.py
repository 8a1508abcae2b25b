"""Texts that leave the case: a question to a department, words for the tables. They name nobody (DESK 5.2).

What is looked for are the complainant, the people complained of and the institution. The complainant's name is opened
to be compared and for nothing else: no answer repeats it.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.complaints import access, texts
from portal.complaints.act import Taking
from portal.complaints.models import Complaint
from portal.complaints.names import SALUTATIONS, Field
from portal.errors import Fault
from portal.institutions.models import DirectoryEntry
from portal.sensitive_text.folding import folded
from portal.tickets.models import Ticket

_SHORTEST = 2  # signs of a name
_COMPOUND = ("欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "司徒", "夏侯")
_ADVICE = "请用自己的话写，不写人名和机构"


def faults(taking: Taking, given: Mapping[str, Any], *fields: str) -> list[Fault]:
    """One for each of these texts that holds a name; a department learns no institution either."""
    typed = {name: _closed(given[name]) for name in fields if given.get(name)}
    if not typed:
        return []
    people, places = _people(taking.session, taking.complaint), _places(taking)
    sealed = _complainant(taking)
    found = []
    for name, text in typed.items():
        said = next((one for one in (*people, *places) if _closed(one) in text), None)
        if said is not None:
            found.append(Fault(name, "sensitive_text", f"这里写了“{said}”。{_ADVICE}"))
        elif any(_closed(one) in text for one in sealed):
            found.append(Fault(name, "sensitive_text", f"这里写了投诉人的姓名或称呼。{_ADVICE}"))
    return found


def _closed(text: str) -> str:
    """Folded, and without the blanks that somebody puts into a name."""
    return "".join(folded(text).text.split())


def _complainant(taking: Taking) -> list[str]:
    """The name, and the surname with each title; nothing once the contact is destroyed."""
    name = _closed(texts.complainant(taking.session, taking.runtime, taking.complaint))
    if len(name) < _SHORTEST:
        return []
    surname = next((one for one in _COMPOUND if name.startswith(one)), name[0])
    return [name, *(f"{surname}{title}" for title in SALUTATIONS)]


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
