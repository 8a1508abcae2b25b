"""The register of what every domain stores of a ticket or a person, and how it is masked, destroyed, resealed and
swept.

Each room declares its tables in its own `holdings.py`; `portal/wiring.py` lists the declarations once. Redaction,
destruction, rotation, worker, retention, backup, restore and the list of fields read them and name no table themselves.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, Protocol

from sqlalchemy import JSON, ColumnElement, Select, String, cast, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from portal.db import Base

_REGISTER = "register of held data"
_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Keep(StrEnum):
    """The retention class of a table: how long its rows stay."""

    REPORT = "report"  # emptied, or with `is_removed` deleted, when the report is destroyed
    PICTURES = "pictures"  # deleted with the report's screenshots; such rows have `created_at`
    SWEPT = "swept"  # deleted once it has expired (`expiry`)
    PARENT = "parent"  # deleted by the database with its parent row
    TRANSACTION = "transaction"  # no committed row exists
    ACCOUNT = "account"  # as long as the account of the member of staff
    COMPLAINT = "complaint"  # emptied so long after its case was archived, when the key of the case is destroyed
    SCORES = "scores"  # deleted so long after the round, or the month, was counted (DESK 0.8)
    TRAIL = "trail"  # purged from the old end of the trail
    LASTING = "lasting"


KEEP_LABELS: dict[Keep, str] = {
    Keep.REPORT: "随提报销毁",
    Keep.PICTURES: "随附图销毁",
    Keep.SWEPT: "到期清除",
    Keep.PARENT: "随所属的行删除",
    Keep.TRANSACTION: "只在一个事务之内",
    Keep.ACCOUNT: "随账号保留",
    Keep.COMPLAINT: "投诉归档后到期销毁",
    Keep.SCORES: "考核到期删除",
    Keep.TRAIL: "随审计记录清理",
    Keep.LASTING: "长期保留",
}


class SealCare(Protocol):
    """The part of the runtime that opens and seals: a vault and a blob store."""

    @property
    def vault(self) -> Any: ...

    @property
    def blobs(self) -> Any: ...


@dataclass(frozen=True)
class Subject:
    """Whose rows: ids, or the columns of a query in their place."""

    report_id: Any
    ticket_id: Any


@dataclass(frozen=True)
class TicketText:
    """A column that holds what people wrote about a ticket, or a copy of it.

    Attributes:
        labels: the names by which pages and masked passages call this text, each with its label.
        name_of: which of these names a row's text has; without it the first.
        is_typed: for a JSON object of several texts, which of its names hold typed text.
        is_copy: not displayed by itself, so a redaction masks it without counting it.
        is_redactable: False for what its domain rebuilds after a redaction, and for stored masks.
        emptied: the value after a destruction; a value or an SQL expression.
    """

    column: str
    labels: Mapping[str, str] = field(default_factory=dict)
    name_of: Callable[[Any], str] | None = None
    is_typed: Callable[[str], bool] | None = None
    is_copy: bool = False
    is_redactable: bool = True
    emptied: Any = ""

    def parts(self, row: Any) -> Iterator[tuple[str, str]]:
        """Name and text of each part of a row."""
        stored = getattr(row, self.column)
        if self.is_typed:
            yield from ((name, text) for name, text in stored.items() if text and self.is_typed(name))
        elif stored:
            yield self.name_of(row) if self.name_of else next(iter(self.labels), self.column), stored

    def write(self, row: Any, name: str, text: str) -> None:
        setattr(row, self.column, {**getattr(row, self.column), name: text} if self.is_typed else text)


@dataclass(frozen=True)
class Sealed:
    """How the ciphertext of a row is verified and resealed.

    Attributes:
        column: holds the ciphertext; None if it is the row's blob.
        check: opens a row and returns how many values opened; raises SealBrokenError or BlobMissingError.
        reseal: seals a row under another data key and sets `data_key`; None for data keys themselves.
        destroyed: the columns' values after the data key is destroyed at a moment.
        field_of: the name of what a row holds, for reports of what does not open.
        is_counted: whether its rows count as values that a destruction destroyed.
        is_listed: whether its rows stand in the list of their data key, so that one that is gone is missed.
    """

    column: str | None
    check: Callable[[Session, SealCare, Any], int]
    reseal: Callable[[Session, SealCare, Any, Any], None] | None
    data_key: str = "data_key_id"
    destroyed: Callable[[datetime], Mapping[str, Any]] | None = None
    field_of: Callable[[Any], str] | None = None
    is_counted: bool = True
    is_listed: bool = True

    def key_of(self, row: Any) -> Any:
        """The data key under which a row is sealed; None if it holds no ciphertext."""
        is_empty = self.column is not None and getattr(row, self.column) is None
        return None if is_empty else getattr(row, self.data_key)


@dataclass(frozen=True)
class Expiry:
    """Which rows have expired at a moment, and how they are deleted.

    Attributes:
        sweep: takes the runtime and returns how many it deleted; without it the rows are deleted directly.
        is_set: which rows, where a setting says how long: takes the settings too, and is asked in place of `is_over`.
    """

    is_over: Callable[[datetime], ColumnElement[bool]]
    sweep: Callable[[Any], int] | None = None
    is_set: Callable[[Any, datetime], ColumnElement[bool]] | None = None


@dataclass(frozen=True)
class Held:
    """One table. Every text column is one of `texts`, `plain` and `codes`.

    Attributes:
        what, about: what it holds and of whom, for the list of fields.
        report, ticket: the column that names the report, or the ticket, of a row.
        texts: what people wrote about a ticket.
        plain: names, and texts of no ticket; they stay as long as their row.
        codes: closed vocabularies, numbers, hashes and metrics that the portal makes.
        order: the column by which texts are ordered.
        is_removed: the row is deleted with the report.
        blob: the column that names the row's file in the blob store.
        ends_at_restore: a restored backup does not bring these rows back.
        renew: brings a row of an older version to the form in which its seal is bound to its owner; whether it was one.
        is_older: which rows may need that; without it every row is asked.
    """

    model: type[Base]
    what: str
    about: str
    keep: Keep
    report: str | None = None
    ticket: str | None = None
    texts: tuple[TicketText, ...] = ()
    plain: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    order: str | None = None
    is_removed: bool = False
    sealed: Sealed | None = None
    blob: str | None = None
    expiry: Expiry | None = None
    ends_at_restore: bool = False
    renew: Callable[[Session, SealCare, Any], bool] | None = None
    is_older: Callable[[], ColumnElement[bool]] | None = None

    @property
    def table(self) -> str:
        return self.model.__tablename__

    def column(self, name: str) -> InstrumentedAttribute[Any]:
        found: InstrumentedAttribute[Any] = getattr(self.model, name)
        return found

    def blobs_of(self, row: Any) -> list[str]:
        return [getattr(row, self.blob)] if self.blob else []

    @property
    def is_of_reports(self) -> bool:
        """Whether rows belong to a report or its ticket."""
        return self.report is not None or self.ticket is not None

    def belongs_to(self, subject: Subject) -> ColumnElement[bool]:
        """The rows of one report and its ticket."""
        if self.report is not None:
            return self.column(self.report) == subject.report_id
        assert self.ticket is not None  # noqa: S101
        return self.column(self.ticket) == subject.ticket_id

    def rows_of(self, subject: Subject) -> Select[Any]:
        """A query for the rows of one report and its ticket, in order."""
        rows = select(self.model).where(self.belongs_to(subject))
        return rows.order_by(self.column(self.order)) if self.order else rows

    def is_filled(self, text: TicketText) -> ColumnElement[bool]:
        """Rows whose text is not empty yet: triggers refuse to empty an empty text."""
        column, emptied = self.column(text.column), text.emptied
        if isinstance(column.type, JSON):
            return cast(column, String) != json.dumps(emptied)
        return column.is_not(None) if emptied is None else column != emptied


@dataclass(frozen=True)
class Register:
    """Every table, in the order in which texts are searched."""

    held: tuple[Held, ...]

    @classmethod
    def of(cls, info: Mapping[Any, Any]) -> "Register":
        """The register in a session (`session.info`) or a database (`session_info`)."""
        register: Register = info[_REGISTER]
        return register

    def session_info(self) -> dict[str, object]:
        return {_REGISTER: self}

    def of_reports(self) -> tuple[Held, ...]:
        """Tables whose rows belong to a report or its ticket."""
        return tuple(held for held in self.held if held.is_of_reports)

    def pictures(self) -> tuple[Held, ...]:
        """Tables that are emptied with the screenshots of a report."""
        return tuple(held for held in self.held if held.keep is Keep.PICTURES)

    def blobs(self) -> Iterator[tuple[Held, str]]:
        """Tables that name files, with the column that does."""
        return ((held, held.blob) for held in self.held if held.blob)

    def sealed(self) -> Iterator[tuple[Held, Sealed]]:
        """Tables that hold ciphertext, with their `Sealed`."""
        return ((held, held.sealed) for held in self.held if held.sealed)

    @cached_property
    def listed(self) -> Mapping[type[Base], tuple[Held, Sealed]]:
        """Tables whose rows stand in the list of their data key; asked for with every row that is written."""
        return {held.model: (held, sealed) for held, sealed in self.sealed() if sealed.is_listed}

    def expiring(self) -> Iterator[tuple[Held, Expiry]]:
        """Tables whose rows expire, with their `Expiry`."""
        return ((held, held.expiry) for held in self.held if held.expiry)


def sealed_column(column: str, place: Callable[[Any], Any], *, emptied: Mapping[str, Any] = _NOTHING) -> Sealed:
    """A nullable column sealed by the vault's `seal` at the `place` of its row, beside `data_key_id`.

    Args:
        emptied: further columns that lose their value when the data key is destroyed.
    """

    def check(session: Session, care: SealCare, row: Any) -> int:
        if getattr(row, column) is None:
            return 0
        care.vault.open(session, place(row), getattr(row, column))
        return 1

    def reseal(session: Session, care: SealCare, key: Any, row: Any) -> None:
        if getattr(row, column) is not None:
            content = care.vault.open(session, place(row), getattr(row, column))
            setattr(row, column, care.vault.seal(key, place(row), content))
        row.data_key_id = key.id

    return Sealed(column, check, reseal, destroyed=lambda _: {column: None, "data_key_id": None, **emptied})


def ends_at(column: InstrumentedAttribute[Any]) -> Expiry:
    """Rows are deleted from the moment in their column on."""
    return Expiry(lambda now: column <= now)
