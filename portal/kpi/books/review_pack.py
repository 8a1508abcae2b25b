"""复盘包: what a monthly or quarterly meeting needs, in one ZIP (REQUIREMENTS G21). Nothing of complaints is in it."""

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO
from urllib.parse import quote

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.complaints import access
from portal.disclosure.reasons import kept_reason
from portal.errors import Fault, InvalidError, NotFoundError
from portal.kpi.books import freezing, pdf, stages
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures import periods
from portal.kpi.figures.periods import DAY, Period
from portal.kpi.figures.sources import Scope
from portal.kpi.tables import xlsx_file
from portal.kpi.tables.cells import Cells
from portal.kpi.tables.names import HEADINGS, OF_COMPLAINTS, TITLES, Table
from portal.kpi.tables.order import Order
from portal.kpi.tables.order import Period as Days
from portal.kpi.tables.rows import SOURCES, rows_of
from portal.runtime import Runtime

MEDIA_TYPE = "application/zip"
_CHUNK = 256 * 1024
_MOST_MONTHS = 3
_COMPLAINT = "投诉类"  # the rows of 客户来电记录表 that are cases
_TYPE_COLUMN = HEADINGS[Table.CALLS].index("问题类型")
Print = Callable[[PeriodReport], tuple[str, bytes]]  # how a report is put on paper: ending and content


@dataclass(frozen=True)
class Asked:
    """What somebody asks for, as typed: `2026-11` or `2026-Q4`, one queue or "" for all, and why."""

    period: str
    queue: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Pack:
    name: str
    content: Iterator[bytes]

    def headers(self) -> dict[str, str]:
        where = f"attachment; filename*=UTF-8''{quote(self.name)}"
        return {"Content-Disposition": where, "Cache-Control": "no-store, private"}


