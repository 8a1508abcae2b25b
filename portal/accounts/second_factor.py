"""The second factor: codes of an authenticator app (RFC 6238), and recovery codes for when it is lost."""

import hmac
import re
import secrets
import unicodedata
import uuid
from dataclasses import dataclass

import pyotp
import segno
from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import limiter, users
from portal.accounts.limiter import RateLimit
from portal.accounts.models import RecoveryCode, User
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import ConflictError, Fault, InvalidError
from portal.vault.models import DataKey, SealedValue
from portal.vault.suites import SealBrokenError
from portal.vault.vault import Vault

ISSUER = "一线通"
# Wrong codes lock like wrong passwords: where they came from, and from all unknown places (SECURITY E-5, E-6).
CODE_LIMIT = RateLimit("sign-in-code", most=5, minutes=15, is_lock=True)
CODE_ANYWHERE = RateLimit("sign-in-code-anywhere", most=20, minutes=15, is_lock=True)
RECOVERY_CODES = 10
WRONG_CODE = "验证码不对。连续输错 5 次后需要等 15 分钟再试"
_STEP_SECONDS = 30
_PURPOSE = "second-factor"
# Stored as a sealed value like any other, so that rotation, conversion and `keys verify` include it.
_FIELD = "second_factor"
_RECOVERY_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, repr=False)
class Enrolment:
    """What an authenticator app needs; shown to its owner once."""

    secret: str
    username: str

    @property
    def key_text(self) -> str:
        """The key in groups of four, for typing."""
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))

    @property
    def qr_address(self) -> str:
        """A `data:` address of the QR code as SVG."""
        address = pyotp.TOTP(self.secret).provisioning_uri(name=self.username, issuer_name=ISSUER)
        return str(segno.make(address, error="m").svg_data_uri(scale=5, border=4, dark="#1f2329", light="#ffffff"))


def begin(session: Session, vault: Vault, user_id: uuid.UUID) -> Enrolment:
    """Create a new secret for a user without an active second factor; replaces one that was never confirmed.

    Raises:
        ConflictError: a second factor is active.
    """
    user = users.get_user(session, user_id)
    if user.second_factor_at is not None:
        raise ConflictError("您已经开启两步验证。换手机请先关闭，再重新开启")
    _forget(session, user)
    secret = pyotp.random_base32()
    key = vault.data_key(session, user.id, _PURPOSE)
    session.add(vault.sealed_value(key, owner_id=user.id, field=_FIELD, value=secret, mask="password"))
    return Enrolment(secret, user.username)


def unconfirmed(session: Session, vault: Vault, user_id: uuid.UUID) -> Enrolment | None:
    """The secret that still needs its first code; shown again after a wrong one."""
    user = users.get_user(session, user_id)
    row = None if user.second_factor_at is not None else _sealed(session, user)
    return Enrolment(vault.open_value(session, row), user.username) if row else None


def confirm(session: Session, vault: Vault, actor: Actor, user_id: uuid.UUID, code: str) -> list[str] | None:
    """Activate the secret with its first code. All sessions of the user end.

    Returns:
        Ten recovery codes, which cannot be shown again; None if the code is wrong.
    """
    user = users.locked(session, actor, user_id)
    if user.second_factor_at is not None or not is_accepted(session, vault, user, code, actor):
        return None
    user.second_factor_at = clock.now()
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_hash=_recovery_hash(vault, user, code), user_id=user.id) for code in codes)
    users.end_sessions(session, user)
    trail.record(session, Tag.SECOND_FACTOR_ADDED, actor, particulars={"username": user.username})
    return codes


def is_accepted(session: Session, vault: Vault, user: User, code: str, actor: Actor) -> bool:
    """Whether a code is right and unused. An accepted code is then used up (SECURITY E-6)."""
    normal_code = _normal(code)
    if re.fullmatch("[0-9]{6}", normal_code):
        step = _step_of(session, vault, user, normal_code, actor)
        return step is not None and _take_step(session, user, step)
    return _take_recovery_code(session, vault, user, normal_code, actor)


def count_attempt(session: Session, user: User, actor: Actor) -> bool:
    """Count one attempt of this session; False if it must wait."""
    return limiter.count(session, CODE_LIMIT, f"{user.name_key}|{actor.session_id}") <= CODE_LIMIT.most


