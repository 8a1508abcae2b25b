"""`/phrases`, `/hints` and the reveal of a contact, for programs."""

from tests.factories.cast import actor
from tests.factories.contacts import PHONE, add_contact
from tests.factories.directories import add_entry
from tests.factories.portals import Portal


def test_phrases_by_place(portal: Portal):
    agnes = portal.api("agnes")
    every = agnes.get("/api/v1/phrases").json()
    assert every["next_cursor"] is None and {item["place"] for item in every["items"]} == {
        "reply", "acceptance", "question", "call",
    }  # fmt: skip
    first = agnes.get("/api/v1/phrases?place=call&limit=2").json()
    rest = agnes.get(f"/api/v1/phrases?place=call&cursor={first['next_cursor']}").json()["items"]
    titles = [item["title"] for item in (*first["items"], *rest)]
    assert titles[0] == "开场" and len(titles) == 6 and "{单位名称}" in first["items"][0]["text"]
    assert agnes.get("/api/v1/phrases?place=note").status_code == 422
    assert portal.api().get("/api/v1/phrases").status_code == 401


def test_hints_change_nothing_and_never_look_at_notes(portal: Portal):
    alice = portal.api("alice")
    found = alice.post("/api/v1/hints", json={"place": "reply", "text": "😀你，不行"}).json()
    assert [(hint["start"], hint["end"]) for hint in found["hints"]] == [(1, 2), (3, 5)]
    assert alice.post("/api/v1/hints", json={"place": "note", "text": "不行"}).json() == {"hints": []}
    for body in (
        {"place": "else", "text": "a"},
        {"place": "reply", "text": "长" * 5001},
        {"place": "reply", "text": "\x00"},
    ):
        assert alice.post("/api/v1/hints", json=body).status_code == 422
    assert alice.post("/api/v1/hints", content="{").status_code == 400


def test_the_keeper_reveals_a_contact(portal: Portal):
    entry = add_entry(portal.runtime)
    contact = add_contact(portal.runtime, entry)
    with portal.runtime.database.transaction() as session:
        session.merge(entry).keeper_id = actor(portal.runtime, "agnes").user_id
    path, body = f"/api/v1/institutions/{entry.id}/contacts/{contact.id}/reveals", {"field": "contact_phone"}
    agnes = portal.api("agnes")
    assert agnes.post(path, json=body).status_code == 422
    answer = agnes.post(path, json={**body, "reason": "核对数据"})
    assert answer.json()["value"] == PHONE and "no-store" in answer.headers["cache-control"]
    wanted = {"alice": 403, "leo": 403}
    assert {
        name: portal.api(name).post(path, json={**body, "reason": "核对数据"}).status_code for name in wanted
    } == wanted
    assert (
        agnes.post(path.replace(str(contact.id), str(entry.id)), json={**body, "reason": "核对数据"}).status_code == 404
    )
