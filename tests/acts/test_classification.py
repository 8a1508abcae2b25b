"""分类: versions beside the reporter's own words; what is left out stays (DESK 3.3)."""

import pytest
from sqlalchemy import delete, select

from portal.acts.table import CLAIM, CLASSIFY, RESOLVE
from portal.acts.triage_models import TriageNote
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.vault.models import SealedValue
from tests.acts.desk import Desk
from tests.api.calls import V1
from tests.factories.consultations import taken_call
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def versions(desk: Desk) -> list[TriageNote]:
    with desk.runtime.database.read() as session:
        mine = select(TriageNote).where(TriageNote.ticket_id == desk.ticket.id)
        return list(session.scalars(mine.order_by(TriageNote.version)))


def test_every_change_is_a_version_and_what_is_left_out_stays(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    api = portal.api("agnes")
    for body in ({"summary": "随访表保存失败", "needs_soothing": True}, {"first_opinion": "转工程师"}, {"summary": ""}):
        address = f"{V1}/tickets/{desk.number}/classification"
        answer = api.post(address, json={"version": desk.ticket.version, **body})
        assert answer.status_code == 200, answer.text
    newest = answer.json()["triage"]
    assert (newest["version"], newest["summary"], newest["first_opinion"], newest["needs_soothing"]) == (
        3, "", "转工程师", True,
    )  # fmt: skip
    assert [note.summary for note in versions(desk)] == ["随访表保存失败", "随访表保存失败", ""]
    assert desk.ticket.touched_at is None
    assert not any(entry.is_public for entry in desk.entries()[1:])
    track = portal.browser().post(f"{V1}/track", json={"number": desk.number, "query_code": "x"})
    assert "安抚" not in track.text
    told = [row.particulars for row in desk.rows() if row.tag == "ticket:classify"]
    assert told == [{"classified": [name]} for name in ("summary", "first_opinion", "summary")]


def test_who_may_and_what_is_refused(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM, "alice")
    with pytest.raises(ForbiddenError):
        desk.act(CLASSIFY, "bob", summary="同事的")
    with pytest.raises(ForbiddenError):
        desk.act(CLASSIFY, remark="备注是主管的")
    desk.act(CLASSIFY, "leo", remark="已电话核对", root_cause="misuse")
    assert (versions(desk)[-1].remark, desk.ticket.root_cause) == ("已电话核对", "misuse")
    with pytest.raises(ConflictError, match="没有改动"):
        desk.act(CLASSIFY, root_cause="misuse", remark="已电话核对", needs_soothing="false")
    for given, field in (
        ({"summary": "长" * 201}, "summary"), ({"improvement": "长" * 501}, "improvement"),
        ({"module": "没有"}, "module"),
        ({"root_cause": "天气"}, "root_cause"), ({"request_type": "complaint"}, "request_type"),
        ({"request_type": "suggestion"}, "reason"), ({"steps": "空\x00字"}, "steps"),
        ({"recording_ref": "13800138000"}, "recording_ref"), ({"needs_soothing": "也许"}, "needs_soothing"),
    ):  # fmt: skip
        with pytest.raises(InvalidError) as refused:
            desk.act(CLASSIFY, **given)
        assert [fault.field for fault in refused.value.faults] == [field]


def test_a_consultation_that_becomes_a_help_request_asks_its_clinic(portal: Portal) -> None:
    desk = Desk(portal.runtime, taken_call(portal.runtime))
    with portal.runtime.database.transaction() as session:
        sealed = delete(SealedValue).where(SealedValue.owner_id == desk.ticket.report_id)
        session.execute(sealed)  # as if nothing had been asked for
    ticket = desk.act(CLASSIFY, "agnes", request_type="help", reason="系统坏了", summary="导出报错").ticket
    assert (ticket.request_type, ticket.state) == ("help", "awaiting_information")
    lines = desk.entries()[-3:]
    assert any(entry.is_public and "请补充" in entry.text for entry in lines)
    assert any(not entry.is_public and "导出报错" in entry.text and "系统坏了" in entry.text for entry in lines)


def test_suggestions_are_shown_and_saved_by_a_press_only(portal: Portal) -> None:
    first, second, third = (Desk(portal.runtime) for _ in range(3))
    for desk in (first, second):
        desk.act(CLAIM)
        desk.act(RESOLVE, text="已恢复", root_cause="policy_question")
    page = portal.signed_in("alice").get(f"/tickets/{third.number}").text
    proposed = page.split('class="plain proposals"')[1].split("</ul>")[0]
    assert "定性：政策疑问" in proposed and "2 条相似的问题" in proposed and third.ticket.root_cause is None
