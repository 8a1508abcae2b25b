"""评价 on the tracking page and behind a survey link, in a browser without script (DESK 4.2)."""

import re

import pytest
from sqlalchemy import select, update

from portal.follow_up import surveys
from portal.follow_up.models import Rating, Survey
from portal.follow_up.surveys import Signer
from portal.tickets.models import Ticket
from tests.api.calls import V1
from tests.factories.closing import voided_ticket
from tests.factories.portals import csrf_of, post
from tests.factories.ticket_pages import ticket_of, token_of
from tests.pages.clinic.test_track import Visitor


class Clinic(Visitor):
    """A clinic whose ticket has a result."""

    def __init__(self, portal, **changes):
        super().__init__(portal, **changes)
        self.staff("resolution", text="已恢复，请刷新")
        self.look()

    @property
    def link(self):
        with self.portal.runtime.database.read() as session:
            survey = session.scalars(select(Survey).order_by(Survey.round.desc())).first()
        return f"{surveys.PAGE}/{Signer.of(self.portal.runtime.vault).token(survey)}"

    def rate(self, browser=None, page=None, to=None, **fields):
        page = page or self.page
        return post(browser or self.browser, page, to or f"{page}/rating", **fields)

    def ratings(self):
        with self.portal.runtime.database.read() as session:
            return [(row.round, row.score, row.way) for row in session.scalars(select(Rating).order_by(Rating.round))]


@pytest.fixture
def clinic(portal):
    return Clinic(portal)


def test_both_questions_stand_on_one_page_and_either_may_come_first(clinic):
    page = clinic.browser.get(clinic.page).text
    assert "问题解决了吗？" in page and "这次处理得怎么样？" in page
    assert clinic.rate(score="5", reason="", round="1").headers["location"].endswith("?done=rated")
    page = clinic.browser.get(f"{clinic.page}?done=rated").text
    assert "已收到您的评价" in page and "非常满意（" in page and "查询页）" in page
    assert "问题解决了吗？" in page and "这次处理得怎么样？" not in page
    assert post(clinic.browser, clinic.page, f"{clinic.page}/confirmation", solved="true").status_code == 303
    assert "还有别的问题吗？" in clinic.browser.get(clinic.page).text


def test_a_low_rating_needs_its_reason_and_keeps_what_was_typed(clinic):
    refused = clinic.rate(score="1", rating_comment="等了三天才有人联系")
    assert refused.status_code == 422 and "请选择不满意的原因" in refused.text
    assert "等了三天才有人联系" in refused.text and clinic.ratings() == []
    assert re.search(r'value="1" checked', refused.text)
    clinic.rate(score="1", reason="slow", rating_comment="等了三天才有人联系")
    page = clinic.browser.get(clinic.page).text
    assert "非常不满意（" in page and page.count(f"{clinic.page}/complaint") >= 2
    assert "等了三天才有人联系" not in page
    again = clinic.rate(score="5")
    assert again.status_code == 409 and "已经评价过：非常不满意" in again.text


def test_after_solved_a_new_report_has_the_institution(clinic):
    post(clinic.browser, clinic.page, f"{clinic.page}/confirmation", solved="true")
    begun = post(clinic.browser, clinic.page, f"{clinic.page}/report", kind="his")
    assert begun.headers["location"] == "/report/his"
    page = clinic.browser.get("/report/his")
    page = clinic.browser.get(page.headers["location"]) if page.status_code == 303 else page
    assert ticket_of(clinic.portal, clinic.number).institution in page.text


def test_the_link_shows_five_choices_and_the_number_and_nothing_else(clinic):
    stranger, link = clinic.portal.browser(), clinic.link
    page = stranger.get(link)
    assert page.status_code == 200 and page.headers["referrer-policy"] == "no-referrer"
    assert clinic.number in page.text and "非常不满意" in page.text
    for told in ("已恢复，请刷新", "卫生", "处理记录", "张工"):
        assert told not in page.text
    for _ in range(3):  # previews
        stranger.get(link, headers={"user-agent": "LinkPreview/1.0"})
        stranger.head(link)
    assert clinic.ratings() == []
    refused = clinic.rate(stranger, link, link, score="2", comment="说不清楚")
    assert refused.status_code == 422 and "说不清楚" in refused.text
    done = clinic.rate(stranger, link, link, score="2", reason="unclear", comment="说不清楚")
    assert done.headers["location"] == "/survey/done" and "谢谢" in stranger.get("/survey/done").text
    assert clinic.ratings() == [(1, 2, "link")]
    assert "已经有人评价过" in stranger.get(link).text
    token = csrf_of(clinic.browser.get(clinic.page).text)
    second = clinic.browser.post(link, data={"csrf": token, "score": "5"})
    assert second.status_code == 409 and "不满意" in second.text and clinic.ratings() == [(1, 2, "link")]
    assert "评价链接）" in clinic.browser.get(clinic.page).text


