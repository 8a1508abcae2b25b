"""Taking a step of an article: one transaction on the locked row, its versions, the people told, the trail last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.accounts.models import User
from portal.accounts.roles import Permission, roles_with
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError
from portal.knowledge.articles import finding, own_approval, rights, rows, writing
from portal.knowledge.articles.models import Article, ArticleVersion
from portal.knowledge.articles.states import APPROVE, RETIRE, RETURN, SAVE, STATE_LABELS, SUBMIT, ArticleState, Step
from portal.knowledge.articles.texts import ArticleText, secrets_in, text_of
from portal.notify import notices, outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.sensitive_text.free_text import text_fault

MOST_NOTE = 1000


class StaleArticleError(ConflictError):
    """It was changed by another request."""

    code = "stale"

    def __init__(self, article: Article) -> None:
        label, when = STATE_LABELS[article.state_enum], f"{clock.in_china(article.changed_at):%H:%M}"
        super().__init__(
            f"您打开以后，{article.changed_by}在 {when} 更新了这一条，现在的状态是“{label}”。"
            "您写的内容还在，请核对后再保存"
        )


@dataclass(frozen=True)
class Given:
    """What a person gives with a step; each step reads its own.

    Attributes:
        text: the new text; None for a submission of what is saved. note: why it is returned or retired.
        has_looked: the reviewer looked for names of people and places.
    """

    text: ArticleText | None = None
    note: str = field(default="", repr=False)
    has_looked: bool = False


@dataclass(frozen=True)
class _Taking:
    """One step under way, the article locked."""

    session: Session
    actor: Actor
    article: Article
    given: Given


def take(runtime: Runtime, actor: Actor, step: Step, number: str, version: int, given: Given) -> Article:
    """Take one step.

    Raises:
        NotFoundError: absent, or not theirs to see. ForbiddenError: not this person (recorded).
        InvalidError: every fault; `same_person`. ConflictError: it changed since `version`, or its state forbids it.
    """
    try:
        return runtime.database.run(lambda session: taken(session, actor, step, number, version, given))
    except ForbiddenError:
        with runtime.database.transaction() as session:
            article = rows.find(session, actor, number)
            trail.record(
                session, Tag.ACCESS_DENIED, actor, ticket_number=article.number,
                particulars={"article_step": step.title}, is_success=False,
            )  # fmt: skip
        raise


def taken(session: Session, actor: Actor, step: Step, number: str, version: int, given: Given) -> Article:
    """`take` in the caller's transaction."""
    standing.require(session, actor)
    article = rows.locked(session, actor, number)
    if message := rights.refusal(session, actor, article, step):
        raise ForbiddenError(message)
    if article.version != version:
        raise StaleArticleError(article)
    if article.state_enum not in step.leads and not _is_change(article, step, given):
        label = STATE_LABELS[article.state_enum]
        raise ConflictError(f"这条知识条目现在的状态是“{label}”，不能进行“{step.title}”。请刷新后核对")
    after = step.leads.get(article.state_enum, ArticleState.IN_REVIEW)
    facts = _DO[step.name](_Taking(session, actor, article, given))
    article.status = after.value
    rows.touch(article, actor)
    session.flush()
    _tell(session, actor, article, step)
    reason = article.note if step in (RETURN, RETIRE) and article.note else None
    trail.record(session, step.tag, actor, ticket_number=article.number, reason=reason, particulars=facts)
    return article


def _is_change(article: Article, step: Step, given: Given) -> bool:
    """A published article may be changed and handed in at once."""
    return step is SUBMIT and article.state_enum is ArticleState.PUBLISHED and given.text is not None


def _save(taking: _Taking) -> Mapping[str, Any]:
    """Raises InvalidError. A text under review stays complete."""
    article, is_reviewed = taking.article, taking.article.state_enum is ArticleState.IN_REVIEW
    text = (taking.given.text or ArticleText()).tidied()
    writing.check(taking.actor, text, is_complete=is_reviewed)
    article.text_version += 1
    article.note = article.note if article.state_enum is ArticleState.RETURNED else ""
    rows.add_version(taking.session, article, taking.actor, text)
    return {"text_version": article.text_version}


