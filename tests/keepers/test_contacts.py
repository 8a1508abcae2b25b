"""Contacts of institutions: sealed each under a key of its own, asked about after a year, destroyed when asked."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.audit.actor import clinic
from portal.audit.models import AuditEvent
from portal.errors import ForbiddenError, InvalidError, NotFoundError, StaleRowError
from portal.institutions import directory
from portal.institutions.models import DirectoryEntry
from portal.keepers import assignment, contacts, merging
from portal.keepers.contacts import ContactDetails
from portal.keepers.models import InstitutionContact
from portal.retention import schedule
from portal.retention.schedule import tombstone_file
from portal.upkeep import rotation
from portal.vault.models import DataKey, SealedValue
from tests.factories.cast import actor
from tests.factories.contacts import NAME, PHONE, add_contact
from tests.factories.directories import add_entry
from tests.factories.portals import Portal


def run(portal: Portal, work, name="leo"):
    return portal.runtime.database.run(lambda session: work(session, actor(portal.runtime, name)))


def rows(portal: Portal, model) -> list:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(model)))


def listed(portal: Portal, entry) -> list:
    with portal.runtime.database.read() as session:
        return contacts.of_institution(session, entry.id)


def again(row):
    """A row as a backup has it."""
    return type(row)(**{column.name: getattr(row, column.name) for column in row.__table__.columns})


def test_name_and_phone_are_sealed_each_contact_with_a_key_of_its_own(portal: Portal):
    entry = add_entry(portal.runtime)
    one = add_contact(portal.runtime, entry)
    add_contact(portal.runtime, entry, name="范五", phone="0635-2123456", may_be_called=False)
    first, second = listed(portal, entry)
    assert (first.name, first.phone, first.contact.role, first.is_stale) == ("样**", "139****0017", "公卫专干", False)
    assert {key.purpose for key in rows(portal, DataKey)} == {"contact"} and len(rows(portal, DataKey)) == 2
    assert not second.contact.may_be_called
    with portal.runtime.database.read() as session:
        assert contacts.to_call(session, entry.id) == [one.id]
        values = {
            row.field: portal.runtime.vault.open_value(session, row) for row in contacts.values_of(session, one.id)
        }
    assert values == {"contact_name": NAME, "contact_phone": PHONE}
    told = [str(vars(row)) for row in rows(portal, AuditEvent)]
    assert not [line for line in told if PHONE in line or NAME in line]
    opened = rotation.verify(portal.runtime)
    assert (opened.opened, opened.broken) == (4, [])
    rotation.rotate(portal.runtime, clinic())
    assert rotation.verify(portal.runtime).broken == []


def test_the_keeper_and_leads_write_them_nobody_else(portal: Portal):
    entry = add_entry(portal.runtime)
    for name in ("alice", "agnes", "ada"):
        with pytest.raises(ForbiddenError):
            add_contact(portal.runtime, entry, by=name)
    agnes = actor(portal.runtime, "agnes")
    run(portal, lambda session, leo: assignment.assign(session, leo, {entry.id: agnes.user_id}))
    contact = add_contact(portal.runtime, entry, by="agnes")
    with pytest.raises(ForbiddenError):
        run(portal, lambda session, who: contacts.end(session, who, entry.id, contact.id), "alice")
    with pytest.raises(NotFoundError):
        other = add_entry(portal.runtime, village="李屯卫生室")
        run(portal, lambda session, who: contacts.verify(session, who, other.id, contact.id))


def test_every_fault_at_once_and_no_secret_in_what_is_not_sealed(portal: Portal):
    entry = add_entry(portal.runtime)
    with pytest.raises(InvalidError) as refused:
        add_contact(
            portal.runtime, entry, name="", phone="12", role="身份证 372526196503140114", preferred_time="长" * 41
        )
    assert {fault.field: fault.code for fault in refused.value.faults} == {
        "name": "required", "phone": "invalid", "role": "sensitive_text", "preferred_time": "too_long",
    }  # fmt: skip
    add_contact(portal.runtime, entry)
    with pytest.raises(InvalidError):
        add_contact(portal.runtime, entry, name="另一人")  # the same phone
    assert len(listed(portal, entry)) == 1


def test_a_change_replaces_what_was_typed_and_keeps_the_rest(portal: Portal):
    entry = add_entry(portal.runtime)
    contact = add_contact(portal.runtime, entry)
    runtime = portal.runtime
    new = ContactDetails("", "13900000025", "负责人", True, "下午")
    run(portal, lambda session, leo: contacts.change(session, runtime, leo, entry.id, contact.id, new, 1))
    (shown,) = listed(portal, entry)
    assert (shown.name, shown.phone, shown.contact.role) == ("样**", "139****0025", "负责人")
    assert len(rows(portal, SealedValue)) == 2 and rotation.verify(portal.runtime).broken == []
    with pytest.raises(StaleRowError):
        run(portal, lambda session, leo: contacts.change(session, runtime, leo, entry.id, contact.id, new, 1))


def test_it_is_asked_about_after_a_year(portal: Portal):
    today = clock.china_today()
    stale = [contacts.is_stale(day) for day in (None, today, today - timedelta(days=365), today - timedelta(days=366))]
    assert stale == [True, False, False, True]
    entry = add_entry(portal.runtime)
    contact = add_contact(portal.runtime, entry)
    with portal.runtime.database.transaction() as session:
        session.execute(update(InstitutionContact).values(verified_on=today - timedelta(days=400)))
    assert listed(portal, entry)[0].is_stale
    run(portal, lambda session, leo: contacts.verify(session, leo, entry.id, contact.id))
    assert not listed(portal, entry)[0].is_stale


def test_not_to_be_called_again_destroys_at_once_also_in_a_restored_backup(portal: Portal):
    entry = add_entry(portal.runtime)
    contact = add_contact(portal.runtime, entry)
    kept = {model: rows(portal, model) for model in (DataKey, SealedValue, InstitutionContact)}
    run(portal, lambda session, leo: contacts.end(session, leo, entry.id, contact.id))
    assert [rows(portal, model) for model in kept] == [[], [], []] and listed(portal, entry) == []
    with portal.runtime.database.transaction() as session:  # as a backup of before brings them back
        for found in kept.values():
            session.add_all(
                [type(row)(**{c.name: getattr(row, c.name) for c in row.__table__.columns}) for row in found]
            )
    assert len(listed(portal, entry)) == 1
    assert schedule.reapply(portal.runtime, tombstone_file(portal.settings)) == 1
    assert listed(portal, entry) == [] and contacts.sweep(portal.runtime) == 1
    assert rows(portal, SealedValue) == [] == rows(portal, InstitutionContact)


def test_contacts_of_an_institution_that_is_off_go_after_thirty_days(portal: Portal):
    entry = add_entry(portal.runtime)
    add_contact(portal.runtime, entry)
    run(portal, lambda session, leo: directory.set_active(session, leo, entry.id, False))
    assert contacts.sweep(portal.runtime) == 0
    with portal.runtime.database.transaction() as session:
        session.execute(update(DirectoryEntry).values(changed_at=clock.now() - timedelta(days=31)))
    assert contacts.sweep(portal.runtime) == 1
    assert rows(portal, SealedValue) == [] == rows(portal, InstitutionContact)
    assert [row.tag for row in rows(portal, AuditEvent)].count("known-issue:contacts-destroy") == 1


def test_a_merge_takes_contacts_and_keeper_along(portal: Portal):
    kept, other = add_entry(portal.runtime), add_entry(portal.runtime, village="张屯卫生室")
    agnes = actor(portal.runtime, "agnes")
    run(portal, lambda session, leo: assignment.assign(session, leo, {other.id: agnes.user_id}))
    add_contact(portal.runtime, other)
    merged = run(portal, lambda session, leo: merging.merge(session, leo, kept.id, other.id))
    assert (merged.keeper_id, merged.keeper) == (agnes.user_id, "赵坐席")
    assert [one.phone for one in listed(portal, kept)] == ["139****0017"] and listed(portal, other) == []
