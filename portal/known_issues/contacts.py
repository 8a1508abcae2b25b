"""Shows one part of a sealed contact to an engineer of the issue's queue: trail row committed first, then the value."""

from sqlalchemy import select

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import ConfirmationNeededError, NotFoundError, PortalError
from portal.known_issues import followers, notices
from portal.known_issues.models import Follower
from portal.tickets import reveal_policy, reveals
from portal.tickets.reveals import SHOWN_FOR, Revealed
from portal.tickets.tools import Tools
from portal.vault.models import SealedValue
from portal.vault.suites import SealBrokenError


def find(tools: Tools, actor: Actor, number: str) -> tuple[Follower, list[SealedValue]]:
    """A short report of one of the actor's queues with the parts of its contact, not opened.

    Raises:
        NotFoundError: absent, or of a foreign queue.
    """
    with tools.database.read() as session:
        follower = followers.by_number(session, number)
        if follower is None:
            raise NotFoundError("没有找到这个编号")
        notices.find(session, follower.known_issue_id, actor.queues)
        values = select(SealedValue).where(SealedValue.owner_id == follower.id).order_by(SealedValue.field.desc())
        return follower, list(session.scalars(values))


def reveal(
    tools: Tools, actor: Actor, number: str, field: str, reason: str, *, is_confirmed: bool
) -> tuple[Follower, Revealed]:
    """One part of the contact, under the policy of every reveal (SECURITY D-4 to D-6): reason, quota, trail.

    Raises:
        NotFoundError: no such report or part. DestroyedError: it was destroyed.
        ConfirmationNeededError: all is well but for `is_confirmed`; nothing was counted or recorded.
        TooManyRequestsError: more looks than the hour allows (recorded too).
    """
    follower, values = find(tools, actor, number)
    row = next((value for value in values if value.field == field), None)
    refusal = reveals.absence(row)
    if refusal is None and not is_confirmed:
        raise ConfirmationNeededError
    with tools.database.transaction() as session:
        refusal = refusal or reveal_policy.count_look(session, tools, actor, follower.number)
        trail.record(
            session,
            Tag.REVEAL_REFUSED if refusal else Tag.FIELD_REVEALED,
            actor,
            ticket_number=follower.number,
            field=reveals.known_key(row),
            reason=reveals.masked_reason(reason),
            detail=reveal_policy.detail_of(refusal),
            is_success=refusal is None,
        )
    if refusal is not None or row is None:
        raise refusal or NotFoundError
    return follower, Revealed(row.field, row.label, _opened(tools, actor, follower, row), clock.now() + SHOWN_FOR)


def _opened(tools: Tools, actor: Actor, follower: Follower, row: SealedValue) -> str:
    try:
        with tools.database.read() as session:
            return tools.vault.open_value(session, row)
    except SealBrokenError as error:
        with tools.database.transaction() as session:
            trail.record(
                session, Tag.SEAL_BROKEN, actor, ticket_number=follower.number, field=row.field, is_success=False
            )
        raise PortalError("这项信息无法解密，已记录，请联系管理员", 409) from error
