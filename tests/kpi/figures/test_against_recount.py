"""The figures against a slow recount from the raw rows, over random histories; longer in a night."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import func, select

from portal.calendar.working_time import WorkingTime
from portal.kpi.figures import cases, computing, periods
from portal.kpi.figures.durations import OpenSeconds
from portal.kpi.figures.sources import Scope
from portal.tickets.models import Ticket
from tests.kpi.figures.histories import REFUSED, History
from tests.kpi.figures.recounting import Recount
from tests.property_cases import PROPERTY_CASES

BEGIN = datetime(2026, 9, 20, tzinfo=UTC)
TICKETS = 120
_HISTORIES = max(2, PROPERTY_CASES // 1000)
QUEUES = (("general", "his"), ("general",), ("his",))


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(_HISTORIES))
def test_every_figure_is_that_of_a_slow_recount(portal, seed):
    luck = Random(seed)
    History(luck, BEGIN, 28, TICKETS).keep(portal.runtime)
    days = periods.days(date(2026, 10, luck.randint(1, 8)), date(2026, 10, luck.randint(9, 20)))
    over, running = timedelta(minutes=10), timedelta(days=-3)
    week, month = periods.week_of(date(2026, 10, 7)), periods.month_of(date(2026, 9, 30))
    for period, since in ((week, over), (month, over), (days, running)):
        now = period.until + since
        for queues in QUEUES:
            scope = Scope(period, queues, now)
            with portal.runtime.database.read() as session:
                found = computing.compute(session, scope)
                expected = Recount(session, period.first, period.last, queues, now)
                _compare(found, expected, f"history {seed}, {period.name}, {queues}")
                _compare_lists(session, scope, found)
                for reason in REFUSED:
                    listed = session.scalars(select(Ticket.id).where(cases.condition(scope, "refusals", reason)))
                    assert set(listed) == expected.refused(reason)
                listed = session.scalars(select(Ticket.id).where(cases.condition(scope, "order_breaks", "urged")))
                assert set(listed) == {r["ticket_id"] for r in expected.order_breaks() if r["reason"] == "urged"}


def _compare(found, expected, case):
    figures = expected.figures()
    for name, (value, n) in figures.items():
        if name.startswith("median_"):
            figure = found.get(f"handling_natural_{name.partition('_')[2]}")
            assert figure.median == pytest.approx(value), (case, name)
        elif name.startswith("satisfaction_") and not n and name != "satisfaction_s3":
            assert name not in [figure.name for figure in found.figures]
        else:
            figure = found.get(name)
            assert (figure.value, figure.n) == (pytest.approx(value), n), (case, name)
    breakdowns = {one.name: one for one in found.breakdowns}
    for name, counts in expected.breakdowns().items():
        rows = {row.key: row.count for row in breakdowns[name].rows}
        assert rows == counts, (case, name)
        shares = {row.key: row.share for row in breakdowns[name].rows}
        whole = sum(counts.values())
        assert shares == {key: pytest.approx(100 * many / whole) if whole > 4 else None for key, many in counts.items()}


def _compare_lists(session, scope, found):
    """What a link lists is what its line counts, wherever each ticket counts once."""
    for one in found.breakdowns:
        for row in one.rows:
            if one.name.startswith(("received", "ended")) and row.link:
                key = row.key if one.name.startswith("ended") else f"{one.name.removeprefix('received_by_')}:{row.key}"
                condition = cases.condition(scope, "ended" if one.name.startswith("ended") else "received", key)
                assert session.scalar(select(func.count()).select_from(Ticket).where(condition)) == row.count, key
    for name in ("received", "ended", "open"):
        condition = cases.condition(scope, name, "")
        assert session.scalar(select(func.count()).select_from(Ticket).where(condition)) == found.get(name).value


def test_working_seconds_are_those_of_the_calendar():
    luck, time = Random(7), WorkingTime(_calendar())
    seconds = OpenSeconds(time, BEGIN, BEGIN + timedelta(days=40))
    for _ in range(200):
        begin = BEGIN + timedelta(seconds=luck.randrange(30 * 86400))
        end = begin + timedelta(seconds=luck.randrange(9 * 86400))
        expected = time.minutes_between(begin, end) * 60
        assert seconds.between(begin.timestamp(), end.timestamp()) == pytest.approx(expected, abs=0.01)


def _calendar():
    from portal.calendar.working_days import WorkingDays

    return WorkingDays(frozenset({2026}), {date(2026, 10, 1): False, date(2026, 10, 10): True})
