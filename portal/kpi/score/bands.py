"""Points and grades from figures: pure functions, and nothing else (REQUIREMENTS H1-H6, T9).

Bands are continuous and compared with the unrounded value. A figure without enough cases has no points, and then the
sheet is out of less: nobody gets points for nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import fmean, median
from typing import Any

NOT_GRADED = "未评级"


class Metric(StrEnum):
    """The five figures of a sheet (CONTRACT 7)."""

    RESPONSE = "response"
    RESOLUTION = "resolution"
    SATISFACTION = "satisfaction"
    VOLUME = "volume"
    KNOWLEDGE = "knowledge"


METRIC_LABELS: dict[Metric, str] = {
    Metric.RESPONSE: "响应时效",
    Metric.RESOLUTION: "问题解决率",
    Metric.SATISFACTION: "客户满意度",
    Metric.VOLUME: "工单处理量",
    Metric.KNOWLEDGE: "知识库更新",
}
# The weights for which the bands are written (REQUIREMENTS H6); another weight stretches or shrinks them.
DEFAULT_WEIGHTS: dict[Metric, int] = {
    Metric.RESPONSE: 20,
    Metric.RESOLUTION: 30,
    Metric.SATISFACTION: 30,
    Metric.VOLUME: 10,
    Metric.KNOWLEDGE: 10,
}
SMALLER_IS_BETTER = frozenset({Metric.RESPONSE, Metric.VOLUME})  # seconds; rank among all in percent
COUNTS = frozenset({Metric.VOLUME, Metric.KNOWLEDGE})  # they always have their band


@dataclass(frozen=True)
class Bands:
    """Limits with their points, the best first; `rest` is for what reaches none."""

    limits: tuple[tuple[float, float], ...]
    rest: float

    def of(self, value: float, *, smaller_is_better: bool) -> float:
        reached = (points for limit, points in self.limits if (value <= limit if smaller_is_better else value >= limit))
        return next(reached, self.rest)


@dataclass(frozen=True)
class Result:
    """One figure of a sheet. `value` is None where nothing was measured, `points` where it does not count."""

    value: float | None
    n: int
    median: float | None
    points: float | None


def weighed(points: float, metric: Metric, weight: float) -> float:
    """Points of a band under another weight, with one decimal."""
    return one_decimal(points * weight / DEFAULT_WEIGHTS[metric])


def one_decimal(value: float) -> float:
    """Halves go up, as people round: 12.25 is 12.3."""
    return int(value * 10 + 0.5 + 1e-9) / 10


def mean_result(metric: Metric, values: Sequence[float], bands: Bands, weight: float, least: int) -> Result:
    """An average; fewer than `least` cases have no points."""
    if not values:
        return Result(None, 0, None, None)
    value, is_enough = fmean(values), len(values) >= least
    points = bands.of(value, smaller_is_better=metric in SMALLER_IS_BETTER)
    return Result(value, len(values), median(values), weighed(points, metric, weight) if is_enough else None)


def rate_result(yes: int, no: int, bands: Bands, weight: float, least: int) -> Result:
    """Confirmed among those that the clinic answered, in percent."""
    n = yes + no
    if not n:
        return Result(None, 0, None, None)
    value = 100 * yes / n
    points = weighed(bands.of(value, smaller_is_better=False), Metric.RESOLUTION, weight)
    return Result(value, n, None, points if n >= least else None)


def count_result(count: int, bands: Bands, weight: float) -> Result:
    points = bands.of(count, smaller_is_better=False)
    return Result(count, count, None, weighed(points, Metric.KNOWLEDGE, weight))


def rank_percent(own: int, everybody: Iterable[int]) -> float:
    """1 + people with strictly more, among all people, in percent: ties share the better band.

    Args:
        everybody: the counts of all people, one's own among them.
    """
    counts = list(everybody)
    return 100 * (1 + sum(count > own for count in counts)) / len(counts)


def rank_points(own: int, everybody: Sequence[int], bands: Bands, few: float, least_people: int) -> float:
    """Points for a place in one queue; where there are too few people for a ranking everybody has the same."""
    if len(everybody) < least_people:
        return few
    return bands.of(rank_percent(own, everybody), smaller_is_better=True)


def total(results: Iterable[tuple[float, Result]]) -> tuple[float, float]:
    """Points, and out of how many: the weights of the figures that have points."""
    counted = [(weight, result.points) for weight, result in results if result.points is not None]
    return one_decimal(sum(points for _, points in counted)), one_decimal(sum(weight for weight, _ in counted))


def grade(points: float, out_of: float, grades: Sequence[Sequence[Any]], least_out_of: float) -> str:
    """From the share of what could be reached, unrounded; none where too little could be."""
    if not out_of or out_of < least_out_of:
        return NOT_GRADED
    share = 100 * points / out_of
    return next((str(name) for limit, name in grades if share >= limit), NOT_GRADED)
