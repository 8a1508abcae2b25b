"""Registering: sealed, numbered, with its subjects, and told to the right people only."""

import pytest
from sqlalchemy import select

from portal.acts.table import CLAIM, REPLY
from portal.audit.actor import clinic
from portal.complaints import access, filing
from portal.complaints import clinic as clinic_side
from portal.complaints.models import ComplaintSubject
from portal.db import Base
from portal.errors import InvalidError, NotFoundError
from portal.notify.models import StaffNotice
from portal.retention import holds
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.complaints import CANARIES, MANAGERS, Case, add_people, complained
from tests.factories.people import id_number
from tests.factories.portals import post


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


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_of_a_number_or_password_in_any_text_only_the_mask_is_kept(portal):
    """Neither its sender, nor whoever deals with it, nor a department reads it again."""
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    desk, secrets = Desk(runtime), (id_number(77), "Geheim#7788!Pw")
    typed = f"身份证 {secrets[0]}，密码：{secrets[1]}，说好回电没有回"
    case = Case.by_clinic(runtime, desk.ticket.id, content=typed, wish=typed)
    case.act("handler", "mona")
    case.act("entries", "mona", text=typed, is_public=True)
    read = (
        repr(clinic_side.view(runtime, case.row.id).content)
        + portal.signed_in("mona").get(f"/complaints/{case.number}").text
    )
    assert "说好回电没有回" in read and not [secret for secret in secrets if secret in read]
    opens = {"number": case.number, "query_code": case.code}
    tracked = post(portal.browser(), "/track", "/track", **opens).text
    assert tracked.count("说好回电没有回") >= 2 and not [secret for secret in secrets if secret in tracked]


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
