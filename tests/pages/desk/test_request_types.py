"""诉求类型 and 紧急程度 on the desk's form, in the order of a call (DESK 3.1, 3.2, 1.6)."""

import re

import pytest
from sqlalchemy import select

from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.names import Channel, RequestType
from portal.kinds.table import KINDS
from portal.pages.desk import filing_forms
from portal.reports.models import Report
from portal.tickets.models import Ticket, TimelineEntry
from tests.factories.clinic import Clinic
from tests.factories.desk_filing import desk_fields, open_form, send, without_secrets
from tests.factories.pictures import whole_screen
from tests.factories.portals import Portal, csrf_of

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SECRETS = ("id_number", "login_account", "login_password")


def faults_of(page):
    summary = page.text.partition('id="error-summary-title"')[2].partition("</section>")[0]
    return re.findall(r'href="#field-([\w-]+)"', summary)


def filed(portal: Portal, **fields: str):
    desk = portal.signed_in("agnes")
    address, token = open_form(desk)
    return desk, address, token, send(desk, address, token, **fields)


def ticket(portal: Portal) -> Ticket:
    with portal.runtime.database.read() as session:
        return session.scalars(select(Ticket)).one()


def test_every_field_has_one_place_in_the_order_of_a_call(portal: Portal) -> None:
    placed = [name for names in filing_forms.GROUPS.values() for name in names]
    assert sorted(placed) == sorted({s.name for kind in KINDS.values() for s in kind.fields if not s.is_picture})
    page = portal.signed_in("agnes").get("/desk/reports/new").text
    found = [page.index(f'name="{name}"') for name in ("channel", "contact_phone", "request_type", "urgency")]
    found += [page.index(f'name="{name}"') for name in ("description", "occurred_at", "wish", "screenshots")]
    assert found == sorted(found)
    assert all(words in page for words in ("安全事件", "影响使用", "常规咨询"))  # the criteria beside the choice


def test_the_page_says_of_every_field_what_each_channel_and_type_need(portal: Portal) -> None:
    policy = ChannelPolicy.of_settings(portal.settings)
    for kind in KINDS.values():
        for spec in kind.fields:
            told = dict(pair.split("=") for pair in filing_forms.needs_of(spec.name, policy).split())
            for channel in Channel:
                for chosen in policy.request_types:
                    need = told.get(f"{kind.name}/{channel}/{chosen}", "not_asked")
                    assert need == spec.need(channel, policy, chosen).value, (spec.name, channel, chosen)


def test_a_question_is_filed_with_institution_and_few_words(portal: Portal) -> None:
    told = {"occurred_at": "2026-01-05", "title": "ms", "wish": "请回电", "module": "随访"}
    fields = without_secrets("phone", request_type="consultation", description="月报在哪", previous_system=None, **told)
    answer = filed(portal, **fields)[3]
    assert answer.headers["location"].endswith("/receipt"), faults_of(answer)
    found = ticket(portal)
    assert (found.request_type, found.filed_as, found.module, found.state) == (
        "consultation", "consultation", "随访", "submitted",
    )  # fmt: skip
    with portal.runtime.database.read() as session:
        answers = session.scalars(select(Report)).one().answers
    assert {name: answers[name] for name in told} == told
    assert "symptom" not in answers and "previous_system" not in answers


def test_what_is_not_taken_is_named_and_can_be_deleted(portal: Portal) -> None:
    """Typed as a 求助 first: nothing is dropped in silence, and the page shows where it is."""
    desk, address, token, answer = filed(portal, **desk_fields("phone", request_type="consultation"))
    assert set(faults_of(answer)) == set(SECRETS)
    assert "咨询不收密码" in answer.text
    for name in SECRETS:
        box = re.search(rf'<div class="asked[^>]*>(?:(?!class="asked).)*name="{name}"', answer.text, re.S)
        assert box is not None and " hidden" not in box[0].split(">")[0], name
    bare = without_secrets("phone", request_type="consultation")
    answer = send(desk, address, token, **bare, **dict.fromkeys(SECRETS, ""), clear=list(SECRETS))
    assert answer.headers["location"].endswith("/receipt"), faults_of(answer)


@pytest.mark.parametrize("chosen", ["consultation", "suggestion", "complaint", "nonsense", "after_sales"])
def test_our_own_channel_is_always_help_and_strict(portal: Portal, chosen: str) -> None:
    fields = without_secrets("yxt", request_type=chosen)
    assert set(faults_of(filed(portal, **fields)[3])) == {"request_type", "screenshots-error", *SECRETS}


def test_an_incomplete_caller_is_excused_the_institution_of_a_question_only(portal: Portal) -> None:
    said = {"is_incomplete": "1", "incomplete_note": "来电人不愿说", "institution": ""}
    assert "institution" in faults_of(filed(portal, **without_secrets("phone", request_type="help", **said))[3])
    answer = filed(portal, **without_secrets("phone", request_type="consultation", previous_system=None, **said))[3]
    assert answer.headers["location"].endswith("/receipt"), faults_of(answer)


