"""Every case behind a person's figures of a month, counted or beside them (DESK 6.4, rules 1 and 2).

A round counts in the month in which it ended, a rating in the month in which it was given, an article in the month in
which it was first published; months are those of China.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from statistics import fmean
from typing import Any

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from portal.follow_up.call_backs.said_solved import is_said_solved
from portal.follow_up.models import Rating
from portal.follow_up.ratings import Way
from portal.knowledge.articles.models import Article
from portal.kpi.score.bands import Metric
from portal.kpi.score.models import WorkFact
from portal.kpi.score.months import Month
from portal.kpi.score.names import CLOSED, EndedHow, Outcome, Word
from portal.kpi.score.rules import Rules
from portal.tickets.models import Ticket


@dataclass(frozen=True)
class Case:
    """One case of one metric.

    Args:
        number: of the ticket or article. incident_id: members of one incident are one case.
        outcome: an `EndedHow` or an `Outcome`. value: seconds or score. beside: seconds from the first act to a word.
    """

    number: str
    outcome: str
    is_counted: bool
    ticket_id: uuid.UUID | None = None
    round: int | None = None
    value: float | None = None
    queue: str = ""
    urgency: int | None = None
    symptom: str = ""
    beside: float | None = None
    is_reopened: bool = False
    incident_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Key:
    """Cases of a figure that a lead names: every round of a ticket, or one; an article has none."""

    metric: Metric
    number: str
    round: int | None = None

    def is_of(self, case: Case) -> bool:
        return case.number == self.number and self.round in (None, case.round)


@dataclass(frozen=True)
class Changes:
    """What a correction takes out of the figures, and what it counts for this person beside their own cases."""

    left_out: Sequence[Key] = ()
    added: Sequence[Key] = ()

    def added_to(self, metric: Metric) -> list[Key]:
        return [key for key in self.added if key.metric is metric]

    def without(self, metric: Metric, found: Iterable[Case]) -> list[Case]:
        keys = [key for key in self.left_out if key.metric is metric]
        return [_left_out(case) if any(key.is_of(case) for key in keys) else case for case in found]


NO_CHANGES = Changes()


def of_person(
    session: Session, user_id: uuid.UUID, month: Month, rules: Rules, changes: Changes = NO_CHANGES
) -> dict[Metric, list[Case]]:
    """By metric, in the order of their numbers; a fixed number of queries."""
    read = {
        Metric.RESPONSE: _responses, Metric.RESOLUTION: _results, Metric.SATISFACTION: _ratings,
        Metric.VOLUME: _closed, Metric.KNOWLEDGE: _articles,
    }  # fmt: skip
    join = {
        Metric.RESOLUTION: joined_results, Metric.SATISFACTION: joined_ratings, Metric.VOLUME: _once_an_incident,
    }  # fmt: skip
    found = {}
    for metric in Metric:
        mine = read[metric](session, user_id, month, rules, changes.added_to(metric))
        kept = changes.without(metric, mine)
        found[metric] = join[metric](kept) if metric in join else kept
    return found


def volumes(session: Session, month: Month, rules: Rules) -> dict[tuple[uuid.UUID, str], int]:
    """How many tickets everybody closed, by person and queue: one statement for the whole month."""
    counted = func.count(func.distinct(func.coalesce(WorkFact.incident_id, WorkFact.ticket_id)))
    query = (
        select(WorkFact.resolver_id, WorkFact.queue, counted)
        .where(*_is_last_closed(month, rules), WorkFact.resolver_id.is_not(None))
        .group_by(WorkFact.resolver_id, WorkFact.queue)
    )
    return {(user_id, queue): count for user_id, queue, count in session.execute(query) if user_id is not None}


def joined_results(cases: Iterable[Case]) -> list[Case]:
    """One case for an incident: not solved when one member says no, else confirmed when one says yes (rule 2)."""
    found: list[Case] = []
    for is_one, members in _by_incident(cases):
        counted = [case for case in members if case.is_counted]
        if not is_one or not counted:
            found += members
            continue
        said_no = [case for case in counted if case.outcome == EndedHow.NOT_SOLVED]
        decides = (said_no or counted)[0]
        found += [case if case is decides else _beside(case) for case in members]
    return found


def joined_ratings(cases: Iterable[Case]) -> list[Case]:
    """One case for an incident: the mean of its members' scores."""
    found: list[Case] = []
    for is_one, members in _by_incident(cases):
        counted = [case for case in members if case.is_counted]
        if not is_one or not counted:
            found += members
            continue
        mean = fmean(case.value for case in counted if case.value is not None)
        found += [replace(case, value=mean) if case is counted[0] else _beside(case) for case in members]
    return found


