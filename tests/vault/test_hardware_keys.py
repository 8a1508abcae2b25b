"""Keys in a hardware key store, against SoftHSM2: same promises as the keyring file, and the way there."""

import base64
import json
import os
import shutil
import stat
import sys
import threading
import time
import uuid
from dataclasses import replace

import pkcs11
import pytest
from sqlalchemy import select

from portal.app import create_app
from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.db import Database
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.upkeep import rotation
from portal.vault import token as token_module
from portal.vault.keyring import KeyringError, TokenAddress, load_keyring, new_keyring, save_keyring
from portal.vault.models import DataKey, SealedValue, VaultState
from portal.vault.start import open_vault
from portal.vault.suites import SealBrokenError
from portal.vault.token import Token, TokenUnavailableError
from portal.vault.vault import REPORT, Place
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields
from tests.factories.softhsm import MODULE, SoftHsm

SUITE = "aes-256-gcm"
PLACE = b"data_keys|report|invented"
PLACED = Place("invented_table", "field", uuid.UUID(int=1), uuid.UUID(int=2))


@pytest.fixture(scope="module")
def hsm(tmp_path_factory):
    """One for all tests of this process: the library reads its configuration when it is loaded."""
    made = SoftHsm(tmp_path_factory.mktemp("hsm"))
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ.update(made.environ)
    yield made
    pkcs11.unload(MODULE)
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@pytest.fixture
def address(hsm) -> TokenAddress:
    return hsm.token(f"portal-{uuid.uuid4().hex[:8]}")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "keys" / "keyring.json"


@pytest.fixture
def hardware(portal: Portal, address):
    """Settings of the portal of `portal`, moved to the token."""
    return replace(portal.settings, pkcs11_module=address.module, pkcs11_token=address.label, pkcs11_pin=address.pin)


def opened_again(database, path, address):
    """As after a restart."""
    return open_vault(database, path, SUITE, token=address)


def token_of(vault) -> Token:
    return vault.keyring._token


def key_ids_of(portal: Portal) -> set[str]:
    with portal.runtime.database.read() as session:
        return set(session.scalars(select(DataKey.key_id)))


def test_a_new_site_keeps_its_keys_in_the_token_alone(database, path, address):
    vault = opened_again(database, path, address)
    with database.transaction() as session:
        sealed = vault.seal(vault.data_key(session, PLACED.owner_id, REPORT), PLACED, b"invented secret")
    own_file = path.with_name("token.json")

    assert [item.name for item in path.parent.iterdir()] == ["token.json"]
    assert stat.S_IMODE(own_file.stat().st_mode) == 0o600
    assert base64.b64encode(vault.keyring.index_secret).decode() not in own_file.read_text()
    again = opened_again(database, path, address)
    with database.read() as session:
        assert again.open(session, PLACED, sealed) == b"invented secret"
    assert again.blind_index("372527196503141287") == vault.blind_index("372527196503141287")
    assert again.keyring.key_ids() == {vault.keyring.active_key_id}


def test_nobody_can_read_a_key_out_of_the_token(database, path, address):
    vault = opened_again(database, path, address)
    key = token_of(vault)._session.get_key(label=vault.keyring.active_key_id)

    assert key[pkcs11.Attribute.SENSITIVE] and not key[pkcs11.Attribute.EXTRACTABLE] and key[pkcs11.Attribute.PRIVATE]
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        key[pkcs11.Attribute.VALUE]


