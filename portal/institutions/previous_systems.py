"""The systems that clinics used before: a list kept by leads and offered on the form in its order (REQUIREMENTS A6)."""

import uuid
from collections.abc import Sequence

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError, StaleRowError
from portal.institutions.directory import tidy
from portal.institutions.models import PreviousSystem
from portal.institutions.names import plain
from portal.sensitive_text.finder import find_spans

FIRST_USE = "无（首次使用）"
_LONGEST, _MOST = 100, 200


def offered(session: Session) -> list[str]:
    """The options of the form, in order; always includes 无（首次使用）, last unless the list has it elsewhere."""
    names = list(session.scalars(_OFFERED))
    return names if FIRST_USE in names else [*names, FIRST_USE]


def every(session: Session) -> Sequence[PreviousSystem]:
    """The whole list in order, including inactive ones."""
    return session.scalars(_in_order()).all()


def add(session: Session, actor: Actor, name: str) -> PreviousSystem:
    """Append a name.

    Raises:
        InvalidError: blank, too long, contains a secret, or already in the list.
    """
    tidied = _checked(session, name, None)
    last = session.scalar(select(func.max(PreviousSystem.position))) or 0
    row = PreviousSystem(id=new_id(), name=tidied, position=last + 1, is_active=True)
    insert_rows(session, row)
    trail.record(session, Tag.PREVIOUS_SYSTEM_ADDED, actor, particulars={"previous_system": tidied})
    return row


def rename(session: Session, actor: Actor, system_id: uuid.UUID, name: str, version: int) -> PreviousSystem:
    """Existing reports keep the old name.

    Raises:
        StaleRowError: renamed by somebody else since `version`.
        InvalidError: as for `add`, or it is 无（首次使用）, which a rule of the form depends on.
    """
    row = _find(session, system_id)
    if row.version != version:
        raise StaleRowError
    tidied = _checked(session, name, row.id)
    if row.name == FIRST_USE and tidied != FIRST_USE:
        raise InvalidError([Fault("name", "invalid", f"“{FIRST_USE}”不能改名")])
    if tidied != row.name:
        particulars: Particulars = {"previous_system": row.name, "new_name": tidied}
        trail.record(session, Tag.PREVIOUS_SYSTEM_CHANGED, actor, particulars=particulars)
        row.name, row.version = tidied, row.version + 1
    return row


def move_up(session: Session, actor: Actor, system_id: uuid.UUID) -> PreviousSystem:
    """Swap with the one above; does nothing for the first."""
    rows = list(session.scalars(_in_order().with_for_update()))
    row = next((row for row in rows if row.id == system_id), None)
    if row is None:
        raise NotFoundError
    at = rows.index(row)
    if at > 0:
        rows[at - 1], rows[at] = rows[at], rows[at - 1]
        for position, each in enumerate(rows, 1):
            each.position = position
        particulars: Particulars = {"previous_system": row.name, "position": at}
        trail.record(session, Tag.PREVIOUS_SYSTEM_CHANGED, actor, particulars=particulars)
    return row


def set_active(session: Session, actor: Actor, system_id: uuid.UUID, is_active: bool) -> PreviousSystem:
    """Whether the form offers the name."""
    row = _find(session, system_id)
    if row.name == FIRST_USE and not is_active:
        raise InvalidError([Fault("name", "invalid", f"“{FIRST_USE}”必须保留，没有用过系统的机构要选它")])
    if row.is_active != is_active:
        row.is_active = is_active
        particulars: Particulars = {"previous_system": row.name, "is_offered": is_active}
        trail.record(session, Tag.PREVIOUS_SYSTEM_CHANGED, actor, particulars=particulars)
    return row


def _in_order() -> Select[PreviousSystem]:
    return select(PreviousSystem).order_by(PreviousSystem.position, PreviousSystem.id)


# Made once: every queue page runs it.
_OFFERED = _in_order().where(PreviousSystem.is_active).with_only_columns(PreviousSystem.name)


def _find(session: Session, system_id: uuid.UUID) -> PreviousSystem:
    row = session.get(PreviousSystem, system_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    return row


def _checked(session: Session, name: str, own_id: uuid.UUID | None) -> str:
    tidied = tidy(name)
    if not plain(tidied):
        raise InvalidError([Fault("name", "required", "请填写系统名称")])
    if len(tidied) > _LONGEST:
        raise InvalidError([Fault("name", "too_long", f"系统名称最多 {_LONGEST} 个字，请缩短")])
    if find_spans(tidied):  # every clinic reads this list, and it is not sealed
        raise InvalidError([Fault("name", "sensitive_text", "这里像是有身份证号、电话、账号或密码，请只写系统名称")])
    rows = every(session)
    if len(rows) >= _MOST and own_id is None:
        raise InvalidError([Fault("name", "invalid", f"名单最多 {_MOST} 个，请先停用或改名")])
    if any(plain(row.name) == plain(tidied) and row.id != own_id for row in rows):
        raise InvalidError([Fault("name", "invalid", f"名单里已有“{tidied}”")])
    return tidied
