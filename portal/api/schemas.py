"""Bodies of the JSON calls and types of query values. Strict: a number in quotes is no number."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from portal.sensitive_text import free_text


def _storable(text: str) -> str:
    if free_text.unstorable(text):
        raise ValueError
    return text


# NUL would be an error of one database and not of the other (SECURITY A-10).
PlainText = Annotated[str, AfterValidator(_storable)]
QueryText = Annotated[str, Field(max_length=300), AfterValidator(_storable)]


class _Body(BaseModel):
    """Unknown fields are ignored: nothing can be set that is not named here (SECURITY F-4)."""

    model_config = ConfigDict(strict=True, extra="ignore")


class TrackBody(_Body):
    """What opens a clinic's ticket."""

    number: PlainText
    query_code: PlainText


class ConfirmationBody(TrackBody):
    """已解决 or not; a no needs a sentence."""

    solved: bool
    comment: PlainText = ""


class VersionBody(_Body):
    """The version that the caller has seen (SECURITY G-3)."""

    version: int


class _WrittenBody(VersionBody):
    """`seal_found` agrees to have ID numbers, accounts and passwords in the text sealed; without it they stop it."""

    seal_found: bool = False


class TextBody(_WrittenBody):
    """A reply, note, result or reason."""

    text: PlainText


class OptionalTextBody(_WrittenBody):
    """A closing word, when there is one."""

    text: PlainText = ""


class InformationRequestBody(_WrittenBody):
    """Names of the fields to supply, and words to the clinic."""

    fields: list[PlainText]
    message: PlainText = ""


class TransferBody(OptionalTextBody):
    """To the other queue, or to another engineer: one of the two."""

    queue: PlainText | None = None
    assignee: PlainText | None = None


class UrgencyBody(_WrittenBody):
    """The new urgency and why."""

    urgency: Literal["critical", "urgent", "normal"]
    reason: PlainText


class SealingBody(VersionBody):
    """A passage to hide, and what it is; `field` names the text it must stand in, when that matters."""

    passage: PlainText
    kind: str
    field: PlainText = ""


class MergeBody(VersionBody):
    """The ticket that stays."""

    into: PlainText


class RevealBody(_Body):
    """One value and why it is needed."""

    field: PlainText
    reason: PlainText = ""
