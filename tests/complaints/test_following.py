"""Clocks, tries, choices of the complainant, joined cases, departments: what moves a case beside its acts."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock, occasions
from portal.acts.table import CLAIM
from portal.audit.actor import clinic as someone
from portal.clocks.names import OtherTerm
from portal.complaints import access, clinic, due_steps, inquiries, statistics, terms
from portal.complaints.names import ComplaintState as S
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.escalation.reporting import ESCALATE
from portal.notify.events import Event
from portal.notify.matrix import Way, may
from portal.notify.models import OutboxMessage, StaffNotice
from portal.occasions import ComplaintCalled
from tests.acts.desk import Desk
from tests.factories.cast import actor, add_partners
from tests.factories.complaints import MANAGERS, NAME, Case, add_people
from tests.factories.moments import move_clock

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def runtime(portal):
    add_people(portal.runtime, MANAGERS)
    return portal.runtime


def told(case, event):
    with case.runtime.database.read() as session:
        rows = select(StaffNotice.user_id).where(StaffNotice.number == case.number, StaffNotice.event == event)
        names = {case.user(name).id: name for name in (*MANAGERS, "agnes", "leo", "alice")}
        return sorted(names[user_id] for user_id in session.scalars(rows))


def messages(case, event):
    with case.runtime.database.read() as session:
        wanted = (OutboxMessage.ticket_number == case.number, OutboxMessage.event == event)
        return session.scalar(select(func.count()).select_from(OutboxMessage).where(*wanted))


def test_the_clock_tells_the_right_people(runtime, monkeypatch):
    unnamed, upheld = Case.for_caller(runtime, "agnes"), Case.for_caller(runtime, "agnes", kind="other")
    upheld.bring_to(S.INVESTIGATING)
    with runtime.database.read() as session:
        row = upheld.row
        assert row.solution_due_at == terms.end_of(session, OtherTerm.COMPLAINT_SOLUTION, row.solution_begins_at)
    assert due_steps.run(runtime) == 0
    move_clock(monkeypatch, seconds=(row.solution_due_at - clock.now()).total_seconds() - 600)
    due_steps.run(runtime)
    assert (told(unnamed, "complaint-due"), told(upheld, "complaint-due")) == (["max", "mona"], ["mona"])
    move_clock(monkeypatch, seconds=1200)
    due_steps.run(runtime)
    assert told(upheld, "complaint-due") == ["max", "mona"] and due_steps.run(runtime) == 0


def test_a_grave_one_is_told_again_until_somebody_says_to_have_seen_it(runtime, monkeypatch):
    """At once, after 15 minutes, 30 minutes later, then never again (DESK 1.7); the page offers it to managers."""
    seen, unseen = Case.for_caller(runtime, "agnes", is_grave=True), Case.for_caller(runtime, "agnes", is_legal=True)
    assert seen.row.owner_id in {seen.user(name).id for name in MANAGERS} and unseen.row.owner_id is None
    assert (told(seen, "grave"), told(unseen, "legal")) == (["max", "mona"], ["max", "mona"])
    with pytest.raises(ForbiddenError):
        seen.act("acknowledgement", "agnes")
    seen.act("acknowledgement", "max")
    assert (seen.row.acknowledged_by_id, seen.row.status) == (seen.user("max").id, "registered")
    counts = []
    for minutes in (14, 2, 28, 3, 60):
        move_clock(monkeypatch, seconds=minutes * 60)
        due_steps.run(runtime)
        counts.append((messages(seen, "grave"), messages(unseen, "legal")))
    assert counts == [(1, 1), (1, 2), (1, 2), (1, 3), (1, 3)]
    unseen.act("flags", "mona", is_grave=True)
    assert unseen.row.alarm_next_at is not None and unseen.row.alarm_step == 1


def test_alerts_over_the_api_hold_those_of_cases_too(portal, runtime, monkeypatch):
    """With the tickets' own, newest first, page by page; acknowledged there; nothing for anybody else."""
    grave, legal = Case.for_caller(runtime, "agnes", is_grave=True), Case.for_caller(runtime, "agnes", is_legal=True)
    desk = Desk(runtime)
    desk.act(CLAIM)
    desk.act(ESCALATE, reason="需要主管协调开发")
    mona, path = portal.api("mona"), "/api/v1/alerts"
    everything = mona.get(path).json()["items"]
    assert {one["number"]: (one["cause"], one["queue"], one["step"]) for one in everything} == {
        grave.number: ("grave", None, 1), legal.number: ("legal", None, 1), desk.number: ("escalated", "general", 1),
    }  # fmt: skip
    paged, cursor = [], ""
    while cursor is not None:
        page = mona.get(path, params={"limit": 1, "cursor": cursor}).json()
        paged, cursor = paged + page["items"], page["next_cursor"]
    assert paged == everything
    assert mona.get(path, params={"cursor": str(legal.row.data_key_id)}).status_code == 422
    done = mona.post(f"{path}/{grave.row.id}/acknowledgement")
    again = portal.api("max").post(f"{path}/{grave.row.id}/acknowledgement")
    assert done.status_code == again.status_code == 200 and done.json() == again.json()
    assert (grave.row.acknowledged_by_id, grave.row.alarm_next_at) == (grave.user("mona").id, None)
    shown = {one["number"]: one["acknowledged_at"] for one in mona.get(path).json()["items"]}
    assert shown[grave.number] == done.json()["acknowledged_at"] and shown[legal.number] is None

    case = Case.by_clinic(runtime, desk.ticket.id)  # alice is complained of
    case.act("flags", "mona", is_grave=True)
    unknown = portal.api("alice").post(f"{path}/{'0' * 8}-0000-0000-0000-{'0' * 12}/acknowledgement")
    for name in ("alice", "leo"):
        answer = portal.api(name).post(f"{path}/{case.row.id}/acknowledgement")
        assert (answer.status_code, answer.json()["title"]) == (404, unknown.json()["title"])
        assert not [one for one in portal.api(name).get(path).json()["items"] if one["number"].startswith("TS")]