def _by_incident(cases: Iterable[Case]) -> Iterable[tuple[bool, list[Case]]]:
    """Whether they belong together, and the cases."""
    key = lambda case: str(case.incident_id or "")  # noqa: E731
    for incident, members in groupby(sorted(cases, key=key), key=key):
        yield bool(incident), list(members)


def _beside(case: Case) -> Case:
    return replace(case, outcome=Outcome.INCIDENT.value, is_counted=False) if case.is_counted else case


def _left_out(case: Case) -> Case:
    return replace(case, outcome=Outcome.LEFT_OUT.value, is_counted=False) if case.is_counted else case


def _whose(own: ColumnElement[bool], round: Any, added: Sequence[Key]) -> ColumnElement[bool]:
    """A person's own rows, or those that a correction names."""
    named = [
        (Ticket.number == key.number) & (true() if key.round is None else round == key.round)
        for key in added
    ]  # fmt: skip
    return or_(own, *named)


def _responses(
    session: Session, user_id: uuid.UUID, month: Month, rules: Rules, added: Sequence[Key]
) -> list[Case]:  # fmt: skip
    rule = rules.metrics[Metric.RESPONSE]
    mine = _whose(WorkFact.first_claimer_id == user_id, WorkFact.round, added)
    query = _facts(mine, *_ended(month), *_of_type(rule.request_type))
    found = []
    for fact, number, _ in session.execute(query):
        is_counted = fact.channel in rule.channels and fact.touch_working_seconds is not None
        case = _case(fact, number, fact.ended_how, is_counted)
        found.append(replace(case, value=fact.touch_working_seconds, beside=fact.reply_working_seconds))
    return found


def _results(session: Session, user_id: uuid.UUID, month: Month, rules: Rules, added: Sequence[Key]) -> list[Case]:
    rule = rules.metrics[Metric.RESOLUTION]
    whose = _whose(WorkFact.resolver_id == user_id, WorkFact.round, added)
    mine = (whose, *_ended(month), *_of_type(rule.request_type))
    said = is_said_solved(WorkFact.ticket_id, WorkFact.round)
    found = []
    for fact, number, current, is_solved in session.execute(_facts(*mine).add_columns(said)):
        is_by_call = fact.ended_how == EndedHow.STAFF.value and is_solved
        outcome = Outcome.SAID_SOLVED.value if is_by_call else fact.ended_how
        is_counted = fact.is_confirmed != Word.NONE.value or is_by_call
        found.append(replace(_case(fact, number, outcome, is_counted), is_reopened=current > fact.round))
    return found


def _ratings(session: Session, user_id: uuid.UUID, month: Month, rules: Rules, added: Sequence[Key]) -> list[Case]:
    rule = rules.metrics[Metric.SATISFACTION]
    query = (
        select(Rating, Ticket.number, Ticket.queue, WorkFact.incident_id)
        .join(Ticket, Ticket.id == Rating.ticket_id)
        .outerjoin(WorkFact, (WorkFact.ticket_id == Rating.ticket_id) & (WorkFact.round == Rating.round))
        .where(_whose(Rating.resolver_id == user_id, Rating.round, added))
        .where(Rating.rated_at >= month.begins_at, Rating.rated_at < month.ends_at)
        .order_by(Ticket.number, Rating.round)
    )
    if rule.request_type:
        query = query.where(Ticket.request_type == rule.request_type)
    found = []
    for rating, number, queue, incident_id in session.execute(query):
        is_own = rating.way == Way.DESK.value
        outcome = Outcome.DESK_RATING if is_own else Outcome.RATED
        if not is_own and rating.scale != rule.scale:
            outcome = Outcome.OTHER_SCALE
        found.append(
            Case(
                number, outcome.value, outcome is Outcome.RATED, rating.ticket_id, rating.round, float(rating.score),
                queue=queue, incident_id=incident_id,
            )
        )  # fmt: skip
    return found


