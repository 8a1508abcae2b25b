"""《客户不满意问题分析表》: every low rating is looked at by a lead until cause, stage, measure, person and date are
written down (REQUIREMENTS G15, N5, DESK 4.4).

The draft comes with the rating; nothing in it is filled in by itself but the reason that the clinic chose.
"""

from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.db import new_id
from portal.follow_up.models import Dissatisfaction, Rating
from portal.tickets.models import Ticket


class AnalysisState(StrEnum):
    DRAFT = "draft"
    COMPLETE = "complete"


STATE_LABELS: dict[AnalysisState, str] = {AnalysisState.DRAFT: "待分析", AnalysisState.COMPLETE: "已完成"}


def draft(session: Session, ticket: Ticket, rating: Rating) -> Dissatisfaction:
    """The row of a low rating, once a round."""
    return draft_of_round(session, ticket, rating.round, rating)


def draft_of_round(session: Session, ticket: Ticket, round: int, rating: Rating | None = None) -> Dissatisfaction:
    """The same for a word said in a call-back about a round without a rating (DESK 4.3)."""
    found = select(Dissatisfaction).where(Dissatisfaction.ticket_id == ticket.id, Dissatisfaction.round == round)
    row = session.scalars(found).first()
    if row is None:
        row = Dissatisfaction(
            id=new_id(), on_day=clock.in_china(rating.rated_at if rating else clock.now()).date(),
            ticket_id=ticket.id, round=round, status=AnalysisState.DRAFT.value,
        )  # fmt: skip
        session.add(row)
    if rating is not None:
        row.rating_id, row.reason = rating.id, row.reason or rating.reason
    return row
