"""附图 of a supplement: the same part as on the form, and nothing good is chosen twice."""

import re

import pytest
from sqlalchemy import select

from portal.reports.draft_models import Draft
from portal.screenshots.models import Screenshot
from tests.factories.clinic import error_of, question_of, stored_files
from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.factories.portals import Portal, csrf_of
from tests.pages.clinic.test_track import Visitor, shot


@pytest.fixture
def visitor(portal: Portal) -> Visitor:
    return Visitor(portal)


def test_a_picture_that_was_asked_about_is_not_chosen_again(visitor: Visitor) -> None:
    """Without script the answer is the button that goes on."""
    visitor.ask("screenshots")
    page = visitor.supply([shot(photo_of_screen())])
    assert question_of(page.text) and "有错误" not in page.text and "需要修改" not in page.text
    picture = re.search(r'name="confirm_full_screen" value="([0-9a-f-]{36})"', page.text)[1]
    assert picture in visitor.browser.get(visitor.page).text, "it is still there when the page is opened again"
    answer = visitor.supply(confirm_full_screen=picture)
    assert answer.headers["location"].endswith("?done=supplemented")
    with visitor.portal.runtime.database.read() as session:
        (ticket_picture,) = [p for p in session.scalars(select(Screenshot)) if p.is_photo]
        assert ticket_picture.is_confirmed and session.scalars(select(Draft)).all() == []
    assert len(stored_files(visitor.portal)) == 2  # the report's own and the new one


def test_a_good_picture_stays_while_another_is_refused_and_the_reason_stays_too(visitor: Visitor) -> None:
    visitor.ask("screenshots", "error_detail_screenshots")
    visitor.supply([shot(photo_of_screen())])
    page = visitor.supply([("error_detail_screenshots", ("b.png", crop_of_screen(), "image/png"))])
    assert "420 × 180 像素" in error_of(page.text, "error_detail_screenshots") and question_of(page.text)
    again = visitor.browser.get(visitor.page).text
    assert "420 × 180 像素" in error_of(again, "error_detail_screenshots") and question_of(again)
    assert "whole-screen.svg" in again and "partial-screen.svg" in again
    removed = visitor.supply(remove=re.search(r'name="remove" value="([0-9a-f-]{36})"', again)[1])
    assert removed.headers["location"] == visitor.page
    assert not question_of(visitor.browser.get(visitor.page).text)


def test_the_script_sends_the_pictures_of_a_supplement_one_by_one(visitor: Visitor) -> None:
    visitor.ask("screenshots")
    page, browser = visitor.browser.get(visitor.page).text, visitor.browser
    assert f'data-pictures="" data-pictures-begin="{visitor.page}/pictures"' in page
    headers = {"X-CSRF-Token": csrf_of(page), "Accept": "application/json"}
    began = browser.post(f"{visitor.page}/pictures", headers=headers)
    assert began.status_code == 201
    place = began.json()["url"]
    assert browser.post(f"{visitor.page}/pictures", headers=headers).json()["url"] == place
    slot = {"data": {"slot": "screenshots"}, "files": {"screenshots": ("x", whole_screen(seed=9), "image/png")}}
    assert browser.post(place, headers=headers, **slot).status_code == 201
    assert "附图 1：1366 × 768 像素，整屏，已收到" in browser.get(visitor.page).text
    stranger = visitor.portal.browser()
    assert stranger.post(f"{visitor.page}/pictures", headers=headers).status_code in (403, 404)
    theirs = {"X-CSRF-Token": csrf_of(stranger.get("/track").text), "Accept": "application/json"}
    assert stranger.post(place, headers=theirs, **slot).status_code == 404
    assert stranger.post(f"{visitor.page}/pictures", headers=theirs).status_code == 404
    assert visitor.supply().headers["location"].endswith("?done=supplemented")
    with visitor.portal.runtime.database.read() as session:
        assert len(session.scalars(select(Screenshot)).all()) == 2
    assert len(stored_files(visitor.portal)) == 2


def test_the_reports_own_picture_once_more_is_asked_about_and_not_chosen_again(visitor: Visitor) -> None:
    visitor.ask("error_detail_screenshots")
    page = visitor.supply([shot(whole_screen(), "error_detail_screenshots")])
    assert page.status_code == 422 and "两处要用同一张图吗？" in page.text and "有错误" not in page.text
    picture = re.search(r'name="confirm_full_screen" value="([0-9a-f-]{36})"', page.text)[1]
    assert visitor.supply(confirm_full_screen=picture).headers["location"].endswith("?done=supplemented")
