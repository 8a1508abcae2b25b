"""The geometry of a report's charts: whole numbers for SVG. The words of each stand in a table beside it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from portal.kpi.books.wording import COURSE_FIGURES, value_text
from portal.kpi.figures.shapes import Unit

Json = Mapping[str, Any]
ROW, BAR, LEFT, WIDE = 34, 300, 200, 640
_MOST_ROWS = 10
_MOST_LABEL = 14
COLUMN, EDGE, HIGH, FOOT, HEAD = 52, 9, 110, 22, 26
_FULL = {Unit.PERCENT.value: 100.0, Unit.SCORE.value: 5.0}


@dataclass(frozen=True)
class Bar:
    """One line of a breakdown: this period, and the one before where it is known."""

    label: str
    y: int
    length: int
    number: str
    before: int | None


@dataclass(frozen=True)
class Bars:
    height: int
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Column:
    """One period; `height` is None where the value cannot be said."""

    label: str
    x: int
    y: int
    height: int | None
    number: str
    is_last: bool


@dataclass(frozen=True)
class Columns:
    label: str
    width: int
    height: int
    base: int
    columns: Sequence[Column]


def bars(breakdown: Json) -> Bars | None:
    """None where there is nothing to draw."""
    rows = breakdown["rows"][:_MOST_ROWS]
    top = max([row["count"] for row in rows] + [row["before"] or 0 for row in rows], default=0)
    if not top:
        return None
    made = [
        Bar(
            _short(row["label"]), place * ROW, _length(row["count"], top), _number(row),
            None if row["before"] is None else _length(row["before"], top),
        )
        for place, row in enumerate(rows)
    ]  # fmt: skip
    return Bars(len(rows) * ROW + 4, made)


def courses(content: Json) -> list[Columns]:
    """One for each figure that has a course; none with a single period: there is nothing to compare."""
    if len(content["course"]) < 2:
        return []
    known = {one["name"]: one for one in content["figures"]}
    return [_course(known[name], content["course"]) for name in COURSE_FIGURES if name in known]


def _course(figure: Json, points: Sequence[Json]) -> Columns:
    unit = figure["unit"]
    values = [point["values"].get(figure["name"], (None, None)) for point in points]
    top = _FULL.get(unit) or max([value or 0 for value, _ in values] + [1])
    made = []
    for place, (point, (value, n)) in enumerate(zip(points, values, strict=True)):
        height = None if value is None else round(min(value, top) * HIGH / top)
        y = HEAD + HIGH - (height or 0)
        number = value_text(unit, value, n) if value is not None else "—"
        made.append(Column(_period(point["period"]), place * COLUMN, y, height, number, place == len(points) - 1))
    return Columns(figure["label"], len(points) * COLUMN, HEAD + HIGH + FOOT, HEAD + HIGH, made)


def _period(name: str) -> str:
    """`48 周` or `11 月`."""
    _, _, rest = name.partition("-")
    return f"{int(rest[1:])} 周" if rest.startswith("W") else f"{int(rest)} 月"


def _length(count: int, top: int) -> int:
    return max(1, round(count * BAR / top)) if count else 0


def _number(row: Json) -> str:
    share = "" if row["share"] is None else f"（{row['share']:.1f} %）"
    return f"{row['count']}{share}"


def _short(label: str) -> str:
    return label if len(label) <= _MOST_LABEL else f"{label[: _MOST_LABEL - 1]}…"
