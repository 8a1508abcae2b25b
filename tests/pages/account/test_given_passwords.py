"""What an administrator chose is changed at the first sign-in; all faults at once; names that mislead are refused."""

import re

import pytest
from sqlalchemy import select

from portal.accounts import user_checks, users
from portal.accounts.models import StaffSession, User
from portal.audit.actor import SYSTEM
from tests.factories.cast import password_of
from tests.factories.portals import Portal, post

NEW = "/account/new-password"
WORD = "an invented phrase"
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def add(portal: Portal, **fields) -> object:
    ada = portal.signed_in("ada")
    return post(ada, "/admin/people/new", "/admin/people", **{"role": "engineer", "queues": ["general"], **fields})


def enter(portal: Portal, name: str, password: str):
    browser = portal.browser()
    return browser, post(browser, "/sign-in", "/sign-in", username=name, password=password)


@pytest.mark.parametrize("is_made", [True, False])
def test_it_is_changed_before_anything_else(portal: Portal, is_made: bool) -> None:
    typed = {} if is_made else {"password": WORD, "password_again": WORD}
    answer = add(portal, username="chen", display_name="陈工", **typed)
    given = re.search(r'id="new-password"[^>]*>([^<]+)<', answer.text)[1] if is_made else WORD
    browser, entered = enter(portal, "chen", given)
    assert entered.headers["location"] == NEW
    for page in ("/queues/general", "/account", "/tickets/RC2026010001"):
        assert browser.get(page).headers.get("location") == NEW, page
    assert "管理员设的" in browser.get(NEW).text
    changed = post(
        browser,
        NEW,
        "/account/password",
        old_password=given,
        password="only chen knows",
        password_again="only chen knows",
    )
    assert changed.status_code == 303
    assert browser.get("/queues/general").status_code == 200
    _, again = enter(portal, "chen", "only chen knows")
    assert again.headers["location"] == "/queues/general"


def test_one_that_was_set_anew_is_changed_too(portal: Portal) -> None:
    ada = portal.signed_in("ada")
    with portal.runtime.database.read() as session:
        bob = f"/admin/people/{session.scalars(select(User.id).where(User.username == 'bob')).one()}"
    assert post(ada, bob, f"{bob}/password", password=WORD, password_again=WORD).status_code == 303
    assert enter(portal, "bob", WORD)[1].headers["location"] == NEW


def test_one_from_the_command_line_stands(portal: Portal) -> None:
    assert enter(portal, "bob", password_of("bob"))[1].headers["location"] == "/queues/general"


def test_every_fault_of_the_own_password_is_told_at_once(portal: Portal) -> None:
    browser = portal.signed_in("bob")
    answer = post(browser, "/account", "/account/password", old_password="wrong", password="1", password_again="2")
    assert answer.status_code == 422
    for sentence in ("原密码不对", "密码至少 8 个字符", "两次输入的密码不一样"):
        assert sentence in answer.text, sentence


def test_every_fault_of_a_new_person_is_told_at_once(portal: Portal) -> None:
    answer = add(
        portal, username="q!q", display_name="系统", role="", staff_number="10-", password="1", password_again="2"
    )
    assert answer.status_code == 422
    for sentence in (
        "用户名为 2 到 60 个字",
        "是系统自己用的称呼",
        "请选择角色",
        "工号为 1 到 12 个",
        "密码至少 8 个字符",
        "两次输入的密码不一样",
    ):
        assert sentence in answer.text, sentence


@pytest.mark.parametrize(
    ("username", "is_right"),
    [
        ("li.wei", False), ("q!q", False), ("a", False), ("a" * 61, False), ("李 伟", False), ("lì", False),
        ("😀😀", False),
        ("李伟", True), ("li_wei-2", True), ("li@clinic", True), ("𠮷野", True), ("a" * 60, True),
    ],
)  # fmt: skip
def test_the_rule_for_user_names_is_the_one_the_page_says(portal: Portal, username: str, is_right: bool) -> None:
    assert "2 到 60 个字，可以用汉字、字母、数字和 _ - @" in portal.signed_in("ada").get("/admin/people/new").text
    assert add(portal, username=username).status_code == (200 if is_right else 422)


@pytest.mark.parametrize(
    "shown", ["系统", " 系 统 ", "机构", "主管", "工程师", "张工", "张　工", "alice", "ＡＬＩＣＥ"]
)
def test_a_shown_name_is_nobody_elses(portal: Portal, shown: str) -> None:
    answer = add(portal, username="chen", display_name=shown)
    assert answer.status_code == 422
    with portal.runtime.database.read() as session:
        assert session.scalars(select(User).where(User.username == "chen")).first() is None


def test_the_name_of_somebody_who_left_is_free_and_ones_own_stays(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        alice = session.scalars(select(User).where(User.username == "alice")).one()
        users.set_active(session, SYSTEM, alice.id, False)
        bob = session.scalars(select(User).where(User.username == "bob")).one()
        users.change_user(session, SYSTEM, bob.id, role="engineer", queues=["his"], display_name="李工")
    assert add(portal, username="chen", display_name="张工").status_code == 200


def test_ones_own_sign_ins_can_be_told_apart_and_ended_all_at_once(portal: Portal) -> None:
    windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36 Edg/120.0"
    phone = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 Chrome/100.0 Mobile Safari/537.36 MicroMessenger/8.0"
    browsers = []
    for address, agent in (("198.51.100.4", windows), ("203.0.113.9", phone)):
        browser = portal.browser(address)
        browser.headers["user-agent"] = agent
        post(browser, "/sign-in", "/sign-in", username="bob", password=password_of("bob"))
        browsers.append(browser)
    page = browsers[0].get("/account").text
    for words in ("Windows · Edge", "安卓 · 微信", "198.51.100.4", "203.0.113.9"):
        assert words in page, words
    assert "Mozilla" not in page
    answer = post(browsers[0], "/account", "/account/sessions/end-all")
    assert answer.headers["location"] == "/sign-in"
    assert [browser.get("/account").status_code for browser in browsers] == [303, 303]
    with portal.runtime.database.read() as session:
        assert session.scalars(select(StaffSession)).all() == []


def test_no_spelling_of_a_word_of_the_system_is_a_persons_name(portal: Portal) -> None:
    taken = ("系統", "系．统", "系·统", "「系统」", "Ｓystem", "SYS-TEM", "機構", "机 构", "管理員", "客服.")
    with portal.runtime.database.read() as session:
        faults = {name: user_checks.shown_name_faults(session, name, "liwei") for name in (*taken, "系统林", "李伟")}

    assert {name for name, found in faults.items() if [fault.code for fault in found] == ["taken"]} == set(taken)
