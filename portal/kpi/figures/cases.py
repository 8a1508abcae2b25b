"""The tickets behind a figure, one click from it: the same conditions that count it."""

import uuid
from collections.abc import Callable

from sqlalchemy import ColumnElement, and_, or_, select

from portal.acts.models import OrderBreak
from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName, ClockOutcome
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.models import Dissatisfaction, Rating
from portal.institutions.models import DirectoryEntry
from portal.kinds.table import FORM_NAME
from portal.knowledge.articles.models import Article, ArticleUse
from portal.kpi.figures import sources
from portal.kpi.figures.labels import NONE
from portal.kpi.figures.sources import Scope
from portal.kpi.figures.standing import CONDITIONS
from portal.metrics.models import FilingRefusal
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

Condition = ColumnElement[bool]
NOBODY = Ticket.id.is_(None)


def condition(scope: Scope, cases: str, key: str) -> Condition | None:
    """Which tickets a figure counts, those of one line of a breakdown with its key; None for an unknown figure."""
    found = _CASES.get(cases)
    return None if found is None else sources.of_joined(scope) & found(scope, key)


def _received(scope: Scope, key: str) -> Condition:
    return and_(*sources.received(scope), *_of_key(key))


def _of_key(key: str) -> list[Condition]:
    name, _, value = key.partition(":")
    if not name:
        return []
    if name in _COLUMNS:
        return [_COLUMNS[name] == ("" if value == NONE else value)]
    if name == "institution":
        return [Ticket.institution_id == _id(value)]
    if name == "county":
        known = select(DirectoryEntry.id).where(DirectoryEntry.county == value)
        every = select(DirectoryEntry.id).where(DirectoryEntry.county != "")
        outside = or_(Ticket.institution_id.is_(None), Ticket.institution_id.not_in(every))
        return [outside if value == NONE else Ticket.institution_id.in_(known)]
    if name == "form":
        form = Report.answers[FORM_NAME.name].as_string()
        wanted = or_(form.is_(None), form == "") if value == NONE else form == value
        return [Ticket.report_id.in_(select(Report.id).where(Report.id == Ticket.report_id, wanted))]
    return [NOBODY]


_COLUMNS = {
    "type": Ticket.request_type, "symptom": Ticket.symptom, "queue": Ticket.queue, "channel": Ticket.channel,
    "previous_system": Ticket.previous_system, "module": Ticket.module,
}  # fmt: skip


def _ended(scope: Scope, key: str) -> Condition:
    base = and_(*sources.ended(scope))
    if not key:
        return base
    if key in (TicketState.MERGED, TicketState.VOID):
        return base & (Ticket.state == key)
    return base & (Ticket.state == TicketState.CLOSED.value) & (Ticket.closed_how == key)


def _open(scope: Scope, key: str) -> Condition:
    return and_(*sources.open_at_end(scope))


def _with_round(conditions: sources.Conditions) -> Condition:
    return Ticket.id.in_(select(TicketClock.ticket_id).where(*conditions))


def _results(scope: Scope, key: str) -> Condition:
    base = _with_round(sources.results(scope))
    name, _, value = key.partition(":")
    if name != "cause":
        return base
    return base & (Ticket.root_cause.is_(None) if value == NONE else Ticket.root_cause == value)


def _results_of_group(group: str) -> Callable[[Scope, str], Condition]:
    def found(scope: Scope, key: str) -> Condition:
        return _with_round(sources.results(scope)) & Ticket.channel.in_(sources.CHANNEL_GROUPS[group])

    return found


def _due(name: ClockName, *, is_late: bool) -> Callable[[Scope, str], Condition]:
    """Those whose clock was due; or of them those that were not in time."""

    def found(scope: Scope, key: str) -> Condition:
        late = or_(TicketClock.outcome.is_(None), TicketClock.outcome == ClockOutcome.MISSED.value)
        return _with_round([*sources.judged(scope, name), *([late] if is_late else [])])

    return found


def _unanswered(scope: Scope, key: str) -> Condition:
    return _with_round([*sources.judged(scope, ClockName.REPLIED), TicketClock.ended_at.is_(None)])


def _reopened(scope: Scope, key: str) -> Condition:
    return _with_round(sources.reopened(scope))


def _hand_overs(scope: Scope, key: str) -> Condition:
    return _with_round(sources.results(scope)) & (Ticket.hand_over_count >= sources.MANY_HAND_OVERS)


def _ratings(scope: Scope, key: str) -> Condition:
    scale, _, label = key.partition(":")
    wanted = [Rating.scale == scale] if scale else []
    wanted += [Rating.label == label] if label else []
    return Ticket.id.in_(select(Rating.ticket_id).where(*sources.ratings(scope), *wanted))


def _dissatisfied(scope: Scope, key: str) -> Condition:
    wanted = []
    if key:
        stage, _, reason = key.partition("|")
        of_stage = Dissatisfaction.stage_id == _id(stage) if stage else Dissatisfaction.stage_id.is_(None)
        wanted = [of_stage, Dissatisfaction.reason == reason]
    return Ticket.id.in_(select(Dissatisfaction.ticket_id).where(*sources.dissatisfied(scope), *wanted))


def _uses(scope: Scope, key: str) -> Condition:
    query = select(ArticleUse.ticket_id).where(*sources.uses(scope))
    if key:
        query = query.where(ArticleUse.article_id.in_(select(Article.id).where(Article.number == key)))
    return Ticket.id.in_(query)


def _order_breaks(scope: Scope, key: str) -> Condition:
    wanted = [OrderBreak.reason == key] if key else []
    return Ticket.id.in_(select(OrderBreak.ticket_id).where(*sources.order_breaks(scope), *wanted))


def _refusals(scope: Scope, key: str) -> Condition:
    wanted = [FilingRefusal.reason == key] if key else []
    return Ticket.report_id.in_(select(FilingRefusal.draft_id).where(*sources.refusals(scope), *wanted))


def _standing(name: str) -> Callable[[Scope, str], Condition]:
    """Open tickets as they are now, whatever the period; with a key those of one person."""

    def found(scope: Scope, key: str) -> Condition:
        wanted = [Ticket.assignee_id == _id(key)] if key else []
        now = select(Ticket.id).where(sources.of_queues(scope), Ticket.is_open, CONDITIONS[name](scope.now), *wanted)
        return Ticket.id.in_(now)

    return found


def _call_backs(scope: Scope, key: str) -> Condition:
    wanted = [CallBack.status == key] if key else []
    return Ticket.id.in_(select(CallBack.ticket_id).where(*sources.call_backs(scope), *wanted))


def _id(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


_CASES: dict[str, Callable[[Scope, str], Condition]] = {
    "received": _received,
    "results": _results,
    "results_phone": _results_of_group("phone"),
    "results_web": _results_of_group("web"),
    "ended": _ended,
    "open": _open,
    "replies_due": _due(ClockName.REPLIED, is_late=False),
    "replies_late": _due(ClockName.REPLIED, is_late=True),
    "unanswered": _unanswered,
    "solving_late": _due(ClockName.SOLVED, is_late=True),
    "reopened": _reopened,
    "hand_overs": _hand_overs,
    "ratings": _ratings,
    "dissatisfied": _dissatisfied,
    "knowledge_used": _uses,
    "articles": _uses,
    "call_backs": _call_backs,
    **{name: _standing(name) for name in CONDITIONS},
    "order_breaks": _order_breaks,
    "refusals": _refusals,
}
