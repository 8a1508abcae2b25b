"""Of which kind a pasted message speaks. Pure."""

import re
from collections import Counter

from portal.kinds.table import KINDS, Kind
from portal.pasting import report as report_module
from portal.pasting.labels import simplified

_LONGEST = report_module.LONGEST


def kind_of(text: str) -> Kind | None:
    """The kind whose own fields the message names; None if it names those of none, or of several.

    A field of every kind says nothing. The name of a kind counts as one of its fields: HIS问题, 日常问题.
    """
    form = simplified(text[:_LONGEST])
    points: Counter[str] = Counter()
    for kind in KINDS.values():
        report = report_module.read(text, kind)
        named = {*report.found, *report.starred, *report.unclear}
        own = {spec.name for spec in kind.fields} - _fields_of_others(kind)
        points[kind.name] = len(named & own) + bool(_name_of(kind).search(form))
    [(best, most), *others] = points.most_common()
    is_clear = most > 0 and all(fewer < most for _, fewer in others)
    return next(kind for kind in KINDS.values() if kind.name == best) if is_clear else None


def _fields_of_others(kind: Kind) -> set[str]:
    """Fields of other kinds, and the ID numbers, which the reader takes for one another."""
    others = {spec.name for other in KINDS.values() if other.name != kind.name for spec in other.fields}
    return others | {"id_number", "patient_id_number"}


def _name_of(kind: Kind) -> re.Pattern[str]:
    edge = r"(?<![A-Za-z])" if kind.label.isascii() else ""
    return re.compile(
        rf"{edge}{re.escape(kind.label)}\s?(?:系统)?\s?(?:的)?问题|^\W{{0,4}}{edge}{re.escape(kind.label)}\W",
        re.MULTILINE,
    )
