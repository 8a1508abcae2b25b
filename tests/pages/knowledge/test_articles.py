"""The pages of articles: what each door refuses, what clinics read without a sign-in, and what they never see."""

import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.knowledge.articles.states import RETIRE, SUBMIT
from portal.knowledge.articles.states import ArticleState as S
from portal.metrics.models import DailyCount
from tests.factories.articles import TEXT, Shelf
from tests.factories.clinic import Clinic
from tests.factories.portals import csrf_of, post
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
FIELDS = {
    "title": TEXT.title, "problem": TEXT.problem, "steps": TEXT.steps, "cautions": TEXT.cautions, "queue": TEXT.queue,
    "is_public": "1",
}  # fmt: skip


@pytest.fixture
def shelf(portal):
    return Shelf(portal.runtime)


def step(portal, shelf, who, name, **fields):
    page = f"/knowledge/{shelf.number}"
    browser = portal.signed_in(who)
    token = csrf_of(browser.get("/account").text)
    return browser.post(f"{page}/{name}", data={"csrf": token, "version": str(shelf.row.version), **fields})


def test_every_step_is_offered_only_where_it_is_taken(portal, shelf):
    """State × person: the buttons that stand there are those that work; the others are refused as the room does."""
    buttons = {
        "versions": "保存", "submission": ">提交审核<", "approval": "通过并发布", "return": ">退回<",
        "retirement": ">停用<",
    }  # fmt: skip
    wanted = {
        (S.DRAFT, "alice"): {"versions", "submission", "retirement"},
        (S.DRAFT, "leo"): {"versions", "submission", "retirement"},
        (S.IN_REVIEW, "alice"): {"versions", "retirement"},
        (S.IN_REVIEW, "leo"): {"versions", "approval", "return", "retirement"},
        (S.RETURNED, "alice"): {"versions", "submission", "retirement"},
        (S.PUBLISHED, "bob"): {"versions"},
        (S.PUBLISHED, "leo"): {"versions", "retirement"},
        (S.RETIRED, "leo"): set(),
    }
    browsers = {who: portal.signed_in(who) for who in ("alice", "bob", "leo")}
    for (state, who), names in wanted.items():
        shelf.bring_to(state)
        page = browsers[who].get(f"/knowledge/{shelf.number}").text
        shown = {name for name in buttons if f'action="/knowledge/{shelf.number}/{name}"' in page}
        assert shown == names, (state, who)
        assert all(buttons[name] in page for name in names)
    shelf.bring_to(S.DRAFT)
    assert browsers["bob"].get(f"/knowledge/{shelf.number}").status_code == 404
    assert portal.signed_in("hanna").get(f"/knowledge/{shelf.number}").status_code == 404


def test_refusals_keep_what_was_typed(portal, shelf):
    shelf.bring_to(S.DRAFT)
    bad = {**FIELDS, "then": "submission", "cautions": "", "steps": "请打 13900000017 找人", "problem": "写好的现象"}
    refused = step(portal, shelf, "alice", "versions", **bad)
    assert refused.status_code == 422
    assert "写好的现象" in refused.text and "手机号" in refused.text and 'id="field-cautions-error"' in refused.text
    assert shelf.row.text_version == 1
    shelf.bring_to(S.IN_REVIEW)
    own = step(portal, shelf, "leo", "versions", **FIELDS, cautions_extra="")
    assert own.status_code == 303
    same = step(portal, shelf, "leo", "approval")
    assert (same.status_code, shelf.row.status) == (422, "in_review")
    assert "请由另一位主管审核" in same.text
    stale = portal.signed_in("leo")
    token = csrf_of(stale.get("/account").text)
    late = stale.post(f"/knowledge/{shelf.number}/return", data={"csrf": token, "version": "1", "note": "我写的原因"})
    assert late.status_code == 409 and "我写的原因" in late.text


def test_an_own_approval_is_said_wherever_the_article_is_shown(portal, shelf):
    post(portal.signed_in("leo"), "/knowledge", "/knowledge/own-approval", is_on="1")
    shelf.make("leo")
    shelf.take(SUBMIT, "leo")
    assert step(portal, shelf, "leo", "approval").status_code == 303
    alice = portal.signed_in("alice")
    assert "审核人自己写的" in alice.get(f"/knowledge/{shelf.number}").text
    assert "审核人自己写的" in alice.get("/knowledge").text
    assert "由作者本人审核" in portal.browser().get(f"/help/{shelf.number}").text


