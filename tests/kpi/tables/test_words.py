"""The words of single cells (DESK 6.2)."""

from datetime import UTC, datetime, timedelta

from portal import clock
from portal.kpi.tables.cells import moment
from portal.kpi.tables.ticket_parts import addressed, state_of, time_after
from portal.kpi.tables.ticket_tables import feedback_of
from portal.tickets.states import TicketState as S


def test_a_moment_is_printed_alike_however_the_driver_gives_it():
    for stored in ("2026-11-28 15:59:59.999999", "2026-11-28 16:00:00.000000", "2024-02-28 23:30:00.000001"):
        moment_of = datetime.fromisoformat(stored).replace(tzinfo=UTC)
        assert moment(stored) == moment(moment_of) == clock.staff_time(moment_of)
        day, time = clock.staff_time(moment_of).split()
        assert time_after(stored, day) == time_after(moment_of, day) == time
    assert moment(None) == "-"


def test_words_of_single_cells():
    noon, day = datetime(2026, 11, 28, 12, tzinfo=clock.CHINA), "2026-11-28"
    assert [time_after(None, day), time_after(noon + timedelta(hours=1), day)] == ["-", "13:00"]
    assert time_after(noon + timedelta(hours=13), day) == "2026-11-29 01:00"
    assert [addressed("张**", "mr"), addressed("", "ms"), addressed("张**", None), addressed("", "")] == [
        "张**先生", "*女士", "张**", "",
    ]  # fmt: skip
    assert [state_of(state.value) for state in S] == [
        "处理中", "处理中", "处理中", "待客户确认", "已完成", "已完成", "已完成",
    ]  # fmt: skip
    ways = ("confirmed", "desk", "staff", "lapsed_confirmation", "lapsed_information")
    assert [feedback_of("closed", way, 0, has_result=True) for way in ways] == [
        "已解决", "已解决", "工作人员关闭", "超时自动确认", "未反馈",
    ]  # fmt: skip
    assert feedback_of("in_progress", None, 1, has_result=False) == "未解决"
    assert feedback_of("awaiting_confirmation", None, 1, has_result=True) == "未反馈"
