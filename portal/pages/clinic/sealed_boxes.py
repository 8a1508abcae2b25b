"""The box of a sealed field: several values may be typed into it, and each is judged by itself."""

from collections.abc import Sequence

from portal.errors import Fault
from portal.kinds.fields import CheckContext, FieldSpec, Step
from portal.kinds.names import Channel
from portal.kinds.table import Kind
from portal.kinds.validation import normalised, text_faults
from portal.reports.draft_answers import Values
from portal.reports.masked_answers import field_masks


def judged(
    kind: Kind, spec: FieldSpec, given: Sequence[str], context: CheckContext
) -> tuple[list[str], Sequence[Fault]]:
    """The right values, and one fault that names each wrong one by its place and its mask."""
    values = normalised(kind, {spec.name: given}).get(spec.name, [])
    if spec.most == 1:
        faults = _faults(kind, spec, values, context)
        return (list(given) if values and not faults else [], faults)
    right: list[str] = []
    words: list[str] = []
    codes: list[str] = []
    for number, value in enumerate(values, 1):
        faults = _faults(kind, spec, [value], context)
        if not faults:
            right.append(value)
            continue
        where = f"第 {number} 个（{field_masks(spec, [value])[0]}）：" if len(values) > 1 else ""
        words.append(where + faults[0].message)
        codes.append(faults[0].code)
    return right, [spec.fault(codes[0], "；".join(words))] if words else []


def right_values(kind: Kind, step: Step, values: Values, context: CheckContext) -> dict[str, list[str]]:
    """The sealed values of a step that may be called filled in."""
    sealed = [spec for spec in kind.on(step) if spec.is_sensitive]
    return {spec.name: judged(kind, spec, values.get(spec.name, ()), context)[0] for spec in sealed}


def removal(name: str, place: int, count: int) -> str:
    """What 删除 beside one of several masks sends: pressed twice it removes one value only."""
    return f"{name}:{place}/{count}"


def _faults(kind: Kind, spec: FieldSpec, values: Sequence[str], context: CheckContext) -> Sequence[Fault]:
    return text_faults(kind, Channel.YXT, {spec.name: values}, [spec], context) if values else []
