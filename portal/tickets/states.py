"""Names of states, channels, kinds and urgency: API value and Chinese label (CONTRACT)."""

from enum import IntEnum, StrEnum


class TicketState(StrEnum):
    SUBMITTED = "submitted"
    IN_PROGRESS = "in_progress"
    AWAITING_INFORMATION = "awaiting_information"
    AWAITING_CONFIRMATION = "awaiting_confirmation"
    CLOSED = "closed"
    MERGED = "merged"
    VOID = "void"


STATE_LABELS: dict[TicketState, str] = {
    TicketState.SUBMITTED: "已提交",
    TicketState.IN_PROGRESS: "处理中",
    TicketState.AWAITING_INFORMATION: "待补充",
    TicketState.AWAITING_CONFIRMATION: "待确认",
    TicketState.CLOSED: "已关闭",
    TicketState.MERGED: "已合并",
    TicketState.VOID: "作废",
}
OPEN_STATES = frozenset(
    {
        TicketState.SUBMITTED,
        TicketState.IN_PROGRESS,
        TicketState.AWAITING_INFORMATION,
        TicketState.AWAITING_CONFIRMATION,
    }
)


class Urgency(IntEnum):
    """Ascending, so that the queue's order is a plain index scan (REQUIREMENTS E3, I4)."""

    CRITICAL = 0
    URGENT = 1
    NORMAL = 2


URGENCY_LABELS: dict[Urgency, str] = {Urgency.CRITICAL: "特急", Urgency.URGENT: "紧急", Urgency.NORMAL: "一般"}
