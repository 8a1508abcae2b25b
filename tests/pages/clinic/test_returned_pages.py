"""A refused post of a step: the cause is named, each text is back in its own box, and one press goes on."""

import pytest

from portal.reports.draft_models import Draft
from tests.factories import people
from tests.factories.clinic import Clinic, typed_in
from tests.factories.known_issues import add_issue
from tests.factories.portals import csrf_of
from tests.pages.clinic.test_two_windows import JIA, SITUATION, YI, Window, begun, clinic_values, counted

OWN = {"sec-fetch-site": "same-origin"}
IDENTITY = {"id_number": people.id_number(seed=3), "login_account": "mine01", "login_password": "New-Pass1"}


def old(window, path, headers=None, **fields):
    """The page's post with a token that is no longer good."""
    answer = window.clinic.browser.post(path, data=window.data(**fields) | {"csrf": "old"}, headers=headers)
    window.take(answer)
    return answer


def test_an_old_first_page_goes_on_with_one_press(portal):
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    answer = old(window, clinic.start, **SITUATION, description=JIA, scope="batch")
    assert answer.status_code == 403 and "页面已过期" in answer.text
    assert typed_in(answer.text, "description") == JIA
    assert 'value="batch" checked' in answer.text and counted(portal, Draft) == 0
    assert window.send(**SITUATION, description=JIA).status_code == 303


@pytest.mark.parametrize(("headers", "is_kept"), [(OWN, True), ({"origin": "http://portal.test"}, True), ({}, False)])
def test_secrets_of_an_old_page_are_kept_only_if_the_browser_vouches_for_it(portal, headers, is_kept):
    clinic = begun(portal)
    window = Window(clinic, clinic.page("identity"))
    answer = old(window, clinic.page("identity"), headers, **IDENTITY)
    assert answer.status_code == 403 and ("已加密保存" in answer.text) == is_kept
    assert not [secret for secret in IDENTITY.values() if secret in answer.text]
    assert ("login_password" in clinic_values(portal, clinic)) == is_kept
    blank = dict.fromkeys(IDENTITY, "")
    assert window.send(**(blank if is_kept else IDENTITY)).headers["location"] == clinic.page("check")
    assert clinic_values(portal, clinic)["login_password"] == ["New-Pass1"]


@pytest.mark.parametrize("headers", [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}])
def test_another_site_gets_no_form_and_changes_nothing(portal, headers):
    clinic = begun(portal)
    window = Window(clinic, clinic.page("situation"))
    answer = old(window, clinic.page("situation"), headers, **SITUATION, description=YI)
    assert answer.status_code == 403 and "来自别的网站" in answer.text and YI not in answer.text
    assert YI not in clinic.open(clinic.page("check")).text


def test_an_old_page_does_not_overwrite_what_another_window_wrote_since(portal):
    clinic = begun(portal)
    here, there = (Window(clinic, clinic.page("situation")) for _ in range(2))
    there.send(**SITUATION, description=YI)
    old(here, clinic.page("situation"), OWN, **SITUATION, description=JIA)
    assert here.send(**SITUATION, description=JIA).status_code == 409
    assert YI in clinic.open(clinic.page("check")).text


def test_a_post_without_any_cookie_names_the_cookies(portal):
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    data = window.data(**SITUATION, description=JIA)
    clinic.browser.cookies.clear()
    answer = clinic.browser.post(clinic.start, data=data)
    window.take(answer)
    assert answer.status_code == 403 and "把 Cookie 设为“允许”" in answer.text
    assert typed_in(answer.text, "description") == JIA
    assert window.send(**SITUATION, description=JIA).status_code == 303, "cookies are allowed by now"


def test_the_first_page_says_that_cookies_are_off(portal):
    """Whoever comes from another page of the portal was given a cookie there."""
    browser = portal.browser()
    for headers, is_said in (
        ({}, False),
        ({"referer": "https://elsewhere.example/"}, False),
        ({"referer": "http://portal.test/"}, True),
        (OWN, True),
    ):
        browser.cookies.clear()
        page = browser.get("/report/general", headers=headers).text
        assert ("data-cookies-off>" in page) == is_said, headers
    assert "data-cookies-off>" not in browser.get("/report/general", headers=OWN).text


def test_a_wrong_address_is_named_with_the_right_one(portal, caplog):
    portal.change_settings(base_url="https://portal.clinic.example")
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    data = window.data(**SITUATION, description=JIA)
    answer = clinic.browser.post(clinic.start, data=data, headers={"origin": "http://10.0.0.5:8080"})
    assert answer.status_code == 403 and "请用 https://portal.clinic.example 打开" in answer.text
    assert "PORTAL_BASE_URL" in caplog.text


def test_a_draft_that_expired_gives_the_page_back(portal):
    clinic = begun(portal)
    window = Window(clinic, clinic.page("situation"))
    clinic.post(clinic.page("situation"), f"{clinic.start}/removal")
    answer = old(window, clinic.page("situation"), OWN, **SITUATION, description=JIA)
    assert answer.status_code == 403 and typed_in(answer.text, "description") == JIA


def test_an_old_check_page_is_shown_again_and_submits_with_one_press(portal):
    clinic = Clinic(portal)
    clinic.fill()
    answer = clinic.browser.post(clinic.page("check"), data={"csrf": "old"})
    assert answer.status_code == 403 and "页面放得太久" in answer.text
    again = clinic.browser.post(clinic.page("check"), data={"csrf": csrf_of(answer.text)})
    assert again.headers["location"] == clinic.page("receipt")


def test_an_old_short_form_of_a_known_issue_keeps_its_place(portal):
    issue = add_issue(portal.runtime).id
    clinic = Clinic(portal)
    path = f"/report/known-issues/{issue}"
    clinic.open(path)
    answer = clinic.browser.post(path, data={"csrf": "old", "institution": SITUATION["institution"]})
    assert answer.status_code == 403 and typed_in(answer.text, "institution") == SITUATION["institution"]
    assert "页面已过期" in answer.text


def test_any_other_refused_page_names_the_texts_that_it_gives_back(portal):
    browser = portal.signed_in("alice")
    answer = browser.post(
        "/account/password", data={"csrf": "old", "institution": JIA, "password": "a fine new phrase"}
    )
    assert answer.status_code == 403 and "a fine new phrase" not in answer.text
    assert ">机构名称</label>" in answer.text and JIA in answer.text