@pytest.mark.parametrize(
    "change",
    [
        lambda key_id, suite, wrapped, place: (key_id, suite, wrapped[:-1] + bytes([wrapped[-1] ^ 1]), place),
        lambda key_id, suite, wrapped, place: (key_id, suite, bytes([wrapped[0] ^ 1]) + wrapped[1:], place),
        lambda key_id, suite, wrapped, place: (key_id, suite, wrapped[:20], place),
        lambda key_id, suite, wrapped, place: (key_id, suite, b"", place),
        lambda key_id, suite, wrapped, place: (key_id, suite, wrapped, place + b"x"),
        lambda key_id, suite, wrapped, place: (key_id, 2, wrapped, place),
        lambda key_id, suite, wrapped, place: ("k20260101-000000", suite, wrapped, place),
    ],
    ids=["tag", "nonce", "cut", "empty", "moved", "suite", "other key"],
)
def test_a_wrapped_key_cannot_be_altered_or_moved(database, path, address, change):
    provider = opened_again(database, path, address).keyring
    key_id, wrapped = provider.wrap(1, b"k" * 32, PLACE)

    assert provider.unwrap(key_id, 1, wrapped, PLACE) == b"k" * 32
    with pytest.raises(SealBrokenError):
        provider.unwrap(*change(key_id, 1, wrapped, PLACE))
    assert provider.unwrap(key_id, 1, wrapped, PLACE) == b"k" * 32


def test_a_broken_seal_does_not_make_the_token_connect_anew(database, path, address):
    vault = opened_again(database, path, address)
    key_id, wrapped = vault.keyring.wrap(1, b"k" * 32, PLACE)
    session = token_of(vault)._session
    with pytest.raises(SealBrokenError):
        vault.keyring.unwrap(key_id, 1, wrapped, b"elsewhere")

    assert token_of(vault)._session is session


def test_two_wraps_of_one_key_differ(database, path, address):
    provider = opened_again(database, path, address).keyring

    assert len({provider.wrap(1, b"k" * 32, PLACE)[1] for _ in range(200)}) == 200


def test_a_site_moves_to_the_token_and_gives_its_file_up(portal: Portal, hardware):
    number = file_report(portal.runtime).number
    old = portal.runtime.vault.keyring.active_key_id
    moved = Portal(create_app(hardware), hardware)
    assert rotation.verify(moved.runtime).broken == []
    file_report(moved.runtime, kind="his")
    active = moved.runtime.vault.keyring.active_key_id
    assert key_ids_of(moved) == {old, active}
    assert rotation.waiting(moved.runtime.database, active) == 2

    with pytest.raises(rotation.NotCleanError, match="hang on"):
        rotation.retire(moved.runtime, old, SYSTEM)
    assert rotation.rotate(moved.runtime, SYSTEM) == rotation.Rotation(active, 2, 0)
    rotation.retire(moved.runtime, old, SYSTEM)
    assert not portal.settings.keyring.exists()
    again = make_runtime(hardware)
    found = rotation.verify(again)
    assert (found.broken, found.opened) == ([], 3 + 1 + 4 + 1)
    indexes = again.vault.blind_indexes(general_fields()["id_number"])
    with again.database.read() as session:
        page = queries.queue_page(session, QueueFilter("general", value_indexes=indexes))
    assert [ticket.number for ticket in page.tickets] == [number]
    with pytest.raises(KeyringError, match=f"expected key {active}"):
        make_runtime(portal.settings)
    assert not portal.settings.keyring.exists()


def test_after_the_move_began_nobody_can_start_with_the_old_keyring_alone(portal: Portal, hardware):
    file_report(portal.runtime)
    active = make_runtime(hardware).vault.keyring.active_key_id

    with pytest.raises(KeyringError, match=f"expected key {active}"):
        make_runtime(portal.settings)


def test_the_old_keyring_cannot_be_taken_away_while_data_hang_on_it(portal: Portal, hardware):
    file_report(portal.runtime)
    old = portal.runtime.vault.keyring.active_key_id
    make_runtime(hardware)
    portal.settings.keyring.rename(portal.settings.keyring.with_name("away"))

    with pytest.raises(KeyringError, match=f"lacks the key {old}"):
        make_runtime(hardware)


def test_one_damaged_row_cannot_stop_the_start(portal: Portal):
    file_report(portal.runtime)
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(DataKey).limit(1)).one()
        row.key_id = "k20260101-000000"

    runtime = make_runtime(portal.settings)
    assert any(named.startswith(f"data_keys {row.id}") for named in rotation.verify(runtime).broken)


