"""代客提报: the page follows the kinds table, keeps everything through every failure, and never loosens a rule."""

import re
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from portal import clock
from portal.audit.models import AuditEvent
from portal.reports import draft_answers, drafts
from portal.reports.call_records import CallRecord
from portal.reports.draft_models import Draft
from portal.reports.drafts import StaffOwner
from portal.reports.models import Report
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import DataKey, SealedValue
from tests.factories import people
from tests.factories.clinic import read_at
from tests.factories.desk_filing import desk_fields, open_form, pictures, send, without_secrets
from tests.factories.people import id_number
from tests.factories.pictures import draw_screen, encode, whole_screen

SECRET = "Invented#Pass77"
SECRET_NUMBER = id_number(seed=5151)


@pytest.fixture
def desk(portal):
    return portal.signed_in("agnes")


def one(portal, model):
    with portal.runtime.database.read() as session:
        return session.scalars(select(model)).one()


def count(portal, model):
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def faults_of(page):
    """The fields that the list of errors names; each of its lines leads to something on the page."""
    lines = re.findall(r'<li><a href="#(field-([a-z_]+)(?:-error)?)">', page)
    assert [target for target, _ in lines if page.count(f' id="{target}"') != 1] == []
    return [field for _, field in lines]


@pytest.mark.parametrize("name", ["agnes", "alice", "leo"])
def test_an_agent_an_engineer_and_a_lead_file_for_others(portal, name):
    browser = portal.signed_in(name)
    address, token = open_form(browser)
    answer = send(browser, address, token, pictures(whole_screen()), **desk_fields("phone"))
    assert answer.status_code == 303, faults_of(answer.text)
    ticket, report, entry = one(portal, Ticket), one(portal, Report), one(portal, CallRecord)
    assert (ticket.channel, ticket.state, report.filed_by) == ("phone", "submitted", name)
    assert entry.ticket_id == ticket.id and entry.identity_method == "contact" and not entry.is_late
    page = browser.get(answer.headers["location"]).text
    assert ticket.number in page and "念给客户听" in page


def test_an_admin_cannot_file_and_a_stranger_is_sent_to_sign_in(portal):
    assert portal.signed_in("ada").get("/desk/reports/new").status_code == 403
    assert portal.browser().get("/desk/reports/new").status_code == 303


def test_what_is_unusual_is_asked_once_beside_every_fault(portal, desk):
    """As a clinic is asked on its check page; it never stops the report (DESK 3.2)."""
    address, token = open_form(desk)
    odd = desk_fields("qq", occurred_at="2019-11-28", contact_phone="1380000123", description="短")
    page = send(desk, address, token, pictures(whole_screen()), **odd).text
    assert "年份对吗" in page and "10 位，对吗" in page and faults_of(page) == ["description"]
    assert count(portal, Ticket) == 0
    asked = re.search(r'name="asked" value="([^"]+)"', page)[1]
    assert asked == "occurred_at contact_phone"
    good = {**odd, "description": desk_fields()["description"]}
    assert "年份对吗" in send(desk, address, token, **good).text and count(portal, Ticket) == 0
    assert send(desk, address, token, **good, asked=asked).status_code == 303


def test_the_code_that_is_read_out_opens_the_report(portal, desk):
    address, token = open_form(desk)
    answer = send(desk, address, token, pictures(whole_screen()), **desk_fields(scope="institution"))
    page = desk.get(answer.headers["location"]).text
    assert "建议看看是否更急：影响全机构" in page  # suggested, never set (REQUIREMENTS E3)
    code = re.search(r"查询码是 ([0-9A-Z ]+)，", page)[1]
    ticket = one(portal, Ticket)
    assert ticket.urgency_enum.name == "NORMAL"
    found = portal.browser().post("/api/v1/track", json={"number": ticket.number, "query_code": code})
    assert found.status_code == 200 and found.json()["number"] == ticket.number
    assert "callback" not in found.text and "代客" not in found.text