def test_the_log_does_not_tell_the_token_of_a_survey(clinic, caplog):
    with caplog.at_level("INFO"):
        clinic.portal.browser().get(clinic.link)
        post(clinic.portal.browser(), clinic.link, clinic.link, score="5")
    ours = " ".join(record.getMessage() for record in caplog.records if record.name.startswith("portal"))
    assert "/survey/…" in ours and clinic.link.rpartition("/")[2] not in ours


def test_a_link_of_the_first_round_still_rates_it_in_the_second(clinic):
    first = clinic.link
    post(clinic.browser, clinic.page, f"{clinic.page}/confirmation", solved="false", comment="又出现了")
    page = clinic.browser.get(clinic.page).text
    assert "评价上一次处理" in page
    assert clinic.rate(clinic.portal.browser(), first, first, score="3", reason="not_solved").status_code == 303
    clinic.version = ticket_of(clinic.portal, clinic.number).version
    clinic.staff("resolution", text="换了服务器")
    assert clinic.rate(score="4", round="2").status_code == 303
    assert clinic.ratings() == [(1, 3, "link"), (2, 4, "page")]


def test_a_dead_or_unknown_link_says_the_same(portal):
    clinic = Clinic(portal)
    link = clinic.link
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(state="void"))
    over, unknown = portal.browser().get(link), portal.browser().get("/survey/" + "0" * 40)
    assert (over.status_code, unknown.status_code) == (404, 404)
    strip = re.compile(r'value="[^"]*"|nonce="[^"]*"')
    assert strip.sub("", over.text) == strip.sub("", unknown.text)


def test_staff_who_worked_on_it_rate_neither_here_nor_behind_the_link(portal):
    clinic = Clinic(portal)
    alice, leo = portal.signed_in("alice"), portal.signed_in("leo")
    for browser in (alice, leo):
        opened = post(browser, "/track", "/track", number=clinic.number, query_code=clinic.code)
        assert opened.status_code == 200
    refused = clinic.rate(alice, score="5")
    assert refused.status_code == 403 and "不能替机构评价" in refused.text
    refused = alice.post(clinic.link, data={"csrf": token_of(alice), "score": "5"})
    assert refused.status_code == 403 and clinic.ratings() == []
    assert clinic.rate(leo, score="5").status_code == 303


def test_the_api_rates_once_and_says_what_can_be_done(portal):
    clinic = Clinic(portal)
    api, opens = portal.browser(), {"number": clinic.number, "query_code": clinic.code}
    tracked = api.post(f"{V1}/track", json=opens).json()
    assert tracked["rating"] is None and "rating" in tracked["can"]
    faults = api.post(f"{V1}/track/rating", json=opens | {"score": 7, "comment": "长" * 501}).json()["errors"]
    assert {(fault["field"], fault["code"]) for fault in faults} == {("score", "invalid"), ("comment", "too_long")}
    assert api.post(f"{V1}/track/rating", json=opens).json()["errors"][0]["code"] == "required"
    staff = portal.api("alice").post(f"{V1}/track/rating", json=opens | {"score": 5})
    assert staff.status_code == 403
    given = api.post(f"{V1}/track/rating", json=opens | {"score": 2, "reason": "处理时效过长", "comment": "太久"})
    assert given.status_code == 200, given.text
    expected = {"scale": "s3", "score": 2, "label": "不满意", "way": "page", "round": 1}
    assert expected.items() <= given.json()["rating"].items() and "rating" not in given.json()["can"]
    assert "太久" not in given.text
    second = api.post(f"{V1}/track/rating", json=opens | {"score": 5})
    assert second.status_code == 409 and second.json()["code"] == "already_rated"
    assert second.json()["ticket"]["rating"] == given.json()["rating"]
    ticket = portal.api("leo").get(f"{V1}/tickets/{clinic.number}").json()
    assert ticket["rating"] == given.json()["rating"]
    by_phone = {"version": ticket["version"], "scale": "s0", "label": "满意"}
    third = portal.api("agnes").post(f"{V1}/tickets/{clinic.number}/rating", json=by_phone)
    assert third.status_code == 409 and third.json()["code"] == "already_rated"


def test_a_rating_by_phone_over_the_api(portal):
    clinic = Clinic(portal)
    address = f"{V1}/tickets/{clinic.number}/rating"
    body = {"version": 0, "scale": "s1", "label": "一般"}
    own = portal.api("alice").post(address, json=body)
    assert own.status_code == 422 and own.json()["errors"][0]["code"] == "same_person"
    wrong = portal.api("agnes").post(address, json=body | {"scale": "s0"})
    assert wrong.json()["errors"][0]["field"] == "label"
    done = portal.api("agnes").post(address, json=body)
    assert done.status_code == 200, done.text
    assert {"scale": "s1", "score": 3, "way": "call"}.items() <= done.json()["rating"].items()


def test_a_voided_ticket_asks_nothing(portal):
    visitor = Visitor(portal)
    portal.api("alice").post(f"{V1}/tickets/{visitor.number}/assignment", json={"version": 1})
    voided_ticket(portal.runtime, visitor.number)
    assert "这次处理得怎么样？" not in visitor.look().text