def test_a_site_without_its_keyring_cannot_begin_with_a_token(portal: Portal, hardware, address):
    file_report(portal.runtime)
    old = portal.runtime.vault.keyring.active_key_id
    portal.settings.keyring.unlink()

    with pytest.raises(KeyringError, match=f"未找到加密密钥.*expected key {old}"):
        make_runtime(hardware)
    save_keyring(portal.settings.keyring, new_keyring())
    with pytest.raises(KeyringError, match=f"expected key {old}"):
        make_runtime(hardware)
    token = Token(address)
    token.open()
    assert token.key_ids() == frozenset()
    assert not portal.settings.keyring.with_name("token.json").exists()


def test_it_rotates_in_the_token_and_destroys_what_is_retired(portal: Portal, hardware):
    moved = make_runtime(hardware)
    file_report(moved)
    first = moved.vault.keyring.active_key_id
    serving = Portal(create_app(hardware), hardware)
    rotation.rotate(moved, SYSTEM)  # nothing hangs on the file: this is a second key
    second = moved.vault.keyring.active_key_id
    file_report(serving.runtime, kind="his")

    assert first != second
    assert key_ids_of(serving) == {second}
    rotation.retire(moved, first, SYSTEM)
    assert first not in serving.runtime.vault.keyring.key_ids()
    assert rotation.verify(serving.runtime).broken == []
    assert rotation.verify(make_runtime(hardware)).broken == []


def test_the_active_key_cannot_be_retired(portal: Portal, hardware):
    runtime = make_runtime(hardware)

    with pytest.raises(rotation.NotCleanError, match="active"):
        rotation.retire(runtime, runtime.vault.keyring.active_key_id, SYSTEM)
    with pytest.raises(KeyringError, match="active"):
        runtime.vault.keyring.retire_key(runtime.vault.keyring.active_key_id)
    with pytest.raises(rotation.NotCleanError, match="unknown"):
        rotation.retire(runtime, "k20260101-000000", SYSTEM)


def test_it_converts_between_suites_under_the_token(portal: Portal, hardware):
    runtime = make_runtime(replace(hardware, suite="sm4-gcm"))
    file_report(portal.runtime)
    rotation.rotate(runtime, SYSTEM)

    assert rotation.convert(runtime, SYSTEM) == rotation.Conversion(2)
    assert rotation.verify(make_runtime(hardware)).broken == []
    with runtime.database.read() as session:
        assert set(session.scalars(select(DataKey.suite))) == {"sm4-gcm"}


def test_a_pulled_token_is_told_in_chinese_and_served_again_when_it_is_back(portal: Portal, hardware, hsm):
    moved = Portal(create_app(hardware), hardware)
    client = moved.browser()

    def filed():
        files = {"screenshots": ("a.png", whole_screen(), "image/png")}
        key = {"Idempotency-Key": uuid.uuid4().hex}
        return client.post("/api/v1/reports", data=general_fields(), files=files, headers=key)

    assert filed().status_code == 201
    assert moved.runtime.vault.keyring.is_available()
    hsm.pull()
    try:
        answers = [filed() for _ in range(3)]
        assert not moved.runtime.vault.keyring.is_available()
        with moved.runtime.database.read() as session:
            row = session.scalars(select(SealedValue).limit(1)).one()
            with pytest.raises(TokenUnavailableError):
                moved.runtime.vault.open_value(session, row)
        with pytest.raises(TokenUnavailableError):  # and no value is called broken for it
            rotation.verify(moved.runtime)
    finally:
        hsm.put_back()
    assert {answer.status_code for answer in answers} == {503}
    assert "密码机暂时连不上" in answers[0].json()["title"]
    time.sleep(token_module._PAUSE_SECONDS)

    assert filed().status_code == 201
    assert moved.runtime.vault.keyring.is_available()
    assert rotation.verify(moved.runtime).broken == []
    assert len(list(moved.runtime.blobs.stored())) == 2


