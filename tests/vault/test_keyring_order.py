"""A keyring in use never goes back, and a server that lost the race at an empty database leaves none behind."""

import logging
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from portal import migrations
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.db import Database
from portal.settings import Settings
from portal.upkeep import rotation
from portal.vault.keyring import (
    FileKeyProvider,
    Keyring,
    KeyringError,
    load_keyring,
    new_keyring,
    save_keyring,
    with_new_key,
    without_key,
)
from portal.vault.start import open_vault
from tests.conftest import settings_in
from tests.factories.portals import Portal
from tests.factories.postgres import PostgresServer
from tests.factories.reports import file_report


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keyring.json"


def older_states(now: Keyring, first: str, second: str) -> dict[str, Keyring]:
    """States that a keyring with the keys `second` and a newer one must not take."""
    keys, before = dict(now.keys), frozenset({first})
    return {
        "a copy from before the rotation": Keyring(second, {second: keys[second]}, now.index_secret, before),
        "from before the retirement": replace(now, keys=keys | {first: b"1" * 32}, retired=frozenset()),
        "a retired key again": replace(now, keys=keys | {first: b"1" * 32}),
        "an older key active": replace(now, active_key_id=second),
        "one key missing": replace(now, keys={now.active_key_id: keys[now.active_key_id]}),
        "another installation": new_keyring(),
        "another index secret": replace(now, index_secret=b"2" * 32),
    }  # fmt: skip


STATES = [
    "a copy from before the rotation", "from before the retirement", "a retired key again", "an older key active",
    "one key missing", "another installation", "another index secret",
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_it_never_adopts_a_keyring_that_goes_back(path: Path, caplog: pytest.LogCaptureFixture, state: str) -> None:
    first = new_keyring()
    second = with_new_key(first)
    now = with_new_key(without_key(second, first.active_key_id))
    save_keyring(path, now)
    provider = FileKeyProvider(path)
    other = older_states(now, first.active_key_id, second.active_key_id)[state]

    save_keyring(path, other)
    with caplog.at_level(logging.ERROR):
        seen = [provider.keyring for _ in range(5)]

    assert seen == [now] * 5 and not provider.is_available()
    assert len(caplog.records) == 1 and str(path) in caplog.text
    with pytest.raises(KeyringError, match="older"):
        provider.make_key()
    assert load_keyring(path) == other
    save_keyring(path, now)
    assert provider.is_available() and provider.keyring == now


def test_a_damaged_file_is_said_and_the_right_one_is_taken_again(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    now = new_keyring()
    save_keyring(path, now)
    provider = FileKeyProvider(path)
    path.write_text("{")

    with caplog.at_level(logging.ERROR):
        assert provider.keyring == now and not provider.is_available()
    assert "damaged" in caplog.text
    path.chmod(0o644)
    later = with_new_key(now)
    save_keyring(path, later)
    assert provider.keyring == later and provider.is_available()


def test_it_follows_rotation_and_retirement_by_another_process(path: Path) -> None:
    save_keyring(path, new_keyring())
    serving, maintaining = FileKeyProvider(path), FileKeyProvider(path)
    old = serving.active_key_id

    new = maintaining.make_key()
    assert serving.active_key_id == new and serving.key_ids() == {old, new}
    maintaining.retire_key(old)
    assert serving.key_ids() == {new} and serving.is_available()
    assert load_keyring(path).retired == {old}


def test_an_old_file_under_a_running_portal_is_said_and_used_for_nothing(portal: Portal) -> None:
    path = portal.settings.keyring
    old = path.read_bytes()
    active = rotation.rotate(make_runtime(portal.settings), SYSTEM).active_key_id
    assert portal.runtime.vault.keyring.active_key_id == active
    browser = portal.browser()
    assert browser.get("/readyz").json()["checks"]["key"]

    path.write_bytes(old)

    ready = browser.get("/readyz")
    assert ready.status_code == 503 and not ready.json()["checks"]["key"]
    file_report(portal.runtime)
    assert rotation.waiting(portal.runtime.database, active) == 0
    assert rotation.verify(portal.runtime).broken == []


def test_a_file_that_is_gone_is_said_although_its_keys_are_in_memory(
    portal: Portal, caplog: pytest.LogCaptureFixture
) -> None:
    path, browser = portal.settings.keyring, portal.browser()
    aside = path.rename(path.with_name("aside"))
    with caplog.at_level(logging.ERROR):
        assert [browser.get("/readyz").json()["checks"]["key"] for _ in range(2)] == [False] * 2
    assert caplog.text.count("is gone") == 1
    aside.rename(path)
    assert browser.get("/readyz").json()["checks"]["key"]


def test_an_old_file_put_back_before_the_portal_saw_the_new_one_is_said(portal: Portal) -> None:
    path, browser = portal.settings.keyring, portal.browser()
    old = path.read_bytes()
    rotation.rotate(make_runtime(portal.settings), SYSTEM)
    path.write_bytes(old)

    ready = browser.get("/readyz").json()
    assert not ready["ready"] and not ready["checks"]["key"]
    assert "加密密钥比数据旧" in str(ready["alarms"])


def started_twice(first: Settings, second: Settings) -> list[str]:
    """Both portals are started at the same moment; returns the faults."""
    faults, barrier = [], threading.Barrier(2)

    def start(settings: Settings) -> None:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        barrier.wait()
        database = Database(settings.database_url)
        try:
            open_vault(database, settings.keyring, settings.suite)
        except KeyringError as error:
            faults.append(str(error))
        finally:
            database.dispose()

    threads = [threading.Thread(target=start, args=[settings]) for settings in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_of_two_servers_with_empty_folders_one_makes_the_keyring(postgres: PostgresServer, tmp_path: Path) -> None:
    postgres.execute("CREATE DATABASE no_keyring")
    database = Database(postgres.url("no_keyring"))
    migrations.migrate(database)
    database.dispose()
    for number in range(5):
        postgres.execute("DROP DATABASE IF EXISTS two_starts WITH (FORCE)")
        postgres.execute("CREATE DATABASE two_starts TEMPLATE no_keyring")
        sites = [settings_in(tmp_path / f"{name}{number}", postgres.url("two_starts")) for name in ("first", "second")]

        faults = started_twice(*sites)

        assert len(faults) == 1 and "missing" in faults[0]
        assert [site.keyring.exists() for site in sites].count(True) == 1
