"""An exported trail proves itself, offline, and whoever changes a byte of it is found (SECURITY D-14)."""

import json
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, text

from portal import clock
from portal.assembly import make_runtime
from portal.audit import export, trail
from portal.audit.actor import SYSTEM, Actor
from portal.audit.export import ExportBrokenError, Range
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.errors import PortalError
from portal.vault.signing import Verifier, trail_signer
from tests.audit.tampering import lift_the_guard
from tests.factories.servers import Site

PAPER = Path(__file__).parent.parent.parent / "docs" / "audit.md"
ALICE = Actor("alice", "engineer", address="127.0.0.1", session_id="s" * 16, request_id="r" * 16)


@pytest.fixture
def runtime(portal):
    """Six rows of people and four notes, one with a text that JSON must escape."""
    with portal.runtime.database.transaction() as session:
        for reason in ('"引号"', "back\\slash", "𠮷", None):
            trail.record(session, Tag.TICKET_NOTED, ALICE, ticket_number="RC2026110001", reason=reason)
    return portal.runtime


def exported(runtime, wanted: Range | None = None) -> list[bytes]:
    lines: list[bytes] = []
    export.export(runtime.database, runtime.checkpoints.signer, ALICE, wanted or Range(), lines.append)
    return lines


def checked(runtime, lines: list[bytes]) -> tuple[int, int]:
    return export.check(lines, Verifier(runtime.checkpoints.signer.public_key))


def test_an_export_is_whole_and_holds_every_row(runtime):
    lines = exported(runtime)

    assert checked(runtime, lines) == (1, 10)
    header, *rows, proof = map(json.loads, lines)
    assert (header["format"], header["first_seq"], header["previous_hash"]) == ("yxt-trail/1", 1, "0" * 64)
    assert [row["seq"] for row in rows] == list(range(1, 11))
    assert [row["reason"] for row in rows[6:10]] == ['"引号"', "back\\slash", "𠮷", None]
    assert proof["proof"]["count"] == 10
    with runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
    assert (row.tag, row.actor_name) == ("audit:export", "alice")
    assert row.particulars == {"first_row": 1, "last_row": 10}


def test_an_export_of_days_begins_where_the_chain_is(runtime, monkeypatch):
    later = clock.now() + timedelta(days=3)
    with monkeypatch.context() as patch, runtime.database.transaction() as session:
        patch.setattr(clock, "now", lambda: later)
        trail.record(session, Tag.TICKET_NOTED, ALICE)
        trail.record(session, Tag.TICKET_NOTED, ALICE)
    with runtime.database.read() as session:
        before = session.scalar(select(AuditEvent.row_hash).where(AuditEvent.seq == 10))
    lines = exported(runtime, Range(since=later - timedelta(days=1)))

    assert checked(runtime, lines) == (11, 12)
    assert json.loads(lines[0])["previous_hash"] == before
    assert checked(runtime, exported(runtime, Range(until=later - timedelta(days=1))))[0] == 1
    with pytest.raises(PortalError, match="没有审计记录"):
        exported(runtime, Range(since=later + timedelta(days=1)))


def test_an_export_of_the_sm_suite_is_whole(portal):
    sm = make_runtime(replace(portal.settings, suite="sm4-gcm"))
    with sm.database.transaction() as session:
        trail.record(session, Tag.TICKET_NOTED, ALICE)
    lines = exported(sm)

    assert checked(sm, lines) == (1, 7)
    assert json.loads(lines[-2])["hash_name"] == "sm3"
    sm.database.dispose()


TAMPERS = {
    "a change": lambda lines: [line.replace(b'"alice"', b'"bobby"') for line in lines],
    "a deletion": lambda lines: lines[:5] + lines[6:],
    "a deletion at the front": lambda lines: lines[:1] + lines[2:],
    "a deletion at the end": lambda lines: lines[:-2] + lines[-1:],
    "an insertion": lambda lines: lines[:5] + lines[4:],
    "another order": lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
    "no proof": lambda lines: lines[:-1],
    "something behind": lambda lines: [*lines, lines[3]],
    "another header": lambda lines: [lines[0].replace(b'"version":"', b'"version":"9'), *lines[1:]],
    "another form": lambda lines: [lines[0].replace(b"yxt-trail/1", b"yxt-trail/9"), *lines[1:]],
    "no header": lambda lines: lines[1:],
    "nothing": lambda lines: [],
    "half a line": lambda lines: [*lines[:-1], lines[-1][:-1]],
    "no JSON": lambda lines: [*lines[:3], b"{\n", *lines[3:]],
    "a list": lambda lines: [*lines[:3], b"[]\n", *lines[3:]],
    "another count": lambda lines: [*lines[:-1], lines[-1].replace(b'"count":10', b'"count":11')],
    "no signature": lambda lines: [*lines[:-1], re.sub(rb'"signature":"\w+"', b'"signature":""', lines[-1])],
}


@pytest.mark.parametrize("tamper", TAMPERS)
def test_nobody_can_tamper_with_an_export(runtime, tamper):
    lines = exported(runtime)
    assert TAMPERS[tamper](lines) != lines

    with pytest.raises(ExportBrokenError):
        checked(runtime, TAMPERS[tamper](lines))


def test_another_key_cannot_sign_an_export(runtime):
    forger = trail_signer(b"x" * 32)
    lines: list[bytes] = []
    export.export(runtime.database, forger, ALICE, Range(), lines.append)

    assert export.check(lines, forger) == (1, 10)
    with pytest.raises(ExportBrokenError, match="signature"):
        checked(runtime, lines)


