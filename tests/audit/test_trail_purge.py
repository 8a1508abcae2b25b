"""The trail is purged by age from its old end, under a signed base; any other cut is found (SECURITY D-11)."""

import json
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal import clock
from portal.assembly import make_runtime
from portal.audit import bases, export, purge, queries, trail
from portal.audit.actor import SYSTEM
from portal.audit.chain import encoded
from portal.audit.checkpoints import CheckpointError, Checkpoints
from portal.audit.models import AuditBase, AuditEvent
from portal.audit.problems import PROBLEM_LABELS
from portal.audit.purge import PurgeRefusedError, Rule
from portal.audit.tags import Tag
from portal.audit.trail import Break
from portal.queues.trail_scope import WHOLE
from portal.retention import holds, schedule
from portal.retention.schedule import Schedule
from portal.upkeep import backup, restore
from portal.vault.signing import Verifier, trail_signer
from tests.audit.tampering import forget_all, lift_the_guard
from tests.factories.closing import ticket_named
from tests.factories.portals import post
from tests.factories.reports import file_report

pytestmark = pytest.mark.both_databases  # each value is a statement of its own

HALF_A_YEAR = Rule(timedelta(days=180))
RULES = Schedule(timedelta(0), None, None, timedelta(days=180))


def add(runtime, days_ago: float, rows: int = 1, number: str | None = None) -> None:
    """Rows of so many days ago, as the trail would have got them then; negative days lie ahead."""
    moment = clock.now() - timedelta(days=days_ago)
    with pytest.MonkeyPatch.context() as patch, runtime.database.transaction() as session:
        patch.setattr(clock, "now", lambda: moment)
        for _ in range(rows):
            trail.record(session, Tag.TICKET_VIEWED, SYSTEM, ticket_number=number)


@pytest.fixture
def runtime(portal):
    """A trail whose first ten rows are 200 days old, then two of today; nothing of the cast's own rows."""
    forget_all(portal.runtime.database)
    portal.runtime.checkpoints.path.unlink()
    add(portal.runtime, 200, rows=5)
    portal.runtime.checkpoints.make()
    add(portal.runtime, 181, rows=5, number="RC2026010001")
    add(portal.runtime, 0, rows=2)
    portal.runtime.checkpoints.make()
    return portal.runtime


def purged(runtime, rule: Rule = HALF_A_YEAR, **options) -> int:
    return purge.purge(runtime.checkpoints, rule, SYSTEM, **options)


def seqs(runtime) -> list[int]:
    with runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq)))


def lines(runtime) -> list[dict]:
    return [json.loads(line) for line in runtime.checkpoints.path.read_text().splitlines()]


def test_rows_that_were_kept_long_enough_go_and_the_rest_still_verifies(runtime):
    with runtime.database.read() as session:
        assert purge.due(session, HALF_A_YEAR) == 10
        last_hash = session.scalar(select(AuditEvent.row_hash).where(AuditEvent.seq == 10))
    assert purged(runtime) == 10

    assert seqs(runtime) == [11, 12, 13]
    proof = runtime.checkpoints.verify()
    assert (proof.is_whole, proof.count, proof.purged, proof.checkpoints) == (True, 3, 10, 3)
    assert proof.summary == "3 rows, 3 checkpoints, 10 older rows were purged"
    with runtime.database.read() as session:
        base = session.scalars(select(AuditBase)).one()
        row = session.get_one(AuditEvent, 13)
    assert (base.number, base.seq, base.row_hash, base.removed) == (1, 10, last_hash, 10)
    assert clock.now() - timedelta(minutes=1) < base.at <= clock.now()
    assert (row.tag, row.is_success) == ("audit:purge", True)
    assert row.particulars == {"first_row": 1, "last_row": 10, "base": 1}
    assert purged(runtime) == 0


def test_the_base_stands_in_the_file_outside_too_and_proves_itself(runtime):
    purged(runtime)
    in_file = lines(runtime)[-1]["base"]

    assert (in_file["base"], in_file["seq"], in_file["removed"]) == (1, 10, 10)
    rest = {name: value for name, value in in_file.items() if name != "signature"}
    verifier = Verifier(runtime.checkpoints.signer.public_key)
    assert verifier.is_signed(encoded(rest).encode(), bytes.fromhex(in_file["signature"]))


