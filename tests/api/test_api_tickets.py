"""/api/v1/tickets: who may do what, stale versions, reveals, pictures."""

import uuid
from typing import Any

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.api.calls import V1, act, claimed, codes, filed, post_report
from tests.factories import people
from tests.factories.portals import Portal

ACTS: dict[str, dict[str, Any]] = {
    "assignment": {},
    "release": {},
    "information-request": {"fields": ["screenshots"], "message": "请再截一张"},
    "replies": {"text": "正在核对"},
    "notes": {"text": "看过了"},
    "resolution": {"text": "已恢复"},
    "closure": {"way": "phone", "text": "电话确认"},
    "reopening": {"text": "又出现了"},
    "transfer": {"queue": "his", "text": ""},
    "urgency": {"urgency": "urgent", "reason": "全院停摆"},
    "merge": {"into": "RC2026110002"},
    "void": {"kind": "test", "text": "不是问题"},
}
# Who may do it on a ticket of a queue of theirs at all.
MAY = {
    "notes": {"alice", "agnes", "leo"},
    "transfer": {"alice", "leo"},
    "reopening": {"alice", "leo"},
    "urgency": {"alice", "leo"},
    "replies": {"alice", "leo"},
}


def trail_of(portal: Portal, tag: Tag) -> list[AuditEvent]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(AuditEvent).where(AuditEvent.tag == tag.value).order_by(AuditEvent.seq)))


def test_every_staff_call_wants_a_token(portal: Portal) -> None:
    number = filed(portal)["number"]
    bad = portal.browser()
    bad.headers["authorization"] = "Bearer invented-token"
    basic = portal.browser()
    basic.headers["authorization"] = "Basic aW52ZW50ZWQ6eA=="
    for client in (portal.browser(), bad, basic, portal.signed_in("alice")):
        answers = [client.get(f"{V1}{path}") for path in (
            "/tickets?queue=general", "/tickets", f"/tickets/{number}", "/tickets/RC1", "/audit",
            f"/tickets/{number}/screenshots/{uuid.uuid4()}",
        )]  # fmt: skip
        answers += [act(client, number, name, **body) for name, body in ACTS.items()]
        answers += [act(client, number, "reveals", field="login_password", reason="核对数据")]
        for answer in answers:
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert set(answer.json()) == {"title", "status", "request_id"}


@pytest.mark.parametrize("name", ACTS)
def test_only_the_right_roles_may_act(portal: Portal, name: str) -> None:
    number = filed(portal)["number"]
    for person in ("agnes", "leo", "ada"):
        answer = act(portal.api(person), number, name, version=99, **ACTS[name])
        # Those who may are told that the version is stale, which a note never is.
        allowed = 200 if name == "notes" else 409
        assert answer.status_code == (allowed if person in MAY.get(name, set()) else 403), person
    assert act(portal.api("hanna"), number, name, version=1, **ACTS[name]).status_code == 404
    assert act(portal.api("alice"), "RC2026119999", name, version=1, **ACTS[name]).status_code == 404
    assert portal.api("alice").get(f"{V1}/tickets/{number}").json()["version"] == (3 if name == "notes" else 1)


