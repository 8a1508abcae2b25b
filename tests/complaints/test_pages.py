"""The pages and calls: the right people get in, everybody else finds nothing."""

import re

import pytest

from portal.complaints.names import ComplaintState as S
from tests.factories.complaints import CONTENT, LEGAL, MANAGERS, NAME, PHONE, REPORT, Case, add_people
from tests.factories.portals import csrf_of, post
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def people(portal):
    add_people(portal.runtime, MANAGERS | LEGAL)
    return portal


def test_a_clinic_complains_and_follows_its_case(people):
    receipt, browser = file_report(people.runtime), people.browser("203.0.113.7")
    number, code = receipt.number, receipt.query_code
    assert browser.get(f"/track/{number}/complaint").status_code == 303
    opened = post(browser, "/track", "/track", number=number, query_code=code)
    assert f"/track/{number}/complaint" in opened.text
    form = browser.get(f"/track/{number}/complaint").text
    submission = form.partition('name="submission" value="')[2].partition('"')[0]
    data = {"csrf": csrf_of(form), "submission": submission, "content": "慢", "name": ""}
    refused = browser.post(f"/track/{number}/complaint", data=data)
    assert refused.status_code == 422 and "至少 10 个字" in refused.text and "怎样称呼您" in refused.text
    data |= {"content": CONTENT, "name": NAME, "contact_phone": PHONE}
    shown = browser.post(f"/track/{number}/complaint", data=data).text
    again = browser.post(f"/track/{number}/complaint", data=data).text
    assert _code_of(shown) == _code_of(again)
    case = Case(people.runtime, *_code_of(shown))
    assert case.number not in browser.get(f"/track/{number}").text
    other = people.browser("203.0.113.8")
    shown = post(other, "/track", "/track", number=case.number, query_code=case.code)
    assert CONTENT in shown.text and "已登记" in shown.text
    case.bring_to(S.ANSWERED)
    page = other.get(f"/track/{case.number}").text
    assert "向您致歉" in page and "确认答复" in page
    done = post(other, f"/track/{case.number}", f"/track/{case.number}/complaint/confirmation", name=NAME)
    assert done.status_code == 303
    assert f"<bdi>{NAME}</bdi> 在" in other.get(f"/track/{case.number}").text
    asked = post(other, f"/track/{case.number}", f"/track/{case.number}/complaint/review", comment="还是不明白")
    assert asked.status_code == 303 and case.row.status == "judging"


def test_staff_take_a_case_through_the_pages(people):
    agnes, mona, max_ = (people.signed_in(name) for name in ("agnes", "mona", "max"))
    page = agnes.get("/complaints/new").text
    data = {"csrf": csrf_of(page), "content": CONTENT, "name": NAME, "channel": "phone", "contact_phone": PHONE}
    receipt = agnes.post("/complaints/new", data=data).text
    number = receipt.partition('href="/complaints/TS')[2].partition('"')[0]
    case = Case(people.runtime, f"TS{number}")
    where = f"/complaints/{case.number}"
    assert CONTENT in agnes.get(where).text and case.number in agnes.get("/complaints").text
    assert post(mona, where, f"{where}/handler", handler="").status_code == 303
    bad = post(mona, where, f"{where}/judgement", verdict="upheld", grounds="核对过录音")
    assert bad.status_code == 422 and "请选择责任部门" in bad.text and "核对过录音" in bad.text
    for name, who, given in [(name, who, given) for _, name, who, given in case.steps()][1:]:
        browser = mona if who == "mona" else max_
        sent = {key: "true" if value is True else value for key, value in given.items()}
        answer = post(browser, where, f"{where}/{name}", **sent)
        assert answer.status_code == 303, (name, answer.text[-3000:])
    assert case.row.archive_number
    assert "GD-TS-" in max_.get(where).text
    figures = max_.get("/insights/complaints").text
    assert "服务态度" in figures and REPORT["improvement"] in figures and NAME not in figures
    shown = post(mona, f"{where}/reveals", f"{where}/reveals", field="contact_phone", reason="核对数据")
    assert PHONE in shown.text


