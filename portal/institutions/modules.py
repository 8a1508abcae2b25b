"""涉及模块: a list per queue, kept by leads and offered on forms and at triage (REQUIREMENTS F3)."""

import uuid
from collections.abc import Sequence

from sqlalchemy.orm import Session

from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.errors import NotFoundError
from portal.institutions.models import Module
from portal.institutions.name_lists import NameList


def of_queue(queue: str) -> NameList[Module]:
    return NameList(
        Module,
        word="模块名称",
        said_as="module",
        added=Tag.MODULE_ADDED,
        changed=Tag.MODULE_CHANGED,
        columns=(("queue", queue),),
    )


def offered(session: Session, queue: str) -> list[str]:
    """The modules in use, in their order."""
    return of_queue(queue).offered(session)


def may_keep(queues: Sequence[str], queue: str) -> bool:
    """Whether somebody keeps this list: of one's own queues; without any, as an administrator, every list."""
    return queue in queues or not queues


def list_for(session: Session, actor: Actor, *, queue: str = "", row_id: uuid.UUID | None = None) -> NameList[Module]:
    """The list that an actor changes, by its queue or by one of its rows.

    Raises:
        NotFoundError: no such list or row, or not theirs.
    """
    if row_id is not None:
        row = session.get(Module, row_id)
        queue = row.queue if row is not None else ""
    if not queue or not may_keep(actor.queues, queue):
        raise NotFoundError
    return of_queue(queue)