def test_what_is_younger_stays_to_the_day(portal):
    forget_all(portal.runtime.database)
    add(portal.runtime, 181)
    add(portal.runtime, 179)
    portal.runtime.checkpoints.path.unlink()
    assert purged(portal.runtime) == 1

    assert seqs(portal.runtime) == [2, 3]
    assert purged(portal.runtime, Rule(timedelta(days=400))) == 0


def test_it_removes_from_the_old_end_only(runtime):
    add(runtime, 300)  # the clock was wrong then; younger rows stand before it
    assert purged(runtime) == 10

    assert seqs(runtime) == [11, 12, 13, 14]


def test_a_row_from_the_future_never_goes_and_neither_does_what_follows(portal):
    forget_all(portal.runtime.database)
    portal.runtime.checkpoints.path.unlink()
    add(portal.runtime, 300)
    add(portal.runtime, -4000)
    add(portal.runtime, 300)
    assert purged(portal.runtime) == 1
    assert purged(portal.runtime) == 0

    assert seqs(portal.runtime) == [2, 3, 4]
    assert portal.runtime.checkpoints.verify().is_whole


def test_a_clock_that_leaps_ahead_cannot_take_young_rows(runtime, monkeypatch):
    """The database asks its own clock, which on PostgreSQL is that of another machine."""
    later = clock.now() + timedelta(days=1000)
    monkeypatch.setattr(clock, "now", lambda: later)
    with pytest.raises(DBAPIError, match=r"no such base|insert-only"):
        purged(runtime)

    assert seqs(runtime) == list(range(1, 13))


@pytest.mark.parametrize("days", [0, 30, 179])
def test_nobody_can_ask_for_less_than_half_a_year(runtime, days):
    with pytest.raises(ValueError, match="180 days"):
        purged(runtime, Rule(timedelta(days=days)))

    assert seqs(runtime) == list(range(1, 13))


def test_a_ticket_on_hold_stops_the_purge_at_its_first_row(portal):
    runtime = portal.runtime
    forget_all(runtime.database)
    runtime.checkpoints.path.unlink()
    number = file_report(runtime).number
    forget_all(runtime.database)
    add(runtime, 300, rows=3)
    add(runtime, 250, number=number)
    add(runtime, 240, rows=2)
    holds.hold(runtime, SYSTEM, number, "卫健局调查")
    assert schedule.due(runtime, RULES).old_trail == 3
    assert schedule.run(runtime, RULES).old_trail == 3
    assert seqs(runtime)[0] == 4

    # And the database does not let anybody go on by hand.
    with pytest.raises(DBAPIError, match="insert-only"), runtime.database.transaction() as session:
        insert_base(session, runtime, 6)
        session.execute(text("DELETE FROM audit_events WHERE seq <= 6"))
    holds.release(runtime, SYSTEM, number)
    assert schedule.run(runtime, RULES).old_trail == 3
    assert seqs(runtime)[0] == 7
    assert runtime.checkpoints.verify().is_whole


def test_a_hold_reaches_the_rows_under_a_former_number(portal):
    runtime = portal.runtime
    forget_all(runtime.database)
    runtime.checkpoints.path.unlink()
    ticket = ticket_named(runtime, file_report(runtime).number)
    forget_all(runtime.database)
    with runtime.database.transaction() as session:
        value = ticket.id.hex if runtime.database.is_sqlite else ticket.id
        session.execute(text("INSERT INTO former_numbers VALUES ('RC2025010009', :id)"), {"id": value})
    add(runtime, 300)
    add(runtime, 300, number="RC2025010009")
    holds.hold(runtime, SYSTEM, ticket.number, "卫健局调查")

    assert schedule.run(runtime, RULES).old_trail == 1


def test_a_dry_run_says_how_many_and_changes_nothing(runtime):
    before = seqs(runtime)

    assert schedule.due(runtime, RULES).old_trail == 10
    assert schedule.due(runtime, Schedule(timedelta(0), None, None, None)).old_trail == 0
    assert seqs(runtime) == before
    assert schedule.run(runtime, RULES).old_trail == 10
    assert schedule.due(runtime, RULES).old_trail == 0


