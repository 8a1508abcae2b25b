"""补充链接: one request, once, 72 hours; a look uses nothing up, a wrong one says nothing (REQUIREMENTS A8)."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.screenshots.models import Screenshot
from portal.supplements import links as links_module
from portal.supplements import receiving
from portal.supplements.models import SupplementLink
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import ticket_named
from tests.factories.people import id_number
from tests.factories.pictures import draw_screen, encode, whole_screen
from tests.factories.portals import csrf_of, post
from tests.factories.reports import file_report

PASSWORD = "Invented#Pass99"
WANTED = ("id_number", "login_account", "login_password")
NO_SECRETS = dict.fromkeys(WANTED)


@pytest.fixture
def waiting(portal):
    """The number of a QQ report for whose secrets its engineer has asked."""
    return asked(portal)


def asked(portal, *fields):
    number = file_report(portal.runtime, channel="qq", **NO_SECRETS).number
    with portal.runtime.database.transaction() as session:
        alice = actor(portal.runtime, "alice")
        perform(session, portal.runtime, alice, CLAIM, number, 1)
        perform(session, portal.runtime, alice, ASK, number, 2, fields=fields or WANTED, message="需要登录核对")
    return number


def made(portal, number, name="agnes"):
    """The path of a new link."""
    page = post(portal.signed_in(name), f"/tickets/{number}", f"/tickets/{number}/supplement-link")
    assert page.status_code == 200, page.text
    return re.search(r"http://portal\.test(/supplement/[\w-]+)", page.text)[1]


def answers(**changes):
    fields = {"id_number": id_number(seed=5), "login_account": "qqtest05", "login_password": PASSWORD, **changes}
    return {name: value for name, value in fields.items() if value is not None}


def supply(portal, path, browser=None, files=None, **fields):
    browser = browser or portal.browser()
    return browser.post(path, data={"csrf": csrf_of(browser.get(path).text), **fields}, files=files)


def tags(portal, number):
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.ticket_number == number).order_by(AuditEvent.seq))
        return [row.tag for row in rows]


def test_the_whole_way_of_a_qq_report(portal, waiting):
    path = made(portal, waiting)
    answer = supply(portal, path, **answers())
    assert (answer.status_code, answer.headers["location"]) == (303, "/supplement/done")
    ticket = ticket_named(portal.runtime, waiting)
    assert ticket.state == "in_progress"
    with portal.runtime.database.read() as session:
        fields = session.scalars(select(SealedValue.field).where(SealedValue.owner_id == ticket.report_id)).all()
        row = session.scalars(select(SupplementLink)).one()
    assert set(WANTED) <= set(fields)
    assert row.used_at is not None and row.token_hash not in path and path.rsplit("/", 1)[1] not in row.token_hash
    assert tags(portal, waiting).count("ticket:secure-link") == 1
    assert tags(portal, waiting).count("report:secure-link") == 1


def test_the_page_offers_the_link_right_after_asking(portal):
    number = file_report(portal.runtime, channel="qq", **NO_SECRETS).number
    alice = portal.signed_in("alice")
    post(alice, f"/tickets/{number}", f"/tickets/{number}/assignment", version="1")
    there = post(alice, f"/tickets/{number}", f"/tickets/{number}/information-request",
                 version="2", fields=list(WANTED)).headers["location"]  # fmt: skip
    page = alice.get(there).text
    assert "这条是从 QQ 来的，请把一次性链接发给机构" in page
    assert page.index("生成补充链接") < page.index('id="problem-title"')


def test_a_token_has_160_bits_and_stands_nowhere(portal, waiting):
    path = made(portal, waiting)
    token = path.rsplit("/", 1)[1]
    assert len(token) == 27
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent)).all()
    assert not any(token in f"{row.detail}{row.particulars}{row.reason}" for row in rows)
    assert token not in portal.signed_in("agnes").get(f"/tickets/{waiting}").text
    assert (
        portal.signed_in("agnes").get(f"/tickets/{waiting}/supplement-link").headers["location"]
        == f"/tickets/{waiting}"
    )


def test_the_log_does_not_tell_the_token(portal, waiting, caplog):
    path = made(portal, waiting)
    with caplog.at_level("INFO", "portal.access"):
        portal.browser().get(path)
    assert "/supplement/…" in caplog.text and path not in caplog.text


def test_looking_uses_nothing_up(portal, waiting):
    path = made(portal, waiting)
    for _ in range(3):
        page = portal.browser().get(path)
        assert page.status_code == 200
    portal.browser().head(path)
    assert supply(portal, path, **answers()).status_code == 303


def test_the_page_shows_the_number_and_the_institution_and_nothing_else(portal):
    number = asked(portal, "login_password")
    page = portal.browser().get(made(portal, number))
    assert number in page.text and "高唐县杨屯乡张四屯卫生室" in page.text
    for told in ("高血压随访表", "浪潮系统", "需要登录核对", "张工", 'name="id_number"', "login_account", "处理"):
        assert told not in re.sub(r"<p>工程师处理这个问题还需要.*?</p>", "", page.text)
    assert page.text.count("input--secret") == 1
    assert page.headers["referrer-policy"] == "no-referrer" and "no-store" in page.headers["cache-control"]
    assert '<meta name="referrer" content="no-referrer">' in page.text
    links = re.findall(r'<a [^>]*href="([^"]+)"', page.text)
    assert [link for link in links if not link.startswith(("#", "tel:"))] == []


@pytest.fixture
def dead(portal, waiting):
    """Paths of links that are over, by why."""
    used_number, expired_number = asked(portal), asked(portal)
    used, expired = made(portal, used_number), made(portal, expired_number)
    assert supply(portal, used, **answers()).status_code == 303
    with portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == expired_number)).one()
        link = session.scalars(select(SupplementLink).where(SupplementLink.ticket_id == ticket.id)).one()
        link.expires_at = clock.now() - timedelta(seconds=1)
    replaced = made(portal, waiting)
    made(portal, waiting, "alice")
    return {"used": used, "expired": expired, "replaced": replaced, "unknown": "/supplement/" + "A" * 27}


def test_wrong_used_expired_and_replaced_look_alike(portal, dead):
    pages = {why: portal.browser().get(path) for why, path in dead.items()}
    assert {page.status_code for page in pages.values()} == {404}
    assert len({page.text for page in pages.values()}) == 1
    assert "链接不能用了" in pages["used"].text
    form = portal.browser()
    token = csrf_of(form.get("/track").text)
    posts = {why: form.post(path, data={"csrf": token, **answers()}) for why, path in dead.items()}
    assert {page.status_code for page in posts.values()} == {404} and len({page.text for page in posts.values()}) == 1


def test_seventy_two_hours(portal, waiting):
    made(portal, waiting)
    with portal.runtime.database.read() as session:
        row = session.scalars(select(SupplementLink)).one()
    assert row.expires_at - row.created_at == timedelta(hours=72)


def test_a_link_dies_with_its_request(portal, waiting):
    path = made(portal, waiting)
    ticket = ticket_named(portal.runtime, waiting)
    values = {name: [value] for name, value in answers().items()}
    receiving.supplement(portal.runtime, at_clinic(), ticket.id, values, [])
    assert portal.browser().get(path).status_code == 404
    with portal.runtime.database.transaction() as session:
        alice = actor(portal.runtime, "alice")
        version = ticket_named(portal.runtime, waiting).version
        perform(session, portal.runtime, alice, ASK, waiting, version, fields=("login_password",))
    assert portal.browser().get(path).status_code == 404


def test_right_answers_stay_and_wrong_ones_are_asked_again(portal, waiting):
    path, browser = made(portal, waiting), portal.browser()
    wrong = supply(portal, path, browser, **answers(id_number="11010119900307***X"))
    assert wrong.status_code == 422 and PASSWORD not in wrong.text
    assert re.findall(r'name="(id_number|login_account|login_password)"', wrong.text) == ["id_number"]
    answer = supply(portal, path, browser, id_number=id_number(seed=6))
    assert answer.headers["location"] == "/supplement/done"


def test_a_part_is_taken_and_the_link_waits_for_the_rest(portal, waiting):
    path, browser = made(portal, waiting), portal.browser()
    answer = supply(portal, path, browser, login_account="qqtest05")
    assert answer.headers["location"] == f"{path}?done=part"
    assert "还有 2 项" in browser.get(answer.headers["location"]).text
    rest = answers(login_account=None)
    assert supply(portal, path, browser, **rest).headers["location"] == "/supplement/done"


def test_what_was_not_asked_for_is_not_taken(portal):
    number = asked(portal, "login_account")
    path = made(portal, number)
    supply(portal, path, **answers(), description="换掉的描述换掉的描述", contact_phone="13800138000")
    ticket = ticket_named(portal.runtime, number)
    with portal.runtime.database.read() as session:
        fields = session.scalars(select(SealedValue.field).where(SealedValue.owner_id == ticket.report_id)).all()
    assert list(fields) == ["login_account"]


def test_pictures_obey_the_picture_rule(portal):
    number = asked(portal, "screenshots")
    path, browser = made(portal, number), portal.browser()
    crop = {"screenshots": ("a.png", encode(draw_screen(600, 300)), "image/png")}
    assert supply(portal, path, browser, files=crop).status_code == 422
    whole = {"screenshots": ("a.png", whole_screen(seed=3), "image/png")}
    assert supply(portal, path, browser, files=whole).headers["location"] == "/supplement/done"
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Screenshot)) == 2


def test_a_link_needs_something_that_can_be_supplied(portal):
    number = file_report(portal.runtime).number
    answer = post(portal.signed_in("agnes"), f"/tickets/{number}", f"/tickets/{number}/supplement-link")
    assert answer.status_code == 409
    with portal.runtime.database.read() as session:
        assert session.scalars(select(SupplementLink)).all() == []


def test_a_swapped_row_opens_no_other_ticket(portal, waiting):
    """Whoever can write into the table of links, and holds one of them, still opens only what it was made for."""
    other = asked(portal)
    path, _ = made(portal, waiting), made(portal, other)
    with portal.runtime.database.transaction() as session:
        mine, theirs = (
            session.scalars(
                select(SupplementLink)
                .join(Ticket, Ticket.id == SupplementLink.ticket_id)
                .where(Ticket.number == number)
            ).one()
            for number in (waiting, other)
        )
        mine.ticket_id, mine.request_id = theirs.ticket_id, theirs.request_id
    page = portal.browser().get(path)
    assert (page.status_code, other in page.text) == (404, False)


def test_a_prolonged_link_opens_nothing(portal, waiting):
    path = made(portal, waiting)
    with portal.runtime.database.transaction() as session:
        session.scalars(select(SupplementLink)).one().expires_at -= timedelta(hours=1)
    assert portal.browser().get(path).status_code == 404


def test_an_engineer_of_the_other_queue_cannot_make_a_link(portal, waiting):
    hanna = portal.signed_in("hanna")
    token = csrf_of(hanna.get("/account").text)
    foreign = hanna.post(f"/tickets/{waiting}/supplement-link", data={"csrf": token})
    absent = hanna.post("/tickets/RC2020010001/supplement-link", data={"csrf": token})
    assert (foreign.status_code, absent.status_code) == (404, 404)


def test_wrong_links_are_limited_by_address(portal):
    browser = portal.browser("10.9.8.7")
    tries = links_module._LINK.wrong_tries.most + 2
    statuses = [browser.get(f"/supplement/guess-{n}").status_code for n in range(tries)]
    assert statuses[0] == 404 and statuses[-1] == 429
    assert portal.browser("10.9.8.6").get("/supplement/guess").status_code == 404


def test_a_browser_that_hides_its_origin_may_answer_and_a_foreign_one_cannot(portal, waiting):
    path, browser = made(portal, waiting), portal.browser()
    data = {"csrf": csrf_of(browser.get(path).text), **answers()}
    assert browser.post(path, data=data, headers={"origin": "http://elsewhere.test"}).status_code == 403
    assert browser.post(path, data=data, headers={"sec-fetch-site": "cross-site", "origin": "null"}).status_code == 403
    for page in (path, "/track"):
        assert browser.post(page, data={**data, "csrf": ""}, headers={"origin": "null"}).status_code == 403
    assert browser.post(path, data=data, headers={"origin": "null"}).status_code == 303


def test_the_text_for_qq_has_the_link_and_no_code(portal, waiting):
    page = post(portal.signed_in("agnes"), f"/tickets/{waiting}", f"/tickets/{waiting}/supplement-link")
    text = re.search(r'id="qq-text"[^>]*>\n(.*?)</textarea>', page.text, re.DOTALL)[1]
    assert "/supplement/" in text and waiting in text and f"/track?number={waiting}" in text
