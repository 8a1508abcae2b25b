"""The geometry of the board's charts: one small chart for each figure, a column a week. Pure.

The numbers stand in a table beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.kpi.figures.shapes import Figure, Unit
from portal.kpi.trends import NAMES, Week

COLUMN, HIGH, HEAD, FOOT = 46, 72, 22, 22
_BAR = 26
_FULL = {Unit.PERCENT: 100.0, Unit.SCORE: 5.0}


@dataclass(frozen=True)
class Column:
    """One week; `height` 0 where there is nothing to draw. `is_running`: the week is not over."""

    x: int
    y: int
    height: int
    number: str
    day: str
    is_running: bool


@dataclass(frozen=True)
class Chart:
    """One figure over the weeks, the oldest first."""

    name: str
    label: str
    definition: str
    columns: Sequence[Column]

    width = property(lambda self: len(self.columns) * COLUMN)
    height = HEAD + HIGH + FOOT
    base = HEAD + HIGH
    bar = _BAR


def charts(weeks: Sequence[Week]) -> list[Chart]:
    """One for each figure."""
    return [_chart([week.figures[name] for week in weeks], weeks) for name in NAMES]


def value_text(figure: Figure) -> str:
    """As the chart and the table say it; a dash where nothing can be said."""
    if figure.value is None:
        return "—"
    if figure.unit is Unit.PERCENT:
        return f"{figure.value:.0f} %"
    return f"{figure.value:.1f}" if figure.unit is Unit.SCORE else f"{figure.value:.0f}"


def _chart(figures: Sequence[Figure], weeks: Sequence[Week]) -> Chart:
    told = figures[0]
    top = _FULL.get(told.unit) or max(1.0, *(figure.value or 0 for figure in figures))
    columns = []
    for place, (figure, week) in enumerate(zip(figures, weeks, strict=True)):
        height = round((figure.value or 0) / top * HIGH)
        day = f"{week.period.first.month}/{week.period.first.day}"
        columns.append(Column(place * COLUMN, HEAD + HIGH - height, height, value_text(figure), day, week.is_running))
    return Chart(told.name, told.label, told.definition, columns)
