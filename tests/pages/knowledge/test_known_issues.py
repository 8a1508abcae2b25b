"""已知问题 at the desks: who reads, who keeps, what each act leaves."""

import pytest
from sqlalchemy import select

from portal.accounts import users
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.knowledge.models import KnownIssue
from tests.factories.cast import password_of
from tests.factories.known_issues import PHONE, add_issue, follow, settle_issue
from tests.factories.portals import Portal, post

LIST, NEW = "/known-issues", "/known-issues/new"
SCRIPT = "<script>alert(1)</script>"
FIELDS = {
    "title": "高血压随访表保存时提示参数错误", "queues": ["general", "his"], "cause": "上午的升级有一处错误",
    "recovers_at": "2031-07-22T17:30", "keywords": "高血压随访、参数错误，参数错误", "county": "高唐县",
    "workaround": "先记在纸上", "system": "浪潮系统",
}  # fmt: skip


def issues(portal: Portal) -> list[KnownIssue]:
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(KnownIssue).order_by(KnownIssue.created_at)))


def last_tag(portal: Portal) -> str:
    with portal.runtime.database.read() as session:
        return session.scalars(select(AuditEvent.tag).order_by(AuditEvent.seq.desc()).limit(1)).one()


@pytest.mark.parametrize(
    ("name", "reads", "keeps"), [("leo", 200, 200), ("alice", 200, 403), ("agnes", 200, 403), ("ada", 403, 403)]
)
def test_only_a_lead_keeps_known_issues(portal: Portal, name: str, reads: int, keeps: int) -> None:
    issue = add_issue(portal.runtime)
    browser = portal.signed_in(name)
    assert [browser.get(path).status_code for path in (LIST, f"{LIST}/{issue.id}", NEW)] == [reads, reads, keeps]
    assert ('href="/knowledge"' in browser.get("/account").text) is (reads == 200)
    assert post(browser, "/account", LIST, **FIELDS).status_code == (303 if keeps == 200 else 403)
    assert len(issues(portal)) == (2 if keeps == 200 else 1)
    settled = post(browser, "/account", f"{LIST}/{issue.id}/settlement", version="1", settling="好了")
    assert settled.status_code == (303 if keeps == 200 else 403)


def test_a_lead_cannot_keep_another_queues_issues(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        users.add_user(
            session, SYSTEM, username="lena", password=password_of("lena"), role="lead", queues=("his",),
            display_name="钱主管",
        )  # fmt: skip
    lena, issue = portal.signed_in("lena"), add_issue(portal.runtime)
    assert post(lena, NEW, f"{LIST}/{issue.id}", version="1", **FIELDS).status_code == 404
    assert post(lena, NEW, f"{LIST}/{issue.id}/settlement", version="1", settling="好了").status_code == 404
    assert post(lena, NEW, LIST, **FIELDS).status_code == 422
    assert [kept.title for kept in issues(portal)] == [issue.title] and not issues(portal)[0].is_settled
    shared = add_issue(portal.runtime, queues=("general", "his"))
    assert post(lena, NEW, f"{LIST}/{shared.id}", version="1", **{**FIELDS, "queues": ["his"]}).status_code == 422
    assert post(lena, NEW, f"{LIST}/{shared.id}", version="1", **FIELDS).status_code == 303


def test_an_engineer_cannot_read_another_queues_issue(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    hanna = portal.signed_in("hanna")
    assert issue.title not in hanna.get(LIST).text
    assert hanna.get(f"{LIST}/{issue.id}").status_code == 404


def test_it_adds_changes_and_settles(portal: Portal) -> None:
    leo = portal.signed_in("leo")
    added = post(leo, NEW, LIST, **FIELDS)
    assert added.status_code == 303
    assert "已新增" in leo.get(added.headers["location"]).text
    (issue,) = issues(portal)
    assert (issue.queues, issue.keywords) == (["general", "his"], ["高血压随访", "参数错误"])
    assert issue.recovers_at.isoformat() == "2031-07-22T09:30:00+00:00"
    page = f"{LIST}/{issue.id}"
    assert 'value="2031-07-22T17:30"' in leo.get(page).text
    assert post(leo, page, page, **{**FIELDS, "title": "改过的标题", "version": "1"}).status_code == 303
    assert last_tag(portal) == "known-issue:change"
    assert post(leo, page, f"{page}/settlement", version="2", settling="已修复").status_code == 303
    assert last_tag(portal) == "known-issue:settle"
    (issue,) = issues(portal)
    assert (issue.title, issue.settling, issue.version) == ("改过的标题", "已修复", 3)
    assert "标为已恢复" not in leo.get(page).text
    assert "已恢复" in leo.get(LIST).text


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(portal: Portal) -> None:
    leo = portal.signed_in("leo")
    issue = add_issue(portal.runtime)
    wrong = {**FIELDS, "title": "", "recovers_at": "下午", "workaround": SCRIPT}
    for answer in (post(leo, NEW, LIST, **wrong), post(leo, NEW, f"{LIST}/{issue.id}", version="1", **wrong)):
        assert answer.status_code == 422
        assert "有 2 处需要修改" in answer.text
        assert SCRIPT not in answer.text and "&lt;script&gt;" in answer.text
        assert "上午的升级有一处错误" in answer.text
    only_time = post(leo, NEW, LIST, **{**FIELDS, "recovers_at": "下午"})
    assert only_time.status_code == 422
    assert [row.version for row in issues(portal)] == [1]
    assert post(leo, NEW, f"{LIST}/{issue.id}/settlement", version="1", settling="").status_code == 422


def test_what_another_lead_saved_is_not_overwritten(portal: Portal) -> None:
    leo = portal.signed_in("leo")
    issue = add_issue(portal.runtime)
    page = f"{LIST}/{issue.id}"
    post(leo, page, page, **{**FIELDS, "version": "1"})
    for version in ("1", "x", ""):
        stale = post(leo, page, page, **{**FIELDS, "title": "我的标题", "version": version})
        assert stale.status_code == 409
        assert "我的标题" in stale.text and "您写的内容还在" in stale.text
        assert 'name="version" value="2"' in stale.text
    settle_issue(portal.runtime, issues(portal)[0])
    assert post(leo, page, page, **{**FIELDS, "version": "3"}).status_code == 409


def test_linked_reports_are_counted_and_masked(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    receipt = follow(portal.runtime, issue)
    follow(portal.runtime, issue, submission="t" * 32)
    leo = portal.signed_in("leo")
    assert '<td class="number">2</td>' in leo.get(LIST).text
    page = leo.get(f"{LIST}/{issue.id}").text
    assert receipt.number in page and "139****0017" in page
    assert PHONE not in page
