"""Every table and every column that can hold a text is declared by the room that owns it."""

import ast
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import JSON, Column, LargeBinary, MetaData, String, Table, Text

from portal.holdings import KEEP_LABELS, Held, Keep, Register
from portal.models import metadata
from portal.tickets.models import InformationRequest
from portal.wiring import REGISTER

ROOT = Path(__file__).parents[2]
# Who reads the register, and the models that are its own subject: it names no other.
READERS = {
    "portal/disclosure/text_redaction.py": {
        "portal.disclosure.models", "portal.tickets.models.Ticket", "portal.vault.models.SealedValue",
    },
    "portal/retention/destruction.py": {
        "portal.retention.models", "portal.tickets.models.Ticket", "portal.vault.models.DataKey",
    },
    "portal/retention/schedule.py": {
        "portal.retention.models", "portal.tickets.models.Ticket", "portal.vault.models.DataKey",
    },
    "portal/retention/holds.py": {"portal.tickets.models.Ticket"},
    "portal/retention/expiry.py": set(),
    "portal/screenshots/sweep.py": set(),
    "portal/upkeep/rotation.py": {"portal.vault.models.DataKey", "portal.vault.models.VaultState"},
    "portal/upkeep/backup.py": {"portal.vault.models.VaultState"},
    "portal/upkeep/restore.py": {
        "portal.retention.models.Tombstone", "portal.vault.models.DataKey", "portal.vault.models.VaultState",
    },
    "portal/worker.py": set(),
}  # fmt: skip


def undeclared(register: Register, tables: MetaData) -> list[str]:
    """`table.column` of every text or ciphertext that its room does not declare once, and tables of no room."""
    by_table = {held.table: held for held in register.held}
    faults = [f"{name}: in no room's holdings" for name in tables.tables if name not in by_table]
    for name, held in by_table.items():
        declared = [text.column for text in held.texts] + [*held.plain, *held.codes]
        sealed = [held.sealed.column] if held.sealed and held.sealed.column else []
        columns = tables.tables[name].columns
        faults += [f"{name}.{column}: does not exist" for column in declared + sealed if column not in columns]
        texts = {column.name for column in columns if isinstance(column.type, String | JSON)}
        faults += [f"{name}.{column}: text" for column in texts if declared.count(column) != 1]
        binaries = {column.name for column in columns if isinstance(column.type, LargeBinary)}
        faults += [f"{name}.{column}: ciphertext" for column in binaries if column not in sealed]
    return faults


def test_every_text_and_ciphertext_is_declared() -> None:
    assert undeclared(REGISTER, metadata) == []


@pytest.mark.parametrize("kind", [String(10), Text(), JSON(), LargeBinary()])
def test_a_column_that_nobody_declared_is_found(kind: object) -> None:
    grown = MetaData()
    for table in metadata.tables.values():
        table.to_metadata(grown)
    Table("tickets", grown, Column("remark", kind), extend_existing=True)
    assert [fault.split(":")[0] for fault in undeclared(REGISTER, grown)] == ["tickets.remark"]


def test_a_table_that_nobody_declared_is_found() -> None:
    fewer = Register(tuple(held for held in REGISTER.held if held.model is not InformationRequest))
    assert undeclared(fewer, metadata) == ["information_requests: in no room's holdings"]


def broken_promises(held: Held) -> Iterator[str]:
    """What a retention class asks of a table and this one does not give."""
    columns = held.model.__table__.columns
    if held.keep is Keep.REPORT and not held.is_of_reports:
        yield "names neither report nor ticket"
    if held.keep is Keep.PICTURES and not (held.is_of_reports and {"id", "created_at"} <= set(columns.keys())):
        yield "names no report, or lacks id or created_at"
    if held.keep is Keep.SWEPT and held.expiry is None:
        yield "never over"
    if held.keep is Keep.PARENT and not any(key.ondelete == "CASCADE" for key in held.model.__table__.foreign_keys):
        yield "goes with no other row"
    if held.texts and not held.is_of_reports:
        yield "has texts of a ticket, but names none"
    if held.texts and held.keep not in (Keep.REPORT, Keep.PICTURES) and not held.is_removed:
        yield "outlives its report with the texts of it"
    if held.is_removed and not held.is_of_reports:
        yield "goes with a report that it does not name"


def test_every_table_can_keep_its_retention_class() -> None:
    assert {held.table: list(broken_promises(held)) for held in REGISTER.held if list(broken_promises(held))} == {}
    assert set(KEEP_LABELS) == set(Keep)


@pytest.mark.parametrize("keep", [Keep.SWEPT, Keep.PARENT, Keep.PICTURES, Keep.LASTING])
def test_a_class_that_a_table_cannot_keep_is_found(keep: Keep) -> None:
    asked = next(held for held in REGISTER.held if held.model is InformationRequest)
    assert list(broken_promises(replace(asked, keep=keep)))


def test_no_table_is_declared_twice() -> None:
    tables = [held.table for held in REGISTER.held]
    assert len(tables) == len(set(tables))


def foreign_models(source: str, allowed: set[str]) -> list[str]:
    """Models that a module imports beyond its own subject."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("models"):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [name for name in names if not {node.module, name} & allowed]
    return found


@pytest.mark.parametrize("path", READERS)
def test_who_reads_the_register_names_no_table_of_another_room(path: str) -> None:
    assert foreign_models((ROOT / path).read_text(encoding="utf-8"), READERS[path]) == []


def test_a_foreign_model_is_found() -> None:
    assert foreign_models("from portal.reports.models import Report", {"portal.tickets.models.Ticket"}) == [
        "portal.reports.models.Report"
    ]
