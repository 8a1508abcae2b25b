"""The questions of a one-time link: each missing field as its own control."""

from collections.abc import Iterable, Sequence

from portal.desk.filing_forms import FieldView
from portal.errors import Fault
from portal.tickets.fields import FieldSpec
from portal.tickets.validation import Values


def questions(asked: Iterable[FieldSpec], typed: Values, faults: Sequence[Fault]) -> list[FieldView]:
    """The missing fields in the order of the form. What was typed comes back unless it is a secret."""
    by_field = {fault.field: fault for fault in faults}
    return [
        FieldView(
            name=spec.name,
            label=spec.label,
            help=spec.help,
            input=spec.input,
            required=True,
            choices=spec.choices,
            suggestions=spec.suggestions,
            value="" if spec.is_sensitive else next(iter(typed.get(spec.name, ())), ""),
            kept=(),
            is_sensitive=spec.is_sensitive,
            suggested_from="",
            can_clear=False,
            shown_when="",
            fault=by_field.get(spec.name),
        )
        for spec in asked
    ]
