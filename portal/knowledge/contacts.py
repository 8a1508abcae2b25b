"""Reveals one part of a sealed contact to an engineer of the issue's queue: the trail row is committed first."""

from sqlalchemy import select

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure import quota, reveals
from portal.disclosure.reveals import SHOWN_FOR, Revealed
from portal.errors import ConfirmationNeededError, NotFoundError, PortalError
from portal.knowledge import followers, known_issues
from portal.knowledge.models import Follower
from portal.runtime import Runtime
from portal.vault.models import SealedValue
from portal.vault.suites import SealBrokenError


def find(runtime: Runtime, actor: Actor, number: str) -> tuple[Follower, list[SealedValue]]:
    """A short report in one of the actor's queues, with the parts of its contact still sealed.

    Raises:
        NotFoundError: absent, or in another queue.
    """
    with runtime.database.read() as session:
        follower = followers.by_number(session, number)
        if follower is None:
            raise NotFoundError("没有找到这个编号")
        known_issues.find(session, follower.known_issue_id, actor.queues)
        values = select(SealedValue).where(SealedValue.owner_id == follower.id).order_by(SealedValue.field.desc())
        return follower, list(session.scalars(values))


def reveal(
    runtime: Runtime, actor: Actor, number: str, field: str, reason: str, *, is_confirmed: bool
) -> tuple[Follower, Revealed]:
    """One part of the contact, under the policy of every reveal (SECURITY D-4 to D-6): reason, quota, trail.

    Raises:
        NotFoundError: no such report or part. DestroyedError: it was destroyed.
        ConfirmationNeededError: only `is_confirmed` is missing; nothing was counted or recorded.
        TooManyRequestsError: the hourly quota is used up (this is recorded too).
    """
    follower, values = find(runtime, actor, number)
    row = next((value for value in values if value.field == field), None)
    refusal = reveals.absence(row)
    if refusal is None and not is_confirmed:
        raise ConfirmationNeededError
    with runtime.database.transaction() as session:
        refusal = refusal or quota.count_look(session, runtime, actor, follower.number)
        trail.record(
            session,
            Tag.REVEAL_REFUSED if refusal else Tag.FIELD_REVEALED,
            actor,
            ticket_number=follower.number,
            field=reveals.known_key(row),
            reason=reveals.masked_reason(reason),
            particulars=quota.particulars_of(refusal),
            is_success=refusal is None,
        )
    if refusal is not None or row is None:
        raise refusal or NotFoundError
    return follower, Revealed(row.field, row.label, _opened(runtime, actor, follower, row), clock.now() + SHOWN_FOR)


def _opened(runtime: Runtime, actor: Actor, follower: Follower, row: SealedValue) -> str:
    try:
        with runtime.database.read() as session:
            return runtime.vault.open_value(session, row)
    except SealBrokenError as error:
        with runtime.database.transaction() as session:
            trail.record(
                session, Tag.SEAL_BROKEN, actor, ticket_number=follower.number, field=row.field, is_success=False
            )
        raise PortalError("这项信息无法解密，已记录，请联系管理员", 409) from error
