"""Sign-in in one or two steps, sign-out, and the principal of a cookie or bearer token."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter, second_factor, standing, users
from portal.accounts.limiter import RateLimit
from portal.accounts.models import ApiToken, PendingSignIn, StaffSession, User
from portal.accounts.passwords import OWASP, hash_password, is_password, needs_rehash
from portal.accounts.principal import Principal, principal_of
from portal.accounts.second_factor import CODE_LIMIT
from portal.accounts.users import name_key, token_hash
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database
from portal.errors import Fault, InvalidError
from portal.vault.vault import Vault

# Five failures lock a name for 15 minutes, known or not; an address gets more because it may be shared (SECURITY E-5).
NAME_LIMIT = RateLimit("sign-in-name", most=5, minutes=15)
ADDRESS_LIMIT = RateLimit("sign-in-address", most=1000, minutes=15)
OWN_PASSWORD_LIMIT = RateLimit("own-password", most=5, minutes=15)
PENDING_MINUTES = 5
# The trail's word for a sign-in whose first step was not the password.
EXTERNAL = "external"
NOWHERE = Actor("visitor", "visitor")
_SEEN_EVERY = timedelta(minutes=1)
_CONFIRMED_EVERY = timedelta(seconds=10)


@dataclass(frozen=True)
class SessionPolicy:
    """Idle and absolute lifetime of a session; after `quiet`, a reveal requires re-authentication (0: never)."""

    idle: timedelta
    absolute: timedelta
    quiet: timedelta = timedelta(0)

    def is_confirmed(self, row: StaffSession, now: datetime) -> bool:
        """Whether the user was present at this browser within the quiet time."""
        return not self.quiet or (row.confirmed_at is not None and now - row.confirmed_at <= self.quiet)


def sign_in(
    database: Database, username: str, password: str, origin: Actor, former_cookie: str = ""
) -> tuple[str, Principal | None] | None:
    """A new session's cookie value and its principal; None for unknown, wrong, locked and disabled alike.

    With a second factor there is no session yet: the value belongs to a pending sign-in, and the principal is None.
    `origin` carries address and request id. The typed username reaches the trail only if it belongs to a user.
    On success the session of `former_cookie` ends (SECURITY E-1).
    """
    key = name_key(username)
    with database.read() as session:
        user = session.scalars(select(User).where(User.name_key == key)).first()
    is_right = is_password(user.password_hash if user else None, password)
    key = key if user else limiter.anonymous_key(key)
    with database.transaction() as session:
        # Counted and checked in one transaction, so that parallel guesses get no more than five attempts.
        tries = limiter.count(session, NAME_LIMIT, key)
        is_blocked = (
            tries > NAME_LIMIT.most
            or limiter.blocked_until(session, CODE_LIMIT, key)
            or limiter.blocked_until(session, ADDRESS_LIMIT, origin.address)
        )
        current = session.get(User, user.id, with_for_update=True) if user else None
        # Compare the hash again: the password may have changed while this one was being checked.
        is_same = user is not None and current is not None and current.password_hash == user.password_hash
        if not (current and is_same and is_right and current.is_active) or is_blocked:
            refuse(session, current, origin, is_locked=bool(is_blocked) or tries >= NAME_LIMIT.most)
            return None
        limiter.clear(session, NAME_LIMIT, key)
        if needs_rehash(current.password_hash):
            current.password_hash = hash_password(password)
        return after_first_step(session, current, origin, former_cookie)


def after_first_step(
    session: Session, user: User, origin: Actor, former_cookie: str = "", *, is_external: bool = False
) -> tuple[str, Principal | None]:
    """After the first step: a pending sign-in if a second factor is active, else a session (SECURITY E-1)."""
    if user.second_factor_at is not None:
        return _new_pending(session, user, is_external), None
    _end(session, former_cookie)
    return start(session, user, origin, is_external=is_external)


def is_locked_out(session: Session, user: User, origin: Actor) -> bool:
    """Whether the name or the address is locked after wrong passwords or codes (SECURITY E-5)."""
    key, address = user.name_key, origin.address
    limits = ((NAME_LIMIT, key), (CODE_LIMIT, key), (ADDRESS_LIMIT, address))
    return any(limiter.blocked_until(session, limit, subject) for limit, subject in limits)


def is_pending(database: Database, cookie: str) -> bool:
    """Whether the cookie belongs to a sign-in that still needs its code."""
    with database.read() as session:
        return _pending(session, cookie) is not None


def sign_in_with_code(
    database: Database, vault: Vault, pending_cookie: str, code: str, origin: Actor, former_cookie: str = ""
) -> tuple[str, Principal] | None:
    """The second step: a session for a right and unused code; None for wrong, used, locked and expired alike."""
    with database.transaction() as session:
        pending = _pending(session, pending_cookie)
        if pending is None:
            return None
        user = session.get_one(User, pending.user_id, with_for_update=True, populate_existing=True)
        tries = limiter.count(session, CODE_LIMIT, user.name_key)
        is_blocked = tries > CODE_LIMIT.most or limiter.blocked_until(session, ADDRESS_LIMIT, origin.address)
        actor = principal_of(user).actor(origin.address, origin.request_id)
        if is_blocked or not user.is_active or not second_factor.is_accepted(session, vault, user, code, actor):
            refuse(session, user, origin, is_locked=bool(is_blocked) or tries >= CODE_LIMIT.most)
            return None
        limiter.clear(session, CODE_LIMIT, user.name_key)
        session.delete(pending)
        _end(session, former_cookie)
        return start(session, user, origin, is_external=pending.is_external)


def start(session: Session, user: User, origin: Actor, *, is_external: bool = False) -> tuple[str, Principal]:
    """Create a session for an authenticated user; returns its cookie value and principal."""
    cookie, principal = _new_session(session, user)
    particulars: Particulars = {"is_external": is_external or None}
    trail.record(session, Tag.SIGN_IN, principal.actor(origin.address, origin.request_id), particulars=particulars)
    return cookie, principal


def refuse(
    session: Session, user: User | None, origin: Actor, *, is_locked: bool = False, refusal: str | None = None
) -> None:
    """Count a failed sign-in for its address and record it; `user` is None unless the name belongs to one."""
    at_address = limiter.count(session, ADDRESS_LIMIT, origin.address)
    is_locked = is_locked or at_address >= ADDRESS_LIMIT.most
    actor = principal_of(user).actor(origin.address, origin.request_id) if user else origin
    tag = Tag.SIGN_IN_LOCKED if is_locked else Tag.SIGN_IN_REFUSED
    trail.record(session, tag, actor, particulars={"refusal": refusal}, is_success=False)


def confirm(database: Database, vault: Vault, principal: Principal, cookie: str, answer: str, actor: Actor) -> bool:
    """Re-authenticate after inactivity: with a code if there is a second factor, else with the password.

    Wrong answers count towards the same lock as at sign-in. The trail records both outcomes.
    """
    with database.read() as session:
        user = session.get_one(User, principal.user_id)
    has_code = user.second_factor_at is not None
    is_right = not has_code and is_password(user.password_hash, answer)
    limit = CODE_LIMIT if has_code else NAME_LIMIT
    with database.transaction() as session:
        tries = limiter.count(session, limit, user.name_key)
        is_locked = (
            tries > limit.most
            or limiter.blocked_until(session, CODE_LIMIT, user.name_key)
            or limiter.blocked_until(session, ADDRESS_LIMIT, actor.address)
        )
        current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
        if has_code and not is_locked:
            is_right = second_factor.is_accepted(session, vault, current, answer, actor)
        is_same = current.password_hash == user.password_hash and current.is_active
        row = session.get(StaffSession, token_hash(cookie), with_for_update=True)
        if is_locked or not is_right or not is_same or row is None:
            limiter.count(session, ADDRESS_LIMIT, actor.address)
            state: Particulars = {"is_locked": True if is_locked or tries >= limit.most else None}
            trail.record(session, Tag.CONFIRMATION_REFUSED, actor, particulars=state, is_success=False)
            return False
        limiter.clear(session, limit, user.name_key)
        row.confirmed_at = clock.now()
        trail.record(session, Tag.CONFIRMED, actor)
        return True


def change_own_password(
    database: Database, principal: Principal, old: str, new: str, actor: Actor, policy: str = OWASP
) -> str:
    """Change one's own password. All sessions end; returns the cookie value of a new one for this browser.

    Raises:
        InvalidError: the old password is wrong (five attempts in 15 minutes), or the new one is too weak.
    """
    subject = str(principal.user_id)
    with database.transaction() as session:
        tries = limiter.count(session, OWN_PASSWORD_LIMIT, subject)
        user = session.get_one(User, principal.user_id)
    if not is_password(user.password_hash, old) or tries > OWN_PASSWORD_LIMIT.most:
        raise InvalidError([Fault("old_password", "invalid", "原密码不对。连续输错 5 次后需要等 15 分钟再试")])
    with database.transaction() as session:
        limiter.clear(session, OWN_PASSWORD_LIMIT, subject)  # committed even if the new one is refused below
    with database.transaction() as session:
        users.set_password(session, actor, principal.user_id, new, policy)
        return new_cookie(session, principal.user_id)


def new_cookie(session: Session, user_id: uuid.UUID) -> str:
    """Replaces ended sessions in the browser whose user has just authenticated; returns the cookie value."""
    return _new_session(session, session.get_one(User, user_id))[0]


def sessions_of(session: Session, user_id: uuid.UUID, policy: SessionPolicy) -> Sequence[StaffSession]:
    """Sessions that have not expired, latest first."""
    now = clock.now()
    return session.scalars(
        select(StaffSession)
        .where(
            StaffSession.user_id == user_id,
            StaffSession.seen_at > now - policy.idle,
            StaffSession.created_at > now - policy.absolute,
        )
        .order_by(StaffSession.seen_at.desc())
    ).all()


def end_session(session: Session, actor: Actor, session_id: str) -> None:
    """End one of the actor's own sessions, by the short id shown in the trail."""
    standing.lock(session, actor, ())
    for row in session.scalars(select(StaffSession).where(StaffSession.user_id == actor.user_id)):
        if row.token_hash[:16] == session_id:
            session.delete(row)
            trail.record(session, Tag.SIGN_OUT, actor, particulars={"session": session_id})


