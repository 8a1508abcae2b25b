"""Adds, changes and disables users, and manages their API tokens."""

import hashlib
import re
import secrets
import unicodedata
import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import ApiToken, FormerPassword, PendingSignIn, SetupCode, StaffSession, User
from portal.accounts.passwords import BARRED, DENGBAO3, OWASP, hash_password, is_password, password_fault
from portal.accounts.roles import GRANTS, IN_EVERY_QUEUE, SCOPES, Permission, Role, roles_with
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.errors import Fault, InvalidError, NotFoundError, PortalError
from portal.kinds.table import QUEUES
from portal.sensitive_text.folding import nfkc

TOKEN_DAYS = 365
MOST_TOKEN_DAYS = 730
SETUP_MINUTES = 30
NO_STAFF_NUMBER = "未设"
# At least one user who can add users must remain.
_MANAGERS = roles_with(Permission.MANAGE_USERS)
# The trail uses these names for actors who are not staff.
_RESERVED_KEYS = frozenset({"clinic", "visitor", "system", "commandline"})


def name_key(username: str) -> str:
    """One key for every spelling of a name: case, blanks, full width, composition (SECURITY E-5)."""
    folded = nfkc(username).casefold()
    return "".join(char for char in folded if not char.isspace() and unicodedata.category(char)[0] != "C")[:60]


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
    policy: str = OWASP,
) -> User:
    """Add a member of staff. Leads and agents belong to every queue unless told otherwise (CONTRACT 2).

    Raises:
        InvalidError: every fault of name, staff number, password, role and queues at once.
    """
    username, staff_number = username.strip(), _staff_number(staff_number)
    faults = _name_faults(session, username) + _shown_name_faults(display_name) + _role_faults(role, queues)
    faults += _staff_number_faults(session, staff_number)
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
        role=Role(role).value,
        queues=_queues_for(Role(role), queues),
        password_hash=hash_password(password),
        created_at=clock.now(),
    )
    session.add(user)
    session.flush()
    trail.record(session, Tag.USER_ADDED, actor, particulars=_particulars(user))
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
) -> User:
    """Change role, queues, display name or staff number; all sessions of the user end (SECURITY E-4).

    Args:
        staff_number: None leaves it unchanged, blank removes it.
    """
    admins = _lock_admins(session)
    user = get_user(session, user_id)
    new_number = user.staff_number or "" if staff_number is None else _staff_number(staff_number)
    faults = _shown_name_faults(display_name) + _role_faults(role, queues)
    faults += _staff_number_faults(session, new_number, user)
    if faults:
        raise InvalidError(faults)
    if user.role in _MANAGERS and role not in _MANAGERS:
        _require_other_admin(admins, user)
    if actor.user_id == user.id and role != user.role:
        raise PortalError("不能修改自己的角色，请由另一位管理员操作", 409)
    former_role, former_queues, former_number = user.role, list(user.queues), user.staff_number
    former_name = user.display_name
    user.role, user.queues = Role(role).value, _queues_for(Role(role), queues)
    user.display_name = display_name.strip() or user.username
    user.staff_number = new_number or None
    user.version += 1
    end_sessions(session, user)
    changed = {**_particulars(user), "former_role": former_role, "former_queues": former_queues}
    if former_name != user.display_name:
        changed["former_name"] = former_name
    if former_number != user.staff_number:
        changed["former_staff_number"] = former_number or NO_STAFF_NUMBER
    trail.record(session, Tag.USER_CHANGED, actor, particulars=changed)
    return user


def set_active(session: Session, actor: Actor, user_id: uuid.UUID, is_active: bool) -> User:
    """Enable or disable; disabling ends all sessions and deletes all tokens of the user."""
    admins = _lock_admins(session)
    user = get_user(session, user_id)
    if not is_active:
        if actor.user_id == user.id:
            raise PortalError("不能停用自己，请由另一位管理员操作", 409)
        if user.role in _MANAGERS:
            _require_other_admin(admins, user)
        end_sessions(session, user)
        session.execute(delete(ApiToken).where(ApiToken.user_id == user.id))
    user.is_active = is_active
    tag = Tag.USER_ENABLED if is_active else Tag.USER_DISABLED
    trail.record(session, tag, actor, particulars={"username": user.username})
    return user


def set_password(session: Session, actor: Actor, user_id: uuid.UUID, password: str, policy: str = OWASP) -> User:
    """Set a new password; all sessions and API tokens of the user end.

    Raises:
        InvalidError: it violates the policy, or is one of the last five where the policy bars them.
    """
    user = get_user(session, user_id)
    fault = password_fault(password, user.username, policy)
    if fault:
        raise InvalidError([Fault("password", "invalid", fault)])
    _retire_password(session, user, password, policy)
    user.password_hash, user.password_changed_at = hash_password(password), clock.now()
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


def tokens_of(session: Session, user_id: uuid.UUID) -> Sequence[ApiToken]:
    """Newest first, including expired ones."""
    query = select(ApiToken).where(ApiToken.user_id == user_id)
    return session.scalars(query.order_by(ApiToken.created_at.desc(), ApiToken.token_hash)).all()


def revoke_token(session: Session, actor: Actor, user_id: uuid.UUID, token_id: str) -> None:
    """End one of this user's tokens, by the short id shown in the trail."""
    for row in tokens_of(session, user_id):
        if row.token_hash[:16] == token_id:
            session.delete(row)
            trail.record(
                session, Tag.TOKEN_REVOKED, actor, particulars=_token_particulars(row.name, get_user(session, user_id))
            )


