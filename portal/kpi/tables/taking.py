"""One table handed out as a file: checked, in the trail, and read while it is sent (DESK 6.2, SECURITY H-3 to H-5)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote

from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particular
from portal.complaints import access
from portal.disclosure.reasons import kept_reason
from portal.errors import Fault, InvalidError, NotFoundError
from portal.kpi.tables import csv_file, xlsx_file
from portal.kpi.tables.names import HEADINGS, TITLES, Table
from portal.kpi.tables.order import Order, Period, ensure_theirs
from portal.kpi.tables.rows import count_of, rows_of
from portal.queues import filter_words
from portal.queues.queries import QueueFilter
from portal.runtime import Runtime
from portal.vault.span_masks import masked_text

EVERY_QUEUE = "all"
MISSING_REASON = "请写明导出的事由，例如“月度例会”"
TYPES = {"csv": csv_file.TYPE, "xlsx": xlsx_file.TYPE}
ROWS_HEADER = "X-Row-Count"  # for whoever shows how far a file has come


@dataclass(frozen=True)
class Asked:
    """What somebody asks for, as typed.

    Attributes:
        since, until: China days, both inside; both may be empty for 问题列表 only. queue: EVERY_QUEUE or one.
        listed: of 问题列表, the list that is shown; `filters` says it in words for the trail.
    """

    table: str
    form: str
    since: str = ""
    until: str = ""
    queue: str = EVERY_QUEUE
    reason: str = ""
    listed: QueueFilter | None = None
    filters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Taken:
    """A file that is ready to be read; `rows` is how many it had when it was asked for."""

    name: str
    media_type: str
    rows: int
    content: Iterator[bytes]

    def headers(self) -> dict[str, str]:
        return {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(self.name)}",
            "Cache-Control": "no-store, private",
            ROWS_HEADER: str(self.rows),
        }


def take(runtime: Runtime, actor: Actor, asked: Asked) -> Taken:
    """The row of the trail is committed before the first byte.

    Raises:
        InvalidError: no table, or every fault of the rest. NotFoundError: no such table or queue, or not theirs.
        SessionOverError, ConflictError: see `standing.require`.
    """
    with runtime.database.read() as session:
        reader = access.reader(session, actor)
    table, is_one = _table(asked, reader), asked.queue not in ("", EVERY_QUEUE)
    if is_one and asked.queue not in actor.queues:
        raise NotFoundError
    table, period, reason = _checked(asked, table)
    listed = asked.listed if table is Table.TICKETS else None
    order = Order(table, period, (asked.queue,) if is_one else actor.queues, reader, is_one, listed)
    with runtime.database.read() as session:
        rows = count_of(session, order)
    runtime.database.run(lambda session: _record(session, actor, asked, order, rows, reason))
    return Taken(_name(order, actor, asked.form), TYPES[asked.form], rows, _content(runtime, order, asked.form))


def _record(session: Session, actor: Actor, asked: Asked, order: Order, rows: int, reason: str) -> None:
    """Judges the right again, as it is now and under lock, and whether the duties are still those of the count."""
    reader = access.person(session, actor)
    ensure_theirs(reader, order.table)
    if any(has(reader) is not has(order.reader) for has in (access.is_manager, access.is_legal)):
        raise NotFoundError
    told: dict[str, Particular] = {"table": TITLES[order.table], "format": asked.form, "rows": rows}
    if order.is_one_queue:
        told["queue"] = order.queues[0]
    if order.period.first:
        told["first_day"] = order.period.first.isoformat()
    if order.period.last:
        told["last_day"] = order.period.last.isoformat()
    if listed := filter_words.pairs_of(asked.filters):
        told["listed"] = [masked_text(pair) for pair in listed]
    trail.record(session, Tag.TABLE_EXPORTED, actor, reason=reason, particulars=told)


def _table(asked: Asked, reader: User) -> Table | None:
    """None: not chosen yet. Raises NotFoundError: a table or form that does not exist, or is not theirs."""
    ensure_theirs(reader, None)
    if not asked.table:
        return None
    if asked.table not in list(Table) or asked.form not in TYPES:
        raise NotFoundError
    ensure_theirs(reader, Table(asked.table))
    return Table(asked.table)


def _checked(asked: Asked, table: Table | None) -> tuple[Table, Period, str]:
    """Raises InvalidError: every fault of the choice, the period and the reason."""
    faults = [] if table else [Fault("table", "required", "请选择要导出的表")]
    first = _day("from", asked.since, faults, may_miss=table is Table.TICKETS)
    last = _day("to", asked.until, faults, may_miss=table is Table.TICKETS)
    if first and last and first > last:
        faults.append(Fault("to", "invalid", "结束日期早于开始日期，请核对"))
    reason = ""
    try:
        reason = kept_reason(asked.reason, missing=MISSING_REASON)
    except InvalidError as error:
        faults += error.faults
    if faults or table is None:
        raise InvalidError(faults)
    return table, Period(first, last), reason


def _day(name: str, text: str, faults: list[Fault], *, may_miss: bool) -> date | None:
    if not text.strip():
        if not may_miss:
            faults.append(Fault(name, "required", "请填写开始日期" if name == "from" else "请填写结束日期"))
        return None
    try:
        day = date.fromisoformat(text.strip())
        if not 2000 <= day.year <= 9000:
            raise ValueError
    except ValueError:
        faults.append(Fault(name, "invalid", "日期请按 2026-11-01 这样填写"))
        return None
    return day


def _name(order: Order, actor: Actor, form: str) -> str:
    """客户来电记录表 2026-11-01至2026-11-30 leo.xlsx"""
    first, last = order.period.first, order.period.last
    days = f"{first or ''}至{last or ''}" if first or last else "全部"
    return f"{TITLES[order.table]} {days} {actor.name}.{form}"


def _content(runtime: Runtime, order: Order, form: str) -> Iterator[bytes]:
    rows, headings = rows_of(runtime.database, order), HEADINGS[order.table]
    if form == "xlsx":
        return xlsx_file.as_xlsx(TITLES[order.table], headings, rows)
    return csv_file.as_csv(headings, rows)
