"""Registering: sealed, numbered, with its subjects, and told to the right people only."""

import pytest
from sqlalchemy import select

from portal.acts.table import CLAIM, REPLY
from portal.audit.actor import clinic
from portal.complaints import access, filing
from portal.complaints.models import ComplaintSubject
from portal.db import Base
from portal.errors import InvalidError, NotFoundError
from portal.notify.models import StaffNotice
from portal.retention import holds
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.complaints import CANARIES, MANAGERS, Case, add_people, complained


def test_a_clinics_complaint_is_sealed_numbered_and_keeps_its_subjects_out(portal):
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    desk = Desk(runtime)
    desk.act(CLAIM)
    desk.act(REPLY, text="正在查看")
    case = Case.by_clinic(runtime, desk.ticket.id)
    assert case.number.startswith("TS") and len(case.number) == 12
    again = filing.file_by_clinic(runtime, clinic("127.0.0.9"), desk.ticket.id, complained(), "a" * 32)
    assert (again.number, again.query_code) == (case.number, case.code)
    with runtime.database.read() as session:
        assert set(session.scalars(select(ComplaintSubject.user_id))) == {case.user("alice").id}
        told = set(session.scalars(select(StaffNotice.user_id).where(StaffNotice.number == case.number)))
        for name in MANAGERS:
            assert access.find(session, actor(runtime, name), case.number).is_manager
        for name in ("alice", "leo", "ada", "agnes", "bob"):
            with pytest.raises(NotFoundError):
                access.find(session, actor(runtime, name), case.number)
        for table in Base.metadata.sorted_tables:
            rows = str(session.execute(select(table)).all())
            assert not [word for word in CANARIES if word in rows], table
        assert holds.objections(session, desk.ticket, "lapse_confirmation")
    assert told == {case.user(name).id for name in MANAGERS}
    assert desk.ticket.stay == "records"


def test_every_fault_is_named_at_once(portal):
    desk = Desk(portal.runtime)
    bad = complained(content="太慢", name=" ", phone="12", kind="x")
    with pytest.raises(InvalidError) as caught:
        filing.file_by_clinic(portal.runtime, clinic(), desk.ticket.id, bad, "b" * 32)
    assert {(fault.field, fault.code) for fault in caught.value.faults} == {
        ("content", "too_short"), ("name", "required"), ("contact_phone", "invalid"), ("kind", "invalid"),
    }  # fmt: skip


def test_whoever_registers_handles_it_unless_it_is_about_them(portal):
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    own = Case.for_caller(runtime, "agnes")
    about = Case.for_caller(runtime, "agnes", subjects=("agnes",))
    with runtime.database.read() as session:
        assert access.find(session, actor(runtime, "agnes"), own.number).is_handler
        with pytest.raises(NotFoundError):
            access.find(session, actor(runtime, "agnes"), about.number)
    assert (own.row.status, about.row.status) == ("registered", "judging")
    assert about.row.handler_id in {own.user(name).id for name in MANAGERS}
