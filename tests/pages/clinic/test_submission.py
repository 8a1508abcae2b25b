"""One press, one report: double clicks, going back, crashes, limits, and what the trail says of a refusal."""

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from portal import clock
from portal.accounts.limiter import RateLimit
from portal.audit import trail
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.db import Database
from portal.errors import StorageUnavailableError
from portal.kinds.fields import CheckContext
from portal.pages.clinic import forms
from portal.reports import drafts, submission
from portal.reports.draft_models import Draft
from portal.reports.drafts import BrowserOwner, DraftClosedError
from portal.reports.models import Report
from portal.tickets.models import Ticket
from portal.vault.models import DataKey
from tests.factories.clinic import Clinic, code_of, number_of, typed_in
from tests.factories.pictures import whole_screen
from tests.factories.portals import csrf_of

LIMIT = RateLimit("report-address", most=100, minutes=60)


def counted(portal, model):
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def events(portal, tag):
    with portal.runtime.database.read() as session:
        return session.scalars(select(AuditEvent).where(AuditEvent.tag == tag).order_by(AuditEvent.seq)).all()


def test_a_double_click_gives_one_ticket_and_one_receipt(portal):
    """SECURITY A-9: at once, from several threads."""
    clinic = Clinic(portal)
    clinic.fill()
    token = csrf_of(clinic.open(clinic.page("check")).text)
    cookies = dict(clinic.browser.cookies)

    def press(_):
        browser = portal.browser()
        browser.cookies.update(cookies)
        answer = browser.post(clinic.page("check"), data={"csrf": token})
        return answer.status_code, browser.get(answer.headers["location"]).text

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))
    assert {status for status, _ in answers} == {303}
    assert len({(number_of(page), code_of(page)) for _, page in answers}) == 1
    assert (counted(portal, Ticket), counted(portal, Report)) == (1, 1)


def test_going_back_and_submitting_again_gives_the_same_receipt(portal):
    clinic = Clinic(portal)
    first = clinic.file()
    token = csrf_of(first)
    for name in ("check", "situation", "identity"):
        assert clinic.browser.post(clinic.page(name), data={"csrf": token}).headers["location"] == clinic.page(
            "receipt"
        )
    changed = clinic.browser.post(clinic.page("situation"), data={"csrf": token, "institution": "改过的机构"})
    assert changed.status_code == 409 and number_of(first) in changed.text
    assert typed_in(changed.text, "institution") == "改过的机构" and f'href="{clinic.page("receipt")}"' in changed.text
    again = clinic.open(clinic.page("receipt")).text
    assert (number_of(again), code_of(again)) == (number_of(first), code_of(first))
    assert counted(portal, Ticket) == 1
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Report)).one().answers["institution"] == "高唐县杨屯乡张四屯卫生室"


def test_the_code_on_the_receipt_opens_the_ticket(portal):
    from portal.tickets import numbering

    page = Clinic(portal).file()
    with portal.runtime.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number_of(page))).one()
    assert numbering.is_code(portal.runtime.vault, code_of(page), ticket.query_code_hash)


def test_what_was_typed_is_destroyed_with_its_key_once_it_is_filed(portal):
    Clinic(portal).file()
    with portal.runtime.database.read() as session:
        draft = session.scalars(select(Draft)).one()
        purposes = set(session.scalars(select(DataKey.purpose).where(DataKey.owner_id == draft.id)))
        report = session.scalars(select(Report)).one()
    assert draft.answers_sealed is None and draft.ticket_id and draft.submitted_at
    assert purposes == {"report", "credentials"} and report.id == draft.id


def test_after_a_submission_the_form_is_empty_and_a_second_report_gets_its_own_number(portal):
    clinic = Clinic(portal)
    first = clinic.file()
    assert "上次填的内容还在" not in clinic.open(clinic.start).text
    clinic.draft = ""
    second = clinic.file()
    assert number_of(first) != number_of(second) and code_of(first) != code_of(second)


