"""Words of complaints: API value and Chinese label (CONTRACT 5, DESK 5.1, 5.2)."""

from enum import StrEnum


class ComplaintState(StrEnum):
    """Where a case is; what leads where is in `acts.ACTS`."""

    REGISTERED = "registered"
    JUDGING = "judging"
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    INVESTIGATING = "investigating"
    PROPOSALS = "proposals"
    CARRYING_OUT = "carrying_out"
    ANSWERED = "answered"
    FOLLOWED_UP = "followed_up"
    ARCHIVED = "archived"


STATE_LABELS: dict[ComplaintState, str] = {
    ComplaintState.REGISTERED: "已登记",
    ComplaintState.JUDGING: "判断中",
    ComplaintState.UPHELD: "成立",
    ComplaintState.NOT_UPHELD: "不成立",
    ComplaintState.INVESTIGATING: "调查中",
    ComplaintState.PROPOSALS: "方案待批",
    ComplaintState.CARRYING_OUT: "执行中",
    ComplaintState.ANSWERED: "已答复",
    ComplaintState.FOLLOWED_UP: "已回访",
    ComplaintState.ARCHIVED: "已归档",
}


class ComplaintKind(StrEnum):
    """类型."""

    ATTITUDE = "attitude"
    TIMELINESS = "timeliness"
    QUALITY = "quality"
    SYSTEM = "system"
    SECURITY = "security"
    OTHER = "other"


KIND_LABELS: dict[ComplaintKind, str] = {
    ComplaintKind.ATTITUDE: "服务态度",
    ComplaintKind.TIMELINESS: "处理时效",
    ComplaintKind.QUALITY: "处理质量",
    ComplaintKind.SYSTEM: "系统质量",
    ComplaintKind.SECURITY: "信息安全",
    ComplaintKind.OTHER: "其他",
}


class CauseClass(StrEnum):
    """责任环节, as for 不满意问题 (DESK 4.4)."""

    ASSIGNMENT = "assignment"
    WORDS = "words"
    TIME = "time"
    ABILITY = "ability"
    KNOWLEDGE = "knowledge"
    DEPARTMENT = "department"
    SYSTEM = "system"
    OTHER = "other"


CAUSE_LABELS: dict[CauseClass, str] = {
    CauseClass.ASSIGNMENT: "工单分配",
    CauseClass.WORDS: "沟通话术",
    CauseClass.TIME: "处理时效",
    CauseClass.ABILITY: "解决能力",
    CauseClass.KNOWLEDGE: "知识库",
    CauseClass.DEPARTMENT: "协作部门",
    CauseClass.SYSTEM: "系统质量",
    CauseClass.OTHER: "其他",
}


class Verdict(StrEnum):
    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"


VERDICT_LABELS: dict[Verdict, str] = {Verdict.UPHELD: "成立", Verdict.NOT_UPHELD: "不成立"}


class ProposalState(StrEnum):
    OFFERED = "offered"  # put before a manager
    APPROVED = "approved"  # the complainant may choose among these
    CHOSEN = "chosen"
    REJECTED = "rejected"


PROPOSAL_LABELS: dict[ProposalState, str] = {
    ProposalState.OFFERED: "待批",
    ProposalState.APPROVED: "已批准，供投诉人选择",
    ProposalState.CHOSEN: "已选定",
    ProposalState.REJECTED: "未采用",
}


class FollowLevel(StrEnum):
    """How satisfied the complainant said to be."""

    SATISFIED = "satisfied"
    FAIR = "fair"
    UNSATISFIED = "unsatisfied"


LEVEL_LABELS: dict[FollowLevel, str] = {
    FollowLevel.SATISFIED: "满意",
    FollowLevel.FAIR: "一般",
    FollowLevel.UNSATISFIED: "不满意",
}


class Field(StrEnum):
    """The texts of a case, each sealed under its data key."""

    CONTENT = "content"
    WISH = "wish"
    INSTITUTION = "institution"  # as it was said, where there is no ticket
    GROUNDS = "grounds"
    REPLY = "reply"
    CAUSE = "cause"
    SOLUTION = "solution"
    CLOSING_REPORT = "closing_report"
    CONFIRMED = "confirmed"
    REVIEW = "review"
    HOLD_RELEASE = "hold_release"
    ONLY_PROPOSAL = "only_proposal"
    CHOICE_NOTE = "choice_note"
    FOLLOW_UP = "follow_up"
    INQUIRY_ASK = "inquiry_ask"
    INQUIRY_ANSWER = "inquiry_answer"
    INQUIRY_NOTE = "inquiry_note"


FIELD_LABELS: dict[Field, str] = {
    Field.CONTENT: "投诉内容",
    Field.WISH: "希望怎样解决",
    Field.INSTITUTION: "机构",
    Field.GROUNDS: "判断的依据",
    Field.REPLY: "给投诉人的答复",
    Field.CAUSE: "原因",
    Field.SOLUTION: "解决方案",
    Field.CLOSING_REPORT: "结案报告",
    Field.CONFIRMED: "确认时的答复",
    Field.REVIEW: "请求复核的理由",
    Field.HOLD_RELEASE: "解除保全的理由",
    Field.ONLY_PROPOSAL: "只有一个方案的原因",
    Field.CHOICE_NOTE: "批准意见",
    Field.FOLLOW_UP: "回访记录",
    Field.INQUIRY_ASK: "请部门查什么",
    Field.INQUIRY_ANSWER: "部门的反馈",
    Field.INQUIRY_NOTE: "核对意见",
}


class Part(StrEnum):
    """The part of a viewer in a case; the trail records it."""

    OWNER = "owner"
    REVIEWER = "reviewer"
    HANDLER = "handler"
    MANAGER = "manager"
    LEGAL = "legal"


PART_LABELS: dict[Part, str] = {
    Part.OWNER: "负责人",
    Part.REVIEWER: "复核人",
    Part.HANDLER: "处理人",
    Part.MANAGER: "客服经理",
    Part.LEGAL: "法务",
}

# The fields of the complainant in `sealed_values`, under the contact key of the case.
NAME, PHONE = "complainant_name", "contact_phone"
# After a surname they name a person without the given name.
SALUTATIONS = (
    "先生", "女士", "小姐", "同志", "老师", "医生", "大夫", "护士", "主任", "院长", "所长", "站长",
)  # fmt: skip