def test_a_pulled_token_fails_fast(database, path, address, hsm, monkeypatch):
    provider = opened_again(database, path, address).keyring
    monkeypatch.setattr(token_module, "_PAUSE_SECONDS", 30)
    hsm.pull()
    try:
        with pytest.raises(TokenUnavailableError):
            provider.wrap(1, b"k" * 32, PLACE)
        start = token_module._generations[MODULE]
        with pytest.raises(TokenUnavailableError):
            provider.wrap(1, b"k" * 32, PLACE)
    finally:
        hsm.put_back()

    assert token_module._generations[MODULE] == start


def test_a_token_that_logged_us_out_is_signed_in_to_again(database, path, address):
    vault = opened_again(database, path, address)
    key_id, wrapped = vault.keyring.wrap(1, b"k" * 32, PLACE)
    token_of(vault)._session.close()

    assert vault.keyring.unwrap(key_id, 1, wrapped, PLACE) == b"k" * 32


def test_a_library_started_anew_never_lets_one_key_pass_for_another(database, path, address, tmp_path):
    first = opened_again(database, path, address)
    key_id, wrapped = first.keyring.wrap(1, b"k" * 32, PLACE)
    second = Token(address)
    second.open()
    for _ in range(5):
        second.make_key(f"other-{uuid.uuid4().hex[:6]}")
    second._session.close()
    assert key_id in second.key_ids()  # the library was started anew: the handles of `first` are void

    assert first.keyring.unwrap(key_id, 1, wrapped, PLACE) == b"k" * 32
    again_id, again = first.keyring.wrap(1, b"j" * 32, PLACE)
    assert opened_again(database, path, address).keyring.unwrap(again_id, 1, again, PLACE) == b"j" * 32


def test_many_threads_share_one_token_while_it_rotates(database, path, address):
    provider = opened_again(database, path, address).keyring
    faults = []

    def work(number: int) -> None:
        for step in range(40):
            data_key = bytes([number, step] * 16)
            try:
                key_id, wrapped = provider.wrap(1, data_key, PLACE)
                assert provider.unwrap(key_id, 1, wrapped, PLACE) == data_key
            except Exception as error:
                faults.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    made = [provider.make_key() for _ in range(3)]
    for thread in threads:
        thread.join()

    assert faults == []
    assert provider.active_key_id == made[-1]
    assert set(made) < provider.key_ids()


def refused(database, path, address) -> str:
    with pytest.raises(KeyringError) as error:
        opened_again(database, path, address)
    return str(error.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"module": "/nowhere/library.so"}, "cannot be loaded"),
        ({"label": ""}, "PORTAL_PKCS11_TOKEN is missing"),
        ({"label": "nobody"}, "no PKCS#11 token nobody"),
        ({"pin": ""}, "PORTAL_PKCS11_PIN is missing"),
    ],
    ids=["module", "no label", "label", "no pin"],
)
def test_it_does_not_start_and_says_what_is_missing(database, path, address, change, said):
    expected = opened_again(database, path, address).keyring.active_key_id
    reason = refused(database, path, replace(address, **change))

    assert said in reason
    assert f"expected key {expected}" in reason
    assert address.pin not in reason


def test_a_wrong_pin_is_told_and_tried_only_once(database, path, address, hsm):
    expected = opened_again(database, path, address).keyring.active_key_id
    pkcs11.lib(MODULE).reinitialize()  # nobody is signed in
    token_module._generations[MODULE] += 1
    wrong = Token(replace(address, pin="00000000"))

    with pytest.raises(KeyringError, match="PIN is wrong"):
        wrong.open()
    right = Token(address)
    right.open()
    with pytest.raises(KeyringError, match="PIN is wrong"):  # though others are signed in by now
        wrong.open()
    assert expected in right.key_ids()


