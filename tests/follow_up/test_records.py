"""What a call brings: the branching form, tries, ratings, analysis, and taking the problem up again."""

from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, PortalError
from portal.follow_up.call_backs import appointments, assignment, records, reopening, reveals, withdrawal
from portal.follow_up.call_backs.models import CallBack, CallBackRecord
from portal.follow_up.call_backs.names import CallBackState, Cause, EndCause
from portal.follow_up.call_backs.records import RatingWords, Said
from portal.follow_up.models import Dissatisfaction, Rating
from portal.follow_up.scales import Reason
from portal.progress.hooks import ObjectionError
from portal.retention import holds
from portal.tickets.models import TimelineEntry
from tests.factories import people
from tests.factories.call_backs import PHONE, call_back, call_back_now, call_backs, resolved_ticket
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.directories import add_entry
from tests.factories.moments import move_clock
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
CONTENT = Said(True, "satisfied", solved="yes", suggestion="界面字再大一点")
UNHAPPY = Said(True, "unsatisfied", aspect="等得太久", wish="先说一声什么时候好", solved="no")


def write(portal: Portal, row: CallBack, said: Said, who: str = "agnes") -> CallBack:
    now = call_back_now(portal.runtime, row.id)
    return records.write(portal.runtime, actor(portal.runtime, who), row.id, now.version, said)


def rows(portal: Portal, model: Any) -> list[Any]:
    with portal.runtime.database.read() as session:
        return list(session.query(model).all())


def test_a_call_that_was_answered_ends_it(portal: Portal) -> None:
    row = call_back(portal.runtime)

    write(portal, row, CONTENT)

    done = call_back_now(portal.runtime, row.id)
    assert (done.state_enum, done.tries, done.ended_at is None) == (CallBackState.DONE, 1, False)
    (record,) = rows(portal, CallBackRecord)
    assert (record.reached, record.level, record.solved, record.suggestion) == (
        True,
        "satisfied",
        "yes",
        "界面字再大一点",
    )
    lines = [line.text for line in rows(portal, TimelineEntry) if line.action == "call_back"]
    assert lines == ["已接通"]  # no level and no word
    assert not rows(portal, Dissatisfaction)
    with pytest.raises(ConflictError):
        write(portal, row, CONTENT)


@pytest.mark.parametrize(
    ("said", "faults"),
    [
        (Said(None), {"reached": "required"}),
        (Said(True), {"level": "required"}),
        (Said(True, "great"), {"level": "invalid"}),
        (Said(True, "fair"), {"aspect": "required", "wish": "required"}),
        (Said(True, "unsatisfied", aspect="慢", solved="perhaps"), {"wish": "required", "solved": "invalid"}),
        (Said(True, "satisfied", suggestion="好" * 501), {"suggestion": "too_long"}),
        (Said(False, note="好" * 501), {"note": "too_long"}),
        (Said(True, "satisfied", answers=["是"]), {"answers": "too_many"}),
        (Said(True, "satisfied", rating=RatingWords("s3", "好极了")), {"rating.label": "invalid"}),
        (Said(True, "satisfied", rating=RatingWords("s3", "不满意")), {"rating.reason": "required"}),
    ],
)
def test_every_fault_at_once_and_nothing_stored(portal: Portal, said: Said, faults: dict[str, str]) -> None:
    row = call_back(portal.runtime)

    with pytest.raises(InvalidError) as refused:
        write(portal, row, said)

    assert {fault.field: fault.code for fault in refused.value.faults} == faults
    assert not rows(portal, CallBackRecord)


def test_what_was_not_asked_is_not_kept(portal: Portal) -> None:
    write(portal, call_back(portal.runtime), Said(True, "satisfied", aspect="等得太久", wish="快一点"))
    (record,) = rows(portal, CallBackRecord)
    assert (record.aspect, record.wish, record.solved) == ("", "", "unknown")


def test_secrets_are_asked_about_and_sealed(portal: Portal) -> None:
    row, number = call_back(portal.runtime), people.id_number(5)
    said = Said(True, "satisfied", suggestion=f"把 {number} 改过来")

    with pytest.raises(InvalidError) as asked:
        write(portal, row, said)
    assert [fault.code for fault in asked.value.faults] == ["sensitive_text"]
    write(portal, row, Said(True, "satisfied", suggestion=said.suggestion, seal_found=True))

    (record,) = rows(portal, CallBackRecord)
    assert number not in record.suggestion
    assert record.suggestion.startswith("把 ")


