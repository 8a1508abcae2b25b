"""Unique secrets in every sealed field are in no file, whenever the portal is killed; once destroyed, not even sealed.

Each step of filing, closing and purging (a transaction, its commit, a picture's file, the list of destructions, the
emptying of the log) is one in front of which a process of its own dies.
"""

import os
import signal
import subprocess
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock, worker
from portal.accounts.limiter import RateLimit
from portal.acts.table import CLAIM, NOTE, RESOLVE
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.audit.actor import clinic as at_clinic
from portal.cli import data
from portal.db import Database
from portal.kinds.fields import CheckContext
from portal.kinds.names import Channel
from portal.kinds.table import GENERAL
from portal.kinds.validation import checked_report
from portal.reports import draft_pictures, drafts, submission
from portal.reports.draft_models import Draft
from portal.reports.drafts import OpenDraft
from portal.reports.models import SubmissionKey
from portal.reports.submission import CheckedDraft
from portal.retention import destruction, schedule
from portal.retention.schedule import Schedule
from portal.retention.tombstones import TombstoneFile
from portal.runtime import Runtime
from portal.screenshots.inspection import InspectionLimits, inspect
from portal.settings import Settings
from portal.storage.local import LocalBlobStore
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from portal.upkeep import backup, dumps, restore
from portal.vault.models import DataKey
from tests.conftest import settings_in
from tests.factories import people
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import picture_bytes, sealed_bytes, ticket_named
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal

_LIMIT = RateLimit("canary", most=10_000, minutes=60)
_MOST_STEPS = 60
MONTH = Schedule(timedelta(0), None, timedelta(days=30), None)


class Canaries:
    """The secrets of one report, none of which is anywhere else."""

    def __init__(self, number: int) -> None:
        self.secrets = {
            "id_number": people.id_number(seed=7000 + number),
            "login_account": f"canaryaccount{number:04}q",
            "login_password": f"Canary#{number:04}!Pw",
            "contact_phone": f"1391234{number:04}",
        }
        self.hidden = f"Hidden{number:04}canary"
        self.noted = f"Noted{number:04}canary"

    def fields(self) -> dict[str, list[str]]:
        texts = {
            "institution": "高唐县杨屯乡张四屯卫生室",
            "previous_system": "浪潮系统",
            "description": f"打开高血压随访表，点保存没有存上，登录密码：{self.hidden}，刷新后内容没有了",
        }
        return {name: [value] for name, value in {**self.secrets, **texts}.items()}

    def all(self) -> list[bytes]:
        return [value.encode() for value in (*self.secrets.values(), self.hidden, self.noted)]


