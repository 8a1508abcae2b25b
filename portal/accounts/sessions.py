"""Sign-in in one or two steps, sign-out, and the principal of a cookie or bearer token."""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter, second_factor, standing, users
from portal.accounts.known_browsers import Browser
from portal.accounts.models import ApiToken, PendingSignIn, StaffSession, User
from portal.accounts.passwords import hash_password, is_password, needs_rehash
from portal.accounts.principal import Principal, principal_of
from portal.accounts.second_factor import CODE_LIMIT
from portal.accounts.sign_in_limits import (
    ADDRESS_LIMIT,
    NAME_LIMIT,
    clear,
    code_limits,
    counted,
    name_limits,
)
from portal.accounts.users import name_key, token_hash
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database
from portal.vault.vault import Vault

PENDING_MINUTES = 5
# The trail's word for a sign-in whose first step was not the password.
EXTERNAL = "external"
NOWHERE = Actor("visitor", "visitor")
_SEEN_EVERY = timedelta(minutes=1)
_CONFIRMED_EVERY = timedelta(seconds=10)
# Made once: every page of staff runs it, and making a statement costs more than running it.
_OF_COOKIE = (
    select(StaffSession, User)
    .join(User, User.id == StaffSession.user_id)
    .where(StaffSession.token_hash == bindparam("hash"), User.is_active)
)


@dataclass(frozen=True)
class SessionPolicy:
    """Idle and absolute lifetime of a session; after `quiet`, a reveal requires re-authentication (0: never)."""

    idle: timedelta
    absolute: timedelta
    quiet: timedelta = timedelta(0)

    def is_confirmed(self, row: StaffSession, now: datetime) -> bool:
        """Whether the user was present at this browser within the quiet time."""
        confirmed = row.confirmed_at
        return not self.quiet or (
            confirmed is not None and clock.has_been(confirmed, now) and now - confirmed <= self.quiet
        )

    def is_over(self, row: StaffSession, now: datetime) -> bool:
        """Whether it was idle too long, has lasted too long, or was seen by a clock that was wrong."""
        is_alive = row.seen_at > now - self.idle and row.created_at > now - self.absolute
        return not (is_alive and clock.has_been(row.seen_at, now) and clock.has_been(row.created_at, now))


def sign_in(
    database: Database,
    username: str,
    password: str,
    origin: Actor,
    former_cookie: str = "",
    browser: Browser | None = None,
) -> tuple[str, Principal | None] | None:
    """A new session's cookie value and its principal; None for unknown, wrong, locked and disabled alike.

    With a second factor there is no session yet: the value belongs to a pending sign-in, and the principal is None.
    `origin` carries address and request id. The typed username reaches the trail only if it belongs to a user.
    On success the session of `former_cookie` ends (SECURITY E-1).
    """  # fmt: skip
    browser = browser or Browser(origin.address)
    key = name_key(username)
    with database.read() as session:
        user = session.scalars(select(User).where(User.name_key == key)).first()
    limited = name_limits(user, key, browser)
    of_codes = code_limits(user, browser) if user else ()
    with limiter.guess(database, [*limited, *of_codes, (ADDRESS_LIMIT, origin.address)]) as until:
        if until is not None:  # costs no password hash and writes nothing
            return None
        is_right = is_password(user.password_hash if user else None, password)
        with database.transaction() as session:
            current = session.get(User, user.id, with_for_update=True) if user else None
            tries = counted(session, limited)
            # Compare the hash again: the password may have changed while this one was being checked.
            is_same = user is not None and current is not None and current.password_hash == user.password_hash
            if not (current and is_same and is_right and current.is_active) or tries > 0:
                refuse(session, current, origin, is_locked=tries >= 0)
                return None
            clear(session, limited)
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
    """Whether the name is locked here after wrong passwords or codes, or the address (SECURITY E-5)."""
    browser = Browser(origin.address)
    limited = [*name_limits(user, user.name_key, browser), *code_limits(user, browser)]
    limited.append((ADDRESS_LIMIT, origin.address))
    return any(limiter.blocked_until(session, limit, subject) for limit, subject in limited)


