"""Asking a department about a case: it learns the kind and the question, no ticket, no clinic and no name (DESK 5.2).

Numbers are of the series of collaborations, and the department finds them among its own.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments, standing
from portal.accounts.models import User
from portal.accounts.roles import Role
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.collaboration.rows import ABSENT
from portal.collaboration.rows import PREFIX as INQUIRY_PREFIX
from portal.collaboration.states import COLLABORATION_LABELS, OVER, WAITING, CollaborationState
from portal.complaints import access
from portal.complaints.act import StaleComplaintError, Taking
from portal.complaints.inputs import words_faults
from portal.complaints.models import Complaint, ComplaintInquiry
from portal.complaints.names import KIND_LABELS, ComplaintKind, Field, Part
from portal.complaints.texts import OpenText, Writer, of_inquiry
from portal.db import new_id
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.notify import outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.tickets import numbering
from portal.tickets.numbering import normal_number

C = CollaborationState
TERM = timedelta(hours=24)  # REQUIREMENTS G5
_FEWEST_SIGNS = 10


@dataclass(frozen=True)
class InquiryView:
    """What both sides see of it. `complaint_number`: for the case's owner only."""

    row: ComplaintInquiry
    kind: str
    kind_label: str
    department: str
    texts: Sequence[OpenText]
    can_answer: bool
    complaint_number: str = ""


