"""请主管审核: an unsure owner shows a reply to a lead, and sends it unchanged once it is approved (REQUIREMENTS N12).

An approval sends nothing: only the owner knows whether the ticket has moved on meanwhile. The clocks run on. A draft
that nobody decides for a working day is announced once by `run`, which the worker calls every round.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import partial
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.roles import Permission
from portal.acts import decisions, promises
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.decisions import AlreadyDecidedError
from portal.acts.hand import Hand
from portal.acts.inputs import Decision, RowId, Text
from portal.acts.models import ReplyDraft
from portal.acts.replies import REPLY
from portal.audit.tags import Tag
from portal.clocks import policies
from portal.due_work import each
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, NotFoundError
from portal.notify.events import Event
from portal.progress import hooks
from portal.progress.hooks import Moment
from portal.progress.lifecycle import ClockEffect, Move, staying
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.watch import clock_doubt


class DraftState(StrEnum):
    """ASKED waits for a lead, APPROVED and RETURNED for the author; the others are final."""

    ASKED = "asked"
    APPROVED = "approved"
    RETURNED = "returned"
    SENT = "sent"
    WITHDRAWN = "withdrawn"


_UNSENT = (DraftState.ASKED.value, DraftState.APPROVED.value, DraftState.RETURNED.value)
_NOT_SENDABLE = {
    DraftState.ASKED: "主管还没有决定，同意以后才能发送",
    DraftState.RETURNED: "主管退回了这份回复，请修改后重新请主管审核",
    DraftState.SENT: "这份回复已经发送",
    DraftState.WITHDRAWN: "这份回复已经换成新的，或已经撤回",
}
_DECIDED = {
    DraftState.APPROVED: "另一位主管已经同意这份回复",
    DraftState.RETURNED: "另一位主管已经退回这份回复",
    DraftState.SENT: "这份回复已经同意并发送",
    DraftState.WITHDRAWN: "作者换了新的回复，或这份回复已经撤回。请刷新后核对",
}
_BATCH = 500


def ask_draft(hand: Hand, text: str) -> Outcome:
    """A draft in the place of what this ticket had before: any change is a new one."""
    session, ticket, actor, now = hand.session, hand.ticket, hand.actor, clock.now()
    assert actor.user_id is not None  # noqa: S101
    _withdraw(session, ticket)
    draft = ReplyDraft(
        ticket_id=ticket.id, author_id=actor.user_id, author_name=actor.label, text=text, status=DraftState.ASKED.value,
        asked_at=now, waits_until=policies.working_time_at(session, now).add_days(now, 1),
    )  # fmt: skip
    session.add(draft)
    session.flush()
    return Outcome(text)


def decide_draft(hand: Hand, draft: UUID, approved: bool, note: str) -> Outcome:
    """Approve it, or return it with a note.

    Raises:
        InvalidError: the decider wrote it, or returns it without a note. NotFoundError: none of this ticket.
        AlreadyDecidedError: decided, replaced or withdrawn.
    """
    found = _found(hand, draft)
    if found.status != DraftState.ASKED.value:
        raise AlreadyDecidedError(_DECIDED[DraftState(found.status)])
    decisions.check_another_person(hand, found.author_id, "不能审核自己写的回复，请另一位主管处理")
    if not approved and not note:
        raise InvalidError([Fault("note", "required", "退回时请写明要改什么")])
    found.status = (DraftState.APPROVED if approved else DraftState.RETURNED).value
    found.decided_by_id, found.decided_by_name, found.decided_at, found.note = (
        hand.actor.user_id, hand.actor.label, clock.now(), note,
    )  # fmt: skip
    hand.session.flush()
    _settle(hand.session, hand.ticket)
    words = f"{'同意' if approved else '退回'}{found.author_name}的回复"
    tag = Tag.DRAFT_APPROVED if approved else Tag.DRAFT_RETURNED
    return Outcome(f"{words}。{note}" if note else words, {"author": found.author_name}, tag=tag)


def send_draft(hand: Hand, draft: UUID, keeps: Sequence[str]) -> Outcome:
    """The approved text, unchanged, as a reply to the clinic; it may keep promises.

    Raises:
        NotFoundError: none of this ticket. ForbiddenError: somebody else wrote it. ConflictError: it is not approved.
    """
    found = _found(hand, draft)
    if found.author_id != hand.actor.user_id:
        raise ForbiddenError(f"这份回复是{found.author_name}写的，只能由本人发送")
    if found.status != DraftState.APPROVED.value:
        raise ConflictError(_NOT_SENDABLE[DraftState(found.status)])
    found.status, found.sent_at = DraftState.SENT.value, clock.now()
    lead, (entry_id, kept) = found.decided_by_name, promises.keep(hand, keeps)
    return Outcome(found.text, {**kept, "approver": lead}, aside=f"{lead}审核后发送", entry_id=entry_id)


def current(session: Session, ticket: Ticket) -> ReplyDraft | None:
    """The draft of this ticket that is neither sent nor withdrawn; there is one at most."""
    return session.scalars(_unsent(ticket)).first()


def withdraw(session: Session, ticket: Ticket) -> None:
    """A listener: a ticket that has ended or left its queue has nothing to be decided or sent."""
    _withdraw(session, ticket)


def withdraw_from_others(session: Session, ticket: Ticket) -> None:
    """A listener: a draft is its author's, and ends when its ticket has another owner."""
    _withdraw(session, ticket, ReplyDraft.author_id != ticket.assignee_id if ticket.assignee_id else true())