def test_three_tries_on_two_days_and_then_it_is_unreachable(portal: Portal, monkeypatch) -> None:
    row = call_back(portal.runtime)
    for _ in range(3):
        write(portal, row, Said(False, note="没人接"))
    assert call_back_now(portal.runtime, row.id).is_open  # all on one day
    move_clock(monkeypatch, days=1)

    write(portal, row, Said(False))

    ended = call_back_now(portal.runtime, row.id)
    assert (ended.state_enum, ended.tries) == (CallBackState.UNREACHABLE, 4)
    lines = [line.text for line in rows(portal, TimelineEntry) if line.action == "call_back"]
    assert sorted(lines) == ["没有接通，第 1 次", "没有接通，第 2 次", "没有接通，第 3 次", "联系不上，不再拨打"]


def test_an_unhappy_word_without_a_rating_is_analysed_too(portal: Portal) -> None:
    row = call_back(portal.runtime, cause=Cause.UNANSWERED)

    write(portal, row, UNHAPPY)

    (draft,) = rows(portal, Dissatisfaction)
    assert (draft.ticket_id, draft.rating_id, draft.status) == (row.ticket_id, None, "draft")
    assert not rows(portal, Rating)


def test_a_rating_may_come_with_the_record_and_brings_no_second_call(portal: Portal) -> None:
    row = call_back(portal.runtime, cause=Cause.UNANSWERED)
    words = RatingWords("s3", "不满意", Reason.SLOW.value, "等了三天")

    write(portal, row, Said(True, "unsatisfied", aspect="慢", wish="快", rating=words))

    (rating,) = rows(portal, Rating)
    assert (rating.way, rating.score, rating.call_back_id) == ("call", 2, row.id)
    assert rating.rated_by_id == actor(portal.runtime, "agnes").user_id
    (draft,) = rows(portal, Dissatisfaction)
    assert draft.rating_id == rating.id
    assert [made.status for made in call_backs(portal.runtime)] == ["done"]


def test_not_solved_offers_to_take_it_up_again(portal: Portal, monkeypatch) -> None:
    runtime, agnes = portal.runtime, actor(portal.runtime, "agnes")
    row = call_back(runtime)
    with pytest.raises(ForbiddenError):
        reopening.reopen(runtime, agnes, row.id)
    write(portal, row, UNHAPPY)
    with runtime.database.read() as session:
        assert reopening.may_reopen(session, agnes, call_back_now(runtime, row.id))

    number = reopening.reopen(runtime, agnes, row.id)

    ticket = ticket_named(runtime, number)
    assert (ticket.round, ticket.state) == (2, "in_progress")
    with pytest.raises(ConflictError):
        reopening.reopen(runtime, agnes, row.id)
    with runtime.database.read() as session:
        assert not reopening.may_reopen(session, agnes, call_back_now(runtime, row.id))


def test_others_find_none_and_leads_see_but_do_not_record(portal: Portal) -> None:
    row = call_back(portal.runtime)
    for who in ("alice", "hanna"):
        with pytest.raises(NotFoundError):
            write(portal, row, CONTENT, who)
    with pytest.raises(ForbiddenError):
        write(portal, row, CONTENT, "leo")


def test_it_is_passed_on_but_never_to_the_resolver(portal: Portal) -> None:
    runtime, row = portal.runtime, call_back(portal.runtime)
    for name, code in (("alice", "same_person"), ("hanna", "invalid"), ("", "required"), ("nobody", "invalid")):
        with pytest.raises(InvalidError) as refused:
            assignment.assign(runtime, actor(runtime, "agnes"), row.id, row.version, name)
        assert [fault.code for fault in refused.value.faults] == [code]
    assignment.assign(runtime, actor(runtime, "agnes"), row.id, row.version, "bob")
    now = call_back_now(runtime, row.id)
    assert (now.owner_id, now.version) == (actor(runtime, "bob").user_id, 2)
    with pytest.raises(NotFoundError):
        write(portal, row, CONTENT, "agnes")
    with pytest.raises(ConflictError):
        records.write(runtime, actor(runtime, "bob"), row.id, 1, CONTENT)


def test_an_appointment_moves_it_once_and_a_week_at_most(portal: Portal) -> None:
    runtime, agnes, row = portal.runtime, actor(portal.runtime, "agnes"), call_back(portal.runtime)
    now = clock.now()
    for at, code in ((None, "required"), (now - timedelta(hours=1), "in_past"), (now + timedelta(days=15), "too_far")):
        with pytest.raises(InvalidError) as refused:
            appointments.agree(runtime, agnes, row.id, row.version, at)
        assert [fault.code for fault in refused.value.faults] == [code]
    at = (row.due_at + timedelta(days=2)).replace(microsecond=0)
    appointments.agree(runtime, agnes, row.id, row.version, at)
    moved = call_back_now(runtime, row.id)
    assert (moved.due_at, moved.appointment_at, moved.first_due_at) == (at, at, row.first_due_at)
    with pytest.raises(ConflictError):
        appointments.agree(runtime, agnes, row.id, moved.version, at + timedelta(hours=1))