def test_a_case_that_nobody_judges_is_told_once(runtime, monkeypatch):
    case = Case.for_caller(runtime, "agnes").bring_to(S.JUDGING)
    with runtime.database.read() as session:
        due_at = terms.current(session).judged_due(case.row.received_at)
    assert due_steps.run(runtime) == 0
    move_clock(monkeypatch, seconds=(due_at - clock.now()).total_seconds() + 1)
    assert (due_steps.run(runtime), due_steps.run(runtime)) == (1, 0)
    assert told(case, "complaint-due") == ["max", "mona"]


def test_three_tries_on_two_days_put_a_notice_up_and_a_week_ends_it(runtime, monkeypatch):
    case = Case.for_caller(runtime, "agnes").bring_to(S.ANSWERED)
    for days in (0, 0, 1):
        move_clock(monkeypatch, days=days, seconds=5)
        assert case.row.unreachable_at is None
        case.act("follow-up", "max", reached=False)
    assert case.row.unreachable_at is not None and case.row.status == "answered"
    move_clock(monkeypatch, days=8)
    due_steps.run(runtime)
    assert (case.row.status, case.row.is_unreached) == ("followed_up", True)


def test_a_call_back_that_was_written_down_moves_the_case(runtime):
    case = Case.for_caller(runtime, "agnes").bring_to(S.ANSWERED)
    with runtime.database.transaction() as session:
        by = actor(runtime, "leo").user_id
        called = ComplaintCalled(case.row.id, case.row.id, by, "reached", level="unsatisfied", aspect="还是没人回电")
        occasions.tell(session, called)
    row = case.row
    assert (row.status, row.handler_id, row.first_judge_id) == ("judging", case.user("max").id, case.user("mona").id)
    with pytest.raises(InvalidError) as caught:
        case.act("handler", "mona")
    assert caught.value.faults[0].code == "same_person"


def test_the_complainant_chooses_among_approved_ways(runtime):
    case = Case.for_caller(runtime, "agnes").bring_to(S.PROPOSALS)
    case.act("choice", "max", approved=["1", "2"], note="两种都可以")
    assert clinic.view(runtime, case.row.id).can == ["choice"]
    with pytest.raises(InvalidError):
        clinic.choose(runtime, someone(), case.row.id, "3")
    clinic.choose(runtime, someone(), case.row.id, "2")
    assert case.row.status == "carrying_out"
    case.act("proposals", "mona", proposals=["第三种办法"], reason="前两种行不通")
    assert case.row.status == "proposals"


