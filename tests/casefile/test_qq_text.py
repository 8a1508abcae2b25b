"""复制到QQ: numbered lines of the spec without any sensitive value, whatever was typed where (REQUIREMENTS A8)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.casefile import qq_text
from portal.casefile.view import ticket_view
from portal.kinds.table import KINDS
from portal.tickets.models import Ticket
from tests.factories.people import id_number
from tests.factories.reports import file_report

TRACK = "http://portal.test/track?number=X"
ABSENT = dict.fromkeys(("id_number", "login_account", "login_password", "patient_id_number", "inpatient_number"))


def text_for(portal, number, **more):
    with portal.runtime.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        return qq_text.text_of(ticket_view(session, ticket), TRACK, **more)


def test_a_general_report_is_numbered_as_in_the_spec(portal):
    number = file_report(portal.runtime, channel="qq", **ABSENT).number
    lines = text_for(portal, number).splitlines()
    assert lines[0].endswith(number)
    assert lines[1] == "1、机构名称：高唐县杨屯乡张四屯卫生室"
    assert lines[2].startswith("2、问题详细描述：打开高血压随访表")
    assert lines[3] == "3、之前使用系统名称：浪潮系统"
    assert lines[4] == "4、身份证号（举例子）：请在一线通补充，不要在 QQ 里发送"
    assert lines[5] == "5、账号、密码：请在一线通补充，不要在 QQ 里发送"
    assert lines[6] == "6、附图：已收到 1 张"
    assert lines[-1] == f"查询进度：{TRACK}"


def test_a_his_report_has_its_own_four_items(portal):
    number = file_report(portal.runtime, "his", institution="高唐县人民医院").number
    lines = text_for(portal, number).splitlines()
    assert lines[1] == "机构名称：高唐县人民医院"
    assert [line.split("：")[0] for line in lines[2:6]] == [
        "1、问题描述", "2、附图", "3、账号、密码", "4、患者身份证号、住院号",
    ]  # fmt: skip
    assert lines[5].endswith("已在一线通加密保存，这里不显示")


@pytest.mark.parametrize("kind", ["general", "his"])
def test_no_secret_is_in_it_whatever_was_typed_where(portal, kind):
    person, phone, password = id_number(seed=31), "13800138000", "Invented#Pass55"
    description = f"登录后报错，举例身份证号{person}，账号：nurse77密码：{password}，电话{phone}，请处理"
    secrets = {
        "login_account": "zsacct55",
        "login_password": password,
        "contact_phone": phone,
        "contact_name": "吴小荷",
    }
    receipt = file_report(
        portal.runtime, kind, description=description, institution=f"高唐县杨屯乡卫生院 {phone}", **secrets
    )
    text = text_for(portal, receipt.number)
    for secret in (person, phone, password, "nurse77", "zsacct55", "吴小荷", receipt.query_code, "ZY20269417"):
        assert secret not in text
    assert receipt.number in text and "登录后报错" in text


def test_a_link_and_its_end_are_told(portal):
    number = file_report(portal.runtime, channel="qq", **ABSENT).number
    text = text_for(portal, number, link="http://portal.test/supplement/T", link_ends=clock.now() + timedelta(hours=72))
    assert "只能用一次" in text and "http://portal.test/supplement/T" in text


def test_what_is_asked_for_is_named(portal):
    number = file_report(portal.runtime, channel="qq", **ABSENT).number
    assert "还需要补充" not in text_for(portal, number)


def test_every_kind_numbers_only_fields_that_it_has():
    for kind in KINDS.values():
        assert kind.spec_items
        for names in kind.spec_items:
            assert {kind.field(name).is_sensitive for name in names} in ({True}, {False})