def test_the_procedure_in_the_papers_needs_python_alone(runtime, tmp_path):
    script = re.search(r"```python\n(.*?# audit procedure.*?)```", PAPER.read_text(encoding="utf-8"), re.DOTALL)[1]
    (tmp_path / "check.py").write_text(script, encoding="utf-8")
    lines = exported(runtime)

    def run(content: list[bytes]) -> subprocess.CompletedProcess[str]:
        (tmp_path / "trail.jsonl").write_bytes(b"".join(content))
        command = [sys.executable, "-I", "-S", "check.py", "trail.jsonl"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert run(lines).stdout == "whole: rows 1 to 10\n"
    for name in ("a change", "a deletion", "an insertion", "another order", "a deletion at the end", "no proof"):
        assert run(TAMPERS[name](lines)).returncode == 1, name


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Site:
    """A portal on SQLite with one person, and its exported trail in trail.jsonl."""
    made = Site(tmp_path_factory.mktemp("audit-commands"))
    password = "invented-alice-phrase\n"
    added = made.run("users", "add", "alice", "--role", "lead", "--password-stdin", stdin=password)
    assert added.returncode == 0, added.stderr
    return made


def test_the_commands_export_and_check(site):
    yesterday, tomorrow = (str(clock.china_today() + timedelta(days=days)) for days in (-1, 1))
    done = site.run("audit", "export", "--from", yesterday, "--to", tomorrow, "trail.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "已导出 1 条 (1 rows)\n")
    key = site.run("audit", "key").stdout.strip()
    assert re.fullmatch("[0-9a-f]{64}", key)

    elsewhere = {"PORTAL_DATA_DIR": str(site.folder / "elsewhere")}
    for settings in ({}, elsewhere):
        done = site.run("audit", "check-export", "--key", key, "trail.jsonl", **settings)
        assert (done.returncode, done.stdout) == (0, "文件完整：第 1 条到第 1 条 (whole: rows 1 to 1)\n"), done.stderr
    assert site.run("audit", "check-export", "trail.jsonl").returncode == 0
    assert not (site.folder / "elsewhere").exists()
    changed = (site.folder / "trail.jsonl").read_bytes().replace(b"user:add", b"user:end")
    (site.folder / "changed.jsonl").write_bytes(changed)
    done = site.run("audit", "check-export", "--key", key, "changed.jsonl")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "导出的内容不完整：内容被改过 (line 2: the row was changed)\n",
    )


def test_an_export_does_not_write_over_a_file_and_leaves_no_half(site):
    (site.folder / "there.jsonl").write_text("mine")
    assert site.run("audit", "export", "there.jsonl").returncode == 1
    assert (site.folder / "there.jsonl").read_text() == "mine"
    done = site.run("audit", "export", "--from", "2999-01-01", "none.jsonl")

    assert (done.returncode, done.stderr) == (1, "这段时间没有审计记录 (refused, status 404)\n")
    assert not (site.folder / "none.jsonl").exists()


def test_an_export_goes_to_standard_output(site):
    done = site.run("audit", "export", "-")

    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[0])["format"] == "yxt-trail/1"


def test_the_commands_verify_and_begin_anew(site):
    path = site.folder / "var" / "audit-checkpoints.jsonl"
    assert site.run("audit", "verify").returncode == 0
    copy = site.folder / "copy.jsonl"
    copy.write_bytes(path.read_bytes())
    path.unlink()
    done = site.run("audit", "verify")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "签名检查点有问题：签名检查点文件丢失，或缺少了结尾 (checkpoints are missing)\n",
    )
    assert site.run("audit", "verify", "--checkpoints", "nowhere.jsonl").returncode == 1
    assert site.run("audit", "restart").returncode == 0

    assert site.run("audit", "verify").returncode == 0
    assert site.run("audit", "verify", "--checkpoints", "copy.jsonl").returncode == 0


def test_exporting_is_recorded_before_it_happens(runtime):
    def broken(line: bytes) -> None:
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        export.export(runtime.database, runtime.checkpoints.signer, SYSTEM, Range(), broken)

    with runtime.database.read() as session:
        last = session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc())).first()
        assert last.tag == Tag.AUDIT_EXPORTED


def test_a_reader_that_stands_still_holds_no_transaction_open(runtime, monkeypatch):
    """Otherwise the log could not be emptied, and destroyed values would stay in it as long as nobody reads."""
    monkeypatch.setattr(export, "_BATCH", 3)
    states = []

    def write(line: bytes) -> None:
        with runtime.database.transaction() as session:
            trail.record(session, Tag.TICKET_VIEWED, SYSTEM)
        if runtime.database.is_sqlite:
            with closing(runtime.database.engine.raw_connection()) as connection:
                states.append(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0])
        else:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
            with runtime.database.read() as session:
                states.append(session.scalar(text(query)))

    lines: list[bytes] = []
    count = export.export(
        runtime.database, runtime.checkpoints.signer, SYSTEM, Range(), lambda line: (lines.append(line), write(line))
    )

    assert len(states) == count + 2 and set(states) == {0}
    assert export.check(lines, runtime.checkpoints.signer) == (1, count)


def test_rows_that_go_missing_between_two_pages_are_told(runtime, monkeypatch):
    monkeypatch.setattr(export, "_BATCH", 2)
    written = []

    def write(line: bytes) -> None:
        written.append(line)
        if len(written) == 3:
            lift_the_guard(runtime.database)
            with runtime.database.transaction() as session:
                session.execute(delete(AuditEvent).where(AuditEvent.seq == 4))

    with pytest.raises(export.ExportBrokenError, match="does not follow"):
        export.export(runtime.database, runtime.checkpoints.signer, SYSTEM, Range(), write)
