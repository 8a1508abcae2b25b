"""Adds, changes and disables users, and manages their API tokens."""

import hashlib
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments, standing
from portal.accounts.models import ApiToken, FormerPassword, PendingSignIn, SetupCode, StaffSession, User
from portal.accounts.passwords import BARRED, DENGBAO3, OWASP, hash_password, is_password, password_fault
from portal.accounts.roles import SCOPES, Duty, Permission, Role, roles_with
from portal.accounts.user_checks import (
    clean_staff_number,
    duty_faults,
    mail_faults,
    name_faults,
    name_key,
    queues_for,
    role_faults,
    shown_name_faults,
    staff_number_faults,
)
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import Fault, InvalidError, NotFoundError, PortalError, StaleRowError

TOKEN_DAYS = 365
MOST_TOKEN_DAYS = 730
SETUP_MINUTES = 30
_SETUP_LIFE = timedelta(minutes=SETUP_MINUTES)
NO_STAFF_NUMBER = "未设"
_MANAGERS = roles_with(Permission.MANAGE_USERS)  # at least one of them must remain


def add_user(
    session: Session,
    actor: Actor,
    *,
    username: str,
    password: str,
    role: str,
    queues: Sequence[str],
    display_name: str = "",
    staff_number: str = "",
    department: str = "",
    duties: Sequence[str] = (),
    mail_address: str = "",
    policy: str = OWASP,
    is_given: bool = False,
    also: Sequence[Fault] = (),
) -> User:
    """Add a member of staff. Leads and agents belong to every queue unless told otherwise (CONTRACT 2).

    Args:
        is_given: somebody else chose the password; it must be changed at the first sign-in.
        also: faults of the form, told together with those found here.

    Raises:
        InvalidError: every fault of name, staff number, password, role and queues at once.
    """
    standing.require(session, actor)
    username, staff_number = username.strip(), clean_staff_number(staff_number)
    faults = [*also, *name_faults(session, username), *shown_name_faults(session, display_name, username)]
    joined = departments.named(session, department)
    faults += role_faults(role, queues, joined) + duty_faults(role, duties)
    faults += staff_number_faults(session, staff_number) + mail_faults(mail_address.strip())
    fault = password_fault(password, username, policy)
    if fault:
        faults.append(Fault("password", "invalid", fault))
    if faults:
        raise InvalidError(faults)
    user = User(
        username=username,
        name_key=name_key(username),
        display_name=display_name.strip() or username,
        staff_number=staff_number or None,
        mail_address=mail_address.strip() or None,
        role=Role(role).value,
        queues=queues_for(Role(role), queues),
        department_id=departments.id_for(Role(role), joined),
        duties=[duty.value for duty in Duty if duty in duties],
        password_hash=hash_password(password),
        created_at=clock.now(),
        added_by_id=actor.user_id,
        must_change_password=is_given,
        password_given_at=clock.now() if is_given else None,
    )
    session.add(user)
    session.flush()
    trail.record(session, Tag.USER_ADDED, actor, particulars=_particulars(session, user))
    return user


def change_user(
    session: Session,
    actor: Actor,
    user_id: uuid.UUID,
    *,
    role: str,
    queues: Sequence[str],
    display_name: str,
    staff_number: str | None = None,
    department: str = "",
    duties: Sequence[str] | None = None,
    mail_address: str | None = None,
    version: int | None = None,
) -> User:
    """Change role, queues, duties, display name or staff number; all sessions of the user end (SECURITY E-4).

    Args:
        staff_number, mail_address: None leaves it unchanged, blank removes it. duties: None leaves them.
        version: of the form; None where nobody saw one.

    Raises:
        StaleRowError: saved by somebody else since `version`. InvalidError: every fault.
        PortalError: 409, the last administrator, or one's own role.
    """
    user, admins = _locked_with_admins(session, actor, user_id)
    if version is not None and user.version != version:
        raise StaleRowError
    new_number = user.staff_number or "" if staff_number is None else clean_staff_number(staff_number)
    joined = departments.named(session, department)
    new_duties = user.duties if duties is None else duties
    faults = shown_name_faults(session, display_name, user.username, user) + role_faults(role, queues, joined)
    faults += duty_faults(role, new_duties)
    new_mail = user.mail_address or "" if mail_address is None else mail_address.strip()
    faults += staff_number_faults(session, new_number, user) + mail_faults(new_mail)
    if faults:
        raise InvalidError(faults)
    if user.role in _MANAGERS and role not in _MANAGERS:
        _require_other_admin(admins, user)
    if actor.user_id == user.id and role != user.role:
        raise PortalError("不能修改自己的角色，请由另一位管理员操作", 409)
    former_role, former_queues, former_number = user.role, list(user.queues), user.staff_number
    former_name, former_mail = user.display_name, user.mail_address
    user.role, user.queues = Role(role).value, queues_for(Role(role), queues)
    user.department_id = departments.id_for(Role(role), joined)
    user.duties = [duty.value for duty in Duty if duty in new_duties]
    user.display_name = display_name.strip() or user.username
    user.staff_number, user.mail_address = new_number or None, new_mail or None
    user.version += 1
    end_sessions(session, user)
    changed = {**_particulars(session, user), "former_role": former_role, "former_queues": former_queues}
    if former_name != user.display_name:
        changed["former_name"] = former_name
    if former_number != user.staff_number:
        changed["former_staff_number"] = former_number or NO_STAFF_NUMBER
    if former_mail != user.mail_address:
        changed["is_mail_changed"] = True
    trail.record(session, Tag.USER_CHANGED, actor, particulars=changed)
    return user


