"""Claiming past an older or more urgent ticket: recorded and counted, with its reason or without one."""

from collections import Counter

import pytest
from sqlalchemy import select

from portal.acts.models import OrderBreak
from portal.acts.table import CLAIM, RELEASE, URGENCY
from portal.errors import InvalidError
from tests.acts.desk import Desk
from tests.factories.portals import post

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def counted(portal):
    with portal.runtime.database.read() as session:
        return Counter(session.scalars(select(OrderBreak.reason)))


def test_what_comes_first_is_claimed_without_a_word(portal):
    first, second = Desk(portal.runtime), Desk(portal.runtime)
    first.act(CLAIM)
    second.act(CLAIM, "bob")
    assert not second.rows()[-1].particulars
    assert counted(portal) == {}


def test_what_is_passed_over_is_named_with_the_reason(portal):
    older, urgent, newest = (Desk(portal.runtime) for _ in range(3))
    urgent.act(URGENCY, "leo", urgency="urgent", reason="全院停摆")
    newest.act(CLAIM, reason="same_institution")
    assert newest.rows()[-1].particulars == {
        "passed_over": 2, "first_passed": urgent.number, "claim_reason": "same_institution",
    }  # fmt: skip
    aside = newest.entries()[-1]
    assert (aside.is_public, aside.text) == (False, f"前面还有 2 条，第一条是 {urgent.number}。原因：同机构一并处理")
    older.act(CLAIM)
    assert counted(portal) == {"same_institution": 1, "unsaid": 1}


def test_owned_and_waiting_ones_are_not_passed_over_nor_those_of_the_other_queue(portal):
    owned, other, newest = Desk(portal.runtime), Desk(portal.runtime), Desk(portal.runtime)
    owned.act(CLAIM)
    other.act(CLAIM, "bob")
    newest.act(CLAIM)
    assert counted(portal) == {}
    owned.act(RELEASE)
    newest.act(RELEASE)
    newest.act(CLAIM)
    assert counted(portal) == {"unsaid": 1}


def test_an_unknown_reason_is_a_fault(portal):
    with pytest.raises(InvalidError):
        Desk(portal.runtime).act(CLAIM, reason="因为想")


def test_the_page_asks_only_when_something_is_passed_over(portal):
    first, second = Desk(portal.runtime), Desk(portal.runtime)
    alice = portal.signed_in("alice")
    assert "先领这条的原因" not in alice.get(f"/tickets/{first.number}").text
    assert "先领这条的原因" in alice.get(f"/tickets/{second.number}").text
    page = f"/tickets/{second.number}"
    assert post(alice, page, f"{page}/assignment", version="1", reason="urged").status_code == 303
    assert second.rows()[-1].particulars["claim_reason"] == "urged"
