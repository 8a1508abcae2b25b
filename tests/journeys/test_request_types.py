"""诉求类型 in a real browser: a 坐席 takes a 咨询 and a 求助 by phone; the 咨询 turns out to be a 求助 (DESK 3.1)."""

import pytest
from playwright.sync_api import expect

from tests.factories.reports import general_fields
from tests.journeys.test_engineer import serious_findings, sign_in

pytestmark = pytest.mark.browser
INSTITUTION = general_fields()["institution"]


def asked(page, name):
    return page.locator(f".asked:has([name={name}])").first


@pytest.fixture
def desk(page):
    sign_in(page, "agnes")
    page.get_by_role("link", name="代客提报").click()
    page.get_by_label("电话", exact=True).check()
    return page


def number_of(page):
    page.get_by_role("button", name="提交问题").click()
    page.wait_for_url("**/receipt")
    return page.locator(".read-out__number, .readout, [data-number]").first


def test_a_call_is_taken_in_its_order(desk):
    headings = desk.locator(".filing__part h2").all_inner_texts()
    assert headings[:5] == ["谁打来的", "什么诉求，急不急", "什么问题", "从什么时候起，多大范围", "对方希望怎样"]
    desk.screenshot(path="/work/scratch/shots/types/desk-help.png", full_page=True)
    expect(asked(desk, "login_password")).to_be_visible()
    desk.get_by_label("咨询", exact=True).check()
    for name in ("previous_system", "symptom", "id_number", "login_account", "login_password"):
        expect(asked(desk, name)).to_be_hidden()
    expect(desk.get_by_role("heading", name="账号与身份信息")).to_be_hidden()
    desk.screenshot(path="/work/scratch/shots/types/desk-consultation.png", full_page=True)
    desk.locator("[name=institution]").fill(INSTITUTION)
    desk.locator("[name=description]").fill("月报在哪里看")
    desk.get_by_label("紧急", exact=True).check()
    desk.get_by_role("button", name="提交问题").click()
    expect(desk.locator("#field-urgency_reason-error")).to_contain_text("请写明原因")
    desk.screenshot(path="/work/scratch/shots/types/desk-refused.png", full_page=True)
    assert serious_findings(desk) == []
