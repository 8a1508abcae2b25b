"""The two password policies: OWASP's by default, 等保三级 by a setting (SECURITY 3, E-10)."""

import time
from datetime import timedelta
from importlib.util import find_spec, module_from_spec

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import FormerPassword, User
from portal.accounts.passwords import password_fault
from tests.accounts.factors import PAGE, is_signed_in, settle
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of, post

CHANGE_PAGE = "/account/new-password"
PHRASES = [f"Invented-Phrase-{number}" for number in range(8)]


def age_password(portal: Portal, days: float) -> None:
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).values(password_changed_at=clock.now() - timedelta(days=days)))


def change(browser, old: str, new: str, page: str = "/account"):
    return post(browser, page, "/account/password", old_password=old, password=new, password_again=new)


def former(portal: Portal) -> int:
    with portal.runtime.database.read() as session:
        return len(session.scalars(select(FormerPassword)).all())


@pytest.mark.parametrize("password", ["长长的一句暗语啊对吧", "only lower case words", "x" * 20 + "yrkvo", "brkvotly"])
def test_owasp_asks_for_length_and_no_classes(password: str):
    assert password_fault(password, "alice") is None


@pytest.mark.parametrize("password", ["short1!", "password", "P@ssw0rd", "aaaaaaaaaa", "alice-invented", "88888888"])
def test_both_policies_refuse_what_is_short_or_common(password: str):
    for policy in ("owasp", "dengbao3"):
        assert password_fault(password, "alice-invented", policy)


@pytest.mark.parametrize("password", ["only lower case words", "一句很长很长的暗语", "brkvotly12", "BRKVotly"])
def test_dengbao_refuses_fewer_than_three_classes(password: str):
    assert password_fault(password, "alice", "owasp") is None
    assert "至少 3 种" in password_fault(password, "alice", "dengbao3")


@pytest.mark.parametrize("password", ["Brkvotl1", "brkvot-1", "BRKVOT-1", "暗语暗语Ab语句", "Brkvotl-"])
def test_dengbao_takes_three_of_four_classes(password: str):
    assert password_fault(password, "alice", "dengbao3") is None


WELL_KNOWN = """
12345678 123456789 1234567890 0123456789 87654321 987654321 11111111 00000000 88888888 66668888 11223344
112233445566 12341234 123123123 147258369 789456123 19880808 13800138000 20260101 5201314520 1314520520
qwertyuiop asdfghjkl zxcvbnm123 1qaz2wsx 1qaz2wsx3edc !QAZ2wsx qazwsxedc zaq12wsx 1q2w3e4r q1w2e3r4t5 qwer1234
asdf1234 qwe123asd 1234qwer abcd1234 abc123456 123456abc a123456789 aa123456 abcdefgh abcdefg1 password
Password1 password123 P@ssw0rd P@ssw0rd123 passw0rd! iloveyou iloveyou520 loveyou1314 woaini1314 woaini520
wodemima123 admin123 admin@123 Admin@2026 admin888 administrator root@123 welcome1 changeme letmein123 test1234
yixiantong yxt@2026 weisheng123 weishengshi1 gaotang2026 一线通一线通一线通 zhangwei123 wangwei1988 liuyang@123
system123 ｐａｓｓｗｏｒｄ abcabcabc superman1 sunshine2026 hospital#1
""".split()  # noqa: SIM905
SOUND = [
    "brick cloud seven", "紫色的水壶很安静", "kestrel-over-the-mill", "Tx9#mVw2qL", "river4bottle", "vK3!pz8Rw",
    "wqzmxkvb", "invented-alice-phrase", "Invented#Pass77", "晚饭后去河边散步", "my dog eats clouds",
    "9fK2-xT7b-Lm4q", "plumtree-Wagon", "correct horse battery", "lantern!copper", "三只猫在屋顶Ok7", "Zg7kPq2x",
    "gurgle.Wombat8", "quiet harbour 41", "ohm/tundra/42",
]  # fmt: skip


@pytest.mark.parametrize("password", WELL_KNOWN)
def test_nobody_can_take_a_well_known_password(password: str):
    assert "太常见" in password_fault(password, "bob")


@pytest.mark.parametrize("password", SOUND)
def test_a_sound_password_is_taken(password: str):
    assert password_fault(password, "bob") is None


def test_nobody_can_take_the_own_name_with_a_little_more():
    for password in ("hanna.wombat", "Hanna.Wombat1", "hanna.wombat@2026", "hanna.wombat!hanna.wombat"):
        assert "太常见" in password_fault(password, "hanna.wombat")
    assert password_fault("hanna.wombat-brick-cloud", "hanna.wombat") is None


def test_a_long_password_is_judged_at_once():
    began = time.perf_counter()
    password_fault("ab1" * 85, "bob")
    password_fault("brkvotly" * 8, "bob")
    assert time.perf_counter() - began < 0.5


