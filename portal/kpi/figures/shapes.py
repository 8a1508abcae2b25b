"""What a figure is: value, n, definition and the way to its tickets, as reports freeze it and the API says it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from portal.kpi.figures.periods import Period

FEWEST = 5  # with fewer cases no share and no mean is given
Json = dict[str, Any]


class Unit(StrEnum):
    """How a value reads."""

    COUNT = "count"
    PERCENT = "percent"
    SECONDS = "seconds"
    SCORE = "score"


class Section(StrEnum):
    """Under which heading a figure or breakdown stands."""

    AMOUNT = "amount"
    SERVICE = "service"
    TIME = "time"
    SATISFACTION = "satisfaction"
    PRACTICE = "practice"


SECTION_LABELS: dict[Section, str] = {
    Section.AMOUNT: "数量",
    Section.SERVICE: "回复、处理和返工",
    Section.TIME: "处理用时",
    Section.SATISFACTION: "满意度",
    Section.PRACTICE: "知识、回访和秩序",
}


@dataclass(frozen=True)
class Figure:
    """One figure.

    Attributes:
        value: None where it cannot be said: no case, or too few. n: the cases it is made of; None for a plain count.
        part: of the n cases, those that count; for shares. median: beside a mean.
        before: the value of the period before. link: the list of its tickets; None where none is kept.
    """

    name: str
    label: str
    section: Section
    unit: Unit
    value: float | None
    n: int | None
    definition: str
    link: str | None = None
    part: int | None = None
    median: float | None = None
    target: float | None = None
    before: float | None = None
    before_n: int | None = None


@dataclass(frozen=True)
class Row:
    """One line of a breakdown; `share` of its n in percent, None with too few."""

    key: str
    label: str
    count: int
    share: float | None = None
    link: str | None = None
    before: int | None = None


@dataclass(frozen=True)
class Breakdown:
    """How a number of cases falls apart, the most frequent first.

    Attributes:
        is_top: its first three are named in the report's head.
    """

    name: str
    label: str
    section: Section
    definition: str
    n: int
    rows: Sequence[Row] = ()
    is_top: bool = False


@dataclass(frozen=True)
class Figures:
    """All figures of a period and some queues."""

    period: Period
    queues: tuple[str, ...]
    figures: Sequence[Figure] = ()
    breakdowns: Sequence[Breakdown] = ()
    calendar: Json = field(default_factory=dict)

    def get(self, name: str) -> Figure:
        """A figure by its name; raises KeyError."""
        found = {figure.name: figure for figure in self.figures}
        return found[name]

    def as_json(self) -> Json:
        return {
            "period": self.period.name,
            "grain": self.period.grain.value,
            "from": self.period.first.isoformat(),
            "to": self.period.last.isoformat(),
            "queues": list(self.queues),
            "calendar": self.calendar,
            "figures": [asdict(figure) for figure in self.figures],
            "breakdowns": [asdict(one) for one in self.breakdowns],
        }


def share(part: int, n: int) -> float | None:
    """In percent, unrounded; None with fewer than FEWEST cases."""
    return None if n < FEWEST else part * 100 / n