def _submit(taking: _Taking) -> Mapping[str, Any]:
    article, actor = taking.article, taking.actor
    given = taking.given.text.tidied() if taking.given.text else None
    saved = text_of(rows.version_of(taking.session, article))
    writing.check(actor, given or saved, is_complete=True)
    if given and given != saved:
        article.text_version += 1
        rows.add_version(taking.session, article, actor, given)
    elif article.text_version == article.published_version:
        raise InvalidError([Fault("steps", "invalid", "内容和已发布的一样，没有要审核的修改")])
    article.submitted_by_id, article.submitted_at, article.note = actor.user_id, clock.now(), ""
    return {"text_version": article.text_version}


def _approve(taking: _Taking) -> Mapping[str, Any]:
    """Publishes the newest text. Raises InvalidError: `same_person`; the reviewer has not looked for names."""
    session, actor, article = taking.session, taking.actor, taking.article
    is_own = actor.user_id in rights.writers_of(session, article)
    faults = []
    if is_own and not own_approval.is_allowed(session):
        faults.append(Fault("approved", "same_person", "这一版是您写、改过或提交的，请由另一位主管审核"))
    if article.from_ticket_id is not None and article.published_version is None and not taking.given.has_looked:
        faults.append(Fault("names_checked", "required", "请先看一遍有没有人名、机构名和地名，再勾选"))
    if faults:
        raise InvalidError(faults)
    now, version = clock.now(), rows.version_of(session, article)
    text = text_of(version)
    writing.check(actor, text, is_complete=True)
    article.published_version, article.approved_at = article.text_version, now
    article.published_at = article.published_at or now
    article.approver_id, article.approver_name, article.is_own_approval = actor.user_id, actor.label, is_own
    rows.show(article, text)
    released = update(ArticleVersion).where(
        ArticleVersion.article_id == article.id, ArticleVersion.version == version.version
    )
    session.execute(released.where(ArticleVersion.ticket_id.is_not(None)).values(ticket_id=None))
    finding.index(session, article, text)
    return {"text_version": article.text_version, "is_own_approval": is_own, "is_public": article.is_public}


def _return(taking: _Taking) -> Mapping[str, Any]:
    taking.article.note = _note(taking.given.note, "请写明要改什么，作者会看到")
    return {"text_version": taking.article.text_version}


def _retire(taking: _Taking) -> Mapping[str, Any]:
    taking.article.note = _note(taking.given.note, "")
    finding.unindex(taking.session, taking.article)
    return {}


def _note(note: str, missing: str) -> str:
    fault = text_fault(note, field="note", missing=missing, most=MOST_NOTE)
    if fault is None and (found := secrets_in(note)):
        fault = Fault("note", "sensitive_text", f"这里好像有{'、'.join(found)}，请删去")
    if fault:
        raise InvalidError([fault])
    return note.strip()


_DO: Mapping[str, Callable[[_Taking], Mapping[str, Any]]] = {
    SAVE.name: _save,
    SUBMIT.name: _submit,
    APPROVE.name: _approve,
    RETURN.name: _return,
    RETIRE.name: _retire,
}


def _tell(session: Session, actor: Actor, article: Article, step: Step) -> None:
    if step is SUBMIT:
        people = set(_leads_of(session, article)) - rights.writers_of(session, article)
        outbox.add(session, Event.ARTICLE_SUBMITTED, article.number, by=actor.user_id, to=sorted(people))
    elif step in (APPROVE, RETURN):
        notices.settle(session, Event.ARTICLE_SUBMITTED, article.number)
        people = {article.author_id, *([article.submitted_by_id] if article.submitted_by_id else [])}
        outbox.add(session, Event.ARTICLE_DECIDED, article.number, by=actor.user_id, to=sorted(people))
    elif step is RETIRE:
        notices.settle(session, Event.ARTICLE_SUBMITTED, article.number)


def _leads_of(session: Session, article: Article) -> list[UUID]:
    roles = [role.value for role in roles_with(Permission.APPROVE)]
    people = session.scalars(select(User).where(User.role.in_(roles), User.is_active).order_by(User.name_key))
    return [user.id for user in people if article.queue is None or article.queue in user.queues]
