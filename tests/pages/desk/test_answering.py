"""A call that is filed and answered in one go: the second sample row of S0 (知识库解答 · 已完成 · 满意) (DESK 3.2)."""

import pytest
from sqlalchemy import func, select

from portal.audit.actor import SYSTEM
from portal.follow_up.models import Rating, Survey
from portal.institutions import directory
from portal.institutions.directory import InstitutionDetails
from portal.keepers import contacts
from portal.keepers.contacts import ContactDetails
from portal.reports.call_records import CallRecord
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.desk_filing import open_form, send

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
CALL = {
    "channel": "phone", "kind": "general", "request_type": "consultation", "institution": "高唐县梁村镇北街村卫生室",
    "description": "积分怎么兑换", "identity_method": "contact", "action": "file", "urgency": "normal",
    "desk_answer": "在“我的积分”里点兑换，三天内到账", "desk_outcome": "told", "desk_rating": "满意",
}  # fmt: skip


def stored(portal, model):
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(model)))


def test_one_press_files_answers_and_closes_the_call(portal):
    desk = portal.signed_in("agnes")
    address, token = open_form(desk)
    answer = send(desk, address, token, **CALL)
    assert answer.status_code == 303, answer.text
    [ticket], [rating], [call] = stored(portal, Ticket), stored(portal, Rating), stored(portal, CallRecord)
    assert (ticket.state, ticket.closed_how, ticket.resolution) == ("closed", "desk", CALL["desk_answer"])
    assert (rating.way, rating.scale, rating.label, call.is_filing) == ("desk", "s0", "满意", True)
    assert stored(portal, Survey) == [] and call.number.startswith("LD")
    receipt = desk.get(answer.headers["location"]).text
    assert (
        f"处理结果是：{CALL['desk_answer']}" in receipt
        and "请问我说的您都清楚吗" in receipt
        and "前回复您" not in receipt
    )
    again = send(desk, address, token, **CALL)
    assert again.headers["location"] in answer.headers["location"] and len(stored(portal, Ticket)) == 1


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"request_type": "help"}, "desk_answer"),
        ({"desk_answer": "请用 372526199001011234 登录，密码：Invented9"}, "desk_answer"),
        ({"desk_rating": "不满意"}, "desk_reason"),
        ({"desk_outcome": "await"}, "desk_rating"),
        ({"desk_article": "ZS209901001"}, "desk_article"),
    ],
)
def test_nothing_is_filed_with_an_answer_that_is_refused(portal, changes, wrong):
    desk = portal.signed_in("agnes")
    answer = send(desk, *open_form(desk), **{**CALL, **changes})
    assert answer.status_code == 422 and f'href="#field-{wrong}' in answer.text
    with portal.runtime.database.read() as session:
        assert session.scalar(select(func.count()).select_from(Ticket)) == 0
    assert CALL["description"] in answer.text


def test_calling_back_needs_a_number_of_the_directory(portal):
    desk = portal.signed_in("agnes")
    address, token = open_form(desk)
    answer = send(desk, address, token, **{**CALL, "identity_method": "callback"})
    assert answer.status_code == 422 and 'href="#field-identity_method' in answer.text
    assert 'value="callback"' not in answer.text  # and is not offered
    with portal.runtime.database.transaction() as session:
        entry = directory.add(session, SYSTEM, InstitutionDetails("高唐县", "梁村镇", "北街村卫生室"))
        details = ContactDetails(name="李试样", phone="06353951234", role="负责人")
        contacts.add(session, portal.runtime, actor(portal.runtime, "leo"), entry.id, details)
    again = send(desk, address, token, **{**CALL, "identity_method": "callback", "action": "save"})
    page = desk.get(again.headers["location"]).text
    assert 'value="callback"' in page and "名录里的电话：" in page and "3951234" not in page
    assert send(desk, address, token, **{**CALL, "identity_method": "callback"}).status_code == 303