def test_the_code_is_gone_after_half_an_hour(portal, desk, monkeypatch):
    address, token = open_form(desk)
    answer = send(desk, address, token, pictures(whole_screen()), **desk_fields())
    late = clock.now() + timedelta(minutes=31)
    monkeypatch.setattr(drafts.clock, "now", lambda: late)
    with portal.runtime.database.read() as session:
        draft = session.scalars(select(Draft)).one()
    assert not drafts.find(portal.runtime, draft.id, StaffOwner(draft.user_id)).shows_receipt
    assert answer.status_code == 303


def test_qq_takes_a_report_without_secrets_and_marks_it(portal, desk):
    address, token = open_form(desk)
    answer = send(desk, address, token, pictures(whole_screen()), **without_secrets("qq"))
    assert answer.status_code == 303, faults_of(answer.text)
    ticket = one(portal, Ticket)
    assert ticket.state == "submitted"
    assert portal.signed_in("alice").get(f"/tickets/{ticket.number}").text.count("该渠道可不附") == 3


@pytest.mark.parametrize("channel", ["phone", "visit", "yxt"])
def test_other_channels_cannot_leave_secrets_out(portal, desk, channel):
    address, token = open_form(desk)
    answer = send(desk, address, token, pictures(whole_screen()), **without_secrets(channel, is_incomplete="1",
                  incomplete_note="对方说不方便"))  # fmt: skip
    assert answer.status_code == 422
    contradiction = ["is_incomplete"] if channel == "yxt" else []  # not allowed there at all
    assert faults_of(answer.text) == ["id_number", "login_account", "login_password", *contradiction]
    assert count(portal, Report) == 0


def test_a_call_without_a_picture_starts_as_waiting_for_it(portal, desk):
    address, token = open_form(desk)
    assert send(desk, address, token, **desk_fields("phone")).status_code == 303
    assert one(portal, Ticket).state == "awaiting_information"


def test_qq_cannot_leave_the_picture_out(desk):
    address, token = open_form(desk)
    answer = send(desk, address, token, **without_secrets("qq"))
    assert answer.status_code == 422 and faults_of(answer.text) == ["screenshots"]


def test_his_asks_its_own_fields(portal, desk):
    address, token = open_form(desk)
    answer = send(desk, address, token, pictures(whole_screen()), **without_secrets("phone", "his"))
    assert faults_of(answer.text) == ["patient_id_number", "inpatient_number", "login_account", "login_password"]
    assert send(desk, address, token, **desk_fields("phone", "his")).status_code == 303
    assert one(portal, Ticket).queue == "his"


def test_a_channel_has_to_be_chosen(portal, desk):
    address, token = open_form(desk)
    for wrong in (None, "", "telex"):
        answer = send(desk, address, token, pictures(), **desk_fields(channel=wrong))
        assert answer.status_code == 422 and faults_of(answer.text)[0] == "channel"
    assert count(portal, Report) == 0


def test_without_a_channel_no_secret_is_demanded(portal, desk):
    address, token = open_form(desk)
    nothing = send(desk, address, token, pictures(whole_screen()), kind="general", action="file")
    assert faults_of(nothing.text) == ["channel", "institution", "previous_system", "description"]
    assert count(portal, Report) == 0


def test_a_clinic_cannot_forge_a_channel(portal):
    browser = portal.browser()
    token = re.search(r'name="csrf" value="([^"]+)"', browser.get("/report/general").text)[1]
    fields = {k: v for k, v in without_secrets("qq").items() if k != "action"}
    browser.post("/report/general", data={"csrf": token, **fields})
    draft = browser.post(f"/desk/reports/drafts/{uuid.uuid4()}", data={"csrf": token, **fields})
    assert draft.status_code in (303, 401) and "/sign-in" in draft.headers.get("location", "/sign-in")
    answer = portal.browser().post("/api/v1/reports", data=fields, files=pictures(whole_screen()))
    assert "channel_not_allowed" in answer.text
    assert count(portal, Report) == 0 and one(portal, Draft).user_id is None