def choices(day_months: int = 12) -> list[tuple[str, str]]:
    """Months that are over or running, newest first, then their quarters: value and words."""
    month, found = periods.month_of(clock.china_today()), []
    for _ in range(day_months):
        found.append(month)
        month = month.before
    quarters = list(dict.fromkeys((one.first.year, (one.first.month + 2) // 3) for one in found))
    months = [(one.name, one.label) for one in found]
    return months + [(f"{year}-Q{number}", f"{year} 年第 {number} 季度") for year, number in quarters]


def take(runtime: Runtime, actor: Actor, asked: Asked, on_paper: Print) -> Pack:
    """The row of the trail is committed before the first byte.

    Raises:
        InvalidError: every fault. NotFoundError: a queue that is not the actor's.
    """
    queues = freezing.queues_of(asked.queue)
    if not set(queues) <= set(actor.queues):
        raise NotFoundError
    months, reason = _checked(asked)
    label = dict(choices()).get(asked.period, asked.period)
    days = Days(months[0].first, months[-1].last)
    with runtime.database.read() as session:
        reader = access.reader(session, actor)
    runtime.database.run(
        lambda session: trail.record(
            session, Tag.REVIEW_PACK_MADE, actor, reason=reason,
            particulars={"period": label, "queues": list(queues)},
        )
    )  # fmt: skip
    file = tempfile.TemporaryFile()  # noqa: SIM115  (closed once it was sent)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        sizes = _add_tables(archive, runtime, reader, days, queues)
        _add_stages(archive, runtime, months, queues)
        reports = _add_reports(archive, runtime, months, asked.queue, on_paper)
        archive.writestr("说明.txt", _told(actor, label, asked.queue, reason, sizes, reports))
    return Pack(f"复盘包 {asked.period} {freezing.queue_words(asked.queue)} {actor.name}.zip", _sent(file))


def _checked(asked: Asked) -> tuple[list[Period], str]:
    faults: list[Fault] = []
    months = periods.months_of(asked.period.strip())
    if not months or len(months) > _MOST_MONTHS:
        code = "invalid" if asked.period.strip() else "required"
        faults.append(Fault("period", code, "请选择一个月（2026-11）或一个季度（2026-Q4）"))
    elif months[0].first > clock.china_today():
        faults.append(Fault("period", "too_far", "这一期还没有到，请选以前的"))
    reason = ""
    try:
        reason = kept_reason(asked.reason, missing="请写明用途，例如“月度复盘会”")
    except InvalidError as error:
        faults += error.faults
    if faults:
        raise InvalidError(faults)
    return months, reason


def _add_tables(
    archive: zipfile.ZipFile, runtime: Runtime, reader: User, days: Days, queues: Sequence[str]
) -> list[tuple[str, int]]:
    """Every table but those of complaints, with how many rows each has."""
    sizes = []
    for table in Table:
        if table in OF_COMPLAINTS or table not in SOURCES:
            continue
        order = Order(table, days, queues, reader, is_one_queue=len(queues) == 1)
        rows = rows_of(runtime.database, order)
        counted = _Counted(_without_complaints(rows) if table is Table.CALLS else rows)
        _add_sheet(archive, f"表格/{TITLES[table]}.xlsx", TITLES[table], HEADINGS[table], counted)
        sizes.append((TITLES[table], counted.many))
    return sizes


def _without_complaints(rows: Iterable[Cells]) -> Iterator[Cells]:
    """Numbered anew, so that no gap tells how many there were."""
    kept = (row for row in rows if row[_TYPE_COLUMN] != _COMPLAINT)
    for number, row in enumerate(kept, 1):
        yield (number, *row[1:])


class _Counted:
    """Counts rows as they pass."""

    def __init__(self, rows: Iterable[Cells]) -> None:
        self.rows, self.many = rows, 0

    def __iter__(self) -> Iterator[Cells]:
        for row in self.rows:
            self.many += 1
            yield row


def _add_sheet(archive: zipfile.ZipFile, name: str, title: str, headings: Cells, rows: Iterable[Cells]) -> None:
    with archive.open(name, "w", force_zip64=True) as place:
        for part in xlsx_file.as_xlsx(title, headings, rows):
            place.write(part)


def _add_stages(archive: zipfile.ZipFile, runtime: Runtime, months: Sequence[Period], queues: Sequence[str]) -> None:
    period = periods.days(months[0].first, months[-1].last)
    with runtime.database.read() as session:
        found = stages.slowest(session, Scope(period, tuple(queues), clock.now()))
    _add_sheet(archive, f"{stages.TITLE}.xlsx", stages.TITLE, stages.HEADINGS, stages.cells(found))


def _add_reports(
    archive: zipfile.ZipFile, runtime: Runtime, months: Sequence[Period], queue: str, on_paper: Print
) -> list[str]:
    """The newest edition of each month, and of each week that touches one."""
    with runtime.database.read() as session:
        rows = _reports(session, months, queue)
    names = []
    for row in rows:
        ending, content = on_paper(row)
        name = f"{freezing.title_of(row.grain)} {row.period}.{ending}"
        archive.writestr(f"报告/{name}", content)
        names.append(name)
    if any(name.endswith(".html") for name in names):
        archive.writestr(f"报告/{pdf.STYLES}", pdf.styles())
    return names


def _reports(session: Session, months: Sequence[Period], queue: str) -> list[PeriodReport]:
    weeks, week = [], periods.week_of(months[0].first)
    while week.first <= months[-1].last:
        weeks.append(week)
        week = periods.week_of(week.last + DAY)
    wanted = [one.name for one in (*months, *weeks)]
    rows = session.scalars(
        select(PeriodReport)
        .where(PeriodReport.period.in_(wanted), PeriodReport.queue == queue)
        .order_by(PeriodReport.edition)
    )
    newest = {row.period: row for row in rows}
    return [newest[name] for name in wanted if name in newest]


def _told(
    actor: Actor, label: str, queue: str, reason: str, sizes: Sequence[tuple[str, int]], reports: Sequence[str]
) -> str:
    lines = [
        f"复盘包：{label}，{freezing.queue_words(queue)}",
        f"由 {actor.label} 在 {clock.staff_time(clock.now())} 下载，用途：{reason}",
        "敏感信息都已隐藏，不含投诉。请按本单位的规定保管，会后删除。", "", "表格：",
        *(f"  {title}：{many} 行" for title, many in sizes), "", f"{stages.TITLE}：{stages.WORDS}", "",
        "报告（冻结的数字）：",
        *(f"  {name}" for name in reports), *([] if reports else ["  这一期还没有做出报告"]),
    ]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while part := file.read(_CHUNK):
            yield part
