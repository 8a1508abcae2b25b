"""Access to the sealed contact of a short report: for engineers of the known issue's queues."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure.disclose import ForeignTry, Revealed, ValueAccess, absence, disclose, known_key
from portal.disclosure.reasons import kept_reason
from portal.errors import NotFoundError
from portal.knowledge import followers, known_issues
from portal.knowledge.models import Follower
from portal.runtime import Runtime
from portal.vault.models import SealedValue


def find(runtime: Runtime, actor: Actor, number: str) -> tuple[Follower, list[SealedValue]]:
    """A short report in one of the actor's queues, with the parts of its contact still sealed.

    Raises:
        NotFoundError: absent, or in another queue.
    """
    with runtime.database.read() as session:
        return _find(session, actor, number)


def reveal(
    runtime: Runtime, actor: Actor, number: str, field: str, reason: str, *, is_confirmed: bool
) -> tuple[Follower, Revealed]:
    """One part of the contact, under the policy of every reveal (SECURITY D-4 to D-6): reason, quota, trail.

    Raises:
        InvalidError: no reason. NotFoundError: no such report or part. DestroyedError: it was destroyed.
        ConfirmationNeededError, TooManyRequestsError: see `disclose`.
    """
    reason = kept_reason(reason)

    def judge(session: Session) -> ValueAccess:
        follower, values = _find(session, actor, number)
        row = next((value for value in values if value.field == field), None)
        return ValueAccess(
            number=follower.number, name=known_key(row), row=row, reason=reason, refusal=absence(row),
            granted=(Tag.FIELD_REVEALED,), refused=Tag.REVEAL_REFUSED,
        )  # fmt: skip

    shown = disclose(runtime, actor, judge, foreign=_foreign(actor, number), is_confirmed=is_confirmed)
    follower, _ = find(runtime, actor, number)
    return follower, shown


def _find(session: Session, actor: Actor, number: str) -> tuple[Follower, list[SealedValue]]:
    follower = followers.by_number(session, number)
    issue = known_issues.find(session, follower.known_issue_id) if follower is not None else None
    if follower is None or issue is None or not set(issue.queues) & set(actor.queues):
        raise NotFoundError("没有找到这个编号")
    values = select(SealedValue).where(SealedValue.owner_id == follower.id).order_by(SealedValue.field.desc())
    return follower, list(session.scalars(values))


def _foreign(actor: Actor, number: str) -> Callable[[Session], ForeignTry | None]:
    """Whether this number is a short report to a known issue of other queues."""

    def tried(session: Session) -> ForeignTry | None:
        follower = followers.by_number(session, number)
        if follower is None or set(known_issues.find(session, follower.known_issue_id).queues) & set(actor.queues):
            return None
        return ForeignTry(Tag.REVEAL_REFUSED, follower.number)

    return tried
