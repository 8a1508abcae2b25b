"""What the calls on articles answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel

from portal.api.vocabularies import one_of

_State = Annotated[str, one_of("ArticleState")]


class ArticleLine(BaseModel):
    """One of a list. `queue`: null for all; `is_published`: its published version is read, also while it is changed."""

    number: str
    title: str
    state: _State
    state_label: str
    version: int
    queue: Annotated[str, one_of("Queue")] | None
    system: str
    module: str
    is_public: bool
    is_published: bool
    author: str
    approver: str | None
    is_own_approval: bool
    published_at: datetime | None
    changed_at: datetime
    uses: int
    used_at: datetime | None
    is_unused: bool
    helped: int


class ArticlePart(BaseModel):
    """One version."""

    text_version: int
    title: str
    problem: str
    steps: str
    cautions: str
    by: str
    at: datetime


class Article(ArticleLine):
    """`problem`, `steps`, `cautions`: the newest text, or for others than its writers and leads the published one.

    `published`: what readers read meanwhile. `can`: the steps that the caller can take now.
    """

    text_version: int
    published_version: int | None
    problem: str
    steps: str
    cautions: str
    note: str
    from_ticket: str | None
    published: ArticlePart | None
    versions: list[ArticlePart]
    can: list[str]


class ArticlePage(BaseModel):
    items: list[ArticleLine]
    next_cursor: str | None


class ArticleConflict(BaseModel):
    """With the article as it is now."""

    title: str
    status: int
    request_id: str
    code: Annotated[str, one_of("ConflictCode")]
    article: Article