def test_it_does_not_start_without_its_key_in_the_token(database, path, address, hsm):
    vault = opened_again(database, path, address)
    expected = vault.keyring.active_key_id
    other = hsm.token(f"other-{uuid.uuid4().hex[:6]}")

    reason = refused(database, path, other)
    assert "the key is not there" in reason and f"expected key {expected}" in reason
    token_of(vault).destroy_key(expected)
    assert f"expected key {expected}" in refused(database, path, address)
    assert Token(other).key_ids() == frozenset()


def test_it_does_not_start_without_its_own_file(database, path, address):
    vault = opened_again(database, path, address)
    expected, own_file = vault.keyring.active_key_id, path.with_name("token.json")
    content = own_file.read_text()
    own_file.unlink()

    assert f"expected key {expected}" in refused(database, path, address)
    assert not own_file.exists()
    for damaged in ("", "{}", "[]", content.replace('"version": 1', '"version": 2')):
        own_file.write_text(damaged)
        own_file.chmod(0o600)
        assert "is damaged" in refused(database, path, address)
    own_file.write_text(content)
    own_file.chmod(0o640)
    assert "chmod 600" in refused(database, path, address)


def test_the_file_of_another_site_cannot_pass_for_ours(database, path, address, tmp_path, empty_database):
    expected = opened_again(database, path, address).keyring.active_key_id
    shutil.copy(empty_database, tmp_path / "other.db")
    elsewhere = Database(f"sqlite:///{tmp_path}/other.db")
    other_path = tmp_path / "other" / "keyring.json"
    opened_again(elsewhere, other_path, address)
    elsewhere.dispose()
    path.with_name("token.json").write_bytes(other_path.with_name("token.json").read_bytes())

    assert f"expected key {expected}" in refused(database, path, address)


def test_a_sealed_index_secret_cannot_be_altered(database, path, address):
    opened_again(database, path, address)
    own_file = path.with_name("token.json")
    content = json.loads(own_file.read_text())
    sealed = bytearray(base64.b64decode(content["index_secret"]))
    sealed[20] ^= 1
    own_file.write_text(json.dumps(content | {"index_secret": base64.b64encode(sealed).decode()}))

    assert "cannot be opened with it" in refused(database, path, address)


def test_a_lost_own_file_is_made_again_from_the_keyring(portal: Portal, hardware):
    file_report(portal.runtime)
    runtime = make_runtime(hardware)
    file_report(runtime, kind="his")
    active = runtime.vault.keyring.active_key_id
    portal.settings.keyring.with_name("token.json").unlink()

    again = make_runtime(hardware)
    assert again.vault.keyring.active_key_id == active
    assert rotation.verify(again).broken == []


def test_without_the_extra_it_says_what_to_install(database, path, address, monkeypatch):
    for name in ("pkcs11", "portal.vault.token", "portal.vault.hardware"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pkcs11", None)

    assert "extra hsm" in refused(database, path, address)


def test_a_keyring_from_the_environment_stays_readable_beside_the_token(portal: Portal, hardware):
    file_report(portal.runtime)
    text, old = portal.settings.keyring.read_text(), portal.runtime.vault.keyring.active_key_id
    portal.settings.keyring.unlink()
    runtime = make_runtime(replace(hardware, keyring_json=text))
    assert rotation.verify(runtime).broken == []
    assert rotation.rotate(runtime, SYSTEM).rewrapped == 2

    with pytest.raises(KeyringError, match="out of it"):
        rotation.retire(runtime, old, SYSTEM)
    assert rotation.verify(make_runtime(hardware)).broken == []


def test_the_start_notes_which_key_is_expected_from_now_on(portal: Portal, hardware):
    runtime = make_runtime(hardware)

    with runtime.database.read() as session:
        assert session.get_one(VaultState, 1).key_id == runtime.vault.keyring.active_key_id
    assert runtime.vault.keyring.active_key_id not in load_keyring(portal.settings.keyring).keys