def test_nothing_is_typed_or_chosen_twice_after_a_refusal(portal, desk):
    address, token = open_form(desk)
    fields = desk_fields("phone", description="短", contact_phone="13800138000", service_began="2026-01-02T03:04")
    refused = send(desk, address, token, pictures(whole_screen()), **fields)
    assert refused.status_code == 422 and faults_of(refused.text) == ["description"]
    for page in (refused.text, desk.get(address).text):
        assert fields["institution"] in page and "2026-01-02T03:04" in page and "1366 × 768" in page
        assert page.count("已填写（已加密保存）") == 4
        for secret in (SECRET, fields["id_number"], fields["login_account"], "13800138000"):
            assert secret not in page
    again = {"description": "打开高血压随访表，点保存后提示参数错误", "action": "file"}
    assert send(desk, address, token, **again).status_code == 303
    with portal.runtime.database.read() as session:
        report = session.scalars(select(Report)).one()
        kept = {row.field for row in session.scalars(select(SealedValue))}
        assert session.scalar(select(func.count()).select_from(Screenshot)) == 1
    assert report.answers["previous_system"] == "浪潮系统"
    assert kept == {"id_number", "login_account", "login_password", "contact_phone"}


def test_changing_the_kind_back_and_forth_loses_nothing(portal, desk):
    address, token = open_form(desk)
    inpatient = {"inpatient_number": "ZY20269417", "patient_id_number": id_number(seed=22)}
    assert send(desk, address, token, **desk_fields("qq", action="save")).status_code == 303
    assert send(desk, address, token, kind="his", action="save", **inpatient).status_code == 303
    page = desk.get(address).text
    hidden = re.findall(r'<div class="asked[^"]*" [^>]* hidden>.*?for="field-([a-z_]+)"', page, re.DOTALL)
    assert "previous_system" in hidden and "inpatient_number" not in hidden
    assert send(desk, address, token, pictures(whole_screen()), kind="general", action="file").status_code == 303
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Report)).one().answers["previous_system"] == "浪潮系统"
        assert "inpatient_number" not in set(session.scalars(select(SealedValue.field)))


def test_the_word_of_the_channel_stands_beside_the_field(desk):
    page = desk.get("/desk/reports/new?kind=his&channel=qq").text
    shown = re.findall(r"data-need-note>([^<]+)<", page)
    assert shown.count("该渠道可不附") == 5
    assert "可以先不附" not in "".join(shown)
    assert "可以先不附" in "".join(
        re.findall(r"data-need-note>([^<]+)<", desk.get("/desk/reports/new?channel=visit").text)
    )


def test_a_second_press_gives_the_same_report(portal, desk):
    address, token = open_form(desk)
    first = send(desk, address, token, pictures(whole_screen()), **desk_fields())
    second = send(desk, address, token, pictures(whole_screen()), **desk_fields())
    assert first.headers["location"] == f"{address}/receipt"
    assert desk.get(second.headers["location"]).headers["location"] == f"{address}/receipt"
    assert count(portal, Ticket) == 1


def test_a_draft_is_its_writers_alone(portal, desk):
    address, token = open_form(desk)
    send(desk, address, token, pictures(whole_screen()), **desk_fields(action="save"))
    other = portal.signed_in("leo")
    their_address, their_token = open_form(other)
    assert other.get(address).status_code == 404
    assert send(other, address, their_token, description="覆盖", action="save").status_code == 404
    picture = one(portal, Screenshot)
    assert desk.get(f"{address}/pictures/{picture.id}").headers["content-type"] == "image/jpeg"
    assert other.get(f"{address}/pictures/{picture.id}").status_code == 404
    send(other, their_address, their_token, description="打开随访表后报错，不能保存", action="save")
    assert other.get(f"{their_address}/pictures/{picture.id}").status_code == 404


def test_what_was_typed_stands_nowhere_in_clear_and_is_destroyed_with_filing(portal, desk):
    address, token = open_form(desk)
    send(desk, address, token, **desk_fields("phone", action="save"))
    draft = one(portal, Draft)
    with portal.runtime.database.read() as session:
        assert SECRET.encode() not in draft.answers_sealed
        assert SECRET in draft_answers.read(session, portal.runtime.vault, draft)["login_password"]
    assert send(desk, address, token, action="file").status_code == 303
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Draft.answers_sealed)).one() is None
        purposes = session.scalars(select(DataKey.purpose).where(DataKey.owner_id == draft.id))
        assert sorted(purposes) == ["credentials", "report"]


