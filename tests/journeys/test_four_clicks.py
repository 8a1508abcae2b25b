"""The spec's own sample, pasted: complete in four clicks (REQUIREMENTS A11, T23). Clicks and keys are counted."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories import people
from tests.factories.pictures import whole_screen
from tests.journeys.pasting import Counted

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

NUMBER, ACCOUNT, PASSWORD = people.id_number(seed=91), "sfdg", "Fake#123456"
SAMPLE = f"""1、机构名称:高唐县杨屯乡张四屯卫生室
2、问题描述:在脑卒中随访表单点击新增按钮后,系统报错(批量居民都这样,举例身份证号:{NUMBER})
3、之前使用系统名称:浪潮系统
4、身份证号:{NUMBER}
5、账号:{ACCOUNT}密码:{PASSWORD}"""


@pytest.mark.parametrize("start", ["/", "/report/general"])
def test_the_sample_is_complete_in_four_clicks(page, start):
    hand = Counted(page)
    page.goto(start)
    hand.paste_text(SAMPLE)
    page.wait_for_url("**/report/general/paste?**")
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    expect(page.locator("[name=operation_steps]")).to_have_value("在脑卒中随访表单点击新增按钮")
    expect(page.get_by_role("radio", name="报错类")).to_be_checked()
    expect(page.get_by_label("批量居民都这样")).to_be_checked()
    expect(page.locator("[data-was-read]")).to_contain_text("问题现象选了“报错类”，影响范围选了“批量居民都这样”")
    hand.paste_picture(whole_screen())
    expect(page.locator("[data-early-list] img")).to_have_count(1)
    hand.paste_picture(whole_screen(seed=2))
    expect(page.locator("[data-early-list] img")).to_have_count(2)
    hand.click(page.get_by_role("button", name="继续").last)
    page.wait_for_url("**/screenshots")
    expect(page.locator(".screenshot")).to_have_count(2)
    hand.click(page.get_by_role("button", name="继续").last)
    page.wait_for_url("**/identity")
    for name in ("id_number", "login_account", "login_password"):
        expect(page.locator(f"[name={name}]")).to_be_hidden()
    hand.click(page.get_by_role("button", name="继续").last)
    page.wait_for_url("**/check")
    hand.click(page.get_by_role("button", name="提交问题"))
    page.wait_for_url("**/receipt")
    assert re.fullmatch(r"RC[0-9]{10,}", page.locator("#receipt-number").inner_text())
    assert (hand.clicks, hand.keys, hand.pastes) == (4, 0, 3)


def test_words_typed_just_before_the_paste_come_back_over_nothing(page):
    """They go out once more while the page is left, and this computer keeps them until they have arrived."""
    page.goto("/report/general")
    with page.expect_response("**/draft.js*"):
        page.locator("[name=institution]").press_sequentially("高唐")
    page.locator("[name=description]").press_sequentially("先写的一句")
    Counted(page).paste_text(SAMPLE)
    page.wait_for_url("**/report/general/paste?**")
    page.wait_for_load_state()
    page.locator("[name=previous_system]").press_sequentially("一")  # the script that keeps words has come
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    expect(page.locator("[name=description]")).to_have_value(re.compile("先写的一句.*在脑卒中随访表单", re.S))
    page.reload()
    expect(page.locator("[name=institution]")).to_have_value("高唐县杨屯乡张四屯卫生室")
    expect(page.locator("[name=description]")).to_have_value(re.compile("先写的一句.*在脑卒中随访表单", re.S))
