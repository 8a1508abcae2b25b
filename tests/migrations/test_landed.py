"""What the first landed version left behind opens, verifies and goes on with this version (see landed/README.md)."""

import json
import re
import shutil
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text

from portal import migrations
from portal.app import create_app
from portal.assembly import make_runtime
from portal.audit import export, trail
from portal.audit.actor import SYSTEM
from portal.audit.export import ExportBrokenError
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.casefile.event_sentences import sentence_of
from portal.db import Database
from portal.settings import Settings
from portal.upkeep import backup, restore, rotation
from tests.api.calls import V1, act
from tests.conftest import settings_in
from tests.factories.cast import ADMINISTRATORS, CAST
from tests.factories.portals import Portal
from tests.factories.postgres import PostgresServer
from tests.factories.sentences import english_words
from tests.factories.ticket_pages import ticket_of

LANDED = Path(__file__).with_name("landed")
FIRST_SCHEMA = "0015"
PICTURES = 48
NAMES = frozenset({*CAST, *ADMINISTRATORS, "nina", "lena", "test", "desk"})  # people and tokens


@dataclass(frozen=True)
class Landed:
    """One unpacked portal of the first version."""

    folder: Path
    truth: dict[str, Any]

    def keep_beside(self, data_dir: Path, *names: str) -> None:
        """Copy what an operator keeps outside database and backup."""
        data_dir.mkdir(parents=True)
        for name in names:
            shutil.copy(self.folder / "var" / name, data_dir / name)


WAYS = [("sqlite", "restored"), ("sqlite", "in place"), ("postgresql", "restored")]


def unpacked(backend: str, folder: Path) -> Landed:
    with tarfile.open(LANDED / f"{backend}.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return Landed(folder, json.loads((folder / "truth.json").read_text(encoding="utf-8")))


def restored_in(landed: Landed, folder: Path, url: str | None = None) -> Settings:
    """The first version's backup in an empty portal of this version."""
    landed.keep_beside(folder, "keyring.json", "destroyed.jsonl")
    settings = settings_in(folder, url)
    assert restore.restore(settings, landed.folder / "backup", SYSTEM).destroyed_again == 0
    return settings


def in_place(landed: Landed, folder: Path, pictures: str) -> Settings:
    """The first version's own database file, for this version to start."""
    landed.keep_beside(folder, "keyring.json", "destroyed.jsonl", "audit-checkpoints.jsonl", "portal.db")
    shutil.copytree(pictures, folder / "uploads")
    assert revision(f"sqlite:///{folder}/portal.db") == FIRST_SCHEMA
    return settings_in(folder)


@pytest.fixture(scope="module", params=WAYS, ids=" ".join)
def way(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture(scope="module")
def landed(way: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Landed:
    return unpacked(way[0], tmp_path_factory.mktemp("landed"))


@pytest.fixture(scope="module")
def portal(
    way: tuple[str, str], landed: Landed, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portal]:
    url = None
    if way[0] == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        server.execute("DROP DATABASE IF EXISTS landed WITH (FORCE)")
        url = server.url("landed")
    settings = restored_in(landed, tmp_path_factory.mktemp("restored") / "var", url)
    if way[1] == "in place":
        settings = in_place(landed, tmp_path_factory.mktemp("in-place") / "var", settings.uploads)
    portal = Portal(create_app(settings), settings)
    yield portal
    portal.close()


def revision(url: str) -> str:
    database = Database(url)
    try:
        with database.read() as session:
            return str(session.scalar(text("SELECT version_num FROM alembic_version")))
    finally:
        database.dispose()


def events_of(portal: Portal) -> list[AuditEvent]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent).order_by(AuditEvent.seq)))


def test_it_migrates(portal: Portal):
    assert migrations.is_current(portal.runtime.database)


def test_every_sealed_value_and_picture_opens(portal: Portal):
    found = rotation.verify(portal.runtime)
    assert found.broken == []
    assert found.opened > 2 * PICTURES


def test_the_old_trail_verifies_and_new_rows_follow_it(portal: Portal, landed: Landed):
    old = [row for row in events_of(portal) if row.particulars is None]
    assert len(old) >= landed.truth["events"] - 1  # the row of the backup itself is not in the backup
    assert set(landed.truth["tags"]) - {Tag.BACKUP_MADE, Tag.AUDIT_EXPORTED} <= {row.tag for row in old}
    assert any(row.detail for row in old)
    with portal.runtime.database.transaction() as session:
        trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM, particulars={"files": 3})

    assert events_of(portal)[-1].particulars == {"files": 3}
    assert portal.runtime.checkpoints.make() is not None
    proof = portal.runtime.checkpoints.verify()
    assert proof.is_whole, proof.summary
    assert proof.count == len(events_of(portal))


