"""What a line of the queue says of a ticket's collaborations."""

from datetime import timedelta

import pytest

from portal.acts.table import REPLY
from portal.collaboration import late
from portal.collaboration.states import ANSWER, START, WITHDRAW
from portal.collaboration.states import CollaborationState as C
from tests.factories.collaborations import ANSWER_TEXT, Case
from tests.factories.moments import move_clock
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LIST = "/queues/general?state=all"
LATE = '<span class="tag tag--urgent">协作超时</span>'


def page(portal: Portal) -> str:
    return str(portal.signed_in("leo").get(LIST).text)


def test_the_worst_state_of_several(portal: Portal) -> None:
    case = Case(portal.runtime)
    assert "协作" not in page(portal).split("<tbody>")[1]
    case.bring_to(C.VERIFYING)
    assert '<span class="tag">协作待验证</span>' in page(portal)
    case.bring_to(C.RETURNED)
    assert '<span class="tag">协作打回</span>' in page(portal)


def test_what_is_over_is_not_shown(portal: Portal) -> None:
    case = Case(portal.runtime)
    case.dispatch()
    assert "协作已派发" in page(portal)
    case.take(WITHDRAW, "alice", text="不需要了")
    assert "协作已" not in page(portal)


def test_late_stands_in_place_of_the_state_until_it_is_answered(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Case(portal.runtime)
    case.dispatch(is_urgent=True)
    case.desk.act(REPLY, text="已经请部门查看")
    move_clock(monkeypatch, seconds=timedelta(hours=2.1).total_seconds())
    late.run(portal.runtime)
    assert LATE in page(portal) and "协作已派发" not in page(portal)
    case.take(START, "petra")
    case.take(ANSWER, "petra", text=ANSWER_TEXT)
    assert LATE not in page(portal) and "协作已反馈" in page(portal)