def test_under_owasp_an_old_password_stays_good_and_may_come_back(portal: Portal):
    age_password(portal, 5000)
    browser = portal.signed_in("alice")
    assert change(browser, password_of("alice"), PHRASES[0]).status_code == 303
    assert change(browser, PHRASES[0], password_of("alice")).status_code == 303
    assert former(portal) == 0


def test_under_dengbao_a_password_of_90_days_leads_to_the_change_page(portal: Portal):
    settle(portal, password_policy="dengbao3")
    age_password(portal, 89.9)
    assert is_signed_in(portal.signed_in("alice"))
    age_password(portal, 90.1)
    browser = portal.browser()
    answer = post(browser, "/sign-in", "/sign-in", username="alice", password=password_of("alice"))
    assert (answer.status_code, answer.headers["location"]) == (303, CHANGE_PAGE)
    for path in ("/queues/general", "/account"):
        assert browser.get(path).headers["location"] == CHANGE_PAGE
    assert "您的密码已使用超过 90 天" in browser.get(CHANGE_PAGE).text
    refused = change(browser, password_of("alice"), "only lower case", CHANGE_PAGE)
    assert refused.status_code == 422
    assert "现在登录的地方" not in refused.text
    assert change(browser, password_of("alice"), PHRASES[0], CHANGE_PAGE).status_code == 303
    assert browser.get("/queues/general").status_code == 200


def test_an_old_password_comes_before_a_missing_second_factor(portal: Portal):
    settle(portal, password_policy="dengbao3", second_factor="required")
    age_password(portal, 91)
    browser = portal.signed_in("alice")
    assert browser.get("/queues/general").headers["location"] == CHANGE_PAGE
    change(browser, password_of("alice"), PHRASES[0], CHANGE_PAGE)
    assert browser.get("/queues/general").headers["location"] == PAGE


def test_under_dengbao_the_last_five_are_barred_and_older_ones_forgotten(portal: Portal):
    settle(portal, password_policy="dengbao3")
    browser = portal.signed_in("alice")
    old = password_of("alice")
    for phrase in PHRASES[:5]:
        assert change(browser, old, phrase).status_code == 303
        old = phrase
    for barred in PHRASES[:5]:
        answer = change(browser, old, barred)
        assert answer.status_code == 422
        assert "不能使用最近 5 次用过的密码" in answer.text
    assert former(portal) == 4
    with portal.runtime.database.read() as session:
        hashes = session.scalars(select(FormerPassword.password_hash)).all()
    assert all(row.startswith("$argon2id$") for row in hashes)
    assert change(browser, old, password_of("alice")).status_code == 422, "it has too few classes"
    assert change(browser, old, PHRASES[5]).status_code == 303
    assert change(browser, PHRASES[5], PHRASES[0]).status_code == 303, "the sixth may come back"
    settle(portal, password_policy="owasp")
    assert change(browser, PHRASES[0], PHRASES[6]).status_code == 303
    assert former(portal) == 0


def test_the_policy_holds_for_administrators_and_a_made_password_meets_it(portal: Portal):
    settle(portal, password_policy="dengbao3")
    ada = portal.signed_in("ada")
    weak = "only lower case"
    answer = post(
        ada, "/admin/people/new", "/admin/people", username="chen", role="lead", password=weak, password_again=weak
    )
    assert answer.status_code == 422
    assert "至少 3 种" in answer.text
    made = post(ada, "/admin/people/new", "/admin/people", username="chen", role="lead").text
    word = made.split('id="new-password">')[1].split("<")[0]
    browser = portal.browser()
    assert post(browser, "/sign-in", "/sign-in", username="chen", password=word).status_code == 303


def test_the_policy_holds_for_the_first_administrator(portal: Portal):
    from sqlalchemy import text

    from portal.accounts import users

    settle(portal, password_policy="dengbao3")
    with portal.runtime.database.transaction() as session:
        session.execute(text("DELETE FROM users"))
        code = users.new_setup_code(session)
    browser = portal.browser()
    page = browser.get("/setup").text
    assert "至少 8 个字符，包含大写字母" in page
    fields = {"csrf": csrf_of(page), "code": code, "username": "first"}
    for word, status in (("only lower case", 422), (PHRASES[0], 303)):
        assert browser.post("/setup", data={**fields, "password": word, "password_again": word}).status_code == status


def test_a_token_keeps_working_when_the_password_is_old(portal: Portal):
    settle(portal, password_policy="dengbao3")
    age_password(portal, 91)
    assert portal.api("alice").get("/api/v1/tickets?queue=general").status_code == 200


def test_an_unknown_name_costs_as_much_as_a_known_one() -> None:
    """Read anew: the tests' own hashes are cheaper."""
    spec = find_spec("portal.accounts.passwords")
    assert spec and spec.loader
    real = module_from_spec(spec)
    spec.loader.exec_module(real)
    assert not real.needs_rehash(real._DUMMY)
