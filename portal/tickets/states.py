"""Names of states, channels, kinds and urgency: API value and Chinese label (CONTRACT 3)."""

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


class Stay(StrEnum):
    """What of a ticket is kept meanwhile, and does not end by itself either."""

    RECORDS = "records"  # the report with its pictures; credentials are destroyed as ever
    EVERYTHING = "everything"


class Turn(StrEnum):
    """Who has to act next (DESK 1.4)."""

    US = "us"
    CLINIC = "clinic"
    DEPARTMENT = "department"
    NOBODY = "nobody"


TURN_OF: dict[TicketState, Turn] = {
    TicketState.SUBMITTED: Turn.US,
    TicketState.IN_PROGRESS: Turn.US,
    TicketState.AWAITING_INFORMATION: Turn.CLINIC,
    TicketState.AWAITING_CONFIRMATION: Turn.CLINIC,
    TicketState.CLOSED: Turn.NOBODY,
    TicketState.MERGED: Turn.NOBODY,
    TicketState.VOID: Turn.NOBODY,
}


class ClosedHow(StrEnum):
    """How a ticket was closed; only the clinic's own word counts as its confirmation (REQUIREMENTS G12)."""

    CONFIRMED = "confirmed"
    DESK = "desk"  # answered while the clinic was on the line, and content
    STAFF = "staff"
    LAPSED_CONFIRMATION = "lapsed_confirmation"
    LAPSED_INFORMATION = "lapsed_information"


CLOSED_HOW_LABELS: dict[ClosedHow, str] = {
    ClosedHow.CONFIRMED: "机构确认",
    ClosedHow.DESK: "当场解答",
    ClosedHow.STAFF: "服务人员代确认",
    ClosedHow.LAPSED_CONFIRMATION: "超时自动确认",
    ClosedHow.LAPSED_INFORMATION: "没有补充，自动关闭",
}


# What caused a problem; leads add further ones (`portal/acts/root_causes.py`).
ROOT_CAUSE_LABELS = {"product_fault": "产品故障", "misuse": "操作误解", "policy_question": "政策疑问"}


class Origin(StrEnum):
    """Whose need it is: a clinic's, or our own (REQUIREMENTS J7). A flag and a filter, no order."""

    EXTERNAL = "external"
    INTERNAL = "internal"


ORIGIN_LABELS: dict[Origin, str] = {Origin.EXTERNAL: "外部", Origin.INTERNAL: "内部"}


class TurnCause(StrEnum):
    """Why it is our turn."""

    NEW = "new"
    SUPPLEMENTED = "supplemented"
    REOPENED = "reopened"
    NOT_SOLVED = "not_solved"
    ANSWERED_BY_DEPARTMENT = "answered_by_department"
    REMINDED = "reminded"
    OFFER_RETURNED = "offer_returned"
    PROMISE_DUE = "promise_due"


TURN_CAUSE_LABELS: dict[TurnCause, str] = {
    TurnCause.NEW: "新提交",
    TurnCause.SUPPLEMENTED: "机构已补充",
    TurnCause.REOPENED: "重新打开",
    TurnCause.NOT_SOLVED: "新回复：没有解决",
    TurnCause.ANSWERED_BY_DEPARTMENT: "部门已反馈",
    TurnCause.REMINDED: "提醒时间到",
    TurnCause.OFFER_RETURNED: "转交未成",
    TurnCause.PROMISE_DUE: "承诺时间到",
}


class Urgency(IntEnum):
    """Ascending, so that the queue's order is a plain index scan (REQUIREMENTS E3, I4)."""

    CRITICAL = 0
    URGENT = 1
    NORMAL = 2


URGENCY_LABELS: dict[Urgency, str] = {Urgency.CRITICAL: "特急", Urgency.URGENT: "紧急", Urgency.NORMAL: "一般"}
URGENCY_CRITERIA: dict[Urgency, str] = {
    Urgency.CRITICAL: "安全事件",
    Urgency.URGENT: "影响使用",
    Urgency.NORMAL: "常规咨询",
}


class PromiseKind(StrEnum):
    """A word by a moment, or a call at one (DESK 1.5)."""

    PROMISE = "promise"
    APPOINTMENT = "appointment"


PROMISE_KIND_LABELS: dict[PromiseKind, str] = {PromiseKind.PROMISE: "承诺", PromiseKind.APPOINTMENT: "预约"}


class PromiseState(StrEnum):
    """OPEN may still be kept; the others are final."""

    OPEN = "open"
    KEPT = "kept"
    MISSED = "missed"
    REPLACED = "replaced"  # by one for another moment; it stays counted
    SETTLED = "settled"  # its ticket ended first; uncounted


PROMISE_STATE_LABELS: dict[PromiseState, str] = {
    PromiseState.OPEN: "还没有到时间",
    PromiseState.KEPT: "已兑现",
    PromiseState.MISSED: "没有按时",
    PromiseState.REPLACED: "已改期",
    PromiseState.SETTLED: "问题先结束了",
}
