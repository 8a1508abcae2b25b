"""A ticket with a result, and what its clinic and the desk say of it."""

from typing import Any

from sqlalchemy import select

from portal.acts.performing import Done
from portal.audit.actor import clinic
from portal.follow_up import ratings
from portal.follow_up.models import Rating
from portal.follow_up.ratings import Way
from portal.follow_up.recording import RECORD_RATING
from portal.tickets.states import TicketState as S
from portal.tracking import confirmation
from tests.acts.desk import Desk


class Rated(Desk):
    """It begins with alice's result."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.bring_to(S.AWAITING_CONFIRMATION)

    def rate(
        self, score: int = 5, reason: str = "", comment: str = "", *, way: Way = Way.PAGE, round: int | None = None,
        signed_in: Any = None,
    ) -> Rating:  # fmt: skip
        answer = ratings.read_score(str(score), reason, comment)
        return ratings.give(self.runtime, clinic(), self.ticket.id, round, answer, way, signed_in)

    def record(self, scale: str = "s3", label: str = "满意", who: str = "bob", **more: Any) -> Done:
        return self.act(RECORD_RATING, who, scale=scale, label=label, **more)

    def reopen(self) -> None:
        confirmation.confirm(self.runtime, clinic(), self.ticket.id, is_solved=False, comment="又出现了")

    def of(self, model: Any) -> list[Any]:
        with self.runtime.database.read() as session:
            rows = session.scalars(select(model).where(model.ticket_id == self.ticket.id).order_by(model.round))
            return list(rows)
