"""Keys change while everything stays readable; nothing is retired that is still needed."""

import json
from dataclasses import replace

import pytest
from sqlalchemy import select, text

from portal import rotation
from portal.app import make_tools
from portal.audit.actor import SYSTEM
from portal.rotation import NotCleanError
from portal.tickets import queries
from portal.tickets.models import Ticket
from portal.tickets.queries import QueueFilter
from portal.vault.keyring import load_keyring
from portal.vault.models import DataKey, SealedValue
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields


def test_a_serving_portal_reads_old_values_and_seals_new_ones_after_a_rotation(portal: Portal) -> None:
    file_report(portal.tools)
    old = portal.tools.vault.keyring.active_key_id
    done = rotation.rotate(make_tools(portal.settings), SYSTEM)
    active = done.active_key_id
    assert active != old and (done.rewrapped, done.left) == (2, 0)
    file_report(portal.tools, kind="his")
    with portal.tools.database.read() as session:
        assert set(session.scalars(select(DataKey.key_id))) == {active}
    found = rotation.verify(portal.tools)
    assert found.broken == [] and found.opened == 3 + 1 + 4 + 1


def test_it_finishes_an_interrupted_rotation_instead_of_starting_another(portal: Portal) -> None:
    file_report(portal.tools)
    active = rotation.rotate(portal.tools, SYSTEM).active_key_id
    with portal.tools.database.transaction() as session:
        row = session.scalars(select(DataKey)).first()
        old = next(name for name in load_keyring(portal.settings.keyring).keys if name != active)
        place = f"data_keys|{row.purpose}|{row.id}".encode()
        key = portal.tools.vault.keyring.unwrap(active, 1, row.key_wrapped, place)
        row.key_id, row.key_wrapped = _wrap_with(portal, old, key, place)
    again = rotation.rotate(portal.tools, SYSTEM)
    assert again == rotation.Rotation(active, 1, 0)
    assert rotation.verify(portal.tools).broken == []


def test_it_names_what_cannot_be_opened_and_goes_on(portal: Portal) -> None:
    file_report(portal.tools)
    with portal.tools.database.transaction() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "login_account")).one()
        row.value_sealed = row.value_sealed[:-1] + bytes([row.value_sealed[-1] ^ 1])
    found = rotation.verify(portal.tools)
    assert found.broken == [f"sealed_values {row.id}"] and found.opened == 3


def test_an_old_key_is_retired_only_when_nothing_hangs_on_it(portal: Portal) -> None:
    file_report(portal.tools)
    path, old = portal.settings.keyring, portal.tools.vault.keyring.active_key_id
    with pytest.raises(NotCleanError, match="active"):
        rotation.retire(portal.tools, old, SYSTEM)
    active = rotation.rotate(portal.tools, SYSTEM).active_key_id
    with portal.tools.database.transaction() as session:
        session.execute(text("UPDATE screenshots SET blob_key = :missing"), {"missing": "0" * 32})
    with pytest.raises(NotCleanError, match="screenshots"):
        rotation.retire(portal.tools, old, SYSTEM)
    with portal.tools.database.transaction() as session:
        session.execute(text("DELETE FROM screenshots"))
    rotation.retire(portal.tools, old, SYSTEM)
    assert list(json.loads(path.read_text())["keys"]) == [active]
    assert rotation.verify(portal.tools).broken == []


def test_it_converts_between_suites_and_still_finds_by_id_number(portal: Portal) -> None:
    number = file_report(portal.tools).number
    sm = make_tools(replace(portal.settings, suite="sm4-gcm"))
    file_report(sm, kind="his")
    assert rotation.verify(portal.tools).broken == []
    assert _found(portal, number)
    assert rotation.convert(sm, SYSTEM) == rotation.Conversion(2)
    assert rotation.convert(sm, SYSTEM) == rotation.Conversion(0)
    with portal.tools.database.read() as session:
        assert set(session.scalars(select(DataKey.suite))) == {"sm4-gcm"}
    assert rotation.verify(portal.tools).broken == []
    assert _found(portal, number)
    assert len(list(portal.tools.blobs.stored())) == 2


def _found(portal: Portal, number: str) -> bool:
    indexes = portal.tools.vault.blind_indexes(general_fields()["id_number"])
    with portal.tools.database.read() as session:
        page = queries.queue_page(session, QueueFilter("general", id_number_indexes=indexes))
    tickets: list[Ticket] = list(page.tickets)
    return [ticket.number for ticket in tickets] == [number]


def _wrap_with(portal: Portal, key_id: str, data_key: bytes, place: bytes) -> tuple[str, bytes]:
    keyring = replace(load_keyring(portal.settings.keyring), active_key_id=key_id)
    return keyring.wrap(1, data_key, place)