def test_a_joined_case_follows_and_counts_once(runtime):
    desk = Desk(runtime)
    first, second = (
        Case.by_clinic(runtime, desk.ticket.id),
        Case.by_clinic(runtime, desk.ticket.id, content="还是没有人回电话，第二次投诉"),
    )
    assert first.number != second.number
    second.act("flags", "mona", joined_to=first.number)
    with pytest.raises(ConflictError, match="已并入"):
        second.act("handler", "mona")
    first.bring_to(S.ANSWERED)
    assert second.row.status == "answered"
    mine = clinic.view(runtime, second.row.id)
    assert "向您致歉" in mine.answer and first.number not in str(mine) and "第二次投诉" in mine.content
    with runtime.database.read() as session:
        figures = statistics.of_months(
            session, second.user("mona"), clock.china_today().replace(day=1), clock.china_today() + timedelta(days=1)
        )
    assert (figures.total, figures.upheld_share) == (1, None)


def test_a_department_learns_kind_and_question_only(runtime):
    add_partners(runtime)
    case = Case.for_caller(runtime, "agnes").asking_department()
    number = case.inquiry.number
    view = inquiries.view(runtime, actor(runtime, "petra"), number)
    assert (view.kind_label, view.complaint_number, len(view.texts)) == ("服务态度", "", 1)
    for stranger in ("alice", "leo", "agnes"):
        with pytest.raises(NotFoundError):
            inquiries.view(runtime, actor(runtime, stranger), number)
    case.answer_inquiry("petra")
    case.act("inquiry", "mona", inquiry=number, passed=False, note="请再查周四的")
    assert (case.inquiry.status, case.inquiry.returned_count) == ("returned", 1)
    case.answer_inquiry("petra")
    case.act("inquiry", "mona", inquiry=number, passed=True)
    assert case.inquiry.status == "filed"


def test_what_leaves_a_case_names_nobody(runtime):
    """Neither a number, nor who is complained of, nor the institution, in any width."""
    add_partners(runtime)
    desk = Desk(runtime)
    desk.act(CLAIM)
    case = Case.by_clinic(runtime, desk.ticket.id)
    place, person = desk.ticket.institution, case.user("alice").display_name
    case.asking_department()
    for words in (f"请查{person}那天的通话", f"请查 {place} 的接口日志", "请回电 １３８００００1234 问清楚"):
        with pytest.raises(InvalidError) as refused:
            case.act("investigation", "mona", ask=words)
        assert {fault.field for fault in refused.value.faults} == {"ask"}, words
    with pytest.raises(InvalidError) as refused:
        case.act("entries", "mona", text="已核对", summary=f"{person}没有回电", first_opinion=f"请{place}谅解")
    assert {fault.field for fault in refused.value.faults} == {"summary", "first_opinion"}
    _ask_with_the_complainants_name(case)
    typed = Case.for_caller(runtime, "agnes", institution="样例县没有登记的卫生室")
    with pytest.raises(InvalidError, match="1 处"):
        typed.act("entries", "mona", text="已核对", summary="样例县没有登记的卫生室反映电话没有人接")


def _ask_with_the_complainants_name(case):
    """Nor the complainant, in the question and in what goes back to the department; the answer does not repeat it."""
    number = case.answer_inquiry("petra")
    for words in (f"请查{NAME}那天打来的电话", "王  测三说没有人接，请查日志", "请问一下王大夫，再查接口日志"):
        for act, given in (
            ("investigation", {"ask": words}),
            ("inquiry", {"inquiry": number, "passed": False, "note": words}),
        ):
            with pytest.raises(InvalidError) as refused:
                case.act(act, "mona", **given)
            [fault] = refused.value.faults
            assert (fault.field in given, fault.code, "王" in fault.message) == (True, "sensitive_text", False), words
    case.act("inquiry", "mona", inquiry=number, passed=False, note="请再查王府井分院以外的日志")


def test_a_case_that_is_judged_again_was_judged(runtime):
    case = Case.for_caller(runtime, "agnes").bring_to(S.ANSWERED)
    clinic.review(runtime, someone(), case.row.id, "还是没有说清楚")
    first = clock.china_today().replace(day=1)
    with runtime.database.read() as session:
        figures = statistics.of_months(session, case.user("mona"), first, clock.china_today() + timedelta(days=1))
    assert (figures.reviewed, figures.judged, figures.upheld + figures.not_upheld) == (1, 1, 0)


def test_no_group_and_no_other_system_hears_of_complaints(runtime):
    about = [event for event in Event if event.value.startswith(("complaint-", "grave", "legal"))]
    assert len(about) == 8
    for event in about:
        assert not any(may(event, way) for way in Way if way not in (Way.MAIL,))
    case = Case.for_caller(runtime, "agnes", is_legal=True, is_grave=True)
    assert told(case, "grave") == ["max", "mona"]
    with runtime.database.read() as session:
        assert case.user("leo").id in set(access.barred(session, case.number))
