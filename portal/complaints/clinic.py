"""The complainant's way back, by the number and query code of the case: progress, confirmation, choice, review.

They read their own texts and what is public; of the people only staff numbers (DESK 5.2, REQUIREMENTS N6).
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, occasions
from portal.accounts.known_browsers import Browser
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.clocks.names import OtherTerm
from portal.complaints import access, following, proposing, telling, terms, texts
from portal.complaints.answering import judge_again
from portal.complaints.filing import MOST_NAME
from portal.complaints.models import Complaint
from portal.complaints.names import STATE_LABELS, ComplaintState, Field, ProposalState
from portal.complaints.texts import Writer
from portal.errors import ConflictError, Fault, InvalidError
from portal.notify.events import Event
from portal.occasions import ComplaintArchived
from portal.runtime import Runtime
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket
from portal.tracking import access as tracking

S = ComplaintState
_ANSWERED = (S.ANSWERED, S.FOLLOWED_UP)
_OWN = (Field.CONTENT, Field.WISH, Field.REVIEW, Field.REPLY, Field.CONFIRMED)
# What a line says to the complainant; other lines are not public.
LINES = {
    "register": "已登记",
    "handler": "已指定处理人",
    "judgement": "已判断",
    "investigation": "正在调查",
    "approve": "有方案请您选择",
    "clinic_choice": "您选了方案",
    "choice": "方案已定，正在执行",
    "answer": "已答复",
    "follow-up": "已回访",
    "follow_up": "已回访",
    "unreached": "一直没有联系上您，已结束回访",
    "archive": "已归档",
    "confirmation": "您确认了答复",
    "review": "您请求复核，由另一个人重新判断",
    "entries": "进展",
}


class AlreadyReviewedError(ConflictError):
    code = "already_decided"


@dataclass(frozen=True)
class ClinicLine:
    at: datetime
    title: str
    text: str = field(repr=False)
    by: str


@dataclass(frozen=True)
class ClinicView:
    """One case as its sender sees it. `can`: of confirmation, choice, review."""

    complaint: Complaint
    state_label: str
    content: str = field(repr=False)
    wish: str = field(repr=False)
    answer: str = field(repr=False)
    lines: Sequence[ClinicLine]
    proposals: Sequence[texts.OpenProposal]
    handler_number: str
    owner_number: str
    confirmed_name: str = field(repr=False)
    is_unconfirmed: bool
    review_until: datetime | None
    can: Sequence[str]


def find(runtime: Runtime, actor: Actor, number: str, code: str, browser: Browser | None = None) -> Complaint:
    """The case of this number and query code, under the same limits as tickets.

    Raises:
        PortalError: 404, the same for a wrong number and a wrong code. TooManyRequestsError: too many attempts.
    """
    return tracking.opened_by_code(runtime, actor, number, code, access.by_number, browser)


def view(runtime: Runtime, complaint_id: uuid.UUID) -> ClinicView:
    with runtime.database.read() as session:
        complaint = session.get_one(Complaint, complaint_id)
        opened = texts.open_case(session, runtime, complaint, only=_OWN)
        numbers = _staff_numbers(session, [line.actor_id for line in opened.entries], complaint)
        is_answered = complaint.state_enum in (*_ANSWERED, S.ARCHIVED)
        answered_at = complaint.answered_at if is_answered else None
        return ClinicView(
            complaint,
            STATE_LABELS[complaint.state_enum],
            content=opened.latest(Field.CONTENT),
            wish=opened.latest(Field.WISH),
            answer=opened.latest(Field.REPLY) if is_answered else "",
            lines=[_line(line, numbers) for line in opened.entries],
            proposals=opened.proposals,
            handler_number=numbers.get(complaint.handler_id, ""),
            owner_number=numbers.get(complaint.owner_id, ""),
            confirmed_name=opened.confirmed_name,
            is_unconfirmed=_is_unconfirmed(session, complaint),
            review_until=_review_until(session, answered_at) if answered_at else None,
            can=_can(session, complaint, opened.proposals),
        )


def confirm(runtime: Runtime, actor: Actor, complaint_id: uuid.UUID, name: str) -> None:
    """Freeze the answer with the name and the time: the online form of a signature (REQUIREMENTS L12).

    Raises:
        InvalidError: no name. ConflictError: there is no answer, or it is confirmed.
    """
    fault = free_text.text_fault(name, field="name", missing="请填写您的姓名，作为确认", most=MOST_NAME)
    if fault:
        raise InvalidError([fault])

    def confirmed(session: Session) -> None:
        complaint, _ = _locked(session, complaint_id)
        if complaint.state_enum not in _ANSWERED:
            raise ConflictError("现在没有等您确认的答复")
        if complaint.confirmed_at is not None:
            raise ConflictError(f"已经在 {clock.clinic_time(complaint.confirmed_at)} 确认过了")
        writer, now = Writer.of(session, runtime, complaint), clock.now()
        words = texts.latest(session, runtime, complaint, Field.REPLY)
        complaint.confirmed_at, complaint.unreachable_at = now, None
        writer.confirmed_name(name.strip())
        writer.text(Field.CONFIRMED, f"{words}\n\n确认人：{name.strip()}\n时间：{clock.clinic_time(now)}", None)
        writer.entry("confirmation", None, is_public=True)
        complaint.version, complaint.changed_at = complaint.version + 1, now
        trail.record(session, Tag.COMPLAINT_CONFIRMED, actor, ticket_number=complaint.number)

    runtime.database.run(confirmed)


def review(runtime: Runtime, actor: Actor, complaint_id: uuid.UUID, comment: str) -> None:
    """Once, within the time after the answer: another person judges again (REQUIREMENTS T16).

    Raises:
        InvalidError: no words. ConflictError: no answer, too late, or it was reviewed before.
    """
    fault = free_text.text_fault(comment, field="comment", missing="请写明为什么请求复核")
    if fault:
        raise InvalidError([fault])

    def reviewed(session: Session) -> None:
        complaint, ticket = _locked(session, complaint_id)
        main = session.get_one(Complaint, complaint.joined_to_id) if complaint.joined_to_id else complaint
        if main.reviewed_at is not None:
            raise AlreadyReviewedError("这件投诉已经重新判断过一次，不能再请求复核")
        if complaint.state_enum not in (*_ANSWERED, S.ARCHIVED) or complaint.answered_at is None:
            raise ConflictError("有了答复以后才能请求复核")
        until = _review_until(session, complaint.answered_at)
        if clock.now() > until:
            raise ConflictError(f"请求复核的时间到 {clock.staff_time(until)} 为止，已经过了")
        writer = Writer.of(session, runtime, complaint)
        writer.text(Field.REVIEW, comment.strip(), None)
        writer.entry("review", None, is_public=True)
        judge_again(session, main)
        occasions.tell(session, ComplaintArchived(main.id))  # nobody is called about the answer that no longer stands
        following.move(session, main, ticket, S.JUDGING)
        telling.tell_managers(session, Event.COMPLAINT_REVIEW, main)
        trail.record(session, Tag.COMPLAINT_REVIEW_ASKED, actor, ticket_number=complaint.number)

    runtime.database.run(reviewed)


def choose(runtime: Runtime, actor: Actor, complaint_id: uuid.UUID, position: str) -> None:
    """Of the ways that a manager has approved (S1: 请顾客参与共同选择).

    Raises:
        InvalidError: none of them. ConflictError: there is nothing to choose.
    """

    def chosen(session: Session) -> None:
        complaint, ticket = _locked(session, complaint_id)
        rows = proposing.every(session, complaint)
        offered = {str(row.position): row for row in rows if row.status == ProposalState.APPROVED.value}
        if complaint.state_enum is not S.PROPOSALS or not offered:
            raise ConflictError("现在没有等您选择的方案")
        if position not in offered:
            raise InvalidError([Fault("proposal", "required", "请选择一个方案")])
        proposing.settle(session, complaint, offered[position], None, is_clinics=True)
        Writer.of(session, runtime, complaint).entry("clinic_choice", None, is_public=True)
        following.move(session, complaint, ticket, S.CARRYING_OUT)
        trail.record(
            session, Tag.COMPLAINT_CHOSEN, actor, ticket_number=complaint.number,
            particulars={"proposal": int(position), "is_clinics_choice": True},
        )  # fmt: skip

    runtime.database.run(chosen)


def _locked(session: Session, complaint_id: uuid.UUID) -> tuple[Complaint, Ticket | None]:
    complaint = session.get_one(Complaint, complaint_id)
    return complaint, access.lock(session, complaint)


def _can(session: Session, complaint: Complaint, proposals: Sequence[texts.OpenProposal]) -> list[str]:
    found, state = [], complaint.state_enum
    if state in _ANSWERED and complaint.confirmed_at is None:
        found.append("confirmation")
    if state is S.PROPOSALS and any(one.row.status == ProposalState.APPROVED.value for one in proposals):
        found.append("choice")
    answered_at = complaint.answered_at if state in (*_ANSWERED, S.ARCHIVED) else None
    if answered_at is not None and complaint.reviewed_at is None and clock.now() <= _review_until(session, answered_at):
        found.append("review")
    return found


def _review_until(session: Session, answered_at: datetime) -> datetime:
    return terms.end_of(session, OtherTerm.COMPLAINT_REVIEW, answered_at)


def _is_unconfirmed(session: Session, complaint: Complaint) -> bool:
    """未确认: silence is not consent."""
    if complaint.answered_at is None or complaint.confirmed_at is not None:
        return False
    return clock.now() > terms.end_of(session, OtherTerm.COMPLAINT_CONFIRMATION, complaint.answered_at)


def _line(line: texts.OpenEntry, numbers: dict[uuid.UUID | None, str]) -> ClinicLine:
    by = f"工号 {numbers[line.actor_id]}" if numbers.get(line.actor_id) else "工作人员" if line.actor_id else ""
    return ClinicLine(line.at, LINES.get(line.action, "有了进展"), line.text, by)


def _staff_numbers(
    session: Session, ids: Sequence[uuid.UUID | None], complaint: Complaint
) -> dict[uuid.UUID | None, str]:
    wanted = [*ids, complaint.handler_id, complaint.owner_id]
    rows = session.execute(select(User.id, User.staff_number).where(User.id.in_([one for one in wanted if one])))
    return {user_id: number or "" for user_id, number in rows}
