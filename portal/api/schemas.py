"""Bodies of the JSON calls and types of query values. Strict: a number in quotes is not a number."""

import re
from collections.abc import Sequence
from functools import reduce
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from portal.acts.act import Act
from portal.acts.inputs import Choice, Decision, Flag, Input, RowId, Text
from portal.kinds.names import TicketKind
from portal.sensitive_text import free_text

_MOST_ITEMS = 50


def _storable(text: str) -> str:
    if free_text.unstorable(text):
        raise ValueError
    return text


# NUL is an error in one database and not in the other (SECURITY A-10).
PlainText = Annotated[str, Field(max_length=free_text.MOST_CHARACTERS), AfterValidator(_storable)]
Version = Annotated[int, Field(ge=0, lt=2**31)]
Word = Annotated[str, Field(max_length=1000), AfterValidator(_storable)]
QueryText = Annotated[str, Field(max_length=300), AfterValidator(_storable)]


class ApiBody(BaseModel):
    """Unknown fields are ignored: only what is named here can be set (SECURITY F-4)."""

    model_config = ConfigDict(strict=True, extra="ignore")


class TrackBody(ApiBody):
    number: Word
    query_code: Word


class ConfirmationBody(TrackBody):
    """已解决 or not; a no needs a sentence."""

    solved: bool
    comment: PlainText = ""


class DemandBody(TrackBody):
    """要求主管处理, with a sentence."""

    comment: PlainText = ""


class RatingBody(TrackBody):
    """How the handling was, 5 非常满意 to 1 非常不满意. `reason` is required for 1 and 2: a name or its words.

    `round`: of which result; without one the last.
    """

    score: Annotated[int, Field(ge=0, le=9)] = 0
    reason: Word = ""
    comment: PlainText = ""
    round: Annotated[int, Field(ge=1, lt=2**31)] | None = None


class VersionBody(ApiBody):
    """The version that the caller has seen (SECURITY G-3)."""

    version: Version


class _WrittenBody(VersionBody):
    """`seal_found` agrees to sealing ID numbers, accounts and passwords in the text; without it they are a fault."""

    seal_found: bool = False


class DutyShiftBody(ApiBody):
    """One shift. Moments without a zone are China time; without a queue it counts in all of the person's."""

    user: Word
    queue: Literal[(*TicketKind, "")] | None = None  # type: ignore[valid-type]
    starts_at: Word
    ends_at: Word


class RevealBody(ApiBody):
    """One value, and why it is needed."""

    field: Word
    reason: PlainText = ""


def act_body(choices: Sequence[Act]) -> type[BaseModel]:
    """The body of a call, from the inputs of its acts; if several acts share it, none of their own is required.

    Where a value selects the act, the act itself finds what is missing.
    """
    fields, parts = dict[str, Any](), dict[str, dict[str, Any]]()
    name = "".join(part.title() for part in re.findall(r"\w+", choices[0].path))
    for act in choices:
        for entry in act.inputs:
            if isinstance(entry, RowId):
                continue  # in the address
            is_own = len(choices) > 1 and entry.name == act.chosen_by
            is_needed = bool(entry.missing) and not act.chosen_as
            is_open = is_own or entry.is_change  # None: not the caller's concern
            whole, _, part = entry.name.partition(".")
            kind = _kind_of(entry) if not is_own else Word
            declared = (kind | None, None) if is_open else (kind, ... if is_needed else _default_of(entry))
            (parts.setdefault(whole, {}) if part else fields)[part or whole] = declared
    if choices[0].chosen_as:
        kinds = tuple(act.chosen_as for act in choices)
        fields[choices[0].chosen_by] = (Literal[kinds], kinds[0])
    for whole, inner in parts.items():
        model = create_model(f"{name}{whole.title()}", __base__=ApiBody, **inner)
        fields[whole] = (model, Field(default_factory=model))
    base = _WrittenBody if any(act.texts() for act in choices) else VersionBody
    return create_model(f"{name}Body", __base__=base, **fields)


def given_to(act: Act, body: BaseModel) -> dict[str, Any]:
    """The act's inputs by name, from its body."""
    written = (entry for entry in act.inputs if not isinstance(entry, RowId))
    return {entry.name: reduce(getattr, entry.name.split("."), body) for entry in written}


def _default_of(entry: Input) -> Any:
    if isinstance(entry, Flag):
        return False
    return [] if entry.is_list else ""


def _kind_of(entry: Input) -> Any:
    if isinstance(entry, Decision | Flag):
        return bool
    if isinstance(entry, Choice):
        # An empty one is found by the act itself, together with the faults of its other inputs.
        return Literal[(*(value for value, _ in entry.values), "")]
    if entry.is_list:
        return Annotated[list[Word], Field(max_length=_MOST_ITEMS)]
    return PlainText if isinstance(entry, Text) else Word