def test_a_lead_withdraws_with_a_reason(portal: Portal) -> None:
    runtime, row = portal.runtime, call_back(portal.runtime)
    with pytest.raises(ForbiddenError):
        withdrawal.withdraw(runtime, actor(runtime, "agnes"), row.id, row.version, "重复")
    with pytest.raises(InvalidError):
        withdrawal.withdraw(runtime, actor(runtime, "leo"), row.id, row.version, " ")
    withdrawal.withdraw(runtime, actor(runtime, "leo"), row.id, row.version, "机构当面说过了")
    over = call_back_now(runtime, row.id)
    assert (over.state_enum, over.end_cause, over.end_note) == (
        CallBackState.WITHDRAWN, EndCause.BY_HAND, "机构当面说过了",
    )  # fmt: skip


def test_under_a_hold_nobody_calls(portal: Portal) -> None:
    runtime, agnes, row = portal.runtime, actor(portal.runtime, "agnes"), call_back(portal.runtime)
    holds.hold(runtime, actor(runtime, "leo"), row.subject_number, "等主管核对")
    with pytest.raises(ObjectionError) as refused:
        write(portal, row, CONTENT)
    assert [(found.code, found.message) for found in refused.value.objections] == [("on_hold", "暂缓（主管处理中）")]
    with pytest.raises(ObjectionError):
        reveals.reveal(runtime, agnes, row.id, "contact_phone", "按任务回访", is_confirmed=True)
    holds.release(runtime, actor(runtime, "leo"), row.subject_number)
    assert reveals.reveal(runtime, agnes, row.id, "contact_phone", "按任务回访", is_confirmed=True).value == PHONE


def test_the_phone_is_for_its_owner_while_it_is_open(portal: Portal) -> None:
    row = call_back(portal.runtime)
    for is_open in (True, False):
        for who in ("agnes", "leo", "alice", "hanna"):
            for field in ("contact_phone", "id_number", "login_password", "unknown"):
                may = who == "agnes" and is_open and field == "contact_phone"
                status = 200 if may else 404 if who in ("alice", "hanna") else 403
                assert _revealed(portal, row, who, field) == (status, "field:reveal" if may else "field:reveal-refused")
        if is_open:
            write(portal, row, CONTENT)


def _revealed(portal: Portal, row: CallBack, who: str, field: str) -> tuple[int, str]:
    """The status, and what the trail has of it."""
    status = 200
    try:
        shown = reveals.reveal(
            portal.runtime, actor(portal.runtime, who), row.id, field, "按任务回访", is_confirmed=True
        )
        assert shown.value == PHONE
    except PortalError as refused:
        status = refused.status
    with portal.runtime.database.read() as session:
        last = session.query(AuditEvent).order_by(AuditEvent.seq.desc()).first()
    assert last is not None
    assert (last.ticket_number, last.is_success) == (row.subject_number, status == 200)
    assert last.particulars["call_back"] == row.number
    return status, last.tag


def test_a_reveal_needs_a_reason_and_the_person(portal: Portal) -> None:
    runtime, agnes, row = portal.runtime, actor(portal.runtime, "agnes"), call_back(portal.runtime)
    with pytest.raises(InvalidError):
        reveals.reveal(runtime, agnes, row.id, "contact_phone", "", is_confirmed=True)
    with pytest.raises(PortalError) as asked:
        reveals.reveal(runtime, agnes, row.id, "contact_phone", "按任务回访", is_confirmed=False)
    assert asked.value.status == 401


def test_the_first_contact_is_written_down_without_a_phone_or_a_level(portal: Portal) -> None:
    place = add_entry(portal.runtime)
    row = call_back(portal.runtime, cause=Cause.FIRST_CONTACT, institution_id=place.id)
    assert row.is_open
    write(portal, row, Said(True, note="认识了，以后找张医生"))
    (record,) = rows(portal, CallBackRecord)
    assert (record.level, record.note, record.ticket_id) == (None, "认识了，以后找张医生", None)


def test_without_a_phone_its_owner_may_say_so(portal: Portal) -> None:
    place = add_entry(portal.runtime)
    row = call_back(portal.runtime, cause=Cause.FIRST_CONTACT, institution_id=place.id)
    write(portal, row, Said(None, has_no_phone=True))
    assert call_back_now(portal.runtime, row.id).state_enum is CallBackState.NO_CONTACT
    with pytest.raises(InvalidError):
        write(portal, call_back(portal.runtime, resolved_ticket(portal.runtime)), Said(None, has_no_phone=True))
