"""What each figure is called and counts, in the words that stand under it wherever it is shown."""

from dataclasses import dataclass

from portal.kpi.figures.shapes import Section, Unit


@dataclass(frozen=True)
class Definition:
    """Of one figure. `cases`: the list of tickets behind it (`cases.py`)."""

    label: str
    section: Section
    unit: Unit
    words: str
    cases: str | None = None
    target: float | None = None


@dataclass(frozen=True)
class BreakdownDefinition:
    """Of one breakdown. `rest_below`: rarer words that people typed are put together: they could name somebody."""

    label: str
    section: Section
    words: str
    cases: str | None = None
    is_top: bool = False
    most: int = 50
    rest_below: int = 0


_A, _SV, _T, _SAT, _P = Section.AMOUNT, Section.SERVICE, Section.TIME, Section.SATISFACTION, Section.PRACTICE
_C, _PC, _S = Unit.COUNT, Unit.PERCENT, Unit.SECONDS
_ROUND = "一轮从提交或重新打开算起，到给出处理结果为止"
_GROUPS = {"phone": ("电话和来访", "电话、来访"), "web": ("网上", "一线通、QQ、邮件、微信、其他")}


def _handling() -> dict[str, Definition]:
    found = {}
    for group, (short, channels) in _GROUPS.items():
        for kind, words in (("natural", "自然时间"), ("working", "工作时间，只算上班的分钟")):
            label = f"处理用时（{short}，{'自然' if kind == 'natural' else '工作'}时间）"
            told = (
                f"渠道是{channels}、这一期给出结果的各轮的平均用时，{words}；{_ROUND}。中位数：一半的轮次在这个时间以内"
            )
            found[f"handling_{kind}_{group}"] = Definition(label, _T, _S, told, f"results_{group}")
    return found


DEFINITIONS: dict[str, Definition] = {
    "received": Definition("收到", _A, _C, "这一期提交的问题，后来合并、作废的也算", "received"),
    "results": Definition("给出结果", _A, _C, f"这一期由工作人员给出处理结果的轮次；{_ROUND}", "results"),
    "ended": Definition("结束", _A, _C, "这一期关闭、合并或作废，并且没有再打开的问题", "ended"),
    "open": Definition("期末未结束", _A, _C, "这一期结束的时刻还没有关闭、合并或作废的问题，不论哪一期提交", "open"),
    "reply_rate": Definition(
        "回复率", _SV, _PC,
        "回复期限在这一期里的各轮中，工作人员给过机构一句话的；自动提示不算，合并、作废、没有补充而关闭的不算",
        "replies_due", 100,
    ),
    "unanswered": Definition(
        "还没有回复", _SV, _C, "回复期限在这一期里、到现在还没有给机构一句话的轮次", "unanswered",
    ),
    "reply_in_time": Definition(
        "按时回复率", _SV, _PC, "回复期限在这一期里的各轮中，第一句话不晚于当时期限的", "replies_late", 100,
    ),
    "solved_in_time": Definition(
        "按时处理率", _SV, _PC, "处理期限在这一期里的各轮中，给出结果不晚于当时期限的；等机构补充的时间不计",
        "solving_late",
    ),
    "reopened": Definition(
        "重新打开", _SV, _PC, "这一期重新打开的次数，比这一期给出的结果数", "reopened",
    ),
    "hand_overs": Definition(
        "转交 3 次以上", _SV, _PC, "这一期给出结果的问题中，被接受的转交有 3 次或更多的", "hand_overs",
    ),
    **_handling(),
    "knowledge_used": Definition(
        "用到知识条目", _P, _C, "这一期答复里引用过知识条目的问题", "knowledge_used",
    ),
    "call_backs_done": Definition(
        "回访完成率", _P, _PC, "回访期限在这一期里、关于问题的回访中，已经接通并记录的；撤回的不算", "call_backs",
    ),
    "passed_over": Definition(
        "越序领取", _P, _C, "这一期没有按队列顺序领取的次数；原因见下表", "order_breaks",
    ),
}  # fmt: skip

SATISFACTION = Definition(
    "满意度（{scale}）", _SAT, Unit.SCORE,
    "这一期用“{scale}”这套说法给出的评价的平均分，满分 5 分；不同的说法不放在一起平均",
    "ratings",
)  # fmt: skip

