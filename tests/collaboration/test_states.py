"""Every step from every state by every role: where it leads, and whom it is refused."""

import itertools

import pytest

from portal.collaboration.states import ANSWER, FILE, JUDGE, START, STEPS, VERIFY, WITHDRAW, Step
from portal.collaboration.states import CollaborationState as C
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, PortalError
from tests.factories.collaborations import ANSWER_TEXT, Case

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

# Written by hand from the design, not read from the table of steps: (step, from) -> to.
LEADS = {
    ("start", C.DISPATCHED): C.IN_WORK,
    ("start", C.RETURNED): C.IN_WORK,
    ("answer", C.IN_WORK): C.ANSWERED,
    ("answer", C.RETURNED): C.ANSWERED,
    ("verification", C.ANSWERED): C.VERIFYING,
    ("verdict", C.VERIFYING): C.PASSED,
    ("filing", C.PASSED): C.PASSED,
    ("withdrawal", C.DISPATCHED): C.WITHDRAWN,
    ("withdrawal", C.IN_WORK): C.WITHDRAWN,
    ("withdrawal", C.RETURNED): C.WITHDRAWN,
}
BY_DEPARTMENT, BY_SUPPORT = {"petra"}, {"alice", "leo"}
WHO = {
    "start": BY_DEPARTMENT,
    "answer": BY_DEPARTMENT,
    "verification": BY_SUPPORT,
    "verdict": BY_SUPPORT,
    "filing": BY_DEPARTMENT | BY_SUPPORT,
    "withdrawal": BY_SUPPORT,
}
EVERYBODY = ("alice", "bob", "hanna", "agnes", "leo", "ada", "petra")
ABSENT_FOR = {"hanna", "ada"}  # another queue, no queue


def attempt(case: Case, step: Step, who: str) -> C | type[PortalError]:
    try:
        return case.take(step, who, text="写明了情况", passed=True).state_enum
    except (ConflictError, ForbiddenError, NotFoundError, InvalidError) as error:
        return type(error)


@pytest.mark.parametrize("state", C)
def test_every_step_by_everybody(portal, state):
    case = Case(portal.runtime)
    wrong, version = [], 0
    for step, who in itertools.product(STEPS, EVERYBODY):
        if not case.number or case.row.state_enum is not state or case.row.version != version:
            case.bring_to(state)
            version = case.row.version
        before = (version, len(case.entries()))
        found = attempt(case, step, who)
        if who in ABSENT_FOR:
            right: object = NotFoundError
        elif who not in WHO[step.name]:
            right = ForbiddenError
        else:
            right = LEADS.get((step.name, state), ConflictError)
        if found is not right:
            wrong.append((step.name, who, found))
        if isinstance(right, type) and (case.row.version, len(case.entries())) != before:
            wrong.append((step.name, who, "left something behind"))
    assert wrong == []


def test_a_return_has_a_new_due_time_and_is_counted(portal, monkeypatch):
    case = Case(portal.runtime)
    case.bring_to(C.RETURNED)
    first = case.row
    assert (first.returned_count, first.status) == (1, "returned")
    case.take(ANSWER, "petra", text=ANSWER_TEXT)
    case.take(VERIFY, "leo")
    case.take(JUDGE, "leo", passed=False, text="还是不对")
    assert case.row.returned_count == 2
    assert case.row.due_at > first.due_at


def test_a_return_needs_a_reason_and_a_verdict_is_chosen(portal):
    case = Case(portal.runtime)
    case.bring_to(C.VERIFYING)
    with pytest.raises(InvalidError) as missing:
        case.take(JUDGE, "alice", passed=False)
    assert [(fault.field, fault.code) for fault in missing.value.faults] == [("note", "required")]
    with pytest.raises(InvalidError) as unchosen:
        case.take(JUDGE, "alice")
    assert [fault.field for fault in unchosen.value.faults] == ["passed"]


def test_it_is_filed_when_both_sides_have_filed(portal):
    case = Case(portal.runtime)
    case.bring_to(C.PASSED)
    assert case.take(FILE, "alice", text="核对过").status == "passed"
    with pytest.raises(ConflictError, match="备案过"):
        case.take(FILE, "leo", text="再来一次")
    assert case.take(FILE, "petra", text="改好了").status == "filed"
    assert case.told("alice") == ["collaboration-answered", "collaboration-filed"]


def test_an_old_version_is_refused(portal):
    case = Case(portal.runtime)
    case.dispatch()
    case.take(START, "petra")
    with pytest.raises(ConflictError) as stale:
        case.take(ANSWER, "petra", version=1, text=ANSWER_TEXT)
    assert stale.value.code == "stale"


class TestWithoutAccounts:
    def test_a_lead_fills_in_and_another_verifies(self, portal):
        case = Case(portal.runtime, department="检验科", has_accounts=False)
        case.dispatch()
        with pytest.raises(ForbiddenError):
            case.take(START, "alice")
        case.take(START, "leo")
        case.take(ANSWER, "leo", text=ANSWER_TEXT)
        assert [entry.is_filled_in for entry in case.entries()] == [False, True, True]
        for step, given in ((VERIFY, {}),):
            with pytest.raises(InvalidError) as same:
                case.take(step, "leo", **given)
            assert [fault.code for fault in same.value.faults] == ["same_person"]
        case.take(VERIFY, "alice")
        with pytest.raises(InvalidError) as same:
            case.take(JUDGE, "leo", passed=True)
        assert [fault.code for fault in same.value.faults] == ["same_person"]
        case.take(JUDGE, "alice", passed=True)
        with pytest.raises(InvalidError):
            case.take(FILE, "leo", text="替两边备案")
        case.take(FILE, "leo", text="检验科改好了", for_department=True)
        assert case.take(FILE, "alice", text="核对过").status == "filed"

    def test_nobody_fills_in_for_a_department_with_accounts(self, portal):
        case = Case(portal.runtime)
        case.dispatch()
        with pytest.raises(ForbiddenError, match="自己的账号"):
            case.take(START, "leo")
        case.take(WITHDRAW, "leo", text="派错了部门")
        assert case.told("petra")[-1] == "collaboration-withdrawn"
