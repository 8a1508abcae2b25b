"""问题处理跟进表, 客户问题记录表, 问题列表: one row a ticket, by submission (DESK 6.2)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from portal.acts.triage_models import TriageNote
from portal.db import Database
from portal.follow_up.models import Rating
from portal.kinds.names import REQUEST_TYPE_LABELS
from portal.kinds.table import queue_label
from portal.kpi.tables import ticket_parts as parts
from portal.kpi.tables.cells import EMPTY, Cells, moment, short, text
from portal.kpi.tables.names import Table
from portal.kpi.tables.order import Order
from portal.kpi.tables.paging import Made, bare, columns, inside, merged, pages
from portal.kpi.tables.people import People
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.tickets.models import Ticket
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS, ClosedHow, TicketState

_MOST_RESULT, _MOST_STEPS = 100, 500
_NO_NOTE = (None, "", "")
_KEY = (bare(Ticket.submitted_at), bare(Ticket.id))
_VOID, _MERGED, _CLOSED = TicketState.VOID.value, TicketState.MERGED.value, TicketState.CLOSED.value
_ENDED = {_VOID: STATE_LABELS[TicketState.VOID], _MERGED: "已合并"}
# By what is stored: a hundred thousand members of an enumeration cost more than their words.
_STATES = {state.value: label for state, label in STATE_LABELS.items()}
_URGENCIES = {urgency.value: label for urgency, label in URGENCY_LABELS.items()}
_TYPES = {chosen.value: label for chosen, label in REQUEST_TYPE_LABELS.items()}
_FEEDBACK = {
    ClosedHow.CONFIRMED.value: "已解决",
    ClosedHow.DESK.value: "已解决",  # 已告知，来电人认可
    ClosedHow.STAFF.value: "工作人员关闭",
    ClosedHow.LAPSED_CONFIRMATION.value: "超时自动确认",
}
_COLUMNS = {
    Table.FOLLOW_UPS: (
        Ticket.number, Ticket.excerpt, bare(Ticket.assignee_id), bare(Ticket.resolved_by_id), Ticket.resolution,
        Ticket.state, bare(Ticket.resolved_at), Ticket.closed_how, Ticket.reopened_count,
    ),
    Table.PROBLEMS: (
        Ticket.number, Ticket.excerpt, bare(Ticket.assignee_id), bare(Ticket.resolved_by_id), Ticket.resolution,
        Ticket.state, bare(Ticket.report_id), Ticket.institution, Ticket.request_type, Ticket.merged_into,
        bare(Ticket.closed_at),
    ),
    Table.TICKETS: (
        Ticket.number, Ticket.excerpt, bare(Ticket.assignee_id), Ticket.state, Ticket.queue, Ticket.urgency,
        Ticket.request_type, Ticket.institution, bare(Ticket.next_due_at),
    ),
}  # fmt: skip


def rows(database: Database, order: Order, people: People) -> Iterator[Cells]:
    """Each queue by its index, and the queues merged."""
    made: Made = {
        Table.FOLLOW_UPS: _follow_ups, Table.PROBLEMS: _problems, Table.TICKETS: _tickets,
    }[order.table](people)  # fmt: skip
    query, when = columns(*_KEY, *_COLUMNS[order.table]), order.period.moments
    return merged(*(pages(database, _filtered(query, order, queue), _KEY, when, made) for queue in order.queues))


def count(session: Session, order: Order) -> int:
    query = select(func.count()).select_from(Ticket).where(*inside(Ticket.submitted_at, order.period.moments))
    return sum(session.scalar(_filtered(query, order, queue)) or 0 for queue in order.queues)


def _filtered(query: Select[Any], order: Order, queue: str) -> Select[Any]:
    wanted = replace(order.listed or QueueFilter(queue, state=queries.ALL), queue=queue, queues=())
    conditions: list[ColumnElement[bool]] = list(wanted.conditions)
    if order.table is Table.FOLLOW_UPS:
        conditions.append(Ticket.has_calls.is_(True))
    return queries.filtered(query, replace(wanted, conditions=conditions))


def _follow_ups(people: People) -> Made:
    def made(session: Session, found: Sequence[Any]) -> Iterable[Cells]:
        ids = [row.id for row in found]
        notes = parts.notes_of(session, ids, TriageNote.summary, TriageNote.improvement)
        calls, dues = parts.calls_of(session, ids), parts.dues_of(session, ids)
        for _, key, number, excerpt, owner, resolver, result, state, resolved_at, closed_how, reopened in found:
            _, summary, improvement = notes.get(key, _NO_NOTE)
            yield (
                number,
                "、".join(calls.get(key, ())) or EMPTY,
                text(summary or excerpt),
                people.number(owner or resolver),
                text(short(result or "", _MOST_RESULT)),
                parts.state_of(state, _ENDED),
                moment(dues.get(key)),
                moment(resolved_at),
                feedback_of(state, closed_how, reopened, has_result=resolved_at is not None),
                text(improvement),
            )

    return made


def feedback_of(state: str, closed_how: str | None, reopened_count: int, *, has_result: bool) -> str:
    """客户反馈结果: the clinic's own word, or how it ended without one."""
    if state == _CLOSED:
        return _FEEDBACK.get(closed_how or "", "未反馈")
    return "未解决" if reopened_count and not has_result else "未反馈"


def _problems(people: People) -> Made:
    def made(session: Session, found: Sequence[Any]) -> Iterable[Cells]:
        ids = [row.id for row in found]
        notes = parts.notes_of(session, ids, TriageNote.summary, TriageNote.steps)
        names, phones = parts.contacts_of(session, [row.report_id for row in found])
        departments, ratings = parts.departments_of(session, ids), parts.ratings_of(session, ids, Rating.score)
        acts = parts.acts_of(session, [one for one in ids if one not in notes or not notes[one].steps])
        for (
            at, key, number, excerpt, owner, resolver, result, state, report, institution, kind, target, closed_at,
        ) in found:  # fmt: skip
            _, summary, steps = notes.get(key, _NO_NOTE)
            yield (
                number,
                moment(at),
                text(names.get(report) or institution),
                text(phones.get(report)),
                _TYPES[kind],
                text(summary or excerpt),
                people.number(owner or resolver),
                text("、".join(departments.get(key, ()))),
                text(short(steps or acts.get(key, ""), _MOST_STEPS)),
                _result(state, result, target),
                ratings.get(key, EMPTY),
                moment(closed_at),
            )

    return made


def _result(state: str, result: str | None, target: str | None) -> str:
    if state == _VOID:
        return _ENDED[state]
    return f"已合并至 {target}" if state == _MERGED else text(result)


def _tickets(people: People) -> Made:
    def made(session: Session, found: Sequence[Any]) -> Iterable[Cells]:
        notes = parts.notes_of(session, [row.id for row in found], TriageNote.summary)
        for at, key, number, excerpt, owner, state, queue, urgency, kind, institution, next_due_at in found:
            yield (
                number,
                text(queue_label(queue)),
                _STATES[state],
                _URGENCIES[urgency],
                _TYPES[kind],
                text(institution),
                text(notes.get(key, _NO_NOTE)[1] or excerpt),
                people.number(owner),
                moment(at),
                moment(next_due_at),
            )

    return made
