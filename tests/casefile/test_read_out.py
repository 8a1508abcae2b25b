"""念给客户听: what is read for each state, and a time that is true now (REQUIREMENTS F8)."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from portal import clock
from portal.casefile import read_out
from portal.clocks.names import ClockName
from portal.tickets.states import TicketState as S

NOW = datetime(2026, 11, 30, 10, tzinfo=clock.CHINA)
SOON, LATER, PAST = (NOW + timedelta(hours=hours) for hours in (2, 30, -2))
LABEL = SimpleNamespace(label="账号密码")


@pytest.fixture(autouse=True)
def _it_is_now(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def running(name, due_at, **more):
    return SimpleNamespace(
        clock=name, round=more.get("round", 1), is_running=more.get("is_running", True), due_at=due_at,
        postponed_to=more.get("postponed_to"),
    )  # fmt: skip


def view(state=S.SUBMITTED, clocks=(), summary="", missing=(), let_off=(), **of_ticket):
    fields = {"excerpt": "保存没有反应。", "resolution": None, "leftover": None, "promise_due_at": None, "round": 1}
    worked = state not in (S.CLOSED, S.VOID, S.MERGED)
    ticket = SimpleNamespace(**{**fields, "state_enum": state, "is_worked": worked, **of_ticket})
    triage = SimpleNamespace(summary=summary) if summary else None
    return SimpleNamespace(
        ticket=ticket, triage=triage, clocks=clocks, let_off=let_off, missing_fields=lambda: missing
    )  # fmt: skip


REPLY, SOLVE = running(ClockName.REPLIED, SOON), running(ClockName.SOLVED, LATER)
CASES = [
    (view(clocks=[SOLVE, REPLY]), f"我们预计在 {clock.clinic_time(SOON)} 前回复您。"),
    (view(S.IN_PROGRESS, [SOLVE]), f"我们预计在 {clock.clinic_time(LATER)} 前处理好。"),
    (view(S.IN_PROGRESS, [running(ClockName.SOLVED, SOON, postponed_to=LATER)]), clock.clinic_time(LATER)),
    (view(S.IN_PROGRESS, [REPLY], promise_due_at=LATER), f"我们答应在 {clock.clinic_time(LATER)} 前答复您。"),
    (view(S.IN_PROGRESS, [running(ClockName.SOLVED, PAST)]), "这条已经超过原定的时间"),
    (view(S.AWAITING_INFORMATION, [running(ClockName.REPLIED, SOON, is_running=False)], missing=[LABEL]),
     "处理的时间从您补充齐以后接着算。"),
    (view(S.AWAITING_INFORMATION, missing=[LABEL]), "需要您补充：账号密码。"),
    (view(S.IN_PROGRESS, [running(ClockName.REPLIED, SOON, round=2)]), "工程师正在处理。"),
    (view(S.IN_PROGRESS, leftover="打印还不行。"), "还没有解决的是：打印还不行。"),
    (view(S.AWAITING_CONFIRMATION, resolution="已恢复。"), "处理结果是：已恢复。"),
    (view(S.AWAITING_CONFIRMATION, resolution="已恢复。"), "请您试一下"),
    (view(S.CLOSED), "七天内没有好，可以请我们重新处理。"),
    (view(let_off=[LABEL]), "账号密码不用现在说"),
    (view(summary="随访表保存无反应"), "您说的问题是：随访表保存无反应。"),
]  # fmt: skip


@pytest.mark.parametrize(("shown", "sentence"), CASES)
def test_each_sentence(shown, sentence):
    said = read_out.sentences(shown, "RC 2026 1100 01", "AB CD")
    assert sentence in "".join(said) and said[0].startswith(
        "您的问题已经登记。受理编号是 RC 2026 1100 01，查询码是 AB CD"
    )
    assert said[-2:] == ["请问我说的您都清楚吗？", "请问还有别的问题吗？"] and all(
        one.endswith(("。", "？")) for one in said
    )
    assert not any("。。" in one for one in said)


def test_no_time_of_a_paused_clock_is_named():
    paused = view(S.AWAITING_INFORMATION, [running(ClockName.REPLIED, SOON, is_running=False)])
    assert clock.clinic_time(SOON) not in "".join(read_out.sentences(paused, "RC1"))