def remove(session: Session, actor: Actor, user_id: uuid.UUID) -> None:
    """Remove one's own second factor, after one of its codes was accepted. All sessions of the user end."""
    user = users.locked(session, actor, user_id)
    _forget(session, user)
    users.end_sessions(session, user)
    limiter.clear(session, CODE_LIMIT, f"{user.name_key}|{actor.session_id}")
    trail.record(session, Tag.SECOND_FACTOR_REMOVED, actor, particulars={"username": user.username})


def reset(session: Session, actor: Actor, user_id: uuid.UUID) -> User:
    """Remove another user's second factor when phone and recovery codes are lost. All sessions of that user end.

    Raises:
        ConflictError: it is one's own; removing that takes a code.
    """
    user = users.locked(session, actor, user_id)
    if actor.user_id == user.id:
        raise ConflictError("不能重置自己的两步验证，请在「我的账号」里用验证码关闭，或请另一位管理员操作")
    _forget(session, user)
    users.end_sessions(session, user)
    limiter.clear(session, CODE_ANYWHERE, user.name_key)
    trail.record(session, Tag.SECOND_FACTOR_RESET, actor, particulars={"username": user.username})
    return user


def recovery_codes_left(session: Session, user_id: uuid.UUID) -> int:
    return session.scalar(select(func.count()).where(RecoveryCode.user_id == user_id)) or 0


def wrong_code() -> InvalidError:
    """The same answer for a wrong, used or locked code."""
    return InvalidError([Fault("code", "invalid", WRONG_CODE)])


def _step_of(session: Session, vault: Vault, user: User, normal_code: str, actor: Actor) -> int | None:
    """The time step of the code, at most one away from now."""
    row = _sealed(session, user)
    if row is None:
        return None
    try:
        totp = pyotp.TOTP(vault.open_value(session, row))
    except SealBrokenError:
        particulars: Particulars = {"username": user.username}
        trail.record(session, Tag.SEAL_BROKEN, actor, field=_FIELD, particulars=particulars, is_success=False)
        return None
    now = int(clock.now().timestamp()) // _STEP_SECONDS
    steps = [step for step in (now - 1, now, now + 1) if hmac.compare_digest(totp.generate_otp(step), normal_code)]
    return max(steps, default=None)


def _take_step(session: Session, user: User, step: int) -> bool:
    """Marks the step as used. Only one replica succeeds, and no step older than the last is accepted."""
    latest = int(clock.now().timestamp()) // _STEP_SECONDS + 1
    newer = or_(
        User.second_factor_step.is_(None), User.second_factor_step < step, User.second_factor_step > latest
    )  # a step of the future was written by a wrong clock
    taken = session.execute(update(User).where(User.id == user.id, newer).values(second_factor_step=step))
    return bool(taken.rowcount)  # type: ignore[attr-defined]


def _take_recovery_code(session: Session, vault: Vault, user: User, normal_code: str, actor: Actor) -> bool:
    hashed = _recovery_hash(vault, user, normal_code)
    used = session.execute(
        delete(RecoveryCode).where(RecoveryCode.code_hash == hashed, RecoveryCode.user_id == user.id)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        return False
    left = recovery_codes_left(session, user.id)
    particulars: Particulars = {"username": user.username, "codes_left": left}
    trail.record(session, Tag.RECOVERY_CODE_USED, actor, particulars=particulars)
    return True


def _forget(session: Session, user: User) -> None:
    """Deletes the secret, its data key and the recovery codes."""
    session.execute(delete(SealedValue).where(SealedValue.owner_id == user.id, SealedValue.field == _FIELD))
    session.execute(delete(DataKey).where(DataKey.owner_id == user.id, DataKey.purpose == _PURPOSE))
    session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    user.second_factor_at = user.second_factor_step = None


def _sealed(session: Session, user: User) -> SealedValue | None:
    query = select(SealedValue).where(SealedValue.owner_id == user.id, SealedValue.field == _FIELD)
    return session.scalars(query).first()


def _new_recovery_code() -> str:
    """60 bits in three groups, without characters that look alike."""
    groups = ("".join(secrets.choice(_RECOVERY_ALPHABET) for _ in range(4)) for _ in range(3))
    return "-".join(groups)


def _recovery_hash(vault: Vault, user: User, code: str) -> str:
    return vault.keyed_hash("recovery code", f"{user.id}|{_normal(code)}")


def _normal(code: str) -> str:
    """Removes blanks, hyphens, full width and capitals."""
    folded = unicodedata.normalize("NFKC", code[:60]).casefold()
    return "".join(char for char in folded if char.isalnum())
