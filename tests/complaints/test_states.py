"""The state machine: from each state only what the table allows, by those whom it names (DESK 5.2)."""

import pytest

from portal.audit.actor import clinic as someone
from portal.complaints import clinic
from portal.complaints.acts import ACTS
from portal.complaints.names import ComplaintState as S
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError, PortalError
from tests.factories.complaints import LEGAL, MANAGERS, Case, add_people

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def runtime(portal):
    add_people(portal.runtime, MANAGERS | LEGAL)
    return portal.runtime


def test_the_whole_way_ends_in_an_archive_number(runtime):
    case = Case.for_caller(runtime, "agnes").bring_to(S.ARCHIVED)
    assert case.row.archive_number.startswith("GD-TS-") and case.row.archive_number.endswith("-001")
    assert (case.row.verdict, case.row.cause_class, case.row.follow_level) == ("upheld", "words", "satisfied")


def test_no_state_is_skipped_and_nobody_else_moves_it(runtime):
    """Every act in every state by everybody: a stranger finds nothing, others are refused, states are kept."""
    for state in S:
        case = Case.for_caller(runtime, "agnes", kind="other", occurred_on=f"2026-01-{list(S).index(state) + 1:02d}")
        case.bring_to(state)
        before = case.row
        for act in ACTS:
            for who in ("alice", "leo", "ada", "bob", "lena"):
                with pytest.raises(NotFoundError):
                    case.act(act.name, who)
            if state not in act.leads and act.name != "judgement":
                with pytest.raises((ConflictError, ForbiddenError)):
                    case.act(act.name, "mona")
                with pytest.raises((ConflictError, ForbiddenError)):
                    case.act(act.name, "max")
            with pytest.raises(PortalError) as caught:
                case.act(act.name, "mona", version=0)
            assert caught.value.status in (403, 409)
        assert (case.row.status, case.row.version) == (before.status, before.version)


def test_who_needs_what(runtime):
    case = Case.for_caller(runtime, "agnes")
    assert _codes(case, "judgement", "agnes") == "409"
    case.act("handler", "mona", handler="agnes")
    assert _codes(case, "judgement", "max") == "403"
    assert _codes(case, "judgement", "agnes") == {("verdict", "required"), ("grounds", "required")}
    refused = {"verdict": "not_upheld", "grounds": "没有根据"}
    assert _codes(case, "judgement", "agnes", **refused) == {("reply", "required")}
    upheld = {"verdict": "upheld", "grounds": "有录音"}
    wanted = {("department", "required"), ("investigate_due_at", "required")}
    assert _codes(case, "judgement", "agnes", **upheld) == wanted
    late = {**upheld, "department": "本部门", "investigate_due_at": "2099-01-01", "summary": "电话 13800001234"}
    assert _codes(case, "judgement", "agnes", **late) == {
        ("investigate_due_at", "too_far"), ("summary", "sensitive_text"),
    }  # fmt: skip
    case = Case.for_caller(runtime, "agnes", kind="system").bring_to(S.INVESTIGATING)
    assert _codes(case, "proposals", "mona", proposals=["只有一个"]) == {("proposals", "required")}
    assert _codes(case, "proposals", "max", proposals=["一", "二"]) == "403"
    case.act("proposals", "mona", proposals=["只有一个"], reason="别的办法都试过了")
    assert _codes(case, "choice", "mona", proposal="1", note="同意") == {("proposal", "same_person")}
    case.bring_to(S.ANSWERED)
    assert _codes(case, "follow-up", "mona", reached=True, level="fair") == {("reached", "same_person")}
    assert _codes(case, "archive", "max") == "409"
    case.act("follow-up", "max", reached=True, level="fair")
    with pytest.raises(ConflictError) as caught:
        case.act("archive", "max")
    assert [one.code for one in caught.value.objections] == ["report"]


def test_a_review_is_judged_by_another_person_and_only_once(runtime):
    case = Case.for_caller(runtime, "agnes").bring_to(S.ANSWERED)
    clinic.confirm(runtime, someone(), case.row.id, "王测三")
    clinic.review(runtime, someone(), case.row.id, "还是没有说清楚")
    assert (case.row.status, case.row.handler_id) == ("judging", case.user("max").id)
    assert _codes(case, "handler", "mona", handler="") == {("handler", "same_person")}
    assert _codes(case, "judgement", "mona") == "403"
    case.act("judgement", "max", verdict="not_upheld", grounds="核对过", reply="我们又核对了一次，请您谅解")
    case.act("answer", "max")
    with pytest.raises(ConflictError, match="已经重新判断过一次"):
        clinic.review(runtime, someone(), case.row.id, "再来一次")


def _codes(case, name, who, **given):
    try:
        case.act(name, who, **given)
    except InvalidError as error:
        return {(fault.field, fault.code) for fault in error.faults}
    except PortalError as error:
        return str(error.status)
    return "done"
