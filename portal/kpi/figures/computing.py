"""All figures of a period, from SQL: a fixed number of queries, and the times of rounds streamed (DESK 6.3)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from portal.acts.models import OrderBreak
from portal.acts.order import REASON_LABELS
from portal.clocks import policies
from portal.clocks.models import TicketClock
from portal.clocks.names import ClockName
from portal.follow_up import scales
from portal.follow_up.call_backs.models import CallBack
from portal.follow_up.call_backs.names import CallBackState
from portal.follow_up.models import Dissatisfaction, ImprovementStage, Rating
from portal.institutions.models import DirectoryEntry
from portal.kinds.table import FORM_NAME
from portal.knowledge.articles.models import Article, ArticleUse
from portal.kpi.figures import durations, labels, making, rounds, sources, working_calendar
from portal.kpi.figures.definitions import DEFINITIONS, RATINGS_BY_WORD, SATISFACTION
from portal.kpi.figures.rounds import Results
from portal.kpi.figures.shapes import FEWEST, Breakdown, Figure, Figures
from portal.kpi.figures.sources import Scope
from portal.metrics.counting import Metric
from portal.metrics.models import DailyCount
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState

_AT_ONCE = 5000
Found = tuple[list[Figure], list[Breakdown]]
Counts = list[tuple[str, int]]


def compute(session: Session, scope: Scope, parts: Sequence[str] | None = None) -> Figures:
    """The figures of a period.

    Args:
        parts: names of `PARTS`, where not all figures are wanted.
    """
    figures: list[Figure] = []
    breakdowns: list[Breakdown] = []
    results = Results(session, scope)
    for name in parts or PARTS:
        found = PARTS[name](session, scope, results)
        figures += found[0]
        breakdowns += found[1]
    calendar = working_calendar.of_period(session, scope.period)
    return Figures(scope.period, scope.queues, figures, breakdowns, calendar)


def _amounts(session: Session, scope: Scope, results: Results) -> Found:
    counted = select(func.count()).select_from(Ticket)
    ended = select(Ticket.state, Ticket.closed_how, func.count()).where(*sources.ended(scope))
    by_way: dict[str, int] = {}
    for state, how, many in session.execute(ended.group_by(Ticket.state, Ticket.closed_how)):
        key = how if state == TicketState.CLOSED and how else state
        by_way[key] = by_way.get(key, 0) + many
    figures = [
        making.count(scope, "received", session.scalar(counted.where(*sources.received(scope))) or 0),
        making.count(scope, "results", results.rounds),
        making.count(scope, "ended", sum(by_way.values())),
        making.count(scope, "open", session.scalar(counted.where(*sources.open_at_end(scope))) or 0),
    ]
    return figures, [making.breakdown(scope, "ended_by_way", by_way.items(), labels.ENDS)]


def _received(session: Session, scope: Scope, results: Results) -> Found:
    found = [
        _of_tickets(session, scope, "type", Ticket.request_type, labels.TYPES),
        _of_tickets(session, scope, "symptom", Ticket.symptom, labels.SYMPTOMS),
        _of_tickets(session, scope, "queue", Ticket.queue, labels.QUEUES),
        _of_tickets(session, scope, "channel", Ticket.channel, labels.CHANNELS),
        _of_counties(session, scope),
        _of_institutions(session, scope),
        _of_tickets(session, scope, "previous_system", Ticket.previous_system, {}),
        _of_tickets(session, scope, "module", Ticket.module, {}),
        _of_forms(session, scope),
    ]
    return [], found


def _of_tickets(session: Session, scope: Scope, name: str, column: Any, words: Mapping[str, str]) -> Breakdown:
    query = select(column, func.count()).where(*sources.received(scope)).group_by(column)
    counts = [(value or labels.NONE, many) for value, many in session.execute(query)]
    return making.breakdown(scope, f"received_by_{name}", counts, words, key_prefix=f"{name}:")


def _of_counties(session: Session, scope: Scope) -> Breakdown:
    query = select(DirectoryEntry.county, func.count()).select_from(Ticket)
    query = query.outerjoin(DirectoryEntry, DirectoryEntry.id == Ticket.institution_id)
    rows = session.execute(query.where(*sources.received(scope)).group_by(DirectoryEntry.county))
    counts = _added((county or labels.NONE, many) for county, many in rows)
    return making.breakdown(
        scope, "received_by_county", counts, {key: labels.county(key) for key, _ in counts}, key_prefix="county:"
    )  # fmt: skip


def _of_institutions(session: Session, scope: Scope) -> Breakdown:
    n = session.scalar(select(func.count()).select_from(Ticket).where(*sources.received(scope))) or 0
    many = func.count()
    query = select(DirectoryEntry.id, DirectoryEntry.name, many).join(
        Ticket, Ticket.institution_id == DirectoryEntry.id
    )
    query = query.where(*sources.received(scope)).group_by(DirectoryEntry.id, DirectoryEntry.name)
    rows = session.execute(query.order_by(many.desc(), DirectoryEntry.id).limit(10)).all()
    names = {str(entry): name for entry, name, _ in rows}
    counts = [(str(entry), found) for entry, _, found in rows]
    return making.breakdown(scope, "received_by_institution", counts, names, n=n, key_prefix="institution:")


def _of_forms(session: Session, scope: Scope) -> Breakdown:
    form = Report.answers[FORM_NAME.name].as_string()
    query = select(form, func.count()).join(Ticket, Ticket.report_id == Report.id)
    rows = session.execute(query.where(*sources.received(scope)).group_by(form))
    return making.breakdown(
        scope, "received_by_form", _added((name or labels.NONE, many) for name, many in rows), {}, key_prefix="form:"
    )  # fmt: skip


def _service(session: Session, scope: Scope, results: Results) -> Found:
    replied, timely, due = rounds.judged(session, scope, ClockName.REPLIED)
    _, solved, solving = rounds.judged(session, scope, ClockName.SOLVED)
    reopened = rounds.counted(session, scope, sources.reopened(scope))
    by_cause = [(one.cause or labels.NONE, one.rounds) for one in results.by_cause]
    causes = {cause: labels.cause(cause) for cause, _ in by_cause}
    figures = [
        making.part_of(scope, "reply_rate", replied, due),
        making.count(scope, "unanswered", due - replied),
        making.part_of(scope, "reply_in_time", timely, due),
        making.part_of(scope, "solved_in_time", solved, solving),
        making.part_of(scope, "reopened", reopened, results.rounds),
        making.part_of(scope, "hand_overs", results.handed, results.tickets),
    ]
    return figures, [
        making.breakdown(scope, "results_by_cause", by_cause, causes, key_prefix="cause:"), _refusals(session, scope),
    ]  # fmt: skip


def _refusals(session: Session, scope: Scope) -> Breakdown:
    counts = _daily(session, scope)
    words = {key: labels.refusal(key) for key, _ in counts}
    return making.breakdown(scope, "refusals", counts, words)


def _daily(session: Session, scope: Scope) -> Counts:
    """How often the form refused, by reason."""
    days = (DailyCount.day >= scope.period.first, DailyCount.day <= scope.period.last)
    query = select(DailyCount.key, func.sum(DailyCount.count)).where(*days, DailyCount.name == Metric.REFUSED.value)
    return [(key, int(many)) for key, many in session.execute(query.group_by(DailyCount.key)) if many]


def _times(session: Session, scope: Scope, results: Results) -> Found:
    """Rounds with a result in the period; nothing is held but their seconds."""
    mine = (sources.of_joined(scope), *sources.results(scope))
    times = select(Ticket.channel, TicketClock.started_at, TicketClock.ended_at).join_from(
        TicketClock, Ticket, Ticket.id == TicketClock.ticket_id
    )
    time = policies.at(session, scope.until).time(session)
    seconds = durations.OpenSeconds(time, min(results.first or scope.since, scope.since), scope.until)
    rows = session.execute(times.where(*mine), execution_options={"yield_per": _AT_ONCE})
    found = durations.handling(
        ((channel, began, ended or began) for channel, began, ended in rows), sources.CHANNEL_GROUPS, seconds
    )
    figures = []
    for group, handling in found.items():
        for kind, spread in (("natural", handling.natural), ("working", handling.working)):
            name = f"handling_{kind}_{group}"
            figures.append(making.mean(scope, name, DEFINITIONS[name], spread.mean, spread.n, spread.median))
    return figures, []


def _satisfaction(session: Session, scope: Scope, results: Results) -> Found:
    query = select(Rating.scale, Rating.label, Rating.score, func.count()).join(Ticket, Ticket.id == Rating.ticket_id)
    query = query.where(sources.of_joined(scope), *sources.ratings(scope))
    rows = session.execute(query.group_by(Rating.scale, Rating.label, Rating.score)).all()
    figures, breakdowns = [], []
    for scale in scales.Scale:
        mine = [(label, score, many) for found, label, score, many in rows if found == scale.value]
        if not mine and scale is not scales.Scale.S3:
            continue
        n, total = sum(many for *_, many in mine), sum(score * many for _, score, many in mine)
        told = _named(SATISFACTION, scale)
        value = total / n if n >= FEWEST else None
        figures.append(making.mean(scope, f"satisfaction_{scale}", told, value, n, None, f"{scale}:"))
        words = _named(RATINGS_BY_WORD, scale)
        counts = [(label, many) for label, _, many in mine]
        breakdowns.append(
            making.breakdown(scope, f"ratings_{scale}", counts, {}, words, key_prefix=f"{scale}:")
        )  # fmt: skip
    return figures, [*breakdowns, _dissatisfied(session, scope)]


def _named(told: Any, scale: scales.Scale) -> Any:
    """A definition with the words of a scale in it."""
    name = scales.SCALE_NAMES[scale]
    return replace(told, label=told.label.format(scale=name), words=told.words.format(scale=name))


def _dissatisfied(session: Session, scope: Scope) -> Breakdown:
    row = Dissatisfaction
    query = select(row.stage_id, ImprovementStage.name, row.reason, func.count()).join(
        Ticket, Ticket.id == row.ticket_id
    )
    query = query.outerjoin(ImprovementStage, ImprovementStage.id == row.stage_id)
    query = query.where(sources.of_joined(scope), *sources.dissatisfied(scope))
    counts, words = [], {}
    for stage_id, stage, reason, many in session.execute(
        query.group_by(row.stage_id, ImprovementStage.name, row.reason)
    ):
        key = f"{stage_id or ''}|{reason}"
        words[key] = labels.dissatisfied(stage, reason)
        counts.append((key, many))
    return making.breakdown(scope, "dissatisfied", counts, words)


def _practice(session: Session, scope: Scope, results: Results) -> Found:
    used = select(func.count(distinct(ArticleUse.ticket_id))).join(Ticket, Ticket.id == ArticleUse.ticket_id)
    cited = session.scalar(used.where(sources.of_joined(scope), *sources.uses(scope))) or 0
    by_article = select(Article.number, Article.title, func.count()).join(
        ArticleUse, ArticleUse.article_id == Article.id
    )
    by_article = by_article.join(Ticket, Ticket.id == ArticleUse.ticket_id)
    rows = session.execute(
        by_article.where(sources.of_joined(scope), *sources.uses(scope)).group_by(Article.number, Article.title)
    ).all()  # fmt: skip
    states = select(CallBack.status, func.count()).join(Ticket, Ticket.id == CallBack.ticket_id)
    calls = session.execute(
        states.where(sources.of_joined(scope), *sources.call_backs(scope)).group_by(CallBack.status)
    ).all()  # fmt: skip
    by_state = {state: many for state, many in calls}
    breaks = select(OrderBreak.reason, func.count()).join(Ticket, Ticket.id == OrderBreak.ticket_id)
    passed = session.execute(
        breaks.where(sources.of_joined(scope), *sources.order_breaks(scope)).group_by(OrderBreak.reason)
    ).all()  # fmt: skip
    figures = [
        making.count(scope, "knowledge_used", cited),
        making.part_of(
            scope, "call_backs_done", by_state.get(CallBackState.DONE.value, 0), sum(by_state.values())
        ),
        making.count(scope, "passed_over", sum(many for _, many in passed)),
    ]  # fmt: skip
    return figures, [
        making.breakdown(
            scope, "articles", [(number, many) for number, _, many in rows],
            {number: f"{number} {title}" for number, title, _ in rows},
        ),
        making.breakdown(scope, "call_backs_by_state", by_state.items(), labels.CALLS),
        making.breakdown(scope, "passed_over_by_reason", [(reason, many) for reason, many in passed], REASON_LABELS),
    ]  # fmt: skip


def _added(counts: Iterable[tuple[str, int]]) -> Counts:
    """Several counts of one key put together."""
    found: dict[str, int] = {}
    for key, many in counts:
        found[key] = found.get(key, 0) + many
    return list(found.items())


PARTS: dict[str, Callable[[Session, Scope, Results], Found]] = {
    "amounts": _amounts,
    "service": _service,
    "times": _times,
    "satisfaction": _satisfaction,
    "practice": _practice,
    "received": _received,
}
