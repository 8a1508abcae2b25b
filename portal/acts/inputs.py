"""The inputs of an act: one declaration for the page's form, the JSON body and the checks.

Values arrive as text, or as a list of texts where `is_list`. `fault` checks the raw value; `clean` returns what is
stored.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Fault
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket

Option = tuple[str, str]  # value, label


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of an act.

    Args:
        name: in the form and in the JSON body, where `promise.text` is a part of `promise`.
        label: of its field on the page.
        missing: the sentence when it is left out; empty for an optional input.
        missing_on_page: the same for an input that pages demand and the API does not; with `needed_with`, only if the
            other input is filled.
        help: a line below the label.
        is_change: left out, it is None and changes nothing. is_more: the page folds it away.
    """

    name: str
    label: str = ""
    missing: str = ""
    missing_on_page: str = ""
    needed_with: str = ""
    help: str = ""
    is_change: bool = False
    is_more: bool = False
    widget: ClassVar[str]
    is_list: ClassVar[bool] = False

    def fault(self, value: Any) -> Fault | None:
        """What is wrong with a value, independent of the ticket."""
        return free_text.text_fault(value, field=self.name, missing=self.missing)

    def clean(self, value: Any) -> Any:
        return value.strip()

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        return ()

    def lines_on(self, session: Session, ticket: Ticket) -> Sequence[str]:
        """Sentences beside it on this ticket's page: by what to choose, and what a choice would do."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Text(Input):
    """A free text. Secrets in it need the writer's decision; `word` is how that question names the text.

    Args:
        sealed_as: the field under which secrets found in it are sealed; empty: `reply` of a public act, else `note`.
        least, most: characters. rows: of its text area; 1 is a single line. phrase_place: which phrases it offers
            (`knowledge.phrases.PhrasePlace`).
    """

    word: str
    sealed_as: str = ""
    least: int = 1
    most: int = free_text.MOST_CHARACTERS
    rows: int = 4
    phrase_place: str = ""
    widget: ClassVar[str] = "text"

    def fault(self, value: Any) -> Fault | None:
        """Missing, too short, too long, or not storable."""
        fault = free_text.text_fault(value, field=self.name, missing=self.missing, most=self.most)
        if fault is None and len(value.strip()) < self.least and not free_text.is_blank(value):
            return Fault(self.name, "too_short", f"请至少写 {self.least} 个字")
        return fault

    def clean(self, value: Any) -> Any:
        """Without surrounding blanks."""
        return "" if free_text.is_blank(value) else value.strip()


@dataclass(frozen=True, kw_only=True)
class Word(Input):
    """A number, name or key. `judge` checks one that is not empty."""

    judge: Callable[[str], Fault | None] | None = None
    widget: ClassVar[str] = "word"

    def fault(self, value: Any) -> Fault | None:
        """Missing, or what `judge` finds."""
        if self.judge is None or not value.strip():
            return super().fault(value)
        return self.judge(value.strip())


@dataclass(frozen=True, kw_only=True)
class Choice(Input):
    """One of a fixed list, or nothing if it is optional. `chosen` is preselected on the page.

    `hidden`: values that the page does not offer for a ticket.
    """

    values: tuple[Option, ...]
    chosen: Callable[[Ticket], str]
    lines: Callable[[Session, Ticket], Sequence[str]] = lambda session, ticket: ()
    hidden: Callable[[Session, Ticket], Collection[str]] = lambda session, ticket: ()
    widget: ClassVar[str] = "choice"

    def fault(self, value: Any) -> Fault | None:
        if value in dict(self.values) or not (value or self.missing):
            return None
        return Fault(self.name, "required", self.missing)

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        hidden = self.hidden(session, ticket)
        return [option for option in self.values if option[0] not in hidden]

    def lines_on(self, session: Session, ticket: Ticket) -> Sequence[str]:
        return self.lines(session, ticket)


@dataclass(frozen=True, kw_only=True)
class Decision(Input):
    """Yes or no: `true` or `false` from a form, a boolean in JSON. Nothing is preselected."""

    yes: str
    no: str
    widget: ClassVar[str] = "choice"

    def fault(self, value: Any) -> Fault | None:
        return None if value in (True, False, "true", "false") else Fault(self.name, "required", self.missing)

    def clean(self, value: Any) -> Any:
        return value in (True, "true")

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        return ("true", self.yes), ("false", self.no)


@dataclass(frozen=True, kw_only=True)
class Flag(Input):
    """Yes, or left out: `true` from a form, a boolean in JSON."""

    widget: ClassVar[str] = "flag"

    def fault(self, value: Any) -> Fault | None:
        return None if value in (True, False, "true", "false", "") else Fault(self.name, "invalid", "请填写是或否")

    def clean(self, value: Any) -> Any:
        return value in (True, "true")


@dataclass(frozen=True, kw_only=True)
class RowId(Input):
    """The id of a row of the ticket, in the act's path as `{name}`. `current` finds the one that the page means."""

    current: Callable[[Session, Ticket], UUID | None]
    widget: ClassVar[str] = "row_id"

    def fault(self, value: Any) -> Fault | None:
        """None: whatever is no id is the id of no row."""
        return None

    def clean(self, value: Any) -> Any:
        """A UUID."""
        try:
            return UUID(str(value))
        except ValueError:
            return UUID(int=0)

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        row_id = self.current(session, ticket)
        return ((str(row_id), ""),) if row_id is not None else ()


@dataclass(frozen=True, kw_only=True)
class Pick(Input):
    """One of what `options` finds for this ticket, `chosen` preselected; the act itself checks the value."""

    chosen: Callable[[Ticket], str] = lambda ticket: ""
    options: Callable[[Session, Ticket], Sequence[Option]]
    widget: ClassVar[str] = "choice"

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        return self.options(session, ticket)


@dataclass(frozen=True, kw_only=True)
class Ticks(Input):
    """Any of what `options` finds for this ticket; the act itself checks the values."""

    options: Callable[[Session, Ticket], Sequence[Option]]
    is_first_ticked: bool = True  # beforehand
    widget: ClassVar[str] = "ticks"
    is_list: ClassVar[bool] = True

    def fault(self, value: Any) -> Fault | None:
        """None: checking needs the ticket."""
        return None

    def clean(self, value: Any) -> Any:
        return list(value)

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        return self.options(session, ticket)


@dataclass(frozen=True, kw_only=True)
class ReportFields(Input):
    """Names of fields of the report; the act itself checks them."""

    widget: ClassVar[str] = "report_fields"
    is_list: ClassVar[bool] = True

    def fault(self, value: Any) -> Fault | None:
        """None: checking needs the ticket's kind."""
        return None

    def clean(self, value: Any) -> Any:
        return list(value)


@dataclass(frozen=True, kw_only=True)
class Moment(Input):
    """A date and time: ISO 8601; without a zone it is China time, as browsers' own controls send it. None if empty."""

    widget: ClassVar[str] = "moment"

    def fault(self, value: Any) -> Fault | None:
        """Missing or unreadable."""
        if not value.strip():
            return Fault(self.name, "required", self.missing) if self.missing else None
        try:
            self.clean(value)
        except (ValueError, OverflowError):
            return Fault(self.name, "invalid", "时间的格式不对，请按 2026-11-27 09:30 这样填写")
        return None

    def clean(self, value: Any) -> Any:
        """An aware datetime."""
        if not value.strip():
            return None
        moment = datetime.fromisoformat(value.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)
        return moment.astimezone(clock.CHINA)
