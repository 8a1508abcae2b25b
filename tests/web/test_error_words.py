"""What staff read when they are refused: what was tried, why not, what to do."""

import uuid

import pytest

from tests.factories.portals import Portal, post

JSON = {"accept": "application/json"}


@pytest.mark.parametrize(
    ("who", "path", "words"),
    [
        ("agnes", "/admin", "您的角色是坐席，不能“管理人员”，这是管理员、安全管理员的权限。需要时请联系管理员"),
        ("alice", "/review", "您的角色是工程师，不能“审计”，这是主管、审计管理员的权限。需要时请联系管理员"),
        (
            "ada",
            "/queues/general",
            "您的角色是管理员，不能“查看队列”，这是坐席、工程师、主管的权限。需要时请联系管理员",
        ),
    ],
)
def test_a_page_that_is_not_theirs_says_whose_it_is(portal: Portal, who: str, path: str, words: str) -> None:
    answer = portal.signed_in(who).get(path)

    assert answer.status_code == 403
    assert words in answer.text and "查看此页面" not in answer.text


def test_a_refused_act_is_not_called_looking(portal: Portal) -> None:
    answer = post(portal.signed_in("agnes"), "/account", "/previous-systems", name="新系统")

    assert answer.status_code == 403
    assert "不能“维护机构名录”" in answer.text and "查看权限" not in answer.text


def test_nobody_is_told_of_a_session_that_never_was(portal: Portal) -> None:
    answer = portal.browser().get("/account/news", headers=JSON).json()["title"]

    assert answer == "您还没有登录。请登录后再试"


def test_an_ended_session_is_told_and_only_an_act_was_lost(portal: Portal) -> None:
    browser = portal.signed_in("alice")
    post(portal.signed_in("alice"), "/account", "/account/sessions/end-all")

    assert browser.get("/account/news", headers=JSON).json()["title"] == "太久没有操作，已为您退出。请重新登录后再试"


def test_what_is_absent_says_what_may_be_the_cause_and_leads_to_ones_own_start(portal: Portal) -> None:
    page = portal.signed_in("ada").get(f"/admin/people/{uuid.uuid4()}").text

    assert "网址或编号可能写错了" in page
    assert 'href="/admin">回到开始页' in page and "回到队列" not in page
    assert "网址或编号" not in portal.browser().get("/nowhere").text


@pytest.mark.parametrize(("who", "sees"), [("alice", True), ("leo", True), ("agnes", True), ("ada", False)])
def test_the_foot_speaks_only_of_what_the_reader_can_do(portal: Portal, who: str, sees: bool) -> None:
    assert ("查看敏感信息、下载附图和导出" in portal.signed_in(who).get("/account").text) == sees


@pytest.mark.parametrize("path", ["/nothing-here", "/queues/general/nothing/here", "/static-nothing", "/说明"])
def test_an_unknown_address_keeps_each_in_their_own_pages(portal: Portal, path: str) -> None:
    staff, clinic = portal.signed_in("alice").get(path), portal.browser().get(path)

    assert staff.status_code == clinic.status_code == 404
    assert "回到队列" in staff.text and 'href="/account"' in staff.text
    assert "回到首页" in clinic.text and "没有复制完整" in clinic.text and "回到队列" not in clinic.text
    assert portal.signed_in("alice").get("/api/v1/nothing").json()["status"] == 404
