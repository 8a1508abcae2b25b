"""The drawn clocks: what ran, paused and was late, and the same in words (DESK 1.9)."""

from datetime import UTC, datetime, timedelta

import pytest

from portal.casefile.clock_lines import lines_of
from portal.clocks.models import TicketClock

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in China
HOUR = timedelta(hours=1)


def row(clock="replied", **changed):
    values = {
        "clock": clock, "round": 1, "started_at": START, "due_at": START + 10 * HOUR, "pauses": [], "paused_at": None,
        "left": None, "postponed_to": None, "ended_at": None, "outcome": None, "is_estimate": False, "based_at": None,
    }  # fmt: skip
    return TicketClock(**{**values, **changed})


def drawn(row, after, **more):
    [line] = lines_of([row], START + after * HOUR, **more)
    return line


def parts(line):
    return [(part.kind, part.begin, part.length) for part in line.segments]


def test_a_running_one_ends_now_and_its_due_time_ahead():
    line = drawn(row(), 4)
    assert (line.state, line.state_label, parts(line)) == ("running", "计时中", [("running", 0, 40)])
    assert [(mark.kind, mark.place) for mark in line.marks] == [("due", 100)]
    assert line.facts == ["11 月 23 日 09:00 开始", "期限 11 月 23 日 19:00", "还剩 6 小时 0 分"]


def test_what_runs_past_its_due_time_is_late():
    line = drawn(row(), 20)
    assert (line.state_label, line.is_late) == ("已超时", True)
    assert parts(line) == [("running", 0, 50), ("late", 50, 50)]
    assert line.facts[-1] == "已超时 10 小时 0 分"


def test_pauses_are_drawn_and_told():
    pauses = [[(START + 2 * HOUR).isoformat(), (START + 4 * HOUR).isoformat()]]
    line = drawn(row(pauses=pauses, due_at=START + 20 * HOUR, paused_at=START + 8 * HOUR), 10)
    assert parts(line) == [("running", 0, 10), ("paused", 10, 10), ("running", 20, 20), ("paused", 40, 10)]
    assert "暂停 2 次，共 4 小时 0 分，现在暂停着" in line.facts


@pytest.mark.parametrize(("outcome", "label"), [("met", "按时"), ("missed", "超时"), ("uncounted", "不计")])
def test_an_ended_one_has_its_answer(outcome, label):
    line = drawn(row(ended_at=START + 5 * HOUR, outcome=outcome), 40)
    assert (line.state, line.state_label, parts(line)) == (outcome, label, [("running", 0, 50)])
    assert ("answered", 50) in [(mark.kind, mark.place) for mark in line.marks]
    assert line.facts[-1] == f"11 月 23 日 14:00 结束，{label}"


def test_a_later_moment_that_was_announced_is_a_mark_and_moves_nothing():
    line = drawn(row("solved", postponed_to=START + 20 * HOUR, is_estimate=True), 5)
    assert [(mark.kind, mark.place) for mark in line.marks] == [("due", 50), ("postponed", 100)]
    assert "期限 预计 11 月 23 日 19:00" in line.facts and "延期到 11 月 24 日 05:00" in line.facts


def test_no_part_leaves_the_line_whatever_the_clock_says():
    wild = [[(START + 30 * HOUR).isoformat(), (START + 20 * HOUR).isoformat()]]
    for changed in ({}, {"pauses": wild}, {"paused_at": START - HOUR}, {"due_at": START}):
        for after in (-5, 0, 1, 50):
            for kind, begin, length in parts(drawn(row(**changed), after)):
                assert 0 <= begin <= 100 and 0 <= length <= 100 and begin + length <= 100.02, kind


def test_a_clinic_sees_what_concerns_it_of_the_present_round():
    rows = [row("touched"), row("replied"), row("next_word"), row("solved"), row("replied", round=2)]
    assert [(line.label, line.round) for line in lines_of(rows, START, for_clinic=True)] == [("回复", 2)]
    assert [line.label for line in lines_of(rows, START)] == ["响应", "回复", "处理", "回复"]
