"""查询进度 in a browser without script: opening, supplementing, confirming."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from portal import clock
from portal.accounts.models import User
from portal.acts import closing
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket
from portal.tickets.numbering import hash_code
from portal.tracking import access
from tests.factories import people
from tests.factories.acts import with_cause
from tests.factories.closing import voided_ticket
from tests.factories.moments import move_clock
from tests.factories.pictures import crop_of_screen, photo_of_screen, whole_screen
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.reports import file_report


class Visitor:
    """A browser at a clinic with the receipt in hand."""

    def __init__(self, portal: Portal, kind: str = "general", **changes: Any) -> None:
        self.portal = portal
        self.receipt = file_report(portal.runtime, kind, **changes)
        self.number, self.code = self.receipt.number, self.receipt.query_code
        self.browser = portal.browser()

    @property
    def page(self) -> str:
        return f"/track/{self.number}"

    def look(self, number: str | None = None, code: str | None = None) -> Any:
        number = self.number if number is None else number
        return post(self.browser, "/track", "/track", number=number, query_code=self.code if code is None else code)

    def staff(self, name: str, **body: Any) -> None:
        alice = self.portal.api("alice")
        if not hasattr(self, "version"):
            self.version = alice.post(f"/api/v1/tickets/{self.number}/assignment", json={"version": 1}).json()[
                "version"
            ]
        body = {"version": self.version, **with_cause(name, body)}
        answer = alice.post(f"/api/v1/tickets/{self.number}/{name}", json=body)
        assert answer.status_code == 200, answer.text
        self.version = answer.json()["version"]

    def ask(self, *fields: str) -> None:
        self.staff("information-request", fields=list(fields))
        self.look()

    def supply(self, files: Any = (), **fields: Any) -> Any:
        files = list(files) or [("screenshots", ("", b"", "application/octet-stream"))]
        return post(self.browser, "/track", f"{self.page}/supplement", files=files, **fields)

    def confirm(self, **fields: Any) -> Any:
        return post(self.browser, "/track", f"{self.page}/confirmation", **fields)


def shot(content: bytes, slot: str = "screenshots") -> Any:
    return slot, ("a.png", content, "image/png")


OTHER = shot(whole_screen(seed=2))  # not the report's own


@pytest.fixture
def visitor(portal: Portal) -> Visitor:
    return Visitor(portal)


def test_it_takes_the_number_from_the_receipts_address(portal: Portal) -> None:
    page = portal.browser().get("/track?number=rc2026110042")
    assert page.status_code == 200
    assert 'value="RC2026110042"' in page.text
    assert "<script>" not in portal.browser().get("/track?number=<script>").text


def test_it_shows_the_ticket_masked_and_the_code_nowhere(visitor: Visitor) -> None:
    page = visitor.look()
    assert page.status_code == 200
    assert visitor.number in page.text
    assert "前首次回复" in page.text
    assert "372***********0114" in page.text
    for secret in ("Invented#Pass77", "zsttest01", people.id_number(seed=11), visitor.code):
        assert secret not in page.text
    assert page.headers["cache-control"] == "no-store, private"
    assert "httponly" in page.headers["set-cookie"].lower()
    assert visitor.code not in page.headers["set-cookie"]


@pytest.mark.parametrize(
    "paste",
    ["{number} {code}", "  {number}\t{code} ", "受理编号 {number} 查询码 {code}", "受理编号：{number}\n查询码：{code}",
     "{code} {number}", "{number},{code}"],
)  # fmt: skip
def test_it_takes_both_from_one_paste(visitor: Visitor, paste: str) -> None:
    text = paste.format(number=visitor.number, code=visitor.code)
    assert visitor.look(text, "").status_code == 200
    assert visitor.look("", text).status_code == 200


def test_a_wrong_code_keeps_the_number_and_not_the_code(visitor: Visitor) -> None:
    for number, code in ((visitor.number, "AAAA-BBBB-CC"), (f"{visitor.number} AAAA-BBBB-CC", "")):
        page = visitor.look(number, code)
        assert page.status_code == 404
        assert access.WRONG in page.text
        assert f'value="{visitor.number}"' in page.text
        assert "AAAA-BBBB-CC" not in page.text
    assert "AAAA-BBBB-CC" not in visitor.look("AAAA-BBBB-CC", "").text


def test_a_wrong_number_and_a_wrong_code_read_the_same(visitor: Visitor) -> None:
    other = Visitor(visitor.portal)
    for number, code in ((visitor.number[:-1] + "9", visitor.code), (visitor.number, other.code)):
        page = visitor.look(number, code)
        assert (page.status_code, access.WRONG in page.text) == (404, True)
    assert visitor.browser.get(visitor.page).status_code == 303


def test_blank_boxes_are_told_both_at_once(visitor: Visitor) -> None:
    page = visitor.look("", " ")
    assert page.status_code == 422
    assert "有 2 处需要修改" in page.text


def test_many_wrong_codes_lock_with_a_page_that_says_until_when(visitor: Visitor) -> None:
    for _ in range(access.PLACE_LIMIT.most):
        assert visitor.look(code="AAAA-BBBB-CC").status_code == 404
    page = visitor.look()
    assert page.status_code == 429
    assert int(page.headers["retry-after"]) > 0
    assert "尝试次数过多" in page.text
    assert visitor.code not in page.text


def test_only_the_browser_that_gave_the_code_may_open_the_address(visitor: Visitor) -> None:
    stranger = visitor.portal.browser()
    for browser in (visitor.browser, stranger):
        answer = browser.get(visitor.page)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/track?number={visitor.number}")
    visitor.look()
    assert visitor.browser.get(visitor.page).status_code == 200
    assert stranger.get(visitor.page).status_code == 303
    assert visitor.browser.get(Visitor(visitor.portal).page).status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "9999999999.x", "1.", "9999999999.é", "-1.0", "9" * 30 + ".0", "\x01"])
def test_a_forged_grant_opens_nothing(visitor: Visitor, cookie: str) -> None:
    raw = f"portal_track={cookie}".encode()
    answer = visitor.browser.get(visitor.page, headers={"cookie": raw})
    assert answer.status_code == 303


def test_a_stretched_grant_opens_nothing(visitor: Visitor) -> None:
    visitor.look()
    ends, signature = visitor.browser.cookies["portal_track"].split(".")
    visitor.browser.cookies.clear()
    later = f"{int(ends) + 3600}.{signature}"
    assert visitor.browser.get(visitor.page, headers={"cookie": f"portal_track={later}"}).status_code == 303
    same = f"{ends}.{signature}"
    assert visitor.browser.get(visitor.page, headers={"cookie": f"portal_track={same}"}).status_code == 200


def test_a_grant_ends_after_half_an_hour(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:

    from portal import clock
    from portal.tracking import grants

    visitor.look()
    now = clock.now()
    for minutes, status in ((29, 200), (31, 303)):
        monkeypatch.setattr(grants.clock, "now", lambda minutes=minutes: now + timedelta(minutes=minutes))
        assert visitor.browser.get(visitor.page).status_code == status


def test_a_grant_dies_with_its_query_code(visitor: Visitor) -> None:
    visitor.look()
    with visitor.portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == visitor.number)).one()
        ticket.query_code_hash = hash_code(visitor.portal.runtime.vault, "NEWC-ODEX-22")
    assert visitor.browser.get(visitor.page).status_code == 303


def test_nobody_can_post_without_grant_or_token(visitor: Visitor) -> None:
    visitor.ask("id_number")
    stranger = visitor.portal.browser()
    for name, fields in (("supplement", {"id_number": people.id_number(3)}), ("confirmation", {"solved": "true"})):
        refused = post(stranger, "/track", f"{visitor.page}/{name}", **fields)
        assert refused.status_code == 403
        assert "没有提交" in refused.text
        assert visitor.browser.post(f"{visitor.page}/{name}", data=fields).status_code == 403
    assert visitor.portal.browser().post("/track", data={"number": visitor.number}).status_code == 403
    assert "请补充 1 项" in visitor.browser.get(visitor.page).text


def test_the_page_lists_what_is_missing_and_takes_it(visitor: Visitor) -> None:
    visitor.ask("screenshots", "id_number", "operation_steps")
    page = visitor.browser.get(visitor.page).text
    assert "请补充 3 项" in page
    for name in ("screenshots", "id_number", "operation_steps"):
        assert f'name="{name}"' in page
    assert 'name="login_password"' not in page
    answer = visitor.supply(
        [shot(whole_screen(seed=7))], id_number=people.id_number(82), operation_steps="先打开，再点保存"
    )
    assert answer.status_code == 303, answer.text
    after = visitor.browser.get(answer.headers["location"]).text
    assert "已补充，工程师会继续处理" in after
    assert "请补充" not in after.replace("请机构补充", "").replace("请补充：", "")
    assert "附图 2" in after
    assert people.id_number(82) not in after


def test_a_refused_supplement_tells_every_fault_and_keeps_what_is_right(visitor: Visitor) -> None:
    visitor.ask("screenshots", "id_number", "operation_steps", "login_password")
    typed = '先打开 "<随访表>" & 再点保存'
    number = people.wrong_check_character(people.id_number(83))
    page = visitor.supply(
        [shot(crop_of_screen())], id_number=number, operation_steps=typed, login_password="*****"
    )  # fmt: skip
    assert page.status_code == 422
    assert "有 3 处需要修改" in page.text
    assert "有错误：" in page.text
    assert number not in page.text
    assert "密码不会留在页面上" in page.text
    assert "已补充 1 项，还差 3 项" in visitor.browser.get(visitor.page).text, "the right text was kept"
    assert visitor.browser.get(f"{visitor.page}/supplement").headers["location"] == visitor.page
    assert visitor.browser.get(f"{visitor.page}/other").status_code == 404


def test_a_picture_that_is_asked_about_can_be_confirmed(visitor: Visitor) -> None:
    visitor.ask("screenshots")
    assert "confirm_full_screen" not in visitor.browser.get(visitor.page).text
    page = visitor.supply([shot(photo_of_screen())])
    assert page.status_code == 422
    assert 'name="confirm_full_screen"' in page.text
    assert visitor.supply([shot(photo_of_screen())], confirm_full_screen="1").status_code == 303


def test_an_empty_supplement_says_what_is_missing(visitor: Visitor) -> None:
    visitor.ask("screenshots", "login_account")
    page = visitor.supply()
    assert page.status_code == 422
    assert "请添加整屏截图" in page.text
    assert "请填写出现问题的系统账号" in page.text


def test_a_partial_supplement_says_what_is_left(visitor: Visitor) -> None:
    visitor.ask("screenshots", "login_account")
    after = visitor.browser.get(visitor.supply(login_account="zsttest02").headers["location"]).text
    assert "已收到，还有 1 项需要补充" in after
    assert 'name="login_account"' not in after


def test_only_asked_fields_count(visitor: Visitor) -> None:
    visitor.ask("operation_steps")
    answer = visitor.supply(
        [shot(whole_screen(seed=7))], operation_steps="先打开，再点保存", login_password="Sneaked-1"
    )
    after = visitor.browser.get(answer.headers["location"]).text
    assert "附图 1" in after and "附图 2" not in after
    assert after.count("•" * 8) == 1


def test_nothing_can_be_supplemented_unasked(visitor: Visitor) -> None:
    visitor.look()
    page = visitor.supply(description="现在没有人要求补充这一项")
    assert page.status_code == 409
    assert "目前没有需要补充的内容" in page.text


def test_solved_closes_and_within_a_week_it_can_be_taken_up_again(visitor: Visitor) -> None:
    visitor.staff("resolution", text="已恢复随访表")
    page = visitor.look().text
    assert "问题解决了吗？" in page
    assert "已恢复随访表" in page
    assert visitor.confirm().status_code == 422
    done = visitor.confirm(solved="true")
    assert done.status_code == 303
    closed = visitor.browser.get(done.headers["location"]).text
    assert "感谢您的确认" in closed
    assert "没有解决，请继续处理" in closed
    refused = visitor.confirm(solved="false", comment=" ")
    assert refused.status_code == 422
    assert "请写明还有什么问题" in refused.text
    again = visitor.confirm(solved="false", comment="今天又打不开了")
    assert "工程师会继续处理" in visitor.browser.get(again.headers["location"]).text


def test_unsolved_needs_a_sentence_and_keeps_it(visitor: Visitor) -> None:
    visitor.staff("resolution", text="已恢复")
    visitor.look()
    page = visitor.confirm(solved="false", comment="")
    assert page.status_code == 422
    assert 'value="false" checked' in page.text
    long = visitor.confirm(solved="false", comment="长" * (free_text.MOST_CHARACTERS + 1))
    assert (long.status_code, "最多" in long.text) == (422, True)
    assert visitor.confirm(solved="false", comment="还是不行").status_code == 303


def test_after_a_week_a_closed_ticket_stays_closed(visitor: Visitor) -> None:
    visitor.staff("resolution", text="已恢复")
    visitor.staff("closure", way="phone", text="来电确认已解决")
    with visitor.portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == visitor.number)).one()
        ticket.closed_at -= closing.REOPEN_DAYS
    page = visitor.look().text
    assert "没有解决，请继续处理" not in page
    assert "重新提交" in page
    assert visitor.confirm(solved="false", comment="又来了").status_code == 409


def test_a_confirmation_out_of_turn_is_told(visitor: Visitor) -> None:
    visitor.look()
    token = csrf_of(visitor.browser.get("/track").text)
    page = visitor.browser.post(f"{visitor.page}/confirmation", data={"csrf": token, "solved": "true"})
    assert page.status_code == 409
    assert visitor.number in page.text


def test_internal_notes_stay_internal(visitor: Visitor) -> None:
    visitor.staff("notes", text="内部才看的话")
    visitor.staff("replies", text="正在核对，请稍等")
    page = visitor.look().text
    assert "正在核对，请稍等" in page
    assert "内部才看的话" not in page


def test_a_merged_and_a_void_ticket_say_what_to_do(portal: Portal) -> None:
    kept, merged, void = Visitor(portal), Visitor(portal), Visitor(portal)
    kept.staff("notes", text="x")
    merged.staff("merge", into=kept.number)
    void.staff("notes", text="x")
    voided_ticket(portal.runtime, void.number)
    page = merged.look().text
    assert "与另一条提报是同一个问题" in page and kept.number not in page
    assert "测试" in void.look().text


def test_his_pages_carry_their_queue(portal: Portal) -> None:
    page = Visitor(portal, "his").look().text
    assert "mark-square" in page
    assert "住院号" in page


def test_a_right_picture_and_password_are_not_asked_for_again(visitor: Visitor) -> None:
    visitor.ask("screenshots", "id_number", "login_password")
    number = people.wrong_check_character(people.id_number(83))
    page = visitor.supply([shot(whole_screen(seed=7))], id_number=number, login_password="Invented#New1")
    assert page.status_code == 422
    assert "有 1 处需要修改" in page.text
    assert visitor.supply(id_number=people.id_number(83)).status_code == 303
    assert "处理中" in visitor.browser.get(visitor.page).text or "已提交" in visitor.browser.get(visitor.page).text


def in_words(page: str) -> str:
    """The text of the page's sheet, without the history."""
    sheet = page.split('class="sheet"')[1].split("<h2>处理记录", maxsplit=1)[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", sheet))


def test_who_has_it_is_told_at_every_state(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        session.scalars(select(User).where(User.username == "alice")).one().staff_number = "1021"
    visitor = Visitor(portal)
    assert "已收到，排队等工程师领取。" in in_words(visitor.look().text)
    visitor.staff("notes", text="x")  # claimed by alice
    assert "现在由工号 1021 处理。" in in_words(visitor.look().text)
    visitor.staff("replies", text="正在核对")
    assert "现在由工号 1021 处理。有结果会显示在这一页。" in in_words(visitor.look().text)
    visitor.ask("form_name")
    assert "现在由工号 1021 处理" in in_words(visitor.look().text)
    api = portal.browser().post("/api/v1/track", json={"number": visitor.number, "query_code": visitor.code}).json()
    assert (api["owner"], api["first_owner"]) == ("1021", "1021")


def test_an_owner_who_is_gone_or_gave_it_back_is_not_named(portal: Portal) -> None:
    visitor = Visitor(portal)
    visitor.staff("replies", text="正在核对")
    visitor.staff("release")
    assert "正在排队，等工程师领取" in in_words(visitor.look().text)
    other = Visitor(portal)
    other.staff("notes", text="x")
    with portal.runtime.database.transaction() as session:
        session.scalars(select(User).where(User.username == "alice")).one().is_active = False
    assert "排队等工程师领取" in in_words(other.look().text)


def test_a_late_reply_is_not_promised_any_more(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(portal)
    move_clock(monkeypatch, hours=24, minutes=5)
    words = in_words(visitor.look().text)
    assert "现在晚了，对不起" in words and "预计" not in words
    portal.change_settings(support_phone="0635-5550100")
    assert "急的话请拨打 0635-5550100" in in_words(visitor.look().text)


def test_the_clock_says_when_it_pauses_and_when_it_goes_on(visitor: Visitor) -> None:
    visitor.ask("form_name")
    visitor.supply(form_name="高血压随访表")
    page = visitor.browser.get(visitor.page).text
    assert page.index("计时继续") < page.index("计时暂停")


def test_a_closed_page_tells_to_change_the_password_and_offers_reopening_second(visitor: Visitor) -> None:
    visitor.staff("resolution", text="已恢复随访表")
    visitor.look()
    page = visitor.browser.get(visitor.confirm(solved="true").headers["location"]).text
    assert "请修改密码" in page
    sheet = page.split('class="sheet"')[1]
    assert re.findall(r'button--primary"[^>]*>([^<]+)<', sheet) == ["回到首页"]
    assert '<details class="reopen">' in page and "没有解决，请继续处理" in page
    refused = visitor.confirm(solved="false", comment=" ")
    assert '<details class="reopen" open>' in refused.text


def test_a_report_without_a_password_needs_no_new_one(portal: Portal) -> None:
    visitor = Visitor(portal, channel="qq", login_password=None)
    visitor.staff("resolution", text="已恢复随访表")
    visitor.look()
    page = visitor.browser.get(visitor.confirm(solved="true").headers["location"]).text
    assert "请修改密码" not in page


def test_a_silently_closed_page_offers_reopening_first(visitor: Visitor) -> None:
    visitor.staff("resolution", text="已恢复随访表")
    with visitor.portal.runtime.database.transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        ticket.state, ticket.is_open, ticket.closed_how = "closed", False, "lapsed_confirmation"
        ticket.closed_at = clock.now()
    assert '<details class="reopen" open>' in visitor.look().text
    post(visitor.browser, visitor.page, f"{visitor.page}/rating", score="5")
    content = visitor.look().text
    assert "您的评价" in content and '<details class="reopen">' in content


@pytest.mark.parametrize("number", ["RC2026", "2026110001", "RC", "37252219990101001X"])
def test_a_number_that_is_none_is_told_beside_its_box(visitor: Visitor, number: str) -> None:
    page = visitor.look(number)
    assert page.status_code == 422
    assert "至少 10 位数字" in page.text and "请对照回执" in page.text


def test_after_a_wrong_pair_the_page_says_what_to_compare(visitor: Visitor) -> None:
    page = visitor.look(code="AAAA-BBBB-CC").text
    assert "受理编号以 RC 或 HIS 开头" in page and "里面没有 0、O、1、I、L" in page and "旧的查询码不能再用" in page
    assert "查询码丢了？请联系服务人员" in page


def test_a_code_that_was_issued_again_ends_what_the_old_one_had_opened(visitor: Visitor) -> None:
    visitor.look()
    alice = visitor.portal.api("agnes")
    body = {"version": 1, "identity_method": "callback", "reason": "回执丢了"}
    answer = alice.post(f"/api/v1/tickets/{visitor.number}/query-code", json=body)
    assert answer.status_code == 200, answer.text
    assert visitor.browser.get(visitor.page).status_code == 303
    assert visitor.look().status_code == 404
    assert visitor.look(code=answer.json()["query_code"]).status_code == 200


def test_a_merged_clinic_learns_state_and_result(portal: Portal) -> None:
    kept, merged = Visitor(portal), Visitor(portal, institution="高唐县清平镇卫生院")
    kept.staff("notes", text="x")
    merged.staff("merge", into=kept.number)
    assert "现在的状态：处理中" in in_words(merged.look().text)
    kept.version = portal.api("alice").get(f"/api/v1/tickets/{kept.number}").json()["version"]
    kept.staff("resolution", text="已修复随访表，请刷新页面")
    page = merged.look().text
    assert "已修复随访表，请刷新页面" in page and "现在的状态：待确认" in in_words(page)
    assert kept.number not in page and "张四屯" not in page


def test_what_was_typed_into_a_page_that_is_over_is_still_there_after_the_code(visitor: Visitor) -> None:
    visitor.ask("operation_steps", "login_password")
    visitor.browser.cookies.delete("portal_track")
    steps = '先打开 "随访表"，\n再点保存'
    late = visitor.supply(operation_steps=steps, login_password="Invented#Late1")
    assert late.status_code == 403
    assert "文字还在" in late.text and "Invented#Late1" not in late.text
    hidden = {unescape(n): unescape(v) for n, v in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', late.text)}
    wrong = visitor.browser.post("/track", data={**hidden, "number": visitor.number, "query_code": "AAAA-BBBB-CC"})
    assert 'name="operation_steps"' in wrong.text
    page = visitor.browser.post("/track", data={**hidden, "number": visitor.number, "query_code": visitor.code})
    assert page.status_code == 200
    assert "刚才填的文字还在" in page.text and steps in unescape(page.text)


def test_the_question_of_a_result_comes_before_what_was_let_off(portal: Portal) -> None:
    visitor = Visitor(portal, channel="qq", login_password=None)
    visitor.staff("resolution", text="已恢复随访表")
    page = visitor.look().text
    assert page.index("问题解决了吗？") < page.index("还可以补充 1 项")
    assert len(re.findall(r'class="button button--primary"', page)) == 1