def test_it_is_purged_in_batches_each_with_its_base(runtime):
    assert purged(runtime, batch=4) == 10

    with runtime.database.read() as session:
        found = session.scalars(select(AuditBase).order_by(AuditBase.number)).all()
    assert [(base.number, base.seq, base.removed) for base in found] == [(1, 4, 4), (2, 8, 4), (3, 10, 2)]
    assert runtime.checkpoints.verify().is_whole
    add(runtime, 0)
    runtime.checkpoints.make()
    assert runtime.checkpoints.verify().is_whole


def test_a_purge_can_take_the_whole_old_trail_and_go_on(portal):
    forget_all(portal.runtime.database)
    portal.runtime.checkpoints.path.unlink()
    add(portal.runtime, 300, rows=3)
    portal.runtime.checkpoints.make()
    assert purged(portal.runtime) == 3

    assert seqs(portal.runtime) == [4]
    assert portal.runtime.checkpoints.make().seq == 4
    assert portal.runtime.checkpoints.verify().is_whole


# --- nothing but this purge is let through ---------------------------------------------------------------------------


def insert_base(session, runtime, seq: int, **changes: object) -> None:
    """A base as somebody without the key would write it."""
    row_hash = session.scalar(select(AuditEvent.row_hash).where(AuditEvent.seq == seq)) or "0" * 64
    before = bases.latest(session)
    values = {
        "number": before.number + 1, "seq": seq, "row_hash": row_hash, "removed": seq - before.seq, "at": clock.now(),
        "key": runtime.checkpoints.signer.fingerprint, "signature": "00" * 64,
    }  # fmt: skip
    session.execute(AuditBase.__table__.insert().values(values | changes))


@pytest.mark.parametrize("where", ["1 = 1", "seq = 1", "seq <= 10", "seq = 5", "seq = 12", "at < '2000-01-01'"])
def test_nobody_can_delete_rows_directly(runtime, where):
    with runtime.database.transaction() as session:
        count = session.scalar(text(f"SELECT count(*) FROM audit_events WHERE {where}"))
    if count:
        with pytest.raises(DBAPIError, match="audit_events is insert-only"), runtime.database.transaction() as session:
            session.execute(text(f"DELETE FROM audit_events WHERE {where}"))

    assert seqs(runtime) == list(range(1, 13))


def test_nobody_can_delete_rows_directly_after_a_purge(runtime):
    purged(runtime)
    for statement in ("DELETE FROM audit_events", "DELETE FROM audit_events WHERE seq = 11"):
        with pytest.raises(DBAPIError, match="audit_events is insert-only"), runtime.database.transaction() as session:
            session.execute(text(statement))

    assert seqs(runtime) == [11, 12, 13]


def test_nobody_can_set_a_base_over_young_rows_and_empty_the_trail(runtime):
    with pytest.raises(DBAPIError, match="no such base"), runtime.database.transaction() as session:
        insert_base(session, runtime, 12)
    with pytest.raises(DBAPIError, match="no such base"), runtime.database.transaction() as session:
        insert_base(session, runtime, 100)
    with pytest.raises(DBAPIError, match="no such base"), runtime.database.transaction() as session:
        insert_base(session, runtime, 10, row_hash="1" * 64)
    with pytest.raises(DBAPIError, match="no such base"), runtime.database.transaction() as session:
        insert_base(session, runtime, 10, number=7)
    with pytest.raises(DBAPIError, match="insert-only"), runtime.database.transaction() as session:
        insert_base(session, runtime, 10)
        session.execute(text("DELETE FROM audit_events"))

    assert seqs(runtime) == list(range(1, 13))


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_bases SET seq = 11", "UPDATE audit_bases SET signature = ''", "DELETE FROM audit_bases"]
)
def test_nobody_can_change_a_base(runtime, statement):
    purged(runtime)
    with pytest.raises(DBAPIError, match="insert-only"), runtime.database.transaction() as session:
        session.execute(text(statement))


# --- tampering after a purge, with every guard of the database lifted ------------------------------------------------


@pytest.fixture
def shortened(runtime):
    """Purged once, 20 rows since, checkpoints and all."""
    purged(runtime)
    add(runtime, 0, rows=20)
    runtime.checkpoints.make()
    assert runtime.checkpoints.verify().is_whole
    return runtime


def lift_all_guards(database) -> None:
    lift_the_guard(database)
    with database.transaction() as session:
        if database.is_sqlite:
            for name in ("audit_bases_next", "audit_bases_no_update", "audit_bases_no_delete"):
                session.execute(text(f"DROP TRIGGER {name}"))
        else:
            session.execute(text("ALTER TABLE audit_bases DISABLE TRIGGER ALL"))