def set_active(session: Session, actor: Actor, user_id: uuid.UUID, is_active: bool) -> User:
    """Enable or disable; disabling ends all sessions and deletes all tokens of the user."""
    user, admins = _locked_with_admins(session, actor, user_id)
    if not is_active:
        if actor.user_id == user.id:
            raise PortalError("不能停用自己，请由另一位管理员操作", 409)
        if user.role in _MANAGERS:
            _require_other_admin(admins, user)
        end_sessions(session, user)
        _end_tokens(session, actor, user)
    user.is_active = is_active
    tag = Tag.USER_ENABLED if is_active else Tag.USER_DISABLED
    trail.record(session, tag, actor, particulars={"username": user.username})
    return user


def set_password(
    session: Session,
    actor: Actor,
    user_id: uuid.UUID,
    password: str,
    policy: str = OWASP,
    *,
    is_given: bool = False,
    also: Sequence[Fault] = (),
) -> User:
    """Set a new password; all sessions and API tokens of the user end.

    Args:
        is_given, also: as for `add_user`.

    Raises:
        InvalidError: it violates the policy, or is one of the last five where the policy bars them.
    """  # fmt: skip
    user = locked(session, actor, user_id)
    fault = password_fault(password, user.username, policy)
    faults = [*also, *([Fault("password", "invalid", fault)] if fault else [])]
    if faults:
        raise InvalidError(faults)
    _retire_password(session, user, password, policy)
    user.password_hash, user.password_changed_at = hash_password(password), clock.now()
    user.must_change_password = is_given
    if is_given:
        user.password_given_at = clock.now()
    end_sessions(session, user)
    trail.record(session, Tag.PASSWORD_CHANGED, actor, particulars={"username": user.username})
    _end_tokens(session, actor, user)
    return user


def add_token(
    session: Session,
    actor: Actor,
    *,
    name: str,
    username: str,
    scopes: Sequence[str] = (),
    days: int = TOKEN_DAYS,
) -> str:
    """A new bearer token, returned once; only its hash is kept.

    It has all its user's permissions, or only those in `scopes` (names of `roles.SCOPES`), for `days` days.
    """
    if not 1 <= days <= MOST_TOKEN_DAYS:
        raise InvalidError([Fault("days", "invalid", f"令牌的有效期为 1 到 {MOST_TOKEN_DAYS} 天")])
    if any(scope not in SCOPES for scope in scopes):
        raise InvalidError([Fault("scopes", "invalid", f"令牌的范围只能是 {'、'.join(SCOPES)}")])
    user = session.scalars(select(User).where(User.name_key == name_key(username), User.is_active)).first()
    if user is None:
        raise NotFoundError(f"没有找到人员 {username}")
    token = f"yxt_{secrets.token_urlsafe(32)}"
    now = clock.now()
    session.add(
        ApiToken(
            token_hash=token_hash(token),
            name=name[:60],
            user_id=user.id,
            created_at=now,
            expires_at=now + timedelta(days=days),
            scopes=[scope for scope in SCOPES if scope in scopes] or None,
        )
    )
    added = {**_token_particulars(name[:60], user), "scopes": list(scopes) or ["all"], "days": days}
    trail.record(session, Tag.TOKEN_ADDED, actor, particulars=added)
    return token


def is_valid(token: ApiToken, at: datetime) -> bool:
    """Whether a token has begun and not expired, as far as its times can be believed."""
    return clock.has_been(token.created_at, at) and clock.is_before(
        token.expires_at, timedelta(days=MOST_TOKEN_DAYS), at
    )


def tokens_of(session: Session, user_id: uuid.UUID) -> Sequence[ApiToken]:
    """Newest first, including expired ones."""
    query = select(ApiToken).where(ApiToken.user_id == user_id)
    return session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.token_hash)).all()


def revoke_token(session: Session, actor: Actor, user_id: uuid.UUID, token_id: str) -> None:
    """End one of this user's tokens, by the short id shown in the trail."""
    user = locked(session, actor, user_id)
    for row in tokens_of(session, user_id):
        if row.token_hash[:16] == token_id:
            session.delete(row)
            trail.record(session, Tag.TOKEN_REVOKED, actor, particulars=_token_particulars(row.name, user))


def _end_tokens(session: Session, actor: Actor, user: User) -> None:
    """Each with its row. Who knew the old password may have made tokens with it (vaultwarden GHSA-6j4w-g4jh-xjfx)."""
    for row in tokens_of(session, user.id):
        session.delete(row)
        trail.record(session, Tag.TOKEN_REVOKED, actor, particulars=_token_particulars(row.name, user))


