"""Short ways to call the JSON API in tests."""

from typing import Any

from tests.factories.acts import with_cause
from tests.factories.browsers import PlainBrowser
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal
from tests.factories.reports import file_report, general_fields, his_fields

V1 = "/api/v1"
COMPLETE = {"general": general_fields, "his": his_fields}


def picture(content: bytes | None = None, slot: str = "screenshots", name: str = "a.png") -> Any:
    """One file part."""
    return slot, (name, content if content is not None else whole_screen(), "image/png")


def post_report(
    client: PlainBrowser, kind: str = "general", files: Any = "one", key: str | None = None, **changes: Any
) -> Any:
    """Post a complete report with changes; a None removes a field."""
    fields = COMPLETE[kind](**changes)
    files = [picture()] if files == "one" else files
    headers = {"Idempotency-Key": key} if key is not None else {}
    if not files:
        # A form without files would be sent urlencoded.
        files = [("unknown_file", ("x.txt", b"x", "text/plain"))]
    return client.post(f"{V1}/reports", data=fields, files=files, headers=headers)


def codes(answer: Any) -> list[tuple[str, str]]:
    """(field, code) of every fault, and the form of the problem document."""
    assert answer.status_code == 422, answer.text
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert body["status"] == 422
    assert body["request_id"] == answer.headers["x-request-id"]
    for fault in body["errors"]:
        assert any("\u4e00" <= char <= "\u9fff" for char in fault["message"]), fault
    return [(fault["field"], fault["code"]) for fault in body["errors"]]


def filed(portal: Portal, kind: str = "general", **changes: Any) -> dict[str, str]:
    """A report filed through the service: what opens it."""
    receipt = file_report(portal.runtime, kind, **changes)
    return {"number": receipt.number, "query_code": receipt.query_code}


def act(client: PlainBrowser, number: str, name: str, /, **body: Any) -> Any:
    """A staff act."""
    return client.post(f"{V1}/tickets/{number}/{name}", json=with_cause(name, body))


def claimed(client: PlainBrowser, number: str) -> int:
    """Take the ticket; gives its version."""
    answer = act(client, number, "assignment", version=1)
    assert answer.status_code == 200, answer.text
    return answer.json()["version"]