def broken(runtime, *statements: str) -> Break | None:
    lift_all_guards(runtime.database)
    with runtime.database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))
    return runtime.checkpoints.verify().first_break


_CUT = "rows at the beginning are missing, without a base that says so"


@pytest.mark.parametrize(
    ("statements", "seq", "problem"),
    [
        (["UPDATE audit_events SET reason = 'x' WHERE seq = 15"], 15, "the row was changed"),
        (["DELETE FROM audit_events WHERE seq = 15"], 15, "a row is missing"),
        (["DELETE FROM audit_events WHERE seq = 11"], 11, _CUT),
        (["DELETE FROM audit_events WHERE seq <= 20"], 11, _CUT),
        (["DELETE FROM audit_events WHERE seq > 30"], 31, "rows at the end are missing"),
        (
            [
                "UPDATE audit_events SET seq = 99 WHERE seq = 15", "UPDATE audit_events SET seq = 15 WHERE seq = 16",
                "UPDATE audit_events SET seq = 16 WHERE seq = 99",
            ],
            15, "the row does not follow the one before",
        ),
        (["UPDATE audit_events SET seq = 3 WHERE seq = 15"], 3, "a row was inserted"),
        (["DELETE FROM audit_bases"], 1, _CUT),
        (["UPDATE audit_bases SET seq = 11, removed = 11"], 1, "base 1: it was forged or changed"),
        (["UPDATE audit_bases SET removed = 9"], 1, "base 1: it was forged or changed"),
        (["UPDATE audit_bases SET row_hash = '" + "1" * 64 + "'"], 1, "base 1: it was forged or changed"),
        (["UPDATE audit_bases SET at = '2020-01-01 00:00:00'"], 1, "base 1: it was forged or changed"),
        (["UPDATE audit_bases SET signature = '" + "0" * 128 + "'"], 1, "base 1: it was forged or changed"),
        (["UPDATE audit_bases SET key = '" + "0" * 32 + "'"], 1, "base 1: it was signed with another key"),
        (["UPDATE audit_bases SET number = 2"], 1, "base 2: a base is missing before it"),
    ],
)  # fmt: skip
def test_tampering_after_a_purge_is_found_and_named(shortened, statements, seq, problem):
    assert broken(shortened, *statements) == Break(seq, problem)


def test_nobody_can_cut_the_head_with_a_base_of_their_own(shortened):
    runtime = shortened
    with runtime.database.read() as session:
        before = bases.latest(session)
        row_hash = bases.hash_at(session, 20)
    lift_all_guards(runtime.database)
    forged = bases.new_base(before, 20, row_hash, trail_signer(b"x" * 32))
    with runtime.database.transaction() as session:
        session.add(forged)
        session.execute(text("DELETE FROM audit_events WHERE seq <= 20"))
    assert runtime.checkpoints.verify().first_break == Break(11, "base 2: it was signed with another key")

    with runtime.database.transaction() as session:
        session.execute(
            text(f"UPDATE audit_bases SET key = '{runtime.checkpoints.signer.fingerprint}' WHERE number = 2")
        )
    assert runtime.checkpoints.verify().first_break == Break(11, "base 2: it was forged or changed")


def test_nobody_can_cut_the_head_under_an_older_base(runtime):
    purged(runtime, batch=5)  # bases 1 and 2

    assert broken(runtime, "DELETE FROM audit_bases WHERE number = 2") == Break(6, _CUT)


def test_nobody_can_cut_the_head_of_a_trail_that_was_never_purged(runtime):
    assert broken(runtime, "DELETE FROM audit_events WHERE seq <= 5") == Break(1, _CUT)


def test_nobody_can_bring_back_a_base_that_the_file_does_not_hold(runtime):
    """A genuine base needs its line outside: who signs in memory alone is betrayed by the file."""
    with runtime.database.transaction() as session:
        session.add(bases.new_base(bases.latest(session), 10, bases.hash_at(session, 10), runtime.checkpoints.signer))
        session.flush()
        session.execute(text("DELETE FROM audit_events WHERE seq <= 10"))

    assert runtime.checkpoints.verify().problem == "the last base is not among the checkpoints"


