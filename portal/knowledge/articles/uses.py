"""引用: a published version that stands in a text which a clinic was sent; counted once per article and ticket."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError
from portal.knowledge.articles import finding, rows
from portal.knowledge.articles.models import Article, ArticleUse, ArticleVersion
from portal.tickets.models import Ticket
from portal.tickets.numbering import normal_number

FIELD = "articles"
_NUMBER = re.compile(rf"(?<![A-Z0-9]){rows.PREFIX}\d{{6}}\d{{4,}}(?!\d)")
_RECENT = timedelta(days=90)
_SHORTEST = 10  # signs: shorter steps may stand in a text by chance


def cite(session: Session, ticket: Ticket, text: str, numbers: Sequence[str]) -> str:
    """The text with a reference to each named article that does not stand in it yet.

    A public one is referred to by its title and page, an internal one by its number.

    Raises:
        InvalidError: a number that is no published article for this ticket.
    """
    wanted = list(dict.fromkeys(map(normal_number, numbers)))
    if not wanted:
        return text
    found = {one.article.number: one for one in _published(session, ticket, Article.number.in_(wanted))}
    if unknown := [number for number in wanted if number not in found]:
        raise InvalidError([Fault(FIELD, "not_found", f"没有已发布的知识条目 {'、'.join(unknown)}，请核对编号")])
    lines = [reference(found[number].article) for number in wanted if not _stands(found[number], text)]
    return "\n".join([text, *lines])


def reference(article: Article) -> str:
    """A line for a clinic; it names the page of a public article."""
    if article.is_public:
        return f"参考：{article.title}（/help/{article.number}）"
    return f"（知识条目 {article.number}）"


def quotation(found: finding.Found) -> str:
    """What 引用 inserts: the steps as they are published, and where they are from."""
    return f"{found.text.steps}\n{reference(found.article)}"


def on_public_text(session: Session, ticket: Ticket, actor: Actor, text: str) -> None:
    """A listener: a text of staff was sent to the clinic."""
    numbers = list(dict.fromkeys(_NUMBER.findall(text.upper())))
    named = Article.number.in_(numbers)
    # `replace` finds a passage alike on both databases; LIKE would read signs of the text as a pattern.
    quoted = func.replace(text, ArticleVersion.steps, "") != text
    is_long = func.length(ArticleVersion.steps) >= _SHORTEST
    found = _published(session, ticket, or_(named, is_long & quoted))
    record_uses(session, ticket, [one.article.number for one in found], actor)


def record_uses(session: Session, ticket: Ticket, articles: Iterable[str], actor: Actor) -> None:
    """One use of each of these published articles, unless the ticket, which is locked, has one already."""
    found = _published(session, ticket, Article.number.in_(list(articles)))
    known = set(session.scalars(select(ArticleUse.article_id).where(ArticleUse.ticket_id == ticket.id)))
    for one in found:
        if one.article.id in known:
            continue
        use = ArticleUse(
            id=new_id(), article_id=one.article.id, version=one.text.version, ticket_id=ticket.id,
            by_id=actor.user_id, at=clock.now(),
        )  # fmt: skip
        insert_rows(session, use)


def of_articles(session: Session, ids: Iterable[object]) -> dict[object, tuple[int, datetime | None]]:
    """How often each was used, and when last."""
    query = select(ArticleUse.article_id, func.count(), func.max(ArticleUse.at)).where(
        ArticleUse.article_id.in_(list(ids))
    )
    return {article_id: (n, last) for article_id, n, last in session.execute(query.group_by(ArticleUse.article_id))}


def most_used(session: Session, where: Sequence[ColumnElement[bool]], limit: int) -> list[finding.Found]:
    """The articles quoted most within a quarter, then the newest."""
    if limit <= 0:
        return []
    recent = (
        select(ArticleUse.article_id, func.count().label("n"))
        .where(ArticleUse.at >= clock.now() - _RECENT)
        .group_by(ArticleUse.article_id)
        .subquery()
    )
    query = finding.with_text(*where).outerjoin(recent, recent.c.article_id == Article.id)
    order = (func.coalesce(recent.c.n, 0).desc(), Article.approved_at.desc(), Article.id)
    return finding.all_of(session, query.order_by(*order).limit(limit))


def of_ticket(session: Session, ticket: Ticket) -> Sequence[Article]:
    """The articles that were used for this ticket, in that order."""
    query = select(Article).join(ArticleUse, ArticleUse.article_id == Article.id)
    return session.scalars(query.where(ArticleUse.ticket_id == ticket.id).order_by(ArticleUse.at)).all()


def _published(session: Session, ticket: Ticket, where: ColumnElement[bool]) -> list[finding.Found]:
    query = finding.with_text(finding.published(), finding.of_queue(ticket.queue), where)
    return finding.all_of(session, query.order_by(Article.number))


def _stands(found: finding.Found, text: str) -> bool:
    steps = found.text.steps
    return found.article.number in text.upper() or (len(steps) >= _SHORTEST and steps in text)