@contextmanager
def dying(steps: int) -> Iterator[None]:
    """Kill this process in front of its step number `steps`."""
    left = steps

    def step() -> None:
        nonlocal left
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1

    def before(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def stepped(*arguments: Any, **options: Any) -> Any:
            step()
            return real(*arguments, **options)

        setattr(owner, name, stepped)

    real = Database.transaction

    @contextmanager
    def transaction(self: Database) -> Iterator[Any]:
        step()
        with real(self) as session:
            yield session
            session.flush()
            step()  # all is written, nothing is committed

    Database.transaction = transaction  # type: ignore[method-assign]
    for owner, name in (
        (LocalBlobStore, "put"), (LocalBlobStore, "delete"), (TombstoneFile, "append"), (destruction, "empty_log"),
    ):  # fmt: skip
        before(owner, name)
    yield


def dies(settings: Settings, steps: int, work: Callable[[Runtime], object]) -> bool:
    """Do `work` in a process that is killed in front of that step; False if it came to its end before."""
    child = os.fork()
    if child == 0:
        try:
            runtime = make_runtime(settings)
            with dying(steps):
                work(runtime)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(3)
    status = os.waitpid(child, 0)[1]
    assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL, status
    return status != 0


def started(runtime: Runtime, canaries: Canaries) -> OpenDraft:
    return drafts.start(runtime, GENERAL, canaries.fields(), "10.0.0.1")


def filed(runtime: Runtime, draft: OpenDraft) -> str:
    """Adds a picture and submits, as the clinic's pages do; returns the number."""
    draft = drafts.find(runtime, draft.id, draft.owner)
    if not draft.pictures:
        picture = inspect(whole_screen(), hint=None, limits=InspectionLimits())
        kept = draft_pictures.add(runtime, draft, "screenshots", picture)
        draft_pictures.judge(runtime, drafts.find(runtime, draft.id, draft.owner), {kept.id: True})

    def check(held: OpenDraft) -> CheckedDraft:
        context = CheckContext.of(runtime.settings)
        return CheckedDraft(checked_report(held.kind, Channel.YXT, held.values, held.picture_views(), context))

    return submission.submit(runtime, draft, at_clinic("10.0.0.1"), _LIMIT, check).number


def worked_on(runtime: Runtime, number: str, canaries: Canaries) -> Ticket:
    """Claimed, noted with a password in the note, and resolved: the clinic's word is what closes it."""
    alice, note = actor(runtime, "alice"), f"对方说密码：{canaries.noted}，已核对"
    with runtime.database.transaction() as session:
        ticket = perform(session, runtime, alice, CLAIM, number, 1)
        ticket = perform(session, runtime, alice, NOTE, number, ticket.version, text=note, seal_found=True)
        return perform(session, runtime, alice, RESOLVE, number, ticket.version, text="已修复，请重新保存一次")


def close(runtime: Runtime, ticket: Ticket) -> None:
    if ticket_named(runtime, ticket.number).is_open:
        confirmation.confirm(runtime, at_clinic(), ticket.id, is_solved=True, comment="")


def draft_bytes(runtime: Runtime, draft: OpenDraft) -> list[bytes]:
    """The draft's sealed answers and their wrapped key, as long as they are there."""
    with runtime.database.read() as session:
        row = session.get(Draft, draft.id)
        keys = session.scalars(select(DataKey).where(DataKey.owner_id == draft.id, DataKey.purpose == "draft")).all()
    return [*(key.key_wrapped for key in keys), *([row.answers_sealed] if row and row.answers_sealed else [])]


def fingerprint_bytes(runtime: Runtime, ticket: Ticket) -> list[bytes]:
    with runtime.database.read() as session:
        row = session.scalars(select(SubmissionKey).where(SubmissionKey.ticket_id == ticket.id)).one()
    assert row.fingerprint and row.fingerprint_key_sealed
    return [row.fingerprint.encode(), row.fingerprint_key_sealed]


def files_with(settings: Settings, planted: list[bytes]) -> list[str]:
    """Where any of these bytes are: below the data folder, or in a dump of the database."""
    found = []
    shapes = [shape for value in planted for shape in (value, value.hex().encode())]
    for path in sorted(settings.data_dir.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found += [path.name for shape in shapes if shape in content]
    if not settings.database_url.startswith("sqlite"):
        url = settings.database_url.replace("+psycopg", "")
        dump = subprocess.run(
            [dumps._program("pg_dump"), "--data-only", f"--dbname={url}"], capture_output=True, check=True
        )
        found += ["dump" for shape in shapes if shape in dump.stdout]
    return found


def in_backup(runtime: Runtime, path: Path, planted: list[bytes]) -> list[str]:
    """The parts of a backup in which any of these bytes are."""
    shapes = [shape for value in planted for shape in (value, value.hex().encode())]
    parts = ((name, unpacked(b"".join(content))) for name, content in backup.parts(path, runtime.vault))
    return [name for name, content in parts for shape in shapes if shape in content]


def unpacked(part: bytes) -> bytes:
    """PostgreSQL's own dumps are compressed."""
    if not part.startswith(b"PGDMP"):
        return part
    restoring = [dumps._program("pg_restore"), "--data-only", "--file=-"]
    return subprocess.run(restoring, input=part, capture_output=True, check=True).stdout


def test_killed_at_every_step_of_filing_nothing_is_readable_and_closing_leaves_nothing(portal: Portal) -> None:
    runtime, steps, is_killed = portal.runtime, 0, True
    while is_killed:
        assert steps < _MOST_STEPS
        canaries = Canaries(steps)
        draft = started(runtime, canaries)
        sealed = draft_bytes(runtime, draft)
        assert len(sealed) == 2 and files_with(portal.settings, sealed)

        is_killed = dies(portal.settings, steps, lambda fresh, draft=draft: filed(fresh, draft))
        assert files_with(portal.settings, canaries.all()) == []

        ticket = worked_on(runtime, filed(runtime, draft), canaries)
        assert draft_bytes(runtime, draft) == []
        sealed += sealed_bytes(runtime, ticket.report_id, "credentials") + fingerprint_bytes(runtime, ticket)
        close(runtime, ticket)
        assert files_with(portal.settings, [*sealed, *canaries.all()]) == [], steps
        steps += 1
    assert steps > 5


def test_killed_at_every_step_of_closing_nothing_of_it_comes_back(portal: Portal, tmp_path: Path) -> None:
    runtime, steps, is_killed = portal.runtime, 0, True
    while is_killed:
        assert steps < _MOST_STEPS
        canaries = Canaries(100 + steps)
        draft = started(runtime, canaries)
        before_filing = tmp_path / f"before-filing{steps}"
        backup.make(runtime, portal.settings.data_dir, before_filing, SYSTEM)
        sealed = draft_bytes(runtime, draft)
        ticket = worked_on(runtime, filed(runtime, draft), canaries)
        credentials = sealed_bytes(runtime, ticket.report_id, "credentials") + fingerprint_bytes(runtime, ticket)
        before_closing = tmp_path / f"before-closing{steps}"
        backup.make(runtime, portal.settings.data_dir, before_closing, SYSTEM)
        assert in_backup(runtime, before_filing, sealed) and in_backup(runtime, before_closing, credentials)

        is_killed = dies(portal.settings, steps, lambda fresh, ticket=ticket: close(fresh, ticket))
        close(runtime, ticket)
        data.before_serving(portal.settings)

        everything = [*sealed, *credentials, *canaries.all()]
        assert files_with(portal.settings, everything) == [], steps
        after = tmp_path / f"after{steps}"
        backup.make(runtime, portal.settings.data_dir, after, SYSTEM)
        assert in_backup(runtime, after, everything) == []
        for older in (before_filing, before_closing):
            if runtime.database.is_sqlite:
                assert_gone_when_restored(portal.settings, older, tmp_path / f"{older.name}-restored", everything)
        steps += 1
    assert steps > 3


def assert_gone_when_restored(settings: Settings, saved: Path, folder: Path, planted: list[bytes]) -> None:
    folder.mkdir()
    for name in ("keyring.json", "destroyed.jsonl"):
        (folder / name).write_bytes((settings.data_dir / name).read_bytes())
        (folder / name).chmod(0o600)
    elsewhere = settings_in(folder)
    assert restore.restore(elsewhere, saved, SYSTEM).destroyed_again
    assert files_with(elsewhere, planted) == []


def test_killed_at_every_step_of_purging_nothing_of_the_report_is_left(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, steps, is_killed = portal.runtime, 0, True
    while is_killed:
        assert steps < _MOST_STEPS
        canaries = Canaries(200 + steps)
        draft = started(runtime, canaries)
        ticket = worked_on(runtime, filed(runtime, draft), canaries)
        close(runtime, ticket)
        sealed = sealed_bytes(runtime, ticket.report_id, "report") + picture_bytes(runtime, ticket.report_id)
        assert files_with(portal.settings, sealed)
        with runtime.database.transaction() as session:
            session.get_one(Ticket, ticket.id).closed_at = clock.now() - timedelta(days=40)

        is_killed = dies(portal.settings, steps, lambda fresh: schedule.run(fresh, MONTH))
        schedule.run(runtime, MONTH)
        data.before_serving(portal.settings)
        worker.sweep_uploads(runtime, timedelta(0))

        assert files_with(portal.settings, [*sealed, *canaries.all()]) == [], steps
        steps += 1
    assert steps > 5


def test_the_search_finds_what_is_there(portal: Portal) -> None:
    (portal.settings.data_dir / "log.txt").write_bytes(b"... " + Canaries(1).all()[2].hex().encode())
    assert files_with(portal.settings, Canaries(1).all()) == ["log.txt"]
