"""Pictures that come inside a posted form: inspected before any database transaction, never more than may be kept."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from portal.kinds.table import KINDS, MOST_PICTURES
from portal.reports.filing import NewPicture
from portal.runtime import Runtime
from portal.screenshots.inspection import Inspection, InspectionLimits, ScreenHint, Verdict, inspect

PICTURE_SLOTS: tuple[str, ...] = tuple(
    dict.fromkeys(spec.name for kind in KINDS.values() for spec in kind.fields if spec.is_picture)
)
_TOO_MANY = Inspection(
    Verdict.REFUSE, "image_too_many", "many", f"每处最多 {MOST_PICTURES} 张图片，请减少后重新提交"
)  # fmt: skip
_NO = ("", "0", "false", "no", "off")


class SentFile(Protocol):
    """One file of a posted form."""

    @property
    def content(self) -> bytes: ...


class SentForm(Protocol):
    """A posted form, as far as its pictures and flags go."""

    def get(self, name: str) -> str: ...

    def files(self, name: str) -> Sequence[SentFile]: ...


def inspected(
    runtime: Runtime,
    form: SentForm,
    hint: ScreenHint | None,
    is_confirmed: bool,
    slots: Iterable[str] = PICTURE_SLOTS,
) -> list[NewPicture]:
    """Every picture of the slots with its verdict, in the order sent.

    Unpacking costs time, so a slot's pictures beyond the most that it may hold are refused unopened.
    """
    return [
        NewPicture(slot, _inspection(runtime, upload.content, hint, number), is_confirmed)
        for slot in slots
        for number, upload in enumerate(form.files(slot))
    ]


def is_flag_set(form: SentForm, name: str) -> bool:
    """Whether a flag like `confirm_full_screen` was sent and not as a no."""
    return form.get(name).strip().lower() not in _NO


def _inspection(runtime: Runtime, content: bytes, hint: ScreenHint | None, number: int) -> Inspection:
    return (
        inspect(content, hint=hint, limits=InspectionLimits.of(runtime.settings))
        if number < MOST_PICTURES
        else _TOO_MANY
    )
