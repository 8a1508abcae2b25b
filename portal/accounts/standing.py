"""Whether a person's right still stands, judged inside the transaction of what they do and under a lock.

A request is judged at its start. Until it writes, its person may be disabled, signed out, or given another role;
whoever changes that locks the same row, so that one of the two comes first on both databases. `require` is called first
by acts and accesses; the trail calls it for every other row that a person writes, so that no door is left out.
"""

import uuid
from collections.abc import Iterable

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import ApiToken, StaffSession, User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.errors import ConflictError, SessionOverError

_JUDGED = "people whose right was judged under lock"


def session_info() -> dict[str, object]:
    """For `Database.session_info`: the trail then takes no row of a person whose right has ended."""
    return {trail.JUDGE: require}


def require(session: Session, actor: Actor) -> None:
    """Judge the actor again, once a transaction. Their row stays locked against changes until its end.

    Clinics and the system itself have no row and no right that could end.

    Raises:
        SessionOverError: disabled, or the session or token has ended.
        ConflictError: role or queues have changed since the request began.
    """
    judged: set[tuple[uuid.UUID | None, str]] = session.info.setdefault(_JUDGED, set())
    if actor.user_id is None or (actor.user_id, actor.session_id) in judged:
        return
    _judge(session, actor, _rights(actor).with_for_update(read=True, of=User))
    judged.add((actor.user_id, actor.session_id))


def check(session: Session, actor: Actor) -> None:
    """Like `require`, as this session sees it and without a lock: for what is about to be shown. Raises like it."""
    if actor.user_id is not None:
        _judge(session, actor, _rights(actor))


def lock(session: Session, actor: Actor, user_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, User]:
    """The rows of these people and the actor's own, locked in the order of their ids; judges the actor."""
    wanted = {*user_ids, *([actor.user_id] if actor.user_id else [])}
    query = select(User).where(User.id.in_(wanted)).order_by(User.id).with_for_update()
    rows = {user.id: user for user in session.scalars(query.execution_options(populate_existing=True))}
    require(session, actor)
    return rows


def _judge(session: Session, actor: Actor, rights: Select[bool, str, list[str], uuid.UUID | None, bool]) -> None:
    found = session.execute(rights).first()
    if found is None or not found.is_active or not (found.is_signed_in or not actor.session_id):
        raise SessionOverError
    are_others = tuple(found.queues) != tuple(actor.queues) or found.department_id != actor.department_id
    if found.role != actor.role or are_others:
        raise ConflictError("您的角色或队列刚刚有变动，这次操作没有进行。请刷新后再试")


def _rights(actor: Actor) -> Select[bool, str, list[str], uuid.UUID | None, bool]:
    in_browser = exists().where(
        StaffSession.user_id == User.id, StaffSession.token_hash.startswith(actor.session_id, autoescape=True)
    )
    by_token = exists().where(
        ApiToken.user_id == User.id,
        ApiToken.token_hash.startswith(actor.session_id, autoescape=True),
        ApiToken.expires_at > clock.now(),
    )
    signed_in = or_(in_browser, by_token).label("is_signed_in")
    return select(User.is_active, User.role, User.queues, User.department_id, signed_in).where(User.id == actor.user_id)
