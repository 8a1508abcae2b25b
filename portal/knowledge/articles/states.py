"""The states of an article, and what leads from one to the next (DESK 3.4)."""

from dataclasses import dataclass
from enum import StrEnum

from portal.audit.tags import Tag


class ArticleState(StrEnum):
    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    RETURNED = "returned"
    RETIRED = "retired"


STATE_LABELS: dict[ArticleState, str] = {
    ArticleState.DRAFT: "草稿",
    ArticleState.IN_REVIEW: "待审核",
    ArticleState.PUBLISHED: "已发布",
    ArticleState.RETURNED: "退回",
    ArticleState.RETIRED: "已停用",
}
_S = ArticleState


@dataclass(frozen=True, eq=False)
class Step:
    """One thing that is done with an article.

    Attributes:
        name: in addresses, forms and the trail's refusals. leads: from which state into which one.
        done: the sentence after it.
    """

    name: str
    title: str
    leads: dict[ArticleState, ArticleState]
    tag: Tag
    done: str


# A change of a published article is a draft again; what clinics read stays published until it is approved.
SAVE = Step(
    "versions",
    "保存",
    {_S.DRAFT: _S.DRAFT, _S.RETURNED: _S.DRAFT, _S.IN_REVIEW: _S.IN_REVIEW, _S.PUBLISHED: _S.DRAFT},
    Tag.ARTICLE_CHANGED,
    "已保存",
)
SUBMIT = Step(
    "submission",
    "提交审核",
    {_S.DRAFT: _S.IN_REVIEW, _S.RETURNED: _S.IN_REVIEW},
    Tag.ARTICLE_SUBMITTED,
    "已提交，主管审核后发布",
)
APPROVE = Step("approval", "审核通过并发布", {_S.IN_REVIEW: _S.PUBLISHED}, Tag.ARTICLE_APPROVED, "已发布")
RETURN = Step("return", "退回修改", {_S.IN_REVIEW: _S.RETURNED}, Tag.ARTICLE_RETURNED, "已退回给作者")
RETIRE = Step(
    "retirement",
    "停用",
    {state: _S.RETIRED for state in _S if state is not _S.RETIRED},
    Tag.ARTICLE_RETIRED,
    "已停用，机构和同事不会再看到它的推荐",
)
STEPS: tuple[Step, ...] = (SAVE, SUBMIT, APPROVE, RETURN, RETIRE)
BY_NAME = {step.name: step for step in STEPS}
