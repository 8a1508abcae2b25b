"""责任环节: where in the work it went wrong; a list kept by leads (DESK 4.4)."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particulars
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError, StaleRowError
from portal.follow_up.models import ImprovementStage
from portal.sensitive_text import free_text
from portal.sensitive_text.finder import find_spans

LONGEST = 20
_MOST = 50


def every(session: Session) -> Sequence[ImprovementStage]:
    """The whole list in order."""
    return session.scalars(select(ImprovementStage).order_by(ImprovementStage.position, ImprovementStage.id)).all()


def offered(session: Session, kept: uuid.UUID | None = None) -> list[str]:
    """The names to choose from, with the one that a row has already."""
    return [row.name for row in every(session) if row.is_active or row.id == kept]


def id_of(session: Session, name: str, kept: uuid.UUID | None = None) -> uuid.UUID | None:
    """A stage that is offered; None if there is none of this name."""
    wanted = name.strip()
    return next((row.id for row in every(session) if row.name == wanted and (row.is_active or row.id == kept)), None)


def add(session: Session, actor: Actor, name: str) -> ImprovementStage:
    """Append a name; raises InvalidError: blank, too long, contains a secret, or already in the list."""
    tidied = _checked(session, name, None)
    last = session.scalar(select(func.max(ImprovementStage.position))) or 0
    row = ImprovementStage(id=new_id(), name=tidied, position=last + 1, is_active=True, version=1)
    insert_rows(session, row)
    trail.record(session, Tag.IMPROVEMENT_STAGE_ADDED, actor, particulars={"stage": tidied})
    return row


def rename(session: Session, actor: Actor, stage_id: uuid.UUID, name: str, version: int) -> ImprovementStage:
    """Rows that have it show the new name.

    Raises:
        StaleRowError: renamed by somebody else since `version`. InvalidError: as for `add`.
    """
    row = _find(session, stage_id)
    if row.version != version:
        raise StaleRowError
    tidied = _checked(session, name, row.id)
    if tidied != row.name:
        particulars: Particulars = {"stage": row.name, "new_name": tidied}
        trail.record(session, Tag.IMPROVEMENT_STAGE_CHANGED, actor, particulars=particulars)
        row.name, row.version = tidied, row.version + 1
    return row


def set_active(session: Session, actor: Actor, stage_id: uuid.UUID, is_active: bool) -> ImprovementStage:
    """Whether it is offered; rows that have it keep it."""
    row = _find(session, stage_id)
    if row.is_active != is_active:
        row.is_active = is_active
        particulars: Particulars = {"stage": row.name, "is_offered": is_active}
        trail.record(session, Tag.IMPROVEMENT_STAGE_CHANGED, actor, particulars=particulars)
    return row


def _find(session: Session, stage_id: uuid.UUID) -> ImprovementStage:
    row = session.get(ImprovementStage, stage_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    return row


def _checked(session: Session, name: str, own_id: uuid.UUID | None) -> str:
    tidied = free_text.checked_text(name, field="name", missing="请填写责任环节的名称", most=LONGEST)
    if find_spans(tidied):
        raise InvalidError([Fault("name", "sensitive_text", "这里像是有身份证号、电话、账号或密码，请只写环节的名称")])
    rows = every(session)
    if len(rows) >= _MOST and own_id is None:
        raise InvalidError([Fault("name", "invalid", f"名单最多 {_MOST} 个，请先停用或改名")])
    if any(row.name == tidied and row.id != own_id for row in rows):
        raise InvalidError([Fault("name", "invalid", f"名单里已有“{tidied}”")])
    return tidied
