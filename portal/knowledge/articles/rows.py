"""Finds articles for the people who may see them, locks them, and adds versions."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.db import insert_rows
from portal.errors import NotFoundError
from portal.knowledge.articles.models import Article, ArticleVersion
from portal.knowledge.articles.rights import visible_to
from portal.knowledge.articles.texts import BODY, ArticleText
from portal.tickets.numbering import normal_number

PREFIX = "ZS"
ABSENT = "没有找到这条知识条目"


def find(session: Session, actor: Actor, number: str) -> Article:
    """Raises NotFoundError: absent, or not theirs to see: indistinguishable."""
    query = select(Article).where(Article.number == normal_number(number), visible_to(actor))
    row = session.scalars(query).first()
    if row is None:
        raise NotFoundError(ABSENT)
    return row


def locked(session: Session, actor: Actor, number: str) -> Article:
    """As `find`, locked and read anew."""
    row = find(session, actor, number)
    session.refresh(row, with_for_update=True)
    if row.queue is not None and row.queue not in actor.queues:
        raise NotFoundError(ABSENT)
    return row


def version_of(session: Session, article: Article, version: int | None = None) -> ArticleVersion:
    """The newest version, or the one that is named."""
    return session.get_one(ArticleVersion, (article.id, version or article.text_version))


def versions_of(session: Session, article: Article) -> list[ArticleVersion]:
    """Newest first."""
    query = select(ArticleVersion).where(ArticleVersion.article_id == article.id)
    return list(session.scalars(query.order_by(ArticleVersion.version.desc())))


def add_version(session: Session, article: Article, actor: Actor, text: ArticleText) -> None:
    """The next text of the article, whose copies follow unless another version is published."""
    assert actor.user_id is not None  # noqa: S101
    is_first_life = article.published_version is None
    insert_rows(
        session,
        ArticleVersion(
            article_id=article.id, version=article.text_version, title=text.title, queue=text.queue or None,
            system=text.system, module=text.module, is_public=text.is_public, by_id=actor.user_id, by_name=actor.label,
            at=clock.now(), ticket_id=article.from_ticket_id if is_first_life else None,
            **{name: getattr(text, name) for name in BODY},
        ),
    )  # fmt: skip
    if is_first_life:
        show(article, text)


def show(article: Article, text: ArticleText) -> None:
    """The copies that lists read."""
    article.title, article.queue, article.is_public = text.title, text.queue or None, text.is_public
    article.system, article.module = text.system, text.module


def touch(article: Article, actor: Actor) -> None:
    article.version += 1
    article.changed_at, article.changed_by = clock.now(), actor.label


def numbers_of_queues(session: Session, queues: Sequence[str]) -> Select[str]:
    """The numbers of articles of these queues, for the trail."""
    return select(Article.number).where(or_(Article.queue.is_(None), Article.queue.in_(queues)))


def by_number(session: Session, number: str) -> Article | None:
    return session.scalars(select(Article).where(Article.number == normal_number(number))).first()


def by_id(session: Session, article_id: uuid.UUID) -> Article:
    return session.get_one(Article, article_id)
