"""Writing articles: a new one, a further version, and handing it in for review (REQUIREMENTS G17)."""

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import new_id
from portal.errors import Fault, ForbiddenError, InvalidError
from portal.knowledge.articles import rights, rows
from portal.knowledge.articles.models import Article
from portal.knowledge.articles.states import ArticleState
from portal.knowledge.articles.texts import ArticleText, faults_of
from portal.tickets import numbering
from portal.tickets.models import Ticket


def make(
    session: Session, actor: Actor, text: ArticleText, *, ticket: Ticket | None = None, may_be_untitled: bool = False
) -> Article:
    """A draft with its own number.

    Args:
        ticket: from which it is made. may_be_untitled: its author gives it a title later.

    Raises:
        InvalidError: every fault. ForbiddenError: not a person who writes articles.
    """
    standing.require(session, actor)
    if not rights.can(actor, Permission.WRITE_ARTICLE):
        raise ForbiddenError("您没有写知识条目的权限")
    text = text.tidied()
    check(actor, text, is_complete=False, may_be_untitled=may_be_untitled)
    assert actor.user_id is not None  # noqa: S101
    now = clock.now()
    article = Article(
        id=new_id(), number=numbering.next_number(session, rows.PREFIX), status=ArticleState.DRAFT.value, version=1,
        text_version=1, title=text.title, queue=text.queue or None, system=text.system, module=text.module,
        is_public=text.is_public, author_id=actor.user_id, author_name=actor.label,
        from_ticket_id=ticket.id if ticket else None, created_at=now, changed_at=now, changed_by=actor.label,
    )  # fmt: skip
    session.add(article)
    session.flush()
    rows.add_version(session, article, actor, text)
    facts = {"from_number": ticket.number} if ticket else {}
    trail.record(session, Tag.ARTICLE_MADE, actor, ticket_number=article.number, particulars=facts)
    return article


def check(actor: Actor, text: ArticleText, *, is_complete: bool, may_be_untitled: bool = False) -> None:
    """Raises InvalidError with every fault."""
    faults = faults_of(text, is_complete=is_complete)
    if may_be_untitled and not text.title:
        faults = [fault for fault in faults if fault.field != "title"]
    is_foreign = text.queue not in actor.queues if text.queue else not actor.queues
    if is_foreign and not any(fault.field == "queue" for fault in faults):
        faults.append(Fault("queue", "invalid", "只能选择您所在的队列"))
    if faults:
        raise InvalidError(faults)
