"""Merging locks both tickets in one order, loses nothing, and can be undone until the target has ended."""

import threading
from contextlib import suppress

import pytest
from sqlalchemy import select

from portal.acts.table import ASSIGN, CLAIM, CLOSE, MERGE, RESOLVE, UNMERGE
from portal.api.answers import track_answer
from portal.casefile.view import ticket_view
from portal.disclosure import reveals
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.retention import schedule
from portal.retention.schedule import Schedule
from portal.screenshots.models import Screenshot
from portal.tickets import lookup
from portal.vault.models import DataKey
from portal.vault.vault import CREDENTIALS
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def both_at_once(first, second):
    """Merge each into the other at the same moment; gives what went wrong."""
    start, errors = threading.Barrier(2), []

    def merge(desk, into, version):
        start.wait()
        try:
            desk.act(MERGE, version=version, into=into)
        except InvalidError as error:
            errors.append(error.faults[0].code)

    pairs = ((first, second), (second, first))
    threads = [threading.Thread(target=merge, args=(one, two.number, one.ticket.version)) for one, two in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_opposite_merges_never_end_both(portal):
    for _ in range(20):
        first, second = Desk(portal.runtime), Desk(portal.runtime)
        first.act(CLAIM)
        second.act(CLAIM)
        assert both_at_once(first, second) == ["invalid"]
        assert sorted([first.ticket.state, second.ticket.state]) == ["in_progress", "merged"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_target_must_be_another_open_ticket_of_ones_queues(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    foreign = file_report(portal.runtime, kind="his").number
    for into, code in ((desk.number, "invalid"), (foreign, "not_found"), ("RC2020010001", "not_found")):
        with pytest.raises(InvalidError) as refused:
            desk.act(MERGE, into=into)
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [("into", code)]
    other = Desk(portal.runtime)
    desk.act(MERGE, into=other.number.lower())
    assert desk.ticket.merged_into == other.number
    assert desk.rows()[-1].particulars == {"into": other.number}


def one_owner(portal: Portal, count: int) -> list[Desk]:
    """Tickets that alice has."""
    desks = [Desk(portal.runtime) for _ in range(count)]
    for desk in desks:
        desk.act(CLAIM)
    return desks


def has_credentials(desk: Desk) -> bool:
    with desk.runtime.database.read() as session:
        mine = (DataKey.owner_id == desk.ticket.report_id, DataKey.purpose == CREDENTIALS)
        return session.scalar(select(DataKey.id).where(*mine)) is not None


def reveal(desk: Desk, who: str, key: str = "login_password") -> str:
    return reveals.reveal_field(desk.runtime, actor(desk.runtime, who), desk.number, key, "核对数据").value


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_both_timelines_tell_of_it_and_only_staff_read_the_numbers(portal: Portal) -> None:
    first, second = one_owner(portal, 2)
    first.act(MERGE, into=second.number)
    public = [line.text for line in first.entries() if line.is_public]
    assert public[-1] == "与另一条提报是同一问题，一并处理"
    assert first.entries()[-1].text.startswith(f"并入 {second.number}，")
    taken = second.entries()[-1]
    assert (taken.action, taken.is_public, taken.text.split("，")[0]) == ("took_in", False, first.number)
    assert second.number not in "".join(public)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_it_ends_the_reply_clock_uncounted(portal: Portal) -> None:
    first, second = one_owner(portal, 2)
    first.act(MERGE, into=second.number)
    assert (first.ticket.first_replied_at, first.ticket.reply_outcome) == (None, "uncounted")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_chain_leads_to_the_one_that_is_worked(portal: Portal) -> None:
    first, second, third = one_owner(portal, 3)
    first.act(MERGE, into=second.number)
    second.act(MERGE, into=third.number)
    with portal.runtime.database.read() as session:
        members = [member.number for member in lookup.members_of(session, third.ticket)]
        assert members == [first.number, second.number]
        view = ticket_view(session, first.ticket, for_clinic=True)
    assert (view.worked.state, view.worked.resolution, view.members) == ("in_progress", None, ())
    third.act(RESOLVE, text="已恢复，请刷新")
    with portal.runtime.database.read() as session:
        view = ticket_view(session, first.ticket, for_clinic=True)
    assert (view.worked.state, view.worked.resolution) == ("awaiting_confirmation", "已恢复，请刷新")
    assert third.number not in repr(track_answer(view))
    assert [first.events()[-1], second.events()[-1]] == ["resolved", "resolved"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_values_and_pictures_are_the_targets_owners_while_it_is_worked(portal: Portal) -> None:
    first, second = one_owner(portal, 2)
    second.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假")
    first.act(MERGE, into=second.number)
    with portal.runtime.database.read() as session:
        picture = session.scalars(select(Screenshot.id).where(Screenshot.owner_id == first.ticket.report_id)).one()
    with pytest.raises(ForbiddenError):
        reveal(first, "alice")
    with pytest.raises(ForbiddenError):
        reveals.open_picture(portal.runtime, actor(portal.runtime, "alice"), first.number, picture)
    assert reveal(first, "bob", "id_number")
    assert reveals.open_picture(portal.runtime, actor(portal.runtime, "bob"), first.number, picture).content
    second.act(RESOLVE, "bob", text="已恢复")
    second.act(CLOSE, "bob", **CONFIRMED)
    with pytest.raises(ForbiddenError):
        reveal(first, "bob", "id_number")


def test_credentials_end_with_the_target_through_any_chain(portal: Portal) -> None:
    first, second, third = one_owner(portal, 3)
    first.act(MERGE, into=second.number)
    second.act(MERGE, into=third.number)
    schedule.run(portal.runtime, Schedule.of(portal.settings), is_quiet=True)
    assert all(has_credentials(desk) for desk in (first, second, third))
    third.act(RESOLVE, text="已恢复")
    third.act(CLOSE, **CONFIRMED)
    assert not any(has_credentials(desk) for desk in (first, second, third))


def test_it_can_be_undone_until_the_target_has_ended(portal: Portal) -> None:
    first, second, third = one_owner(portal, 3)
    due = second.ticket.reply_due_at
    first.act(MERGE, into=second.number)
    second.act(MERGE, into=third.number)
    second.act(UNMERGE, "leo", text="填错了编号")
    back = second.ticket
    assert (back.state, back.assignee_name, back.merged_into, back.worked_as_id) == ("in_progress", "张工", None, None)
    assert (back.reply_outcome, back.reply_due_at, back.turn, back.round) == (None, due, "us", 1)
    assert first.ticket.worked_as_id == back.id
    assert reveal(second, "alice") and reveal(first, "alice")
    assert third.entries()[-1].action == "gave_back"
    second.act(MERGE, into=third.number)
    third.act(RESOLVE, text="已恢复")
    third.act(CLOSE, **CONFIRMED)
    with pytest.raises(ConflictError, match="已经结束"):
        second.act(UNMERGE, text="填错了编号")


def test_undoing_and_closing_at_once_leave_no_ticket_without_its_credentials(portal: Portal) -> None:
    for _ in range(10):
        first, second = one_owner(portal, 2)
        first.act(MERGE, into=second.number)
        second.act(RESOLVE, text="已恢复")
        start = threading.Barrier(2)
        versions = {desk.number: desk.ticket.version for desk in (first, second)}

        def go(desk, act, given, start=start, versions=versions):
            start.wait()
            with suppress(ConflictError):
                desk.act(act, version=versions[desk.number], **given)

        calls = ((first, UNMERGE, {"text": "填错了"}), (second, CLOSE, CONFIRMED))
        threads = [threading.Thread(target=go, args=call) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert second.ticket.state == "closed"
        assert has_credentials(first) == (first.ticket.state == "in_progress")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_targets_page_names_its_members_and_whom_to_tell(portal: Portal) -> None:
    first = Desk(portal.runtime, file_report(portal.runtime, channel="phone").number)
    first.act(CLAIM)
    second, third = one_owner(portal, 2)
    first.act(MERGE, into=third.number)
    second.act(MERGE, into=third.number)
    page = portal.signed_in("alice").get(f"/tickets/{third.number}").text
    assert "并入的工单 2 条，来自 1 家机构" in page
    assert first.number in page and "从电话来的，有结果请另外告诉机构" in page
    row = portal.api("alice").get(f"/api/v1/tickets/{third.number}").json()
    assert row["members"] == [first.number, second.number]
