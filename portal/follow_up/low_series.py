"""连续 N 次低满意: an alert for the leads where it is switched on, and no consequence (REQUIREMENTS G22, DESK 4.4).

Counted are the ratings of one person's results in the order in which they came; a word taken down by whoever gave the
answer does not count.
"""

import itertools
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.clocks import policies
from portal.escalation.alerts import Subject
from portal.follow_up.models import Rating
from portal.follow_up.ratings import Way
from portal.follow_up.scales import LOW
from portal.tickets.models import Ticket

_LOOKED_BACK = 100


def subjects(session: Session, ticket: Ticket) -> Iterable[Subject]:
    """The rating that has just been recorded, if it completes a series; a longer series alerts again after as many."""
    wanted = policies.at(session, clock.now()).low_ratings
    newest = select(Rating).where(Rating.ticket_id == ticket.id).order_by(Rating.rated_at.desc(), Rating.round.desc())
    rating = session.scalars(newest.limit(1)).first()
    if not wanted or rating is None or rating.resolver_id is None or rating.way == Way.DESK.value:
        return ()
    of_person = (Rating.resolver_id == rating.resolver_id, Rating.way != Way.DESK.value)
    query = select(Rating.score).where(*of_person).order_by(Rating.rated_at.desc(), Rating.id.desc())
    scores = session.scalars(query.limit(_LOOKED_BACK))
    in_a_row = sum(1 for _ in itertools.takewhile(lambda score: score <= LOW, scores))
    return (Subject(rating.id),) if in_a_row and in_a_row % wanted == 0 else ()
