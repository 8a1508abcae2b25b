"""The shelf of reports on 统计: this week, the last ones, and a year with its months."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.principal import Principal
from portal.kpi.books import freezing, reading, wording
from portal.kpi.books.addresses import address_of
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures import periods
from portal.kpi.figures.periods import Period
from portal.kpi.figures.shapes import Unit, share

_WEEKS = 6
# What the year shows of each month.
YEAR_FIGURES = ("received", "results", "reply_in_time", "solved_in_time", "reopened", "satisfaction_s3")


Value = tuple[str, str | None]  # in words, and the list of its tickets


@dataclass(frozen=True)
class Line:
    """A period with its report's figures; without any where none was frozen."""

    period: Period
    address: str
    values: Sequence[Value] | None


@dataclass(frozen=True)
class Shelf:
    queue: str
    queues: Sequence[tuple[str, str]]
    weeks: Sequence[Line]
    year: int
    months: Sequence[Line]
    headings: Sequence[str]
    newest_year: int
    whole: Sequence[Value] | None


def shelf(session: Session, reader: Principal, queue: str, year: str) -> Shelf:
    """Raises NotFoundError for a queue that is not the reader's."""
    queue = reading.first_of(reader.queues, queue)
    today = clock.china_today()
    shown = min(int(year), today.year) if year.isascii() and year.isdecimal() and len(year) == 4 else today.year
    weeks = [periods.week_of(today)]
    while len(weeks) < _WEEKS:
        weeks.append(weeks[-1].before)
    months = [one for one in periods.months_of(str(max(shown, 2000))) if one.first <= today]
    frozen = _frozen(session, queue, [*weeks, *months])
    return Shelf(
        queue, [(name, freezing.queue_words(name)) for name in reading.readable(reader.queues)],
        [_line(one, queue, frozen) for one in weeks], max(shown, 2000),
        [_line(one, queue, frozen) for one in reversed(months) if one.name in frozen or one.last >= today],
        _headings(), today.year, _whole([frozen[one.name].figures for one in months if one.name in frozen]),
    )  # fmt: skip


def _frozen(session: Session, queue: str, wanted: Sequence[Period]) -> dict[str, PeriodReport]:
    """The newest edition of each."""
    rows = session.scalars(
        select(PeriodReport)
        .where(PeriodReport.period.in_([one.name for one in wanted]), PeriodReport.queue == queue)
        .order_by(PeriodReport.edition)
    )
    return {row.period: row for row in rows}


def _line(period: Period, queue: str, frozen: dict[str, PeriodReport]) -> Line:
    row = frozen.get(period.name)
    if row is None:
        return Line(period, address_of(period, queue), None)
    known = {one["name"]: one for one in row.figures["figures"]}
    return Line(period, address_of(period, queue), [_value(known.get(name)) for name in YEAR_FIGURES])


def _value(figure: Mapping[str, Any] | None) -> Value:
    if figure is None:
        return "—", None
    link = figure["link"] if figure["value"] is not None else None
    return wording.value_text(figure["unit"], figure["value"], figure["n"]), link


def _whole(frozen: Sequence[Mapping[str, Any]]) -> Sequence[Value] | None:
    """The months that are frozen, put together; None with a single one."""
    if len(frozen) < 2:
        return None
    known = [{one["name"]: one for one in figures["figures"]} for figures in frozen]
    return [_together([month[name] for month in known if name in month]) for name in YEAR_FIGURES]


def _together(months: Sequence[Mapping[str, Any]]) -> Value:
    """Counts are added; a share is all parts of all cases. A mean of which a month has too few cases cannot be said."""
    if not months:
        return "—", None
    unit = months[0]["unit"]
    if unit == Unit.COUNT:
        return wording.value_text(unit, sum(one["value"] for one in months)), None
    n = sum(one["n"] for one in months)
    if unit == Unit.PERCENT:
        return wording.value_text(unit, share(sum(one["part"] for one in months), n), n), None
    if any(one["n"] and one["value"] is None for one in months):
        return "—", None
    value = sum((one["value"] or 0) * one["n"] for one in months) / n if n else None
    return wording.value_text(unit, value, n), None


def _headings() -> list[str]:
    return ["收到", "给出结果", "按时回复率", "按时处理率", "重新打开", "满意度"]
