"""Figures and breakdowns from their counts: labels, links, shares, and the rest put together."""

from collections.abc import Iterable, Mapping
from urllib.parse import urlencode

from portal.kpi.figures.definitions import BREAKDOWNS, DEFINITIONS, BreakdownDefinition, Definition
from portal.kpi.figures.labels import NONE, REST, of_key
from portal.kpi.figures.shapes import Breakdown, Figure, Row, share
from portal.kpi.figures.sources import Scope

_NO_LIST = (REST,)


def link(scope: Scope, cases: str | None, key: str = "") -> str | None:
    """Where the tickets behind a figure are listed; None where no list is kept."""
    if cases is None:
        return None
    queue = scope.queues[0] if len(scope.queues) == 1 else ""
    given = {
        "figure": cases, "from": scope.period.first.isoformat(), "to": scope.period.last.isoformat(), "queue": queue,
        "key": key,
    }  # fmt: skip
    return "/insights/tickets?" + urlencode({name: value for name, value in given.items() if value})


def count(scope: Scope, name: str, value: int) -> Figure:
    """A plain count."""
    told = DEFINITIONS[name]
    return Figure(name, told.label, told.section, told.unit, value, None, told.words, link(scope, told.cases))


def part_of(scope: Scope, name: str, part: int, n: int) -> Figure:
    """A share of n cases."""
    told = DEFINITIONS[name]
    return Figure(
        name, told.label, told.section, told.unit, share(part, n), n, told.words, link(scope, told.cases), part,
        target=told.target,
    )  # fmt: skip


def mean(
    scope: Scope, name: str, told: Definition, value: float | None, n: int, median: float | None, key: str = ""
) -> Figure:
    """A mean with the n and median beside it."""
    where = link(scope, told.cases, key)
    return Figure(name, told.label, told.section, told.unit, value, n, told.words, where, median=median)


def breakdown(
    scope: Scope, name: str, counts: Iterable[tuple[str, int]], labels: Mapping[str, str],
    told: BreakdownDefinition | None = None, n: int | None = None, key_prefix: str = "",
) -> Breakdown:  # fmt: skip
    """How counts by key fall apart.

    Args:
        labels: of the keys; a key without one is its own label. n: of the shares; without it the sum.
        key_prefix: before each key in the address of its list.
    """
    told = told or BREAKDOWNS[name]
    ordered = sorted(counts, key=lambda pair: (-pair[1], pair[0]))
    whole = sum(count for _, count in ordered) if n is None else n
    listed = [(key, many) for key, many in ordered if many >= told.rest_below or key == NONE][: told.most]
    rest = sum(many for _, many in ordered) - sum(many for _, many in listed)
    if rest:
        listed.append((REST, rest))
    rows = [
        Row(
            key, of_key(key, labels), many, share(many, whole),
            None if key in _NO_LIST else link(scope, told.cases, key_prefix + key),
        )
        for key, many in listed
    ]  # fmt: skip
    return Breakdown(name, told.label, told.section, told.words, whole, rows, told.is_top)
