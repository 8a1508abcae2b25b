"""客户来电记录表: what staff took, a row a call record, and complaints they registered (DESK 6.2, REQUIREMENTS T26)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from portal.acts.triage_models import TriageNote
from portal.complaints.models import Complaint
from portal.complaints.names import LEVEL_LABELS, NAME, PHONE, ComplaintState, FollowLevel
from portal.db import Database
from portal.follow_up.models import Rating
from portal.kinds.more_fields import TITLE
from portal.kinds.names import RequestType
from portal.kpi.tables import ticket_parts as parts
from portal.kpi.tables.cells import EMPTY, Cells, moment, text
from portal.kpi.tables.order import Order, complaint_of_queue, complaints_of
from portal.kpi.tables.paging import Made, Page, bare, columns, inside, merged, numbered, pages
from portal.kpi.tables.people import People
from portal.reports.call_records import CallRecord
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS, TicketState, Urgency

_TYPES = {
    RequestType.CONSULTATION.value: "咨询类",
    RequestType.SUGGESTION.value: "建议类",
    RequestType.HELP.value: "求助类",
    RequestType.AFTER_SALES.value: "售后",
}
_COMPLAINT = "投诉类"
_VOID = TicketState.VOID.value
_NO_NOTE = (None, "", "", "")
_URGENCIES = {urgency.value: label for urgency, label in URGENCY_LABELS.items()}
_OVER = (ComplaintState.FOLLOWED_UP.value, ComplaintState.ARCHIVED.value)
_COLUMNS = (
    bare(CallRecord.ticket_id), bare(Ticket.report_id), Ticket.request_type, Ticket.excerpt, Ticket.urgency,
    bare(Ticket.assignee_id), bare(Ticket.resolved_by_id), Ticket.state, bare(Ticket.resolved_at),
    Report.answers[TITLE.name].as_string().label("title"),
)  # fmt: skip
_COMPLAINT_KEY = (bare(Complaint.received_at), bare(Complaint.id))
_OF_COMPLAINT = (
    Complaint.number, Complaint.summary, Complaint.is_grave, Complaint.first_opinion, bare(Complaint.handler_id),
    Complaint.status, bare(Complaint.answered_at), Complaint.follow_level,
)  # fmt: skip


def rows(database: Database, order: Order, people: People) -> Iterator[Cells]:
    """Calls with their time, calls without one by their end, and complaints: three streams in one order."""
    streams = [_calls(database, order, people, has_begun=has_begun) for has_begun in (True, False)]
    query = columns(*_COMPLAINT_KEY, *_OF_COMPLAINT).where(*_complaints(order))
    streams.append(pages(database, query, _COMPLAINT_KEY, order.period.moments, _of_complaints(people)))
    return numbered(merged(*streams))


def count(session: Session, order: Order) -> int:
    when = order.period.moments
    complaints = select(func.count()).select_from(Complaint).where(*_complaints(order))
    found = session.scalar(complaints.where(*inside(Complaint.received_at, when))) or 0
    for has_begun in (True, False):
        calls = _of_calls(select(func.count()).select_from(CallRecord), has_begun)
        if not order.is_every_queue:  # from the index of the queue's tickets with calls
            mine = (Ticket.queue.in_(order.queues), Ticket.has_calls.is_(True))
            calls = calls.join(Ticket, Ticket.id == CallRecord.ticket_id).where(*mine)
        found += session.scalar(calls.where(*inside(_moment_of(has_begun), when))) or 0
    return found


def _moment_of(has_begun: bool) -> Any:
    return CallRecord.began_at if has_begun else CallRecord.ended_at


def _of_calls(query: Select[Any], has_begun: bool) -> Select[Any]:
    """What was typed in for a clinic on 一线通 is no call and has no number."""
    is_timed = CallRecord.began_at.is_not(None) if has_begun else CallRecord.began_at.is_(None)
    return query.where(is_timed, CallRecord.number.is_not(None))


def _calls(database: Database, order: Order, people: People, *, has_begun: bool) -> Iterator[Page]:
    key = (bare(_moment_of(has_begun)).label("at"), bare(CallRecord.id))
    query = _of_calls(columns(*key, *_COLUMNS), has_begun).join(Ticket, Ticket.id == CallRecord.ticket_id)
    query = query.join(Report, Report.id == Ticket.report_id).where(*order.of_queue())
    return pages(database, query, key, order.period.moments, _made(people))


def _made(people: People) -> Made:
    def made(session: Session, found: Sequence[Any]) -> Iterable[Cells]:
        ids = list({row.ticket_id for row in found})
        notes = parts.notes_of(session, ids, TriageNote.summary, TriageNote.first_opinion, TriageNote.remark)
        ratings = parts.ratings_of(session, ids, Rating.label)
        names, phones = parts.contacts_of(session, list({row.report_id for row in found}))
        levels = parts.levels_of(session, [one for one in ids if one not in ratings])
        for at, _, key, report, kind, excerpt, urgency, owner, resolver, state, resolved_at, title in found:
            day, _, time = moment(at).partition(" ")
            _, summary, first_opinion, remark = notes.get(key, _NO_NOTE)
            yield (
                day,
                time,
                text(parts.addressed(names.get(report, ""), title)),
                text(phones.get(report)),
                _TYPES[kind],
                text(summary or excerpt),
                _URGENCIES[urgency],
                text(first_opinion),
                people.starred(owner or resolver),
                parts.state_of(state),
                parts.time_after(resolved_at, day),
                ratings.get(key) or levels.get(key, EMPTY),
                _remark(state, remark),
            )

    return made


def _remark(state: str, remark: str) -> str:
    if state != _VOID:
        return text(remark)
    return text("；".join(filter(None, (STATE_LABELS[TicketState.VOID], remark))))


def _complaints(order: Order) -> list[ColumnElement[bool]]:
    """Those that staff took, for people who may see them."""
    taken = Complaint.received_by_id.is_not(None)
    return [complaints_of(order), taken, *complaint_of_queue(order)]


def _of_complaints(people: People) -> Made:
    def made(session: Session, found: Sequence[Any]) -> Iterable[Cells]:
        names, phones = parts.contacts_of(session, [row.id for row in found], NAME, PHONE)
        for row in found:
            day, _, time = moment(row.received_at).partition(" ")
            yield (
                day,
                time,
                text(names.get(row.id)),
                text(phones.get(row.id)),
                _COMPLAINT,
                text(row.summary),
                URGENCY_LABELS[Urgency.CRITICAL if row.is_grave else Urgency.NORMAL],
                text(row.first_opinion),
                people.starred(row.handler_id),
                _state(row.status),
                parts.time_after(row.answered_at, day),
                LEVEL_LABELS[FollowLevel(row.follow_level)] if row.follow_level else EMPTY,
                EMPTY,
            )

    return made


def _state(status: str) -> str:
    if status == ComplaintState.ANSWERED.value:
        return "待客户确认"
    return "已完成" if status in _OVER else "处理中"