def test_a_base_in_the_file_cannot_be_changed(shortened):
    contents = lines(shortened)
    index = next(index for index, line in enumerate(contents) if "base" in line)
    for change in ({"removed": 3}, {"signature": 1}, {}):
        changed = [dict(line) for line in contents]
        changed[index]["base"] = changed[index]["base"] | change if change else "x"
        shortened.checkpoints.path.write_bytes(b"".join(encoded(line).encode() + b"\n" for line in changed))
        assert shortened.checkpoints.verify().problem == f"checkpoint line {index + 1}: a checkpoint was changed"


def test_a_purged_trail_cannot_be_proven_without_the_key(shortened):
    with shortened.database.read() as session:
        assert trail.verify(session).first_break == Break(1, "base 1: there is no key to check it with")
        assert trail.verify(session, verifier=shortened.checkpoints.signer).first_break is None


# --- nothing is purged that is not whole, and nothing half ------------------------------------------------------------


def test_a_broken_trail_is_not_made_to_look_whole(runtime):
    broken(runtime, "UPDATE audit_events SET reason = 'x' WHERE seq = 3")
    with pytest.raises(PurgeRefusedError, match="row 3: the row was changed"):
        purged(runtime)
    assert seqs(runtime) == list(range(1, 13))

    rule = HALF_A_YEAR
    assert purge.purge_quietly(runtime.checkpoints, rule, SYSTEM) == 0
    assert purge.purge_quietly(runtime.checkpoints, rule, SYSTEM) == 0  # once a day is enough
    with runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.TRAIL_PURGED)).one()
    assert (row.is_success, row.particulars["broken_row"]) == (False, 3)


def test_rows_that_the_checkpoints_know_otherwise_are_not_purged(runtime):
    runtime.checkpoints.path.unlink()
    with pytest.raises(PurgeRefusedError, match="checkpoints are missing"):
        purged(runtime)

    assert seqs(runtime) == list(range(1, 13))


@pytest.mark.parametrize("step", ["record", "add_base"])
def test_a_purge_that_fails_midway_changes_nothing(runtime, monkeypatch, step):
    def fail(*_arguments, **_options):
        raise OSError("the disk is gone")

    owner = trail if step == "record" else Checkpoints
    with monkeypatch.context() as patch:
        patch.setattr(owner, step, fail)
        with pytest.raises(OSError, match="disk is gone"):
            purged(runtime)
    assert seqs(runtime) == list(range(1, 13))
    assert runtime.checkpoints.verify().is_whole
    assert purged(runtime) == 10


KILLED = """
import os, sys
from datetime import timedelta
from portal import clock
from portal.assembly import make_runtime
from portal.audit import checkpoints, purge
from portal.audit.actor import SYSTEM
from portal.audit.chain import encoded
from portal.settings import load_settings

runtime, real = make_runtime(load_settings()), checkpoints.Checkpoints.add_base

def add_base(self, *arguments):
    if sys.argv[1] == "after the file":
        real(self, *arguments)
    os.kill(os.getpid(), 9)

checkpoints.Checkpoints.add_base = add_base
purge.purge(runtime.checkpoints, purge.Rule(timedelta(days=180)), SYSTEM)
"""


@pytest.mark.parametrize("moment", ["before the file", "after the file"])
def test_a_killed_purge_leaves_the_whole_trail(portal, runtime, moment):
    environ = {
        "PORTAL_DATA_DIR": str(portal.settings.data_dir), "PORTAL_UPLOADS": portal.settings.uploads,
        "PORTAL_DATABASE_URL": portal.settings.database_url,
    }  # fmt: skip
    done = subprocess.run([sys.executable, "-c", KILLED, moment], env=environ, capture_output=True, check=False)
    assert done.returncode == -9, done.stderr

    assert seqs(runtime) == list(range(1, 13))
    assert runtime.checkpoints.verify().is_whole
    assert any("base" in line for line in lines(runtime)) == (moment == "after the file")
    assert purged(runtime) == 10
    assert runtime.checkpoints.verify().is_whole


# --- what reads the trail goes on -------------------------------------------------------------------------------------