def is_pending(database: Database, cookie: str) -> bool:
    """Whether the cookie belongs to a sign-in that still needs its code."""
    with database.read() as session:
        return _pending(session, cookie) is not None


def sign_in_with_code(
    database: Database,
    vault: Vault,
    pending_cookie: str,
    code: str,
    origin: Actor,
    former_cookie: str = "",
    browser: Browser | None = None,
) -> tuple[str, Principal] | None:
    """The second step: a session for a right and unused code; None for wrong, used, locked and expired alike."""
    browser = browser or Browser(origin.address)
    with database.read() as session:
        waiting = _pending(session, pending_cookie)
        user = session.get(User, waiting.user_id) if waiting is not None else None
    if user is None:
        return None
    limited = code_limits(user, browser)
    with limiter.guess(database, [*limited, (ADDRESS_LIMIT, origin.address)]) as until:
        if until is not None:
            return None
        with database.transaction() as session:
            user = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
            pending = _pending(session, pending_cookie)
            if pending is None:
                return None
            tries = counted(session, limited)
            actor = principal_of(user).actor(origin.address, origin.request_id)
            is_open = tries <= 0 and user.is_active
            if not is_open or not second_factor.is_accepted(session, vault, user, code, actor):
                refuse(session, user, origin, is_locked=tries >= 0)
                return None
            clear(session, limited)
            session.delete(pending)
            _end(session, former_cookie)
            return start(session, user, origin, is_external=pending.is_external)


