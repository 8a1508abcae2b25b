"""Articles, their versions, uses and search words, and who may approve what they wrote themselves."""

import uuid
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Base, UtcDateTime, new_id
from portal.knowledge.articles.states import STATE_LABELS, ArticleState


class Article(Base):
    """知识条目. Its texts are those of its versions.

    `title`, `queue`, `system`, `module` and `is_public` are copies: of the published version if there is one, else of
    the newest. `version` counts every change, for locking; `text_version` names the newest text.
    `queue`: None for all. `published_at`: first, for good; `approved_at`: the last time.
    """

    __tablename__ = "articles"
    __table_args__ = (
        Index("ix_articles_changed_at", "changed_at", "id"),
        Index("ix_articles_status", "status", "changed_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str] = mapped_column(String(24), unique=True)
    status: Mapped[str] = mapped_column(String(12))  # an `ArticleState`
    version: Mapped[int] = mapped_column(default=1)
    text_version: Mapped[int] = mapped_column(default=1)
    published_version: Mapped[int | None]
    title: Mapped[str] = mapped_column(String(80))
    queue: Mapped[str | None] = mapped_column(String(20))
    system: Mapped[str] = mapped_column(String(100), default="")
    module: Mapped[str] = mapped_column(String(100), default="")
    is_public: Mapped[bool]
    author_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    author_name: Mapped[str] = mapped_column(String(60))
    submitted_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approver_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    approver_name: Mapped[str] = mapped_column(String(60), default="")
    is_own_approval: Mapped[bool] = mapped_column(default=False)  # by somebody who wrote it: one-person sites
    note: Mapped[str] = mapped_column(Text, default="")  # why it was returned or retired
    from_ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(60))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    approved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    helped: Mapped[int] = mapped_column(default=0)  # 解决了，不用提交: how often, and nobody's

    @property
    def state_enum(self) -> ArticleState:
        return ArticleState(self.status)

    @property
    def state_label(self) -> str:
        return STATE_LABELS[self.state_enum]

    @property
    def is_published(self) -> bool:
        """Its published version is read, also while a change of it is under way."""
        return self.published_version is not None and self.state_enum is not ArticleState.RETIRED

    @property
    def has_change(self) -> bool:
        """A change of the published version is written or reviewed."""
        return self.is_published and self.text_version != self.published_version


class ArticleVersion(Base):
    """One text of an article; insert-only.

    `ticket_id`: the ticket from which it was made, until it is approved: so long its texts are words of that ticket,
    redacted and emptied with them.
    """

    __tablename__ = "article_versions"

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(80))
    problem: Mapped[str] = mapped_column(Text)
    steps: Mapped[str] = mapped_column(Text)
    cautions: Mapped[str] = mapped_column(Text)
    queue: Mapped[str | None] = mapped_column(String(20))
    system: Mapped[str] = mapped_column(String(100))
    module: Mapped[str] = mapped_column(String(100))
    is_public: Mapped[bool]
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    ticket_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("tickets.id"), index=True)


class ArticleUse(Base):
    """A version stood in a text that a clinic was sent; once per article and ticket."""

    __tablename__ = "article_uses"
    __table_args__ = (
        UniqueConstraint("article_id", "ticket_id"),
        Index("ix_article_uses_article_id_at", "article_id", "at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("articles.id"))
    version: Mapped[int]
    ticket_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("tickets.id"), index=True)
    by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ArticleWord(Base):
    """A search word of a published version; `weight` is higher in the title. Made anew at each approval."""

    __tablename__ = "article_words"
    __table_args__ = (Index("ix_article_words_word", "word"),)

    article_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("articles.id"), primary_key=True)
    word: Mapped[str] = mapped_column(String(20), primary_key=True)
    weight: Mapped[int]


class ArticleRule(Base):
    """Whether leads may approve what they wrote themselves, as a lead decided; insert-only, the newest counts."""

    __tablename__ = "article_rules"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    allows_own_approval: Mapped[bool]
    by_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
