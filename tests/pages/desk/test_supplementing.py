"""代机构补充: staff add what a clinic sent elsewhere, and keep a refused picture with a reason (REQUIREMENTS C2)."""

import re

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.reports.draft_models import Draft
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from tests.factories.clinic import error_of, stored_files
from tests.factories.people import id_number
from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.factories.portals import Portal, csrf_of
from tests.pages.desk.test_supplement_links import asked

REASON = "客户的电脑只有这个窗口能截"


@pytest.fixture
def number(portal: Portal) -> str:
    """A QQ report, for whose picture and ID number its engineer has asked."""
    return asked(portal, "screenshots", "id_number")


class Desk:
    """Agnes at her page of one ticket."""

    def __init__(self, portal: Portal, number: str, name: str = "agnes") -> None:
        self.browser, self.page = portal.signed_in(name), f"/tickets/{number}/supplement"

    def send(self, *pictures: bytes, action: str = "supply", **fields: str):
        token = csrf_of(self.browser.get(self.page).text)
        files = [("screenshots", (f"{n}.png", picture, "image/png")) for n, picture in enumerate(pictures)]
        return self.browser.post(self.page, data={"csrf": token, "action": action, **fields}, files=files or None)


def kept(page: str) -> str:
    found = re.search(r'name="(keep-[0-9a-f-]{36})"', page)
    assert found, page
    return found[1]


def test_a_refused_picture_is_kept_with_a_reason_and_its_keeper_is_in_the_trail(portal: Portal, number: str) -> None:
    desk = Desk(portal, number)
    assert "whole-screen.svg" in desk.browser.get(desk.page).text
    page = desk.send(crop_of_screen(), id_number=id_number(5))
    assert page.status_code == 422 and "420 × 180 像素" in page.text
    assert 'name="id_number"' not in page.text, "the right number has been received"
    assert "写明保留的原因" in desk.browser.get(desk.page).text, "it waits for the reason, and is not chosen again"
    unsaid = desk.send()
    assert unsaid.status_code == 422
    answer = desk.send(**{kept(unsaid.text): REASON})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/tickets/{number}")
    with portal.runtime.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        picture = session.scalars(
            select(Screenshot).where(Screenshot.owner_id == ticket.report_id, Screenshot.verdict == "override")
        ).one()
        event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "picture:override")).one()
        assert session.scalars(select(Draft)).all() == []
    assert (picture.message, event.reason, event.ticket_number) == (REASON, REASON, number)
    assert event.actor_name == "agnes"
    assert "override" in ticket.picture_flags and ticket.state == "in_progress"
    assert "人工保留" in desk.browser.get(f"/tickets/{number}").text
    assert len(stored_files(portal)) == 2


def test_what_is_broken_or_asked_about_is_no_matter_of_a_reason(portal: Portal, number: str) -> None:
    desk = Desk(portal, number)
    page = desk.send(b"no picture", action="save")
    assert error_of(page.text, "screenshots") and "keep-" not in page.text
    page = desk.send(photo_of_screen(), action="save")
    assert page.status_code == 200 and "已和客户核对" in page.text
    assert 'width="2048" height="1536"' in page.text  # its place while it loads: the answer does not move
    again = desk.send()
    assert again.status_code == 422 and "有错误" not in again.text
    picture = re.search(r'name="confirm_full_screen" value="([0-9a-f-]{36})"', again.text)
    assert picture and desk.send(id_number=id_number(5), confirm_full_screen=picture[1]).status_code == 303


def test_the_pictures_are_its_writers_own_and_no_unfinished_report(portal: Portal, number: str) -> None:
    desk = Desk(portal, number)
    page = desk.send(whole_screen(seed=3), action="save").text
    thumbnail = re.search(r'src="(/desk/reports/drafts/[^"]+)"', page)
    assert thumbnail and desk.browser.get(thumbnail[1]).status_code == 200
    assert portal.signed_in("leo").get(thumbnail[1]).status_code in (403, 404)
    assert "没有提交的登记：" not in desk.browser.get("/desk/reports/new").text


def test_only_who_files_for_others_and_may_see_the_ticket_can_add(portal: Portal, number: str) -> None:
    assert portal.browser().get(f"/tickets/{number}/supplement").status_code in (303, 401)
    assert portal.signed_in("ada").get(f"/tickets/{number}/supplement").status_code == 403
    assert "代机构补充" in portal.signed_in("agnes").get(f"/tickets/{number}").text
    desk = Desk(portal, number)
    assert desk.send(whole_screen(seed=4), id_number=id_number(5)).status_code == 303
    left = desk.browser.get(desk.page).text
    assert 'name="screenshots"' not in left and 'name="id_number"' not in left and 'name="login_account"' in left
