"""Windows of one browser: each page writes the draft it was made from, and asks where another window was before it."""

import threading
import uuid

import pytest
from sqlalchemy import func, select

from portal.reports import drafts
from portal.reports.draft_models import Draft
from portal.reports.drafts import BrowserOwner
from portal.reports.models import Report
from portal.screenshots.models import Screenshot
from tests.factories import people, reports
from tests.factories.clinic import Clinic, marks_of, number_of, typed_in
from tests.factories.portals import csrf_of

JIA = "甲：打开随访表以后字显示得很小"
YI = "乙：居民健康档案里的电话不会改"
SITUATION = {key: reports.general_fields()[key] for key in ("institution", "previous_system")}


class Window:
    """One window: a page as it was shown, and what it posts."""

    def __init__(self, clinic: Clinic, path: str) -> None:
        self.clinic = clinic
        self.show(path)

    def show(self, path):
        self.take(self.clinic.browser.get(path))
        self.path = path

    def take(self, answer):
        self.answer, self.text = answer, answer.text

    def data(self, **fields):
        return {"csrf": csrf_of(self.text), **marks_of(self.text), **fields}

    def send(self, **fields):
        answer = self.clinic.browser.post(self.path.partition("?")[0], data=self.data(**fields))
        if answer.status_code != 303:
            self.take(answer)
        return answer

    def type(self, kind="general", **fields):
        headers = {"accept": "application/json"}
        return self.clinic.browser.post(f"/report/{kind}/typed", data=self.data(**fields), headers=headers)


def draft_in(answer):
    return answer.headers["location"].split("/")[3]


def counted(portal, model):
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(model))


def test_two_pages_without_a_draft_begin_two(portal):
    clinic = Clinic(portal)
    first, second = Window(clinic, clinic.start), Window(clinic, clinic.start)
    ids = [draft_in(w.send(**SITUATION, description=text)) for w, text in ((first, JIA), (second, YI))]
    assert len(set(ids)) == 2
    for name, own, foreign in ((ids[0], JIA, YI), (ids[1], YI, JIA)):
        page = clinic.open(f"/report/drafts/{name}/check").text
        assert own in page and foreign not in page


def test_a_page_sent_twice_begins_one_draft_even_if_no_answer_came(portal):
    """The cookie of the first answer was lost with it."""
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    data = window.data(**SITUATION, description=JIA)
    first = clinic.browser.post(clinic.start, data=data)
    for name in [name for name in clinic.browser.cookies if name.startswith("portal_draft")]:
        clinic.browser.cookies.delete(name)
    again = clinic.browser.post(clinic.start, data=data | {"description": YI})
    assert draft_in(first) == draft_in(again) and counted(portal, Draft) == 1
    assert YI in clinic.open(f"/report/drafts/{draft_in(again)}/check").text


