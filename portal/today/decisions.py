"""等我决定: what colleagues of a lead's queues ask for, and what a lead has answered to an author."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts.models import ReplyDraft
from portal.acts.reply_drafts import DraftState
from portal.acts.voiding import KIND_LABELS, VoidState
from portal.tickets.models import Ticket, VoidRequest
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def asked(session: Session, reader: Principal, now: datetime) -> Section | None:
    """Replies to approve and requests to void, the oldest first; never the reader's own."""
    if not reader.can(Permission.APPROVE):
        return None
    found = [*_drafts(session, reader), *_voids(session, reader)]
    lines, has_more = cut(sorted(found, key=lambda line: line.at)[: MOST_LINES + 1])
    empty = "没有等您决定的事。同事请您审核回复、申请作废，会列在这里"
    return Section("decisions", "等我决定", empty, lines, Counts.SINCE, has_more)


def answered(session: Session, reader: Principal, now: datetime) -> Section | None:
    """One's own replies that a lead has decided, until they are sent, changed, or the ticket has moved on."""
    if not reader.can(Permission.WORK_TICKET):
        return None
    waiting = (
        ReplyDraft.author_id == reader.user_id,
        ReplyDraft.status.in_((DraftState.APPROVED.value, DraftState.RETURNED.value)),
        Ticket.queue.in_(reader.queues),
        (ReplyDraft.status == DraftState.APPROVED.value) | (Ticket.changed_at <= ReplyDraft.decided_at),
    )
    query = select(ReplyDraft, Ticket).join(Ticket, Ticket.id == ReplyDraft.ticket_id).where(*waiting)
    rows = session.execute(query.order_by(ReplyDraft.decided_at, ReplyDraft.id).limit(MOST_LINES + 1)).all()
    lines, has_more = cut([_answer(draft, ticket) for draft, ticket in rows])
    empty = "没有审核过的回复等您。请主管审核的回复有了答复，会列在这里"
    return Section("drafts", "审核过的回复", empty, lines, Counts.SINCE, has_more)


def _drafts(session: Session, reader: Principal) -> Iterator[Line]:
    waiting = (
        ReplyDraft.status == DraftState.ASKED.value,
        ReplyDraft.author_id != reader.user_id,
        Ticket.queue.in_(reader.queues),
    )
    query = select(ReplyDraft, Ticket).join(Ticket, Ticket.id == ReplyDraft.ticket_id).where(*waiting)
    for draft, ticket in session.execute(query.order_by(ReplyDraft.asked_at, ReplyDraft.id).limit(MOST_LINES + 1)):
        words = f"{draft.author_name}请您审核回复"
        yield _line(ticket, words, draft.asked_at, "#reply-draft")


def _voids(session: Session, reader: Principal) -> Iterator[Line]:
    waiting = (
        VoidRequest.status == VoidState.ASKED.value,
        VoidRequest.asked_by_id != reader.user_id,
        Ticket.queue.in_(reader.queues),
    )
    query = select(VoidRequest, Ticket).join(Ticket, Ticket.id == VoidRequest.ticket_id).where(*waiting)
    for request, ticket in session.execute(query.order_by(VoidRequest.asked_at, VoidRequest.id).limit(MOST_LINES + 1)):
        words = f"{request.asked_by_name}申请作废（{KIND_LABELS[request.reason_kind]}）"
        yield _line(ticket, words, request.asked_at)


def _answer(draft: ReplyDraft, ticket: Ticket) -> Line:
    is_approved = draft.status == DraftState.APPROVED.value
    words = "已同意，请发送给机构" if is_approved else f"退回：{draft.note}"
    at = draft.decided_at or draft.asked_at
    return _line(ticket, f"{draft.decided_by_name}{words}", at, "#reply-draft")


def _line(ticket: Ticket, words: str, at: datetime, place: str = "") -> Line:
    return Line(ticket.number, f"/tickets/{ticket.number}{place}", words, at, ticket.queue, ticket.institution)
