"""查询进度 in a browser without script: opening, supplementing, confirming."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.acts import closing
from portal.sensitive_text import free_text
from portal.tickets.models import Ticket
from portal.tickets.numbering import hash_code
from portal.tracking import access
from tests.factories import people
from tests.factories.closing import voided_ticket
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
        answer = alice.post(f"/api/v1/tickets/{self.number}/{name}", json={"version": self.version, **body})
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
    from datetime import timedelta

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
    answer = visitor.supply([shot(whole_screen())], id_number=people.id_number(82), operation_steps="先打开，再点保存")
    assert answer.status_code == 303, answer.text
    after = visitor.browser.get(answer.headers["location"]).text
    assert "已补充，工程师会继续处理" in after
    assert "请补充" not in after.replace("请机构补充", "").replace("请补充：", "")
    assert "2 张" in after
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
    assert "要重新选择、重新填写" in page.text
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
    answer = visitor.supply([shot(whole_screen())], operation_steps="先打开，再点保存", login_password="Sneaked-1")
    after = visitor.browser.get(answer.headers["location"]).text
    assert "1 张" in after
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
    page = visitor.supply([shot(whole_screen())], id_number=number, login_password="Invented#New1")
    assert page.status_code == 422
    assert "有 1 处需要修改" in page.text
    assert visitor.supply(id_number=people.id_number(83)).status_code == 303
    assert "处理中" in visitor.browser.get(visitor.page).text or "已提交" in visitor.browser.get(visitor.page).text
