"""Finds published articles: by a search in Chinese, and those that may help with what somebody describes.

Only the words of published versions are indexed, so that nothing else can ever be suggested.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, or_, select
from sqlalchemy.orm import Session

from portal.db import insert_rows
from portal.knowledge.articles import words
from portal.knowledge.articles.models import Article, ArticleVersion, ArticleWord
from portal.knowledge.articles.states import ArticleState
from portal.knowledge.articles.texts import ArticleText
from portal.sensitive_text.folding import search_form, words_of
from portal.tickets.numbering import normal_number

MOST_SUGGESTED = 3
MOST_FOUND = 50
_IN_TITLE, _IN_PROBLEM, _ELSEWHERE = 3, 2, 1
_MOST_WORDS = 200
_MOST_CANDIDATES = 500
# A description concerns an article from so many weighed words on, or with one rare word of letters such as ORA-12541.
_ENOUGH, _FEWEST_WORDS = 6, 3


@dataclass(frozen=True)
class Found:
    """A published article with the text that readers see."""

    article: Article
    text: ArticleVersion


def index(session: Session, article: Article, text: ArticleText) -> None:
    """The search words of the version that is published now."""
    unindex(session, article)
    weights: dict[str, int] = {}
    for weight, part in (
        (_ELSEWHERE, f"{text.steps}\n{text.cautions}\n{text.system}\n{text.module}"),
        (_IN_PROBLEM, text.problem),
        (_IN_TITLE, text.title),
    ):
        weights |= dict.fromkeys(words.words_of(part), weight)
    insert_rows(session, *(ArticleWord(article_id=article.id, word=word, weight=n) for word, n in weights.items()))


def unindex(session: Session, article: Article) -> None:
    session.execute(delete(ArticleWord).where(ArticleWord.article_id == article.id))


def published() -> ColumnElement[bool]:
    """Articles that have a version to read."""
    return Article.published_version.is_not(None) & (Article.status != ArticleState.RETIRED.value)


def public() -> ColumnElement[bool]:
    """Articles that a clinic may read."""
    return published() & Article.is_public


def has_any(session: Session, *where: ColumnElement[bool]) -> bool:
    return session.scalar(select(Article.id).where(*where).limit(1)) is not None


def public_one(session: Session, number: str) -> Found | None:
    """The public article of this number."""
    found = all_of(session, with_text(Article.number == normal_number(number), *for_clinics()))
    return found[0] if found else None


def search(session: Session, query: str, *where: ColumnElement[bool], limit: int = MOST_FOUND) -> list[Found]:
    """Those whose text holds every word of the query, the best first; without a query the newest."""
    asked = words_of(query)[:8]
    if not asked:
        newest = with_text(*where).order_by(Article.approved_at.desc(), Article.id).limit(limit)
        return all_of(session, newest)
    # Letters may stand anywhere in a word; only Chinese pairs lead to rows by themselves.
    pairs = dict.fromkeys(part for word in asked for part in words.words_of(word) if len(part) == 2 and part > "z")
    candidates = with_text(*where).limit(_MOST_CANDIDATES)
    if pairs:
        hits = (
            select(ArticleWord.article_id, func.sum(ArticleWord.weight).label("score"))
            .where(ArticleWord.word.in_(pairs))
            .group_by(ArticleWord.article_id)
            .having(func.count() == len(pairs))
            .subquery()
        )
        candidates = candidates.join(hits, hits.c.article_id == Article.id).order_by(hits.c.score.desc())
    candidates = candidates.order_by(Article.approved_at.desc(), Article.id)
    return [one for one in all_of(session, candidates) if all(word in _searched(one) for word in asked)][:limit]


def suggest(
    session: Session, description: str, *where: ColumnElement[bool], limit: int = MOST_SUGGESTED
) -> list[Found]:
    """Those that most probably help with a description; few or none rather than a wrong one."""
    told = [word for word in words.words_of(description[: words.MOST_SEARCHED]) if words.is_telling(word)]
    if not told:
        return []
    rows = session.execute(
        select(ArticleWord.article_id, ArticleWord.word, ArticleWord.weight)
        .join(Article, Article.id == ArticleWord.article_id)
        .where(ArticleWord.word.in_(told[:_MOST_WORDS]), *where)
    ).all()
    scores = _scores([(article_id, word, weight) for article_id, word, weight in rows])
    best = sorted(scores, key=lambda article_id: (-scores[article_id], str(article_id)))[:limit]
    texts = {row.article.id: row for row in all_of(session, with_text(Article.id.in_(best)))}
    return [texts[article_id] for article_id in best if article_id in texts]


def _scores(rows: Sequence[tuple[UUID, str, int]]) -> dict[UUID, float]:
    """By article, of those that share enough; a word of many articles counts little."""
    spread: dict[str, int] = {}
    for _, word, _ in rows:
        spread[word] = spread.get(word, 0) + 1
    shared: dict[UUID, list[tuple[str, int]]] = {}
    for article_id, word, weight in rows:
        shared.setdefault(article_id, []).append((word, weight))
    return {
        article_id: sum(weight / spread[word] for word, weight in pairs)
        for article_id, pairs in shared.items()
        if _is_enough(pairs)
    }


def _is_enough(pairs: Collection[tuple[str, int]]) -> bool:
    has_code = any(word.isascii() and len(word) >= 5 and any(map(str.isdigit, word)) for word, _ in pairs)
    return has_code or (len(pairs) >= _FEWEST_WORDS and sum(weight for _, weight in pairs) >= _ENOUGH)


def of_queue(queue: str) -> ColumnElement[bool]:
    """Articles for tickets of this queue: its own, and those of all queues."""
    return or_(Article.queue.is_(None), Article.queue == queue)


def for_clinics(queue: str = "") -> tuple[ColumnElement[bool], ...]:
    """Conditions: public, and of this queue if one is known."""
    return (public(), of_queue(queue)) if queue else (public(),)


def with_text(*where: ColumnElement[bool]) -> Select[Article, ArticleVersion]:
    """A query for published articles with the text that readers see."""
    its_text = (ArticleVersion.article_id == Article.id) & (ArticleVersion.version == Article.published_version)
    return select(Article, ArticleVersion).join(ArticleVersion, its_text).where(*where)


def all_of(session: Session, query: Select[Article, ArticleVersion]) -> list[Found]:
    return [Found(article, text) for article, text in session.execute(query)]


def _searched(one: Found) -> str:
    text = one.text
    parts = (one.article.number, text.title, text.problem, text.steps, text.cautions, text.system, text.module)
    return search_form("\n".join(parts))
