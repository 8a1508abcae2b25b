"""One declaration is all that a new domain needs: redaction, destruction, rotation, worker and backup see its table."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from portal import clock, worker
from portal.acts import performing
from portal.acts.table import CLAIM
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.cli.main import main
from portal.db import UtcDateTime, new_id
from portal.disclosure import text_redaction
from portal.errors import InvalidError
from portal.holdings import Held, Keep, Register, TicketText, ends_at, sealed_column
from portal.retention import schedule
from portal.retention.schedule import Schedule
from portal.runtime import Runtime
from portal.tickets import lookup
from portal.upkeep import backup, rotation
from portal.vault.models import DataKey, SealedValue
from portal.vault.vault import REPORT, Place
from portal.wiring import REGISTER
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.portals import Portal
from tests.factories.reports import file_report

MONTH = Schedule(timedelta(0), None, timedelta(days=30), None)


class Pretend(DeclarativeBase):
    """A metadata of its own: the portal's own tables stay what they are."""


class Visit(Pretend):
    """A table of a domain that does not exist."""

    __tablename__ = "pretend_visits"

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    report_id: Mapped[uuid.UUID]
    words: Mapped[str]
    wish_sealed: Mapped[bytes | None]
    data_key_id: Mapped[uuid.UUID | None]
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)


def place(report_id: uuid.UUID, visit_id: uuid.UUID) -> Place:
    return Place("pretend_visits", "wish", report_id, visit_id)


VISITS = Held(
    Visit,
    what="走访",
    about="—",
    keep=Keep.REPORT,
    report="report_id",
    texts=(TicketText("words", {"visit": "走访记录"}),),
    sealed=sealed_column("wish_sealed", lambda row: place(row.report_id, row.id)),
    expiry=ends_at(Visit.ends_at),
)


@pytest.fixture
def backend() -> str:
    return "sqlite"


def declared(runtime: Runtime) -> Runtime:
    runtime.database.session_info.update(Register((*REGISTER.held, VISITS)).session_info())
    return runtime


@pytest.fixture
def runtime(portal: Portal) -> Runtime:
    """A portal's runtime with the pretend domain."""
    Pretend.metadata.create_all(portal.runtime.database.engine)
    return declared(portal.runtime)


def visited(runtime: Runtime, number: str, words: str = "见到李试样本人", days: float = 1) -> uuid.UUID:
    ticket, visit_id = ticket_named(runtime, number), uuid.uuid4()
    with runtime.database.transaction() as session:
        key = runtime.vault.data_key(session, ticket.report_id, REPORT)
        wish = runtime.vault.seal(key, place(ticket.report_id, visit_id), "想要新键盘".encode())
        ends = clock.now() + timedelta(days=days)
        session.add(
            Visit(
                id=visit_id, report_id=ticket.report_id, words=words, wish_sealed=wish, data_key_id=key.id, ends_at=ends
            )
        )
    return visit_id


def visit(runtime: Runtime, visit_id: uuid.UUID) -> Visit | None:
    with runtime.database.read() as session:
        return session.get(Visit, visit_id)


def redact(runtime: Runtime, number: str) -> dict[str, Any]:
    with runtime.database.read() as session:
        version = lookup.by_number(session, number).version
    given = {"passage": "李试样", "kind": "name"}
    done = performing.carry_out(runtime, actor(runtime, "alice"), text_redaction.SEAL, number, version, given)
    return done.answer["sealed"]


def test_hand_redaction_masks_its_text_and_names_it(runtime: Runtime) -> None:
    number, other = file_report(runtime).number, file_report(runtime).number
    with runtime.database.transaction() as session:
        perform(session, runtime, actor(runtime, "alice"), CLAIM, number, 1)
    mine, theirs = visited(runtime, number), visited(runtime, other)

    sealed = redact(runtime, number)

    assert sealed == {"key": "visit.1", "places": 1}
    assert visit(runtime, mine).words == "见到李**本人" and visit(runtime, theirs).words == "见到李试样本人"
    with runtime.database.read() as session:
        assert (
            session.scalars(select(SealedValue.label).where(SealedValue.field == "visit")).one() == "走访记录中的姓名"
        )
    with pytest.raises(InvalidError):
        redact(runtime, number)


def test_destruction_empties_its_text_and_its_seal(runtime: Runtime) -> None:
    old, young = closed_ticket(runtime, days_ago=31), closed_ticket(runtime, days_ago=29)
    gone, kept = visited(runtime, old.number), visited(runtime, young.number)

    schedule.run(runtime, MONTH)

    row = visit(runtime, gone)
    assert (row.words, row.wish_sealed, row.data_key_id) == ("", None, None)
    assert visit(runtime, kept).words and visit(runtime, kept).wish_sealed
    assert rotation.verify(runtime).broken == []


def test_a_verification_opens_its_seal(runtime: Runtime) -> None:
    before = rotation.verify(runtime).opened
    number = file_report(runtime).number
    visit_id = visited(runtime, number)
    assert rotation.verify(runtime).opened == before + 4 + 1
    with runtime.database.transaction() as session:
        row = session.get_one(Visit, visit_id)
        row.wish_sealed = row.wish_sealed[:-1] + bytes([row.wish_sealed[-1] ^ 1])
    assert rotation.verify(runtime).broken == [f"pretend_visits {visit_id} of {number}: cannot be opened"]


def test_a_conversion_seals_it_anew(runtime: Runtime) -> None:
    visit_id = visited(runtime, file_report(runtime).number)
    sm = declared(make_runtime(replace(runtime.settings, suite="sm4-gcm")))
    rotation.convert(sm, SYSTEM)
    row = visit(sm, visit_id)
    with sm.database.read() as session:
        assert session.get_one(DataKey, row.data_key_id).suite == "sm4-gcm"
        assert sm.vault.open(session, place(row.report_id, visit_id), row.wish_sealed).decode() == "想要新键盘"
    assert rotation.verify(sm).broken == []
    sm.database.dispose()


def test_a_dry_run_counts_what_is_over_and_the_worker_removes_it(runtime: Runtime) -> None:
    number = file_report(runtime).number
    over, lasting = visited(runtime, number, days=-1), visited(runtime, number)

    said = schedule.due(runtime, MONTH)
    assert said.over == {"pretend_visits": 1} and visit(runtime, over) is not None

    worker.run_once(runtime)
    assert visit(runtime, over) is None and visit(runtime, lasting) is not None
    assert schedule.due(runtime, MONTH).over == {}


def test_a_run_removes_what_the_dry_run_counted(runtime: Runtime) -> None:
    visited(runtime, file_report(runtime).number, days=-1)
    said = schedule.due(runtime, MONTH)
    assert schedule.run(runtime, MONTH) == said


def test_a_backup_counts_its_rows(runtime: Runtime, tmp_path) -> None:
    visited(runtime, file_report(runtime).number)
    made = backup.make(runtime, runtime.settings.data_dir, tmp_path / "backup.yxb", SYSTEM)
    assert made.counts["pretend_visits"] == 1


def test_the_command_says_what_is_over(portal: Portal, monkeypatch, capsys) -> None:
    from portal.accounts import external

    external.start_trip(portal.runtime.database, "10.0.0.9", "/")
    later = clock.now() + timedelta(days=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    monkeypatch.setattr("portal.cli.main.load_settings", lambda *_: portal.settings)
    main(["retention", "run", "--dry-run"])
    assert "would destroy: 1 rows of external_trips whose time has run out" in capsys.readouterr().out
