"""What an act asks for: one declaration for the page's boxes, the JSON body and the checks.

Values come as text, or as a list of texts where `is_list`. `fault` judges one as it came; `clean` gives what is kept.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from portal import clock
from portal.errors import Fault
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket

Option = tuple[str, str]  # value, label


@dataclass(frozen=True, kw_only=True)
class Input:
    """One value of an act.

    Args:
        name: in the form and in the JSON body. label: beside its box on the page.
        missing: the sentence when it is left out; empty when it may be.
        help: a line below the label.
    """

    name: str
    label: str = ""
    missing: str = ""
    help: str = ""
    widget: ClassVar[str]
    is_list: ClassVar[bool] = False

    def fault(self, value: Any) -> Fault | None:
        """What is wrong with a value, whatever the ticket."""
        return free_text.text_fault(value, field=self.name, missing=self.missing)

    def clean(self, value: Any) -> Any:
        """What the act is given."""
        return value.strip()

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        """What the page lets a person choose from."""
        return ()


@dataclass(frozen=True, kw_only=True)
class Text(Input):
    """A free text. Secrets in it are asked about, so `word` says what it is called then.

    Args:
        kept_as: under which field what is found in it is sealed; empty: `reply` of a public act, else `note`.
        rows: of its box; one row is a line. phrases: beginnings that the page offers.
    """

    word: str
    kept_as: str = ""
    most: int = free_text.MOST_CHARACTERS
    rows: int = 4
    phrases: tuple[str, ...] = ()
    widget: ClassVar[str] = "text"

    def fault(self, value: Any) -> Fault | None:
        """Missing, too long or unstorable."""
        return free_text.text_fault(value, field=self.name, missing=self.missing, most=self.most)

    def clean(self, value: Any) -> Any:
        """Without outer blanks."""
        return "" if free_text.is_blank(value) else value.strip()


@dataclass(frozen=True, kw_only=True)
class Word(Input):
    """A number, name or key. `judge` finds what is wrong with one that is there."""

    judge: Callable[[str], Fault | None] | None = None
    widget: ClassVar[str] = "word"

    def fault(self, value: Any) -> Fault | None:
        """Missing, or what `judge` says."""
        if self.judge is None or not value.strip():
            return super().fault(value)
        return self.judge(value.strip())


@dataclass(frozen=True, kw_only=True)
class Choice(Input):
    """One of a closed list. `chosen` is what the page shows first."""

    values: tuple[Option, ...]
    chosen: Callable[[Ticket], str]
    widget: ClassVar[str] = "choice"

    def fault(self, value: Any) -> Fault | None:
        """Not on the list."""
        return None if value in dict(self.values) else Fault(self.name, "required", self.missing)

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        """The list, whatever the ticket."""
        return self.values


@dataclass(frozen=True, kw_only=True)
class Pick(Input):
    """One of what `options` finds for this ticket; the act itself judges the value."""

    options: Callable[[Session, Ticket], Sequence[Option]]
    widget: ClassVar[str] = "choice"

    def options_on(self, session: Session, ticket: Ticket) -> Sequence[Option]:
        """What there is to pick for this ticket."""
        return self.options(session, ticket)


@dataclass(frozen=True, kw_only=True)
class ReportFields(Input):
    """Names of fields of the report; the act itself judges them."""

    widget: ClassVar[str] = "report_fields"
    is_list: ClassVar[bool] = True

    def fault(self, value: Any) -> Fault | None:
        """Nothing can be said without the ticket's kind."""
        return None

    def clean(self, value: Any) -> Any:
        """As given."""
        return list(value)


@dataclass(frozen=True, kw_only=True)
class Moment(Input):
    """A date and time: ISO 8601, in China time where no zone is given, as a browser's own box gives it."""

    widget: ClassVar[str] = "moment"

    def fault(self, value: Any) -> Fault | None:
        """Missing or not readable."""
        if not value.strip():
            return Fault(self.name, "required", self.missing)
        try:
            self.clean(value)
        except (ValueError, OverflowError):
            return Fault(self.name, "invalid", "时间的格式不对，请按 2026-11-27 09:30 这样填写")
        return None

    def clean(self, value: Any) -> Any:
        """The moment, with its zone."""
        moment = datetime.fromisoformat(value.strip())
        moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.CHINA)
        return moment.astimezone(clock.CHINA)
