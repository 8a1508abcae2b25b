"""What a person of staff sees of articles, with a fixed number of queries for a list."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.audit.actor import Actor
from portal.errors import NotFoundError
from portal.knowledge.articles import differences, rights, rows, uses
from portal.knowledge.articles.differences import Difference
from portal.knowledge.articles.models import Article, ArticleVersion
from portal.knowledge.articles.own_approval import is_allowed
from portal.knowledge.articles.states import APPROVE, STEPS, Step
from portal.tickets import lookup
from portal.tickets.models import Ticket

UNUSED = timedelta(days=90)  # ours


@dataclass(frozen=True)
class Line:
    """One article of a list. `age`: days since its published version was approved."""

    article: Article
    uses: int
    used_at: datetime | None
    age: int | None
    is_unused: bool


@dataclass(frozen=True)
class PastVersion:
    """A version with what it changed; `is_published`: it is what readers read now."""

    version: ArticleVersion
    changes: Sequence[Difference]
    is_published: bool


@dataclass(frozen=True)
class ArticleView:
    """All of one article. `text`: the newest, or for others than its writers and leads the published one.

    `steps`: what this person can do now. `is_own`: they wrote, edited or submitted what is under review.
    """

    line: Line
    text: ArticleVersion
    published: ArticleVersion | None
    versions: Sequence[PastVersion]
    steps: Sequence[Step]
    is_own: bool
    from_number: str | None

    @property
    def row(self) -> Article:
        return self.line.article

    @property
    def is_change(self) -> bool:
        """The text is a change that is not published yet."""
        return self.row.is_published and self.text.version != self.row.published_version


def lines_of(session: Session, articles: Iterable[Article]) -> list[Line]:
    found = list(articles)
    counted, now = uses.of_articles(session, [one.id for one in found]), clock.now()
    return [_line(one, *counted.get(one.id, (0, None)), now) for one in found]


def view_of(session: Session, actor: Actor, article: Article) -> ArticleView:
    is_writer = rights.sees_working_text(session, actor, article)
    published = rows.version_of(session, article, article.published_version) if article.published_version else None
    text = rows.version_of(session, article) if is_writer or published is None else published
    is_own = actor.user_id in rights.writers_of(session, article)
    return ArticleView(
        line=lines_of(session, [article])[0],
        text=text,
        published=published if article.is_published else None,
        versions=_versions(session, actor, article, text.version),
        steps=[step for step in STEPS if _can(session, actor, article, step, is_own=is_own)],
        is_own=is_own,
        from_number=_from_number(session, actor, article),
    )


def _line(article: Article, count: int, used_at: datetime | None, now: datetime) -> Line:
    if not article.is_published or article.approved_at is None:
        return Line(article, count, used_at, None, False)
    last = max(article.approved_at, used_at or article.approved_at)
    return Line(article, count, used_at, (now - article.approved_at).days, now - last >= UNUSED)


def _versions(session: Session, actor: Actor, article: Article, newest: int) -> list[PastVersion]:
    """Newest first. What was never approved, such as words of a ticket, is shown to leads and its writer only."""
    every = [one for one in rows.versions_of(session, article) if one.version <= newest]
    is_lead = rights.can(actor, rights.Permission.APPROVE)
    shown = [one for one in every if is_lead or one.ticket_id is None or one.by_id == actor.user_id]
    before = [*shown[1:], None]
    return [
        PastVersion(
            one,
            differences.between(former, one),
            article.is_published and one.version == article.published_version,
        )
        for one, former in zip(shown, before, strict=True)
    ]


def _can(session: Session, actor: Actor, article: Article, step: Step, *, is_own: bool) -> bool:
    if article.state_enum not in step.leads or rights.refusal(session, actor, article, step):
        return False
    return step is not APPROVE or not is_own or is_allowed(session)


def _from_number(session: Session, actor: Actor, article: Article) -> str | None:
    ticket = session.get(Ticket, article.from_ticket_id) if article.from_ticket_id else None
    if ticket is None:
        return None
    try:
        return lookup.find(session, actor, ticket.number).number
    except NotFoundError:
        return None
