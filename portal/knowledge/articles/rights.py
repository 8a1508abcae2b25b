"""Who sees an article, and who may do what with it (DESK 0.4, 3.4).

Published ones are read by everybody of their queue. What is not published yet, or a change of it, is seen by those who
wrote it and by leads of the queue only: it is nobody's knowledge so far, and may quote a clinic.
"""

import uuid
from collections.abc import Sequence, Set

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from portal.accounts.roles import GRANTS, Permission, Role
from portal.audit.actor import Actor
from portal.knowledge.articles.models import Article, ArticleVersion
from portal.knowledge.articles.states import APPROVE, RETIRE, RETURN, ArticleState, Step


def can(actor: Actor, permission: Permission) -> bool:
    return permission in GRANTS[Role(actor.role)]


def in_queues(actor: Actor) -> ColumnElement[bool]:
    """Of the actor's queues, or of all queues."""
    return of_queues(actor.queues)


def of_queues(queues: Sequence[str]) -> ColumnElement[bool]:
    return or_(Article.queue.is_(None), Article.queue.in_(queues))


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Whether the actor may know of an article."""
    if can(actor, Permission.APPROVE):
        return in_queues(actor)
    its = (ArticleVersion.article_id == Article.id, ArticleVersion.by_id == actor.user_id)
    mine = exists().where(*its).correlate(Article)
    return in_queues(actor) & (Article.published_version.is_not(None) | mine)


def writers_of(session: Session, article: Article) -> Set[uuid.UUID]:
    """Who wrote or edited what is under review, or asked for it: none of them approves it."""
    query = select(ArticleVersion.by_id).where(
        ArticleVersion.article_id == article.id, ArticleVersion.version > (article.published_version or 0)
    )
    if article.text_version == article.published_version:
        return frozenset()
    submitter = {article.submitted_by_id} if article.submitted_by_id else set()
    return frozenset({*session.scalars(query), *submitter})


def sees_working_text(session: Session, actor: Actor, article: Article) -> bool:
    """Whether the newest text is shown, rather than the published one."""
    if not article.has_change and article.is_published:
        return True
    return can(actor, Permission.APPROVE) or actor.user_id in writers_of(session, article)


def refusal(session: Session, actor: Actor, article: Article, step: Step) -> str:
    """Why this person may not take this step, whatever its state; empty if they may."""
    is_lead = can(actor, Permission.APPROVE)
    if not can(actor, Permission.WRITE_ARTICLE):
        return "您没有写知识条目的权限"
    if step in (APPROVE, RETURN):
        return "" if is_lead else "只有主管可以审核知识条目"
    if step is RETIRE and article.published_version is not None:
        return "" if is_lead else "已发布的条目只有主管可以停用"
    is_fresh_change = article.state_enum is ArticleState.PUBLISHED
    if is_lead or is_fresh_change or actor.user_id in writers_of(session, article):
        return ""
    return f"{article.changed_by}正在修改这一条，发布后您再修改"
