"""问题现象 and 影响范围 that nobody answered stay empty, everywhere."""

import pytest

from portal.acts.table import ASK, CLAIM
from portal.audit.actor import clinic
from portal.supplements import receiving
from tests.acts.desk import Desk
from tests.api.calls import V1, post_report
from tests.factories.reports import file_report

LISTED = "/queues/general?symptom="


@pytest.mark.parametrize("kind", ["general", "his"])
def test_no_answer_is_null(portal, kind):
    number = post_report(portal.browser(), kind).json()["number"]
    engineer = portal.api("hanna" if kind == "his" else "alice")
    shown = engineer.get(f"{V1}/tickets/{number}").json()
    assert (shown["symptom"], shown["scope"]) == (None, None)
    listed = engineer.get(f"{V1}/tickets", params={"queue": kind}).json()["items"]
    assert [(row["symptom"], row["scope"]) for row in listed] == [(None, None)]


def test_an_answer_is_kept_also_if_it_says_other(portal):
    number = post_report(portal.browser(), symptom="other", scope="single").json()["number"]
    shown = portal.api("alice").get(f"{V1}/tickets/{number}").json()
    assert (shown["symptom"], shown["scope"]) == ("other", "single")


def test_the_filter_knows_no_answer_as_a_value_of_its_own(portal):
    other, empty = (file_report(portal.runtime, **answers).number for answers in ({"symptom": "other"}, {}))
    alice = portal.signed_in("alice")
    page = alice.get(LISTED + "none").text
    assert f"/tickets/{empty}" in page and f"/tickets/{other}" not in page
    assert '<option value="none" selected>未填写</option>' in page
    page = alice.get(LISTED + "other").text
    assert f"/tickets/{other}" in page and f"/tickets/{empty}" not in page


@pytest.mark.parametrize("name", ["symptom", "scope"])
def test_the_list_of_the_api_filters_by_it_too(portal, name):
    given = file_report(portal.runtime, symptom="other", scope="single").number
    empty = file_report(portal.runtime).number
    for word, number in (("none", empty), ("other" if name == "symptom" else "single", given)):
        listed = portal.api("alice").get(f"{V1}/tickets", params={"queue": "general", name: word}).json()["items"]
        assert [row["number"] for row in listed] == [number]


def test_the_ticket_page_says_that_nobody_answered(portal):
    page = portal.signed_in("alice").get(f"/tickets/{file_report(portal.runtime).number}").text
    for label in ("问题现象", "影响范围"):
        assert "未填写" in page.split(f"<dt>{label}</dt>")[1].split("</dd>")[0]


def test_an_answer_that_comes_later_counts(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASK, fields=["symptom"])
    receiving.supplement(portal.runtime, clinic(), desk.ticket.id, {"symptom": ["form_lost"]}, [])
    assert (desk.ticket.symptom, desk.ticket.scope) == ("form_lost", "")
    page = portal.signed_in("alice").get(f"/tickets/{desk.number}").text
    assert "（补充）表单丢失" in page
