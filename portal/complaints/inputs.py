"""The inputs of an act on a case: one declaration for the page's form, the JSON body and the checks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from portal import clock
from portal.complaints.access import Viewed
from portal.errors import Fault
from portal.sensitive_text import free_text
from portal.sensitive_text.finder import find_spans

Option = tuple[str, str]  # value, label
Options = Callable[[Session, Viewed], Sequence[Option]]


@dataclass(frozen=True, kw_only=True)
class CaseInput:
    """One input. Values arrive as text, a list of texts where `is_list`, or a boolean of JSON.

    Args:
        missing: the sentence when it is left out; empty for an optional one.
        help: a line below the label.
    """

    name: str
    label: str
    missing: str = ""
    help: str = ""
    widget: ClassVar[str]
    is_list: ClassVar[bool] = False

    def faults(self, value: Any) -> list[Fault]:
        raise NotImplementedError

    def clean(self, value: Any) -> Any:
        return value


@dataclass(frozen=True, kw_only=True)
class Words(CaseInput):
    """A text. `is_plain`: it is stored unsealed, for the tables, and must name no number and no secret."""

    least: int = 1
    most: int = free_text.MOST_CHARACTERS
    rows: int = 4
    is_plain: bool = False
    widget: ClassVar[str] = "text"

    def faults(self, value: Any) -> list[Fault]:
        return words_faults(value, self.name, self.missing, self.least, self.most, is_plain=self.is_plain)

    def clean(self, value: Any) -> str:
        return "" if free_text.is_blank(value) else str(value).strip()


@dataclass(frozen=True, kw_only=True)
class Several(CaseInput):
    """Texts in order; empty ones are left out. `boxes`: how many the page offers."""

    boxes: int = 3
    most: int = free_text.MOST_CHARACTERS
    widget: ClassVar[str] = "texts"
    is_list: ClassVar[bool] = True

    def faults(self, value: Any) -> list[Fault]:
        found = [words_faults(text, self.name, "", 1, self.most) for text in value]
        faults = [fault for one in found for fault in one]
        return faults if any(not free_text.is_blank(text) for text in value) else self._missing()

    def _missing(self) -> list[Fault]:
        return [Fault(self.name, "required", self.missing)] if self.missing else []

    def clean(self, value: Any) -> list[str]:
        return [text.strip() for text in value if not free_text.is_blank(text)]


@dataclass(frozen=True, kw_only=True)
class OneOf(CaseInput):
    """One of what `options` finds for this case; the act itself checks what depends on the case."""

    options: Options
    empty: str = ""  # the label of no choice, where that is allowed
    widget: ClassVar[str] = "choice"

    def faults(self, value: Any) -> list[Fault]:
        found = free_text.text_fault(value, field=self.name, missing=self.missing, most=200)
        return [found] if found else []

    def clean(self, value: Any) -> str:
        return str(value).strip()


@dataclass(frozen=True, kw_only=True)
class AnyOf(CaseInput):
    """Any of what `options` finds."""

    options: Options
    widget: ClassVar[str] = "ticks"
    is_list: ClassVar[bool] = True

    def faults(self, value: Any) -> list[Fault]:
        return []

    def clean(self, value: Any) -> list[str]:
        return [str(one) for one in value]


@dataclass(frozen=True, kw_only=True)
class YesNo(CaseInput):
    """Yes, no or nothing said: None."""

    yes: str
    no: str
    widget: ClassVar[str] = "yes_no"

    def faults(self, value: Any) -> list[Fault]:
        if value in (True, False, "true", "false"):
            return []
        if value in ("", None):
            return [Fault(self.name, "required", self.missing)] if self.missing else []
        return [Fault(self.name, "invalid", "请选择一项")]

    def clean(self, value: Any) -> bool | None:
        return None if value in ("", None) else value in (True, "true")


@dataclass(frozen=True, kw_only=True)
class Tick(CaseInput):
    """Yes, or left out."""

    widget: ClassVar[str] = "tick"

    def faults(self, value: Any) -> list[Fault]:
        return (
            [] if value in (True, False, "true", "false", "", None) else [Fault(self.name, "invalid", "请填写是或否")]
        )

    def clean(self, value: Any) -> bool:
        return value in (True, "true")


@dataclass(frozen=True, kw_only=True)
class Day(CaseInput):
    """A moment, ISO 8601; a day alone is its end. China time without a zone. None if empty."""

    widget: ClassVar[str] = "day"

    def faults(self, value: Any) -> list[Fault]:
        if free_text.is_blank(value):
            return [Fault(self.name, "required", self.missing)] if self.missing else []
        try:
            self.clean(value)
        except (ValueError, OverflowError):
            return [Fault(self.name, "invalid", "日期的格式不对，请按 2026-11-30 这样填写")]
        return []

    def clean(self, value: Any) -> datetime | None:
        text = str(value).strip()
        if not text:
            return None
        moment = datetime.fromisoformat(text)
        if len(text) == len("2026-11-30"):
            moment = datetime.combine(moment.date(), time(23, 59))
        return (moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)).astimezone(clock.CHINA)


def words_faults(
    value: str, name: str, missing: str = "", least: int = 1, most: int = free_text.MOST_CHARACTERS, *,
    is_plain: bool = False,
) -> list[Fault]:  # fmt: skip
    """Missing, too short, too long, not storable; with a number or secret in it where it is stored unsealed."""
    fault = free_text.text_fault(value, field=name, missing=missing, most=most)
    if fault is None and not free_text.is_blank(value):
        if len(value.strip()) < least:
            fault = Fault(name, "too_short", f"请至少写 {least} 个字")
        elif is_plain and find_spans(value):
            fault = Fault(name, "sensitive_text", "这里像是有号码、账号或密码，请用自己的话写，不写姓名和号码")
    return [fault] if fault else []
