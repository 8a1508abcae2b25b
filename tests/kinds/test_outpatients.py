"""A patient without 住院号: off, the page says whom to call; on, the declared reason stands for the number."""

import pytest

from tests.api.calls import V1, codes, post_report
from tests.factories.clinic import Clinic, error_of
from tests.factories.pictures import whole_screen

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
REASON = "门诊病人，没有住院"
WITHOUT = {"inpatient_number": "", "no_inpatient_number": REASON}


@pytest.fixture
def at_identity(portal):
    """Opens the identity page of a HIS report."""

    def opened():
        clinic = Clinic(portal, "his")
        clinic.fill_situation()
        clinic.add_pictures(whole_screen())
        return clinic

    return opened


@pytest.mark.parametrize(("phone", "words"), [("0635-2134521", "请拨打 0635-2134521"), ("", "请联系服务人员")])
def test_off_the_page_says_whom_to_call(portal, at_identity, phone, words):
    portal.change_settings(support_phone=phone)
    clinic = at_identity()
    page = clinic.open(clinic.page("identity")).text
    assert f"门诊、药房没有住院号的，{words}" in page and "no_inpatient_number" not in page
    page = clinic.fill_identity(inpatient_number="无").text
    assert error_of(page, "inpatient_number") == "请填写住院号本身。没有住院号的，请看这一栏的说明"
    page = clinic.fill_identity(**WITHOUT).text
    assert error_of(page, "inpatient_number")


def test_off_a_reason_counts_for_nothing(portal):
    answer = post_report(portal.browser(), "his", **WITHOUT)
    assert codes(answer) == [("inpatient_number", "required")]
    number = post_report(portal.browser(), "his", no_inpatient_number=REASON).json()["number"]
    assert REASON not in portal.signed_in("hanna").get(f"/tickets/{number}").text


def test_on_the_declared_reason_is_kept_and_shown(portal, at_identity):
    portal.change_settings(outpatients="on")
    clinic = at_identity()
    page = clinic.open(clinic.page("identity")).text
    assert "请在下一栏写明原因" in page and 'name="no_inpatient_number"' in page
    assert error_of(clinic.fill_identity(inpatient_number="").text, "inpatient_number")
    clinic.fill_identity(**WITHOUT)
    assert REASON in clinic.open(clinic.page("check")).text
    assert clinic.submit().headers["location"] == clinic.page("receipt")
    (row,) = portal.api("hanna").get(f"{V1}/tickets", params={"queue": "his"}).json()["items"]
    page = portal.signed_in("hanna").get(f"/tickets/{row['number']}").text
    assert "没有住院号的原因" in page and REASON in page
    assert portal.api("hanna").get(f"{V1}/tickets/{row['number']}").json()["missing"] == []


def test_on_it_is_filed_over_the_api_and_by_staff_too(portal):
    portal.change_settings(outpatients="on")
    assert post_report(portal.browser(), "his", **WITHOUT).status_code == 201
    assert post_report(portal.api("agnes"), "his", channel="phone", **WITHOUT).status_code == 201
    assert codes(post_report(portal.browser(), "his", inpatient_number="")) == [("inpatient_number", "required")]


def test_beside_a_number_a_reason_is_not_filed(portal, at_identity):
    portal.change_settings(outpatients="on")
    clinic = at_identity()
    clinic.fill_identity(no_inpatient_number=REASON)
    assert "填过，但现在的选择用不到这一项，不会提交" in clinic.open(clinic.page("check")).text
    clinic.submit()
    (row,) = portal.api("hanna").get(f"{V1}/tickets", params={"queue": "his"}).json()["items"]
    assert REASON not in portal.signed_in("hanna").get(f"/tickets/{row['number']}").text
