"""The closed words of call-backs (CONTRACT 7), with those that people read."""

from enum import StrEnum


class Cause(StrEnum):
    """Why somebody is called."""

    UNHAPPY = "unhappy"
    UNANSWERED = "unanswered"
    SAMPLED = "sampled"
    SETTLED = "settled"
    FIRST_CONTACT = "first_contact"
    CAMPAIGN = "campaign"
    COMPLAINT = "complaint"
    APPOINTMENT = "appointment"


class CallBackState(StrEnum):
    OPEN = "open"
    DONE = "done"
    UNREACHABLE = "unreachable"
    NO_CONTACT = "no_contact"
    WITHDRAWN = "withdrawn"


class Level(StrEnum):
    """The three words of S1 in which people answer by phone (REQUIREMENTS L6)."""

    SATISFIED = "satisfied"
    FAIR = "fair"
    UNSATISFIED = "unsatisfied"


class Solved(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class EndCause(StrEnum):
    """Why a call-back was withdrawn."""

    RATED = "rated"
    REOPENED = "reopened"
    MERGED = "merged"
    VOIDED = "voided"
    OTHER_KEEPER = "other_keeper"
    REPLACED = "replaced"  # another call-back about the same asks the same
    OVER = "over"  # what it was about is over
    BY_HAND = "by_hand"


CAUSE_LABELS: dict[Cause, str] = {
    Cause.UNHAPPY: "评价不满意",
    Cause.UNANSWERED: "没有评价",
    Cause.SAMPLED: "处理完回访",
    Cause.SETTLED: "已知问题恢复",
    Cause.FIRST_CONTACT: "首次联系",
    Cause.CAMPAIGN: "回访活动",
    Cause.COMPLAINT: "投诉回访",
    Cause.APPOINTMENT: "预约",
}
STATE_LABELS: dict[CallBackState, str] = {
    CallBackState.OPEN: "待回访",
    CallBackState.DONE: "已回访",
    CallBackState.UNREACHABLE: "联系不上",
    CallBackState.NO_CONTACT: "无法回访",
    CallBackState.WITHDRAWN: "已撤回",
}
LEVEL_LABELS: dict[Level, str] = {Level.SATISFIED: "满意", Level.FAIR: "一般", Level.UNSATISFIED: "不满意"}
SOLVED_LABELS: dict[Solved, str] = {Solved.YES: "已解决", Solved.NO: "没有解决", Solved.UNKNOWN: "说不清"}
END_LABELS: dict[EndCause, str] = {
    EndCause.RATED: "机构已经评价",
    EndCause.REOPENED: "问题重新处理",
    EndCause.MERGED: "问题已合并",
    EndCause.VOIDED: "问题已作废",
    EndCause.OTHER_KEEPER: "维护人换了",
    EndCause.REPLACED: "另有一条回访",
    EndCause.OVER: "这件事已经结束",
    EndCause.BY_HAND: "由主管撤回",
}
