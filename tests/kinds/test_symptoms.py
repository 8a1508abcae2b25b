"""What a symptom and a scope ask for: in the page, in the server's check, through the API, and when taken back."""

import pytest
from sqlalchemy import select

from portal.kinds.table import GENERAL, HIS, KINDS, RESIDENT_COUNT
from portal.kinds.validation import is_taken_back, relevant
from portal.pages.clinic import forms
from portal.reports import drafts
from portal.reports.models import Report
from tests.api.calls import V1, post_report
from tests.factories import people
from tests.factories.clinic import Clinic, error_of, typed_in
from tests.factories.pictures import whole_screen

ASKED_WHEN = {
    "operation_steps": {"symptom=error"},
    "form_name": {"symptom=form_lost", "symptom=form_blank"},
    "blank_items": {"symptom=form_blank"},
    "error_detail_screenshots": {"symptom=error"},
}


def answers_in(portal):
    with portal.runtime.database.read() as session:
        return session.scalars(select(Report)).one().answers


def questions_of(page):
    """The names of the fields that wait for an answer, with that answer."""
    parts = page.split('data-shown-when="')[1:]
    return {part.split(' name="')[1].split('"')[0]: set(part.split('"')[0].split()) for part in parts}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_conditional_field_names_its_answers(kind):
    asked = {spec.name: {f"{c.field}={c.value}" for c in spec.conditions} for spec in kind.fields if spec.conditions}
    batch = {"resident_count": {"scope=batch"}} if kind.asks("scope") else {}
    declared = {"no_inpatient_number": {"inpatient_number="}} if kind.asks("no_inpatient_number") else {}
    assert asked == ASKED_WHEN | batch | declared


def test_the_pages_tell_the_script_when_to_show_a_field(portal):
    general = questions_of(Clinic(portal).open("/report/general").text)
    text_fields = {name: when for name, when in ASKED_WHEN.items() if name != "error_detail_screenshots"}
    assert general == text_fields | {"resident_count": {"scope=batch"}}
    assert questions_of(Clinic(portal, "his").open("/report/his").text) == text_fields


def test_a_batch_asks_how_many_but_does_not_insist(portal):
    clinic = Clinic(portal)
    assert clinic.fill_situation(scope="batch", resident_count="").status_code == 303
    assert clinic.fill_situation(scope="batch", resident_count="约300人").status_code == 303
    clinic.add_pictures(whole_screen())
    page = clinic.fill_identity(id_number="").text
    assert error_of(page, "id_number") == "已选“批量居民都这样”，请至少填写 1 个居民的身份证号作例子"
    assert "批量问题最多 10 位" in page
    clinic.fill_identity(id_number="\n".join(people.id_number(n) for n in range(40, 50)))
    assert "影响居民人数" in clinic.open(clinic.page("check")).text
    clinic.submit()
    assert answers_in(portal)["resident_count"] == "300" and answers_in(portal)["scope"] == "batch"


@pytest.mark.parametrize("channel", ["yxt", "qq"])
def test_api_callers_need_not_send_a_count(portal, channel):
    client = portal.api("agnes") if channel == "qq" else portal.browser()
    assert post_report(client, channel=channel, scope="batch").status_code == 201
    assert post_report(client, channel=channel, scope="batch", resident_count="12").status_code == 201
    assert post_report(client, channel=channel, scope="batch", resident_count="好几百").status_code == 201


def test_a_count_stands_on_the_ticket(portal):
    number = post_report(portal.browser(), scope="batch", resident_count="120").json()["number"]
    shown = portal.api("alice").get(f"{V1}/tickets/{number}").json()
    field = next(field for field in shown["fields"] if field["name"] == "resident_count")
    assert field["texts"] == ["120"] and field["label"] == "影响居民人数（大概）"


