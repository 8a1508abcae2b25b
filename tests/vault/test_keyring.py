"""The keyring file: made once, guarded, never replaced over data (SECURITY C-5, F11, F12)."""

import base64
import json
import os
import stat
import threading
import uuid

import pytest

from portal.vault.keyring import KeyringError, load_keyring, make_keyring, new_keyring, save_keyring
from portal.vault.models import VaultState
from portal.vault.start import open_vault
from portal.vault.vault import REPORT

SUITE = "aes-256-gcm"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "keyring.json"


def rewrite(path, **changes) -> None:
    """Change members of the file; None removes one."""
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))


def test_it_makes_a_keyring_that_only_the_owner_reads(database, path):
    open_vault(database, path, SUITE)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_it_keeps_the_keyring_at_the_next_start(database, path):
    first = open_vault(database, path, SUITE)
    content = path.read_bytes()
    second = open_vault(database, path, SUITE)

    assert path.read_bytes() == content
    assert first.keyring.keyring == second.keyring.keyring


def test_it_makes_another_keyring_for_another_installation():
    first, second = new_keyring(), new_keyring()

    assert first.keys != second.keys
    assert first.index_secret != second.index_secret
    assert first.fingerprint() != second.fingerprint()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610])
def test_others_cannot_be_allowed_to_read_it(database, path, mode):
    open_vault(database, path, SUITE)
    path.chmod(mode)

    with pytest.raises(KeyringError, match="chmod 600"):
        open_vault(database, path, SUITE)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"version": 1}',
        '{"version":1,"active":"a","keys":[],"index_secret":"x"}',
        "\udcff",
    ],
)
def test_it_refuses_a_damaged_file(path, content):
    path.parent.mkdir()
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)

    with pytest.raises(KeyringError, match="damaged"):
        load_keyring(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 2},
        {"version": None},
        {"active": "another"},
        {"active": []},
        {"active": {}},
        {"index_secret": None},
        {"index_secret": 7},
        {"keys": {}},
        {"keys": {"k": None}},
        {"keys": {"k": "not base64!"}},
    ],
    ids=str,
)
def test_it_refuses_a_file_with_a_wrong_member(path, changes):
    save_keyring(path, new_keyring())
    rewrite(path, **changes)

    with pytest.raises(KeyringError, match="damaged"):
        load_keyring(path)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_it_refuses_keys_of_a_wrong_length(path, length):
    save_keyring(path, new_keyring())
    rewrite(path, index_secret=base64.b64encode(bytes(length)).decode())

    with pytest.raises(KeyringError, match="damaged"):
        load_keyring(path)


def test_no_refusal_tells_a_key(path):
    keyring = new_keyring()
    save_keyring(path, keyring)
    rewrite(path, version=9)

    with pytest.raises(KeyringError) as refused:
        load_keyring(path)
    assert base64.b64encode(keyring.index_secret).decode() not in str(refused.value)


def test_a_missing_keyring_over_data_stops_the_start_and_makes_nothing(database, path):
    vault = open_vault(database, path, SUITE)
    path.unlink()

    with pytest.raises(KeyringError, match=f"expected key {vault.keyring.active_key_id}"):
        open_vault(database, path, SUITE)
    assert list(path.parent.iterdir()) == []


def test_a_missing_keyring_over_data_keys_alone_stops_the_start(database, path, tmp_path):
    vault = open_vault(database, path, SUITE)
    with database.transaction() as session:
        vault.data_key(session, uuid.uuid4(), REPORT)
        session.delete(session.get_one(VaultState, 1))
    path.unlink()

    with pytest.raises(KeyringError, match="missing"):
        open_vault(database, path, SUITE)
    assert not path.exists()


def test_a_swapped_keyring_stops_the_start_and_changes_nothing(database, path):
    vault = open_vault(database, path, SUITE)
    with database.read() as session:
        before = session.get_one(VaultState, 1).fingerprint
    path.unlink()
    save_keyring(path, new_keyring())
    content = path.read_bytes()

    with pytest.raises(KeyringError, match=f"expected key {vault.keyring.active_key_id}"):
        open_vault(database, path, SUITE)
    assert path.read_bytes() == content
    with database.read() as session:
        assert session.get_one(VaultState, 1).fingerprint == before


def test_a_keyring_without_the_expected_key_stops_the_start(database, path):
    open_vault(database, path, SUITE)
    other = base64.b64encode(bytes(range(32))).decode()
    rewrite(path, keys={"other": other}, active="other")

    with pytest.raises(KeyringError, match="expected key"):
        open_vault(database, path, SUITE)


def test_it_never_makes_a_keyring_over_one_that_is_there(path):
    first = new_keyring()
    save_keyring(path, first)
    make_keyring(path)

    assert load_keyring(path) == first
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_it_saves_a_changed_keyring_in_place_of_the_old_one(path):
    second = new_keyring()
    save_keyring(path, new_keyring())
    save_keyring(path, second)

    assert load_keyring(path) == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == [path.name]


def test_it_says_in_one_sentence_that_no_keyring_can_be_made(database, tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(KeyringError, match="cannot be made"):
        open_vault(database, tmp_path / "file" / "keyring.json", SUITE)


def test_replicas_that_start_together_share_one_keyring(database, path):
    vaults, faults = [], []
    barrier = threading.Barrier(6)

    def start():
        barrier.wait()
        try:
            vaults.append(open_vault(database, path, SUITE))
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert faults == []
    assert {vault.keyring.keyring.fingerprint() for vault in vaults} == {load_keyring(path).fingerprint()}


@pytest.mark.parametrize("write", [make_keyring, lambda path: save_keyring(path, new_keyring())])
def test_it_syncs_the_file_and_then_its_folder(path, monkeypatch, write):
    synced = []
    real = os.fsync

    def noted(handle):
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    monkeypatch.setattr(os, "fsync", noted)
    write(path)

    assert synced[0].startswith(str(path))
    assert synced[-1] == str(path.parent)
