"""The versions of the service times. What counts for a ticket is the version of its filing, for good (DESK 1.2)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.calendar import hours as working_hours
from portal.calendar import working_time
from portal.calendar.hours import Hours, HoursError
from portal.calendar.working_time import WorkingTime
from portal.clocks.arithmetic import Term
from portal.clocks.models import ServicePolicy, ServiceTerm
from portal.clocks.names import OtherTerm, Unit

CALL_EVERY_RESULT, CALL_SHARE = "call_every_result", "call_share"
LOW_RATINGS = "low_ratings"
OFF, ON = "off", "on"
# What a version means that was made before these switches were there.
SWITCHED = {CALL_EVERY_RESULT: OFF, CALL_SHARE: "20", LOW_RATINGS: OFF}


@dataclass(frozen=True)
class Facts:
    """What of a ticket decides its terms."""

    queue: str
    channel: str
    coordination: str
    urgency: str
    request_type: str = "help"


# Of what belongs to no ticket: only terms that are for everything fit.
NO_TICKET = Facts("", "", "", "", "")


@dataclass(frozen=True)
class TermRow:
    """A term and the tickets it is for; an empty word fits any."""

    clock: str
    term: Term
    queue: str = ""
    request_type: str = ""
    channel: str = ""
    coordination: str = ""
    urgency: str = ""

    def fits(self, facts: Facts) -> bool:
        pairs = (
            (self.queue, facts.queue), (self.request_type, facts.request_type), (self.channel, facts.channel),
            (self.coordination, facts.coordination), (self.urgency, facts.urgency),
        )  # fmt: skip
        return all(wanted in ("", found) for wanted, found in pairs)


@dataclass(frozen=True)
class Policy:
    """One version, with its terms in their order."""

    version: int
    valid_from: datetime
    hours: Hours
    quiet_hours: tuple[str, ...]
    switches: dict[str, str]
    terms: Sequence[TermRow]
    note: str = ""

    def terms_of(self, clock: str, facts: Facts) -> list[Term]:
        """Every term that fits; the earliest moment wins, as hours and working days cannot be compared as numbers."""
        return [row.term for row in self.terms if row.clock == clock and row.fits(facts)]

    @property
    def calls_every_result(self) -> bool:
        """S0's strict mode: everybody is called within the hour (REQUIREMENTS T5)."""
        return self.switches[CALL_EVERY_RESULT] == ON

    @property
    def call_share(self) -> int:
        """How many of a hundred clinics that did not rate are called, beside those that are called always."""
        return int(self.switches[CALL_SHARE])

    @property
    def low_ratings(self) -> int:
        """How many low ratings in a row alert the leads; 0: they are not alerted (REQUIREMENTS G22)."""
        chosen = self.switches[LOW_RATINGS]
        return 0 if chosen == OFF else int(chosen)

    def time(self, session: Session) -> WorkingTime:
        """The calendar that counts now, with this version's hours."""
        return working_time.load(session, self.hours)

    def open_time(self, session: Session) -> WorkingTime:
        """The minutes in which one may call: staff work, and clinics do not rest (REQUIREMENTS T17)."""
        try:
            hours = self.hours.without(working_hours.read_spans(" ".join(self.quiet_hours)))
        except HoursError:  # a weekday would have no open minute: nothing would ever be due
            hours = self.hours
        return working_time.load(session, hours)


def at(session: Session, moment: datetime) -> Policy:
    """The version that counts for what is filed at a moment. The first one has always been valid."""
    valid = select(ServicePolicy).where(ServicePolicy.valid_from <= moment)
    newest = valid.order_by(ServicePolicy.valid_from.desc(), ServicePolicy.version.desc()).limit(1)
    return _loaded(session, session.scalars(newest).one())


def working_time_at(session: Session, moment: datetime) -> WorkingTime:
    """For what is counted in working time beside a ticket's own clocks: the hours that are valid then."""
    return at(session, moment).time(session)


def due(session: Session, term: OtherTerm, facts: Facts, start: datetime) -> datetime | None:
    """When a time beside a ticket's own clocks is over, by the version of its start; None without a term."""
    policy = at(session, start)
    time = policy.time(session)
    return min((one.due(start, time) for one in policy.terms_of(term, facts)), default=None)


def of(session: Session, version: int) -> Policy:
    return _loaded(session, session.get_one(ServicePolicy, version))


def every(session: Session) -> list[Policy]:
    """All versions, the newest first."""
    rows = session.scalars(select(ServicePolicy).order_by(ServicePolicy.version.desc())).all()
    found = session.scalars(select(ServiceTerm).order_by(ServiceTerm.position)).all()
    return [_policy(row, [term for term in found if term.policy_version == row.version]) for row in rows]


def _loaded(session: Session, row: ServicePolicy) -> Policy:
    wanted = select(ServiceTerm).where(ServiceTerm.policy_version == row.version).order_by(ServiceTerm.position)
    return _policy(row, session.scalars(wanted))


def _policy(row: ServicePolicy, terms: Iterable[ServiceTerm]) -> Policy:
    return Policy(
        row.version, row.valid_from, working_hours.from_json(row.hours), tuple(row.quiet_hours),
        {**SWITCHED, **row.switches},
        [_term(term) for term in terms], row.note,
    )  # fmt: skip


def _term(row: ServiceTerm) -> TermRow:
    return TermRow(
        row.clock, Term(row.amount, Unit(row.unit)), row.queue, row.request_type, row.channel, row.coordination,
        row.urgency,
    )  # fmt: skip