_TYPED = "机构自己写的名称不足 3 条的合在“其他”里"
BREAKDOWNS: dict[str, BreakdownDefinition] = {
    "received_by_type": BreakdownDefinition("诉求类型", _A, "收到的问题按现在的诉求类型", "received", is_top=True),
    "received_by_symptom": BreakdownDefinition("问题现象", _A, "收到的问题按问题现象", "received", is_top=True),
    "received_by_queue": BreakdownDefinition("队列", _A, "收到的问题按现在的队列", "received"),
    "received_by_channel": BreakdownDefinition("渠道", _A, "收到的问题按渠道", "received"),
    "received_by_county": BreakdownDefinition("县区", _A, "收到的问题按机构名录里的县区", "received"),
    "received_by_institution": BreakdownDefinition(
        "问题最多的机构", _A, "收到的问题按机构名录里的机构，最多的 10 家", "received", most=10,
    ),
    "received_by_previous_system": BreakdownDefinition(
        "之前使用系统", _A, f"收到的问题按之前使用系统；{_TYPED}", "received", most=10, rest_below=3,
    ),
    "received_by_module": BreakdownDefinition(
        "涉及模块", _A, f"收到的问题按涉及模块；{_TYPED}", "received", most=10, rest_below=3,
    ),
    "received_by_form": BreakdownDefinition(
        "表单", _A, f"收到的问题按表单名称；{_TYPED}", "received", most=10, rest_below=3,
    ),
    "ended_by_way": BreakdownDefinition("怎样结束", _A, "结束的问题按结束的方式", "ended"),
    "results_by_cause": BreakdownDefinition(
        "定性（原因）", _SV, "这一期给出结果的轮次按问题现在的定性", "results", is_top=True,
    ),
    "refusals": BreakdownDefinition(
        "填写时被拒绝的原因", _SV,
        "提报表单这一期拒绝的次数，各队列合计；同一次提交里同一原因只记一次。点开是改正后提交成功的问题；没有提交的没有名单",
        "refusals", is_top=True, most=12,
    ),
    "dissatisfied": BreakdownDefinition(
        "不满意集中在哪里", _SAT, "这一期的不满意，按责任环节和原因；还没有分析的写“待分析”", "dissatisfied", most=12,
    ),
    "articles": BreakdownDefinition(
        "用得最多的知识条目", _P, "这一期答复里引用的次数；同一条问题里同一条目只算一次", "articles", most=10,
    ),
    "call_backs_by_state": BreakdownDefinition("回访的结果", _P, "期限在这一期里的回访按状态", "call_backs"),
    "passed_over_by_reason": BreakdownDefinition(
        "越序领取的原因", _P, "没有按队列顺序领取的次数，按领取时说的原因", "order_breaks",
    ),
}  # fmt: skip
RATINGS_BY_WORD = BreakdownDefinition("评价（{scale}）", _SAT, "用“{scale}”这套说法给出的评价", "ratings")

# The heading of the list behind a figure, by its name in addresses.
CASE_LABELS: dict[str, str] = {
    "received": "收到的问题",
    "results": "给出结果的问题",
    "results_phone": "电话和来访的问题，已给出结果",
    "results_web": "网上提交的问题，已给出结果",
    "ended": "结束的问题",
    "open": "期末未结束的问题",
    "replies_due": "应回复的问题",
    "replies_late": "没有按时回复的问题",
    "unanswered": "还没有回复的问题",
    "solving_late": "没有按时处理的问题",
    "reopened": "重新打开的问题",
    "hand_overs": "转交 3 次以上的问题",
    "ratings": "有评价的问题",
    "dissatisfied": "不满意的问题",
    "knowledge_used": "用到知识条目的问题",
    "articles": "引用这一条目的问题",
    "call_backs": "有回访的问题",
    "open_now": "现在没有结束的问题",
    "late_now": "现在超过时限的问题",
    "free_now": "现在没有人领取的问题",
    "waiting_now": "现在等机构或协作部门的问题",
    "ours_now": "现在轮到我们的问题",
    "order_breaks": "越序领取的问题",
    "refusals": "填写时被拒绝过的问题",
}
