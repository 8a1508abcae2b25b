"""受理说明 with its three parts, 部分解决 with what is left over and a promise (REQUIREMENTS G8, K7)."""

from datetime import timedelta

import pytest

from portal import clock
from portal.acts import promises
from portal.acts.partial_solutions import SOLVE_IN_PART
from portal.acts.promises import PROMISE
from portal.acts.table import ACCEPT, CLAIM, RESOLVE
from portal.errors import InvalidError
from tests.acts.desk import Desk
from tests.factories.portals import csrf_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
DAY = timedelta(days=1)


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def in_a_day():
    return (clock.now() + DAY).replace(microsecond=0)


def part(desk, **changed):
    given = {"text": "保存已经好了", "leftover": "打印还不行", "promise.text": "打印的结果"}
    return desk.act(SOLVE_IN_PART, **{**given, "promise.due_at": in_a_day().isoformat(), **changed})


def of(desk):
    with desk.runtime.database.read() as session:
        return list(promises.of_ticket(session, desk.ticket.id))


def test_a_part_leaves_the_ticket_at_work_with_what_is_left_and_a_promise(desk):
    part(desk)
    ticket, [made] = desk.ticket, of(desk)
    assert (ticket.state, ticket.leftover, ticket.reply_outcome) == ("in_progress", "打印还不行", "met")
    assert (made.kind, made.text, made.status) == ("promise", "打印的结果", "open")
    when = clock.clinic_time(made.due_at)
    assert desk.entries()[-1].text == f"保存已经好了\n遗留事项：打印还不行\n{when} 前答复：打印的结果"
    assert desk.events()[-1] == "replied"
    desk.act(RESOLVE, text="打印也好了", keeps=[str(made.id)])
    assert (desk.ticket.leftover, of(desk)[0].status) == (None, "kept")


def test_it_needs_both_and_names_every_fault_at_once(desk):
    for hours in (1, 2, 3):
        due_at = (clock.now() + timedelta(hours=hours)).isoformat()
        desk.act(PROMISE, kind="promise", due_at=due_at, text="看看")
    with pytest.raises(InvalidError) as refused:
        desk.act(SOLVE_IN_PART, leftover=" ", keeps=["nothing"])
    assert {(fault.field, fault.code) for fault in refused.value.faults} == {
        ("leftover", "required"), ("promise.text", "required"), ("promise.due_at", "required"),
        ("promise.due_at", "too_many"), ("keeps", "not_found"),
    }  # fmt: skip
    part(desk, keeps=[str(of(desk)[0].id)])  # the one that it keeps makes room
    assert desk.ticket.leftover


def test_each_of_its_texts_waits_for_its_writer_when_it_holds_a_secret(desk):
    for name in ("text", "leftover", "promise.text"):
        with pytest.raises(InvalidError) as refused:
            part(desk, **{name: "密码：Fake#Api44"})
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [(name, "sensitive_text")]


def test_the_call_takes_each_type(portal, desk):
    api, call = portal.api("alice"), f"/api/v1/tickets/{desk.number}/replies"
    accepted = {
        "version": 2,
        "type": "acceptance",
        "steps": "先核对",
        "time_needed": "一天",
        "expected_result": "能保存",
    }
    answer = api.post(call, json=accepted)
    assert answer.status_code == 200, answer.text
    last = answer.json()["timeline"][-1]
    assert (last["action"], last["title"]) == ("accept", "受理说明")
    assert last["text"] == "处理步骤：先核对\n所需时间：一天\n预期结果：能保存"
    body = {"version": 3, "type": "partial", "leftover": "打印还不行"}
    promise = {"text": "打印的结果", "due_at": in_a_day().isoformat()}
    answer = api.post(call, json={**body, "promise": promise})
    assert answer.status_code == 200, answer.text
    assert answer.json()["leftover"] == "打印还不行"
    assert [one["text"] for one in answer.json()["promises"]] == ["打印的结果"]
    assert api.post(call, json={"version": 4, "text": "在看"}).json()["timeline"][-1]["action"] == "reply"
    for wrong, fields in (
        ({"version": 5}, {"text"}),
        ({"version": 5, "type": "acceptance"}, {"steps", "time_needed", "expected_result"}),
        ({"version": 5, "type": "partial"}, {"leftover", "promise.text", "promise.due_at"}),
        ({"version": 5, "type": "else", "text": "x"}, {"type"}),
    ):
        refused = api.post(call, json=wrong)
        assert refused.status_code == 422
        assert {fault["field"] for fault in refused.json()["errors"]} == fields


def test_the_page_has_a_form_for_each_and_shows_what_is_left(portal, desk):
    alice = portal.signed_in("alice")
    address = f"/tickets/{desk.number}"
    form = {"csrf": csrf_of(alice.get(address).text), "version": "2"}
    refused = alice.post(f"{address}/replies", data={**form, "type": "partial", "leftover": "打印还不行"})
    assert refused.status_code == 422
    assert "请写明已经解决了哪些" in refused.text
    at = clock.in_china(in_a_day()).strftime("%Y-%m-%dT%H:%M")
    good = {
        "type": "partial",
        "text": "保存好了",
        "leftover": "打印还不行",
        "promise.text": "结果",
        "promise.due_at": at,
    }
    assert alice.post(f"{address}/replies", data={**form, **good}).status_code == 303
    assert "打印还不行" in alice.get(address).text
    accepted = {
        **form,
        "version": "3",
        "type": "acceptance",
        "steps": "核对",
        "time_needed": "一天",
        "expected_result": "好",
    }
    assert alice.post(f"{address}/replies", data=accepted).status_code == 303
    assert [entry.action for entry in desk.entries()][-2:] == ["partial", "accept"]


def test_a_stated_moment_of_an_acceptance_becomes_a_promise_by_a_tick(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    due = clock.now() + timedelta(hours=5)
    parts = {"steps": "核对日志", "time_needed": "半天", "expected_result": "可以保存"}
    stated = {**parts, "promise.due_at": due.isoformat()}
    desk.act(ACCEPT, **stated)
    assert desk.ticket.promise_due_at is None and clock.clinic_time(due) in desk.entries()[-1].text
    for wrong, code in (({}, "required"), ({"promise.due_at": "2020-01-01T00:00"}, "in_past")):
        with pytest.raises(InvalidError) as refused:
            desk.act(ACCEPT, **{**parts, **wrong, "as_promise": "true"})
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [("promise.due_at", code)]
    desk.act(ACCEPT, **stated, as_promise="true")
    assert desk.ticket.promise_due_at is not None and "进展或结果" in desk.entries()[-1].text
