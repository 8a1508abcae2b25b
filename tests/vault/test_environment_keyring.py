"""A keyring that the environment gives: same checks as the file, changed only by whoever gives it."""

import json
from dataclasses import replace

import pytest

from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.settings import load_settings
from portal.upkeep import rotation
from portal.vault.keyring import (
    KeyringError,
    key_date,
    keyring_text,
    new_key_id,
    new_keyring,
    parsed_keyring,
    with_new_key,
    without_key,
)
from portal.vault.start import open_vault
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.servers import Site

SUITE = "aes-256-gcm"


def test_it_makes_no_file_when_the_environment_gives_the_keyring(database, tmp_path):
    keyring = new_keyring()
    vault = open_vault(database, tmp_path / "keyring.json", SUITE, text=keyring_text(keyring))

    assert vault.keyring.active_key_id == keyring.active_key_id
    assert vault.keyring.is_available()
    assert not (tmp_path / "keyring.json").exists()


def test_another_keyring_cannot_be_given_over_data(database, tmp_path):
    keyring = new_keyring()
    open_vault(database, tmp_path / "keyring.json", SUITE, text=keyring_text(keyring))

    for text in (keyring_text(new_keyring()), "{", ""):
        with pytest.raises(KeyringError, match=f"expected key {keyring.active_key_id}"):
            open_vault(database, tmp_path / "keyring.json", SUITE, text=text)
    assert not (tmp_path / "keyring.json").exists()


def test_a_damaged_one_is_told_without_its_keys(database, tmp_path):
    text = keyring_text(new_keyring())
    content = json.loads(text) | {"version": 9}

    with pytest.raises(KeyringError, match="PORTAL_KEYRING_JSON: is damaged") as refused:
        open_vault(database, tmp_path / "keyring.json", SUITE, text=json.dumps(content))
    assert content["index_secret"] not in str(refused.value)


def test_it_rotates_by_a_keyring_with_a_new_key(portal: Portal):
    file_report(portal.runtime)
    first = portal.settings.keyring.read_text()
    portal.settings.keyring.unlink()
    given = replace(portal.settings, keyring_json=first)
    with pytest.raises(KeyringError, match="keys new"):
        rotation.rotate(make_runtime(given), SYSTEM)

    second = with_new_key(parsed_keyring(first, "first"))
    moved = make_runtime(replace(given, keyring_json=keyring_text(second)))
    assert rotation.rotate(moved, SYSTEM) == rotation.Rotation(second.active_key_id, 2, 0)
    third = without_key(second, parsed_keyring(first, "first").active_key_id)
    assert rotation.verify(make_runtime(replace(given, keyring_json=keyring_text(third)))).broken == []
    with pytest.raises(KeyringError, match=f"expected key {second.active_key_id}"):
        make_runtime(given)


def test_the_command_prints_a_keyring_that_can_be_given(tmp_path):
    site = Site(tmp_path)
    first = site.run("keys", "new")
    assert (first.returncode, first.stderr) == (0, "")
    second = site.run("keys", "new", PORTAL_KEYRING_JSON=first.stdout)
    old, new = parsed_keyring(first.stdout, "first"), parsed_keyring(second.stdout, "second")

    assert set(old.keys) < set(new.keys) and new.active_key_id not in old.keys
    assert new.index_secret == old.index_secret
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "given.json").write_text(second.stdout)
    given = {"PORTAL_KEYRING_JSON_FILE": str(tmp_path / "given.json")}
    assert site.run("migrate", **given).returncode == 0
    status = site.run("keys", "status", **given)
    assert f"active: {new.active_key_id}, 0 days old" in status.stdout
    assert not (tmp_path / "var" / "keyring.json").exists()


def test_no_settings_show_a_secret():
    settings = load_settings({"PORTAL_KEYRING_JSON": "invented-keyring", "PORTAL_PKCS11_PIN": "invented-pin"})

    assert (settings.keyring_json, settings.pkcs11_pin) == ("invented-keyring", "invented-pin")
    assert "invented" not in repr(settings)


def test_a_key_id_tells_its_day():
    assert key_date("k20261123-0a1b2c").isoformat() == "2026-11-23"
    assert key_date(new_key_id()) is not None
    assert [key_date(text) for text in ("k20261323-0a1b2c", "master", "k20261123-0a1b2c\n", "")] == [None] * 4