def test_the_sweep_removes_old_drafts_and_leaves_reports(portal, desk):
    address, token = open_form(desk)
    send(desk, address, token, pictures(whole_screen()), **desk_fields())
    other, token = open_form(desk)
    send(desk, other, token, pictures(whole_screen(seed=2)), **desk_fields(action="save"))
    with portal.runtime.database.transaction() as session:
        for row in session.scalars(select(Draft)):
            row.changed_at -= timedelta(days=2)
    assert drafts.sweep_drafts(portal.runtime) == 2
    assert count(portal, Draft) == 0 and count(portal, Report) == 1 and count(portal, Screenshot) == 1
    assert len(list(portal.runtime.blobs.stored())) == 1


def test_a_small_picture_is_kept_only_on_a_written_word(portal, desk):
    address, token = open_form(desk)
    small = encode(draw_screen(900, 500))
    refused = send(desk, address, token, pictures(small), **desk_fields("qq"))
    assert refused.status_code == 422 and faults_of(refused.text) == ["screenshots"]
    picture = one(portal, Screenshot)
    assert picture.verdict == "refuse" and "写明保留的原因" in refused.text
    # In the list above and at the slot, not once more.
    assert read_at(refused.text, "pc").count("这张图是 900 × 500 像素") == 2
    blank = send(desk, address, token, **{f"keep-{picture.id}": "　 "}, action="file")
    assert blank.status_code == 422
    reason = "客户用的是 1024×600 的旧上网本"
    typed, reason = f"{reason}，{SECRET_NUMBER}", f"{reason}，{SECRET_NUMBER[:3]}***********{SECRET_NUMBER[-4:]}"
    assert send(desk, address, token, **{f"keep-{picture.id}": typed}, action="file").status_code == 303
    kept, ticket = one(portal, Screenshot), one(portal, Ticket)
    assert (kept.verdict, kept.message) == ("override", reason)
    assert "override" in ticket.picture_flags
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == "picture:override")).one()
    assert (row.ticket_number, row.reason, row.actor_name) == (ticket.number, reason, "agnes")
    page = portal.signed_in("alice").get(f"/tickets/{ticket.number}").text
    assert "人工保留" in page and reason in page


def test_a_blank_or_broken_picture_cannot_be_kept_on_a_word(portal, desk):
    from PIL import Image

    address, token = open_form(desk)
    bad = (encode(Image.new("RGB", (900, 500), "white")), encode(Image.new("RGB", (1366, 768), "white")), b"GIF89a",
           encode(draw_screen(900, 500))[:4000], encode(draw_screen(900, 500).crop((0, 0, 90, 400))))  # fmt: skip
    for content in bad:
        assert send(desk, address, token, pictures(content), **desk_fields("qq")).status_code == 422
    assert count(portal, Screenshot) == 0


def test_an_asked_picture_needs_its_tick(portal, desk):
    address, token = open_form(desk)
    asked = encode(draw_screen(1366, 728, taskbar=False))
    refused = send(desk, address, token, pictures(asked), **desk_fields("qq"))
    assert refused.status_code == 422 and faults_of(refused.text) == ["screenshots"]
    picture = one(portal, Screenshot)
    assert picture.verdict == "ask"
    ticked = send(desk, address, token, action="file", confirm_full_screen=str(picture.id))
    assert ticked.status_code == 303, faults_of(ticked.text)


