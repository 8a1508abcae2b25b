"""The deployment of the papers, as it is documented: nginx with TLS in front of the portal."""

import re
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from tests.factories.cast import password_of
from tests.factories.clinic import Clinic, code_of, number_of
from tests.factories.nginx import NAME, Nginx
from tests.factories.pictures import whole_screen
from tests.factories.portals import csrf_of
from tests.factories.servers import Server, Site

pytestmark = pytest.mark.xdist_group("faults")
SETTINGS = re.findall(r"(PORTAL_\w+)=(\S+)", (Path(__file__).parent.parent.parent / "docs" / "nginx.conf").read_text())
MB = 1024 * 1024


class Deployed:
    """The portal behind its proxy; `browser` is what the clinics of the tests ask a portal for."""

    def __init__(self, site: Site, server: Server, nginx: Nginx) -> None:
        self.site, self.server, self.nginx = site, server, nginx

    def browser(self, address: str = "127.0.0.1") -> httpx.Client:
        return self.nginx.client(address)

    def signed_in(self, name: str, address: str) -> httpx.Client:
        browser = self.browser(address)
        fields = {"username": name, "password": password_of(name)}
        answer = browser.post("/sign-in", data={"csrf": csrf_of(browser.get("/sign-in").text), **fields})
        assert answer.status_code == 303, answer.text
        return browser

    def rows(self, query: str) -> list[Any]:
        with sqlite3.connect(self.site.folder / "var" / "portal.db") as connection:
            return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Deployed]:
    folder = tmp_path_factory.mktemp("deployed")
    shutil.copytree(sqlite_template, folder / "var")
    (folder / "nginx").mkdir()
    site = Site(folder, **dict(SETTINGS))
    with site.serving() as server:
        nginx = Nginx(folder / "nginx", site.port)
        with nginx.running():
            yield Deployed(site, server, nginx)


def test_the_file_names_the_settings_of_the_portal() -> None:
    assert dict(SETTINGS) == {"PORTAL_BASE_URL": f"https://{NAME}", "PORTAL_TRUSTED_PROXIES": "127.0.0.1"}


def test_a_clinic_files_with_a_picture(deployed: Deployed) -> None:
    clinic = Clinic(deployed, address="127.0.0.7")
    receipt = clinic.file()
    number = number_of(receipt)
    assert f"https://{NAME}/" in receipt or "data:image/svg" in receipt
    assert deployed.rows(f"SELECT count(*) FROM tickets WHERE number = '{number}'") == [(1,)]
    assert deployed.rows("SELECT count(*) FROM screenshots")[0][0] >= 1
    found = clinic.browser.post("/api/v1/track", json={"number": number, "query_code": code_of(receipt)})
    assert found.status_code == 200
    (address,) = deployed.rows("SELECT address FROM audit_events WHERE tag = 'report:create' ORDER BY seq DESC LIMIT 1")
    assert address == ("127.0.0.7",)


def test_staff_sign_in_with_a_cookie_for_this_host_alone(deployed: Deployed) -> None:
    browser = deployed.browser("127.0.0.8")
    fields = {"username": "alice", "password": password_of("alice")}
    answer = browser.post("/sign-in", data={"csrf": csrf_of(browser.get("/sign-in").text), **fields})
    assert answer.status_code == 303
    (cookie,) = [line for line in answer.headers.get_list("set-cookie") if "portal_session" in line]
    assert cookie.startswith("__Host-portal_session=") and "Secure" in cookie and "HttpOnly" in cookie
    assert browser.get("/queues/general").status_code == 200
    last = "SELECT address FROM audit_events WHERE tag LIKE 'auth:%' OR tag LIKE '%sign%' ORDER BY seq DESC LIMIT 1"
    assert deployed.rows(last) == [("127.0.0.8",)]


def test_one_clinic_that_guesses_shuts_out_itself_alone(deployed: Deployed) -> None:
    wrong = [{"number": f"RC20261100{step:02}", "query_code": "WRONG-CODE-0000"} for step in range(21)]
    guesser, neighbour = deployed.browser("127.0.0.2"), deployed.browser("127.0.0.3")
    statuses = [
        guesser.post("/api/v1/track", json=wrong[step], headers={"x-forwarded-for": f"198.51.100.{step}:{step + 1024}"})
        for step in range(21)
    ]
    assert [answer.status_code for answer in statuses] == [404] * 20 + [429]
    assert neighbour.post("/api/v1/track", json=wrong[0]).status_code == 404


@pytest.mark.parametrize("path", ["/styleguide", "/styleguide/staff", "/api/v1/openapi.json", "/metrics"])
def test_inner_pages_are_closed(deployed: Deployed, path: str) -> None:
    assert deployed.browser().get(path).status_code == 404
    assert deployed.browser().get(path, headers={"x-forwarded-for": "127.0.0.1"}).status_code == 404


def test_it_is_production_without_a_notice(deployed: Deployed) -> None:
    assert "运行环境 正式" in deployed.server.said()
    assert deployed.browser().get("/readyz").json() | {"checks": {}} == {
        "ready": True,
        "checks": {},
        "alarms": [],
        "notices": [],
    }
    assert "正式" in deployed.signed_in("ada", "127.0.0.9").get("/admin/system").text


def test_the_headers_are_the_portals_own(deployed: Deployed) -> None:
    answer = deployed.browser().get("/")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["server"] == "nginx"
    assert answer.headers["cache-control"] == "no-store, private"
    plain = httpx.get(f"http://127.0.0.1:{deployed.nginx.plain_port}/track?x=1", headers={"host": NAME})
    assert (plain.status_code, plain.headers["location"]) == (301, f"https://{NAME}/track?x=1")


def test_an_upload_of_many_pictures_passes_and_a_larger_one_is_refused_in_chinese(deployed: Deployed) -> None:
    clinic = Clinic(deployed, address="127.0.0.10")
    clinic.fill_situation()
    answer = clinic.add_pictures(whole_screen(), whole_screen(), b"a" * 9 * MB, action="upload")
    assert answer.status_code == 422  # the last is no picture: the portal has read all of it
    answer = clinic.add_pictures(*[b"a" * 9 * MB] * 8, action="upload")
    assert answer.status_code == 413
    assert "一次提交的内容太大" in answer.text


def test_nothing_of_an_upload_lies_on_the_proxys_disk(deployed: Deployed) -> None:
    folder = deployed.nginx.folder
    clinic = Clinic(deployed, address="127.0.0.11")
    clinic.file()
    written = [path for name in ("body", "proxy") for path in (folder / name).rglob("*") if path.is_file()]
    assert written == []
    text = (folder / "portal.conf").read_text()
    assert "proxy_request_buffering off" in text and "proxy_max_temp_file_size 0" in text
    assert not (folder / "portal.log").read_text()


def test_many_at_once_through_one_proxy_are_not_one_client(deployed: Deployed) -> None:
    """The proxy's own connections are not counted as those of one address."""
    browsers = [deployed.browser(f"127.0.1.{last + 2}") for last in range(60)]
    assert {browser.get("/healthz").status_code for browser in browsers} == {200}
    assert "limit reached" not in deployed.server.said()


def test_a_portal_that_is_away_is_told_in_chinese(deployed: Deployed) -> None:
    """The last test: it stops the portal."""
    deployed.server.kill()
    answer = deployed.browser().get("/track")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    assert "正在维护" in answer.text