def test_a_changed_old_phrase_still_breaks_the_trail(tmp_path: Path):
    landed = unpacked("sqlite", tmp_path / "landed")
    landed.keep_beside(tmp_path / "var", "keyring.json", "audit-checkpoints.jsonl", "portal.db")
    runtime = make_runtime(settings_in(tmp_path / "var"))
    with runtime.database.transaction() as session:
        session.execute(text("DROP TRIGGER audit_events_no_update"))
        session.execute(text("UPDATE audit_events SET detail = 'x' WHERE seq = 1"))
    broken = runtime.checkpoints.verify().first_break
    runtime.database.dispose()
    assert broken is not None
    assert (broken.seq, broken.problem) == (1, "the row was changed")


def test_old_phrases_are_read_in_chinese(portal: Portal):
    told = {(row.tag, row.detail): sentence_of(row) for row in events_of(portal) if row.detail}
    assert len(told) > 25
    assert [key for key, sentence in told.items() if not sentence] == []
    assert {
        key: english_words(sentence, NAMES) for key, sentence in told.items() if english_words(sentence, NAMES)
    } == {}


def test_the_old_export_checks_and_a_changed_one_does_not(landed: Landed, portal: Portal):
    signer = portal.runtime.checkpoints.signer
    lines = (landed.folder / "export.jsonl").read_bytes().splitlines(keepends=True)
    first, last = export.check(lines, signer)
    assert (first, last) == (1, len(lines) - 2)

    lines[5] = lines[5].replace(b'"detail":"', b'"detail":"x')
    with pytest.raises(ExportBrokenError, match="line 6"):
        export.check(lines, signer)


def test_a_new_export_carries_old_and_new_rows(portal: Portal):
    with portal.runtime.database.transaction() as session:
        trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM, particulars={"files": 3})
    lines: list[bytes] = []
    signer = portal.runtime.checkpoints.signer
    count = export.export(portal.runtime.database, signer, SYSTEM, export.Range(), lines.append)
    assert export.check(lines, signer) == (1, count)
    rows = [json.loads(line) for line in lines[1:-1]]
    assert "particulars" not in rows[0] and rows[0]["detail"]
    assert rows[-1]["particulars"] == {"files": 3}


def test_clinics_track_with_their_old_number_and_code(portal: Portal, landed: Landed):
    for number, report in landed.truth["reports"].items():
        answer = portal.browser().post(f"{V1}/track", json={"number": number, "query_code": report["query_code"]})
        assert answer.status_code == 200, answer.text
        assert landed.truth["id_number"] not in answer.text
        wrong = {"number": number, "query_code": "2222-2222-22"}
        assert portal.browser().post(f"{V1}/track", json=wrong).status_code == 404


def test_staff_sign_in_with_their_old_passwords_and_see_their_pages(portal: Portal, landed: Landed):
    assert landed.truth["password_of"] == "invented-{name}-phrase"
    leo, alice, hanna = (portal.signed_in(name) for name in ("leo", "alice", "hanna"))
    for page in ("/review", "/review?action=refused", "/review/tickets", "/review/samples"):
        assert leo.get(page).status_code == 200, page
    assert alice.get("/queues/general").status_code == 200
    assert hanna.get("/queues/his").status_code == 200
    for number in landed.truth["reports"]:
        engineer = alice if ticket_of(portal, number).queue == "general" else hanna
        page = engineer.get(f"/tickets/{number}", follow_redirects=True)
        assert page.status_code == 200, number
        assert landed.truth["id_number"] not in page.text
        assert leo.get(f"/review/tickets/{number}", follow_redirects=True).status_code == 200


def test_the_old_trail_is_shown_row_by_row(portal: Portal):
    leo, address, rows = portal.signed_in("leo"), "/review", 0
    while address:
        page = leo.get(address)
        assert page.status_code == 200
        rows += page.text.count('<td class="number">20')
        following = re.search(r'rel="next" href="([^"]+)"', page.text)
        address = following[1].replace("&amp;", "&") if following else ""
    assert rows > 430


def test_an_old_ticket_is_worked_on(portal: Portal, landed: Landed):
    number = landed.truth["names"]["masked"]
    alice = portal.api("alice")
    ticket = alice.get(f"{V1}/tickets/{number}").json()
    answer = act(alice, number, "assignment", version=ticket["version"])
    assert answer.status_code == 200, answer.text
    note = {"text": "升级以后继续处理", "version": answer.json()["version"]}
    assert act(alice, number, "notes", **note).status_code == 200


def test_the_backup_itself_is_still_one(landed: Landed, portal: Portal):
    manifest = backup.check(landed.folder / "backup", portal.runtime.vault)
    assert len(manifest.blobs) == PICTURES
