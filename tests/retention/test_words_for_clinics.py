"""What a clinic reads of destruction: how long credentials stay, and that they are gone (PIPL 17, SECURITY A-12)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.app import create_app
from portal.retention import schedule
from portal.retention.schedule import Schedule
from tests.factories.clinic import Clinic
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report


@pytest.mark.parametrize(("days", "words"), [(0, "问题关闭后"), (7, "问题关闭 7 天后")])
def test_the_form_says_when_credentials_are_destroyed(settings, days, words):
    settings = replace(settings, credentials_grace_days=days)
    portal = Portal(create_app(settings), settings)
    clinic = Clinic(portal)
    clinic.fill_situation()
    page = clinic.open(clinic.page("identity")).text
    portal.close()

    assert f"{words}销毁账号和密码" in page
    assert f"加密保存，{words}销毁" in page
    assert page.count("问题关闭") == 2


def closed(portal: Portal):
    """The receipt of a ticket that went all the way."""
    receipt = file_report(portal.runtime)
    closed_ticket(portal.runtime, number=receipt.number)
    return receipt


def seen(portal: Portal, receipt) -> str:
    fields = {"number": receipt.number, "query_code": receipt.query_code}
    return post(portal.browser(), "/track", "/track", **fields).text


def test_the_clinic_sees_that_account_and_password_are_destroyed(portal: Portal):
    receipt = file_report(portal.runtime)
    assert "已销毁" not in seen(portal, receipt)
    page = seen(portal, closed(portal))
    answers = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>(.*?)</dd>", page, re.DOTALL))

    assert answers["密码"].startswith("已销毁 <time")
    assert answers["账号"].startswith("已销毁 <time")
    assert sum("已销毁" in answer for answer in answers.values()) == 2, "an ID number stays with the report"


def test_the_clinic_sees_that_its_report_was_emptied(portal: Portal):
    receipt = closed(portal)
    schedule.run(portal.runtime, Schedule(timedelta(0), None, timedelta(0), None))
    assert ticket_named(portal.runtime, receipt.number).destroyed_at
    page = seen(portal, receipt)

    assert "已按保存期限销毁，<time" in page
    assert "张四屯" not in page
