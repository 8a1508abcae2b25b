"""GET /api/v1/audit: for leads, newest first, without secrets."""

from typing import Any

import pytest

from portal import clock
from tests.api.calls import V1, act, claimed, codes, filed, post_report
from tests.factories import people
from tests.factories.portals import Portal


def audit(portal: Portal, **params: Any) -> Any:
    return portal.api("leo").get(f"{V1}/audit", params=params)


def rows(portal: Portal, **params: Any) -> list[dict[str, Any]]:
    answer = audit(portal, **params)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


@pytest.fixture
def revealed(portal: Portal) -> str:
    """A ticket of which alice has revealed one value."""
    number = filed(portal)["number"]
    alice = portal.api("alice")
    claimed(alice, number)
    act(alice, number, "reveals", field="login_password", reason=f"核对 {people.id_number(66)}")
    return number


@pytest.mark.parametrize("person", ["alice", "agnes", "ada"])
def test_nobody_but_a_lead_can_read_the_trail(portal: Portal, person: str) -> None:
    assert portal.api(person).get(f"{V1}/audit").status_code == 403


def test_it_shows_who_saw_what_and_why_without_the_value(portal: Portal, revealed: str) -> None:
    [row] = rows(portal, ticket=revealed, action="field:reveal")
    assert (row["user"], row["role"], row["field"], row["is_success"]) == ("alice", "engineer", "login_password", True)
    assert row["reason"].startswith("核对")
    text = audit(portal).text
    for secret in (people.id_number(66), "Invented#Pass77", people.id_number(seed=11)):
        assert secret not in text


def test_it_filters_and_pages_newest_first(portal: Portal, revealed: str) -> None:
    everything = rows(portal)
    sequence = [row["seq"] for row in everything]
    assert sequence == sorted(sequence, reverse=True)
    assert {row["user"] for row in rows(portal, user="alice")} == {"alice"}
    assert {row["ticket"] for row in rows(portal, ticket=revealed.lower())} == {revealed}
    first = audit(portal, limit=2, ticket=revealed).json()
    second = audit(portal, limit=2, ticket=revealed, cursor=first["next_cursor"]).json()
    found = [row["seq"] for row in first["items"] + second["items"]]
    assert found == [row["seq"] for row in rows(portal, ticket=revealed)][:4]
    today = clock.china_today().isoformat()
    assert rows(portal, **{"from": today, "to": today, "ticket": revealed})
    assert rows(portal, **{"to": "2020-01-01"}) == rows(portal, **{"from": "2999-01-01"}) == []


def test_reading_the_trail_is_in_the_trail(portal: Portal) -> None:
    rows(portal)
    assert [row["user"] for row in rows(portal, action="audit:view")] == ["leo"]


@pytest.mark.parametrize(
    "params",
    [{"action": "x"}, {"from": "yesterday"}, {"to": "0001-01-01"}, {"cursor": "x"}, {"cursor": str(2**63)},
     {"cursor": "0"}, {"user": "\x00"}, {"limit": "all"}],
)  # fmt: skip
def test_an_odd_question_is_a_fault(portal: Portal, params: dict[str, str]) -> None:
    assert len(codes(audit(portal, **params))) == 1


def test_a_row_has_its_particulars_and_says_them_in_chinese(portal: Portal) -> None:
    alice, number = portal.api("alice"), filed(portal)["number"]
    picture = alice.get(f"{V1}/tickets/{number}").json()["pictures"][0]["id"]
    alice.get(f"{V1}/tickets/{number}/screenshots/{picture}")
    assert post_report(portal.browser(), id_number="372526").status_code == 422
    opened, refused = (rows(portal, action=action)[0] for action in ("picture:open", "report:refuse"))

    assert (refused["particulars"], refused["detail"]) == (
        {"faults": ["id_number:id_length"]}, "没有通过：身份证号（举例子）",
    )  # fmt: skip
    assert (opened["particulars"], opened["detail"]) == (
        {"picture": picture, "is_without_reason": True}, "没有填写原因",
    )  # fmt: skip
    assert rows(portal, action="ticket:view")[0]["particulars"] == {}
