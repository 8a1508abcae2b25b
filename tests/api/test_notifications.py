"""One's own notices and the log of deliveries through the API."""

from portal.notify import outbox
from portal.notify.channels.active import active_channels
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def tell(portal: Portal, times: int = 1) -> list[str]:
    numbers = [file_report(portal.runtime).number for _ in range(times)]
    with portal.runtime.database.transaction() as session:
        for number in numbers:
            outbox.add(session, Event.SUPPLEMENTED, number)
    return numbers


def test_one_s_own_notices_are_listed_and_marked_as_seen(portal: Portal) -> None:
    numbers, alice = tell(portal, 3), portal.api("alice")
    first = alice.get("/api/v1/notices?limit=2").json()
    rest = alice.get("/api/v1/notices", params={"cursor": first["next_cursor"], "limit": 2}).json()
    items = first["items"] + rest["items"]
    assert sorted(item["number"] for item in items) == sorted(numbers) and rest["next_cursor"] is None
    assert (items[0]["event"], items[0]["sentence"], items[0]["seen_at"]) == ("supplemented", "机构补充了资料", None)
    seen = alice.post(f"/api/v1/notices/{items[0]['id']}/seen")
    assert seen.status_code == 200 and seen.json()["seen_at"]
    assert alice.post(f"/api/v1/notices/{items[0]['id']}/seen").json() == seen.json()
    assert portal.api("leo").post(f"/api/v1/notices/{items[1]['id']}/seen").status_code == 404


def test_administrators_read_what_was_sent_without_text_or_address(portal: Portal) -> None:
    (number,) = tell(portal)
    Dispatcher(portal.runtime.database, active_channels(portal.runtime)).run()
    answer = portal.api("ada").get("/api/v1/deliveries").json()
    assert [(item["event"], item["number"], item["channel"], item["state"]) for item in answer["items"]] == [
        ("supplemented", number, "console", "delivered"), ("report-filed", number, "console", "delivered"),
    ]  # fmt: skip
    assert set(answer["items"][0]) == {
        "id", "event", "number", "channel", "recipient_kind", "state", "attempts", "error", "status_code",
        "created_at", "next_attempt_at", "ended_at",
    }  # fmt: skip
    assert portal.api("ada").get("/api/v1/deliveries?state=given_up").json()["items"] == []
    assert portal.api("leo").get("/api/v1/deliveries").status_code == 403


def test_a_wrong_word_or_cursor_is_named(portal: Portal) -> None:
    ada = portal.api("ada")
    for asked in ("state=sent", "channel=pigeon", "cursor=nonsense"):
        answer = ada.get(f"/api/v1/deliveries?{asked}")
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == asked.partition("=")[0]
    assert portal.api("alice").get("/api/v1/notices?cursor=x").status_code == 422
