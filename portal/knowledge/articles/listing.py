"""Pages of articles for staff, the last changed first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from portal import clock, keyset
from portal.audit.actor import Actor
from portal.errors import Fault, InvalidError
from portal.kinds.names import TicketKind
from portal.knowledge.articles.finding import of_queue, published
from portal.knowledge.articles.models import Article, ArticleUse, ArticleVersion
from portal.knowledge.articles.rights import visible_to
from portal.knowledge.articles.states import ArticleState
from portal.knowledge.articles.viewing import UNUSED
from portal.sensitive_text.folding import words_of

PAGE_SIZE = 50
MAX_PAGE_SIZE = 200
_MOST_WORDS = 8
ANY_QUEUE = "all"
_VISIBILITY = {"public": True, "internal": False}


@dataclass(frozen=True)
class Wanted:
    """What a list shows. `visibility`: `public`, `internal` or all; `unused`: published and not used for 90 days."""

    state: str = ""
    queue: str = ""
    visibility: str = ""
    q: str = ""
    unused: bool = False
    mine: bool = False


@dataclass(frozen=True)
class Page:
    found: Sequence[Article]
    next_cursor: str | None


def page_of(session: Session, actor: Actor, wanted: Wanted, cursor: str = "", limit: int = PAGE_SIZE) -> Page:
    """One page, by keyset. Raises InvalidError: a filter or cursor that does not exist."""
    faults = _faults(wanted)
    if faults:
        raise InvalidError(faults)
    query = select(Article).where(visible_to(actor), *_conditions(actor, wanted))
    words = words_of(wanted.q)[:_MOST_WORDS]
    if words:
        query = query.join(ArticleVersion, _is_read).where(*map(_holds, words))
    place = tuple_(Article.changed_at, Article.id)
    if cursor:
        query = query.where(place < tuple_(*keyset.place(cursor)))
    rows = session.scalars(query.order_by(Article.changed_at.desc(), Article.id.desc()).limit(limit + 1)).all()
    shown = rows[:limit]
    return Page(shown, keyset.cursor(shown[-1].changed_at, shown[-1].id) if len(rows) > limit else None)


def _faults(wanted: Wanted) -> list[Fault]:
    faults = []
    if wanted.state and wanted.state not in list(ArticleState):
        faults.append(Fault("state", "invalid", "没有这个状态"))
    if wanted.queue and wanted.queue not in (*TicketKind, ANY_QUEUE):
        faults.append(Fault("queue", "invalid", "没有这个队列"))
    if wanted.visibility and wanted.visibility not in _VISIBILITY:
        faults.append(Fault("visibility", "invalid", "请选择机构可见或仅内部"))
    return faults


def _conditions(actor: Actor, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.state:
        yield Article.status == wanted.state
    if wanted.queue and wanted.queue != ANY_QUEUE:
        yield of_queue(wanted.queue)
    if wanted.visibility:
        yield Article.is_public.is_(_VISIBILITY[wanted.visibility])
    if wanted.mine:
        yield Article.author_id == actor.user_id
    if wanted.unused:
        since = clock.now() - UNUSED
        is_used = exists().where(ArticleUse.article_id == Article.id, ArticleUse.at > since)
        yield and_(published(), Article.approved_at <= since, ~is_used)


# The published text, or of a new one the newest: nobody finds a change by its words before they may read it.
_is_read = and_(
    ArticleVersion.article_id == Article.id,
    ArticleVersion.version == func.coalesce(Article.published_version, Article.text_version),
)


def _holds(word: str) -> ColumnElement[bool]:
    parts = (
        Article.number, ArticleVersion.title, ArticleVersion.problem, ArticleVersion.steps, ArticleVersion.cautions,
        ArticleVersion.system, ArticleVersion.module,
    )  # fmt: skip
    return or_(*(part.icontains(word, autoescape=True) for part in parts))
