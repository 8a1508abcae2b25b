"""Reads the posted values of a field, whichever door they come through: bounded, so that nothing huge is kept.

What is kept is longer than the field may be, so that the check still refuses it with the rule's own sentence and the
person still has the text to shorten.
"""

from collections.abc import Mapping, Sequence

from portal.kinds.fields import FieldSpec


def kept_values(spec: FieldSpec, given: Sequence[str]) -> list[str]:
    """The posted values, each cut to what is kept of it; of a field with one value only the first.

    A tick sends an empty value ahead of its own, so that taking it back is sent too: its last one counts.
    """
    if spec.input == "tick":
        return [text[: spec.kept_length] for text in given[-1:]]
    if spec.most == 1:
        return [text[: spec.kept_length] for text in given[:1]]
    # Several values may be typed into one box: together they get the room that one more than allowed would need.
    room, kept = spec.kept_length * (spec.most + 1), []
    for text in given[: spec.kept_count]:
        kept.append(text[:room])
        room -= len(kept[-1])
    return kept


def kept_answers(fields: Sequence[FieldSpec], values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """As `kept_values`, for answers by name; names of other fields are left out."""
    return {spec.name: kept_values(spec, values[spec.name]) for spec in fields if spec.name in values}
