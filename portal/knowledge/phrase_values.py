"""What the variables of phrases stand for on one ticket, or while a call is taken. No sealed value is read."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.kinds.wording import TITLES
from portal.knowledge.models import Phrase
from portal.knowledge.phrase_variables import rendered
from portal.reports.models import Report
from portal.settings import Settings
from portal.tickets.models import Ticket

# Ours: what people at clinics are called by whoever does not know how they want to be addressed.
ANYBODY = "老师"
_TITLES = dict(TITLES)


@dataclass(frozen=True)
class OfferedPhrase:
    """A phrase as it would be inserted. With `missing` variables it cannot be."""

    id: UUID
    title: str
    place: str
    text: str
    missing: tuple[str, ...] = field(default=())


@dataclass(frozen=True)
class FormPhrase:
    """A phrase for one form: the text for each of its boxes, by the name of the input."""

    id: UUID
    title: str
    parts: Mapping[str, str]
    missing: Sequence[str]


def of_ticket(session: Session, ticket: Ticket, settings: Settings, user_id: UUID | None) -> dict[str, str]:
    """The values of a ticket. A time is named only while it runs and is still to come."""
    due_at = ticket.next_due_at
    report = session.get(Report, ticket.report_id)
    title = str(report.answers.get("title", "")) if report is not None else ""
    return {
        **of_writer(session, settings, user_id),
        "机构": ticket.institution,
        "编号": ticket.number,
        "称呼": _TITLES.get(title, ANYBODY),
        "期限": clock.clinic_time(due_at) if due_at is not None and due_at > clock.now() else "",
    }


def of_writer(session: Session, settings: Settings, user_id: UUID | None) -> dict[str, str]:
    """What is known without a ticket."""
    person = session.get(User, user_id) if user_id is not None else None
    return {
        "称呼": ANYBODY,
        "工号": (person.staff_number or "") if person is not None else "",
        "单位名称": settings.desk_name,
    }


def all_rendered(phrases: Iterable[Phrase], values: dict[str, str]) -> Sequence[OfferedPhrase]:
    """In their order."""
    shown = []
    for phrase in phrases:
        made = rendered(phrase.text, values)
        shown.append(OfferedPhrase(phrase.id, phrase.title, phrase.place, made.text, made.missing))
    return shown
