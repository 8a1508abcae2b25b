"""How the figures of a report read: values, changes against the period before, and what two periods differ in. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.kpi.figures.labels import NONE, REST
from portal.kpi.figures.shapes import FEWEST, SECTION_LABELS, Unit

Json = Mapping[str, Any]
NO_DATA, TOO_FEW = "无数据", f"不足 {FEWEST} 条，不算"
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# In the course of the last periods: whose amounts stand beside each other, and whose shares and means.
COURSE_FIGURES = ("received", "results", "reply_in_time", "solved_in_time", "satisfaction_s3")
_HOLIDAYS_NAMED = 4
_NO_ANSWERS = (NONE, REST)


def value_text(unit: str, value: float | None, n: int | None = None) -> str:
    """`12`, `91.7 %`, `3 小时 20 分`, `4.50 分`; in words where there is none."""
    if value is None:
        return TOO_FEW if n else NO_DATA
    if unit == Unit.COUNT:
        return f"{value:g}"
    if unit == Unit.PERCENT:
        return f"{value:.1f} %"
    return f"{value:.2f} 分" if unit == Unit.SCORE else duration(value)


def duration(seconds: float) -> str:
    """The two largest of 天, 小时, 分; below a minute in seconds."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} 秒"
    days, rest = divmod(whole, _DAY)
    hours, rest = divmod(rest, _HOUR)
    parts = [(days, "天"), (hours, "小时"), (rest // _MINUTE, "分")]
    first = next(place for place, (many, _) in enumerate(parts) if many)
    return " ".join(f"{many} {word}" for many, word in parts[first : first + 2] if many)


def change_text(figure: Json) -> str:
    """`+8.4 个百分点`, `少 12`, `慢 1 小时 5 分`; empty where one of both cannot be said."""
    value, before, unit = figure["value"], figure["before"], figure["unit"]
    if value is None or before is None:
        return ""
    change = value - before
    if unit == Unit.SECONDS:
        return "相同" if round(change) == 0 else f"{'慢' if change > 0 else '快'} {duration(abs(change))}"
    if unit == Unit.COUNT:
        return "相同" if change == 0 else f"{'多' if change > 0 else '少'} {abs(change):g}"
    words = f"{change:+.1f} 个百分点" if unit == Unit.PERCENT else f"{change:+.2f} 分"
    return "相同" if not float(words.split(maxsplit=1)[0]) else words


def of_n(figure: Json) -> str:
    """`11 / 12` of a share, `共 12 轮` of a mean; empty for a plain count."""
    if figure["n"] is None:
        return ""
    if figure["part"] is not None:
        return f"{figure['part']} / {figure['n']}"
    return f"共 {figure['n']} {'个评价' if figure['unit'] == Unit.SCORE else '轮'}"


def is_missed(figure: Json) -> bool | None:
    """Whether a target is missed; None without one or without a value."""
    if figure["target"] is None or figure["value"] is None:
        return None
    return bool(figure["value"] < figure["target"])


def days_text(calendar: Json) -> str:
    """`5 个工作日`, with the holidays and the weekend days that were worked."""
    words = f"{calendar['working_days']} 个工作日"
    more = []
    if calendar["holidays"]:
        names = list(dict.fromkeys(one["name"] for one in calendar["holidays"]))[:_HOLIDAYS_NAMED]
        more.append(f"{'、'.join(names)}放假 {len(calendar['holidays'])} 个工作日")
    if calendar["worked_weekends"]:
        more.append(f"调休上班 {len(calendar['worked_weekends'])} 天")
    if calendar["is_estimate"]:
        more.append("当年的放假安排还没有录入，按估计")
    return f"{words}（{'；'.join(more)}）" if more else words


def compares_badly(content: Json) -> bool:
    """Whether both periods have other numbers of working days, so that amounts do not compare."""
    before = content["before"]["calendar"]
    return bool(before) and before["working_days"] != content["calendar"]["working_days"]


def sections(content: Json) -> list[tuple[str, list[Json], list[Json]]]:
    """The headings with their figures and breakdowns."""
    found = []
    for section, label in SECTION_LABELS.items():
        figures = [one for one in content["figures"] if one["section"] == section]
        breakdowns = [one for one in content["breakdowns"] if one["section"] == section]
        if figures or breakdowns:
            found.append((label, figures, breakdowns))
    return found


def tops(content: Json) -> list[tuple[str, Sequence[Json]]]:
    """The first three of types, causes and refusals."""
    return [(one["label"], _first(one)) for one in content["breakdowns"] if one["is_top"]]


def first_keys(breakdown: Json) -> list[str]:
    """The keys of its first three; none of a breakdown that names no first ones."""
    return [row["key"] for row in _first(breakdown)] if breakdown["is_top"] else []


def _first(breakdown: Json) -> list[Json]:
    return [row for row in breakdown["rows"] if row["key"] not in _NO_ANSWERS][:3]


def course_rows(content: Json) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Of each figure in the course: label, unit, and value by period, the oldest first."""
    labels = {one["name"]: one for one in content["figures"]}
    found = []
    for name in COURSE_FIGURES:
        if name in labels:
            unit = labels[name]["unit"]
            values = [
                (point["period"], value_text(unit, *point["values"].get(name, (None, None))))
                for point in content["course"]
            ]
            found.append((labels[name]["label"], unit, values))
    return found