def sign_out(session: Session, cookie: str, actor: Actor) -> None:
    standing.lock(session, actor, ())
    _end(session, cookie)
    trail.record(session, Tag.SIGN_OUT, actor)


def principal_of_cookie(
    database: Database, cookie: str, policy: SessionPolicy, origin: Actor = NOWHERE, *, is_by_hand: bool = True
) -> Principal | None:
    """None if the cookie is unknown, idle too long or expired.

    `is_confirmed` is decided before this request counts as activity. A request that comes too late, or that a
    script makes (not `is_by_hand`), does not count.
    """
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
        _expire(database, row, user, origin)
        return None
    is_confirmed = policy.is_confirmed(row, now)
    is_old = row.confirmed_at is None or now - row.confirmed_at > _CONFIRMED_EVERY
    is_sign = bool(policy.quiet) and is_confirmed and is_by_hand and is_old
    if is_sign or now - row.seen_at > _SEEN_EVERY:
        _mark_seen(database, row.token_hash, now, is_sign)
    return replace(principal_of(user, row.token_hash[:16]), is_confirmed=is_confirmed)


def principal_of_token(database: Database, token: str) -> Principal | None:
    """None if the token is unknown or expired, or its user is disabled."""
    with database.read() as session:
        found = session.execute(
            select(ApiToken, User)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.token_hash == token_hash(token), ApiToken.expires_at > clock.now(), User.is_active)
        ).first()
    if found is None:
        return None
    row, user = found
    now = clock.now()
    if row.used_at is None or now - row.used_at > _SEEN_EVERY:
        with database.transaction() as session:
            session.execute(update(ApiToken).where(ApiToken.token_hash == row.token_hash).values(used_at=now))
    return principal_of(user, row.token_hash[:16], row.scopes)


