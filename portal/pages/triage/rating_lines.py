"""What staff see of a ticket's ratings; the comment is for leads and for whoever gave the result (DESK 4.7)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.casefile.view import TicketView
from portal.follow_up import surveys
from portal.follow_up.ratings import WAY_LABELS, Way
from portal.follow_up.scales import LOW, SCALE_NAMES, Scale, reason_label


@dataclass(frozen=True)
class RatingLine:
    """`scale`: the words of another scale than the portal's own. `comment` is empty for whoever may not read it."""

    round: int
    label: str
    scale: str
    reason: str
    comment: str
    has_more: bool
    way: str
    at: datetime
    is_low: bool


def lines_of(view: TicketView, reader: Principal) -> Sequence[RatingLine]:
    """The newest first."""
    return [
        RatingLine(
            round=rating.round,
            label=rating.label,
            scale="" if rating.scale == Scale.S3 else SCALE_NAMES[Scale(rating.scale)],
            reason=reason_label(rating.reason),
            comment=rating.comment if may_read(reader, rating.resolver_id) else "",
            has_more=bool(rating.comment) and not may_read(reader, rating.resolver_id),
            way=WAY_LABELS[Way(rating.way)],
            at=rating.rated_at,
            is_low=rating.score <= LOW,
        )
        for rating in view.ratings
    ]


def may_read(reader: Principal, resolver_id: object) -> bool:
    return reader.can(Permission.VIEW_ANALYSES) or reader.user_id == resolver_id


def may_record(session: Session, view: TicketView, reader: Principal) -> bool:
    """Whoever gave the result asks a colleague to call."""
    survey = surveys.newest(session, view.ticket)
    return survey is not None and survey.resolver_id != reader.user_id
