"""A case as the people see it who deal with it: opened one at a time, with a row of the trail that names their part."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from portal import clock, keyset
from portal.accounts import departments
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.complaints import access, contacts, inquiries, performing, terms, texts
from portal.complaints.access import Viewed
from portal.complaints.act import CaseAct
from portal.complaints.acts import ACTS
from portal.complaints.inputs import Option
from portal.complaints.models import Complaint, ComplaintInquiry
from portal.complaints.names import (
    CAUSE_LABELS,
    KIND_LABELS,
    LEVEL_LABELS,
    PART_LABELS,
    STATE_LABELS,
    VERDICT_LABELS,
    CauseClass,
    ComplaintKind,
    ComplaintState,
    FollowLevel,
    Verdict,
)
from portal.complaints.terms import CaseTimes
from portal.errors import NotFoundError, PortalError
from portal.institutions.models import DirectoryEntry
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue

PAGE_SIZE, MOST = 50, 200
_OPEN = "open"
FILTERS: dict[str, str] = {_OPEN: "未归档", "": "全部"} | {state.value: label for state, label in STATE_LABELS.items()}
# What a line says to staff: the titles of the acts, and what the complainant and the clock did.
_LINES: dict[str, str] = {act.name: act.title for act in ACTS} | {
    "register": "登记投诉",
    "approve": "请投诉人选择方案",
    "clinic_choice": "投诉人选了方案",
    "confirmation": "投诉人确认了答复",
    "review": "投诉人请求复核",
    "not_reached": "回访没有接通",
    "follow_up": "回访任务已记录",
    "unreached": "没有联系上，按无法联系结束回访",
}


@dataclass(frozen=True)
class CaseRow:
    """One line of the list: number, dates, state, kind and due, and nothing of the content."""

    number: str
    received_at: datetime
    state: str
    state_label: str
    kind: str | None
    kind_label: str
    next_due_at: datetime | None
    is_late: bool
    is_grave: bool
    is_legal: bool
    joined_to: str


@dataclass(frozen=True)
class CasePage:
    items: Sequence[CaseRow]
    next_cursor: str | None
    total: int


@dataclass(frozen=True)
class CaseLine:
    at: datetime
    action: str
    title: str
    by: str
    is_public: bool
    text: str = field(repr=False)


@dataclass(frozen=True)
class ActForm:
    """An act that this person can do now, with what its choices offer."""

    act: CaseAct
    options: Mapping[str, Sequence[Option]]


@dataclass(frozen=True)
class CaseView:
    """Everything of one case that this person may read."""

    row: Complaint
    viewed: Viewed
    part_label: str
    state_label: str
    kind_label: str
    verdict_label: str
    cause_label: str
    level_label: str
    institution: str = field(repr=False)
    ticket_number: str
    department: str
    people: Mapping[str, str]
    responsible: str
    opened: texts.Opened = field(repr=False)
    lines: Sequence[CaseLine] = field(repr=False)
    contact: Sequence[SealedValue] = field(repr=False)
    inquiries: Sequence[tuple[ComplaintInquiry, Sequence[texts.OpenText]]] = field(repr=False)
    subjects: Sequence[str]
    joined: Sequence[str]
    joined_to: str
    forms: Sequence[ActForm]
    next_due_at: datetime | None
    is_late: bool
    can_reveal: bool


def ensure_reader(session: Session, actor: Actor) -> User:
    """Raises NotFoundError: neither duty nor role ever has to do with a complaint."""
    user = access.reader(session, actor)
    if not access.may_handle(user) and not access.is_legal(user):
        raise NotFoundError(access.ABSENT)
    return user


def page(
    session: Session, actor: Actor, state: str = _OPEN, cursor: str = "", limit: int = PAGE_SIZE
) -> CasePage:  # fmt: skip
    """What this person may see, the newest first. Raises PortalError: a state or cursor that does not exist."""
    user = access.reader(session, actor)
    visible = access.visible_to(user)
    query = select(Complaint).where(visible)
    if state == _OPEN:
        query = query.where(Complaint.status != ComplaintState.ARCHIVED.value)
    elif state and state in list(ComplaintState):
        query = query.where(Complaint.status == state)
    elif state:
        raise PortalError("没有这个状态，请从列表里选择", 422)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    if cursor:
        query = query.where(tuple_(Complaint.received_at, Complaint.id) < tuple_(*keyset.place(cursor)))
    order = (Complaint.received_at.desc(), Complaint.id.desc())
    found = session.scalars(query.order_by(*order).limit(limit + 1)).all()
    rows = found[:limit]
    following = keyset.cursor(rows[-1].received_at, rows[-1].id) if len(found) > limit else None
    mains = _numbers(session, [row.joined_to_id for row in rows])
    times = terms.current(session)
    return CasePage([_row(times, row, mains) for row in rows], following, total)


def orphans(session: Session) -> Sequence[Complaint]:
    """For administrators: the cases that nobody can decide, the oldest first."""
    rows = select(Complaint).where(Complaint.status != ComplaintState.ARCHIVED.value).order_by(Complaint.received_at)
    return [row for row in session.scalars(rows) if performing.needs_person(session, row)]


def open_case(runtime: Runtime, actor: Actor, number: str) -> CaseView:
    """One case in clear, with a row of the trail first.

    Raises:
        NotFoundError: absent, or not theirs to know of.
    """
    with runtime.database.transaction() as session:
        viewed = access.find(session, actor, number)
        trail.record(
            session, Tag.COMPLAINT_VIEWED, actor, ticket_number=viewed.complaint.number,
            particulars={"part": viewed.parts[0].value},
        )  # fmt: skip
    return view(runtime, actor, number)


def view(runtime: Runtime, actor: Actor, number: str) -> CaseView:
    """As `open_case`, for an answer to what the same person just did. Raises like it."""
    with runtime.database.read() as session:
        return _view(session, runtime, access.find(session, actor, number))


def _view(session: Session, runtime: Runtime, viewed: Viewed) -> CaseView:
    row = viewed.complaint
    opened = texts.open_case(session, runtime, row)
    subjects = access.subject_ids(session, row)
    ids = {
        row.handler_id, row.owner_id, row.judged_by_id, row.received_by_id, row.followed_up_by_id,
        row.archived_by_id, row.responsible_id, *subjects, *(line.actor_id for line in opened.entries),
    }  # fmt: skip
    names = _names(session, ids)
    mains = _numbers(session, [row.joined_to_id])
    ticket = session.get(Ticket, row.ticket_id) if row.ticket_id else None
    asked = inquiries.every(session, row)
    due_at, is_late = next_due(terms.current(session), row)
    return CaseView(
        row,
        viewed,
        part_label=PART_LABELS[viewed.parts[0]],
        state_label=STATE_LABELS[row.state_enum],
        kind_label=KIND_LABELS[ComplaintKind(row.kind)] if row.kind else "",
        verdict_label=VERDICT_LABELS[Verdict(row.verdict)] if row.verdict else "",
        cause_label=CAUSE_LABELS[CauseClass(row.cause_class)] if row.cause_class else "",
        level_label=LEVEL_LABELS[FollowLevel(row.follow_level)] if row.follow_level else "",
        institution=_institution(session, row, ticket, opened),
        ticket_number=ticket.number if ticket is not None else "",
        department=departments.name_of(session, row.department_id) or "",
        people={
            name: names.get(user_id, "") if user_id else ""
            for name, user_id in (
                ("handler", row.handler_id), ("owner", row.owner_id), ("judge", row.judged_by_id),
                ("received_by", row.received_by_id), ("followed_up_by", row.followed_up_by_id),
            )
        },
        responsible=names.get(row.responsible_id, "") if row.responsible_id and viewed.is_manager else "",
        opened=opened,
        lines=[_line(line, names) for line in opened.entries],
        contact=contacts.masks(session, viewed),
        inquiries=[(one, [text for text in opened.texts if text.inquiry_id == one.id]) for one in asked],
        subjects=sorted(names.get(one, "") for one in subjects) if viewed.is_manager else (),
        joined=[one for one in session.scalars(select(Complaint.number).where(Complaint.joined_to_id == row.id))],
        joined_to=mains.get(row.joined_to_id, "") if row.joined_to_id else "",
        forms=_forms(session, viewed),
        next_due_at=due_at,
        is_late=is_late,
        can_reveal=viewed.is_manager or viewed.is_handler,
    )  # fmt: skip


def next_due(times: CaseTimes, row: Complaint) -> tuple[datetime | None, bool]:
    """Until when the next thing is expected, and whether that has passed."""
    state, due_at = row.state_enum, None
    if state is ComplaintState.REGISTERED:
        due_at = times.handler_due(row.received_at)
    elif state is ComplaintState.JUDGING:
        due_at = times.judged_due(row.reviewed_at or row.received_at)
    elif state is ComplaintState.ANSWERED and row.answered_at is not None:
        due_at = row.answered_at + terms.FOLLOW_UP
    elif state not in (ComplaintState.FOLLOWED_UP, ComplaintState.ARCHIVED):
        due_at = row.solution_due_at
    return due_at, due_at is not None and due_at <= clock.now()


def _forms(session: Session, viewed: Viewed) -> list[ActForm]:
    """What the page offers: right and state allow it, and something is there to do."""
    row = viewed.complaint
    found = []
    for act in ACTS:
        is_open = row.state_enum in act.leads and (row.joined_to_id is None or act.on_joined)
        if not is_open or not act.may(viewed) or not act.is_wanted(session, viewed):
            continue
        if viewed.is_only_legal and (act.name != "flags" or row.held_at is None):
            continue
        options = {
            asked.name: asked.options(session, viewed) for asked in act.inputs if hasattr(asked, "options")
        }  # fmt: skip
        found.append(ActForm(act, options))
    return found


def _row(times: CaseTimes, row: Complaint, mains: Mapping[uuid.UUID, str]) -> CaseRow:
    due_at, is_late = next_due(times, row)
    return CaseRow(
        row.number, row.received_at, row.status, STATE_LABELS[row.state_enum], row.kind,
        KIND_LABELS[ComplaintKind(row.kind)] if row.kind else "", due_at, is_late, row.is_grave, row.is_legal,
        mains.get(row.joined_to_id, "") if row.joined_to_id else "",
    )  # fmt: skip


def _line(line: texts.OpenEntry, names: Mapping[uuid.UUID, str]) -> CaseLine:
    by = names.get(line.actor_id, "") if line.actor_id else "投诉人" if line.action in _OF_COMPLAINANT else "系统"
    return CaseLine(line.at, line.action, _LINES.get(line.action, line.action), by, line.is_public, line.text)


_OF_COMPLAINANT = ("register", "clinic_choice", "confirmation", "review")


def _names(session: Session, ids: set[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_([one for one in ids if one])))
    return {user_id: name for user_id, name in rows}


def _numbers(session: Session, ids: Sequence[uuid.UUID | None]) -> dict[uuid.UUID, str]:
    wanted = [one for one in ids if one]
    rows = session.execute(select(Complaint.id, Complaint.number).where(Complaint.id.in_(wanted))) if wanted else ()
    return {case_id: number for case_id, number in rows}


def _institution(session: Session, row: Complaint, ticket: Ticket | None, opened: texts.Opened) -> str:
    if ticket is not None and ticket.institution:
        return ticket.institution
    entry = session.get(DirectoryEntry, row.institution_id) if row.institution_id else None
    return entry.name if entry is not None else opened.latest(texts.Field.INSTITUTION)
