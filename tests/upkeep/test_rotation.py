"""Keys change while everything stays readable; nothing is retired that is still needed."""

import json
import threading
import uuid
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from portal.assembly import make_runtime
from portal.audit.actor import SYSTEM
from portal.db import OutcomeUnknownError
from portal.queues import queries
from portal.queues.queries import QueueFilter
from portal.runtime import Runtime
from portal.tickets.models import Ticket
from portal.upkeep import rotation
from portal.upkeep.rotation import NotCleanError
from portal.vault.keyring import KeyringError, load_keyring, new_keyring, save_keyring
from portal.vault.models import DataKey, SealedValue
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields


def test_a_serving_portal_reads_old_values_and_seals_new_ones_after_a_rotation(portal: Portal) -> None:
    file_report(portal.runtime)
    old = portal.runtime.vault.keyring.active_key_id
    done = rotation.rotate(make_runtime(portal.settings), SYSTEM)
    active = done.active_key_id
    assert active != old and (done.rewrapped, done.left) == (2, 0)
    file_report(portal.runtime, kind="his")
    with portal.runtime.database.read() as session:
        assert set(session.scalars(select(DataKey.key_id))) == {active}
    found = rotation.verify(portal.runtime)
    assert found.broken == [] and found.opened == 3 + 1 + 4 + 1


def test_it_finishes_an_interrupted_rotation_instead_of_starting_another(portal: Portal) -> None:
    file_report(portal.runtime)
    active = rotation.rotate(portal.runtime, SYSTEM).active_key_id
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(DataKey)).first()
        old = next(name for name in load_keyring(portal.settings.keyring).keys if name != active)
        place = f"data_keys|{row.purpose}|{row.id}|{row.owner_id}".encode()
        key = portal.runtime.vault.keyring.unwrap(active, 1, row.key_wrapped.removeprefix(b"YK2"), place)
        row.key_id, wrapped = _wrap_with(portal, old, key, place)
        row.key_wrapped = b"YK2" + wrapped
    again = rotation.rotate(portal.runtime, SYSTEM)
    assert again == rotation.Rotation(active, 1, 0)
    assert rotation.verify(portal.runtime).broken == []


def test_it_names_what_cannot_be_opened_and_goes_on(portal: Portal) -> None:
    file_report(portal.runtime)
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "login_account")).one()
        row.value_sealed = row.value_sealed[:-1] + bytes([row.value_sealed[-1] ^ 1])
        number = session.scalars(select(Ticket.number)).one()
    found = rotation.verify(portal.runtime)
    assert found.broken == [f"sealed_values {row.id}, login_account.0 of {number}: cannot be opened"]
    assert found.opened == 3


def test_an_old_key_is_retired_only_when_nothing_hangs_on_it(portal: Portal) -> None:
    file_report(portal.runtime)
    path, old = portal.settings.keyring, portal.runtime.vault.keyring.active_key_id
    with pytest.raises(NotCleanError, match="active"):
        rotation.retire(portal.runtime, old, SYSTEM)
    active = rotation.rotate(portal.runtime, SYSTEM).active_key_id
    with portal.runtime.database.transaction() as session:
        blob = session.scalar(text("SELECT blob_key FROM screenshots"))
        session.execute(text("UPDATE screenshots SET blob_key = :missing"), {"missing": "0" * 32})
    with pytest.raises(NotCleanError, match="screenshots"):
        rotation.retire(portal.runtime, old, SYSTEM)
    with portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE screenshots SET blob_key = :blob"), {"blob": blob})
    rotation.retire(portal.runtime, old, SYSTEM)
    assert list(json.loads(path.read_text())["keys"]) == [active]
    assert rotation.verify(portal.runtime).broken == []


def test_it_converts_between_suites_and_still_finds_by_id_number(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    sm = make_runtime(replace(portal.settings, suite="sm4-gcm"))
    file_report(sm, kind="his")
    assert rotation.verify(portal.runtime).broken == []
    assert _found(portal, number)
    assert rotation.convert(sm, SYSTEM) == rotation.Conversion(2)
    assert rotation.convert(sm, SYSTEM) == rotation.Conversion(0)
    with portal.runtime.database.read() as session:
        assert set(session.scalars(select(DataKey.suite))) == {"sm4-gcm"}
    assert rotation.verify(portal.runtime).broken == []
    assert _found(portal, number)
    assert len(list(portal.runtime.blobs.stored())) == 2


def _found(portal: Portal, number: str) -> bool:
    indexes = portal.runtime.vault.blind_indexes(general_fields()["id_number"])
    with portal.runtime.database.read() as session:
        page = queries.queue_page(session, QueueFilter("general", value_indexes=indexes))
    tickets: list[Ticket] = list(page.tickets)
    return [ticket.number for ticket in tickets] == [number]


def _wrap_with(portal: Portal, key_id: str, data_key: bytes, place: bytes) -> tuple[str, bytes]:
    keyring = replace(load_keyring(portal.settings.keyring), active_key_id=key_id)
    return keyring.wrap(1, data_key, place)


def test_a_data_key_that_does_not_open_cannot_stop_a_rotation(portal: Portal) -> None:
    for _ in range(3):
        file_report(portal.runtime)
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(DataKey).where(DataKey.purpose == "credentials")).first()
        row.key_wrapped = row.key_wrapped[:-1] + bytes([row.key_wrapped[-1] ^ 1])
    old = portal.runtime.vault.keyring.active_key_id
    first = rotation.rotate(portal.runtime, SYSTEM)
    second = rotation.rotate(portal.runtime, SYSTEM)

    assert (first.rewrapped, first.left) == (second.rewrapped, second.left) == (5, 1)
    assert first.active_key_id != second.active_key_id
    assert any(named.startswith(f"data_keys {row.id}") for named in rotation.verify(portal.runtime).broken)
    with pytest.raises(NotCleanError, match="1 data keys still hang"):
        rotation.retire(portal.runtime, old, SYSTEM)
    sm = make_runtime(replace(portal.settings, suite="sm4-gcm"))
    assert rotation.convert(sm, SYSTEM) == rotation.Conversion(5, 1)