def test_the_receipt_says_what_comes_next(portal):
    page = Clinic(portal).file()
    for words in (
        "提交成功",
        "前首次回复",
        "请保存查询码，关闭后无法再次显示",
        "/track?number=",
        "清除本机记录",
        "<svg",
    ):
        assert words in page
    assert code_of(page) not in page.replace(f'id="receipt-code">{code_of(page)}', "")


def test_the_code_is_not_shown_after_half_an_hour(portal):
    clinic = Clinic(portal)
    code = code_of(clinic.file())
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(submitted_at=clock.now() - timedelta(minutes=31)))
    page = clinic.open(clinic.page("receipt")).text
    assert code not in page and "请用编号和查询码查询" in page


def portal_cookies(clinic):
    return {name for name in clinic.browser.cookies if name.startswith(("portal_draft", "portal_receipt"))}


def test_clearing_this_computer_closes_every_receipt_and_draft(portal):
    clinic = Clinic(portal)
    clinic.file()
    first = clinic.page("receipt")
    clinic.draft = ""
    clinic.file()
    second = clinic.page("receipt")
    clinic.draft = ""
    clinic.fill_situation()
    assert len(portal_cookies(clinic)) == 4
    answer = clinic.post(first)
    assert answer.headers["location"] == "/" and not portal_cookies(clinic)
    assert [clinic.open(page).status_code for page in (first, second, clinic.page("check"))] == [404] * 3
    assert counted(portal, Ticket) == 2


def test_a_second_report_leaves_the_first_receipt_where_it_was(portal):
    clinic = Clinic(portal)
    clinic.fill()
    old_check, old_receipt = clinic.page("check"), clinic.page("receipt")
    token = csrf_of(clinic.open(old_check).text)
    clinic.submit()
    codes = [code_of(clinic.open(old_receipt).text)]
    clinic.draft = ""
    clinic.fill()
    codes.append(code_of(clinic.open(old_receipt).text))
    again = clinic.browser.post(old_check, data={"csrf": token})
    assert again.headers["location"] == old_receipt
    assert clinic.open(clinic.page("check")).status_code == 200, "the draft under way keeps its cookie"
    clinic.submit()
    codes.append(code_of(clinic.open(old_receipt).text))
    assert len(set(codes)) == 1 and code_of(clinic.open(clinic.page("receipt")).text) not in codes
    assert counted(portal, Ticket) == 2


def test_the_code_is_gone_with_the_browser_that_was_closed(portal):
    clinic = Clinic(portal)
    clinic.fill()
    cookies = clinic.submit().headers.get_list("set-cookie")
    [receipt] = [header for header in cookies if header.startswith(f"portal_receipt_{clinic.draft[:8]}=")]
    assert "HttpOnly" in receipt and "max-age" not in receipt.lower() and "expires" not in receipt.lower()
    assert any(header.startswith('portal_draft_general="";') and "Max-Age=0" in header for header in cookies)
    code = code_of(clinic.open(clinic.page("receipt")).text)
    clinic.close_browser()
    page = clinic.open(clinic.page("receipt"))
    assert page.status_code == 404 and code not in page.text


def test_a_closed_browser_still_finds_what_it_has_not_submitted(portal):
    clinic = Clinic(portal)
    clinic.fill()
    clinic.close_browser()
    assert clinic.open(clinic.page("check")).status_code == 200


def test_a_browser_that_is_never_closed_keeps_its_last_receipts_only(portal):
    clinic = Clinic(portal)
    clinic.fill()
    for number in range(25):
        clinic.browser.cookies.set(f"portal_receipt_{number:08x}", "x" * 43, domain="portal.test")
    clinic.submit()
    kept = [name for name in clinic.browser.cookies if name.startswith("portal_receipt_")]
    assert len(kept) == 20 and f"portal_receipt_{clinic.draft[:8]}" in kept
    assert number_of(clinic.open(clinic.page("receipt")).text)


def test_a_receipt_cannot_be_opened_before_submission(portal):
    clinic = Clinic(portal)
    clinic.fill()
    assert clinic.open(clinic.page("receipt")).headers["location"] == clinic.page("check")


