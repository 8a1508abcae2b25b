"""The geometry of the board's charts, and what they say where nothing can be said."""

from datetime import date, timedelta

import pytest

from portal.kpi import trends
from portal.kpi.figures import periods
from portal.kpi.figures.shapes import Figure, Section, Unit
from portal.pages.desk import board_charts
from portal.pages.desk.board_charts import HEAD, HIGH, value_text

UNITS = (Unit.COUNT, Unit.COUNT, Unit.PERCENT, Unit.PERCENT, Unit.SCORE)


def weeks(*values):
    """Every figure has these values, one a week."""
    found = []
    for place, value in enumerate(values):
        period = periods.week_of(date(2026, 11, 2) + timedelta(days=7 * place))
        figures = {
            name: Figure(name, name, Section.AMOUNT, unit, value, None, "")
            for name, unit in zip(trends.NAMES, UNITS, strict=True)
        }
        found.append(trends.Week(period, figures, place == len(values) - 1))
    return found


@pytest.mark.parametrize(
    ("place", "heights"), [(0, (0, HIGH // 2, HIGH)), (2, (0, 2, 4)), (4, (0, 36, HIGH))], ids=["count", "%", "score"]
)
def test_counts_fill_the_chart_and_shares_keep_their_full_measure(place, heights):
    chart = board_charts.charts(weeks(None, 2.5, 5))[place]
    assert [column.height for column in chart.columns] == pytest.approx(list(heights), abs=1)
    assert all(column.y + column.height == HEAD + HIGH for column in chart.columns)
    assert [column.day for column in chart.columns] == ["11/2", "11/9", "11/16"]
    assert [column.is_running for column in chart.columns] == [False, False, True]


@pytest.mark.parametrize(
    ("unit", "value", "said"),
    [(Unit.COUNT, 0, "0"), (Unit.PERCENT, 99.6, "100 %"), (Unit.SCORE, 4.25, "4.2"), (Unit.COUNT, None, "—")],
)
def test_a_value_is_said_in_its_unit(unit, value, said):
    assert value_text(Figure("x", "x", Section.AMOUNT, unit, value, None, "")) == said


def test_weeks_of_nothing_are_drawn_flat():
    assert {column.height for chart in board_charts.charts(weeks(0, 0)) for column in chart.columns} == {0}
