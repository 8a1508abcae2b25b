"""The calls on collaborations: described as they answer, paged, and for partners their own only."""

import pytest

from portal.accounts import users
from portal.api import collaboration_models as models
from portal.audit.actor import SYSTEM
from portal.collaboration.states import CollaborationState as C
from tests.api.calls import V1, act
from tests.api.test_described_answers import strict
from tests.factories.cast import DEPARTMENT, add_partners
from tests.factories.collaborations import ANSWER_TEXT, ASK, Case
from tests.factories.complaints import MANAGERS, add_people
from tests.factories.complaints import Case as Complained

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
LIST = f"{V1}/collaborations"


@pytest.fixture
def case(portal):
    return Case(portal.runtime)


def test_a_new_one_answers_with_the_ticket(portal, case):
    alice, version = portal.api("alice"), case.desk.ticket.version
    body = {"department": DEPARTMENT, "kind": "help", "is_urgent": True, "ask": ASK}
    answer = act(alice, case.desk.number, "collaborations", version=version, **body)
    assert answer.status_code == 201, answer.text
    (brief,) = answer.json()["collaborations"]
    assert brief == {
        "number": answer.json()["collaboration"], "department": DEPARTMENT, "kind": "help", "state": "dispatched",
        "due_at": brief["due_at"], "is_late": False,
    }  # fmt: skip
    assert alice.get(f"{V1}/tickets/{case.desk.number}").json()["collaborations"] == [brief]


def test_answers_are_as_described(portal, case):
    case.bring_to(C.FILED)
    for who in ("alice", "petra"):
        api = portal.api(who)
        strict(models.CollaborationPage, api.get(LIST).json())
        one = api.get(f"{LIST}/{case.number}").json()
        strict(models.Collaboration, one)
        assert (one["state"], one["answer"], one["is_verified"]) == ("filed", ANSWER_TEXT, True)


def test_the_steps_and_their_refusals(portal, case):
    case.dispatch()
    petra, alice = portal.api("petra"), portal.api("alice")
    address = f"{LIST}/{case.number}"

    def step(api, name, **body):
        return api.post(f"{address}/{name}", json={"version": case.row.version, **body})

    assert petra.get(address).json()["can"] == ["start"]
    early = step(petra, "answer", text=ANSWER_TEXT)
    assert (early.status_code, early.json()["code"]) == (409, "state")
    strict(models.CollaborationConflict, early.json())
    assert step(alice, "start").status_code == 403
    assert step(petra, "start").json()["state"] == "in_work"
    empty = step(petra, "answer", text=" ")
    assert [(fault["field"], fault["code"]) for fault in empty.json()["errors"]] == [("text", "required")]
    assert step(petra, "answer", text=ANSWER_TEXT).json()["state"] == "answered"
    refused = act(alice, case.desk.number, "replies", version=case.desk.ticket.version, text=ANSWER_TEXT)
    assert [fault["code"] for fault in refused.json()["errors"]] == ["not_verified"]
    objected = act(alice, case.desk.number, "resolution", version=case.desk.ticket.version, text="已恢复")
    assert [found["code"] for found in objected.json()["objections"]] == ["not_passed"]
    assert step(alice, "verification").json()["state"] == "verifying"
    assert step(alice, "verdict", passed=False).status_code == 422
    assert step(alice, "verdict", passed=True).json()["state"] == "passed"
    assert step(alice, "filing", text="核对过").json()["state"] == "passed"
    assert step(petra, "filing", text="改好了").json()["state"] == "filed"
    stale = petra.post(f"{address}/filing", json={"version": 1, "text": "再来"})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")


def test_pages_by_keyset_with_filters(portal, case):
    numbers = [case.dispatch() for _ in range(5)]
    case.bring_to(C.WITHDRAWN)
    alice, seen, cursor = portal.api("alice"), [], ""
    while True:
        page = alice.get(LIST, params={"state": "open", "limit": 2, "cursor": cursor}).json()
        seen += [item["number"] for item in page["items"]]
        if not page["next_cursor"]:
            break
        cursor = page["next_cursor"]
    assert seen == numbers[::-1]
    assert [item["number"] for item in alice.get(f"{LIST}?state=withdrawn").json()["items"]] == [case.number]
    assert alice.get(f"{LIST}?department=信息 科").json()["items"] != []
    assert alice.get(f"{LIST}?department=检验科").json()["items"] == []
    assert alice.get(f"{LIST}?state=nonsense").status_code == 422
    assert alice.get(f"{LIST}?cursor=x").status_code == 422
    assert alice.get(f"{LIST}?limit=201").status_code == 422
    assert portal.api("hanna").get(LIST).json()["items"] == []
    assert portal.api("agnes").get(LIST).status_code == 403


def test_a_read_token_takes_no_step(portal, case):
    case.dispatch()

    with portal.runtime.database.transaction() as session:
        token = users.add_token(session, SYSTEM, name="read", username="petra", scopes=["read"])
    reader = portal.browser()
    reader.headers["authorization"] = f"Bearer {token}"
    assert reader.get(f"{LIST}/{case.number}").status_code == 200
    assert reader.post(f"{LIST}/{case.number}/start", json={"version": 1}).status_code == 403


def test_a_department_answers_what_it_is_asked_about_a_complaint(portal):
    """Without the case's number or any name; whoever decides the case sees that too."""
    add_people(portal.runtime, MANAGERS)
    add_partners(portal.runtime)
    number = Complained.for_caller(portal.runtime, "agnes").asking_department().inquiry.number
    petra, mona = portal.api("petra"), portal.api("mona")
    [line] = petra.get(LIST).json()["inquiries"]
    assert (line["number"], line["state"]) == (number, "dispatched") and mona.get(LIST).json()["inquiries"] == []
    one = petra.get(f"{LIST}/{number}").json()
    strict(models.ComplaintInquiry, one)
    assert (one["complaint"], one["complaint_kind"], one["can"]) == (None, "attitude", ["answer"])
    for stranger in ("alice", "leo"):
        assert portal.api(stranger).get(f"{LIST}/{number}").status_code == 404
        body = {"version": one["version"], "text": ANSWER_TEXT}
        assert portal.api(stranger).post(f"{LIST}/{number}/answer", json=body).status_code == 404
    assert petra.post(f"{LIST}/{number}/answer", json={"version": one["version"], "text": "短"}).status_code == 422
    answer = petra.post(f"{LIST}/{number}/answer", json={"version": one["version"], "text": ANSWER_TEXT})
    strict(models.ComplaintInquiry, answer.json())
    assert (answer.json()["state"], answer.json()["can"]) == ("answered", [])
    again = petra.post(f"{LIST}/{number}/answer", json={"version": one["version"], "text": ANSWER_TEXT})
    assert (again.status_code, again.json()["code"], again.json()["collaboration"]["state"]) == (
        409, "stale", "answered",
    )  # fmt: skip
    strict(models.CollaborationConflict, again.json())
    assert "answered" not in again.json()["title"]
    assert mona.get(f"{LIST}/{number}").json()["complaint"].startswith("TS")
