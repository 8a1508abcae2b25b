"""待补充 as the clinic sees it: tasks, progress, the reminder, and how to go on after it was closed."""

from datetime import timedelta

from sqlalchemy import update

from portal import clock
from portal.acts.table import ASK, CLAIM
from portal.supplements import reminders
from portal.tickets.models import InformationRequest
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report


def asked(portal: Portal):
    """A browser that follows its ticket, of which two fields were asked."""
    receipt, alice = file_report(portal.runtime), actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, alice, CLAIM, receipt.number, 1)
        perform(
            session,
            portal.runtime,
            alice,
            ASK,
            receipt.number,
            2,
            fields=["form_name", "blank_items"],
            message="看不出是哪个表单",
        )
    browser = portal.browser()
    post(browser, "/track", "/track", number=receipt.number, query_code=receipt.query_code)
    return browser, f"/track/{receipt.number}"


def age(portal: Portal, **days: float) -> None:
    moments = {name: clock.now() - timedelta(days=count) for name, count in days.items()}
    with portal.runtime.database.transaction() as session:
        session.execute(update(InformationRequest).values(**moments))


def test_each_missing_thing_is_a_task_with_its_reason_and_field(portal: Portal) -> None:
    browser, address = asked(portal)
    page = browser.get(address).text
    assert "请补充 2 项" in page and "看不出是哪个表单" in page
    assert 'id="field-form_name"' in page and 'id="field-blank_items"' in page
    assert 'id="field-description"' not in page
    post(browser, address, f"{address}/supplement", form_name="高血压随访表")
    page = browser.get(address).text
    assert "已补充 1 项，还差 1 项" in page and "表单名称：已收到" in page
    assert 'id="field-form_name"' not in page


def test_a_reminder_stands_on_both_sides(portal: Portal) -> None:
    browser, address = asked(portal)
    assert "到时没有补齐会自动关闭" not in browser.get(address).text
    alice = portal.signed_in("alice")
    assert "已提醒" not in alice.get("/queues/general?state=awaiting_information").text
    age(portal, asked_at=4)
    reminders.run(portal.runtime)
    page = browser.get(address).text
    assert "到时没有补齐会自动关闭" in page and "提醒机构补充" in page
    assert "已提醒" in alice.get("/queues/general?state=awaiting_information").text
    assert "提醒机构补充" in alice.get(address.replace("/track", "/tickets")).text


def test_closed_without_an_answer_it_can_be_taken_up_again(portal: Portal) -> None:
    browser, address = asked(portal)
    age(portal, asked_at=9, reminded_at=5)
    reminders.run(portal.runtime)
    page = browser.get(address).text
    assert "没有收到要补充的内容，已经自动关闭" in page and "还需要处理？" in page
    assert 'id="field-form_name"' not in page
    blank = post(browser, address, f"{address}/confirmation", solved="false", comment="")
    assert blank.status_code == 422
    again = post(browser, address, f"{address}/confirmation", solved="false", comment="昨天停电")
    assert again.status_code == 303
    page = browser.get(address).text
    assert "已经自动关闭" not in page and "昨天停电" in page
    ticket = portal.signed_in("alice").get(address.replace("/track", "/tickets")).text
    assert "已销毁：账号、密码。还需要的" in ticket