def test_an_export_of_what_is_left_proves_itself(shortened):
    written: list[bytes] = []
    export.export(shortened.database, shortened.checkpoints.signer, SYSTEM, export.Range(), written.append)
    verifier = Verifier(shortened.checkpoints.signer.public_key)

    assert export.check(written, verifier) == (11, 33)
    assert json.loads(written[0])["base"]["seq"] == 10
    forged = json.loads(written[0])
    forged["base"]["removed"] = 3
    with pytest.raises(export.ExportBrokenError, match="base"):
        export.check([json.dumps(forged).encode() + b"\n", *written[1:]], verifier)


def test_who_saw_what_is_answered_from_what_is_left(shortened):
    add(shortened, 0, number="RC2026110099")
    with shortened.database.read() as session:
        wanted = queries.TrailFilter(WHOLE, ticket_numbers=("RC2026110099",))
        assert [looker.times for looker in queries.accessors(session, wanted)] == [{Tag.TICKET_VIEWED: 1}]
        events, further = queries.page(session, queries.TrailFilter(WHOLE), None, 500)
    assert (events[-1].seq, further) == (11, None)


def test_the_pages_and_the_check_of_a_lead_go_on(portal, runtime):
    purged(runtime)
    leo = portal.signed_in("leo")

    answer = post(leo, "/account", "/review/verification")
    assert answer.status_code in (200, 303), answer.text
    with runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.AUDIT_VERIFIED)).one()
    assert row.is_success
    assert row.particulars["purged"] == 10
    assert leo.get("/review").status_code == 200


def test_a_lead_reads_in_chinese_what_is_wrong_with_a_base(portal, shortened):
    code = bases.__loader__.get_source(bases.__name__)
    problems = re.findall(r'return "([^"]+)"', code) + re.findall(r'problem="([^"]+)"', code)
    assert len(problems) == 5
    assert set(problems) <= set(PROBLEM_LABELS)

    leo = portal.signed_in("leo")
    page = post(leo, "/account", "/review/verification").text
    assert "更早的 10 条已按保存期限清除" in page
    lift_all_guards(shortened.database)
    with shortened.database.transaction() as session:
        session.execute(text("UPDATE audit_bases SET removed = 9"))
    page = post(leo, "/account", "/review/verification").text
    assert "从第 1 行起不可信：起点是伪造的，或被改过。" in page


def test_the_checkpoints_can_be_begun_anew_after_a_purge(shortened):
    shortened.checkpoints.start_over()

    assert lines(shortened)[0]["base"]["seq"] == 10
    assert shortened.checkpoints.verify().is_whole
    add(shortened, 0)
    assert shortened.checkpoints.make() is not None
    assert shortened.checkpoints.verify().is_whole


def test_a_checkpoint_is_not_made_over_a_trail_whose_base_was_forged(shortened):
    broken(shortened, "DELETE FROM audit_events", "UPDATE audit_head SET seq = 5")
    with pytest.raises(CheckpointError, match="not the one that was signed"):
        shortened.checkpoints.make()


def test_a_backup_made_after_a_purge_comes_back_whole(portal, shortened, tmp_path):
    file = tmp_path / "after.backup"
    backup.make(shortened, portal.settings.data_dir, file, SYSTEM)
    before = seqs(shortened)
    shortened.database.dispose()
    restore.restore(portal.settings, file, SYSTEM, may_replace=True)
    back = make_runtime(portal.settings)

    proof = back.checkpoints.verify()
    assert (proof.is_whole, proof.purged) == (True, 10)
    assert seqs(back)[:20] == before[:20]
    back.database.dispose()


def test_a_backup_made_before_a_purge_comes_back_whole_and_is_purged_again(portal, runtime, tmp_path):
    file = tmp_path / "before.backup"
    backup.make(runtime, portal.settings.data_dir, file, SYSTEM)
    purged(runtime)
    runtime.database.dispose()
    done = restore.restore(portal.settings, file, SYSTEM, may_replace=True)
    back = make_runtime(portal.settings)

    assert done.has_new_checkpoints
    assert back.checkpoints.verify().is_whole
    assert purged(back) == 10
    assert back.checkpoints.verify().is_whole
    back.database.dispose()


def test_a_long_trail_is_purged_in_little_memory(portal):
    import tracemalloc

    runtime = portal.runtime
    forget_all(runtime.database)
    runtime.checkpoints.path.unlink()
    add(runtime, 300, rows=3000)
    tracemalloc.start()
    assert purged(runtime, batch=500) == 3000
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    with runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(AuditBase)) == 6
    assert peak < 16 * 2**20
