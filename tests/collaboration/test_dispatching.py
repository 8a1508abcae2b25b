"""派发: what a new collaboration has, whose it is to make, and what is seen of it."""

from datetime import timedelta

import pytest

from portal.accounts import departments
from portal.acts import performing
from portal.acts.table import CLAIM, RELEASE
from portal.audit.actor import SYSTEM
from portal.collaboration.dispatching import DISPATCH_TO
from portal.collaboration.states import ANSWER, JUDGE, START, VERIFY, WITHDRAW
from portal.collaboration.states import CollaborationState as C
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.reports.sealing import stopping_spans
from tests.acts.desk import Desk
from tests.factories.cast import DEPARTMENT, actor
from tests.factories.collaborations import ANSWER_TEXT, ASK, ASKED, Case

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def case(portal):
    return Case(portal.runtime)


@pytest.mark.parametrize(("is_urgent", "hours"), [(True, 2), (False, 24)])
def test_help_is_due_in_natural_hours_and_the_clinic_hears_within_a_day(case, is_urgent, hours):
    number = case.dispatch(is_urgent=is_urgent)
    row = case.row
    assert number.startswith("XZ") and len(number) >= 12
    assert (row.status, row.due_at - row.created_at) == ("dispatched", timedelta(hours=hours))
    assert row.contact_due_at - row.created_at == timedelta(hours=24)


def test_a_suggestion_has_no_such_term(case):
    case.dispatch(kind="suggestion")
    assert case.row.due_at - case.row.created_at >= timedelta(days=12)  # ten working days
    assert case.row.contact_due_at is None


def test_everything_is_checked_before_it_leaves(case):
    def faults(**given):
        with pytest.raises(InvalidError) as refused:
            case.dispatch(**given)
        return [(fault.field, fault.code) for fault in refused.value.faults]

    assert faults(ask="太短了") == [("ask", "too_short")]
    assert faults(ask="", department="") == [("department", "required"), ("ask", "required")]
    assert faults(department="没有的部门") == [("department", "not_found")]
    secret = "请查账号 demo01 密码 Abc#12345 能不能登录"
    assert stopping_spans(secret)
    assert faults(ask=secret) == [("ask", "sensitive_text")]


def test_a_disabled_department_is_not_asked(case, portal):
    with portal.runtime.database.transaction() as session:
        row = departments.named(session, DEPARTMENT)
        departments.set_active(session, SYSTEM, row.id, False)
    with pytest.raises(InvalidError):
        case.dispatch()


@pytest.mark.parametrize(
    ("who", "refused"),
    [("alice", None), ("leo", None), ("bob", ForbiddenError), ("agnes", ForbiddenError), ("hanna", NotFoundError),
     ("petra", NotFoundError), ("ada", NotFoundError)],
)  # fmt: skip
def test_owner_and_leads_dispatch(case, who, refused):
    if refused is None:
        assert case.dispatch(who)
        return
    with pytest.raises(refused):
        case.dispatch(who)


def test_it_is_in_the_ticket_for_staff_only_and_the_department_is_told(case):
    before = case.desk.ticket
    case.dispatch()
    line = case.desk.entries()[-1]
    assert (line.is_public, line.text) == (False, f"{case.number}，{DEPARTMENT}，协助处理")
    assert ASK not in line.text
    assert case.told("petra") == ["collaboration-dispatched"]
    assert case.desk.ticket.version == before.version + 1


def test_the_turn_goes_to_the_department_and_back(case):
    case.dispatch()
    assert case.desk.ticket.turn == "department"
    case.take(START, "petra")
    case.take(ANSWER, "petra", text=ANSWER_TEXT)
    after = case.desk.ticket
    assert (after.turn, after.turn_cause) == ("us", "answered_by_department")
    case.take(VERIFY, "alice")
    case.take(JUDGE, "alice", passed=False, text="不对")
    assert case.desk.ticket.turn == "department"
    case.take(WITHDRAW, "alice", text="自己解决了")
    assert case.desk.ticket.turn == "us"


def test_the_row_shows_the_worst(case):
    case.dispatch()
    assert case.desk.ticket.worst_collaboration == "dispatched"
    case.bring_to(C.RETURNED)
    assert case.desk.ticket.worst_collaboration == "returned"
    case.bring_to(C.FILED)
    assert case.desk.ticket.worst_collaboration == "returned"


def test_an_unowned_ticket_is_a_leads_to_dispatch(case, portal):
    desk = Desk(portal.runtime)
    given = {**ASKED, "department": DEPARTMENT}
    with pytest.raises((ForbiddenError, ConflictError)):
        desk.act(DISPATCH_TO, "alice", **given)
    assert desk.act(DISPATCH_TO, "leo", **given).answer["collaboration"]
    desk.act(CLAIM)
    desk.act(RELEASE)


def test_what_was_agreed_to_be_sealed_is_masked(case, portal):
    given = {**ASKED, "department": DEPARTMENT, "ask": "请查账号 demo01 密码 Abc#12345 能不能登录"}
    number, version = case.desk.number, case.desk.ticket.version
    person = actor(portal.runtime, "alice")
    done = performing.carry_out(portal.runtime, person, DISPATCH_TO, number, version, given, seal_found=True)
    case.number = done.answer["collaboration"]
    assert "Abc#12345" not in case.entries()[0].text
    assert "demo01" not in case.entries()[0].text