def start(session: Session, user: User, origin: Actor, *, is_external: bool = False) -> tuple[str, Principal]:
    """Create a session for an authenticated user; returns its cookie value and principal."""
    cookie, principal = _new_session(session, user, origin)
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

    Wrong answers lock this session's questions, so that nobody elsewhere can. The trail records both outcomes.
    """
    with database.read() as session:
        user = session.get_one(User, principal.user_id)
    has_code = user.second_factor_at is not None
    limited = [(CODE_LIMIT if has_code else NAME_LIMIT, f"{user.name_key}|{actor.session_id}")]
    with limiter.guess(database, [*limited, (ADDRESS_LIMIT, actor.address)]) as until:
        is_right = until is None and not has_code and is_password(user.password_hash, answer)
        return until is None and database.run(
            lambda session: _confirmed(session, vault, user, cookie, answer, actor, limited, is_right=is_right)
        )


def _confirmed(
    session: Session, vault: Vault, user: User, cookie: str, answer: str, actor: Actor, limited: limiter.Limited,
    *, is_right: bool,
) -> bool:  # fmt: skip
    current = session.get_one(User, user.id, with_for_update=True, populate_existing=True)
    tries = counted(session, limited)
    if user.second_factor_at is not None and tries <= 0:
        is_right = second_factor.is_accepted(session, vault, current, answer, actor)
    is_same = current.password_hash == user.password_hash and current.is_active
    row = session.get(StaffSession, token_hash(cookie), with_for_update=True)
    if tries > 0 or not is_right or not is_same or row is None:
        limiter.count(session, ADDRESS_LIMIT, actor.address)
        state: Particulars = {"is_locked": True if tries >= 0 else None}
        trail.record(session, Tag.CONFIRMATION_REFUSED, actor, particulars=state, is_success=False)
        return False
    clear(session, limited)
    row.confirmed_at = clock.now()
    trail.record(session, Tag.CONFIRMED, actor)
    return True


def new_cookie(session: Session, user_id: uuid.UUID, *, origin: Actor, confirmed_at: datetime | None = None) -> str:
    """Replaces an ended session in its browser; returns the cookie value.

    Args:
        confirmed_at: when the person last proved to be there; None if they just did.
    """
    return _new_session(session, session.get_one(User, user_id), origin, confirmed_at)[0]


def confirmed_at(session: Session, cookie: str) -> datetime | None:
    """When the person of this session last proved to be there."""
    row = session.get(StaffSession, token_hash(cookie))
    return row.confirmed_at if row is not None else None


def sessions_of(session: Session, user_id: uuid.UUID, policy: SessionPolicy) -> Sequence[StaffSession]:
    """Sessions that have not expired, latest first."""
    now = clock.now()
    return session.scalars(
        select(StaffSession)
        .where(
            StaffSession.user_id == user_id,
            StaffSession.seen_at > now - policy.idle,
            StaffSession.seen_at <= now + clock.SKEW,
            StaffSession.created_at > now - policy.absolute,
            StaffSession.created_at <= now + clock.SKEW,
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


def end_all(session: Session, actor: Actor) -> None:
    """Sign the actor out everywhere."""
    user_id = next(iter(standing.lock(session, actor, ())))
    trail.record(session, Tag.SIGN_OUT, actor, particulars={"session": "all"})
    users.end_sessions(session, session.get_one(User, user_id))


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
        found = session.execute(_OF_COOKIE, {"hash": token_hash(cookie)}).first()
    if found is None:
        return None
    row, user = found
    if policy.is_over(row, now):
        _expire(database, row, user, origin)
        return None
    is_confirmed = policy.is_confirmed(row, now)
    is_old = row.confirmed_at is None or abs(now - row.confirmed_at) > _CONFIRMED_EVERY
    is_sign = bool(policy.quiet) and is_confirmed and is_by_hand and is_old
    if is_sign or abs(now - row.seen_at) > _SEEN_EVERY:
        _mark_seen(database, row.token_hash, now, is_sign)
    return replace(principal_of(user, row.token_hash[:16]), is_confirmed=is_confirmed)


def principal_of_token(database: Database, token: str) -> Principal | None:
    """None if the token is unknown or expired, or its user is disabled."""
    with database.read() as session:
        found = session.execute(
            select(ApiToken, User)
            .join(User, User.id == ApiToken.user_id)
            .where(ApiToken.token_hash == token_hash(token), User.is_active)
        ).first()
    if found is None or not users.is_valid(found[0], clock.now()):
        return None
    row, user = found
    now = clock.now()
    if row.used_at is None or abs(now - row.used_at) > _SEEN_EVERY:
        used = update(ApiToken).where(ApiToken.token_hash == row.token_hash).values(used_at=now)
        database.attempt(lambda session: session.execute(used))
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
    is_valid = row is not None and clock.is_before(row.expires_at, timedelta(minutes=PENDING_MINUTES))
    return row if is_valid else None


def _new_session(
    session: Session, user: User, origin: Actor, confirmed_at: datetime | None = None
) -> tuple[str, Principal]:
    cookie, now = secrets.token_urlsafe(32), clock.now()
    row = StaffSession(
        token_hash=token_hash(cookie), user_id=user.id, created_at=now, seen_at=now, confirmed_at=confirmed_at or now,
        address=origin.address[:45], device=origin.device[:40],
    )  # fmt: skip
    session.add(row)
    return cookie, principal_of(user, row.token_hash[:16])


def _end(session: Session, cookie: str) -> None:
    if cookie:
        session.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(cookie)))


def _expire(database: Database, row: StaffSession, user: User, origin: Actor) -> None:
    def end(session: Session) -> None:
        deleted = session.execute(delete(StaffSession).where(StaffSession.token_hash == row.token_hash))
        if deleted.rowcount:  # type: ignore[attr-defined]
            actor = principal_of(user, row.token_hash[:16]).actor(origin.address, origin.request_id)
            trail.record(session, Tag.SESSION_EXPIRED, actor)

    database.attempt(end)  # else the next request with this cookie does it


def _mark_seen(database: Database, hashed: str, now: datetime, is_sign: bool) -> None:
    """A note beside a page that only reads: given up rather than waited for."""
    values = {"seen_at": now, **({"confirmed_at": now} if is_sign else {})}
    seen = update(StaffSession).where(StaffSession.token_hash == hashed).values(values)
    database.attempt(lambda session: session.execute(seen))
