"""Words of clocks: API value and Chinese label (CONTRACT 5)."""

from enum import StrEnum


class ClockName(StrEnum):
    """What a clock measures (DESK 1.2)."""

    TOUCHED = "touched"
    REPLIED = "replied"
    NEXT_WORD = "next_word"
    SOLVED = "solved"


COUNTED = (ClockName.TOUCHED, ClockName.REPLIED, ClockName.SOLVED)  # those that end with an outcome
PROMISE = "promise"  # in place of a clock, where a promise is due first
CLOCK_LABELS: dict[str, str] = {
    ClockName.TOUCHED: "响应",
    ClockName.REPLIED: "回复",
    ClockName.NEXT_WORD: "反馈",
    ClockName.SOLVED: "处理",
    PROMISE: "承诺",
}


class OtherTerm(StrEnum):
    """Times of the policy for what is no clock of a ticket (DESK 1.2)."""

    COLLABORATION = "collaboration"  # until a department answers; by its own urgency, normal or urgent
    CONTACT = "collaboration_contact"  # until the clinic has heard from us after a department was asked
    DISPATCH = "collaboration_made"  # until a department is asked, where the scope is a wider one
    COMPLAINT_HANDLER = "complaint_handler"  # until a manager has named who deals with a complaint
    COMPLAINT_JUDGED = "complaint_judged"  # until it is judged, from its registration
    COMPLAINT_INVESTIGATION = "complaint_investigation"  # how late an investigation may be due, from 成立
    COMPLAINT_SOLUTION = "complaint_solution"  # from 成立
    COMPLAINT_CONFIRMATION = "complaint_confirmation"  # until an answer without a word is 未确认
    COMPLAINT_REVIEW = "complaint_review"  # in which the complainant may ask for a review, from the answer
    COMPLAINT_UNREACHED = "complaint_unreached"  # from 未能联系到您 until the case goes on without a word


OF_COMPLAINTS = tuple(term for term in OtherTerm if term.startswith("complaint"))
TERM_LABELS: dict[str, str] = {
    **CLOCK_LABELS,
    OtherTerm.COLLABORATION: "部门反馈",
    OtherTerm.CONTACT: "派发后联系机构",
    OtherTerm.DISPATCH: "派发协作",
    OtherTerm.COMPLAINT_HANDLER: "投诉指定处理人",
    OtherTerm.COMPLAINT_JUDGED: "投诉判断",
    OtherTerm.COMPLAINT_INVESTIGATION: "投诉调查最长",
    OtherTerm.COMPLAINT_SOLUTION: "投诉解决方案",
    OtherTerm.COMPLAINT_CONFIRMATION: "投诉答复没有确认",
    OtherTerm.COMPLAINT_REVIEW: "投诉可以请求复核",
    OtherTerm.COMPLAINT_UNREACHED: "投诉联系不上",
}


class Unit(StrEnum):
    """In what a term is counted."""

    MINUTES = "minutes"
    WORKING_MINUTES = "working_minutes"
    WORKING_DAYS = "working_days"


class ClockOutcome(StrEnum):
    """How a clock ended; written once, and changed by nothing later (DESK 1.3)."""

    MET = "met"
    MISSED = "missed"
    UNCOUNTED = "uncounted"  # ended without the act it waits for: merged, void, or closed because the clinic was silent


class ClockState(StrEnum):
    """Where a clock is now."""

    RUNNING = "running"
    PAUSED = "paused"
    MET = "met"
    MISSED = "missed"
    UNCOUNTED = "uncounted"


class Coordination(StrEnum):
    """协调范围: who else is needed (REQUIREMENTS J1-J4)."""

    GENERAL = "general"
    CROSS_DEPARTMENT = "cross_department"
    CROSS_PROVINCE = "cross_province"
    SPECIAL = "special"


WIDER = (Coordination.CROSS_DEPARTMENT, Coordination.CROSS_PROVINCE)  # a department is asked
COORDINATION_LABELS: dict[Coordination, str] = {
    Coordination.GENERAL: "一般",
    Coordination.CROSS_DEPARTMENT: "跨部门·市级",
    Coordination.CROSS_PROVINCE: "跨省",
    Coordination.SPECIAL: "特殊",
}


class DueCause(StrEnum):
    """Why a due time was changed."""

    COORDINATION = "coordination"
    URGENCY = "urgency"
    TRANSFERRED = "transferred"
    REQUEST_TYPE = "request_type"
    POSTPONED = "postponed"
    RESUMED = "resumed"
    RECALCULATED = "recalculated"


DUE_CAUSE_LABELS: dict[DueCause, str] = {
    DueCause.COORDINATION: "修改协调范围",
    DueCause.URGENCY: "修改紧急程度",
    DueCause.TRANSFERRED: "转到另一队列",
    DueCause.REQUEST_TYPE: "修改诉求类型",
    DueCause.POSTPONED: "延期说明",
    DueCause.RESUMED: "暂停结束",
    DueCause.RECALCULATED: "重算",
}