def _new_pending(session: Session, user: User, is_external: bool) -> str:
    now, cookie = clock.now(), secrets.token_urlsafe(32)
    session.execute(delete(PendingSignIn).where(PendingSignIn.expires_at <= now))
    ends = now + timedelta(minutes=PENDING_MINUTES)
    row = PendingSignIn(token_hash=token_hash(cookie), user_id=user.id, expires_at=ends, is_external=is_external)
    session.add(row)
    return cookie


def _pending(session: Session, cookie: str) -> PendingSignIn | None:
    if not cookie:
        return None
    row = session.get(PendingSignIn, token_hash(cookie))
    return row if row is not None and row.expires_at > clock.now() else None


def _new_session(session: Session, user: User) -> tuple[str, Principal]:
    cookie, now = secrets.token_urlsafe(32), clock.now()
    row = StaffSession(token_hash=token_hash(cookie), user_id=user.id, created_at=now, seen_at=now, confirmed_at=now)
    session.add(row)
    return cookie, principal_of(user, row.token_hash[:16])


def _end(session: Session, cookie: str) -> None:
    if cookie:
        session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(cookie)))


def _expire(database: Database, row: StaffSession, user: User, origin: Actor) -> None:
    with database.transaction() as session:
        deleted = session.execute(delete(StaffSession).where(StaffSession.token_hash == row.token_hash))
        if deleted.rowcount:  # type: ignore[attr-defined]
            actor = principal_of(user, row.token_hash[:16]).actor(origin.address, origin.request_id)
            trail.record(session, Tag.SESSION_EXPIRED, actor)


def _mark_seen(database: Database, hashed: str, now: datetime, is_sign: bool) -> None:
    with database.transaction() as session:
        row = session.get(StaffSession, hashed)
        if row is not None:
            row.seen_at = now
            if is_sign:
                row.confirmed_at = now