def test_a_late_entry_needs_a_reason_and_is_marked(portal, desk):
    ended = clock.in_china(clock.now() - timedelta(minutes=50)).strftime("%Y-%m-%dT%H:%M")
    address, token = open_form(desk)
    late = send(desk, address, token, pictures(whole_screen()), **desk_fields(service_ended=ended))
    assert faults_of(late.text) == ["late_reason"]
    assert (
        send(desk, address, token, late_reason="中午停电，账号：abc123 密码：Invented9", action="file").status_code
        == 303
    )
    entry = one(portal, CallRecord)
    assert entry.is_late and "Invented9" not in entry.late_reason and "中午停电" in entry.late_reason
    number = one(portal, Ticket).number
    assert "补录" in portal.signed_in("alice").get(f"/tickets/{number}").text
    leo = portal.signed_in("leo")
    assert "补录" in leo.get(f"/review/tickets/{number}").text
    assert send(desk, *open_form(desk), pictures(whole_screen()), **desk_fields()).status_code == 303
    listed = leo.get("/review/tickets?queue=general&late=1").text
    assert re.findall(r'href="/review/tickets/(RC\d+)"', listed) == [number]
    assert "中午停电" in listed and "赵坐席" in listed and "Invented9" not in listed
    assert "没有补录的问题" in leo.get("/review/tickets?queue=his&late=1").text


def test_what_was_begun_without_an_institution_says_so(portal, desk):
    send(desk, *open_form(desk), institution="", action="save")
    assert "没有填写机构，" in desk.get("/desk/reports/new").text


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"service_ended": "2199-01-01T10:00"}, ["service_ended"]),
        ({"service_ended": "明天"}, ["service_ended"]),
        ({"service_began": "2199-01-01T10:00"}, ["service_began"]),
        ({"service_began": "0001-01-01T00:00"}, ["service_began"]),
        ({"service_ended": "1026-07-22T14:05"}, ["service_ended"]),
        ({"is_incomplete": "1"}, ["incomplete_note"]),
        ({"is_incomplete": "1", "incomplete_note": "没有问到", "channel": "yxt"}, ["is_incomplete"]),
        ({"may_call_back": "1"}, ["may_call_back"]),
        ({"may_call_back": "1", "contact_phone": "  "}, ["may_call_back"]),
        ({"is_incomplete": "1", "incomplete_note": "长" * 1001}, ["incomplete_note"]),
        ({"is_incomplete": "1", "incomplete_note": "空\x00字"}, ["incomplete_note"]),
    ],
)
def test_wrong_facts_of_the_service_are_told(portal, desk, changes, wrong):
    address, token = open_form(desk)
    answer = send(desk, address, token, pictures(whole_screen()), **desk_fields(**changes))
    assert answer.status_code == 422 and faults_of(answer.text) == wrong
    assert count(portal, Report) == 0


def test_the_incomplete_note_is_kept_with_the_report(portal, desk):
    address, token = open_form(desk)
    send(desk, address, token, pictures(whole_screen()),
         **desk_fields(is_incomplete="1", incomplete_note="没有问到账号是谁的", may_call_back="1",
                      contact_phone=people.phone(3)))  # fmt: skip
    entry = one(portal, CallRecord)
    assert entry.incomplete_note == "没有问到账号是谁的" and entry.may_call_back


def test_an_agent_cannot_reveal_or_open_what_was_just_filed(portal, desk):
    address, token = open_form(desk)
    send(desk, address, token, pictures(whole_screen()), **desk_fields())
    ticket, picture = one(portal, Ticket), one(portal, Screenshot)
    assert desk.get(f"/tickets/{ticket.number}/pictures/1").status_code == 403
    assert desk.get(f"{address}/pictures/{picture.id}").status_code == 404
    client = portal.api("agnes")
    answer = client.post(f"/api/v1/tickets/{ticket.number}/reveals", json={"field": "login_password", "reason": "排查"})
    assert answer.status_code == 403


@pytest.mark.parametrize("kind", ["general", "his"])
def test_the_blank_sheet_has_no_room_for_secrets(portal, kind):
    page = portal.browser().get(f"/print/{kind}")
    assert page.status_code == 200
    rows = re.findall(r'<th scope="row">([^<]+)', page.text)
    assert not {"身份证号（举例子）", "账号", "密码", "患者身份证号", "住院号"} & set(rows)
    assert "请不要写在这张纸上" in page.text and "密码" in page.text
    assert portal.browser().get("/print/other").status_code == 404


def test_who_may_file_finds_the_tab(portal):
    for name, is_there in (("agnes", True), ("alice", True), ("leo", True), ("ada", False)):
        page = portal.signed_in(name).get("/account").text
        assert ('href="/desk/reports/new"' in page) is is_there