def _closed(session: Session, user_id: uuid.UUID, month: Month, rules: Rules, added: Sequence[Key]) -> list[Case]:
    query = _facts(*_is_last_closed(month, rules), _whose(WorkFact.resolver_id == user_id, WorkFact.round, added))
    return [
        replace(_case(fact, number, fact.ended_how, is_counted=True), is_reopened=current > fact.round)
        for fact, number, current in session.execute(query)
    ]


def _once_an_incident(cases: Iterable[Case]) -> list[Case]:
    """The first one of an incident in a queue is counted."""
    found: list[Case] = []
    seen: set[tuple[str, uuid.UUID | None]] = set()
    for case in cases:
        place = (case.queue, case.incident_id or case.ticket_id)
        found.append(_beside(case) if place in seen else case)
        if case.is_counted:
            seen.add(place)
    return found


def _articles(session: Session, user_id: uuid.UUID, month: Month, _: Rules, added: Sequence[Key]) -> list[Case]:
    published = (Article.published_at >= month.begins_at, Article.published_at < month.ends_at)
    whose = or_(Article.author_id == user_id, Article.number.in_([key.number for key in added]))
    query = select(Article.number).where(whose, *published).order_by(Article.number)
    return [Case(number, Outcome.PUBLISHED.value, is_counted=True) for number in session.scalars(query)]


def ended_otherwise(session: Session, user_id: uuid.UUID, month: Month) -> dict[str, int]:
    """Merged and void rounds of tickets that this person had claimed first: in no figure, but shown."""
    ways = (EndedHow.MERGED.value, EndedHow.VOID.value)
    query = select(WorkFact.ended_how, func.count()).where(
        WorkFact.first_claimer_id == user_id, *_ended(month), WorkFact.ended_how.in_(ways)
    )
    return {how: count for how, count in session.execute(query.group_by(WorkFact.ended_how))}


def _facts(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Facts with the number and the present round of their tickets."""
    columns: tuple[Any, ...] = (WorkFact, Ticket.number, Ticket.round)
    query = select(*columns).join(Ticket, Ticket.id == WorkFact.ticket_id)
    return query.where(*conditions).order_by(Ticket.number, WorkFact.round)


def _ended(month: Month) -> tuple[ColumnElement[bool], ...]:
    return WorkFact.ended_on >= month.first, WorkFact.ended_on <= month.last


def _of_type(request_type: str) -> tuple[ColumnElement[bool], ...]:
    return (WorkFact.request_type == request_type,) if request_type else ()


def _is_last_closed(month: Month, rules: Rules) -> tuple[ColumnElement[bool], ...]:
    """The last round of a ticket that ended in the month, if it closed the ticket: nobody closes one ticket thrice."""
    later = aliased(WorkFact)
    is_followed = exists().where(
        later.ticket_id == WorkFact.ticket_id, later.round > WorkFact.round,
        later.ended_on >= month.first, later.ended_on <= month.last,
    )  # fmt: skip
    is_closed = WorkFact.ended_how.in_([how.value for how in CLOSED])
    return *_ended(month), is_closed, ~is_followed, *_of_type(rules.metrics[Metric.VOLUME].request_type)


def _case(fact: WorkFact, number: str, outcome: str, is_counted: bool) -> Case:
    return Case(
        number, outcome, is_counted, fact.ticket_id, fact.round, queue=fact.queue, urgency=fact.urgency,
        symptom=fact.symptom, incident_id=fact.incident_id,
    )  # fmt: skip


def counted(cases: Sequence[Case]) -> list[Case]:
    return [case for case in cases if case.is_counted]