def test_the_way_of_a_ticket_through_every_act(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    way: list[tuple[str, dict[str, Any], str]] = [
        ("notes", {"text": "先看看"}, "in_progress"),
        ("urgency", {"urgency": "critical", "reason": "影响全县"}, "in_progress"),
        ("information-request", {"fields": ["form_name"]}, "awaiting_information"),
        ("replies", {"text": "请补充表单名称"}, "awaiting_information"),
    ]
    for name, body, state in way:
        answer = act(alice, number, name, version=version, **body)
        assert (answer.status_code, answer.json().get("state")) == (200, state), answer.text
        assert answer.json()["version"] == version + 1
        version += 1
    shown = alice.get(f"{V1}/tickets/{number}").json()
    assert [item["field"] for item in shown["missing"]] == ["form_name"]
    assert shown["urgency"] == "critical"
    assert shown["assignee"] == "张工"


def test_resolution_closure_and_reopening(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    early = act(alice, number, "closure", version=version, **ACTS["closure"])
    assert early.status_code == 409
    for name, body, state in (
        ("resolution", {"text": "已恢复"}, "awaiting_confirmation"), ("closure", ACTS["closure"], "closed"),
        ("reopening", {"text": "又来了"}, "in_progress"), ("release", {}, "submitted"),
    ):  # fmt: skip
        answer = act(alice, number, name, version=version, **body)
        assert (answer.status_code, answer.json()["state"]) == (200, state), name
        version = answer.json()["version"]


def test_a_stale_version_is_a_conflict_with_the_ticket_as_it_is(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    act(alice, number, "notes", version=version, text="先到")
    for name, body in ACTS.items():
        if name in ("assignment", "notes"):
            continue
        answer = act(alice, number, name, version=version, **body)
        assert answer.status_code == 409, name
        current = answer.json()["ticket"]
        assert (current["number"], current["version"], current["state"]) == (number, version + 1, "in_progress")
        assert people.id_number(seed=11) not in answer.text


def test_a_missing_version_is_a_fault(portal: Portal) -> None:
    number = filed(portal)["number"]
    for name, body in ACTS.items():
        assert codes(act(portal.api("alice"), number, name, **body)) == [("version", "required")], name


@pytest.mark.parametrize("name", ["release", "information-request", "replies", "resolution", "closure"])
def test_what_the_state_forbids_is_a_conflict(portal: Portal, name: str) -> None:
    number = filed(portal)["number"]
    answer = act(portal.api("alice"), number, name, version=1, **ACTS[name])
    assert answer.status_code == 409
    assert answer.json()["ticket"]["state"] == "submitted"


def test_the_second_to_claim_is_told_who_has_it(portal: Portal) -> None:
    number = filed(portal)["number"]
    claimed(portal.api("alice"), number)
    answer = act(portal.api("bob"), number, "assignment", version=1)
    assert answer.status_code == 409
    assert "张工" in answer.json()["title"]
    assert answer.json()["ticket"]["assignee"] == "张工"


def test_a_colleague_cannot_work_anothers_ticket(portal: Portal) -> None:
    number = filed(portal)["number"]
    version = claimed(portal.api("alice"), number)
    for name in ("release", "replies", "resolution", "void", "transfer"):
        assert act(portal.api("bob"), number, name, version=version, **ACTS[name]).status_code == 403, name


def test_an_unknown_target_of_a_merge_is_a_fault_and_a_foreign_one_too(portal: Portal) -> None:
    number, foreign = filed(portal)["number"], filed(portal, "his")["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    for into in ("RC2020010001", foreign):
        assert codes(act(alice, number, "merge", version=version, into=into)) == [("into", "not_found")]
    assert codes(act(alice, number, "merge", version=version, into=number)) == [("into", "invalid")]


def test_texts_are_checked(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    assert codes(act(alice, number, "replies", version=version, text="  ")) == [("text", "required")]
    assert codes(act(alice, number, "notes", version=version, text="长" * 5001)) == [("text", "too_long")]
    assert codes(act(alice, number, "notes", version=version, text="a\x00b")) == [("text", "invalid")]
    assert codes(act(alice, number, "information-request", version=version, fields=["state"])) == [
        ("fields", "required")
    ]  # fmt: skip
    assert codes(act(alice, number, "transfer", version=version)) == [("queue", "required")]
    assert codes(act(alice, number, "transfer", version=version, queue="his", assignee="bob")) == [
        ("queue", "required")
    ]  # fmt: skip
    assert codes(act(alice, number, "transfer", version=version, assignee="hanna")) == [("assignee", "invalid")]
    assert codes(act(alice, number, "urgency", version=version, urgency="soon", reason="x")) == [("urgency", "invalid")]


def test_a_transfer_leaves_the_former_queue_at_once(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    answer = act(alice, number, "transfer", version=1, queue="his", text="住院问题")
    assert answer.status_code == 200
    moved = answer.json()
    assert set(moved) == {"number", "queue", "state"}
    assert moved["queue"] == "his"
    assert alice.get(f"{V1}/tickets/{moved['number']}").status_code == 404
    seen = portal.api("hanna").get(f"{V1}/tickets/{moved['number']}").json()
    assert seen["former_numbers"] == [number]


def test_a_ticket_that_leaves_while_it_is_read_is_not_found(portal: Portal) -> None:
    number, bob = filed(portal)["number"], portal.api("bob")
    moves = iter([True])

    def move(_committed: Session) -> None:
        """Once the look is in the trail, and before the ticket is shown."""
        if trail_of(portal, Tag.TICKET_VIEWED) and next(moves, False):
            with portal.runtime.database.transaction() as session:
                session.execute(update(Ticket).values(queue="his"))

    event.listen(Session, "after_commit", move)
    try:
        answer = bob.get(f"{V1}/tickets/{number}")
    finally:
        event.remove(Session, "after_commit", move)
    assert next(moves, None) is None, "the ticket was never moved"
    assert answer.status_code == 404, answer.text


def test_a_ticket_is_offered_to_a_colleague_who_accepts_or_a_lead_assigns_it(portal: Portal) -> None:
    number, leo, bob = filed(portal)["number"], portal.api("leo"), portal.api("bob")
    offered = act(leo, number, "transfer", version=1, assignee="bob", text="请看一下").json()
    assert (offered["assignee"], offered["offer"]["from"], offered["offer"]["to"]) == (None, "孙主管", "李工")
    path = f"offers/{offered['offer']['id']}"
    assert codes(act(bob, number, f"{path}/refusal", version=1)) == [("text", "required")]
    taken = act(bob, number, f"{path}/acceptance", version=1).json()
    assert (taken["assignee"], taken["hand_over_count"], taken["offer"], taken["first_owner"]) == (
        "李工",
        1,
        None,
        "李工",
    )
    assert act(bob, number, f"{path}/acceptance", version=1).status_code == 409
    assert act(bob, number, "offers/none/withdrawal", version=1).status_code == 404
    version = taken["version"]
    ordered = act(leo, number, "transfer", version=version, assignee="alice", order=True, reason="李工请假")
    assert (ordered.json()["assignee"], ordered.json()["hand_over_count"]) == ("张工", 1)


def test_the_list_shows_own_queues_only(portal: Portal) -> None:
    general, his = filed(portal)["number"], filed(portal, "his")["number"]
    numbers = {}
    for person, queue in (("alice", "general"), ("hanna", "his"), ("leo", "general"), ("leo", "his")):
        answer = portal.api(person).get(f"{V1}/tickets", params={"queue": queue})
        numbers[person, queue] = [item["number"] for item in answer.json()["items"]]
    assert numbers["alice", "general"] == numbers["leo", "general"] == [general]
    assert numbers["hanna", "his"] == numbers["leo", "his"] == [his]
    for person, queue in (("alice", "his"), ("hanna", "general"), ("leo", "printer"), ("leo", "")):
        assert portal.api(person).get(f"{V1}/tickets", params={"queue": queue}).status_code == 404
    assert [item["number"] for item in portal.api("alice").get(f"{V1}/tickets").json()["items"]] == [general]
    assert portal.api("ada").get(f"{V1}/tickets?queue=general").status_code == 403


def test_the_list_pages_without_loss_and_filters(portal: Portal) -> None:
    numbers = [filed(portal, id_number=people.id_number(n))["number"] for n in range(30, 35)]
    alice = portal.api("alice")
    claimed(alice, numbers[0])
    url, found, cursor = f"{V1}/tickets", [], ""
    while cursor is not None:
        page = alice.get(url, params={"queue": "general", "limit": 2, "cursor": cursor}).json()
        found += [item["number"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert found == numbers

    def listed(**params: str) -> list[str]:
        answer = alice.get(url, params={"queue": "general", **params})
        assert answer.status_code == 200, answer.text
        return [item["number"] for item in answer.json()["items"]]

    assert listed(assignee="me") == listed(assignee="Alice") == listed(state="in_progress") == numbers[:1]
    assert listed(assignee="none") == listed(state="submitted") == numbers[1:]
    assert listed(assignee="nobody-here") == listed(q="没有这样的词") == []
    assert listed(q="高血压") == listed(state="all") == numbers
    assert listed(q=numbers[2].lower()) == [numbers[2]]
    assert listed(id_number=people.id_number(33)) == [numbers[3]]
    assert listed(id_number=people.id_number(33)[:17]) == listed(q=people.id_number(33)) == []


@pytest.mark.parametrize(
    "params",
    [{"state": "secret"}, {"limit": "many"}, {"q": "\x00"}, {"assignee": "\x00"}, {"cursor": "x" * 400},
     {"id_number": "\x00"}, {"state": "\x00"}],
)  # fmt: skip
def test_an_odd_filter_is_a_fault(portal: Portal, params: dict[str, str]) -> None:
    answer = portal.api("alice").get(f"{V1}/tickets", params={"queue": "general", **params})
    assert len(codes(answer)) == 1


@pytest.mark.parametrize("cursor", ["x", "W10", "WzFlOTk5LDEsMV0", "WzFlNDAsIjIwMjYtMDEtMDEiLCIwIl0", "bnVsbA", "é"])
def test_a_forged_cursor_is_refused(portal: Portal, cursor: str) -> None:
    filed(portal)
    answer = portal.api("alice").get(f"{V1}/tickets", params={"queue": "general", "cursor": cursor})
    assert answer.status_code == 400


def test_a_ticket_is_shown_masked_to_everybody_who_may_see_it(portal: Portal) -> None:
    opens = filed(portal)
    for person in ("alice", "agnes", "leo"):
        answer = portal.api(person).get(f"{V1}/tickets/{opens['number']}")
        assert answer.status_code == 200
        for secret in ("Invented#Pass77", "zsttest01", people.id_number(seed=11), opens["query_code"]):
            assert secret not in answer.text
    assert portal.api("ada").get(f"{V1}/tickets/{opens['number']}").status_code == 403
    foreign = portal.api("hanna").get(f"{V1}/tickets/{opens['number']}").json()
    absent = portal.api("hanna").get(f"{V1}/tickets/RC2026119999").json()
    assert foreign["title"] == absent["title"]
    assert {event.actor_name for event in trail_of(portal, Tag.TICKET_VIEWED)} == {"alice", "agnes", "leo"}


def test_a_reveal_gives_one_value_to_the_assignee(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    claimed(alice, number)
    answer = act(alice, number, "reveals", field="login_password", reason="排查登录")
    assert answer.status_code == 200
    assert set(answer.json()) == {"value", "expires_at"}
    assert answer.json()["value"] == "Invented#Pass77"
    assert answer.headers["cache-control"] == "no-store, private"
    [event] = trail_of(portal, Tag.FIELD_REVEALED)
    assert (event.actor_name, event.field, event.reason) == ("alice", "login_password", "排查登录")


def test_every_value_on_a_ticket_can_be_named_in_a_reveal(portal: Portal) -> None:
    number = people.id_number(58)
    given = filed(portal, description=f"打开随访表后点保存报错，举例 {number}")
    alice = portal.api("alice")
    claimed(alice, given["number"])
    shown = alice.get(f"{V1}/tickets/{given['number']}").json()
    keys = [value["key"] for field in shown["fields"] for value in field["values"]]
    keys += [value["key"] for value in shown["found"]]
    values = [act(alice, given["number"], "reveals", field=key, reason="核对数据").json()["value"] for key in keys]
    assert {number, "Invented#Pass77", "zsttest01", people.id_number(seed=11)} == set(values)


def test_nobody_else_can_reveal(portal: Portal) -> None:
    number = filed(portal)["number"]
    wanted = {"field": "login_password", "reason": "排查登录"}
    assert act(portal.api("alice"), number, "reveals", **wanted).status_code == 403
    version = claimed(portal.api("alice"), number)
    for person, status in (("bob", 403), ("leo", 403), ("agnes", 403), ("ada", 403), ("hanna", 404)):
        assert act(portal.api(person), number, "reveals", **wanted).status_code == status, person
    assert act(portal.api("alice"), number, "release", version=version).status_code == 200
    assert act(portal.api("alice"), number, "reveals", **wanted).status_code == 403
    assert trail_of(portal, Tag.FIELD_REVEALED) == []


def test_a_reveal_has_a_status_for_each_way_to_fail(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    claimed(alice, number)
    assert codes(act(alice, number, "reveals", field="login_password")) == [("reason", "required")]
    assert codes(act(alice, number, "reveals", reason="核对数据")) == [("field", "required")]
    for name in ("inpatient_number", "query_code", "id_number.9", "../x", "x" * 500):
        assert act(alice, number, "reveals", field=name, reason="核对数据").status_code == 404, name
    with portal.runtime.database.transaction() as session:
        row = session.scalars(select(SealedValue).where(SealedValue.field == "login_password")).one()
        row.value_sealed = None
    assert act(alice, number, "reveals", field="login_password", reason="核对数据").status_code == 410


def test_a_picture_has_safe_headers_and_a_trail_row(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    [facts] = alice.get(f"{V1}/tickets/{number}").json()["pictures"]
    assert set(facts) == {
        "id", "slot", "width", "height", "check", "confirmed", "name", "number", "is_new", "own_screen"
    }  # fmt: skip
    url = f"{V1}/tickets/{number}/screenshots/{facts['id']}"
    answer = alice.get(url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store, private"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.content.startswith(b"\x89PNG")
    for person, status in (("leo", 403), ("agnes", 403), ("ada", 403), ("hanna", 404)):
        refused = portal.api(person).get(url)
        assert refused.status_code == status
        assert b"PNG" not in refused.content
    assert [event.actor_name for event in trail_of(portal, Tag.PICTURE_OPENED)] == ["alice"]


def test_a_picture_opens_only_below_its_own_ticket(portal: Portal) -> None:
    first, second = filed(portal)["number"], filed(portal)["number"]
    alice = portal.api("alice")
    [facts] = alice.get(f"{V1}/tickets/{first}").json()["pictures"]
    assert alice.get(f"{V1}/tickets/{second}/screenshots/{facts['id']}").status_code == 404
    for name in (str(uuid.uuid4()), "1", "..%2f..", "%00"):
        assert alice.get(f"{V1}/tickets/{first}/screenshots/{name}").status_code == 404
    with portal.runtime.database.read() as session:
        assert len(session.scalars(select(Screenshot)).all()) == 2


def test_other_methods_tell_nothing(portal: Portal) -> None:
    number = filed(portal)["number"]
    [facts] = portal.api("alice").get(f"{V1}/tickets/{number}").json()["pictures"]
    paths = ("/tickets?queue=general", f"/tickets/{number}", f"/tickets/{number}/screenshots/{facts['id']}", "/audit")
    for path in paths:
        for method in ("HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"):
            answer = portal.browser().request(method, f"{V1}{path}")
            assert answer.status_code in (401, 405), (method, path)
            assert number not in answer.text
            assert b"PNG" not in answer.content


def test_the_description_is_for_development_only(portal: Portal) -> None:
    described = portal.browser().get(f"{V1}/openapi.json")
    assert described.status_code == 200
    form = described.json()["components"]["schemas"]["ReportForm"]
    assert {"kind", "channel", "inpatient_number", "screenshots", "confirm_full_screen"} <= set(form["properties"])
    assert "Idempotency-Key" in described.text
    portal.change_settings(openapi="off")
    assert portal.browser().get(f"{V1}/openapi.json").status_code == 404
    portal.change_settings(openapi="auto", environment="production")
    assert portal.browser().get(f"{V1}/openapi.json").status_code == 404
    portal.change_settings(openapi="on")
    assert portal.browser().get(f"{V1}/openapi.json").status_code == 200
    assert portal.browser().get("/styleguide").status_code == 404


def test_an_unknown_address_is_a_problem_document(portal: Portal) -> None:
    answer = portal.browser().get(f"{V1}/nothing")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_disabled_person_has_no_token_any_more(portal: Portal) -> None:
    alice = portal.api("alice")
    assert alice.get(f"{V1}/tickets?queue=general").status_code == 200
    with portal.runtime.database.transaction() as session:
        session.scalars(select(User).where(User.username == "alice")).one().is_active = False
    assert alice.get(f"{V1}/tickets?queue=general").status_code == 401
    assert post_report(alice, channel="qq").status_code == 401
