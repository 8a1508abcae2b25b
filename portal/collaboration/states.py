"""The states of a collaboration, and which step leads from which to which (DESK 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from portal.audit.tags import Tag


class CollaborationState(StrEnum):
    DISPATCHED = "dispatched"
    IN_WORK = "in_work"
    ANSWERED = "answered"
    VERIFYING = "verifying"
    PASSED = "passed"
    RETURNED = "returned"
    FILED = "filed"
    WITHDRAWN = "withdrawn"


C = CollaborationState
COLLABORATION_LABELS: dict[CollaborationState, str] = {
    C.DISPATCHED: "已派发",
    C.IN_WORK: "处理中",
    C.ANSWERED: "已反馈",
    C.VERIFYING: "待验证",
    C.PASSED: "通过",
    C.RETURNED: "打回",
    C.FILED: "已备案",
    C.WITHDRAWN: "已撤回",
}
WAITING = frozenset({C.DISPATCHED, C.IN_WORK, C.RETURNED})  # the department has to act
TO_VERIFY = frozenset({C.ANSWERED, C.VERIFYING})
VERIFIED = frozenset({C.PASSED, C.FILED})
OVER = frozenset({C.FILED, C.WITHDRAWN})
# What a ticket's row shows of several, the worst first; being late is worse than all of them.
WORST_FIRST = (C.RETURNED, C.ANSWERED, C.IN_WORK, C.DISPATCHED, C.VERIFYING, C.PASSED, C.FILED)


class CollaborationKind(StrEnum):
    HELP = "help"
    SUGGESTION = "suggestion"


COLLABORATION_KIND_LABELS: dict[CollaborationKind, str] = {
    CollaborationKind.HELP: "协助处理",
    CollaborationKind.SUGGESTION: "转达建议",
}


class SuggestionOutcome(StrEnum):
    """What the department does with a suggestion (REQUIREMENTS K8)."""

    ADOPTED = "adopted"
    SCHEDULED = "scheduled"
    NOT_ADOPTED = "not_adopted"
    NOTED = "noted"


OUTCOME_LABELS: dict[SuggestionOutcome, str] = {
    SuggestionOutcome.ADOPTED: "采纳",
    SuggestionOutcome.SCHEDULED: "排期",
    SuggestionOutcome.NOT_ADOPTED: "不采纳",
    SuggestionOutcome.NOTED: "已知晓",
}


class Side(StrEnum):
    """Who takes a step: the department (or a lead in its place), or support, that is the owner or a lead."""

    DEPARTMENT = "department"
    SUPPORT = "support"


@dataclass(frozen=True, eq=False, kw_only=True)
class Step:
    """One thing that happens to a collaboration.

    Args:
        name: its permanent name in the thread, and the path of its call. title: on pages.
        side: who takes it; None: each for itself. leads: from which state it may lead where.
        word: what its text is called; empty for a step without one. is_wordless: the text may be left out.
        tag: of the trail; by the next state, where one step can lead to several.
    """

    name: str
    title: str
    side: Side | None
    leads: Mapping[CollaborationState, tuple[CollaborationState, ...]]
    tag: Mapping[CollaborationState, Tag]
    word: str = ""
    missing: str = ""
    is_wordless: bool = False


DISPATCH = "dispatch"  # the first line of a thread
MOVE = "move"  # its ticket was merged into another one
START = Step(
    name="start",
    title="开始处理",
    side=Side.DEPARTMENT,
    leads=dict.fromkeys((C.DISPATCHED, C.RETURNED), (C.IN_WORK,)),
    tag={C.IN_WORK: Tag.COLLABORATION_STARTED},
)
ANSWER = Step(
    name="answer",
    title="反馈",
    side=Side.DEPARTMENT,
    leads=dict.fromkeys((C.IN_WORK, C.RETURNED), (C.ANSWERED,)),
    tag={C.ANSWERED: Tag.COLLABORATION_ANSWERED},
    word="反馈",
    missing="请写明处理的情况和结果",
)
VERIFY = Step(
    name="verification",
    title="开始验证",
    side=Side.SUPPORT,
    leads={C.ANSWERED: (C.VERIFYING,)},
    tag={C.VERIFYING: Tag.COLLABORATION_VERIFYING},
)
JUDGE = Step(
    name="verdict",
    title="验证结论",
    side=Side.SUPPORT,
    leads={C.VERIFYING: (C.PASSED, C.RETURNED)},
    tag={C.PASSED: Tag.COLLABORATION_PASSED, C.RETURNED: Tag.COLLABORATION_RETURNED},
    word="说明",
    missing="请写明为什么打回，部门会看到",
    is_wordless=True,
)
FILE = Step(
    name="filing",
    title="备案",
    side=None,
    leads={C.PASSED: (C.PASSED, C.FILED)},
    tag=dict.fromkeys((C.PASSED, C.FILED), Tag.COLLABORATION_FILED),
    word="备案",
    missing="请填写备案的内容：原因、做了什么、结果怎样",
)
WITHDRAW = Step(
    name="withdrawal",
    title="撤回",
    side=Side.SUPPORT,
    leads=dict.fromkeys(WAITING, (C.WITHDRAWN,)),
    tag={C.WITHDRAWN: Tag.COLLABORATION_WITHDRAWN},
    word="撤回的原因",
    missing="请写明撤回的原因，部门会看到",
)
STEPS = (START, ANSWER, VERIFY, JUDGE, FILE, WITHDRAW)
BY_NAME = {step.name: step for step in STEPS}
STEP_TITLES = {DISPATCH: "派发", MOVE: "随工单合并", **{step.name: step.title for step in STEPS}}