def test_strangers_find_nothing(people):
    case = Case.for_caller(people.runtime, "agnes", subjects=("leo",))
    for name in ("leo", "alice", "lena", "ada"):
        browser, api = people.signed_in(name), people.api(name)
        for path in (f"/complaints/{case.number}", "/complaints/TS2020010001"):
            assert browser.get(path).status_code == 404
            assert api.get(f"/api/v1{path}").status_code == 404
        assert case.number not in browser.get("/complaints").text
        assert case.number not in browser.get("/account/notices").text
        if name == "leo":
            assert case.number not in browser.get("/review").text
        assert (
            api.post(f"/api/v1/complaints/{case.number}/entries", json={"version": 1, "text": "x"}).status_code == 404
        )
    assert people.signed_in("alice").get("/complaints/new").status_code == 403
    assert people.api("alice").post("/api/v1/complaints", json={}).status_code == 403
    assert people.signed_in("alice").get("/complaints").status_code == 404
    case.act("flags", "mona", is_legal=True)
    page = people.signed_in("lena").get(f"/complaints/{case.number}")
    assert page.status_code == 200 and "法务" in page.text


def test_the_calls_of_the_contract(people):
    receipt, clinic = file_report(people.runtime), people.api()
    opens = {"number": receipt.number, "query_code": receipt.query_code}
    body = {**opens, "content": CONTENT, "name": NAME, "contact_phone": PHONE, "kind": "attitude"}
    filed = clinic.post("/api/v1/track/complaint", json=body)
    assert filed.status_code == 201 and set(filed.json()) == {"number", "query_code", "state"}
    assert clinic.post("/api/v1/track/complaint", json=body).json()["number"] != filed.json()["number"]
    assert clinic.post("/api/v1/track/complaint", json=opens).status_code == 422
    case = Case(people.runtime, filed.json()["number"], filed.json()["query_code"]).bring_to(S.ANSWERED)
    own = {"number": case.number, "query_code": case.code}
    assert clinic.post("/api/v1/track", json=own).json()["can"] == ["confirmation", "review"]
    done = clinic.post("/api/v1/track/complaint/confirmation", json={**own, "name": NAME})
    assert done.json()["confirmed_name"] == NAME
    assert clinic.post("/api/v1/track/complaint/confirmation", json={**own, "name": NAME}).status_code == 409
    manager = people.api("max")
    rows = manager.get("/api/v1/complaints").json()
    assert {row["number"] for row in rows["items"]} >= {case.number}
    view = manager.get(f"/api/v1/complaints/{case.number}").json()
    assert view["part"] == "manager" and view["contact"][1]["mask"] != PHONE
    stale = manager.post(f"/api/v1/complaints/{case.number}/follow-up", json={"version": 1, "reached": True})
    assert stale.status_code == 409 and stale.json()["code"] == "stale"
    assert stale.json()["complaint"]["number"] == case.number
    body = {"version": view["version"], "reached": True, "level": "satisfied"}
    assert manager.post(f"/api/v1/complaints/{case.number}/follow-up", json=body).json()["state"] == "followed_up"
    early = manager.post(f"/api/v1/complaints/{case.number}/archive", json={"version": view["version"] + 1})
    assert early.status_code == 409 and early.json()["objections"][0]["code"] == "report"
    reveal = {"field": "contact_phone", "reason": "核对数据"}
    assert manager.post(f"/api/v1/complaints/{case.number}/reveals", json=reveal).json()["value"] == PHONE
    twice = clinic.post("/api/v1/track/complaint/review", json={**own, "comment": "还是不明白"})
    assert twice.json()["state"] == "judging"


def _code_of(receipt):
    return tuple(re.search(rf'id="receipt-{name}"[^>]*>([^<]+)<', receipt)[1] for name in ("number", "code"))