def new_setup_code(session: Session) -> str | None:
    """A code for the first administrator, or None if there is one."""
    if not is_setup_open(session):
        return None
    session.execute(delete(SetupCode))
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    session.add(SetupCode(code_hash=token_hash(code), expires_at=clock.now() + _SETUP_LIFE))
    return code


def is_setup_open(session: Session) -> bool:
    """Whether there is no active administrator, whoever else works here."""
    return session.scalars(select(User.id).where(User.role.in_(_MANAGERS), User.is_active).limit(1)).first() is None


def use_setup_code(
    session: Session,
    actor: Actor,
    code: str,
    *,
    username: str,
    password: str,
    policy: str = OWASP,
    also: Sequence[Fault] = (),
) -> User:
    """Create the first administrator; the code works once, and only while there is none.

    Raises:
        InvalidError: every fault, also those in `also`; the code stays valid then.
    """  # fmt: skip
    hashed = token_hash(code.strip().lower())
    row = session.get(SetupCode, hashed, with_for_update=True) if code.strip() else None
    faults = list(also)
    if row is None or not clock.is_before(row.expires_at, _SETUP_LIFE) or not is_setup_open(session):
        faults.insert(0, Fault("code", "invalid", "一次性代码不对或已过期，请重新启动系统查看新的代码"))
    user = add_user(
        session, actor, username=username, password=password, role=Role.ADMIN.value, queues=(), policy=policy,
        also=faults,
    )  # fmt: skip
    session.execute(delete(SetupCode))
    return user


def user_named(session: Session, username: str) -> User:
    """Finds any spelling of the name and locks the row; raises NotFoundError."""
    key = name_key(username)
    user = session.scalars(select(User).where(User.name_key == key).with_for_update()).first()
    if user is None:
        raise NotFoundError(f"没有找到人员 {username}")
    return user


def end_sessions(session: Session, user: User) -> None:
    """Sign a user out everywhere (SECURITY E-4)."""
    session.execute(delete(StaffSession).where(StaffSession.user_id == user.id))
    session.execute(delete(PendingSignIn).where(PendingSignIn.user_id == user.id))


def locked(session: Session, actor: Actor, user_id: uuid.UUID) -> User:
    """The row of a person whom the actor changes, locked with the actor's own; raises NotFoundError."""
    rows = standing.lock(session, actor, {user_id})
    if user_id not in rows:
        raise NotFoundError
    return rows[user_id]


def get_user(session: Session, user_id: uuid.UUID) -> User:
    """Locks the row; raises NotFoundError."""
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFoundError
    return user


def all_users(session: Session) -> Sequence[User]:
    """Active users first."""
    return session.scalars(select(User).order_by(User.is_active.desc(), User.role, User.name_key)).all()


def token_hash(token: str) -> str:  # a plain one is enough: tokens are long and random
    return hashlib.sha256(token.encode()).hexdigest()


def _locked_with_admins(session: Session, actor: Actor, user_id: uuid.UUID) -> tuple[User, set[uuid.UUID]]:
    """Also locks the administrators, so that two of them cannot remove each other at the same time."""
    admins = set(session.scalars(select(User.id).where(User.role.in_(_MANAGERS), User.is_active)))
    rows = standing.lock(session, actor, {user_id, *admins})
    if user_id not in rows:
        raise NotFoundError
    return rows[user_id], {row.id for row in rows.values() if row.role in _MANAGERS and row.is_active}


def _require_other_admin(admins: set[uuid.UUID], leaving: User) -> None:
    if not admins - {leaving.id}:
        raise PortalError("至少要保留一位可用的管理员", 409)


def _particulars(session: Session, user: User) -> Particulars:
    return {
        "username": user.username, "display_name": user.display_name, "role": user.role, "queues": list(user.queues),
        "staff_number": user.staff_number, "duties": list(user.duties) or None,
        "department": departments.name_of(session, user.department_id),
    }  # fmt: skip


def _token_particulars(token_name: str, user: User) -> Particulars:
    return {"token": token_name, "username": user.username}


def _retire_password(session: Session, user: User, new: str, policy: str) -> None:
    """Bar the last five passwords; without the policy no former hash is kept."""
    former = list(
        session.scalars(
            select(FormerPassword).where(FormerPassword.user_id == user.id).order_by(FormerPassword.ended_at.desc())
        )
    )
    if policy == DENGBAO3:
        hashes = [user.password_hash, *(row.password_hash for row in former)][:BARRED]
        if any(is_password(known, new) for known in hashes):
            raise InvalidError([Fault("password", "invalid", f"不能使用最近 {BARRED} 次用过的密码，请换一个")])
        session.add(FormerPassword(user_id=user.id, password_hash=user.password_hash, ended_at=clock.now()))
        former = former[BARRED - 2 :]  # five with the one just added and the new one
    for row in former:
        session.delete(row)
