"""What a corrected sheet said before: kept figures and cases, for its person and the leads who see the sheet."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.errors import NotFoundError
from portal.kpi.score import reading
from portal.kpi.score.models import MonthlyScore, ScoreCase, ScoreCorrection

OF_CASE = ("metric", "position", "number", "ticket_id", "round", "outcome", "value", "is_counted")


def of_sheet(session: Session, sheet: MonthlyScore) -> Sequence[ScoreCorrection]:
    """The newest first."""
    mine = select(ScoreCorrection).where(ScoreCorrection.score_id == sheet.id)
    return session.scalars(mine.order_by(ScoreCorrection.edition.desc())).all()


def one(session: Session, sheet: MonthlyScore, edition: int) -> ScoreCorrection:
    """Raises NotFoundError."""
    mine = select(ScoreCorrection).where(ScoreCorrection.score_id == sheet.id, ScoreCorrection.edition == edition)
    found = session.scalars(mine).first()
    if found is None:
        raise NotFoundError(reading.ABSENT)
    return found


def cases_of(kept: ScoreCorrection, metric: str, after: int = 0) -> tuple[Sequence[ScoreCase], int | None]:
    """As `reading.cases_of`, of a former edition."""
    listed = [ScoreCase(**dict(zip(OF_CASE, row, strict=True))) for row in kept.cases]
    found = [case for case in listed if case.metric == metric and case.position > after]
    rows = found[: reading.CASES_OF_PAGE]
    return rows, rows[-1].position if len(found) > len(rows) else None


def as_json(case: ScoreCase) -> list[object]:
    """A case in `ScoreCorrection.cases`."""
    return [str(case.ticket_id) if name == "ticket_id" and case.ticket_id else getattr(case, name) for name in OF_CASE]
