"""A field of a kind on a form: the clinic's steps, 代客提报, and the questions of a supplement."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from portal.errors import Fault
from portal.kinds.fields import FieldSpec
from portal.kinds.validation import Values
from portal.vault.masks import MASKS

# Where the script gets names that complete the typed text.
_SUGGESTED_FROM = {"institution": "/institutions/suggestions"}


@dataclass(frozen=True)
class Question:
    """`value` never holds a secret; `kept` holds the masks of stored ones.

    Attributes:
        needs, note, is_asked: only for 代客提报: how each kind and channel treats the field, in one line.
    """

    name: str
    label: str
    help: str
    input: str
    required: bool
    choices: Sequence[tuple[str, str]]
    suggestions: Sequence[str]
    value: str = field(repr=False)
    kept: Sequence[str]
    is_sensitive: bool
    suggested_from: str
    can_clear: bool
    shown_when: str
    fault: Fault | None
    is_remembered: bool = False
    needs: str = ""
    note: str = ""
    is_asked: bool = True
    is_more: bool = False  # behind the fold of optional fields
    mark: str = ""  # for whom a field is a must that others may leave empty: 报错类要填


def form_question(
    spec: FieldSpec,
    typed: Sequence[str],
    clean: Sequence[str],
    fault: Fault | None,
    suggestions: Sequence[str],
    *,
    required: bool,
    can_clear: bool,
    is_remembered: bool = False,
    needs: str = "",
    note: str = "",
    is_asked: bool = True,
) -> Question:
    """A field of a whole form: it may depend on another answer, and shows stored secrets (`clean`) as masks."""
    return Question(
        name=spec.name,
        label=spec.label,
        help=spec.help,
        input=spec.input,
        # A conditional field says in its help when it is required; 选填 beside it would contradict that.
        required=required or bool(spec.required_when),
        choices=spec.choices,
        suggestions=suggestions,
        value=_shown(spec, typed),
        # 已填写 beside a fault would say that all is well.
        kept=[MASKS[spec.mask](value) for value in clean] if spec.mask and not fault else [],
        is_sensitive=spec.is_sensitive,
        suggested_from=_SUGGESTED_FROM.get(spec.name, ""),
        can_clear=can_clear and spec.is_sensitive and bool(clean),
        shown_when=" ".join(f"{other.field}={other.value}" for other in spec.conditions if other.value),
        fault=fault,
        is_remembered=is_remembered,
        needs=needs,
        note=note,
        is_asked=is_asked,
        is_more=spec.is_more,
    )


def supplement_questions(
    asked: Iterable[FieldSpec], typed: Values, faults: Sequence[Fault], *, is_required: bool = True
) -> list[Question]:
    """The missing fields in the form's order. Typed values are shown again unless they are secrets."""
    by_field = {fault.field: fault for fault in faults}
    return [
        Question(
            name=spec.name,
            label=spec.label,
            help=spec.help,
            input=spec.input,
            required=is_required,
            choices=spec.choices,
            suggestions=spec.suggestions,
            value=_shown(spec, typed.get(spec.name, ())),
            kept=(),
            is_sensitive=spec.is_sensitive,
            suggested_from="",
            can_clear=False,
            shown_when="",
            fault=by_field.get(spec.name),
        )
        for spec in asked
    ]


def _shown(spec: FieldSpec, typed: Sequence[str]) -> str:
    return "" if spec.is_sensitive else next(iter(typed), "")
