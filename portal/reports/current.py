"""The values that count now: what was filed, with later texts in the place of earlier ones.

Lists, search, directory, moves between queues, checks and answers all ask here.
"""

import uuid
from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.reports.models import Report, Supplement


def answers_of(session: Session, report_id: uuid.UUID) -> dict[str, str]:
    """The texts of a report by field, secrets masked."""
    return overlaid(session.get_one(Report, report_id).answers, supplements_of(session, report_id))


def supplements_of(session: Session, report_id: uuid.UUID) -> Sequence[Supplement]:
    """Later texts, oldest first."""
    query = select(Supplement).where(Supplement.report_id == report_id)
    return session.scalars(query.order_by(Supplement.created_at, Supplement.id)).all()


def overlaid(filed: Mapping[str, str], supplements: Sequence[Supplement]) -> dict[str, str]:
    """Filed answers with the later ones in their place; an emptied supplement replaces nothing."""
    return {**filed, **{later.field: later.text for later in supplements if later.text}}
