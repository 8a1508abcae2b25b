"""Moving to the other queue: number, counts, and who may."""

import pytest

from portal.acts.table import ASK, CLAIM, MERGE, TRANSFER, UNMERGE
from portal.audit.actor import clinic
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.queues import queries
from portal.supplements import receiving
from portal.tickets import information_requests
from tests.acts.desk import Desk
from tests.factories.portals import post
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def test_the_counts_of_both_queues_follow(portal):
    desk = Desk(portal.runtime)
    desk.act(TRANSFER, "leo", queue="his", text="结算的问题")
    with portal.runtime.database.read() as session:
        counts = {queue: queries.state_counts(session, queue) for queue in ("general", "his")}
    assert sum(counts["general"].values()) == 0
    assert {state: count for state, count in counts["his"].items() if count} == {desk.ticket.state: 1}


def test_old_and_new_number_lead_to_it_and_nobody_has_it(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    moved = desk.act(TRANSFER, queue="his", text="结算的问题").ticket
    assert moved.number.startswith("HIS") and moved.former_numbers == [desk.number]
    assert desk.ticket.id == moved.id
    assert (moved.assignee_id, moved.assignee_name, moved.queue) == (None, None, "his")
    public, aside = [line for line in desk.entries() if line.action.startswith("transfer")]
    assert (public.is_public, public.text) == (True, f"转为 HIS 问题继续处理，编号由 {desk.number} 换成 {moved.number}")
    assert (aside.is_public, aside.text) == (False, "结算的问题")


def test_neither_the_own_queue_nor_an_unknown_one(portal):
    desk = Desk(portal.runtime)
    for queue in ("general", "printer", ""):
        with pytest.raises(InvalidError):
            desk.act(TRANSFER, "leo", queue=queue)


def test_an_engineer_moves_no_colleagues_ticket(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    with pytest.raises(ForbiddenError, match="只有负责人或主管可以转走这条问题"):
        desk.act(TRANSFER, "bob", queue="his")


def test_going_back_takes_up_the_former_number(portal):
    desk = Desk(portal.runtime)
    first = desk.number
    his = desk.act(TRANSFER, "leo", queue="his", text="结算的问题").ticket.number
    back = desk.act(TRANSFER, "leo", queue="general", text="看错了").ticket
    assert (back.number, back.former_numbers) == (first, [his])
    again = desk.act(TRANSFER, "leo", queue="his", text="还是结算").ticket
    assert (again.number, again.former_numbers) == (his, [first])
    assert desk.ticket.id == again.id
    assert file_report(portal.runtime, kind="his").number == f"{his[:-1]}{int(his[-1]) + 1}"


@pytest.mark.parametrize(
    ("institution", "asked"),
    [("高唐县", True), ("高唐县人民医院", False), ("高唐县杨屯乡张四屯卫生室", False), (None, True)],
)
def test_the_targets_own_checks_judge_every_value(portal, institution, asked):
    receipt = file_report(portal.runtime, kind="his", institution=institution or "")
    moved = Desk(portal.runtime, receipt.number).act(TRANSFER, "leo", queue="general", text="公卫的问题").ticket
    with portal.runtime.database.read() as session:
        request = information_requests.open_request(session, moved)
    assert ("institution" in request.fields) == asked
    assert "previous_system" in request.fields and "description" not in request.fields


def test_what_was_supplied_counts_as_what_was_filed(portal):
    desk = Desk(portal.runtime, file_report(portal.runtime, kind="his", institution="").number)
    desk.act(CLAIM, "hanna")
    desk.act(ASK, "hanna", fields=["institution"])
    given = {"institution": ["高唐县杨屯乡张四屯卫生室"]}
    receiving.supplement(portal.runtime, clinic(), desk.ticket.id, given, [])
    moved = desk.act(TRANSFER, "leo", queue="general", text="公卫的问题").ticket
    with portal.runtime.database.read() as session:
        assert "institution" not in information_requests.open_request(session, moved).fields


def test_the_page_asks_why_and_the_interface_records_that_nobody_said(portal):
    desk, leo = Desk(portal.runtime), portal.signed_in("leo")
    page = f"/tickets/{desk.number}"
    refused = post(leo, page, f"{page}/transfer", queue="his", text=" ", version="1")
    assert refused.status_code == 422 and "请写明为什么转到另一队列" in refused.text
    moved = portal.api("leo").post(f"/api/v1{page}/transfer", json={"queue": "his", "version": 1})
    assert moved.status_code == 200
    assert Desk(portal.runtime, moved.json()["number"]).rows()[-1].particulars["is_unexplained"] is True


def test_what_others_are_merged_into_is_separated_before_it_moves(portal):
    """Its next owner could open neither their values nor their pictures."""
    member, target = Desk(portal.runtime), Desk(portal.runtime)
    member.act(CLAIM)
    target.act(CLAIM)
    member.act(MERGE, into=target.number)
    for who in ("alice", "leo"):
        with pytest.raises(ConflictError, match="有 1 条工单并入了这一条，请先撤销合并，再分别转走"):
            target.act(TRANSFER, who, queue="his", text="结算的问题")
    assert (target.ticket.queue, target.ticket.former_numbers) == ("general", [])
    member.act(UNMERGE, text="分别转走")
    assert target.act(TRANSFER, queue="his", text="结算的问题").ticket.queue == "his"
