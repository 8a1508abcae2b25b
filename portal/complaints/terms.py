"""The times of a case (DESK 1.2, 5.2): rows of the service times, which people change on their page. Only how often and
on how many days a call is tried is of the procedure itself.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from portal import clock
from portal.calendar.working_time import WorkingTime
from portal.clocks import policies
from portal.clocks.names import OtherTerm
from portal.clocks.policies import NO_TICKET, Policy

FOLLOW_UP = timedelta(days=3)  # after the answer (REQUIREMENTS L5)
TRIES, TRY_DAYS = 3, 2
NEAR = 0.8  # of the solution's time


@dataclass(frozen=True)
class CaseTimes:
    """The policy that is valid now with its working time; a list loads it once."""

    policy: Policy
    time: WorkingTime

    def handler_due(self, received_at: datetime) -> datetime | None:
        """Until when a manager names the handler (REQUIREMENTS E8)."""
        return self._due(OtherTerm.COMPLAINT_HANDLER, received_at)

    def judged_due(self, since: datetime) -> datetime | None:
        """Until when it is judged, since its registration or the request of a review."""
        return self._due(OtherTerm.COMPLAINT_JUDGED, since)

    def solution_due(self, upheld_at: datetime) -> datetime | None:
        """Three working days, unless the policy says otherwise (REQUIREMENTS F7)."""
        return self._due(OtherTerm.COMPLAINT_SOLUTION, upheld_at)

    def _due(self, term: OtherTerm, start: datetime) -> datetime | None:
        return min((one.due(start, self.time) for one in self.policy.terms_of(term, NO_TICKET)), default=None)


def current(session: Session) -> CaseTimes:
    policy = policies.at(session, clock.now())
    return CaseTimes(policy, policy.time(session))


def end_of(session: Session, term: OtherTerm, began_at: datetime) -> datetime:
    """By the version that was valid when it began: a later one moves nothing that runs.

    Args:
        term: one of `OF_COMPLAINTS`, of which every version has a row for every case.
    """
    policy = policies.at(session, began_at)
    time = policy.time(session)
    return min(one.due(began_at, time) for one in policy.terms_of(term, NO_TICKET))


def near(begins_at: datetime, due_at: datetime) -> datetime:
    return begins_at + (due_at - begins_at) * NEAR
