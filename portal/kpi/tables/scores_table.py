"""客服绩效考核表(月度): the published sheets of the months that lie inside the period as a whole (DESK 6.2)."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.db import Database
from portal.kpi.score import sheets
from portal.kpi.score.bands import Metric
from portal.kpi.score.models import MonthlyScore
from portal.kpi.score.names import SheetState
from portal.kpi.tables.cells import EMPTY, Cell, Cells, text
from portal.kpi.tables.order import Order, Period
from portal.kpi.tables.people import UNNUMBERED, People
from portal.vault.masks import mask_name


def rows(database: Database, order: Order, _: People) -> Iterator[Cells]:
    """A few rows a month: read at once."""
    with database.read() as session:
        found = _published(session, order)
    for sheet, person in found:
        metrics = sheet.inputs["metrics"]
        yield (
            sheet.month,
            text(f"{person.staff_number or UNNUMBERED}（{mask_name(person.display_name)}）"),
            *(_figure(metric, metrics.get(metric.value)) for metric in Metric),
            EMPTY if sheet.points is None else f"{sheet.points:g}/{sheet.out_of:g}",
            text(sheet.grade),
            text(sheet.remark),
        )


def count(session: Session, order: Order) -> int:
    return len(_published(session, order))


def _published(session: Session, order: Order) -> Sequence[tuple[MonthlyScore, User]]:
    """Of people of the queues: whoever left a team is out of its leads' sight at once."""
    query = (
        select(MonthlyScore, User)
        .join(User, User.id == MonthlyScore.user_id)
        .where(MonthlyScore.status == SheetState.PUBLISHED.value, *_months(order.period))
        .order_by(MonthlyScore.month, User.staff_number.nulls_last(), User.name_key)
    )
    return [(sheet, person) for sheet, person in session.execute(query) if set(person.queues) & set(order.queues)]


def _months(period: Period) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if period.first:
        found.append(MonthlyScore.month >= f"{_next_month(period.first - timedelta(days=1)):%Y-%m}")
    if period.last:
        found.append(MonthlyScore.month < f"{period.last + timedelta(days=1):%Y-%m}")
    return found


def _next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def _figure(metric: Metric, stored: dict[str, Any] | None) -> Cell:
    """The number that the sheet shows; a stroke where nothing was scored."""
    if stored is None or stored["value"] is None or stored["points"] is None:
        return EMPTY
    shown = sheets.shown_value(metric, stored["value"], stored["n"], least=0)
    return int(shown) if shown.isdecimal() else float(shown)
