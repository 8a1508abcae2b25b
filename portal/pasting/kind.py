"""Of which kind a pasted message speaks. Pure."""

from collections import Counter

from portal.kinds.names import joined
from portal.kinds.table import KINDS, Kind
from portal.pasting import report as report_module
from portal.pasting.labels import simplified


def kind_of(text: str) -> tuple[Kind | None, bool]:
    """The kind whose own fields the message names, and whether it is a report at all.

    None if it names the fields of no kind alone. A field of every kind says nothing; the name of a kind counts as one
    of its fields: HIS问题, 日常问题.
    """
    form = simplified(text[: report_module.LONGEST]).replace(" ", "")
    points: Counter[str] = Counter()
    reports = report_module.read_as(text, KINDS.values())
    for kind, report in zip(KINDS.values(), reports, strict=True):
        named = {*report.found, *report.starred, *report.unclear}
        own = {spec.name for spec in kind.fields} - _fields_of_others(kind)
        is_named = joined(kind.label, "问题").replace(" ", "") in form
        points[kind.name] = len(named & own) + is_named
    [(best, most), *others] = points.most_common()
    is_clear = most > 0 and all(fewer < most for _, fewer in others)
    clear = next(kind for kind in KINDS.values() if kind.name == best) if is_clear else None
    return clear, any(report.is_result for report in reports)


def _fields_of_others(kind: Kind) -> set[str]:
    """Fields of other kinds, and the ID numbers, which the reader takes for one another."""
    others = {spec.name for other in KINDS.values() if other.name != kind.name for spec in other.fields}
    return others | {"id_number", "patient_id_number"}
