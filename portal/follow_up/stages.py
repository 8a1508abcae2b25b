"""责任环节: where in the work it went wrong; a list kept by leads (DESK 4.4)."""

import uuid

from sqlalchemy.orm import Session

from portal.audit.tags import Tag
from portal.follow_up.models import ImprovementStage
from portal.institutions.name_lists import NameList

STAGES = NameList(
    model=ImprovementStage,
    word="责任环节",
    said_as="stage",
    added=Tag.IMPROVEMENT_STAGE_ADDED,
    changed=Tag.IMPROVEMENT_STAGE_CHANGED,
    longest=20,
    most=50,
)


def offered(session: Session, kept: uuid.UUID | None = None) -> list[str]:
    """The names to choose from, with the one that a row has already."""
    return [row.name for row in STAGES.every(session) if row.is_active or row.id == kept]


def id_of(session: Session, name: str, kept: uuid.UUID | None = None) -> uuid.UUID | None:
    """A stage that is offered; None if there is none of this name."""
    wanted, rows = name.strip(), STAGES.every(session)
    return next((row.id for row in rows if row.name == wanted and (row.is_active or row.id == kept)), None)
