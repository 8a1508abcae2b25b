"""Values and changes in words, the geometry of charts, and how long each state lasted."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from portal.kpi.books import charts, stages, wording
from portal.tickets.states import TicketState as S

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("unit", "value", "n", "text"),
    [
        ("count", 12, None, "12"), ("count", 0, None, "0"), ("percent", 91.666, 12, "91.7 %"),
        ("percent", None, 0, "无数据"),
        ("percent", None, 4, "不足 5 条，不算"), ("score", 4.5, 9, "4.50 分"), ("seconds", 59.4, 9, "59 秒"),
        ("seconds", 60, 9, "1 分"), ("seconds", 3599.6, 9, "1 小时"), ("seconds", 12000, 9, "3 小时 20 分"),
        ("seconds", 90061, 9, "1 天 1 小时"), ("seconds", 86400, 9, "1 天"), ("seconds", 0, 9, "0 秒"),
    ],
)  # fmt: skip
def test_values_in_words(unit, value, n, text):
    assert wording.value_text(unit, value, n) == text


@pytest.mark.parametrize(
    ("unit", "value", "before", "text"),
    [
        ("count", 12, 10, "多 2"), ("count", 8, 10, "少 2"), ("count", 8, 8, "相同"), ("count", 8, None, ""),
        ("percent", 91.7, 83.3, "+8.4 个百分点"), ("percent", 83.3, 91.7, "-8.4 个百分点"),
        ("percent", 50.01, 50.0, "相同"),
        ("seconds", 7200, 3600, "慢 1 小时"), ("seconds", 3600, 7200, "快 1 小时"), ("score", 4.5, 4.25, "+0.25 分"),
        ("score", None, 4.0, ""),
    ],
)  # fmt: skip
def test_changes_in_words(unit, value, before, text):
    assert wording.change_text({"unit": unit, "value": value, "before": before}) == text


def row(count, before=None, label="x"):
    return {"label": label, "count": count, "share": None, "before": before}


def test_bars_are_as_long_as_their_counts_and_never_nothing_for_something():
    drawn = charts.bars({"rows": [row(1000, 400), row(1, 0, "很长很长很长很长的一个名称"), row(0)]})

    assert [bar.length for bar in drawn.bars] == [charts.BAR, 1, 0]
    assert [bar.before for bar in drawn.bars] == [120, 0, None]
    assert charts.bars({"rows": []}) is None and charts.bars({"rows": [row(0)]}) is None
    assert len(charts.bars({"rows": [row(1)] * 30}).bars) == 10


def test_a_course_leaves_a_gap_where_nothing_can_be_said():
    figure = {"name": "received", "label": "收到", "unit": "count"}
    points = [{"period": name, "values": {"received": value}} for name, value in (
        ("2026-W47", (50, None)), ("2026-W48", (None, 0)), ("2026-W49", (100, None)),
    )]  # fmt: skip
    [drawn] = charts.courses({"figures": [figure], "course": points})

    assert [(one.label, one.height) for one in drawn.columns] == [("47 周", 55), ("48 周", None), ("49 周", 110)]
    assert charts.courses({"figures": [figure], "course": points[:1]}) == []


def test_the_stays_of_a_state_are_added_up_until_the_end_and_the_slowest_is_first():
    begin = datetime(2026, 11, 2, tzinfo=UTC)
    lines = []
    for number in range(5):
        ticket = uuid.UUID(int=number)
        course = (
            (0, S.SUBMITTED), (1, S.IN_PROGRESS), (3, S.AWAITING_INFORMATION), (13, S.IN_PROGRESS), (14, S.CLOSED),
            (50, S.IN_PROGRESS), (52, S.AWAITING_CONFIRMATION), (53, S.CLOSED),
        )  # fmt: skip
        lines += [(ticket, begin + hours * HOUR, state.value) for hours, state in course]
    found = {stage.state: (stage.n, stage.median / 3600) for stage in stages.ranked(lines)}

    assert found == {
        S.SUBMITTED: (5, 1), S.IN_PROGRESS: (5, 5), S.AWAITING_INFORMATION: (5, 10), S.AWAITING_CONFIRMATION: (5, 1),
    }  # fmt: skip
    assert next(iter(found)) is S.AWAITING_INFORMATION
    [few] = stages.ranked(lines[:2])
    assert (few.n, few.mean, few.p90) == (1, None, None)
    assert list(stages.cells([few])) == [("已提交", 1, "-", "-", "-")]
