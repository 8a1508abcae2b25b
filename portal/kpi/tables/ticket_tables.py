"""问题处理跟进表, 客户问题记录表, 问题列表: one row a ticket, by submission (DESK 6.2)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from portal.db import Database
from portal.kinds.names import REQUEST_TYPE_LABELS, RequestType
from portal.kinds.table import queue_label
from portal.kpi.tables import ticket_parts as parts
from portal.kpi.tables.cells import EMPTY, Cells, moment, short, text
from portal.kpi.tables.names import Table
from portal.kpi.tables.order import Order
from portal.kpi.tables.paging import Key, Made, bare, columns, lines, merged
from portal.kpi.tables.people import People
from portal.kpi.tables.ticket_parts import Notes
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.reports.call_records import CallRecord
from portal.tickets.models import Ticket
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS, ClosedHow, TicketState, Urgency

_MOST_RESULT, _MOST_STEPS = 100, 500
_KEY = (Ticket.submitted_at, bare(Ticket.id))
_ENDED = {TicketState.VOID.value: STATE_LABELS[TicketState.VOID], TicketState.MERGED.value: "已合并"}
_TYPES = {chosen.value: label for chosen, label in REQUEST_TYPE_LABELS.items()}
_FEEDBACK = {
    ClosedHow.CONFIRMED.value: "已解决",
    ClosedHow.DESK.value: "已告知",
    ClosedHow.STAFF.value: "工作人员关闭",
    ClosedHow.LAPSED_CONFIRMATION.value: "超时自动确认",
}
_COLUMNS = {
    Table.FOLLOW_UPS: (
        Ticket.number, Ticket.excerpt, bare(Ticket.assignee_id), bare(Ticket.resolved_by_id), Ticket.resolution,
        Ticket.state, Ticket.resolved_at, Ticket.closed_how, Ticket.reopened_count,
    ),
    Table.PROBLEMS: (
        Ticket.number, Ticket.excerpt, bare(Ticket.assignee_id), bare(Ticket.resolved_by_id), Ticket.resolution,
        Ticket.state, bare(Ticket.report_id), Ticket.institution, Ticket.request_type, Ticket.merged_into,
        Ticket.closed_at,
    ),
    Table.TICKETS: (
        Ticket.number, Ticket.excerpt, bare(Ticket.assignee_id), Ticket.state, Ticket.queue, Ticket.urgency,
        Ticket.request_type, Ticket.institution, Ticket.next_due_at,
    ),
}  # fmt: skip


def rows(database: Database, order: Order, people: People) -> Iterator[Cells]:
    """Each queue by its index, and the queues merged."""
    made: Made = {
        Table.FOLLOW_UPS: _follow_ups, Table.PROBLEMS: _problems, Table.TICKETS: _tickets,
    }[order.table](people)  # fmt: skip
    query = columns(*_KEY, *_COLUMNS[order.table])
    return merged(*(lines(database, _filtered(query, order, queue), _KEY, made) for queue in order.queues))


def count(session: Session, order: Order) -> int:
    counted = (_filtered(select(func.count()).select_from(Ticket), order, queue) for queue in order.queues)
    return sum(session.scalar(query) or 0 for query in counted)


def _filtered(query: Select[Any], order: Order, queue: str) -> Select[Any]:
    wanted = replace(order.listed or QueueFilter(queue, state=queries.ALL), queue=queue, queues=())
    conditions: list[ColumnElement[bool]] = [*wanted.conditions, *order.period.covers(Ticket.submitted_at)]
    if order.table is Table.FOLLOW_UPS:
        conditions.append(exists().where(and_(CallRecord.ticket_id == Ticket.id, CallRecord.number.is_not(None))))
    return queries.filtered(query, replace(wanted, conditions=conditions))


def _ids(found: Sequence[Row[Any]]) -> list[Key]:
    return [row.id for row in found]


def _owner(row: Row[Any]) -> Key | None:
    """Who answers for it: its owner, or whoever gave the result of a ticket that nobody owned."""
    owner: Key | None = row.assignee_id or row.resolved_by_id
    return owner


def _gist(row: Row[Any], notes: dict[Key, Notes]) -> str:
    note = notes.get(row.id)
    return text((note.summary if note else "") or row.excerpt)


def _follow_ups(people: People) -> Made:
    def made(session: Session, found: Sequence[Row[Any]]) -> Iterable[Cells]:
        ids = _ids(found)
        notes, calls, dues = parts.notes_of(session, ids), parts.calls_of(session, ids), parts.dues_of(session, ids)
        for row in found:
            note = notes.get(row.id)
            yield (
                row.number,
                "、".join(calls.get(row.id, ())) or EMPTY,
                _gist(row, notes),
                people.number(_owner(row)),
                text(short(row.resolution or "", _MOST_RESULT)),
                parts.state_of(row.state, _ENDED),
                moment(dues.get(row.id)),
                moment(row.resolved_at),
                feedback_of(row.state, row.closed_how, row.reopened_count, has_result=row.resolved_at is not None),
                text(note.improvement if note else ""),
            )

    return made


def feedback_of(state: str, closed_how: str | None, reopened_count: int, *, has_result: bool) -> str:
    """客户反馈结果: the clinic's own word, or how it ended without one."""
    if state == TicketState.CLOSED.value:
        return _FEEDBACK.get(closed_how or "", "未反馈")
    return "未解决" if reopened_count and not has_result else "未反馈"


def _problems(people: People) -> Made:
    def made(session: Session, found: Sequence[Row[Any]]) -> Iterable[Cells]:
        ids = _ids(found)
        notes = parts.notes_of(session, ids)
        contacts = parts.contacts_of(session, [row.report_id for row in found])
        departments, ratings = parts.departments_of(session, ids), parts.ratings_of(session, ids)
        acts = parts.acts_of(session, [one for one in ids if one not in notes or not notes[one].steps])
        for row in found:
            contact, note = contacts.get(row.report_id, parts.Contact()), notes.get(row.id)
            steps = (note.steps if note else "") or acts.get(row.id, "")
            yield (
                row.number,
                moment(row.submitted_at),
                text(contact.name or row.institution),
                text(contact.phone),
                _TYPES[row.request_type],
                _gist(row, notes),
                people.number(_owner(row)),
                text("、".join(departments.get(row.id, ()))),
                text(short(steps, _MOST_STEPS)),
                _result(row),
                ratings[row.id][1] if row.id in ratings else EMPTY,
                moment(row.closed_at),
            )

    return made


def _result(row: Row[Any]) -> str:
    if row.state == TicketState.VOID.value:
        return _ENDED[row.state]
    if row.state == TicketState.MERGED.value:
        return f"已合并至 {row.merged_into}"
    return text(row.resolution)


def _tickets(people: People) -> Made:
    def made(session: Session, found: Sequence[Row[Any]]) -> Iterable[Cells]:
        notes = parts.notes_of(session, _ids(found))
        for row in found:
            yield (
                row.number,
                text(queue_label(row.queue)),
                STATE_LABELS[TicketState(row.state)],
                URGENCY_LABELS[Urgency(row.urgency)],
                REQUEST_TYPE_LABELS[RequestType(row.request_type)],
                text(row.institution),
                _gist(row, notes),
                people.number(row.assignee_id),
                moment(row.submitted_at),
                moment(row.next_due_at),
            )

    return made