def test_switching_back_and_forth_loses_nothing_typed(portal):
    """REQUIREMENTS A5: a text for another symptom stays in the draft, but is neither demanded, shown nor filed."""
    steps = "1. 打开随访表\n2. 点保存"
    clinic = Clinic(portal, symptom="error")
    clinic.fill_situation(operation_steps=steps, scope="batch", resident_count="几百")
    assert clinic.fill_situation(
        symptom="form_lost", operation_steps=steps, form_name="高血压随访表", scope="single", resident_count="几百"
    ).headers["location"] == clinic.page("screenshots"), "a fault of a field that is taken back is no fault"
    page = clinic.open(clinic.page("situation")).text
    assert typed_in(page, "operation_steps") == steps and typed_in(page, "resident_count") == "几百"
    clinic.add_pictures(whole_screen())
    clinic.fill_identity()
    check = clinic.open(clinic.page("check")).text
    assert "点保存\n" not in check and "高血压随访表" in check
    assert check.count("填过，但现在的选择用不到这一项，不会提交") == 2
    assert 'situation?back=check#field-symptom">修改<span class="visually-hidden">操作步骤' in check
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    answers = answers_in(portal)
    assert answers["form_name"] == "高血压随访表" and answers["scope"] == "single"
    assert not {"operation_steps", "resident_count"} & answers.keys()


def test_coming_back_to_a_symptom_files_what_was_typed_for_it(portal):
    clinic = Clinic(portal, symptom="form_blank")
    clinic.fill_situation(form_name="高血压随访表", blank_items="血压")
    clinic.fill_situation(symptom="other", form_name="高血压随访表", blank_items="血压")
    clinic.fill_situation(form_name="高血压随访表", blank_items="血压")
    clinic.add_pictures(whole_screen())
    clinic.fill_identity()
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    assert answers_in(portal)["blank_items"] == "血压"


def test_steps_without_a_chosen_symptom_are_kept(portal):
    """Without script every field stands open: whoever ticks nothing has taken nothing back."""
    clinic = Clinic(portal)
    clinic.fill_situation(operation_steps="1. 打开随访表")
    clinic.add_pictures(whole_screen())
    clinic.fill_identity()
    assert "1. 打开随访表" in clinic.open(clinic.page("check")).text
    clinic.submit()
    assert answers_in(portal)["operation_steps"] == "1. 打开随访表"


def test_secrets_in_what_is_taken_back_are_no_reason_to_warn(portal):
    clinic = Clinic(portal)
    clinic.fill_situation(symptom="other", operation_steps=f"用 {people.phone(3)} 登录")
    draft = drafts.unfinished(portal.runtime, GENERAL, clinic.browser.cookies["portal_draft_general"])
    assert not forms.holds_secrets(draft)
    assert "operation_steps" not in relevant(GENERAL, draft.values)


def test_only_a_chosen_other_answer_takes_a_field_back():
    form_name = HIS.field("form_name")
    assert not is_taken_back(form_name, {}) and not is_taken_back(form_name, {"symptom": [""]})
    assert not is_taken_back(form_name, {"symptom": ["form_lost"]})
    assert not is_taken_back(form_name, {"symptom": ["form_blank"]})
    assert is_taken_back(form_name, {"symptom": ["error"]})
    assert not is_taken_back(GENERAL.field("description"), {"symptom": ["error"]})
    assert is_taken_back(RESIDENT_COUNT, {"scope": ["single"]})


def test_an_engineer_may_ask_for_a_field_of_another_symptom(portal):
    """A supplement answers a question: the symptom chosen at the start does not matter."""
    filed = post_report(portal.browser(), symptom="other").json()
    ticket = f"{V1}/tickets/{filed['number']}"
    engineer = portal.api("alice")
    assert engineer.post(f"{ticket}/assignment", json={"version": 1}).status_code == 200
    request = {"version": 2, "fields": ["operation_steps", "resident_count"], "message": "请写明步骤和人数"}
    assert engineer.post(f"{ticket}/information-request", json=request).status_code == 200
    own = {"number": filed["number"], "query_code": filed["query_code"]}
    late = portal.browser().post(
        f"{V1}/track/supplement", data=own | {"operation_steps": "1. 打开", "resident_count": "30"}
    )
    assert late.status_code == 200, late.text
