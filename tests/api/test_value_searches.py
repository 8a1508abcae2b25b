"""POST /tickets/search and POST /audit/search: one exact value, posted, recorded, and answered for own queues."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from tests.api.calls import V1, act, claimed, codes, filed
from tests.factories import people
from tests.factories.cast import add_administrators
from tests.factories.portals import Portal

NUMBER = people.id_number(seed=905)
SEARCHES = ("tickets/search", "audit/search")


def search(portal: Portal, call: str, name: str = "leo", **body: Any) -> Any:
    return portal.api(name).post(f"{V1}/{call}", json=body)


def test_every_ticket_of_own_queues_in_every_state(portal: Portal) -> None:
    general, his = (
        filed(portal, id_number=NUMBER)["number"],
        filed(portal, kind="his", patient_id_number=NUMBER)["number"],
    )
    filed(portal)
    answer = search(portal, "tickets/search", id_number=NUMBER)

    assert answer.status_code == 200
    assert sorted(item["number"] for item in answer.json()["items"]) == [his, general]
    assert answer.json()["next_cursor"] is None
    assert [item["number"] for item in search(portal, "tickets/search", "alice", id_number=NUMBER).json()["items"]] == [
        general
    ]
    assert NUMBER not in answer.text


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("field", "kind", "value"),
    [
        ("login_account", "general", "dr.wang.88"), ("contact_phone", "general", "13800138077"),
        ("inpatient_number", "his", "ZY20268877"), ("id_number", "general", NUMBER),
    ],
)  # fmt: skip
def test_each_of_the_four_values_is_found(portal: Portal, field: str, kind: str, value: str) -> None:
    number = filed(portal, kind=kind, **{field: value})["number"]

    assert [item["number"] for item in search(portal, "tickets/search", **{field: value}).json()["items"]] == [number]
    assert [item["number"] for item in search(portal, "audit/search", **{field: value}).json()["tickets"]] == [number]


def test_pages_continue_without_the_value_in_an_address(portal: Portal) -> None:
    numbers = {filed(portal, id_number=NUMBER)["number"] for _ in range(3)}
    first = search(portal, "tickets/search", id_number=NUMBER, limit=2).json()
    second = search(portal, "tickets/search", id_number=NUMBER, limit=2, cursor=first["next_cursor"]).json()

    assert {item["number"] for item in first["items"] + second["items"]} == numbers
    assert second["next_cursor"] is None


def test_the_audit_answer_says_who_when_and_why(portal: Portal) -> None:
    number = filed(portal, id_number=NUMBER, description=f"居民 {NUMBER} 的随访表保存后内容没有了")["number"]
    alice = portal.api("alice")
    claimed(alice, number)
    for key in ("id_number", "description.1"):
        assert act(alice, number, "reveals", field=key, reason="核对数据").status_code == 200
    answer = search(portal, "audit/search", id_number=NUMBER).json()

    assert answer["value"] == {"kind": "id_number", "masked": f"{NUMBER[:3]}***********{NUMBER[-4:]}"}
    assert {place["field"] for place in answer["tickets"][0]["places"]} == {"id_number", "description.1"}
    assert [(row["user"], row["field"], row["reason"]) for row in answer["accesses"]["items"]] == [
        ("alice", "description.1", "核对数据"), ("alice", "id_number", "核对数据"),
    ]  # fmt: skip
    assert answer["picture_accesses"] == {"items": [], "is_all": True}
    assert answer["is_complete"] is True


@pytest.mark.parametrize("call", SEARCHES)
@pytest.mark.parametrize(
    "body",
    [{}, {"id_number": ""}, {"id_number": NUMBER, "login_account": "x1234"}, {"login_account": " "},
     {"id_number": "372***********0667"}, {"contact_phone": "x" * 201}],
)  # fmt: skip
def test_not_exactly_one_value_is_a_fault(portal: Portal, call: str, body: dict[str, str]) -> None:
    answer = search(portal, call, **body)

    assert len(codes(answer)) == 1
    assert NUMBER not in answer.text


def test_who_may_search(portal: Portal) -> None:
    add_administrators(portal.runtime)
    statuses = {
        name: [search(portal, call, name, id_number=NUMBER).status_code for call in SEARCHES]
        for name in ("alice", "agnes", "leo", "ada", "audrey")
    }

    assert statuses == {
        "alice": [200, 403], "agnes": [200, 403], "leo": [200, 200], "ada": [403, 403], "audrey": [403, 200],
    }  # fmt: skip


def test_no_row_holds_what_was_searched(portal: Portal) -> None:
    for body in ({"id_number": NUMBER}, {"login_account": "Invented.Account9"}, {"contact_phone": "13800138078"}):
        for call in SEARCHES:
            search(portal, call, **body)
    portal.api("leo").get(f"{V1}/tickets", params={"queue": "general", "id_number": NUMBER})
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.value_index.is_not(None))).all()
        everything = str(session.execute(select(AuditEvent.__table__)).all())

    assert len(rows) == 7
    assert [value for value in (NUMBER, "Invented.Account9", "13800138078") if value in everything] == []
