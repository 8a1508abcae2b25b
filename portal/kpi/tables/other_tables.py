"""客户不满意问题分析表, 回访记录表, 顾客投诉登记表, 顾客投诉分类统计表 (DESK 6.2)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.complaints import statistics
from portal.complaints.models import Complaint
from portal.complaints.names import (
    KIND_LABELS,
    NAME,
    PHONE,
    STATE_LABELS,
    VERDICT_LABELS,
    ComplaintKind,
    ComplaintState,
    Verdict,
)
from portal.db import Database
from portal.follow_up import scales
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import CAUSE_LABELS, LEVEL_LABELS, Cause, Level
from portal.follow_up.models import Dissatisfaction, ImprovementStage
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.kpi.tables import ticket_parts as parts
from portal.kpi.tables.cells import EMPTY, Cells, moment, text, yes_no
from portal.kpi.tables.order import Order, complaint_of_queue, complaints_of
from portal.kpi.tables.paging import Made, bare, columns, inside, merged, pages
from portal.kpi.tables.people import People
from portal.tickets.models import Ticket

_FIRST, _LAST = date(2000, 1, 1), date(8999, 12, 31)
_ANALYSED = (
    Ticket.number, Dissatisfaction.reason, Dissatisfaction.digest, ImprovementStage.name, Dissatisfaction.measure,
    bare(Dissatisfaction.person_id), Dissatisfaction.done_on,
)  # fmt: skip
_CALLED = (
    CallBack.number, CallBack.institution, CallBack.cause, CallBackRecord.reached, CallBackRecord.level,
    CallBackRecord.aspect, CallBackRecord.suggestion, bare(CallBackRecord.by_id),
)  # fmt: skip
_REGISTERED = (
    Complaint.number, Complaint.channel, Complaint.summary, Complaint.kind, Complaint.is_grave, Complaint.is_legal,
    bare(Complaint.handler_id), Complaint.verdict, Complaint.status, bare(Complaint.answered_at),
)  # fmt: skip


def dissatisfactions(database: Database, order: Order, people: People) -> Iterator[Cells]:
    key = (Dissatisfaction.on_day, bare(Dissatisfaction.id))
    query = _analysed(columns(*key, *_ANALYSED), order).outerjoin(
        ImprovementStage, ImprovementStage.id == Dissatisfaction.stage_id
    )
    return merged(pages(database, query, key, order.period.days, _analyses(people)))


def count_dissatisfactions(session: Session, order: Order) -> int:
    query = _analysed(select(func.count()).select_from(Dissatisfaction), order)
    return session.scalar(query.where(*inside(Dissatisfaction.on_day, order.period.days))) or 0


def _analysed(query: Select[Any], order: Order) -> Select[Any]:
    return query.join(Ticket, Ticket.id == Dissatisfaction.ticket_id).where(*order.of_queue())


def _analyses(people: People) -> Made:
    def made(_: Session, found: Sequence[Any]) -> Iterable[Cells]:
        for row in found:
            yield (
                row.on_day.isoformat(),
                row.number,
                scales.reason_label(row.reason) or EMPTY,
                text(row.digest),
                text(row.name),
                text(row.measure),
                people.number(row.person_id),
                row.done_on.isoformat() if row.done_on else EMPTY,
            )

    return made


def call_backs(database: Database, order: Order, people: People) -> Iterator[Cells]:
    key = (bare(CallBackRecord.at), bare(CallBackRecord.id))
    query = _called(columns(*key, *_CALLED), order)
    return merged(pages(database, query, key, order.period.moments, _calls(people)))


def count_call_backs(session: Session, order: Order) -> int:
    query = _called(select(func.count()).select_from(CallBackRecord), order)
    return session.scalar(query.where(*inside(CallBackRecord.at, order.period.moments))) or 0


def _called(query: Select[Any], order: Order) -> Select[Any]:
    """Calls about a complaint only for those whose tables have the complaint."""
    own = select(Complaint.id).where(complaints_of(order))
    about = [or_(CallBack.complaint_id.is_(None), CallBack.complaint_id.in_(own))]
    if order.is_one_queue:
        about.append(CallBack.queue.in_(order.queues))
    elif not order.is_every_queue:
        about.append(or_(CallBack.queue.is_(None), CallBack.queue.in_(order.queues)))
    return query.join(CallBack, CallBack.id == CallBackRecord.call_back_id).where(*about)


def _calls(people: People) -> Made:
    def made(_: Session, found: Sequence[Any]) -> Iterable[Cells]:
        for row in found:
            yield (
                moment(row.at),
                row.number,
                text(row.institution),
                CAUSE_LABELS[Cause(row.cause)],
                yes_no(row.reached),
                LEVEL_LABELS[Level(row.level)] if row.level else EMPTY,
                text(row.aspect),
                text(row.suggestion),
                people.number(row.by_id),
            )

    return made


def complaints(database: Database, order: Order, people: People) -> Iterator[Cells]:
    key = (bare(Complaint.received_at), bare(Complaint.id))
    query = columns(*key, *_REGISTERED).where(*_registered(order))
    return merged(pages(database, query, key, order.period.moments, _register(people)))


def count_complaints(session: Session, order: Order) -> int:
    query = select(func.count()).select_from(Complaint).where(*_registered(order))
    return session.scalar(query.where(*inside(Complaint.received_at, order.period.moments))) or 0


def _registered(order: Order) -> list[ColumnElement[bool]]:
    return [complaints_of(order), *complaint_of_queue(order)]


def _register(people: People) -> Made:
    def made(session: Session, found: Sequence[Any]) -> Iterable[Cells]:
        names, _ = parts.contacts_of(session, [row.id for row in found], NAME, PHONE)
        for row in found:
            yield (
                row.number,
                text(names.get(row.id)),
                moment(row.received_at),
                CHANNEL_LABELS[Channel(row.channel)],
                text(row.summary),
                KIND_LABELS[ComplaintKind(row.kind)] if row.kind else EMPTY,
                yes_no(row.is_grave),
                yes_no(row.is_legal),
                people.number(row.handler_id),
                VERDICT_LABELS[Verdict(row.verdict)] if row.verdict else EMPTY,
                STATE_LABELS[ComplaintState(row.status)],
                moment(row.answered_at),
            )

    return made


def complaint_statistics(database: Database, order: Order, _: People) -> Iterator[Cells]:
    """The oldest month first; the page has one more column, 责任环节, whose rows are one here."""
    with database.read() as session:
        groups = _groups(session, order)
    for (month, kind, department), found in groups.items():
        words = dict.fromkeys(word for group in found for word in group.improvements)
        yield (
            month,
            text(kind),
            text(department),
            _sum(found, lambda group: group.count),
            _sum(found, lambda group: group.upheld),
            _sum(found, lambda group: group.not_upheld),
            _sum(found, lambda group: group.in_time) if any(group.judged_by_time for group in found) else EMPTY,
            text("；".join(words)),
        )


def count_statistics(session: Session, order: Order) -> int:
    return len(_groups(session, order))


def _groups(session: Session, order: Order) -> dict[tuple[str, str, str], list[statistics.Group]]:
    first, last = order.period.first or _FIRST, order.period.last or clock.china_today()
    figures = statistics.of_months(
        session, order.reader, first, min(last, _LAST) + timedelta(days=1), complaint_of_queue(order)
    )  # fmt: skip
    found: dict[tuple[str, str, str], list[statistics.Group]] = {}
    for group in sorted(figures.groups, key=lambda group: (group.month, group.kind, group.department, group.cause)):
        found.setdefault((group.month, group.kind, group.department), []).append(group)
    return found


def _sum(groups: Sequence[statistics.Group], value: Callable[[statistics.Group], int]) -> int:
    return sum(map(value, groups))
