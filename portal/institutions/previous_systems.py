"""The systems that clinics used before: a list kept by leads and offered on the form in its order (REQUIREMENTS A6)."""

from sqlalchemy.orm import Session

from portal.audit.tags import Tag
from portal.institutions.models import PreviousSystem
from portal.institutions.name_lists import NameList

FIRST_USE = "无（首次使用）"
LIST = NameList(
    PreviousSystem,
    word="系统名称",
    said_as="previous_system",
    added=Tag.PREVIOUS_SYSTEM_ADDED,
    changed=Tag.PREVIOUS_SYSTEM_CHANGED,
    fixed=FIRST_USE,
    fixed_reason="没有用过系统的机构要选它",
)
every, add, rename, move_up, set_active = LIST.every, LIST.add, LIST.rename, LIST.move_up, LIST.set_active


def offered(session: Session) -> list[str]:
    """The options of the form, in order; always includes 无（首次使用）, last unless the list has it elsewhere."""
    names = LIST.offered(session)
    return names if FIRST_USE in names else [*names, FIRST_USE]
