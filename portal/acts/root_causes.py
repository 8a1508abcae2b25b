"""定性: what caused a problem; three fixed causes and those that leads add (REQUIREMENTS F5)."""

import uuid
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts.triage_models import RootCause
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.db import insert_rows, new_id
from portal.errors import Fault, InvalidError, NotFoundError
from portal.kinds.names import RequestType
from portal.sensitive_text import free_text
from portal.sensitive_text.finder import find_spans
from portal.tickets.models import Ticket
from portal.tickets.states import ROOT_CAUSE_LABELS

LONGEST, _MOST = 30, 50


def options(session: Session, ticket: Ticket) -> Sequence[tuple[str, str]]:
    """Value and label of each cause that can be chosen for this ticket, and the one that it has."""
    return offered(session, *([ticket.root_cause] if ticket.root_cause else []))


def offered(session: Session, *besides: str) -> Sequence[tuple[str, str]]:
    """Value and label of each cause that is offered now, and of these."""
    own = session.scalars(select(RootCause.name).where(RootCause.is_active).order_by(RootCause.made_at))
    values = dict.fromkeys([*ROOT_CAUSE_LABELS, *own, *besides])
    return [(value, label_of(value)) for value in values]


def label_of(cause: str) -> str:
    """A cause of leads is its own label."""
    return ROOT_CAUSE_LABELS.get(cause, cause)


def of(ticket: Ticket) -> str:
    """The one it has; empty while it has none."""
    return ticket.root_cause or ""


def needs_cause(ticket: Ticket) -> bool:
    """Whether its result must name one (REQUIREMENTS F5)."""
    return ticket.type_enum is RequestType.HELP


def doubts(session: Session, ticket: Ticket, cause: str, *, is_needed: bool) -> list[Fault]:
    """A cause that is missing, or that is none."""
    if not cause:
        return [Fault("root_cause", "required", "请选择定性，例如产品故障、操作误解")] if is_needed else []
    if cause in dict(options(session, ticket)):
        return []
    return [Fault("root_cause", "invalid", "请从名单里选择定性")]


def every(session: Session) -> Sequence[RootCause]:
    """The leads' own, including inactive ones."""
    return session.scalars(select(RootCause).order_by(RootCause.made_at, RootCause.id)).all()


def add(session: Session, actor: Actor, name: str) -> RootCause:
    """Raises InvalidError: blank, too long, contains a secret, or is in the list."""
    name = _checked(session, name)
    row = RootCause(id=new_id(), name=name, is_active=True, made_at=clock.now())
    insert_rows(session, row)
    trail.record(session, Tag.ROOT_CAUSE_ADDED, actor, particulars={"root_cause": name})
    return row


def set_active(session: Session, actor: Actor, cause_id: uuid.UUID, is_active: bool) -> RootCause:
    """Whether it can be chosen; tickets that have it keep it."""
    row = session.get(RootCause, cause_id, with_for_update=True)
    if row is None:
        raise NotFoundError
    if row.is_active != is_active:
        row.is_active = is_active
        trail.record(
            session, Tag.ROOT_CAUSE_CHANGED, actor, particulars={"root_cause": row.name, "is_offered": is_active}
        )
    return row


def _checked(session: Session, name: str) -> str:
    name = " ".join(name.split())
    fault = free_text.text_fault(name, field="name", missing="请填写原因的名称", most=LONGEST)
    if fault is None and find_spans(name):
        fault = Fault("name", "sensitive_text", "这里像是有身份证号、电话、账号或密码，请只写原因")
    taken = {*ROOT_CAUSE_LABELS, *ROOT_CAUSE_LABELS.values(), *session.scalars(select(RootCause.name))}
    if fault is None and name in taken:
        fault = Fault("name", "invalid", f"名单里已有“{name}”")
    if fault is None and (session.scalar(select(func.count()).select_from(RootCause)) or 0) >= _MOST:
        fault = Fault("name", "invalid", f"名单最多 {_MOST} 个")
    if fault is not None:
        raise InvalidError([fault])
    return name
