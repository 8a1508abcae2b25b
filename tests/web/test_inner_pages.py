"""Pages for those who run or build the portal: never for the world, whatever stands between."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from portal.app import create_app
from portal.settings import load_settings

PAGES = ("/styleguide", "/styleguide/staff", "/api/v1/openapi.json")
FORWARDING = (
    {"x-forwarded-for": "127.0.0.1"},
    {"forwarded": "for=127.0.0.1"},
    {"x-real-ip": "127.0.0.1"},
    {"x-forwarded-proto": "https"},
    {"x-forwarded-host": "portal.example.cn"},
    {"via": "1.1 proxy"},
)
HTTPS, PROXY = {"PORTAL_BASE_URL": "https://portal.example.cn"}, {"PORTAL_TRUSTED_PROXIES": "127.0.0.1"}


def browser_of(folder: Path, environ: dict[str, str], address: str = "127.0.0.1") -> TestClient:
    own = {"PORTAL_DATA_DIR": str(folder / "var"), "PORTAL_UPLOADS": str(folder / "uploads")}
    app = create_app(load_settings({**own, **environ}))
    return TestClient(app, base_url="http://portal.test", client=(address, 1), raise_server_exceptions=False)


def statuses(browser: TestClient, headers: dict[str, str] | None = None, pages: tuple[str, ...] = PAGES) -> set[int]:
    return {browser.get(page, headers=headers or {}).status_code for page in pages}


def test_at_home_they_are_open_to_this_machine_alone(tmp_path: Path) -> None:
    browser = browser_of(tmp_path, {})
    assert statuses(browser, pages=(*PAGES, "/metrics")) == {200}
    for headers in FORWARDING:
        assert statuses(browser, headers, (*PAGES, "/metrics")) == {404}, headers
    assert statuses(browser_of(tmp_path, {}, "203.0.113.9"), pages=(*PAGES, "/metrics")) == {404}


@pytest.mark.parametrize("environ", [HTTPS, PROXY, HTTPS | PROXY, {"PORTAL_HOST": "0.0.0.0"}], ids=str)
def test_behind_a_proxy_it_is_production(tmp_path: Path, environ: dict[str, str]) -> None:
    browser = browser_of(tmp_path, environ)
    assert statuses(browser) == {404}
    assert {browser.get("/metrics", headers=headers).status_code for headers in FORWARDING} == {404}
    assert browser.get("/metrics").status_code == 200  # nothing stands between


@pytest.mark.parametrize("environ", [{}, HTTPS, PROXY])
def test_the_setting_decides_before_all_that(tmp_path: Path, environ: dict[str, str]) -> None:
    assert statuses(browser_of(tmp_path, {**environ, "PORTAL_ENVIRONMENT": "production"})) == {404}
    given = browser_of(tmp_path, {**environ, "PORTAL_ENVIRONMENT": "development"})
    assert statuses(given) == {200}
    forwarded = {"x-forwarded-for": "127.0.0.1"}
    assert statuses(given, forwarded) == ({200} if environ else {404})  # at home nothing should stand between
    assert given.get("/metrics", headers=forwarded).status_code == 404


def test_https_without_a_listed_proxy_is_told(tmp_path: Path) -> None:
    told = browser_of(tmp_path, HTTPS).get("/readyz").json()["notices"]
    assert len(told) == 1 and "PORTAL_TRUSTED_PROXIES" in told[0]
    assert browser_of(tmp_path, HTTPS | PROXY).get("/readyz").json()["notices"] == []
    assert browser_of(tmp_path, {}).get("/readyz").json()["notices"] == []
