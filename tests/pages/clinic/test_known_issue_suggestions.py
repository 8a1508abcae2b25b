"""What a clinic sees of known issues: before it files, after 我也遇到, when it is settled."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS
from portal.reports import drafts
from portal.vault.models import SealedValue
from tests.factories.clinic import Clinic
from tests.factories.known_issues import PHONE, add_issue, follow, settle_issue
from tests.factories.portals import Portal, csrf_of, post

PLACE = "高唐县杨屯乡张四屯卫生室"
SHORT = {"institution": PLACE, "contact_phone": PHONE, "contact_name": ""}


def submission_of(page: str) -> str:
    return re.search(r'name="submission" value="([^"]+)"', page)[1]


def short_report(portal: Portal, issue_id: object, **changes: str):
    browser = portal.browser()
    address = f"/report/known-issues/{issue_id}"
    page = browser.get(address).text
    return browser.post(address, data={"csrf": csrf_of(page), "submission": submission_of(page), **SHORT, **changes})


def codes_of(page: str) -> tuple[str, str]:
    return re.search(r'id="receipt-number">([^<]+)', page)[1], re.search(r'id="receipt-code">([^<]+)', page)[1]


def test_home_tells_what_is_known_and_when_it_recovers(portal: Portal) -> None:
    assert "已知问题" not in portal.browser().get("/").text
    issue = add_issue(portal.runtime)
    late = add_issue(portal.runtime, title="登录很慢", recovers_at=clock.now() - timedelta(hours=1))
    home = portal.browser().get("/").text
    assert issue.title in home and "恢复时间待定" in home
    assert re.search(r"预计 \d+ 月 \d+ 日 \d\d:\d\d 恢复", home)
    assert f'href="/report/known-issues/{issue.id}"' in home
    settle_issue(portal.runtime, issue)
    home = portal.browser().get("/").text
    assert issue.title not in home and late.title in home


def test_many_of_them_stay_one_line(portal: Portal) -> None:
    for n in range(5):
        add_issue(portal.runtime, title=f"问题之{n}")
    assert "另有 <span data-known-count>2</span> 条" in portal.browser().get("/").text
    assert "已知问题 <span data-known-count>5</span> 条" in portal.browser().get("/report/general").text


def test_the_form_tells_those_of_its_queue_and_later_of_its_county(portal: Portal) -> None:
    add_issue(portal.runtime, title="莘县专线中断", county="莘县", keywords=())
    add_issue(portal.runtime, title="收费窗口打不开", queues=("his",), keywords=())
    clinic = Clinic(portal)
    start = clinic.open("/report/general").text
    assert "莘县专线中断" in start and "收费窗口打不开" not in start
    clinic.fill_situation()
    assert "莘县专线中断" not in clinic.open(clinic.page("situation")).text


def test_the_next_page_tells_what_the_description_is_about(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    add_issue(portal.runtime, title="别的问题", keywords=("打印机",))
    clinic = Clinic(portal)
    assert clinic.fill_situation().status_code == 303
    page = clinic.open(clinic.page("screenshots")).text
    assert "您写的可能是已知问题" in page and issue.title in page and "别的问题" not in page
    other = Clinic(portal, description="居民健康档案的照片不能上传，一直转圈")
    other.fill_situation()
    assert "已知问题" not in other.open(other.page("screenshots")).text


def test_known_issues_never_stand_in_the_way(portal: Portal) -> None:
    add_issue(portal.runtime)
    clinic = Clinic(portal)
    clinic.fill()
    assert clinic.submit().status_code == 303


def test_what_a_lead_wrote_is_escaped(portal: Portal) -> None:
    add_issue(portal.runtime, title='<b>"字', keywords=('"><script>',), cause="<i>原因</i>")
    for path in ("/", "/report/general"):
        page = portal.browser().get(path).text
        assert "<script>" not in page.replace("<script type", "") and "<i>原因" not in page and '<b>"' not in page


def test_it_asks_for_institution_and_contact_only(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    page = portal.browser().get(f"/report/known-issues/{issue.id}").text
    shown = set(re.findall(r'id="field-(\w+)" name', page))
    assert shown == {"institution", "contact_phone", "contact_name"}
    assert issue.cause in page and issue.workaround in page


def test_me_too_gives_a_receipt_and_a_tracking_page(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    answer = short_report(portal, issue.id)
    assert answer.status_code == 200
    number, code = codes_of(answer.text)
    browser = portal.browser()
    page = post(browser, "/track", "/track", number=number, query_code=code)
    assert page.status_code == 200
    assert issue.title in page.text and "恢复后这一页会告诉您" in page.text and PLACE in page.text
    assert browser.get(f"/track/{number}").status_code == 200
    assert PHONE not in page.text
    assert portal.browser().get(f"/track/{number}").status_code == 303


def test_pressed_twice_it_is_one_report(portal: Portal) -> None:
    issue, browser = add_issue(portal.runtime), portal.browser()
    address = f"/report/known-issues/{issue.id}"
    page = browser.get(address).text
    data = {"csrf": csrf_of(page), "submission": submission_of(page), **SHORT}
    first, again = browser.post(address, data=data), browser.post(address, data=data)
    assert codes_of(first.text) == codes_of(again.text)


def test_faults_stand_beside_their_fields(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    answer = short_report(portal, issue.id, institution="", contact_phone="13912")
    assert answer.status_code == 422
    assert "有 2 处需要修改" in answer.text and "请填写机构名称" in answer.text
    assert "13912" not in answer.text


def hidden_of(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(csrf|submission|kept)" value="([^"]*)"', page))


def test_a_refusal_asks_again_only_for_what_is_wrong(portal: Portal) -> None:
    issue, browser = add_issue(portal.runtime), portal.browser()
    address = f"/report/known-issues/{issue.id}"
    page = browser.get(address).text
    refused = browser.post(address, data={**hidden_of(page), **SHORT, "institution": "", "contact_name": "样例甲"}).text
    assert PHONE not in refused and "样例甲" not in refused
    assert "139****0017" in refused and refused.count("已填写（已加密保存）") == 2
    again = browser.post(address, data={**hidden_of(refused), "institution": "高唐县", "contact_phone": "12"}).text
    assert "139****0017" not in again and "有 2 处需要修改" in again and again.count("已填写（已加密保存）") == 1
    filed = browser.post(address, data={**hidden_of(again), "institution": PLACE, "contact_phone": PHONE})
    twice = browser.post(address, data={**hidden_of(again), "institution": PLACE, "contact_phone": PHONE})
    assert filed.status_code == 200 and codes_of(filed.text) == codes_of(twice.text)
    with portal.runtime.database.read() as session:
        masks = dict(session.execute(select(SealedValue.field, SealedValue.value_masked)).all())
    assert masks == {"contact_phone": "139****0017", "contact_name": "样**"}


def test_a_contact_that_is_kept_can_be_deleted(portal: Portal) -> None:
    issue, browser = add_issue(portal.runtime), portal.browser()
    address = f"/report/known-issues/{issue.id}"
    page = browser.get(address).text
    refused = browser.post(address, data={**hidden_of(page), **SHORT, "contact_name": "样例甲", "institution": ""}).text
    browser.post(address, data={**hidden_of(refused), **SHORT, "clear": "contact_name"})
    with portal.runtime.database.read() as session:
        assert list(session.scalars(select(SealedValue.field))) == ["contact_phone"]


def test_nobody_opens_a_kept_contact_with_a_made_up_name(portal: Portal) -> None:
    issue, browser = add_issue(portal.runtime), portal.browser()
    address = f"/report/known-issues/{issue.id}"
    page = browser.get(address).text
    answer = browser.post(address, data={**hidden_of(page), "kept": "k" * 43, "institution": PLACE})
    assert answer.status_code == 422 and "请填写手机号" in answer.text


@pytest.mark.parametrize("prefix", ["RC", "YX"])
def test_a_wrong_code_says_the_same_for_both_kinds_of_numbers(portal: Portal, prefix: str) -> None:
    receipt = follow(portal.runtime, add_issue(portal.runtime))
    number = receipt.number if prefix == "YX" else "RC2020010001"
    answer = post(portal.browser(), "/track", "/track", number=number, query_code="K7PM-4XRD-92")
    assert answer.status_code == 404
    assert "编号或查询码不对" in answer.text


def test_settled_it_says_so_and_goes_on_with_the_institution(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    receipt = follow(portal.runtime, issue)
    browser = portal.browser()
    post(browser, "/track", "/track", number=receipt.number, query_code=receipt.query_code)
    settle_issue(portal.runtime, issue, "已修复，请刷新")
    address = f"/track/{receipt.number}"
    page = browser.get(address).text
    assert "已修复，请刷新" in page and "问题还在" in page
    on = post(browser, address, f"{address}/report", kind="general")
    assert on.headers["location"] == "/report/general"
    assert f'value="{PLACE}"' in browser.get("/report/general").text
    token = browser.cookies["portal_draft_general"]
    begun = drafts.unfinished(portal.runtime, KINDS[TicketKind.GENERAL], token)
    assert post(browser, address, f"{address}/report", kind="general").status_code == 303
    assert browser.cookies["portal_draft_general"] == token and begun is not None
    assert post(browser, address, f"{address}/report", kind="x").status_code == 404
    stranger = portal.browser()
    assert post(stranger, "/track", f"{address}/report", kind="general").headers["location"].startswith("/track?")


def test_a_settled_or_absent_issue_takes_no_report(portal: Portal) -> None:
    issue, browser = add_issue(portal.runtime), portal.browser()
    address = f"/report/known-issues/{issue.id}"
    page = browser.get(address).text
    settle_issue(portal.runtime, issue)
    late = browser.post(address, data={"csrf": csrf_of(page), "submission": submission_of(page), **SHORT})
    assert late.status_code == 409
    assert "问题还在" in late.text and "已修复，请刷新后重试" in late.text
    assert browser.get("/report/known-issues/00000000-0000-0000-0000-000000000007").status_code == 404


def test_the_json_track_knows_tickets_only(portal: Portal) -> None:
    receipt = follow(portal.runtime, add_issue(portal.runtime))
    body = {"number": receipt.number, "query_code": receipt.query_code}
    assert portal.api().post("/api/v1/track", json=body).status_code == 404


def test_words_and_letters_stand_apart(portal: Portal) -> None:
    issue = add_issue(portal.runtime, queues=("general", "his"))
    page = portal.browser().get(f"/report/known-issues/{issue.id}").text
    assert ">提报 HIS 问题</a>" in page and ">提报日常问题</a>" in page
