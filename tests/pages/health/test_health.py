"""Health, readiness, metrics: who may see them and what they tell apart."""

import shutil

from portal.accounts import users
from portal.audit.actor import SYSTEM
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def test_it_is_healthy_and_ready(portal: Portal) -> None:
    browser = portal.browser()
    assert browser.get("/healthz").json() == {"status": "ok"}
    answer = browser.get("/readyz")
    assert answer.status_code == 200
    assert set(answer.json()["checks"]) == {"database", "migrations", "key", "storage", "disk"}


def test_it_is_not_ready_without_its_picture_store(portal: Portal) -> None:
    shutil.rmtree(portal.settings.uploads)
    answer = portal.browser().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["storage"] is False
    assert answer.json()["checks"]["database"] is True


def test_it_counts_tickets_without_personal_data(portal: Portal) -> None:
    file_report(portal.runtime)
    text = portal.browser().get("/metrics").text
    assert 'portal_tickets{queue="general",state="submitted"} 1.0' in text
    assert "高唐" not in text


def test_strangers_cannot_read_metrics(portal: Portal) -> None:
    assert portal.browser("203.0.113.9").get("/metrics").status_code == 404
    forged = portal.browser("203.0.113.9").get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"})
    assert forged.status_code == 404


def test_every_answer_carries_the_security_headers(portal: Portal) -> None:
    for path in ("/", "/healthz", "/nowhere", "/static/css/portal.css"):
        headers = portal.browser().get(path).headers
        assert headers["x-content-type-options"] == "nosniff", path
        assert "unsafe-inline" not in headers["content-security-policy"], path
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
    assert "no-store" in portal.browser().get("/").headers["cache-control"]


def test_an_unexpected_error_becomes_a_chinese_page_without_its_text(portal: Portal, caplog) -> None:
    with portal.runtime.database.transaction() as session:
        users.add_user(session, SYSTEM, username="broken", password="invented-broken-phrase", role="lead", queues=())
    portal.app.state.web.templates.globals["static_url"] = _raise
    answer = portal.browser().get("/")
    assert answer.status_code == 500
    assert "planted-secret" not in answer.text + caplog.text


def _raise(path: str) -> str:
    raise RuntimeError("planted-secret")


def test_a_head_request_gets_the_headers_of_the_page_and_no_body(portal: Portal) -> None:
    for path, status in (("/healthz", 200), ("/", 200), ("/nowhere", 404), ("/queues/general", 303)):
        answer = portal.browser().head(path)
        assert (answer.status_code, answer.content) == (status, b""), path