def _end_tokens(session: Session, actor: Actor, user: User) -> None:
    """Anyone who knew the old password may have created tokens with it (vaultwarden GHSA-6j4w-g4jh-xjfx)."""
    for row in tokens_of(session, user.id):
        session.delete(row)
        trail.record(session, Tag.TOKEN_REVOKED, actor, particulars=_token_particulars(row.name, user))


def new_setup_code(session: Session) -> str | None:
    """A code for the first administrator, or None if any user exists."""
    if session.scalar(select(func.count()).select_from(User)):
        return None
    session.execute(delete(SetupCode))
    code = "-".join(secrets.token_hex(2) for _ in range(4))
    session.add(SetupCode(code_hash=token_hash(code), expires_at=clock.now() + timedelta(minutes=SETUP_MINUTES)))
    return code


def is_setup_open(session: Session) -> bool:
    """Whether there is no user yet."""
    return not session.scalar(select(func.count()).select_from(User))


def use_setup_code(
    session: Session, actor: Actor, code: str, *, username: str, password: str, policy: str = OWASP
) -> User:
    """Create the first administrator; the code works once, and only while there is no user."""
    hashed = token_hash(code.strip().lower())
    row = session.get(SetupCode, hashed, with_for_update=True) if code.strip() else None
    if row is None or row.expires_at <= clock.now() or not is_setup_open(session):
        raise InvalidError([Fault("code", "invalid", "一次性代码不对或已过期，请重新启动系统查看新的代码")])
    role = Role.ADMIN.value
    user = add_user(session, actor, username=username, password=password, role=role, queues=(), policy=policy)
    session.delete(row)
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


def get_user(session: Session, user_id: uuid.UUID) -> User:
    """Locks the row; raises NotFoundError."""
    user = session.get(User, user_id, with_for_update=True)
    if user is None:
        raise NotFoundError
    return user


def all_users(session: Session) -> Sequence[User]:
    """Active users first."""
    return session.scalars(select(User).order_by(User.is_active.desc(), User.role, User.name_key)).all()


def token_hash(token: str) -> str:
    """A plain hash is enough: tokens are long and random."""
    return hashlib.sha256(token.encode()).hexdigest()


_STAFF_NUMBER = re.compile(r"[A-Z0-9]{1,20}")
# Names are used in URLs (/review/people/…), so characters with a meaning there are excluded.
_USERNAME = re.compile(r"""[^\s./\\?#%<>"'&;][^/\\?#%<>"'&;]{1,59}""")


def _name_faults(session: Session, username: str) -> list[Fault]:
    if not _USERNAME.fullmatch(username) or not name_key(username) or not username.isprintable():
        return [Fault("username", "invalid", "用户名为 2 到 60 个字，可以用汉字、字母、数字和 _ - @")]
    is_taken = session.scalars(select(User.id).where(User.name_key == name_key(username))).first()
    if is_taken or name_key(username) in _RESERVED_KEYS:
        return [Fault("username", "taken", "这个用户名已经有人使用")]
    return []


def _shown_name_faults(display_name: str) -> list[Fault]:
    if len(display_name.strip()) > 60 or not display_name.isprintable():
        return [Fault("display_name", "invalid", "显示名不超过 60 个字符")]
    return []


def _staff_number(number: str) -> str:
    """Upper case, so that a number cannot exist twice."""
    return number.strip().upper()


def _staff_number_faults(session: Session, number: str, owner: User | None = None) -> list[Fault]:
    if not number:
        return []
    if not _STAFF_NUMBER.fullmatch(number):
        return [Fault("staff_number", "invalid", "工号为 1 到 20 个字母或数字")]
    holder = session.scalars(select(User.id).where(User.staff_number == number)).first()
    if holder is not None and (owner is None or holder != owner.id):
        return [Fault("staff_number", "taken", "这个工号已经有人使用")]
    return []


def _role_faults(role: str, queues: Sequence[str]) -> list[Fault]:
    faults = []
    if role not in list(Role):
        return [Fault("role", "invalid", "请选择角色")]
    if any(queue not in QUEUES for queue in queues):
        faults.append(Fault("queues", "invalid", "请从列表里选择队列"))
    if role == Role.ENGINEER and not queues:
        faults.append(Fault("queues", "required", "工程师至少属于一个队列"))
    return faults


def _queues_for(role: Role, queues: Sequence[str]) -> list[str]:
    if Permission.VIEW_QUEUE not in GRANTS[role]:
        return []
    if role in IN_EVERY_QUEUE and not queues:
        return list(QUEUES)
    return [queue for queue in QUEUES if queue in queues]


def _lock_admins(session: Session) -> set[uuid.UUID]:
    """Locked before any user's row, so that two administrators cannot remove each other at the same time."""
    admins = select(User.id).where(User.role.in_(_MANAGERS), User.is_active).order_by(User.id).with_for_update()
    return set(session.scalars(admins))


def _require_other_admin(admins: set[uuid.UUID], leaving: User) -> None:
    if not admins - {leaving.id}:
        raise PortalError("至少要保留一位可用的管理员", 409)


def _particulars(user: User) -> Particulars:
    return {
        "username": user.username, "display_name": user.display_name, "role": user.role, "queues": list(user.queues),
        "staff_number": user.staff_number,
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
