"""粘贴提报 and the questions of a symptom in a real browser, with script and without, at a PC and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import people
from tests.factories.pictures import whole_screen
from tests.journeys.conftest import CLINIC_SCREEN, PHONE_SCREEN
from tests.journeys.looks import all_findings, fits
from tests.journeys.pasting import Counted

pytestmark = pytest.mark.browser

NUMBER, ACCOUNT, PASSWORD = people.id_number(seed=81), "planted.account81", "Planted-Pass-8119"
CHAT = f"""1、机构名称：高唐县杨屯乡张四屯卫生室
2、问题描述：居民健康档案打不开，批量居民都这样，举例身份证号：{NUMBER}
3、之前使用系统名称：浪潮系统
4、身份证号(举例子)：{NUMBER}
5、账号：{ACCOUNT}密码：{PASSWORD}
6、附图"""


@pytest.fixture(params=["script", "plain"])
def clinic_page(request, browser, live):
    """A clinic's browser with its script, and one that runs none."""
    has_script = request.param == "script"
    context = browser.new_context(
        base_url=live.url, viewport=CLINIC_SCREEN, locale="zh-CN", java_script_enabled=has_script
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()


def paste_chat(page, text, kind="general"):
    page.goto(f"/report/{kind}")
    page.locator(".paste summary").click()
    page.get_by_label("聊天里写好的内容").fill(text)
    page.get_by_role("button", name="填到各栏").click()
    page.wait_for_url("**/paste?**")


def go_on(page, to):
    page.locator(".actions .button--primary").click()
    page.wait_for_url(f"**/{to}")


def assert_in_view(page, *selectors):
    height = page.viewport_size["height"]
    for selector in selectors:
        box = page.locator(selector).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= height, (selector, box)


def test_a_chat_becomes_a_filed_report(clinic_page):
    page = clinic_page
    paste_chat(page, CHAT)
    seen = [page.content()]
    expect(page.locator(".paste__told")).to_contain_text("已填好：机构名称")
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    go_on(page, "screenshots")
    picture = {"name": "screen.png", "mimeType": "image/png", "buffer": whole_screen()}
    page.locator("[name=screenshots]").set_input_files(picture)
    if page.get_by_role("button", name="上传图片").is_visible():
        page.get_by_role("button", name="上传图片").click()
    expect(page.locator(".screenshot")).to_contain_text("整屏，已收到")
    go_on(page, "identity")
    expect(page.locator(".kept-value")).to_have_count(3)
    seen.append(page.content())
    go_on(page, "check")
    seen.append(page.content())
    go_on(page, "receipt")
    assert re.fullmatch(r"RC[0-9]{10,}", page.locator("#receipt-number").inner_text())
    assert not [secret for secret in (NUMBER, ACCOUNT, PASSWORD) for content in seen if secret in content]
    assert PASSWORD not in page.url


def test_what_was_typed_below_survives_the_paste(clinic_page):
    page = clinic_page
    page.goto("/report/general")
    page.locator("[name=description]").fill("先写的一句话")
    page.get_by_label("批量居民都这样").check()
    page.locator(".paste summary").click()
    page.locator("[name=pasted]").fill("机构：高唐县杨屯乡张四屯卫生室\n后来粘贴的一句")
    page.get_by_role("button", name="填到各栏").click()
    page.wait_for_url("**/paste?**")
    expect(page.locator("[name=description]")).to_have_value("先写的一句话\n后来粘贴的一句")
    expect(page.get_by_label("批量居民都这样")).to_be_checked()
    expect(page.locator("[name=resident_count]")).to_be_visible()


def test_enter_in_a_field_goes_on_and_pastes_nothing(clinic_page):
    page = clinic_page
    page.goto("/report/general")
    page.locator("[name=institution]").fill("高唐县杨屯乡张四屯卫生室")
    page.locator("[name=institution]").press("Enter")
    expect(page.locator(".error-summary")).to_contain_text("请填写问题详细描述")
    assert "/paste" not in page.url


def test_both_questions_are_in_view_beside_the_description(page):
    """Above the bar of 继续, which would invite to skip them, and a choice can be taken back."""
    page.goto("/report/general")
    assert_in_view(page, "[name=description]")
    bar = page.locator(".actions").bounding_box()["y"]
    for name in ("symptom", "scope"):
        boxes = [option.bounding_box() for option in page.locator(f"[name={name}]").all()]
        assert all(box["y"] >= 0 and box["y"] + box["height"] <= bar for box in boxes), (name, boxes, bar)
    page.get_by_role("radio", name="报错类").check()
    expect(page.locator("[name=operation_steps]")).to_be_visible()
    page.locator("[name=symptom][value='']").check()
    expect(page.locator("[name=operation_steps]")).to_be_hidden()


@pytest.mark.parametrize("kind", ["general", "his"])
def test_the_first_field_and_the_button_are_in_view(page, kind):
    page.goto(f"/report/{kind}")
    assert_in_view(page, ".paste summary", "[name=institution]", ".actions .button--primary")
    paste_chat(page, CHAT, kind)
    assert_in_view(page, ".paste__told", "[name=institution]", ".actions .button--primary")


def test_the_box_works_by_keyboard_and_on_a_phone(browser, live):
    context = browser.new_context(base_url=live.url, viewport=PHONE_SCREEN, locale="zh-CN")
    page = context.new_page()
    page.goto("/report/general")
    page.locator(".paste summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.insert_text(CHAT)
    assert fits(page)
    assert all_findings(page) == []
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/paste?**")
    assert page.evaluate("document.activeElement.className") == "paste__told"
    assert fits(page)
    assert all_findings(page) == []
    context.close()


def test_a_batch_asks_how_many_and_forgets_nothing(page):
    page.goto("/report/general")
    count = page.locator("[name=resident_count]")
    expect(count).to_be_hidden()
    page.get_by_label("批量居民都这样").check()
    count.fill("300")
    page.get_by_label("单个居民").check()
    expect(count).to_be_hidden()
    page.get_by_label("批量居民都这样").check()
    expect(count).to_have_value("300")


def test_without_script_every_question_stands_open(browser, live):
    context = browser.new_context(base_url=live.url, viewport=CLINIC_SCREEN, java_script_enabled=False)
    page = context.new_page()
    page.goto("/report/general")
    for name in ("operation_steps", "form_name", "blank_items", "resident_count"):
        expect(page.locator(f"[name={name}]")).to_be_visible()
    context.close()


def test_a_typed_description_offers_what_it_says_and_one_press_takes_it_back(page):
    page.goto("/report/general")
    assert page.evaluate("document.activeElement.name") == "institution"
    page.locator("[name=description]").fill("在脑卒中随访表单点击新增按钮后,系统报错(批量居民都这样)")
    page.locator("[name=previous_system]").focus()
    expect(page.locator("[data-was-read]")).to_contain_text("问题现象选了“报错类”")
    expect(page.locator("[name=operation_steps]")).to_have_value("在脑卒中随访表单点击新增按钮")
    page.get_by_role("button", name="不对，去掉").click()
    expect(page.locator("[data-was-read]")).to_be_hidden()
    expect(page.get_by_role("radio", name="报错类")).not_to_be_checked()
    expect(page.locator("[name=operation_steps]")).to_be_hidden()
    page.locator("[name=institution]").fill("高唐县杨屯乡张四屯卫生室")
    page.locator("[name=previous_system]").fill("浪潮系统")
    go_on(page, "screenshots")


def test_an_ordinary_paste_stays_one(page):
    hand = Counted(page)
    page.goto("/report/general")
    page.locator("[name=description]").focus()
    assert hand.paste_text("打开居民档案，系统很慢"), "the browser's own paste happens"
    assert hand.paste_text("账号登录不上，密码都对"), "two words are no list"
    assert "/paste" not in page.url


def test_a_list_that_is_not_understood_goes_where_it_was_meant_to_go(page):
    hand = Counted(page)
    page.goto("/report/general")
    page.locator("[name=description]").focus()
    text = "问题:打不开\n机构名称~高唐县##账号~sfdg"
    assert not hand.paste_text(text)
    expect(page.locator("[data-paste-note]")).to_contain_text("什么都没有填")
    expect(page.locator("[name=description]")).to_have_value(text)
    expect(page.locator("[name=institution]")).to_have_value("")


def test_on_the_home_page_an_unclear_list_asks_for_the_kind_once(page):
    hand = Counted(page)
    page.goto("/")
    hand.paste_text(f"机构：高唐县杨屯乡张四屯卫生室\n账号：{ACCOUNT}\n密码：{PASSWORD}")
    expect(page.locator("[data-paste-which]")).to_be_visible()
    hand.click(page.get_by_role("button", name="填到 HIS 问题"))
    page.wait_for_url("**/report/his/paste?**")
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    assert hand.clicks == 1 and PASSWORD not in page.content()


def test_a_picture_of_the_home_page_goes_with_the_kind(page):
    hand = Counted(page)
    page.goto("/")
    hand.paste_picture(whole_screen())
    expect(page.locator("[data-paste-note]")).to_contain_text("请点上面的问题类别")
    hand.click(page.locator(".window").first)
    page.wait_for_url("**/report/drafts/*/situation")
    expect(page.locator("[data-early-list] img")).to_have_count(1)
