"""Hostile and broken bodies: always a clear 4xx within a second, never a 500 (SECURITY B-11, B-12, B-14)."""

import asyncio
import json
import time
from itertools import chain, repeat
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.reports.models import Report
from tests.api.calls import V1
from tests.factories import loops
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal
from tests.factories.reports import general_fields

BOUNDARY = "----invented"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
MEGABYTE = 1024 * 1024


def part(disposition: bytes, content: bytes = b"x", extra: bytes = b"") -> bytes:
    head = b"--" + BOUNDARY.encode() + b"\r\nContent-Disposition: form-data; " + disposition + b"\r\n"
    return head + extra + b"\r\n" + content + b"\r\n"


def body(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY.encode() + b"--\r\n"


def complete(file_head: bytes) -> bytes:
    """A complete report whose picture has this disposition."""
    fields = [part(f'name="{name}"'.encode(), value.encode()) for name, value in general_fields().items()]
    return body(*fields, part(file_head, whole_screen(), b"Content-Type: image/png\r\n"))


def send(portal: Portal, content: bytes, kind: str = MULTIPART, path: str = "/reports") -> Any:
    client = portal.browser()
    started = time.process_time()  # work, not waiting: other tests share the machine
    answer = client.post(f"{V1}{path}", content=content, headers={"content-type": kind})
    assert time.process_time() - started < 1
    return answer


def stored(portal: Portal) -> int:
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(Report))


HOSTILE = {
    "traversal": body(part(b'name="screenshots"; filename="../../x"')),
    "nul in name": body(part(b'name="screen\x00shots"; filename="a\x00.png"')),
    "direction mark": body(part('name="screenshots"; filename="gnp.\u202ex.png"'.encode())),
    "long name": body(part(b'name="screenshots"; filename="' + b"a" * 60_000 + b'.png"')),
    "extended name": body(part(b"name=\"screenshots\"; filename*=UTF-8''%2e%2e%2fx.png")),
    "two names": body(part(b'name="screenshots"; filename="a.png"; filename="../b.png"')),
    "gbk name": body(part('name="screenshots"; filename="截图.png"'.encode("gbk"))),
    "gbk text": body(part(b'name="kind"', b"general"), part(b'name="description"', "打不开".encode("gbk"))),
    "no name": body(part(b'filename="a.png"')),
    "no disposition": b"--" + BOUNDARY.encode() + b"\r\n\r\nx\r\n--" + BOUNDARY.encode() + b"--\r\n",
    "10 000 parts": body(*[part(b'name="x"')] * 10_000),
    "10 000 files": body(*[part(b'name="screenshots"; filename="a.png"')] * 10_000),
    "1 MB header": body(part(b'name="x"', extra=b"X-Long: " + b"a" * MEGABYTE + b"\r\n")),
    "endless preamble": b"\r\n" * MEGABYTE + body(part(b'name="x"')),
    "1 MB field": body(part(b'name="description"', b"a" * MEGABYTE)),
    "cut short": complete(b'name="screenshots"; filename="a.png"')[:-3000],
    "not multipart": b"kind=general&description=x",
    "empty": b"",
}


@pytest.mark.parametrize("case", HOSTILE)
@pytest.mark.parametrize("path", ["/reports", "/track/supplement"])
def test_a_hostile_multipart_body_is_refused_at_once(portal: Portal, case: str, path: str) -> None:
    answer = send(portal, HOSTILE[case], path=path)
    assert 400 <= answer.status_code < 500, (case, answer.status_code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert any("\u4e00" <= char <= "\u9fff" for char in answer.json()["title"])
    assert stored(portal) == 0


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=other",
             "multipart/form-data; boundary=" + "a" * 5000, "multipart/mixed; boundary=x", "application/json",
             "text/plain", "image/png"],
)  # fmt: skip
def test_a_body_of_another_type_or_without_boundary_is_refused(portal: Portal, kind: str) -> None:
    answer = send(portal, complete(b'name="screenshots"; filename="a.png"'), kind)
    assert 400 <= answer.status_code < 500
    assert stored(portal) == 0


@pytest.mark.parametrize(
    "head",
    [b'name="screenshots"; filename="../../../etc/x.png"', b'name="screenshots"; filename="a.png"; filename="../b.png"',
     'name="screenshots"; filename="截图.png"'.encode("gbk"), b'name="screenshots"; filename=""',
     b"name=\"screenshots\"; filename*=UTF-8''%e6%88%aa%e5%9b%be.png",
     b"name=\"screenshots\"; filename*=UTF-8''%2e%2e%2fx.png; filename=\"a.png\""],
)  # fmt: skip
def test_the_name_of_a_file_decides_nothing(portal: Portal, head: bytes) -> None:
    answer = send(portal, complete(head))
    assert answer.status_code == 201, answer.text
    names = [path.name for path in portal.settings.data_dir.rglob("*") if path.is_file()]
    assert not [name for name in names if name.endswith(".png") or "截图" in name]


