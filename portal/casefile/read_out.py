"""念给客户听: number, problem, measure, time, what the caller must do, whether it is understood, and whether that was
everything (REQUIREMENTS F8, K13).

The time is one that is true now: of a clock that runs, never of a paused one.
"""

from portal import clock
from portal.casefile.view import TicketView
from portal.clocks.names import ClockName
from portal.tickets.states import TicketState as S

_CLEAR = "请问我说的您都清楚吗？"
_MORE = "请问还有别的问题吗？"  # REQUIREMENTS K13


def sentences(view: TicketView, number: str, code: str = "") -> list[str]:
    """What is read to the caller, by sentence.

    Args:
        number, code: in the groups in which they are read; without a code the caller has it already.
    """
    told = f"您的问题已经登记。受理编号是 {number}" + (f"，查询码是 {code}，请记下来。" if code else "。")
    parts = (told, _problem(view), _measure(view), _time(view), _to_do(view), _CLEAR, _MORE)
    return [part for part in parts if part]


def _problem(view: TicketView) -> str:
    summary = view.triage.summary if view.triage else ""
    said = summary or view.ticket.excerpt
    return f"您说的问题是：{said.rstrip('。')}。" if said else ""


def _measure(view: TicketView) -> str:
    ticket = view.ticket
    if ticket.resolution and ticket.state_enum in (S.AWAITING_CONFIRMATION, S.CLOSED):
        return f"处理结果是：{ticket.resolution.rstrip('。')}。"
    if ticket.state_enum is S.IN_PROGRESS:
        left = f"还没有解决的是：{ticket.leftover.rstrip('。')}。" if ticket.leftover else ""
        return f"工程师正在处理。{left}"
    return "我们会安排工程师查看。" if ticket.state_enum is S.SUBMITTED else ""


def _time(view: TicketView) -> str:
    """Of the first reply while it is owed, else of the solution; a promise that is due earlier goes first."""
    ticket = view.ticket
    running = {row.clock: row for row in view.clocks if row.round == ticket.round and row.is_running}
    if ticket.promise_due_at is not None and ticket.promise_due_at > clock.now():
        return f"我们答应在 {clock.clinic_time(ticket.promise_due_at)} 前答复您。"
    for name, words in ((ClockName.REPLIED, "前回复您"), (ClockName.SOLVED, "前处理好")):
        row = running.get(name)
        due = (row.postponed_to or row.due_at) if row else None
        if due is not None and due > clock.now():
            return f"我们预计在 {clock.clinic_time(due)} {words}。"
    if ticket.state_enum is S.AWAITING_INFORMATION:
        return "处理的时间从您补充齐以后接着算。"
    return "这条已经超过原定的时间，很抱歉让您久等。" if running else ""


def _to_do(view: TicketView) -> str:
    labels = "、".join(spec.label for spec in view.missing_fields())
    if labels:
        return f"需要您补充：{labels}。请用编号和查询码打开“查询进度”补充。"
    if view.ticket.state_enum is S.AWAITING_CONFIRMATION:
        return "请您试一下，再用编号和查询码打开“查询进度”，告诉我们有没有解决。"
    if not view.ticket.is_worked:
        return "问题已经结束；七天内没有好，可以请我们重新处理。"
    let_off = "、".join(spec.label for spec in view.let_off)
    more = f"{let_off}不用现在说，在“查询进度”里补充，处理会更快。" if let_off else ""
    return f"凭编号和查询码可以在一线通查询进度、补充资料。{more}"