def test_the_same_page_posted_at_once_many_times_is_one_draft(portal):
    clinic = Clinic(portal)
    window = Window(clinic, clinic.start)
    data = window.data(**SITUATION, description=JIA)
    answers = []

    def send():
        browser = portal.browser()
        browser.cookies.update(dict(clinic.browser.cookies))
        answers.append(browser.post(clinic.start, data=data))

    threads = [threading.Thread(target=send) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert {answer.status_code for answer in answers} == {303}
    assert len({draft_in(answer) for answer in answers}) == 1 and counted(portal, Draft) == 1


def begun(portal, **fields):
    clinic = Clinic(portal)
    clinic.fill_situation(**fields)
    return clinic


def test_an_outdated_page_is_asked_about_and_keeps_its_text(portal):
    clinic = begun(portal)
    here, there = (Window(clinic, clinic.page("situation")) for _ in range(2))
    there.send(**SITUATION, description=YI)
    assert here.send(**SITUATION, description=JIA).status_code == 409
    assert "在另一个窗口里改过" in here.text and YI in here.text and typed_in(here.text, "description") == JIA
    assert YI in clinic.open(clinic.page("check")).text, "nothing was stored"
    assert here.send(**SITUATION, description=JIA).status_code == 303
    assert JIA in clinic.open(clinic.page("check")).text
    assert there.send(**SITUATION, description=YI).status_code == 409


def test_an_outdated_page_that_says_the_same_just_goes_on(portal):
    clinic = begun(portal)
    here, there = (Window(clinic, clinic.page("situation")) for _ in range(2))
    for window in (there, here):
        assert window.send(**SITUATION, description=YI).status_code == 303


def test_secrets_of_an_outdated_page_wait_for_the_answer(portal):
    clinic = begun(portal)
    here, there = (Window(clinic, clinic.page("identity")) for _ in range(2))
    mine, theirs = people.id_number(seed=3), people.id_number(seed=4)
    there.send(id_number=theirs, login_account="their01", login_password="Their-Pass1")
    asked = here.send(id_number=mine, login_account="mine01", login_password="Mine-Pass1")
    assert asked.status_code == 409
    assert "这里刚填的密码，已加密保存" in here.text
    assert not [secret for secret in (mine, theirs, "their01", "mine01", "Their-Pass1") if secret in here.text]
    assert here.send(id_number="", login_account="", login_password="").status_code == 303
    values = clinic_values(portal, clinic)
    assert (values["login_account"], values["login_password"]) == (["mine01"], ["Mine-Pass1"])
    assert mine in values["id_number"] and not [name for name in values if name.startswith("waiting")]


def clinic_values(portal, clinic):
    token = clinic.browser.cookies["portal_draft_general"]
    return drafts.find(portal.runtime, uuid.UUID(clinic.draft), BrowserOwner(token)).values


def test_a_page_of_a_submitted_draft_is_told_so_and_becomes_another_report(portal):
    clinic = Clinic(portal)
    clinic.fill()
    window = Window(clinic, clinic.page("situation"))
    clinic.submit()
    receipt = clinic.open(clinic.page("receipt")).text
    assert window.send(**SITUATION, description=YI).status_code == 409
    assert number_of(receipt) in window.text and typed_in(window.text, "description") == YI
    window.path = clinic.start
    answer = window.send(**SITUATION, description=YI)
    assert answer.status_code == 303 and draft_in(answer) != clinic.draft
    assert counted(portal, Report) == 1


def test_a_page_of_a_deleted_draft_does_not_bring_it_back(portal):
    clinic = Clinic(portal)
    clinic.fill()
    step, secrets = (Window(clinic, clinic.page(name)) for name in ("situation", "identity"))
    clinic.post(clinic.page("situation"), f"{clinic.start}/removal")
    assert counted(portal, Draft) == 0
    for window in (step, secrets):
        assert window.type(description=JIA, login_password="New-Pass1").status_code == 404
    assert counted(portal, Draft) == 0 and counted(portal, Screenshot) == 0
    assert step.send(**SITUATION, description=JIA).status_code == 404
    assert "这份填写已不在了" in step.text and typed_in(step.text, "description") == JIA
    assert counted(portal, Draft) == 0, "only 继续 begins another"
    answer = secrets.send(id_number=people.id_number(seed=3), login_account="mine01", login_password="New-Pass1")
    assert answer.status_code == 404 and "已加密保存到新的一份里" in answer.text and "New-Pass1" not in answer.text
    assert counted(portal, Draft) == 1


def test_the_check_page_files_only_what_it_showed(portal):
    clinic = Clinic(portal)
    clinic.fill()
    check = clinic.open(clinic.page("check")).text
    data = {"csrf": csrf_of(check), "seen": check.split('name="seen" value="')[1].split('"')[0]}
    Window(clinic, clinic.page("situation")).send(**SITUATION, description=YI)
    answer = clinic.browser.post(clinic.page("check"), data=data)
    assert answer.status_code == 409 and "请再核对一遍" in answer.text and YI in answer.text
    assert counted(portal, Report) == 0
    clinic.submit()
    assert counted(portal, Report) == 1


def test_another_report_can_be_begun_beside_an_unfinished_one(portal):
    clinic = begun(portal)
    page = clinic.open(clinic.start).text
    assert f'href="{clinic.start}?new=1"' in page
    window = Window(clinic, f"{clinic.start}?new=1")
    assert typed_in(window.text, "institution") == ""
    other = draft_in(window.send(**SITUATION, description=YI))
    assert other != clinic.draft
    assert clinic.open(clinic.page("check")).status_code == 200


def test_a_pasted_message_goes_into_its_own_windows_draft(portal):
    clinic = begun(portal)
    window = Window(clinic, f"{clinic.start}?new=1")
    message = f"机构名称：{SITUATION['institution']}\n问题详细描述：{YI}"
    answer = clinic.browser.post(f"{clinic.start}/paste", data=window.data(pasted=message))
    assert answer.status_code == 303
    assert typed_in(clinic.open(answer.headers["location"]).text, "description") == YI
    assert YI not in clinic.open(clinic.page("check")).text


FOREIGN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize("mark", ["draft", "proposed"])
def test_a_foreign_or_forged_mark_opens_nothing(portal, mark):
    victim, thief = begun(portal), Clinic(portal)
    for name in (victim.draft, FOREIGN, "x", "0" * 500, "../../queues"):
        window = Window(thief, thief.start)
        data = window.data(**SITUATION, description=YI) | {"draft": "", "proposed": "", mark: name}
        for path in (thief.start, f"{thief.start}/typed", f"{thief.start}/paste"):
            answer = thief.browser.post(path, data=data | ({"pasted": "x"} if path.endswith("paste") else {}))
            assert answer.status_code in (200, 303, 404), answer.text
            assert victim.draft not in answer.headers.get("location", "") and JIA not in answer.text
    page = victim.open(victim.page("check")).text
    assert YI not in page and victim.fields["description"] in page


def test_a_draft_of_another_kind_is_not_taken(portal):
    clinic = begun(portal)
    window = Window(clinic, "/report/his")
    data = window.data(description=YI) | {"draft": clinic.draft}
    assert clinic.browser.post("/report/his/typed", data=data).status_code == 404
    assert YI not in clinic.open(clinic.page("check")).text
