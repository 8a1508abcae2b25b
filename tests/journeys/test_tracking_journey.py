"""From the receipt back to the ticket, on a PC and on a phone: what is copied, kept, printed and supplied later."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from portal.tickets.models import Ticket
from tests.factories.people import id_number
from tests.factories.pictures import whole_screen
from tests.factories.portals import post
from tests.factories.reports import file_report, general_fields
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN, Live
from tests.journeys.looks import fits
from tests.journeys.test_filing import IDENTITY, SITUATION, fill, go_on, png

pytestmark = pytest.mark.browser


@pytest.fixture
def phone(browser: Browser, live: Live) -> Iterator[Page]:
    context = browser.new_context(
        base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN", has_touch=True, is_mobile=True
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


@pytest.fixture
def pc(browser: Browser, live: Live) -> Iterator[Page]:
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN")
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def file(page: Page) -> None:
    page.goto("/report/general")
    fill(page, "general", SITUATION)
    go_on(page, "screenshots")
    page.locator("[name=screenshots]").first.set_input_files(png(whole_screen()))
    expect(page.locator(".screenshot")).to_contain_text("已收到")
    go_on(page, "identity")
    fill(page, "general", IDENTITY)
    go_on(page, "check")
    go_on(page, "receipt")


def test_copy_all_is_taken_by_one_box(pc: Page) -> None:
    file(pc)
    number, code = (pc.locator(f"#receipt-{part}").inner_text() for part in ("number", "code"))
    pc.get_by_role("button", name="复制全部").click()
    expect(pc.get_by_role("button", name="已复制")).to_be_visible()
    assert pc.locator(".copied-lines").count() == 0
    pc.goto("/track")
    pc.locator("[name=number]").focus()
    pc.keyboard.press("Control+v")
    pasted = pc.locator("[name=number]").input_value()
    assert number in pasted and code in pasted and "/track?number=" in pasted
    pc.get_by_role("button", name="查询", exact=True).click()
    expect(pc.locator("h1")).to_have_text("已提交")
    assert code not in pc.url and code not in pc.content()


def test_a_receipt_on_a_phone_is_kept_by_a_screenshot(phone: Page) -> None:
    file(phone)
    expect(phone.get_by_text("请截屏保存这一页")).to_be_visible()
    for name in ("打印回执", "请复制、打印或抄下来", "扫码查询进度"):
        expect(phone.get_by_text(name)).to_be_hidden()
    main = phone.locator("main .button--primary:visible")
    assert main.all_inner_texts() == ["复制全部"]
    assert fits(phone)
    # Whose, number, code and the notice are in the first screen: one screenshot holds them.
    for part in (".receipt__whose", "#receipt-number", "#receipt-code", ".notice:visible"):
        box = phone.locator(part).first.bounding_box()
        assert box is not None and box["y"] + box["height"] <= PHONE_SCREEN["height"]


def test_receipts_on_a_wall_can_be_told_apart(pc: Page) -> None:
    file(pc)
    pc.emulate_media(media="print")
    expect(pc.locator(".receipt__whose")).to_have_text(general_fields()["institution"])
    words = pc.locator(".receipt__words").inner_text()
    assert words and general_fields()["description"].startswith(words.rstrip("…")[:20])
    expect(pc.get_by_text("查询地址")).to_be_visible()
    for hidden in ("复制全部", "清除本机记录", "打印回执"):
        expect(pc.get_by_text(hidden, exact=True)).to_be_hidden()
    assert len(re.findall(rb"/Type\s*/Page\b", pc.pdf(format="A4"))) == 1


@pytest.mark.parametrize("way", ["track", "link"])
def test_a_qq_report_is_completed_on_a_phone(phone: Page, live: Live, way: str) -> None:
    portal = live.portal
    receipt = file_report(portal.runtime, channel="qq", id_number=None, login_account=None, login_password=None)
    if way == "link":
        page = post(
            portal.signed_in("agnes"), f"/tickets/{receipt.number}", f"/tickets/{receipt.number}/supplement-link"
        )
        token = re.search(r"/supplement/([\w-]+)", page.text.split('id="link"')[1])
        assert token is not None
        phone.goto(f"/supplement/{token[1]}")
    else:
        phone.goto("/track")
        phone.locator("[name=number]").fill(f"{receipt.number} {receipt.query_code}")
        phone.get_by_role("button", name="查询", exact=True).click()
        expect(phone.get_by_text("还可以补充 3 项")).to_be_visible()
    phone.locator("[name=id_number]").fill(id_number(seed=5))
    phone.locator("[name=login_account]").fill("qqtest05")
    phone.locator("[name=login_password]").fill("Invented#Pass99")
    phone.get_by_role("button", name="提交补充内容").click()
    expect(phone.get_by_text("已补充，工程师会继续处理").first).to_be_visible()
    assert fits(phone)
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket.state)).one() == "submitted"
