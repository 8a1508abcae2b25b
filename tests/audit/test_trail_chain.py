"""The chain betrays every kind of tampering, and names the first bad row (SECURITY D-9, D-10)."""

import threading

import pytest
from sqlalchemy import select, text

from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.models import AuditEvent
from portal.audit.tag_labels import TAG_LABELS
from portal.audit.tags import Tag
from portal.db import Database

ALICE = Actor("alice", "engineer", address="127.0.0.1", session_id="s" * 40, request_id="r" * 40)


@pytest.fixture
def database(portal) -> Database:
    """A portal's database with twelve rows: six people and six notes."""
    database = portal.runtime.database
    for step in range(6):
        with database.transaction() as session:
            trail.record(session, Tag.TICKET_NOTED, ALICE, ticket_number="RC2026110001", particulars={"row": step})
    return database


def verified(database: Database, batch: int = 5) -> trail.Verification:
    with database.read() as session:
        return trail.verify(session, batch)


def tamper(database: Database, *statements: str) -> None:
    with database.transaction() as session:
        if database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_events_no_update"))
            session.execute(text("DROP TRIGGER audit_events_no_delete"))
        else:
            session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(text(statement))


@pytest.mark.both_databases
@pytest.mark.parametrize("batch", [1, 5, 6, 12, 2000])
def test_a_whole_chain_verifies_whatever_the_batch(database, batch):
    assert verified(database, batch) == trail.Verification(12, None)


COLUMNS = {
    "tag": "'session:sign-in'", "is_success": "false", "actor_name": "'somebody'", "actor_role": "'lead'",
    "address": "'::1'", "session_id": "''", "request_id": "''", "ticket_number": "NULL", "field": "'name'",
    "reason": "'because'", "detail": "''",
    "particulars": "'{}'", "previous_hash": "''", "row_hash": "''", "at": "'2026-01-01 00:00:00'",
}  # fmt: skip


@pytest.mark.both_databases
@pytest.mark.parametrize("column", COLUMNS)
def test_nobody_can_change_a_column_unnoticed(database, column):
    tamper(database, f"UPDATE audit_events SET {column} = {COLUMNS[column]} WHERE seq = 8")

    assert verified(database).first_break.seq == 8
    assert verified(database).count == 7


def test_nobody_can_remove_a_row_unnoticed(database):
    tamper(database, "DELETE FROM audit_events WHERE seq = 9")

    assert verified(database).first_break == trail.Break(9, "a row is missing")


def test_nobody_can_cut_the_end_unnoticed(database):
    tamper(database, "DELETE FROM audit_events WHERE seq > 10")

    assert verified(database).first_break == trail.Break(11, "rows at the end are missing")


def test_nobody_can_empty_the_trail_unnoticed(database):
    tamper(database, "DELETE FROM audit_events")

    assert verified(database).first_break.seq == 1


def test_nobody_can_remove_the_head_unnoticed(database):
    with database.transaction() as session:
        session.execute(text("DELETE FROM audit_head"))

    assert verified(database).first_break.seq == 13


def test_nobody_can_swap_two_rows_unnoticed(database):
    tamper(
        database,
        "UPDATE audit_events SET seq = 100 WHERE seq = 8",
        "UPDATE audit_events SET seq = 8 WHERE seq = 9",
        "UPDATE audit_events SET seq = 9 WHERE seq = 100",
    )

    assert verified(database).first_break.seq == 8


def test_nobody_can_insert_a_row_unnoticed(database):
    columns = "at, tag, is_success, actor_name, actor_role, address, session_id, request_id, previous_hash, row_hash"
    copied = f"INSERT INTO audit_events (seq, {columns}) SELECT 0, {columns} FROM audit_events WHERE seq = 1"
    with database.transaction() as session:
        session.execute(text(copied))

    assert verified(database).first_break == trail.Break(0, "a row was inserted")


@pytest.mark.parametrize("backend", ["sqlite"])  # PostgreSQL's columns take nothing but their type
@pytest.mark.parametrize("column", ["at", "actor_id", "reason"])
@pytest.mark.parametrize("value", ["'nonsense'", "x'ff00'", "CAST(x'ff00' AS TEXT)", "-1"])
def test_a_row_that_cannot_be_read_is_named(database, column, value):
    tamper(database, f"UPDATE audit_events SET {column} = {value} WHERE seq = 8")

    assert verified(database).first_break.seq == 8


def test_writers_side_by_side_make_one_chain(database):
    def write():
        for _ in range(5):
            with database.transaction() as session:
                trail.record(session, Tag.TICKET_NOTED, ALICE)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        assert verified(database).first_break is None  # also while others write
    for thread in threads:
        thread.join()

    assert verified(database) == trail.Verification(32, None)


def test_a_change_that_fails_takes_its_row_with_it(database):
    with pytest.raises(RuntimeError), database.transaction() as session:
        trail.record(session, Tag.TICKET_NOTED, ALICE)
        raise RuntimeError

    assert verified(database) == trail.Verification(12, None)


def test_a_line_of_the_trail_cannot_be_forged(database):
    with database.transaction() as session:
        trail.record(session, Tag.TICKET_NOTED, ALICE, reason="one\ntwo\r\u202ethree\x00\u2028four")

    with database.read() as session:
        assert (
            session.execute(text("SELECT reason FROM audit_events WHERE seq = 13")).scalar_one()
            == "one two  three  four"
        )


def test_an_unknown_tag_cannot_be_recorded(database):
    with pytest.raises(ValueError, match="made-up"), database.transaction() as session:
        trail.record(session, "made-up:tag", ALICE)


def test_every_tag_has_a_label():
    assert set(TAG_LABELS) == set(Tag)
    assert len(set(TAG_LABELS.values())) == len(TAG_LABELS)


def test_particulars_come_back_as_they_went_in_and_can_be_asked_for(database):
    kept = {"text": "引号\"'和\\", "number": 2**53, "is_so": False, "names": ["b", "a"], "none": 0}
    with database.transaction() as session:
        trail.record(session, Tag.TICKET_NOTED, ALICE, particulars={**kept, "empty": "", "nothing": None, "list": []})
        trail.record(session, Tag.TICKET_NOTED, ALICE, particulars={"nothing": None})
    with database.read() as session:
        rows = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(2)).all()
        assert [row.particulars for row in rows] == [None, kept]
        asked = select(AuditEvent.seq).where(AuditEvent.particulars["text"].as_string() == kept["text"])
        assert session.scalars(asked).all() == [rows[1].seq]
    assert verified(database).first_break is None


def test_a_particular_is_one_plain_line(database):
    typed = {"text": "a\nb\u202ec", "names": ["x\ty", "z" * 600]}
    with database.transaction() as session:
        trail.record(session, Tag.TICKET_NOTED, ALICE, particulars=typed)
    with database.read() as session:
        row = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert row.particulars == {"text": "a b c", "names": ["x y", "z" * 500]}
