"""What a page's rows need beside the ticket's own columns: one query each, however many rows. No seal is opened."""

import itertools
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.models import Department
from portal.acts.classification import CLASSIFY
from portal.acts.triage_models import TriageNote
from portal.casefile.acts import TITLES
from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName
from portal.collaboration.models import Collaboration
from portal.follow_up.call_backs.models import CallBackRecord
from portal.follow_up.call_backs.names import LEVEL_LABELS, Level
from portal.follow_up.models import Rating
from portal.kinds.contact_fields import CONTACT_NAME, CONTACT_PHONE
from portal.kinds.wording import TITLES as FORMS_OF_ADDRESS
from portal.kpi.tables.cells import Moment, moment
from portal.kpi.tables.paging import Key, among, bare, columns, fetched
from portal.progress import lifecycle
from portal.reports.call_records import CallRecord
from portal.tickets.models import TimelineEntry
from portal.tickets.states import TicketState
from portal.vault.models import SealedValue

Ids = Collection[Key]
_ADDRESS = dict(FORMS_OF_ADDRESS)
_NO_STEPS = (lifecycle.SUBMIT.name, CLASSIFY.name)  # taking it in, and writing about it
_DONE = (TicketState.CLOSED.value, TicketState.MERGED.value, TicketState.VOID.value)


def notes_of(session: Session, ticket_ids: Ids, *wanted: Any) -> dict[Key, Any]:
    """Of the newest version of the 分类: the id of the ticket, and the wanted columns."""
    ticket_id = bare(TriageNote.ticket_id)
    query = columns(ticket_id, *wanted).where(among(session, TriageNote.ticket_id, ticket_ids))
    return {row[0]: row for row in fetched(session, query.order_by(TriageNote.ticket_id, TriageNote.version))}


def contacts_of(
    session: Session, owner_ids: Ids, name: str = CONTACT_NAME.name, phone: str = CONTACT_PHONE.name
) -> tuple[dict[Key, str], dict[Key, str]]:  # fmt: skip
    """The masks of names and of phones, by the owner of the sealed values: a report, or a complaint."""
    value = SealedValue
    found = fetched(
        session,
        columns(bare(value.owner_id), value.field, value.value_masked)
        .where(among(session, value.owner_id, owner_ids), value.field.in_((name, phone)))
        .order_by(value.owner_id, value.created_at),
    )
    names: dict[Key, str] = {}
    phones: dict[Key, str] = {}
    for owner_id, field, mask in found:
        (names if field == name else phones)[owner_id] = mask
    return names, phones


def addressed(name: str, title: str | None) -> str:
    """The mask of a name with its 称呼; `*先生` where only that is known."""
    return f"{name or '*'}{_ADDRESS[title]}" if title in _ADDRESS else name


def ratings_of(session: Session, ticket_ids: Ids, wanted: Any) -> dict[Key, Any]:
    """Word or score of the last round that was rated."""
    query = columns(bare(Rating.ticket_id), wanted).where(among(session, Rating.ticket_id, ticket_ids))
    return dict(fetched(session, query.order_by(Rating.ticket_id, Rating.round)))


def levels_of(session: Session, ticket_ids: Ids) -> dict[Key, str]:
    """The word of the last call-back in which the clinic said how satisfied it was."""
    record = CallBackRecord
    found = fetched(
        session,
        columns(bare(record.ticket_id), record.level)
        .where(among(session, record.ticket_id, ticket_ids), record.level.is_not(None))
        .order_by(record.at),
    )
    return {ticket_id: LEVEL_LABELS[Level(level)] for ticket_id, level in found if ticket_id and level}


def calls_of(session: Session, ticket_ids: Ids) -> dict[Key, list[str]]:
    """The LD numbers, the first call first."""
    return _gathered(
        fetched(
            session,
            columns(bare(CallRecord.ticket_id), CallRecord.number)
            .where(among(session, CallRecord.ticket_id, ticket_ids), CallRecord.number.is_not(None))
            .order_by(CallRecord.created_at, CallRecord.number),
        )
    )


def departments_of(session: Session, ticket_ids: Ids) -> dict[Key, list[str]]:
    """Each department once, the one that was asked first before the others."""
    return _gathered(
        fetched(
            session,
            columns(bare(Collaboration.ticket_id), Department.name)
            .join(Department, Department.id == Collaboration.department_id)
            .where(among(session, Collaboration.ticket_id, ticket_ids))
            .order_by(Collaboration.created_at, Collaboration.id),
        )
    )


def acts_of(session: Session, ticket_ids: Ids) -> dict[Key, str]:
    """`1.领取;2.提交处理结果`: what people did, in the words of the timeline; the same thing again is one step."""
    entry = TimelineEntry
    found = fetched(
        session,
        columns(bare(entry.ticket_id), entry.action)
        .where(among(session, entry.ticket_id, ticket_ids), entry.actor_id.is_not(None), entry.action.not_in(_NO_STEPS))
        .order_by(entry.ticket_id, entry.at),
    )
    steps = {}
    for ticket_id, acts in itertools.groupby(found, key=lambda row: row[0]):
        titles = [title for title, _ in itertools.groupby(TITLES[act] for _, act in acts if act in TITLES)]
        steps[ticket_id] = ";".join(f"{place}.{title}" for place, title in enumerate(titles, 1))
    return steps


def dues_of(session: Session, ticket_ids: Ids) -> dict[Key, Moment]:
    """处理时限 of the last round: the original one, which an announced delay does not move."""
    found = fetched(
        session,
        columns(bare(TicketClock.ticket_id), bare(TicketClock.due_at))
        .where(among(session, TicketClock.ticket_id, ticket_ids), TicketClock.clock == ClockName.SOLVED.value)
        .order_by(TicketClock.ticket_id, TicketClock.round),
    )
    return dict(found)


def state_of(state: str, ended: Mapping[str, str] | None = None) -> str:
    """处理状态 in the words of the source: 处理中, 待客户确认, 已完成; `ended`: further words of a table."""
    if ended and state in ended:
        return ended[state]
    if state == TicketState.AWAITING_CONFIRMATION.value:
        return "待客户确认"
    return "已完成" if state in _DONE else "处理中"


def time_after(answered: Moment | None, day: str) -> str:
    """`10:30` on that day, else with its date."""
    printed = moment(answered)
    return printed[11:] if printed[:10] == day else printed


def _gathered(found: Iterable[Any]) -> dict[Key, list[str]]:
    words: dict[Key, dict[str, None]] = {}
    for ticket_id, word in found:
        if word:
            words.setdefault(ticket_id, {})[word] = None
    return {ticket_id: list(each) for ticket_id, each in words.items()}
