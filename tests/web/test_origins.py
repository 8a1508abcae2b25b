"""The browser's Origin against the portal's own address, as proxies pass it on."""

import logging

import pytest
from starlette.testclient import TestClient

from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of

BASE = "http://portal.example.cn"


@pytest.fixture
def backend() -> str:
    return "sqlite"


def post(portal: Portal, headers: dict[str, str]) -> int:
    browser: TestClient = portal.browser()
    token = csrf_of(browser.get("/sign-in").text)
    fields = {"csrf": token, "username": "alice", "password": password_of("alice")}
    return browser.post("/sign-in", data=fields, headers=headers).status_code


@pytest.mark.parametrize(
    ("host", "origin", "base_url"),
    [
        ("portal.example", "http://portal.example", ""),
        ("portal.example:80", "http://portal.example", ""),
        ("portal.example", "http://portal.example:80", ""),
        ("portal.example:443", "https://portal.example", ""),
        ("portal.example", "https://portal.example:443", ""),
        ("PORTAL.example", "http://portal.EXAMPLE", ""),
        ("portal.example:8443", "https://portal.example:8443", ""),
        ("[2001:db8::1]:80", "http://[2001:db8::1]", ""),
        ("127.0.0.1:8000", BASE, BASE),  # a proxy that passes its own name on
        ("127.0.0.1:8000", f"{BASE}:80", BASE),
        ("portal.example", "null", ""),
    ],
)
def test_the_portals_own_pages_pass(portal: Portal, host: str, origin: str, base_url: str) -> None:
    portal.change_settings(base_url=base_url)
    assert post(portal, {"host": host, "origin": origin}) == 303


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("portal.example", "https://evil.example"),
        ("portal.example:80", "https://portal.example"),
        ("portal.example", "http://portal.example:8080"),
        ("portal.example", "http://portal.example.evil.example"),
        ("portal.example", "http://evil.example/portal.example"),
        ("127.0.0.1:8000", "https://portal.example.cn"),
        ("127.0.0.1:8000", "https://portal.example.cn:99999"),
        ("127.0.0.1:8000", ""),
        ("portal.example", "nonsense"),
    ],
)
def test_another_address_is_refused_with_both_names_in_the_log(
    portal: Portal, host: str, origin: str, caplog: pytest.LogCaptureFixture
) -> None:
    portal.change_settings(base_url=BASE)
    with caplog.at_level(logging.WARNING, logger="portal.cross_site"):
        assert post(portal, {"host": host, "origin": origin}) == 403
    (line,) = [record.getMessage() for record in caplog.records if record.name == "portal.cross_site"]
    assert host in line and origin in line and f"PORTAL_BASE_URL={BASE}" in line


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_hidden_origin_does_not_help_another_site(portal: Portal, site: str) -> None:
    assert post(portal, {"origin": "null", "sec-fetch-site": site}) == 403


def test_the_log_line_is_one_line_and_holds_no_id_number(portal: Portal, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, logger="portal.cross_site"):
        post(portal, {"origin": "https://11010519491231002X.example"})
    assert "11010519491231002X" not in caplog.text
