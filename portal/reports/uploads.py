"""Answers with their screenshots as one form posts them: a report of the API, or any supplement.

Screenshots are inspected before any database transaction, and never more of them than may be stored.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from portal.kinds.fields import FieldSpec
from portal.kinds.reading import kept_values
from portal.kinds.table import MOST_PICTURES
from portal.reports.filing import NewPicture
from portal.runtime import Runtime
from portal.screenshots import twins
from portal.screenshots.inspection import (
    Inspection,
    InspectionLimits,
    ScreenHint,
    Verdict,
    inspect,
    parse_screen_hint,
)

_TOO_MANY = Inspection(
    Verdict.REFUSE, "image_too_many", "many", f"每处最多 {MOST_PICTURES} 张图片，请减少后重新提交"
)  # fmt: skip
_NO = ("", "0", "false", "no", "off")


class SentFile(Protocol):
    """One file of a posted form."""

    @property
    def content(self) -> bytes: ...

    @property
    def is_over(self) -> bool: ...


class SentForm(Protocol):
    """A posted form: the first or every value of a field, and its files."""

    def get(self, name: str) -> str: ...

    def all(self, name: str) -> Sequence[str]: ...

    def files(self, name: str) -> Sequence[SentFile]: ...


@dataclass(frozen=True)
class PostedAnswers:
    """The posted values of the requested fields. The repr shows no value."""

    values: Mapping[str, Sequence[str]] = field(repr=False)
    pictures: Sequence[NewPicture]


def is_flagged(form: SentForm, name: str) -> bool:
    """Whether a field that is a tick was sent, and not with a word for no."""
    return form.get(name).strip().lower() not in _NO


def posted_answers(runtime: Runtime, form: SentForm, asked: Sequence[FieldSpec]) -> PostedAnswers:
    """Texts and checked screenshots of the requested fields, screenshots in the order sent; other names are ignored.

    `screen_hint` and `confirm_full_screen` of the form apply to all its screenshots.
    """
    hint = parse_screen_hint(form.get("screen_hint"))
    is_confirmed = is_flagged(form, "confirm_full_screen")
    pictures = [
        NewPicture(spec.name, _inspection(runtime, upload, hint, number), is_confirmed, _digest(upload))
        for spec in asked
        if spec.is_picture
        for number, upload in enumerate(form.files(spec.name))
    ]
    return PostedAnswers(posted_values(form, asked), _with_twins_asked(pictures))


def posted_values(form: SentForm, asked: Sequence[FieldSpec]) -> dict[str, list[str]]:
    """The texts of the requested fields."""
    return {spec.name: list(kept_values(spec, form.all(spec.name))) for spec in asked if not spec.is_picture}


def _with_twins_asked(pictures: Sequence[NewPicture]) -> list[NewPicture]:
    """The pictures, of which one that repeats another slot's is asked about."""
    asked: list[NewPicture] = []
    for picture in pictures:
        seen = ((other.slot, other.inspection) for other in asked)
        is_twin = twins.repeats(picture.inspection, picture.slot, seen)
        asked.append(replace(picture, inspection=twins.asked_if_same(picture.inspection)) if is_twin else picture)
    return asked


def _digest(upload: SentFile) -> str:
    return hashlib.sha256(upload.content).hexdigest()


def _inspection(runtime: Runtime, upload: SentFile, hint: ScreenHint | None, number: int) -> Inspection:
    # Decoding costs time, so a slot's screenshots beyond its maximum are refused undecoded.
    if number >= MOST_PICTURES or upload.is_over:
        return _TOO_MANY
    return inspect(upload.content, hint=hint, limits=InspectionLimits.of(runtime.settings))
