"""A session that ends while somebody writes: nothing is done, and nothing written is lost (SECURITY E-3)."""

from sqlalchemy import delete

from portal.accounts.models import StaffSession
from portal.errors import StorageUnavailableError
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report


def test_it_gives_the_written_text_back_when_the_session_has_ended(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    browser = portal.signed_in("alice")
    token = csrf_of(browser.get(f"/tickets/{number}").text)
    with portal.runtime.database.transaction() as session:
        session.execute(delete(StaffSession))
    written = {"csrf": token, "version": "1", "text": "写了很久的<备注>"}
    answer = browser.post(f"/tickets/{number}/notes", data=written)
    assert answer.status_code == 401
    assert "写了很久的&lt;备注&gt;" in answer.text
    foreign = browser.post(f"/tickets/{number}/notes", data=written, headers={"sec-fetch-site": "cross-site"})
    assert "写了很久的" not in foreign.text


def test_it_sends_a_reader_to_sign_in_and_back(portal: Portal) -> None:
    answer = portal.browser().get("/tickets/RC2026010001")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=/tickets/RC2026010001"


def test_it_gives_the_written_text_back_when_the_page_is_older_than_the_session(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    browser = portal.signed_in("alice")
    old = csrf_of(browser.get(f"/tickets/{number}").text)
    browser.cookies.clear()
    browser.cookies.update(portal.signed_in("alice").cookies)
    answer = browser.post(f"/tickets/{number}/notes", data={"csrf": old, "version": "1", "text": "旧页面里的备注"})
    assert answer.status_code == 403
    assert "旧页面里的备注" in answer.text
    assert "<h1>页面已过期" in answer.text


def test_it_gives_the_written_text_back_when_nothing_can_be_saved(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    browser = portal.signed_in("alice")
    token = csrf_of(browser.get(f"/tickets/{number}").text)

    def busy(*_: object, **__: object) -> None:
        raise StorageUnavailableError("系统正忙，暂时打不开或不能保存，请稍后再试")

    portal.runtime.database.transaction = busy  # type: ignore[method-assign]
    answer = browser.post(f"/tickets/{number}/notes", data={"csrf": token, "version": "1", "text": "存不下的备注"})
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "10"
    assert "存不下的备注" in answer.text