class TestClinics:
    def test_public_ones_only(self, portal, shelf):
        public = shelf.publish()
        internal = shelf.publish(replace(TEXT, title="后台同步字典的办法", is_public=False))
        draft = shelf.bring_to(S.IN_REVIEW, text=replace(TEXT, title="还没审核的随访表办法"))
        retired = shelf.publish(replace(TEXT, title="停用的随访表办法"))
        shelf.take(RETIRE, "leo")
        nobody = portal.browser()
        pages = [nobody.get(f"/help{query}").text for query in ("", "?q=随访表", "?q=字典", "?queue=general")]
        form = nobody.get("/report/general")
        for page in (*pages, form.text, nobody.get("/").text):
            assert "字典" not in page.replace('value="字典"', "") and "还没审核" not in page and "停用的" not in page
        assert TEXT.title in pages[0] and TEXT.title in pages[1] and TEXT.title in form.text
        for number in (internal, draft, retired, "ZS2026119999"):
            assert nobody.get(f"/help/{number}").status_code == 404
        assert nobody.get(f"/help/{public}").status_code == 200

    def test_suggestions_while_typing_and_what_is_counted(self, portal, shelf):
        numbers = [shelf.publish(replace(TEXT, title=f"随访表参数错误 {at}")) for at in range(4)]
        shelf.publish(replace(TEXT, title="随访表参数错误内部", is_public=False))
        shelf.publish(replace(TEXT, title="随访表参数错误住院", queue="his"))
        nobody = portal.browser()
        token = csrf_of(nobody.get("/report/general").text)

        def asked(text, beside="0"):
            body = {"csrf": token, "description": text, "beside": beside}
            return [one["number"] for one in nobody.post("/report/general/articles", data=body).json()["articles"]]

        typed = "打开高血压随访表，保存时提示参数错误，账号 weisheng01 密码 Kw7-Mond-42"
        assert len(asked(typed)) == 3 and set(asked(typed)) <= set(numbers)
        assert len(asked(typed, "1")) == 2
        assert asked(typed, "3") == asked(" ") == asked("别的事情") == []
        assert nobody.post("/report/general/articles", data={"description": typed}).status_code == 403
        one = numbers[0]
        assert nobody.post("/help/solved", data={"csrf": token, "article": one}).headers["location"] == (
            f"/help/{one}?solved=1"
        )
        assert nobody.post("/help/solved", data={"csrf": token, "article": "ZS2026119999"}).status_code == 404
        with portal.runtime.database.read() as session:
            found = session.execute(select(DailyCount.name, DailyCount.key, DailyCount.count))
            assert [tuple(row) for row in found if row.name == "self-solved"] == [("self-solved", one, 1)]

    def test_the_next_page_and_a_pasted_text_are_helped_too(self, portal, shelf):
        shelf.publish()
        clinic = Clinic(portal, description="打开高血压随访表，保存时提示参数错误")
        clinic.fill_situation()
        page = clinic.browser.get(f"/report/drafts/{clinic.draft}/screenshots").text
        assert TEXT.title in page and "不影响您继续填写" in page
        pasted = portal.browser()
        token = csrf_of(pasted.get("/report/general").text)
        text = "1、机构名称：高唐县杨屯乡张四屯卫生室\n2、问题描述：打开高血压随访表，保存时提示参数错误"
        answer = pasted.post("/report/general/paste", data={"csrf": token, "pasted": text})
        assert f"article-{shelf.number}" in pasted.get(answer.headers["location"]).text

    def test_a_search_that_looks_like_a_secret_is_not_made(self, portal, shelf):
        shelf.publish()
        page = portal.browser().get("/help?q=电话 13900000017").text
        assert "13900000017" not in page and "没有记下" in page


def test_a_draft_from_a_ticket_is_its_makers(portal, shelf):
    number = file_report(portal.runtime, description="保存随访表报错，账号 weisheng01 密码 Kw7-Mond-42").number
    made = post(portal.signed_in("agnes"), "/account", f"/tickets/{number}/article")
    shelf.number = re.search(r"ZS\d+", made.headers["location"])[0]
    page = portal.signed_in("agnes").get(made.headers["location"]).text
    assert "保存随访表报错" in page and "Kw7-Mond-42" not in page and number in page
    assert portal.signed_in("alice").get(f"/knowledge/{shelf.number}").status_code == 404
