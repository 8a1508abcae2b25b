"""A person's own data on request: found by their number, corrected, destroyed (SECURITY J-5)."""

import pytest
from sqlalchemy import func, select

from portal.acts.table import ASK, CLAIM, RESOLVE
from portal.audit.actor import SYSTEM
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.casefile import value_search
from portal.disclosure import own_copy
from portal.errors import ConflictError, InvalidError, NotFoundError
from portal.reports.models import Report
from portal.retention import erasure, holds
from portal.retention.models import Tombstone
from portal.screenshots.models import Screenshot
from portal.supplements import receiving
from portal.tracking import confirmation
from portal.vault.models import DataKey
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.people import id_number
from tests.factories.reports import file_report, general_fields


def found_by(runtime, number):
    asked = value_search.asked_value(runtime.vault, number)
    with runtime.database.read() as session:
        return [found.ticket.number for found in value_search.tickets_of(session, asked, None, 10)[0]]


def test_a_person_finds_corrects_and_ends_what_is_kept_of_them(portal):
    runtime, wrong, right = portal.runtime, id_number(seed=31), id_number(seed=32)
    number, other = (file_report(runtime, id_number=wrong).number for _ in range(2))
    assert sorted(found_by(runtime, wrong)) == sorted([number, other])
    with runtime.database.transaction() as session:
        alice = actor(runtime, "alice")
        perform(session, runtime, alice, CLAIM, number, 1)
        perform(session, runtime, alice, ASK, number, 2, fields=["id_number"], message="本人要求更正")
    ticket = ticket_named(runtime, number)
    receiving.supplement(runtime, at_clinic(), ticket.id, {"id_number": [right]}, [])
    assert found_by(runtime, right) == [number]

    with runtime.database.transaction() as session:
        perform(session, runtime, alice, RESOLVE, number, ticket_named(runtime, number).version, text="已更正")
    confirmation.confirm(runtime, at_clinic(), ticket.id, is_solved=True, comment="")
    erasure.erase(runtime, SYSTEM, number, "本人来电请求，原密码：Invented#Erase11")
    assert (found_by(runtime, right), found_by(runtime, wrong)) == ([], [other])
    with runtime.database.read() as session:
        assert session.get_one(Report, ticket.report_id).answers == {}
        owned = select(func.count()).where(Screenshot.owner_id == ticket.report_id)
        assert session.scalar(owned) == 0
        assert session.scalar(select(func.count()).where(DataKey.owner_id == ticket.report_id)) == 0
        assert "report" in session.scalars(select(Tombstone.what).where(Tombstone.owner_id == ticket.report_id)).all()
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.REPORT_ERASED)).one()
    assert (row.ticket_number, row.reason.startswith("本人来电请求")) == (number, True)
    assert "Invented#Erase11" not in row.reason
    assert ticket_named(runtime, number).number == number


def test_what_is_worked_held_or_gone_is_not_erased(portal):
    runtime = portal.runtime
    with pytest.raises(ConflictError, match="还在处理"):
        erasure.erase(runtime, SYSTEM, file_report(runtime).number, "本人请求")
    held = closed_ticket(runtime).number
    holds.hold(runtime, SYSTEM, held, "调查")
    with pytest.raises(ConflictError, match="在保全"):
        erasure.erase(runtime, SYSTEM, held, "本人请求")
    gone = closed_ticket(runtime).number
    with pytest.raises(InvalidError):
        erasure.erase(runtime, SYSTEM, gone, " ")
    erasure.erase(runtime, SYSTEM, gone.lower(), "本人请求")
    with pytest.raises(ConflictError, match="已经销毁"):
        erasure.erase(runtime, SYSTEM, gone, "本人请求")
    with pytest.raises(NotFoundError):
        erasure.erase(runtime, SYSTEM, "RC2020010001", "本人请求")


def test_a_person_gets_a_plain_copy_of_their_own_and_nothing_of_others(portal):
    runtime, own, other = portal.runtime, id_number(seed=41), id_number(seed=42)
    daily = file_report(runtime, id_number=[own, other]).number
    his = file_report(runtime, "his", patient_id_number=own, inpatient_number="ZY00077123").number
    copy = own_copy.make(runtime, SYSTEM, f" {own}\n", "本人来电，已核对身份证")
    assert all(part in copy for part in (own, daily, his, "ZY00077123", "附图 1 张", "提报：2 份"))
    fields = general_fields()
    assert not any(part in copy for part in (other, fields["login_account"], fields["login_password"]))
    with runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.OWN_COPY_MADE)).all()
    assert {row.ticket_number for row in rows} == {daily, his} and own not in str([row.reason for row in rows])
    for wrong, error in (("372522", InvalidError), (id_number(seed=43), NotFoundError)):
        with pytest.raises(error):
            own_copy.make(runtime, SYSTEM, wrong, "本人请求")
