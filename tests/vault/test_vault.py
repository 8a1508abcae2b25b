"""Sealed values: fresh nonces, bound to their place, refused when altered (SECURITY C-2 to C-8)."""

import uuid
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.db import Database
from portal.vault.keyring import new_keyring
from portal.vault.masks import MASKS
from portal.vault.models import DataKey, SealedValue
from portal.vault.suites import NONCE_BYTES, SUITES, SealBrokenError
from portal.vault.vault import CREDENTIALS, REPORT, Place, Vault, data_key_id_of
from tests.factories import people

OWNER = uuid.UUID(int=7)
PLACE = Place("sealed_values", "id_number", OWNER, uuid.UUID(int=1))
HEADER_BYTES = 3 + 1 + 16


@pytest.fixture(params=list(SUITES))
def vault(request) -> Vault:
    return Vault(new_keyring(), request.param)


def new_key(vault: Vault, purpose: str = REPORT):
    return vault.new_data_key(OWNER, purpose)


def kept_key(vault: Vault, database: Database, purpose: str = REPORT):
    """A data key whose row stands in the database."""
    key, row = new_key(vault, purpose)
    with database.transaction() as session:
        session.add(row)
    return key


def opened(vault: Vault, database: Database, place: Place, sealed: bytes) -> bytes:
    with database.read() as session:
        return vault.open(session, place, sealed)


def test_it_opens_what_it_sealed(vault, database):
    key = kept_key(vault, database)

    assert opened(vault, database, PLACE, vault.seal(key, PLACE, "明文".encode())) == "明文".encode()


def test_it_names_suite_and_data_key_in_front(vault):
    key, _ = new_key(vault)
    sealed = vault.seal(key, PLACE, b"value")

    assert sealed[:3] == b"YX2"
    assert sealed[3] == vault.suite.code
    assert data_key_id_of(sealed) == key.id


def test_it_never_uses_a_nonce_twice(vault):
    key, _ = new_key(vault)
    sealed = [vault.seal(key, PLACE, b"the same value") for _ in range(10_000)]

    nonces = {value[HEADER_BYTES : HEADER_BYTES + NONCE_BYTES] for value in sealed}
    assert len(nonces) == len(set(sealed)) == 10_000


def test_it_refuses_every_flipped_byte(vault, database):
    key = kept_key(vault, database)
    sealed = vault.seal(key, PLACE, people.id_number(seed=31).encode())

    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 0x01
        with pytest.raises(SealBrokenError):
            opened(vault, database, PLACE, bytes(altered))


def test_it_refuses_a_value_that_was_cut_at_any_length(vault, database):
    key = kept_key(vault, database)
    sealed = vault.seal(key, PLACE, b"some value")

    for length in range(len(sealed)):
        with pytest.raises(SealBrokenError):
            opened(vault, database, PLACE, sealed[:length])


def test_it_says_nothing_of_the_content_when_it_refuses(vault, database):
    key = kept_key(vault, database)
    sealed = vault.seal(key, PLACE, b"not-for-logs")

    with pytest.raises(SealBrokenError) as refused:
        opened(vault, database, replace(PLACE, field="elsewhere"), sealed)
    assert str(refused.value) == ""


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, row_id=uuid.UUID(int=2)),
        replace(PLACE, field="login_account"),
        replace(PLACE, table="screenshots"),
        replace(PLACE, owner_id=uuid.UUID(int=8)),
        Place("", "", OWNER, ""),
    ],
    ids=str,
)
def test_it_refuses_a_value_that_was_moved(vault, database, place):
    key = kept_key(vault, database)

    with pytest.raises(SealBrokenError):
        opened(vault, database, place, vault.seal(key, PLACE, b"value"))


def test_it_refuses_two_rows_whose_ciphertexts_were_swapped(vault, database):
    key = kept_key(vault, database)
    first, second = (
        vault.sealed_value(key, owner_id=OWNER, field="id_number", value=people.id_number(seed=seed), mask="id_number")
        for seed in (1, 2)
    )
    first.value_sealed, second.value_sealed = second.value_sealed, first.value_sealed
    with database.transaction() as session:
        session.add_all([first, second])

    with database.read() as session:
        for row in session.scalars(select(SealedValue)).all():
            with pytest.raises(SealBrokenError):
                vault.open_value(session, row)


def test_it_refuses_a_ciphertext_that_was_moved_to_another_field_of_its_row(vault, database):
    key = kept_key(vault, database)
    row = vault.sealed_value(key, owner_id=OWNER, field="login_account", value="fake.user", mask="account")
    row.field = "institution"

    with database.read() as session, pytest.raises(SealBrokenError):
        vault.open_value(session, row)


def test_it_refuses_the_data_key_of_another_owner(vault, database):
    mine, theirs = kept_key(vault, database), kept_key(vault, database)
    sealed = vault.seal(mine, PLACE, b"value")
    renamed = sealed[:4] + theirs.id.bytes + sealed[HEADER_BYTES:]

    with pytest.raises(SealBrokenError):
        vault.open_with(theirs, PLACE, sealed)
    with pytest.raises(SealBrokenError):
        opened(vault, database, PLACE, renamed)


