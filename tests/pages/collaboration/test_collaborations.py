"""The partner's only pages, and the same for staff: what is seen, what is done, and what is not there."""

import re

import pytest

from portal.accounts.roles import GRANTS, Role
from portal.acts.table import REPLY
from portal.collaboration.states import CollaborationState as C
from portal.tickets.models import Ticket
from tests.factories.cast import DEPARTMENT, add_department
from tests.factories.collaborations import ANSWER_TEXT, ASK, Case
from tests.factories.directories import add_entry
from tests.factories.portals import csrf_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def case(portal):
    return Case(portal.runtime)


def press(browser, case, step, expected=303, **fields):
    address = f"/collaborations/{case.number}"
    page = browser.get(address).text
    data = {"csrf": csrf_of(page), "version": str(case.row.version), **fields}
    answer = browser.post(f"{address}/{step}", data=data)
    assert answer.status_code == expected, answer.text
    return answer.text


def main_of(text):
    """The page without its header."""
    return text[text.index('<div class="workroom">') :]


def test_a_partner_begins_at_the_list_and_finds_only_the_own(portal, case):
    case.dispatch()
    petra = portal.signed_in("petra")
    assert petra.get("/collaborations").text.count(case.number) >= 2
    header = petra.get("/collaborations").text.split('<div class="workroom">')[0]
    assert re.findall(r'class="tab[^"]*" href="([^"]+)"', header) == ["/collaborations"]
    assert petra.get("/", follow_redirects=False).status_code in (200, 303)


def test_a_department_sees_what_the_form_said_and_nothing_else(portal, case):
    with portal.runtime.database.transaction() as session:
        ticket = session.get_one(Ticket, case.desk.ticket.id)
        ticket.excerpt = "处方保存失败 1101***********123X 账号 de***01"
    case.dispatch()
    page = main_of(portal.signed_in("petra").get(f"/collaborations/{case.number}").text)
    assert case.desk.number in page and ASK in page and DEPARTMENT in page
    assert "处方保存失败" in page and "〔已隐藏〕" in page
    assert case.desk.ticket.institution not in page
    assert "***" not in page and "de***01" not in page
    assert "/tickets/" not in page and "pictures" not in page and "previews" not in page


def test_the_name_is_shown_where_the_sender_ticks_it(portal, case):
    case.dispatch(show_institution=True)
    page = main_of(portal.signed_in("petra").get(f"/collaborations/{case.number}").text)
    assert case.desk.ticket.institution in page


def test_level_and_county_come_from_the_directory(portal, case):
    entry = add_entry(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.get_one(Ticket, case.desk.ticket.id).institution_id = entry.id
    case.dispatch()
    page = main_of(portal.signed_in("petra").get(f"/collaborations/{case.number}").text)
    assert f"{entry.county}，{entry.level_label}" in page and entry.name not in page


def test_another_departments_is_not_there(portal, case):
    case.dispatch()
    petra = portal.signed_in("petra")
    other = Case.__new__(Case)
    other.runtime, other.desk, other.department, other.number = portal.runtime, case.desk, "检验科", ""
    add_department(portal.runtime, "检验科")
    other.dispatch()
    for path in (f"/collaborations/{other.number}", f"/tickets/{case.desk.number}", "/queues/general", "/review"):
        assert petra.get(path).status_code == 404, path
    assert other.number not in petra.get("/collaborations?state=").text
    api = portal.api("petra")
    assert api.get(f"/api/v1/collaborations/{other.number}").status_code == 404
    assert api.get("/api/v1/tickets?queue=general").status_code == 404


def test_the_whole_way_on_pages(portal, case):
    case.dispatch()
    petra, alice = portal.signed_in("petra"), portal.signed_in("alice")
    press(petra, case, "start")
    press(petra, case, "answer", text=ANSWER_TEXT)
    unverified = alice.get(f"/collaborations/{case.number}").text
    assert ANSWER_TEXT in unverified and "未验证" in unverified and "data-copy" not in main_of(unverified)
    press(alice, case, "verification")
    press(alice, case, "verdict", passed="true")
    assert "data-copy" in main_of(alice.get(f"/collaborations/{case.number}").text)
    assert "data-copy" not in main_of(petra.get(f"/collaborations/{case.number}").text)
    press(petra, case, "filing", text="已改")
    press(alice, case, "filing", text="核对过")
    assert case.row.state_enum is C.FILED


def test_a_refused_text_stays_in_its_box(portal, case):
    case.bring_to(C.IN_WORK)
    petra = portal.signed_in("petra")
    typed = "账号 demo01 密码 Abc#12345 已经重置"
    page = press(petra, case, "answer", 422, text=typed)
    assert typed in page and "隐藏后发送" in page
    press(petra, case, "answer", text=typed, seal_found="1")
    assert "Abc#12345" not in case.entries()[-1].text
    case.bring_to(C.VERIFYING)
    page = press(portal.signed_in("alice"), case, "verdict", 422, passed="false", note="")
    assert "请写明为什么打回" in page


def test_a_stale_page_says_so(portal, case):
    case.bring_to(C.IN_WORK)
    page = press(portal.signed_in("petra"), case, "answer", 409, version="1", text=ANSWER_TEXT)
    assert "这条协作有了变化" in page and ANSWER_TEXT in page


def test_the_fold_on_the_ticket_page(portal, case):
    alice = portal.signed_in("alice")
    page = alice.get(f"/tickets/{case.desk.number}").text
    assert "部门会看到这些" in page and f'value="{DEPARTMENT}"' in page
    case.bring_to(C.ANSWERED)
    page = alice.get(f"/tickets/{case.desk.number}").text
    assert f'href="/collaborations/{case.number}"' in page and "去验证" in page
    assert ANSWER_TEXT not in page  # nothing to copy here
    token = csrf_of(page)
    fields = {"csrf": token, "version": str(case.desk.ticket.version), "department": DEPARTMENT, "ask": ASK}
    answer = alice.post(
        f"/tickets/{case.desk.number}/collaborations", data={**fields, "kind": "help", "is_urgent": "true"}
    )
    assert answer.status_code == 303, answer.text
    page = alice.get(answer.headers["location"]).text
    assert "已派发：XZ" in page


def test_a_notice_leads_to_its_collaboration(portal, case):
    case.dispatch()
    petra = portal.signed_in("petra")
    page = petra.get("/account/notices").text
    assert "派给您部门的协作" in page
    data = {"csrf": csrf_of(page), "event": "collaboration-dispatched", "number": case.number}
    assert petra.post("/account/notices", data=data).headers["location"] == f"/collaborations/{case.number}"


def test_a_suggestions_outcome_is_told_once_it_is_verified(portal, case):
    case.bring_to(C.VERIFYING, kind="suggestion", text="下个版本会加上批量打印，预计明年一月")
    public = [line.text for line in case.desk.entries() if line.is_public]
    assert not any("批量打印" in text for text in public)
    press(portal.signed_in("alice"), case, "verdict", passed="true")
    line = case.desk.entries()[-1]
    assert line.is_public and "采纳" in line.text and "批量打印" in line.text
    assert case.desk.ticket.reply_outcome == "met"
    case.desk.act(REPLY, text="还有别的建议可以继续告诉我们")


def test_a_partner_has_no_other_right(backend):
    own = {"collaboration:view", "collaboration:work", "own-notices:read"}
    own |= {"own-score:read", "own-score:answer"}  # a sheet of one's own: else absent
    assert {permission.value for permission in GRANTS[Role.PARTNER]} == own