def _withdraw(session: Session, ticket: Ticket, *which: ColumnElement[bool]) -> None:
    draft = session.scalars(_unsent(ticket).where(*which)).first()
    if draft is not None:
        draft.status = DraftState.WITHDRAWN.value
        session.flush()
        _settle(session, ticket)


def _settle(session: Session, ticket: Ticket) -> None:
    decisions.settle(session, Event.DRAFT_ASKED, ticket)
    hooks.announce(session, ticket, Moment.DRAFT_SETTLED)


def run(runtime: Runtime) -> int:
    """Announce the drafts that nobody has decided in time, each once; returns how many. Raises ClockDoubtedError."""
    clock_doubt.ensure_trusted(runtime.database)
    now = clock.now()
    late = select(ReplyDraft.id).where(*_waits_too_long(now)).order_by(ReplyDraft.waits_until).limit(_BATCH)
    with runtime.database.read() as session:
        draft_ids = session.scalars(late).all()
    return sum(each(runtime.database, (partial(_announce, draft_id, now) for draft_id in draft_ids)))


def _announce(draft_id: UUID, now: datetime, session: Session) -> bool:
    ticket = lookup.locked(session, session.get_one(ReplyDraft, draft_id).ticket_id)
    draft = session.get_one(ReplyDraft, draft_id, populate_existing=True)
    if draft.status != DraftState.ASKED.value or draft.told_at is not None:
        return False  # decided meanwhile, or another worker was faster
    draft.told_at = now
    session.flush()
    hooks.announce(session, ticket, Moment.DRAFT_WAITING)
    return True


def _waits_too_long(now: datetime) -> tuple[ColumnElement[bool], ...]:
    is_asked = ReplyDraft.status == DraftState.ASKED.value
    return is_asked, ReplyDraft.told_at.is_(None), ReplyDraft.waits_until <= now


def _unsent(ticket: Ticket) -> Select[ReplyDraft]:
    return select(ReplyDraft).where(ReplyDraft.ticket_id == ticket.id, ReplyDraft.status.in_(_UNSENT))


def _found(hand: Hand, draft_id: UUID) -> ReplyDraft:
    found = hand.session.get(ReplyDraft, draft_id, populate_existing=True)
    if found is None or found.ticket_id != hand.ticket.id:
        raise NotFoundError("没有找到这份回复")
    return found


def _current_id(session: Session, ticket: Ticket) -> UUID | None:
    draft = current(session, ticket)
    return draft.id if draft else None


def _is_in(state: DraftState, session: Session, ticket: Ticket) -> bool:
    draft = current(session, ticket)
    return draft is not None and draft.status == state.value


_DRAFT = RowId(name="draft", current=_current_id)
_SENDABLE = tuple(REPLY.move.leads)
ASK_DRAFT = Act(
    move=Move("ask_draft", "请主管审核回复", staying(*_SENDABLE), is_public=False, is_remark=True),
    do=ask_draft,
    path="reply-drafts",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.DRAFT_ASKED,
    event=Event.DRAFT_ASKED,
    status=201,
    inputs=(
        Text(
            name="text", label="要发给机构的回复", word="回复", missing="请填写给机构的回复", sealed_as="reply",
            help="拿不准时先给主管看。主管同意后由您一键发送，决定前机构看不到；时限照常计算",
        ),
    ),
    form=Form(Place.WORK, "请主管审核", "正在提交…", title="请主管审核"),
    done="已请主管审核，同意后由您发送",
)  # fmt: skip
DECIDE_DRAFT = Act(
    move=Move("decide_draft", "审核回复", staying(*_SENDABLE), is_public=False, is_remark=True),
    do=decide_draft,
    path="reply-drafts/{draft}/decision",
    permission=Permission.APPROVE,
    refusal="只有主管可以审核回复",
    tag=Tag.DRAFT_RETURNED,
    event=Event.DRAFT_DECIDED,
    inputs=(
        _DRAFT,
        Decision(name="approved", label="决定", missing="请选择同意或退回", yes="同意，由作者发送", no="退回修改"),
        Text(name="note", label="退回时写明要改什么，同意时可以不写", word="说明", most=500, rows=2),
    ),
    form=Form(Place.OWN, "提交决定"),
    done="已告诉作者您的决定",
    is_wanted=partial(_is_in, DraftState.ASKED),
)
SEND_DRAFT = Act(
    move=Move("send_draft", "回复机构", staying(*_SENDABLE), clock=ClockEffect.REPLIES),
    do=send_draft,
    path="reply-drafts/{draft}/sending",
    permission=Permission.WORK_TICKET,
    whose=Whose.OWN,
    tag=Tag.TICKET_REPLIED,
    event=Event.REPLIED,
    inputs=(_DRAFT, promises.KEEPS),
    doubt=promises.doubts_of_keeping,
    form=Form(Place.OWN, "发送给机构", "正在发送…", look="primary", leads_on=True),
    done="已发送给机构",
    is_wanted=partial(_is_in, DraftState.APPROVED),
)
