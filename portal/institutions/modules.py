"""涉及模块: a list per queue, kept by leads and offered on forms and at triage (REQUIREMENTS F3)."""

from sqlalchemy.orm import Session

from portal.audit.tags import Tag
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
