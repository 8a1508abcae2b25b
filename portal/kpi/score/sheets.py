"""One person's figures of a month from their cases, with what could be gamed beside them (REQUIREMENTS H7, T9).

Pure: nothing of a colleague is in a sheet but what a rank makes of it, and the rank itself is not shown.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from portal.kpi.score.bands import (
    NOT_GRADED,
    Bands,
    Metric,
    Result,
    count_result,
    grade,
    mean_result,
    one_decimal,
    rank_points,
    rate_result,
    total,
    weighed,
)
from portal.kpi.score.cases import Case, counted
from portal.kpi.score.names import EndedHow
from portal.kpi.score.rules import Rules
from portal.tickets.states import Urgency

NO_DATA = "无数据"


@dataclass(frozen=True)
class Place:
    """What decides the rank of volume: by queue one's own count, and those of everybody in it, oneself included."""

    own: int
    everybody: Sequence[int]


@dataclass(frozen=True)
class Computed:
    """What a sheet says. `points`, `out_of`: None where there is no score."""

    inputs: dict[str, Any]
    points: float | None
    out_of: float | None
    grade: str


def compute(
    cases: Mapping[Metric, Sequence[Case]],
    places: Mapping[str, Place],
    present: int,
    rules: Rules,
    otherwise: Mapping[str, int] | None = None,
) -> Computed:
    """Args:
    places: by queue in which the person counts. present: working days on which they were there.
    otherwise: merged and void rounds, by how they ended.
    """
    results = {metric: _result(metric, cases[metric], places, rules) for metric in Metric}
    points, out_of = total((rules.metrics[metric].weight, results[metric]) for metric in Metric)
    is_scored = present >= rules.term("least_days_present")
    inputs = {
        "metrics": {
            metric.value: _as_json(results[metric], rules.metrics[metric].weight, _beside(metric, cases))
            for metric in Metric
        },
        "coverage": _coverage(cases[Metric.RESOLUTION], otherwise or {}),
        "present": present,
    }
    if not is_scored:
        return Computed(inputs, None, None, NOT_GRADED)
    return Computed(inputs, points, out_of, grade(points, out_of, rules.grades, rules.term("least_out_of")))


def _result(metric: Metric, found: Sequence[Case], places: Mapping[str, Place], rules: Rules) -> Result:
    rule, least, counts = rules.metrics[metric], rules.term("least_cases"), counted(found)
    if metric is Metric.RESOLUTION:
        no = sum(case.outcome == EndedHow.NOT_SOLVED for case in counts)
        return rate_result(len(counts) - no, no, rule.bands, rule.weight, least)
    if metric is Metric.KNOWLEDGE:
        return count_result(len(counts), rule.bands, rule.weight)
    if metric is Metric.VOLUME:
        points = _rank(places, rule.bands, rules)
        return Result(len(counts), len(counts), None, weighed(points, metric, rule.weight))
    values = [case.value for case in counts if case.value is not None]
    return mean_result(metric, values, rule.bands, rule.weight, least)


def _rank(places: Mapping[str, Place], bands: Bands, rules: Rules) -> float:
    """The better band of the queues in which the person works (rule 5)."""
    few, least = rules.term("few_people"), rules.term("least_people")
    found = (rank_points(place.own, place.everybody, bands, few, least) for place in places.values())
    return max(found, default=bands.rest)


def _beside(metric: Metric, cases: Mapping[Metric, Sequence[Case]]) -> dict[str, Any]:
    found = counted(cases[metric])
    if metric is Metric.RESPONSE:
        waits = [case.beside for case in found if case.beside is not None]
        return {"reply_n": len(waits), "reply_mean": _mean(waits), "reply_median": median(waits) if waits else None}
    if metric is Metric.RESOLUTION:
        return {"reopened": sum(case.is_reopened for case in cases[metric])}
    if metric is Metric.SATISFACTION:
        return {"outside": _counts(case.outcome for case in cases[metric] if not case.is_counted)}
    if metric is Metric.VOLUME:
        urgencies = Counter(Urgency(case.urgency).name.lower() for case in found if case.urgency is not None)
        return {"urgency": dict(urgencies), "symptom": _counts(case.symptom for case in found)}
    return {}


def _coverage(results: Sequence[Case], otherwise: Mapping[str, int]) -> dict[str, int]:
    """How many rounds are outside the rate, by how they ended; merged and void ones too."""
    return {**_counts(case.outcome for case in results if not case.is_counted), **otherwise}


def _counts(words: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(words).items()))


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _as_json(result: Result, weight: float, beside: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "value": result.value, "n": result.n, "median": result.median, "points": result.points, "weight": weight,
        "beside": dict(beside),
    }  # fmt: skip


def shown_value(metric: Metric, value: float | None, n: int, least: int) -> str:
    """As people and the table of the month read it; 无数据 where nothing is scored."""
    if metric in (Metric.VOLUME, Metric.KNOWLEDGE):
        return str(int(value or 0))
    if value is None or n < least:
        return NO_DATA
    if metric is Metric.RESPONSE:
        return f"{value:.0f}"
    return f"{one_decimal(value):g}" if metric is Metric.RESOLUTION else f"{value:.2f}"