def test_a_refused_submission_stands_in_the_trail_with_codes_only(portal):
    clinic = Clinic(portal, login_password="")
    clinic.fill_situation()
    clinic.add_pictures(whole_screen())
    clinic.fill_identity(id_number="371526********1234")
    assert clinic.submit().status_code == 422
    [event] = events(portal, "report:refuse")
    assert event.particulars == {"faults": ["id_number:required", "login_password:required"]}
    assert not event.is_success
    with portal.runtime.database.read() as session:
        assert trail.verify(session).first_break is None
    # The draft goes on: mend and submit.
    clinic.fill_identity(login_password="Not-Real-77", id_number=clinic.fields["id_number"])
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    assert len(events(portal, "report:create")) == 1


@pytest.fixture
def strict(portal):
    """A portal that takes two reports an hour from one address."""
    portal.change_settings(reports_per_hour=2)
    return portal


def test_too_many_reports_from_one_address_wait_and_lose_nothing(strict):
    """SECURITY A-13."""
    for _ in range(2):
        Clinic(strict, address="192.0.2.7").file()
    clinic = Clinic(strict, address="192.0.2.7")
    clinic.fill()
    answer = clinic.submit()
    assert answer.status_code == 429 and 0 < int(answer.headers["retry-after"]) <= 3600
    assert "已填内容还在" in answer.text
    assert "高唐县杨屯乡张四屯卫生室" in clinic.open(clinic.page("check")).text
    Clinic(strict, address="192.0.2.8").file()
    assert counted(strict, Ticket) == 3


def test_a_submission_that_cannot_be_stored_leaves_the_draft_ready_to_try_again(portal, monkeypatch):
    from portal.reports import filing

    clinic = Clinic(portal)
    clinic.fill()

    def full(*args, **kwargs):
        raise StorageUnavailableError("存储空间不足，暂时不能保存。已填内容还在，请稍后再试", 507)

    with monkeypatch.context() as patched:
        patched.setattr(filing.outbox, "add", full)
        answer = clinic.submit()
        assert answer.status_code == 507 and "还没有提交" in answer.text and "存储空间不足" in answer.text
    assert counted(portal, Ticket) == 0
    page = clinic.page("situation") + "?back=check"
    assert clinic.post(page, page, institution="高唐县杨屯乡样例村卫生室").status_code == 303
    assert clinic.submit().headers["location"] == clinic.page("receipt")


def test_a_change_waits_for_a_submission_under_way_and_comes_too_late(portal):
    clinic = Clinic(portal)
    clinic.fill()
    runtime, token = portal.runtime, clinic.browser.cookies["portal_draft_general"]
    draft = drafts.find(runtime, uuid.UUID(clinic.draft), BrowserOwner(token))
    is_checked, goes_on = threading.Event(), threading.Event()

    def check(held):
        is_checked.set()
        assert goes_on.wait(10)
        return forms.checked(CheckContext.of(portal.settings))(held)

    def change():
        is_checked.wait(10)
        threading.Timer(0.3, goes_on.set).start()
        drafts.save(runtime, draft, {"institution": ["改过的机构"]})

    with ThreadPoolExecutor(2) as pool:
        changed = pool.submit(change)
        receipt = submission.submit(runtime, draft, at_clinic("127.0.0.1"), LIMIT, check)
        with pytest.raises(DraftClosedError, match="已经提交"):
            changed.result()
    assert clinic.open(clinic.page("identity")).headers["location"] == clinic.page("receipt")
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket.number)).all() == [receipt.number]
        assert session.scalars(select(Report)).one().answers["institution"] == "高唐县杨屯乡张四屯卫生室"


def test_a_report_whose_answer_was_lost_leads_to_its_receipt(portal, monkeypatch):
    """The commit stood, its answer did not arrive: nobody is told to send it again."""
    clinic = Clinic(portal)
    clinic.fill()
    run = Database.run

    def lost(*args, **kwargs):
        run(*args, **kwargs)
        raise StorageUnavailableError("系统正忙，暂时不能保存。已填内容还在，请稍后再试")

    with monkeypatch.context() as patched:
        patched.setattr(Database, "run", lost)
        assert clinic.submit().headers["location"] == clinic.page("receipt")
    assert counted(portal, Ticket) == 1
    number_of(clinic.open(clinic.page("receipt")).text)