def test_a_report_of_65_mb_is_cut_off(portal: Portal) -> None:
    for kind in (MULTIPART, "application/x-www-form-urlencoded"):
        answer = portal.browser().post(
            f"{V1}/reports", content=b"a" * (65 * MEGABYTE), headers={"content-type": kind}
        )  # fmt: skip
        assert answer.status_code == 413
        assert answer.json()["status"] == 413


def test_a_body_without_a_length_is_cut_off_too(portal: Portal) -> None:
    sent = 0

    def endless() -> Any:
        nonlocal sent
        for _ in range(300):
            sent += 1
            yield b"a=" + b"b" * 65536

    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = portal.browser().post(f"{V1}/reports", content=endless(), headers=headers)
    assert answer.status_code == 413


def test_a_urlencoded_form_has_the_small_limit(portal: Portal) -> None:
    answer = send(portal, b"description=" + b"a" * (2 * MEGABYTE), "application/x-www-form-urlencoded")
    assert answer.status_code == 413


BAD_JSON = {
    "not json": (b"number=RC1", 400),
    "cut": (b'{"number": "RC1"', 400),
    "empty": (b"", 400),
    "deep": (b"[" * 200_000, 400),
    "lone surrogate": (b'{"number": "\\ud800", "query_code": "x"}', 400),
    "not utf-8": ('{"number": "编号"}'.encode("gbk"), 400),
    "array": (b"[]", 422),
    "null": (b"null", 422),
    "number": (b'{"number": 1, "query_code": "x"}', 422),
    "list": (b'{"number": ["RC1"], "query_code": {"a": 1}}', 422),
    "nul": (b'{"number": "\\u0000", "query_code": "x"}', 422),
    "missing": (b"{}", 422),
    "too large": (b'{"number": "' + b"a" * (2 * MEGABYTE) + b'"}', 413),
}


@pytest.mark.parametrize("case", BAD_JSON)
def test_a_bad_json_body_is_a_clear_4xx(portal: Portal, case: str) -> None:
    content, status = BAD_JSON[case]
    answer = send(portal, content, "application/json", "/track")
    assert answer.status_code == status, answer.text
    assert any("\u4e00" <= char <= "\u9fff" for char in answer.json()["title"])
    if status == 422:
        assert all(fault["message"] for fault in answer.json()["errors"])


def test_json_of_another_content_type_is_refused(portal: Portal) -> None:
    assert send(portal, b'{"number": "RC1", "query_code": "x"}', "text/plain", "/track").status_code == 415


@pytest.mark.parametrize("name", ["assignment", "notes", "transfer", "reveals", "information-request", "urgency"])
def test_staff_bodies_are_as_strict(portal: Portal, name: str) -> None:
    alice = portal.api("alice")
    odd = [{}, {"version": "1"}, {"version": True}, {"version": 1.5}, {"version": None}, {"version": [1]}, [], None]
    for content in odd:
        answer = alice.post(f"{V1}/tickets/RC2026110001/{name}", content=json.dumps(content))
        assert answer.status_code == 422, (content, answer.text)
    nul = {"version": 1, "text": "\x00", "queue": "\x00", "fields": ["\x00"], "field": "\x00", "reason": "\x00",
           "urgency": "\x00"}  # fmt: skip
    assert alice.post(f"{V1}/tickets/RC2026110001/{name}", json=nul).status_code in (404, 422)


def test_a_body_that_never_ends_is_cut(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.web.receiving.MAX_SECONDS", 0.2)
    sent: list[Any] = []
    parts = chain([b'--x\r\nContent-Disposition: form-data; name="description"\r\n\r\n'], repeat(b"a"))

    async def dripping() -> dict[str, Any]:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": next(parts), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": "/api/v1/reports", "raw_path": b"/api/v1/reports",
        "query_string": b"", "headers": [(b"content-type", b"multipart/form-data; boundary=x")],
        "client": ("127.0.0.1", 1), "server": ("portal.test", 80), "scheme": "http", "http_version": "1.1",
        "asgi": {"version": "3.0"}, "root_path": "",
    }  # fmt: skip
    loops.run(portal.app(scope, dripping, send))
    assert sent[0]["status"] == 408
    assert "网络太慢" in sent[1]["body"].decode()


def test_text_that_is_no_utf_8_is_refused_and_not_kept_as_rubbish(portal: Portal) -> None:
    text = "打开高血压随访表，填好后点保存".encode("gbk")
    body = b'--x\r\nContent-Disposition: form-data; name="description"\r\n\r\n' + text + b"\r\n--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = portal.browser().post(f"{V1}/reports", content=body, headers=headers)
    assert answer.status_code == 400
    assert "UTF-8" in answer.json()["title"]