def test_it_refuses_a_wrapped_key_that_was_moved_to_another_row(vault, database):
    mine, theirs = kept_key(vault, database), kept_key(vault, database)
    sealed = vault.seal(mine, PLACE, b"value")
    with database.transaction() as session:
        session.get_one(DataKey, mine.id).key_wrapped = session.get_one(DataKey, theirs.id).key_wrapped

    with pytest.raises(SealBrokenError):
        opened(vault, database, PLACE, sealed)


def test_it_refuses_a_data_key_that_was_turned_to_another_purpose(vault, database):
    key = kept_key(vault, database, CREDENTIALS)
    sealed = vault.seal(key, PLACE, b"value")
    with database.transaction() as session:
        session.get_one(DataKey, key.id).purpose = REPORT

    with pytest.raises(SealBrokenError):
        opened(vault, database, PLACE, sealed)


def test_another_keyring_cannot_open(vault, database):
    key = kept_key(vault, database)
    sealed = vault.seal(key, PLACE, b"value")

    with pytest.raises(SealBrokenError):
        opened(Vault(new_keyring(), vault.suite.name), database, PLACE, sealed)


def test_nobody_can_open_after_the_data_key_is_destroyed(vault, database):
    key = kept_key(vault, database)
    sealed = vault.seal(key, PLACE, b"value")
    with database.transaction() as session:
        session.delete(session.get_one(DataKey, key.id))

    with pytest.raises(SealBrokenError):
        opened(vault, database, PLACE, sealed)


def test_both_suites_open_side_by_side(database):
    keyring = new_keyring()
    sealed = {}
    for name in SUITES:
        vault = Vault(keyring, name)
        sealed[name] = vault.seal(kept_key(vault, database), PLACE, name.encode())

    for reader in SUITES:
        for name, value in sealed.items():
            assert opened(Vault(keyring, reader), database, PLACE, value) == name.encode()


def test_it_keeps_one_data_key_per_owner_and_purpose(vault, database):
    owner = uuid.uuid4()
    with database.transaction() as session:
        first = vault.data_key(session, owner, REPORT)
        again = vault.data_key(session, owner, REPORT)
        credentials = vault.data_key(session, owner, CREDENTIALS)

    assert first == again
    assert first.key != credentials.key


def test_it_stores_no_plaintext_and_no_bare_key(vault, database, tmp_path):
    number = people.id_number(seed=41)
    key = kept_key(vault, database)
    with database.transaction() as session:
        session.add(vault.sealed_value(key, owner_id=OWNER, field="id_number", value=number, mask="id_number"))
    database.dispose()

    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.id.bytes in stored  # the search reads what was written
    assert number.encode() not in stored
    assert key.key not in stored


def test_it_masks_every_value_and_indexes_all_but_passwords_and_names(vault):
    key, _ = new_key(vault)
    number = people.id_number(seed=42)
    rows = {mask: vault.sealed_value(key, owner_id=OWNER, field="x", value=number, mask=mask) for mask in MASKS}

    assert rows["id_number"].value_masked == number[:3] + "*" * 11 + number[-4:]
    assert {mask for mask, row in rows.items() if row.value_index is None} == {"password", "name"}
    assert {row.value_index for row in rows.values()} == {None, vault.blind_index(number)}


def test_the_blind_index_differs_by_key_and_by_number(vault):
    number, other = people.id_number(seed=43), people.id_number(seed=44)

    assert vault.blind_index(number) == Vault(vault.keyring, vault.suite.name).blind_index(number)
    assert vault.blind_index(number) != vault.blind_index(other)
    assert vault.blind_index(number) != Vault(new_keyring(), vault.suite.name).blind_index(number)


def test_keyed_hashes_differ_by_purpose_and_key(vault):
    assert vault.keyed_hash("query code", "x") != vault.keyed_hash("session", "x")
    assert vault.keyed_hash("query code", "x") != Vault(new_keyring(), vault.suite.name).keyed_hash("query code", "x")
    assert vault.signer("form token")("x") != vault.signer("other")("x")


def test_no_repr_shows_a_key(vault):
    key, row = new_key(vault)
    secrets = [key.key, vault.keyring.index_secret, *vault.keyring.keys.values()]

    for shown in (repr(key), repr(row), repr(vault), repr(vault.keyring), str(vault.__dict__), f"{key}"):
        for secret in secrets:
            assert repr(secret)[2:-1] not in shown
            assert secret.hex() not in shown


def test_an_altered_value_is_refused_whole_however_long(vault, database):
    key = kept_key(vault, database)
    sealed = bytearray(vault.seal(key, replace(PLACE, table="screenshots"), b"p" * 300_000))
    sealed[150_000] ^= 0x80

    with pytest.raises(SealBrokenError):
        opened(vault, database, replace(PLACE, table="screenshots"), bytes(sealed))
