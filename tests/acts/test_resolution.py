"""A result names its cause on every door, and leaves steps and suggestions with the staff (REQUIREMENTS F5, G24)."""

import pytest

from portal.acts import performing, triage_notes
from portal.acts.table import CLAIM, RESOLVE
from portal.acts.triage_models import RootCause
from portal.clock import now
from portal.errors import InvalidError
from tests.acts.desk import Desk
from tests.api.calls import V1, claimed
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_a_result_without_a_cause_is_refused_on_every_door(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    api, page, version = portal.api("alice"), portal.signed_in("alice"), desk.ticket.version
    for cause, code in (("", "required"), ("天气", "invalid"), ("\x00", "invalid")):
        with pytest.raises(InvalidError) as refused:
            given = {"text": "", "root_cause": cause}
            performing.carry_out(portal.runtime, actor(portal.runtime, "alice"), RESOLVE, desk.number, version, given)
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [
            ("text", "required"),
            ("root_cause", code),
        ]
    answer = api.post(f"{V1}/tickets/{desk.number}/resolution", json={"version": version, "text": "已恢复"})
    assert [(fault["field"], fault["code"]) for fault in answer.json()["errors"]] == [("root_cause", "required")]
    shown = page.get(f"/tickets/{desk.number}").text
    assert shown.count("请选择定性") == 0 and "操作误解" in shown
    assert desk.ticket.state == "in_progress"


def test_the_cause_of_leads_can_be_chosen_and_steps_stay_internal(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        session.add(RootCause(name="网络中断", is_active=True, made_at=now()))
    number, api = file_report(portal.runtime).number, portal.api("alice")
    body = {"text": "已恢复", "root_cause": "网络中断", "steps": "1.核对网线；2.重启", "improvement": "机房加备用电源"}
    answer = api.post(f"{V1}/tickets/{number}/resolution", json={"version": claimed(api, number), **body})
    assert (answer.status_code, answer.json()["root_cause"]) == (200, "网络中断"), answer.text
    desk = Desk(portal.runtime, number)
    with portal.runtime.database.read() as session:
        note = triage_notes.current(session, desk.ticket.id)
    assert note is not None
    assert (note.version, note.steps, note.improvement, note.by_name) == (1, body["steps"], body["improvement"], "张工")
    assert "重启" not in "".join(entry.text for entry in desk.entries())
    assert desk.rows()[-1].particulars == {"root_cause": "网络中断"}
