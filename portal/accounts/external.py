"""Links accounts of the OpenID provider to staff, and keeps one browser's authorization flow."""

import hashlib
import hmac
import secrets
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter, sessions, users
from portal.accounts.id_token import is_subject
from portal.accounts.limiter import RateLimit
from portal.accounts.models import ExternalIdentity, ExternalTrip, User
from portal.accounts.principal import Principal
from portal.accounts.users import token_hash
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import Database
from portal.errors import ConflictError, Fault, InvalidError, NotFoundError
from portal.vault.vault import Vault

TRIP_MINUTES = 10
TRIP_LIMIT = RateLimit("external-trip", most=1000, minutes=15)


class SignInRefusal(StrEnum):
    """Why a sign-in failed, as the trail words it."""

    NOT_DONE = "external:not-done"
    WRONG_STATE = "external:state"
    BAD_ANSWER = "external:answer"
    UNLINKED = "external:unlinked"
    CLOSED = "external:closed"


@dataclass(frozen=True, repr=False)
class Trip:
    """One authorization flow. All its values are derived from the cookie's secret, so none is stored."""

    secret: str

    @property
    def state(self) -> str:
        """Ties the provider's response to this browser."""
        return self._derived("state")

    @property
    def nonce(self) -> str:
        """Ties the ID token to this sign-in."""
        return self._derived("nonce")

    @property
    def verifier(self) -> str:
        """Ties the code to the client that requested it (PKCE, RFC 7636)."""
        return self._derived("verifier")

    def _derived(self, purpose: str) -> str:
        mac = hmac.new(self.secret.encode(), purpose.encode(), hashlib.sha256).digest()
        return urlsafe_b64encode(mac).decode().rstrip("=")


def start_trip(database: Database, address: str, target: str) -> Trip:
    """Start a flow that returns to `target`, a path of this portal, within ten minutes.

    Raises:
        TooManyRequestsError: too many flows from this address.
    """
    limiter.ensure_room(database, TRIP_LIMIT, address, "登录次数过多，请在 {at} 之后再试")
    now, trip = clock.now(), Trip(secrets.token_urlsafe(32))
    with database.transaction() as session:
        limiter.count(session, TRIP_LIMIT, address)
        session.execute(delete(ExternalTrip).where(ExternalTrip.expires_at <= now))
        ends = now + timedelta(minutes=TRIP_MINUTES)
        session.add(ExternalTrip(token_hash=token_hash(trip.secret), target=target, expires_at=ends))
    return trip


def finish_trip(database: Database, trip: Trip, state: str, origin: Actor) -> str | None:
    """End the flow and return its target, once; None when there is none, it expired, or `state` is of another flow.

    A wrong state does not end it; otherwise any page could end a user's sign-in with a link.
    """
    with database.transaction() as session:
        row = session.get(ExternalTrip, token_hash(trip.secret), with_for_update=True) if trip.secret else None
        if row is None or not clock.is_before(row.expires_at, timedelta(minutes=TRIP_MINUTES)):
            return None
        if not hmac.compare_digest(state.encode(), trip.state.encode()):
            sessions.refuse(session, None, origin, refusal=SignInRefusal.WRONG_STATE.value)
            return None
        session.delete(row)
        return row.target


def sign_in(
    database: Database, issuer: str, subject: str, origin: Actor, former_cookie: str = ""
) -> tuple[str, Principal | None] | SignInRefusal:
    """Like `sessions.sign_in`, for the user to whom the provider's account is linked. Never creates or links a user.

    Disabled and locked look the same (SECURITY E-7). A second factor in use is still required.
    """
    with database.transaction() as session:
        found = select(ExternalIdentity.user_id).where(
            ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject
        )
        user_id = session.scalars(found).first()
        if user_id is None:
            return _refused(session, None, origin, SignInRefusal.UNLINKED)
        user = session.get_one(User, user_id, with_for_update=True)
        if not user.is_active or sessions.is_locked_out(session, user, origin):
            return _refused(session, user, origin, SignInRefusal.CLOSED)
        return sessions.after_first_step(session, user, origin, former_cookie, is_external=True)


def refuse(database: Database, origin: Actor, reason: SignInRefusal) -> None:
    """Record a sign-in that failed before the provider named an account."""
    with database.transaction() as session:
        _refused(session, None, origin, reason)


def identities_of(session: Session, user_id: uuid.UUID) -> Sequence[ExternalIdentity]:
    query = select(ExternalIdentity).where(ExternalIdentity.user_id == user_id)
    return session.scalars(query.order_by(ExternalIdentity.linked_at)).all()


def link(session: Session, vault: Vault, actor: Actor, user_id: uuid.UUID, issuer: str, subject: str) -> User:
    """Let the account `subject` of `issuer` sign in as this person. One account each way, never matched by e-mail.

    Raises:
        InvalidError: not a valid subject.
        ConflictError: the account or the person is already linked.
    """
    user = users.locked(session, actor, user_id)
    subject = subject.strip()
    if not is_subject(subject):
        fault = "请粘贴登录时显示的账号编号，1 到 255 个字母、数字或符号"
        raise InvalidError([Fault("subject", "invalid", fault)])
    _ensure_free(session, user, issuer, subject)
    session.add(ExternalIdentity(user_id=user.id, issuer=issuer, subject=subject, linked_at=clock.now()))
    trail.record(session, Tag.EXTERNAL_LINKED, actor, particulars=_particulars(vault, user, issuer, subject))
    return user


def unlink(session: Session, vault: Vault, actor: Actor, user_id: uuid.UUID, identity: str = "") -> User:
    """Remove one linked account, named by its id, or all of them; all sessions of the person end (SECURITY E-4).

    Raises:
        NotFoundError: no such account is linked.
    """
    user = users.locked(session, actor, user_id)
    removed = [row for row in identities_of(session, user.id) if identity in ("", str(row.id))]
    if not removed:
        raise NotFoundError("这位人员没有绑定这个外部账号")
    for row in removed:
        session.delete(row)
        account = _particulars(vault, user, row.issuer, row.subject)
        trail.record(session, Tag.EXTERNAL_UNLINKED, actor, particulars=account)
    users.end_sessions(session, user)
    return user


def _ensure_free(session: Session, user: User, issuer: str, subject: str) -> None:
    if any(row.issuer == issuer for row in identities_of(session, user.id)):
        raise ConflictError("这位人员已经绑定外部账号，请先解除")
    other = select(ExternalIdentity).where(ExternalIdentity.issuer == issuer, ExternalIdentity.subject == subject)
    if session.scalars(other).first() is not None:
        raise ConflictError("这个外部账号已经绑定给另一位人员，请先解除")


def _particulars(vault: Vault, user: User, issuer: str, subject: str) -> Particulars:
    """Username and a keyed hash of the account: a subject may be an ID number, and the trail is kept indefinitely."""
    mark = vault.keyed_hash("external account", f"{issuer}|{subject}")[:12]
    return {"username": user.username, "account": mark}


def _refused(session: Session, user: User | None, origin: Actor, reason: SignInRefusal) -> SignInRefusal:
    locked = user is not None and user.is_active and reason is SignInRefusal.CLOSED
    sessions.refuse(session, user, origin, is_locked=locked, refusal=reason.value)
    return reason
