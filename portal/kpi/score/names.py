"""The closed words of the score, with their Chinese labels."""

from enum import StrEnum


class Word(StrEnum):
    """What the clinic itself said of a round's result."""

    YES = "yes"
    NO = "no"
    NONE = "none"  # silence is never a yes


class EndedHow(StrEnum):
    """How a round ended: the ways of closing a ticket, and what else ends a round."""

    CONFIRMED = "confirmed"
    NOT_SOLVED = "not_solved"  # the clinic said so while its answer was awaited
    DESK = "desk"
    STAFF = "staff"
    LAPSED_CONFIRMATION = "lapsed_confirmation"
    LAPSED_INFORMATION = "lapsed_information"
    REOPENED = "reopened"  # staff worked on it again before the clinic had answered
    MERGED = "merged"
    VOID = "void"


ENDED_LABELS: dict[EndedHow, str] = {
    EndedHow.CONFIRMED: "机构确认已解决",
    EndedHow.NOT_SOLVED: "机构说没有解决",
    EndedHow.DESK: "当场解答",
    EndedHow.STAFF: "工作人员关闭",
    EndedHow.LAPSED_CONFIRMATION: "超时自动确认",
    EndedHow.LAPSED_INFORMATION: "没有补充，自动关闭",
    EndedHow.REOPENED: "重新处理",
    EndedHow.MERGED: "已合并",
    EndedHow.VOID: "作废",
}
# Rounds that end with the ticket closed; merged and void ones are no finished work.
CLOSED = (
    EndedHow.CONFIRMED, EndedHow.DESK, EndedHow.STAFF, EndedHow.LAPSED_CONFIRMATION, EndedHow.LAPSED_INFORMATION,
)  # fmt: skip


class SheetState(StrEnum):
    """Where a monthly sheet is on its way."""

    DRAFT = "draft"
    OBJECTED = "objected"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"  # a lead took it back


SHEET_LABELS: dict[SheetState, str] = {
    SheetState.DRAFT: "草稿",
    SheetState.OBJECTED: "有异议",
    SheetState.PUBLISHED: "已公布",
    SheetState.WITHDRAWN: "已撤回",
}


class Outcome(StrEnum):
    """What else a case of a figure may be, beside the ways in which rounds end."""

    SAID_SOLVED = "said_solved"  # closed by staff, and a call-back says solved
    RATED = "rated"
    OTHER_SCALE = "other_scale"  # in words of another scale: two scales make no mean
    DESK_RATING = "desk_rating"  # written down by whoever gave the answer
    PUBLISHED = "published"
    INCIDENT = "incident"  # one of several tickets of the same incident, which count once
    LEFT_OUT = "left_out"  # a lead took it out of the figure when correcting the sheet


OUTCOME_LABELS: dict[str, str] = {
    **{how.value: label for how, label in ENDED_LABELS.items()},
    Outcome.SAID_SOLVED: "回访说已解决",
    Outcome.RATED: "机构评价",
    Outcome.OTHER_SCALE: "另一种说法的评价",
    Outcome.DESK_RATING: "当场记录的评价",
    Outcome.PUBLISHED: "首次发布",
    Outcome.INCIDENT: "同一事件，只算一件",
    Outcome.LEFT_OUT: "更正时去掉",
}