def test_urgency_is_set_while_the_phone_rings_and_has_a_reason(portal: Portal) -> None:
    fields = without_secrets("phone", request_type="consultation", previous_system=None, urgency="urgent")
    desk, address, token, answer = filed(portal, **fields)
    assert faults_of(answer) == ["urgency_reason"]
    answer = send(desk, address, token, **fields, urgency_reason="今天要上报，密码：Invented#Pass9")
    assert answer.headers["location"].endswith("/receipt"), faults_of(answer)
    assert ticket(portal).urgency_enum.name == "URGENT"
    with portal.runtime.database.read() as session:
        line = session.scalars(select(TimelineEntry).where(TimelineEntry.action == "urgency_filed")).one()
    assert "今天要上报" in line.text and "Invented" not in line.text and not line.is_public


def test_a_number_comes_before_the_word_that_one_may_call_back(portal: Portal) -> None:
    fields = without_secrets("phone", request_type="consultation", previous_system=None, may_call_back="1")
    desk, address, token, answer = filed(portal, **fields)
    assert faults_of(answer) == ["may_call_back"]
    assert "请先填写电话，再勾选可以回拨" in answer.text
    answer = send(desk, address, token, **fields, contact_phone="13800135791")
    assert answer.headers["location"].endswith("/receipt"), faults_of(answer)


def test_a_complaint_takes_what_was_typed_along_and_not_in_the_address(portal: Portal) -> None:
    words = {"description": "服务态度不好，电话里挂断了两次", "wish": "请主管回电", "occurred_at": "2026-01-05"}
    caller = {"contact_name": "王样例", "contact_phone": "13800135791"}
    desk, address, _, answer = filed(portal, **without_secrets("phone", **words, **caller) | {"action": "complaint"})
    draft_id = address.rsplit("/", 1)[1]
    assert (answer.status_code, answer.headers["location"]) == (303, f"/complaints/new?draft={draft_id}")
    page = desk.get(answer.headers["location"]).text
    assert all(text in page for text in (*words.values(), "138****5791"))
    assert not any(value in page for value in caller.values())
    given = {"content": words["description"], "draft": draft_id, "institution": "高唐县杨屯乡张四屯卫生室"}
    done = desk.post("/complaints/new", data={"csrf": csrf_of(page), "channel": "phone", **given})
    assert done.status_code == 200 and "TS20" in done.text, faults_of(done)
    with portal.runtime.database.read() as session:
        assert session.scalars(select(Ticket)).first() is None
    bare = filed(portal, **without_secrets("phone") | {"action": "complaint"})[3].headers["location"]
    assert 'name="name"' in desk.get(bare).text  # nothing of the caller was typed
    assert words["wish"] not in portal.signed_in("leo").get(f"/complaints/new?draft={draft_id}").text


def test_the_public_form_files_help_whatever_it_is_sent(portal: Portal) -> None:
    """A type among the fields of a step is no field of it: the strict rules stay (DESK 3.1)."""
    clinic, forged = Clinic(portal), {"request_type": "consultation", "urgency": "critical", "urgency_reason": "快"}
    clinic.fill_situation(**forged)
    clinic.add_pictures(whole_screen(), **forged)
    refused = clinic.fill_identity(**forged, login_password="")
    assert "请填写这个账号的密码" in refused.text
    clinic.fill_identity(**forged)
    clinic.submit()
    found = ticket(portal)
    assert (found.type_enum, found.urgency_enum.name) == (RequestType.HELP, "NORMAL")


def test_the_clinics_form_asks_more_behind_a_closed_fold_and_keeps_it(portal: Portal) -> None:
    clinic = Clinic(portal)
    page = clinic.open(clinic.start).text
    assert re.findall(r'<details class="more-fold"( open)?>', page) == [""]
    told = {"occurred_at": "2026-01-05", "terminal": "pc", "module": "随访", "wish": "月底前要上报", "title": "mr"}
    told["call_back_time"] = "工作日下午"
    wrong = clinic.fill_situation(**told | {"occurred_at": "昨天"})
    assert '<details class="more-fold" open>' in wrong.text and "请写成 2026-11-27" in wrong.text
    clinic.fill_situation(**told)
    clinic.add_pictures(whole_screen())
    assert "more-fold" not in clinic.open(clinic.page("identity")).text  # one fold on the whole form
    called = {"may_call_back": ["", "1"]}
    refused = clinic.fill_identity(**called)
    assert "请先填写电话，再勾选可以回拨" in refused.text
    clinic.fill_identity(**called, contact_phone="13800135791")
    assert "可以回拨这个电话" in clinic.open(clinic.page("check")).text
    clinic.submit()
    with portal.runtime.database.read() as session:
        answers = session.scalars(select(Report)).one().answers
    wanted = told | {"may_call_back": "1"}
    assert {name: answers.get(name) for name in wanted} == wanted
    assert (ticket(portal).module, ticket(portal).symptom) == ("随访", "")