def test_a_data_key_that_does_not_open_cannot_be_retired_over(portal: Portal) -> None:
    file_report(portal.runtime)
    old = portal.runtime.vault.keyring.active_key_id
    rotation.rotate(portal.runtime, SYSTEM)
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(DataKey).where(DataKey.purpose == "credentials")).one()
        row.key_wrapped = bytes(60)
    assert any(named.startswith(f"data_keys {row.id}") for named in rotation.verify(portal.runtime).broken)
    with pytest.raises(NotCleanError, match="cannot be opened"):
        rotation.retire(portal.runtime, old, SYSTEM)
    assert old in portal.runtime.vault.keyring.key_ids()


def test_two_rotations_at_once_lose_no_key(portal: Portal) -> None:
    for _ in range(4):
        file_report(portal.runtime)
    many = [make_runtime(portal.settings) for _ in range(4)]
    faults: list[Exception] = []
    barrier = threading.Barrier(len(many))

    def rotate(runtime: Runtime) -> None:
        barrier.wait()
        try:
            rotation.rotate(runtime, SYSTEM)
        except Exception as error:
            faults.append(error)

    threads = [threading.Thread(target=rotate, args=(runtime,)) for runtime in many]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    rotation.rotate(portal.runtime, SYSTEM)
    assert rotation.verify(portal.runtime).broken == []
    with portal.runtime.database.read() as session:
        assert set(session.scalars(select(DataKey.key_id))) == {load_keyring(portal.settings.keyring).active_key_id}


def test_keys_made_at_once_are_all_kept(portal: Portal) -> None:
    providers = [make_runtime(portal.settings).vault.keyring for _ in range(4)]
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda provider=provider: made.extend(provider.make_key() for _ in range(5)))
        for provider in providers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 20
    assert set(made) < set(load_keyring(portal.settings.keyring).keys)


def test_a_swapped_keyring_cannot_be_rotated(portal: Portal) -> None:
    runtime = make_runtime(portal.settings)
    other = new_keyring()
    save_keyring(portal.settings.keyring, other)
    with pytest.raises(KeyringError, match="another one"):
        rotation.rotate(runtime, SYSTEM)
    assert load_keyring(portal.settings.keyring) == other


def test_the_verification_reads_in_batches_and_tells_each_broken_place(portal: Portal, monkeypatch) -> None:
    for _ in range(3):
        file_report(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE screenshots SET blob_key = substr(blob_key, 17) || substr(blob_key, 1, 16)"))
    monkeypatch.setattr(rotation, "_BATCH", 2)
    monkeypatch.setattr(rotation, "_MOST_NAMES", 1)
    told: list[str] = []
    found = rotation.verify(portal.runtime, told.append)
    assert (found.opened, found.broken_count) == (9, 3)
    assert len(set(told)) == 3 and found.broken == told[:1]


def test_no_more_ids_than_a_batch_are_held(portal: Portal, monkeypatch) -> None:
    monkeypatch.setattr(rotation, "_BATCH", 3)
    with portal.runtime.database.transaction() as session:
        for _ in range(10):
            session.add(portal.runtime.vault.new_data_key(uuid.uuid4(), "report")[1])
    assert len(set(rotation._ids(portal.runtime.database, DataKey))) == 10
    ids = rotation._ids(portal.runtime.database, DataKey)
    next(ids)
    with portal.runtime.database.transaction() as session:
        session.execute(text("DELETE FROM data_keys"))
    assert len(list(ids)) == 2


def test_a_conversion_whose_end_is_unknown_loses_no_picture(portal: Portal, monkeypatch) -> None:
    file_report(portal.runtime)
    sm = make_runtime(replace(portal.settings, suite="sm4-gcm"))
    real = sm.database.transaction

    @contextmanager
    def torn():
        with real() as session:
            yield session
        raise OutcomeUnknownError("the connection broke after the commit")

    monkeypatch.setattr(sm.database, "transaction", torn)
    for _ in range(2):
        with pytest.raises(OutcomeUnknownError):
            rotation.convert(sm, SYSTEM)
    assert rotation.verify(portal.runtime).broken == []
