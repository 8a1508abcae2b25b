"""The switch of sites with one person: a lead may approve what they wrote. It is in the trail and on the article."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.errors import ForbiddenError
from portal.knowledge.articles import rights
from portal.knowledge.articles.models import ArticleRule


def newest(session: Session) -> ArticleRule | None:
    return session.scalars(select(ArticleRule).order_by(ArticleRule.at.desc(), ArticleRule.id).limit(1)).first()


def is_allowed(session: Session) -> bool:
    rule = newest(session)
    return rule is not None and rule.allows_own_approval


def switch(session: Session, actor: Actor, is_on: bool) -> None:
    """Allow or forbid it. Raises ForbiddenError: not a lead."""
    standing.require(session, actor)
    if not rights.can(actor, Permission.APPROVE) or actor.user_id is None:
        raise ForbiddenError("只有主管可以修改这个开关")
    if is_allowed(session) is is_on:
        return
    insert_rows(
        session,
        ArticleRule(id=new_id(), allows_own_approval=is_on, by_id=actor.user_id, by_name=actor.label, at=clock.now()),
    )
    trail.record(session, Tag.ARTICLE_RULE_CHANGED, actor, particulars={"allows_own_approval": is_on})
