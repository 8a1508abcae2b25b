"""Sign-in, sign-out and what a cookie or bearer token stands for."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import attempts
from portal.accounts.attempts import Limit
from portal.accounts.models import ApiToken, StaffSession, User
from portal.accounts.passwords import hash_password, is_password, needs_rehash
from portal.accounts.principal import Principal, principal_of
from portal.accounts.users import name_key, token_hash
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import Database

# Five failures lock a name for 15 minutes, known or not; an address gets more room for a shared line (SECURITY E-5).
NAME_LIMIT = Limit("sign-in-name", most=5, minutes=15)
ADDRESS_LIMIT = Limit("sign-in-address", most=50, minutes=15)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class SessionPolicy:
    """How long a session lives without use, and at most."""

    idle: timedelta
    absolute: timedelta


def sign_in(database: Database, username: str, password: str, origin: Actor) -> tuple[str, Principal] | None:
    """A new session's cookie value and its principal; None for unknown, wrong, locked and disabled alike.

    `origin` carries address and request id. What was typed as a name never reaches the trail unless it is a user's.
    """
    key = name_key(username)
    with database.read() as session:
        user = session.scalars(select(User).where(User.name_key == key)).first()
        is_locked = any(
            attempts.blocked_until(session, limit, subject) for limit, subject in _limits(key, origin.address)
        )
    is_right = is_password(user.password_hash if user else None, password)
    with database.transaction() as session:
        if not (is_right and user and user.is_active) or is_locked:
            _refuse(session, user, key, origin)
            return None
        attempts.clear(session, NAME_LIMIT, key)
        if needs_rehash(user.password_hash):
            session.merge(user).password_hash = hash_password(password)
        return _start(session, user, origin)


def sign_out(session: Session, cookie: str, actor: Actor) -> None:
    """End this session at once."""
    session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(cookie)))
    trail.record(session, Tag.SIGN_OUT, actor)


def principal_of_cookie(database: Database, cookie: str, policy: SessionPolicy) -> Principal | None:
    """Who the cookie stands for, or None when it is unknown, idle too long or over."""
    now = clock.now()
    if not cookie:
        return None
    with database.read() as session:
        found = session.execute(
            select(StaffSession, User)
            .join(User, User.id == StaffSession.user_id)
            .where(StaffSession.token_hash == token_hash(cookie), User.is_active)
        ).first()
    if found is None:
        return None
    row, user = found
    if not (row.seen_at > now - policy.idle and row.created_at > now - policy.absolute):
        _expire(database, row, user)
        return None
    if now - row.seen_at > _SEEN_EVERY:
        _mark_seen(database, row.token_hash, now)
    return principal_of(user, row.token_hash[:16])


def principal_of_token(database: Database, token: str) -> Principal | None:
    """Who a bearer token stands for, or None."""
    with database.read() as session:
        found = session.execute(
            select(ApiToken, User)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.token_hash == token_hash(token), ApiToken.expires_at > clock.now(), User.is_active)
        ).first()
    return principal_of(found[1], found[0].token_hash[:16]) if found else None


def _start(session: Session, user: User, origin: Actor) -> tuple[str, Principal]:
    cookie, now = secrets.token_urlsafe(32), clock.now()
    row = StaffSession(token_hash=token_hash(cookie), user_id=user.id, created_at=now, seen_at=now)
    session.add(row)
    principal = principal_of(user, row.token_hash[:16])
    trail.record(session, Tag.SIGN_IN, principal.actor(origin.address, origin.request_id))
    return cookie, principal


def _refuse(session: Session, user: User | None, key: str, origin: Actor) -> None:
    reached = False
    for limit, subject in _limits(key, origin.address):
        reached |= attempts.count(session, limit, subject) >= limit.most
    actor = principal_of(user).actor(origin.address, origin.request_id) if user else origin
    trail.record(session, Tag.SIGN_IN_LOCKED if reached else Tag.SIGN_IN_REFUSED, actor, is_success=False)


def _limits(key: str, address: str) -> list[tuple[Limit, str]]:
    return [(NAME_LIMIT, key), (ADDRESS_LIMIT, address)]


def _expire(database: Database, row: StaffSession, user: User) -> None:
    with database.transaction() as session:
        gone = session.execute(delete(StaffSession).where(StaffSession.token_hash == row.token_hash))
        if gone.rowcount:  # type: ignore[attr-defined]
            trail.record(session, Tag.SESSION_EXPIRED, principal_of(user, row.token_hash[:16]).actor("", ""))


def _mark_seen(database: Database, hashed: str, now: datetime) -> None:
    with database.transaction() as session:
        row = session.get(StaffSession, hashed)
        if row is not None:
            row.seen_at = now
