"""A week of the board's course is the figure of that week, and many weeks take as many queries as one."""

from datetime import UTC, datetime
from random import Random

import pytest
from sqlalchemy import event

from portal.kpi import trends
from portal.kpi.figures import computing
from portal.kpi.figures.sources import Scope
from tests.kpi.figures.histories import History

NOW = datetime(2026, 10, 15, 9, 0, tzinfo=UTC)  # a Thursday


@pytest.mark.both_databases
def test_each_week_is_the_figure_of_that_week(portal):
    History(Random(3), datetime(2026, 9, 1, tzinfo=UTC), 40, 80).keep(portal.runtime)
    for queues in (("general", "his"), ("his",)):
        with portal.runtime.database.read() as session:
            weeks = trends.weeks(session, queues, NOW, 6)
            assert [week.is_running for week in weeks] == [False] * 5 + [True]
            assert sum(week.figures["received"].value for week in weeks) > 0
            for week in weeks:
                scope = Scope(week.period, queues, NOW)
                expected = computing.compute(session, scope, ("amounts", "service", "satisfaction"))
                for name in trends.NAMES:
                    found, figure = week.figures[name], expected.get(name)
                    assert (found.value, found.n, found.part, found.link) == (
                        pytest.approx(figure.value), figure.n, figure.part, figure.link
                    ), (week.period.name, name)  # fmt: skip


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_many_weeks_take_as_many_queries_as_one(portal):
    asked = []
    event.listen(portal.runtime.database.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    counts = []
    for many in (1, 8):
        asked.clear()
        with portal.runtime.database.read() as session:
            trends.weeks(session, ("general", "his"), NOW, many)
        counts.append(len(asked))
    assert counts[0] == counts[1]