def ask(taking: Taking, text: str) -> ComplaintInquiry:
    """A new question to the department of the case; its people are told, subjects among them are not."""
    session, complaint = taking.session, taking.complaint
    assert complaint.department_id is not None  # noqa: S101
    now = clock.now()
    row = ComplaintInquiry(
        id=new_id(), number=numbering.next_number(session, INQUIRY_PREFIX), complaint_id=complaint.id,
        department_id=complaint.department_id, status=C.DISPATCHED.value, due_at=now + TERM, created_at=now,
        asked_by_id=taking.by_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    taking.writer.text(Field.INQUIRY_ASK, text, taking.by_id, row.id)
    _tell_department(session, Event.COLLABORATION_DISPATCHED, row, taking.by_id)
    return row


def judge(taking: Taking, number: str, *, is_good: bool, note: str) -> ComplaintInquiry:
    row = of_case(taking.session, taking.complaint, number)
    assert row is not None  # noqa: S101  (the act's doubt has found it)
    row.judged_by_id, row.version = taking.by_id, row.version + 1
    taking.writer.text(Field.INQUIRY_NOTE, note, taking.by_id, row.id)
    if is_good:
        row.status = C.FILED.value
        return row
    row.status, row.returned_count = C.RETURNED.value, row.returned_count + 1
    row.due_at, row.told_at = clock.now() + TERM, None
    _tell_department(taking.session, Event.COLLABORATION_RETURNED, row, taking.by_id)
    return row


def every(session: Session, complaint: Complaint) -> Sequence[ComplaintInquiry]:
    """The oldest first."""
    rows = select(ComplaintInquiry).where(ComplaintInquiry.complaint_id == complaint.id)
    return session.scalars(rows.order_by(ComplaintInquiry.created_at, ComplaintInquiry.id)).all()


def of_case(session: Session, complaint: Complaint, number: str) -> ComplaintInquiry | None:
    wanted = normal_number(number)
    return next((row for row in every(session, complaint) if row.number == wanted), None)


def is_answered(row: ComplaintInquiry) -> bool:
    return row.status == C.ANSWERED.value


def is_waiting(row: ComplaintInquiry) -> bool:
    """The department has to answer."""
    return C(row.status) in WAITING


def people_of(session: Session, row: ComplaintInquiry) -> list[uuid.UUID]:
    return departments.people_of(session, row.department_id)


def is_over(row: ComplaintInquiry) -> bool:
    return C(row.status) in OVER


def waiting_for(session: Session, actor: Actor) -> Sequence[ComplaintInquiry]:
    """What the department of a partner has to answer, the oldest first; without those about this person."""
    if actor.department_id is None or actor.user_id is None:
        return []
    return _of_department(session, actor.department_id, actor.user_id)


def _of_department(session: Session, department_id: uuid.UUID, user_id: uuid.UUID) -> Sequence[ComplaintInquiry]:
    rows = select(ComplaintInquiry).where(
        ComplaintInquiry.department_id == department_id,
        ComplaintInquiry.status.in_([state.value for state in (*WAITING, C.ANSWERED)]),
    )
    found = session.scalars(rows.order_by(ComplaintInquiry.created_at, ComplaintInquiry.id)).all()
    return [row for row in found if user_id not in access.barred(session, row.number)]


def view(runtime: Runtime, actor: Actor, number: str) -> InquiryView:
    """For the department's people, and for those who see the case; opening it writes a row of the trail.

    Raises:
        NotFoundError: absent, or not theirs.
    """
    with runtime.database.transaction() as session:
        row, complaint = _found(session, actor, number)
        trail.record(
            session, Tag.COMPLAINT_VIEWED, actor, ticket_number=complaint.number, particulars={"inquiry": row.number}
        )  # fmt: skip
        return _view(session, runtime, actor, row, complaint)


def is_known(runtime: Runtime, number: str) -> bool:
    """Whether there is an inquiry of this number, for whomever it is."""
    wanted = select(ComplaintInquiry.id).where(ComplaintInquiry.number == normal_number(number))
    with runtime.database.read() as session:
        return session.scalars(wanted).first() is not None


def answer(
    runtime: Runtime, actor: Actor, number: str, version: int, text: str, *, for_department: bool = False
) -> InquiryView:
    """The department's answer; a manager who sees the case types it for a department without accounts (代填).

    Raises:
        InvalidError: too short. ConflictError: answered or changed meanwhile. ForbiddenError: not this person.
    """

    def answered(session: Session) -> InquiryView:
        standing.require(session, actor)
        row, complaint = _found(session, actor, number)
        access.lock(session, complaint)
        session.refresh(row, with_for_update=True)
        _check(session, actor, row, for_department=for_department)
        if row.version != version:
            raise StaleComplaintError(COLLABORATION_LABELS[C(row.status)])
        if C(row.status) not in WAITING:
            raise ConflictError("这一项已经反馈过了")
        faults = words_faults(text, "text", "请写明查到的情况", _FEWEST_SIGNS)
        if faults:
            raise InvalidError(faults)
        row.status, row.answered_at, row.answered_by_id = C.ANSWERED.value, clock.now(), actor.user_id
        row.is_filled_in, row.version = for_department, row.version + 1
        Writer.of(session, runtime, complaint).text(Field.INQUIRY_ANSWER, text.strip(), actor.user_id, row.id)
        told = [complaint.owner_id] if complaint.owner_id is not None else []
        outbox.add(session, Event.COLLABORATION_ANSWERED, row.number, by=actor.user_id, to=told)
        trail.record(
            session, Tag.COMPLAINT_INQUIRED, actor, ticket_number=complaint.number,
            particulars={"inquiry": row.number, "inquiry_state": row.status},
        )  # fmt: skip
        return _view(session, runtime, actor, row, complaint)

    return runtime.database.run(answered)


def _check(session: Session, actor: Actor, row: ComplaintInquiry, *, for_department: bool) -> None:
    if actor.role == Role.PARTNER.value:
        return
    if not for_department or departments.has_accounts(session, row.department_id):
        raise ForbiddenError("反馈由协作部门填写；没有账号的部门由负责人代填")


def _found(session: Session, actor: Actor, number: str) -> tuple[ComplaintInquiry, Complaint]:
    """Raises NotFoundError."""
    wanted = select(ComplaintInquiry).where(ComplaintInquiry.number == normal_number(number))
    row = session.scalars(wanted).first()
    complaint = session.get(Complaint, row.complaint_id) if row is not None else None
    user = session.get(User, actor.user_id) if actor.user_id else None
    if row is None or complaint is None or user is None or user.id in access.subject_ids(session, complaint):
        raise NotFoundError(ABSENT)
    is_theirs = user.role_enum is Role.PARTNER and user.department_id == row.department_id
    parts = access.parts_of(session, user, complaint)
    if not is_theirs and not set(parts) & {Part.OWNER, Part.MANAGER, Part.REVIEWER}:
        raise NotFoundError(ABSENT)
    return row, complaint


def _view(
    session: Session, runtime: Runtime, actor: Actor, row: ComplaintInquiry, complaint: Complaint
) -> InquiryView:  # fmt: skip
    is_partner = actor.role == Role.PARTNER.value
    can_fill_in = not is_partner and not departments.has_accounts(session, row.department_id)
    kind = ComplaintKind(complaint.kind or ComplaintKind.OTHER.value)
    return InquiryView(
        row,
        kind.value,
        KIND_LABELS[kind],
        departments.name_of(session, row.department_id) or "",
        of_inquiry(session, runtime, row.id),
        can_answer=C(row.status) in WAITING and (is_partner or can_fill_in),
        complaint_number="" if is_partner else complaint.number,
    )


def _tell_department(session: Session, event: Event, row: ComplaintInquiry, by: uuid.UUID | None) -> None:
    outbox.add(session, event, row.number, by=by, to=people_of(session, row))
