"""诉求类型 in a real browser: a 坐席 takes a 咨询 and a 求助 by phone; the 咨询 turns out to be a 求助 (DESK 3.1)."""

import re

import pytest
from playwright.sync_api import expect

from tests.factories.reports import general_fields
from tests.journeys.looks import serious_findings
from tests.journeys.test_engineer import sign_in

pytestmark = pytest.mark.browser
TEXTS = ("institution", "description", "previous_system")


def asked(page, name):
    return page.locator(f".asked:has([name={name}])").first


def fill(page, **values):
    for name, value in values.items():
        page.locator(f"[name={name}]").first.fill(value)


def number_of(page):
    page.get_by_role("button", name="提交问题").click()
    page.wait_for_url("**/receipt")
    return re.search("RC[0-9]{10,}", page.locator("main").inner_text().replace(" ", "").replace("\n", ""))[0]


@pytest.fixture
def desk(page):
    sign_in(page, "agnes")
    page.get_by_role("link", name="代客提报").click()
    page.get_by_label("电话", exact=True).check()
    return page


def test_a_question_and_a_call_for_help_are_taken_and_the_question_becomes_one(desk):
    headings = desk.locator(".filing__part h2").all_inner_texts()
    assert headings[:5] == ["谁打来的", "什么诉求，急不急", "什么问题", "从什么时候起，多大范围", "对方希望怎样"]
    expect(asked(desk, "login_password")).to_be_visible()
    desk.get_by_label("咨询", exact=True).check()
    for name in ("previous_system", "symptom", "scope", "id_number", "login_account", "login_password"):
        expect(asked(desk, name)).to_be_hidden()
    expect(desk.get_by_role("heading", name="账号与身份信息")).to_be_hidden()
    fill(desk, institution=general_fields()["institution"], description="月报在哪里看")
    desk.get_by_label("紧急", exact=True).check()
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.locator("#field-urgency_reason-error")).to_contain_text("请写明原因")
    assert serious_findings(desk) == []
    fill(desk, urgency_reason="今天下班前要上报")
    question = number_of(desk)

    desk.goto("/desk/reports/new")
    desk.get_by_label("电话", exact=True).check()
    fill(desk, **{name: general_fields()[name] for name in TEXTS}, id_number=general_fields()["id_number"])
    fill(desk, login_account="zs01", login_password="Invented#Pass44", wish="请先恢复随访表")
    help_number = number_of(desk)
    assert help_number != question

    desk.goto(f"/tickets/{question}")
    expect(desk.locator("main")).to_contain_text("咨询")
    form = desk.locator("form[action$='/classification']")
    if not form.locator("[name=request_type]").first.is_visible():
        desk.locator("details:has(form[action$='/classification']) > summary").first.click()
    choice = form.locator("[name=request_type]").first
    if choice.evaluate("node => node.tagName") == "SELECT":
        choice.select_option("help")
    else:
        form.locator("[name=request_type][value=help]").check()
    form.locator("[name=reason]").fill("月报打不开，要查故障")
    form.get_by_role("button", name="保存分类").click()
    expect(desk.locator("main")).to_contain_text("等待机构补充：之前使用系统名称、问题详细描述、出问题时的整个屏幕")
    expect(desk.locator("main")).to_contain_text("月报打不开，要查故障")
