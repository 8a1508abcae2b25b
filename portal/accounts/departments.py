"""The departments that support asks for help: a list kept by administrators (DESK 2.3).

They are here because a person belongs to one; what is asked of them is in `portal/collaboration`.
"""

import uuid
from collections.abc import Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import Department, User
from portal.accounts.roles import Role
from portal.accounts.user_checks import mail_faults, name_key
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import new_id
from portal.errors import Fault, InvalidError, NotFoundError, StaleRowError
from portal.sensitive_text.finder import find_spans

_LONGEST = 60


def every(session: Session) -> Sequence[Department]:
    """Active ones first."""
    return session.scalars(select(Department).order_by(Department.is_active.desc(), Department.name_key)).all()


def active(session: Session) -> Sequence[Department]:
    return session.scalars(select(Department).where(Department.is_active).order_by(Department.name_key)).all()


def named(session: Session, name: str) -> Department | None:
    """The department of this name, however it is spelt, disabled ones too."""
    known = select(Department).where(Department.name_key == name_key(name))
    return session.scalars(known).first() if name.strip() else None


def name_of(session: Session, department_id: uuid.UUID | None) -> str | None:
    return session.get_one(Department, department_id).name if department_id else None


def id_for(role: Role, department: Department | None) -> uuid.UUID | None:
    """Only partners belong to a department."""
    return department.id if role is Role.PARTNER and department is not None else None


def people_of(session: Session, department_id: uuid.UUID) -> list[uuid.UUID]:
    """The active people of a department; empty for one without accounts."""
    return list(session.scalars(select(User.id).where(User.department_id == department_id, User.is_active)))


def people_counts(session: Session) -> dict[uuid.UUID, int]:
    """How many active people each department has."""
    rows = select(User.department_id, func.count()).where(User.department_id.is_not(None), User.is_active)
    found = session.execute(rows.group_by(User.department_id))
    return {department_id: number for department_id, number in found if department_id is not None}


def has_accounts(session: Session, department_id: uuid.UUID) -> bool:
    return bool(session.scalar(select(exists().where(User.department_id == department_id, User.is_active))))


def add(session: Session, actor: Actor, name: str) -> Department:
    """Raises InvalidError: blank, too long, with a secret in it, or known already."""
    row = Department(
        id=new_id(), name=_checked(session, name), name_key=name_key(name), is_active=True, created_at=clock.now()
    )
    session.add(row)
    trail.record(session, Tag.DEPARTMENT_ADDED, actor, particulars={"department": row.name})
    return row


def rename(session: Session, actor: Actor, department_id: uuid.UUID, name: str, version: int) -> Department:
    """Raises InvalidError as `add` does; StaleRowError: renamed by somebody else since `version`."""
    row = _locked(session, department_id)
    if row.version != version:
        raise StaleRowError
    tidied = _checked(session, name, row)
    if tidied != row.name:
        particulars: Particulars = {"department": row.name, "new_name": tidied}
        trail.record(session, Tag.DEPARTMENT_CHANGED, actor, particulars=particulars)
        row.name, row.name_key, row.version = tidied, name_key(tidied), row.version + 1
    return row


def set_mail(session: Session, actor: Actor, department_id: uuid.UUID, address: str, version: int) -> Department:
    """The common address to which its collaborations are told; blank: none.

    Raises:
        InvalidError: no address. StaleRowError: changed by somebody else since `version`.
    """
    row, address = _locked(session, department_id), address.strip()
    if row.version != version:
        raise StaleRowError
    if faults := mail_faults(address):
        raise InvalidError(faults)
    if (address or None) != row.mail_address:
        row.mail_address, row.version = address or None, row.version + 1
        particulars: Particulars = {"department": row.name, "is_mail_changed": True}
        trail.record(session, Tag.DEPARTMENT_CHANGED, actor, particulars=particulars)
    return row


def set_active(session: Session, actor: Actor, department_id: uuid.UUID, is_active: bool) -> Department:
    """Whether it can be asked; what it was asked for goes on, and its people keep their accounts."""
    row = _locked(session, department_id)
    if row.is_active != is_active:
        row.is_active, row.version = is_active, row.version + 1
        particulars: Particulars = {"department": row.name, "is_offered": is_active}
        trail.record(session, Tag.DEPARTMENT_CHANGED, actor, particulars=particulars)
    return row


def _locked(session: Session, department_id: uuid.UUID) -> Department:
    row = session.get(Department, department_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    return row


def _checked(session: Session, name: str, own: Department | None = None) -> str:
    tidied = " ".join(name.split())
    if not name_key(tidied):
        raise InvalidError([Fault("name", "required", "请填写部门名称，例如：信息科")])
    if len(tidied) > _LONGEST or not tidied.isprintable():
        raise InvalidError([Fault("name", "too_long", f"部门名称最多 {_LONGEST} 个字，请缩短")])
    if find_spans(tidied):  # everybody of the desk reads it, and it is not sealed
        raise InvalidError([Fault("name", "sensitive_text", "这里像是有身份证号、电话、账号或密码，请只写部门名称")])
    known = session.scalars(select(Department).where(Department.name_key == name_key(tidied))).first()
    if known is not None and known is not own:
        raise InvalidError([Fault("name", "taken", f"名单里已有“{known.name}”")])
    return tidied
