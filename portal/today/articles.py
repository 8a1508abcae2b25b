"""知识条目: what a lead has to review, and what its author has to mend."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission, roles_with
from portal.knowledge.articles.models import Article, ArticleVersion
from portal.knowledge.articles.rights import of_queues
from portal.knowledge.articles.states import ArticleState
from portal.today.section import MOST_LINES, Counts, Line, Section, cut


def section(session: Session, reader: Principal, now: datetime) -> Section | None:
    """Leads: those that others submitted, and those returned to somebody who left. Authors: their own. Oldest first."""
    if not reader.can(Permission.WRITE_ARTICLE):
        return None
    lines = _returned(session, reader)
    if reader.can(Permission.APPROVE):
        lines += _to_review(session, reader) + _left_behind(session, reader)
    shown, has_more = cut(sorted(lines, key=lambda line: line.at)[: MOST_LINES + 1])
    empty = "没有等您的知识条目。请您审核的和退回给您的，会列在这里"
    return Section("articles", "知识条目", empty, shown, Counts.SINCE, has_more)


def _to_review(session: Session, reader: Principal) -> list[Line]:
    """Not those that the reader wrote or submitted."""
    mine = select(ArticleVersion.article_id).where(ArticleVersion.by_id == reader.user_id)
    waiting = (
        Article.status == ArticleState.IN_REVIEW.value,
        of_queues(reader.queues),
        Article.submitted_by_id != reader.user_id,
        Article.id.not_in(mine),
    )
    rows = session.scalars(select(Article).where(*waiting).order_by(Article.submitted_at).limit(MOST_LINES + 1))
    return [_line(row, f"等您审核：{row.title}", row.submitted_at or row.changed_at) for row in rows]


def _returned(session: Session, reader: Principal) -> list[Line]:
    returned = (
        Article.status == ArticleState.RETURNED.value,
        Article.author_id == reader.user_id,
        of_queues(reader.queues),
    )
    rows = session.scalars(select(Article).where(*returned).order_by(Article.changed_at).limit(MOST_LINES + 1))
    return [_line(row, f"退回给您：{row.note}", row.changed_at) for row in rows]


def _left_behind(session: Session, reader: Principal) -> list[Line]:
    """Returned to an author who cannot mend it any more: a lead of the queue goes on with it, or retires it."""
    writers = [role.value for role in roles_with(Permission.WRITE_ARTICLE)]
    can_mend = select(User.id).where(User.is_active, User.role.in_(writers))
    returned = (
        Article.status == ArticleState.RETURNED.value,
        Article.author_id.not_in(can_mend),
        of_queues(reader.queues),
    )
    rows = session.scalars(select(Article).where(*returned).order_by(Article.changed_at).limit(MOST_LINES + 1))
    words = "退回后作者{name}已停用或不再写条目，请您接着修改或停用这一条"
    return [_line(row, words.format(name=row.author_name), row.changed_at) for row in rows]


def _line(row: Article, words: str, at: datetime) -> Line:
    return Line(row.number, f"/knowledge/{row.number}", words, at, row.queue)
