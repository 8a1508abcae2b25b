"""People: only the administrator manages them, only the listed fields change, and somebody always can."""

import contextlib
import re
import threading

import pytest
from sqlalchemy import select, update

from portal.accounts import users
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.accounts.roles import Role
from portal.acts.table import CLAIM
from portal.audit.actor import SYSTEM, Actor
from portal.audit.models import AuditEvent
from portal.errors import PortalError
from tests.factories.acts import perform
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import password_of
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.reports import file_report

NEW_PAGE = "/admin/people/new"
SCRIPT = "<script>alert('x')</script>"


def user_of(portal: Portal, name: str) -> User:
    with portal.runtime.database.read() as session:
        return session.scalars(select(User).where(User.username == name)).one()


def add(ada: PlainBrowser, **fields):
    return post(ada, NEW_PAGE, "/admin/people", **{"role": "engineer", "queues": ["his"], **fields})


def act(portal: Portal, ada: PlainBrowser, name: str, what: str = "", **fields):
    path = f"/admin/people/{user_of(portal, name).id}"
    return post(ada, path, path + what, **fields)


def enter(portal: Portal, name: str, password: str) -> int:
    return post(portal.browser(), "/sign-in", "/sign-in", username=name, password=password).status_code


def test_it_lists_everybody(portal: Portal):
    page = portal.signed_in("ada").get("/admin").text
    for name, shown, role in (("alice", "张工", "工程师"), ("leo", "孙主管", "主管"), ("agnes", "赵坐席", "坐席")):
        assert name in page
        assert shown in page
        assert role in page


def test_it_adds_somebody_with_a_typed_password(portal: Portal):
    ada = portal.signed_in("ada")
    word = "an invented phrase"
    answer = add(
        ada, username="chen", display_name="陈工", queues=["general", "his"], password=word, password_again=word
    )
    assert answer.status_code == 303
    assert word not in ada.get(answer.headers["location"]).text
    assert "已新增 陈工（chen）" in ada.get(answer.headers["location"]).text
    assert user_of(portal, "chen").queues == ["general", "his"]
    assert enter(portal, "chen", word) == 303


def test_a_made_password_is_shown_once_and_works(portal: Portal):
    ada = portal.signed_in("ada")
    page = add(ada, username="chen").text
    word = re.search(r'id="new-password">([0-9a-f-]{24})<', page)[1]
    assert enter(portal, "chen", word) == 303
    again = act(portal, ada, "chen", "/password").text
    newer = re.search(r'id="new-password">([0-9a-f-]{24})<', again)[1]
    assert newer != word
    assert (enter(portal, "chen", word), enter(portal, "chen", newer)) == (422, 303)
    assert newer not in ada.get("/admin").text + ada.get(f"/admin/people/{user_of(portal, 'chen').id}").text


def test_faults_stand_beside_fields_and_what_was_typed_is_kept(portal: Portal):
    answer = add(
        portal.signed_in("ada"),
        username="x",
        display_name="陈工",
        queues=[],
        password="87654321",
        password_again="87654321",
    )
    assert answer.status_code == 422
    assert 'value="陈工"' in answer.text
    assert 'value="x"' in answer.text
    assert re.search(r'value="engineer" checked', answer.text)
    for name in ("username", "queues", "password"):
        assert f'id="field-{name}-error"' in answer.text
    assert "87654321" not in answer.text


@pytest.mark.parametrize("name", ["alice", "ALICE", "ａｌｉｃｅ", "a lice", "clinic", "System", "command line"])
def test_a_name_that_could_be_taken_for_another_is_refused(portal: Portal, name: str):
    answer = add(portal.signed_in("ada"), username=name)
    assert answer.status_code == 422
    assert "这个用户名已经有人使用" in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role", "root"),
        ("role", ""),
        ("queues", "secret"),
        ("username", "a\x00b"),
        ("display_name", "陈\u202e工"),
        ("display_name", "长" * 61),
    ],
)
def test_a_value_outside_its_list_adds_nobody(portal: Portal, field: str, value: str):
    answer = add(portal.signed_in("ada"), **{"username": "chen", field: value})
    assert answer.status_code == 422
    with portal.runtime.database.read() as session:
        assert len(session.scalars(select(User)).all()) == 6


def test_only_the_listed_fields_change(portal: Portal):
    ada = portal.signed_in("ada")
    before = user_of(portal, "bob")
    answer = act(
        portal, ada, "bob", role="engineer", queues=["his"], display_name="李工二",
        username="alice", name_key="alice", password_hash="x", is_active="",
        id=str(user_of(portal, "alice").id),
    )  # fmt: skip
    assert answer.status_code == 303
    after = user_of(portal, "bob")
    assert (after.display_name, after.queues) == ("李工二", ["his"])
    assert (after.id, after.name_key, after.password_hash, after.is_active) == (
        before.id,
        before.name_key,
        before.password_hash,
        True,
    )
    assert after.version == before.version + 1


def test_it_changes_disables_enables_and_records_it(portal: Portal):
    ada = portal.signed_in("ada")
    alice = portal.signed_in("alice")
    assert act(portal, ada, "alice", role="lead", display_name="张主管").status_code == 303
    assert alice.get("/account").status_code == 303
    assert portal.signed_in("alice").get("/review").status_code == 200
    assert act(portal, ada, "alice", "/disable").status_code == 303
    assert enter(portal, "alice", password_of("alice")) == 422
    assert "已停用" in ada.get("/admin").text
    assert act(portal, ada, "alice", "/enable").status_code == 303
    assert enter(portal, "alice", password_of("alice")) == 303
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.actor_name == "ada").order_by(AuditEvent.seq)).all()
    changed, *others = [row for row in rows if row.tag.startswith("user:")]
    assert (changed.tag, changed.particulars) == (
        "user:change",
        {
            "username": "alice",
            "display_name": changed.particulars["display_name"],
            "role": "lead",
            "queues": ["general", "his"],
            "former_role": "engineer",
            "former_queues": ["general"],
            "former_name": "张工",
        },
    )
    assert [row.tag for row in others] == ["user:disable", "user:enable"]


def test_the_page_promises_no_number_to_clinics(portal: Portal):
    assert "机构看到的是工号" not in portal.signed_in("ada").get(NEW_PAGE).text  # they see the shown name


def test_a_staff_number_is_kept_shown_changed_and_recorded(portal: Portal):
    ada = portal.signed_in("ada")
    assert add(ada, username="chen", staff_number=" a1047 ").status_code == 200  # with a password that was made
    assert "A1047" in ada.get("/admin").text
    chen = user_of(portal, "chen")
    assert 'value="A1047"' in ada.get(f"/admin/people/{chen.id}").text
    kept = {"role": "engineer", "queues": ["his"], "display_name": "陈工"}
    assert act(portal, ada, "chen", staff_number="007", **kept).status_code == 303
    assert act(portal, ada, "chen", staff_number="007", **kept).status_code == 303
    assert act(portal, ada, "chen", staff_number="", **kept).status_code == 303
    assert user_of(portal, "chen").staff_number is None
    assert act(portal, ada, "chen", staff_number="12E5", **kept).status_code == 303
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.tag.startswith("user:")).order_by(AuditEvent.seq))
        told = [(row.particulars.get("staff_number"), row.particulars.get("former_staff_number")) for row in rows][-5:]
    assert told == [("A1047", None), ("007", "A1047"), ("007", None), (None, "007"), ("12E5", "未设")]


@pytest.mark.parametrize("number", ["-", "-7", "7-", "工号", "1" * 13, "1 2", "1_2"])
def test_a_staff_number_is_letters_and_digits(portal: Portal, number: str):
    ada = portal.signed_in("ada")
    answer = add(ada, username="chen", staff_number=number)
    assert answer.status_code == 422
    assert "工号为 1 到 12 个字母或数字，中间可以有连字符 -" in answer.text
    assert f'value="{number}"' in answer.text


def test_a_staff_number_belongs_to_one_person(portal: Portal):
    ada = portal.signed_in("ada")
    add(ada, username="chen", staff_number="a1")
    answer = add(ada, username="chang", staff_number="A1")
    assert (answer.status_code, "这个工号已经有人使用" in answer.text) == (422, True)
    other = act(portal, ada, "alice", role="engineer", queues=["general"], display_name="张工", staff_number="A1")
    assert (other.status_code, "这个工号已经有人使用" in other.text) == (422, True)


def test_a_form_without_the_box_leaves_a_staff_number_as_it_is(portal: Portal):
    chen = add(portal.signed_in("ada"), username="chen", staff_number="7") and user_of(portal, "chen")
    with portal.runtime.database.transaction() as session:
        users.change_user(session, SYSTEM, chen.id, role="lead", queues=(), display_name="陈主管")
    assert user_of(portal, "chen").staff_number == "7"


def test_it_lists_the_open_tickets_that_somebody_leaves_behind(portal: Portal):
    """Before the person is disabled and after; by number only, as an administrator sees no ticket."""
    receipt, other = file_report(portal.runtime), file_report(portal.runtime)
    alice = user_of(portal, "alice")
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, principal_of(alice).actor("127.0.0.1", "r"), CLAIM, receipt.number, 1)
    ada = portal.signed_in("ada")
    before = ada.get(f"/admin/people/{alice.id}").text
    done = ada.get(act(portal, ada, "alice", "/disable").headers["location"]).text
    after = ada.get(f"/admin/people/{alice.id}").text

    for page in (before, after):
        assert "名下还有 1 条未关闭的问题" in page
        assert receipt.number in page and other.number not in page
        assert f"/tickets/{receipt.number}" not in page and "张四屯" not in page
    assert "名下还有 1 条未关闭的问题，请主管" in done and receipt.number not in done
    assert "名下还有" not in ada.get(f"/admin/people/{user_of(portal, 'bob').id}").text


def test_the_last_administrator_cannot_leave(portal: Portal):
    ada = portal.signed_in("ada")
    for answer in (act(portal, ada, "ada", "/disable"), act(portal, ada, "ada", role="lead", display_name="周")):
        assert answer.status_code == 409
    assert (user_of(portal, "ada").role, user_of(portal, "ada").is_active) == ("admin", True)
    assert ada.get("/admin").status_code == 200
    with pytest.raises(PortalError, match="至少要保留一位"), portal.runtime.database.transaction() as session:
        users.set_active(session, SYSTEM, user_of(portal, "ada").id, False)


def test_nobody_raises_the_own_role(portal: Portal):
    ada = portal.signed_in("ada")
    add(
        ada,
        username="second",
        role="admin",
        queues=[],
        password="an invented phrase",
        password_again="an invented phrase",
    )
    assert act(portal, ada, "ada", role="engineer", queues=["general"], display_name="周").status_code == 409
    assert user_of(portal, "ada").role == "admin"


def test_two_administrators_cannot_remove_each_other_at_once(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    with portal.runtime.database.transaction() as session:
        users.add_user(session, SYSTEM, username="eve", password="an invented phrase", role="admin", queues=())
    ids = {name: user_of(portal, name).id for name in ("ada", "eve")}
    ready, checked, end_sessions = threading.Barrier(2), threading.Barrier(2), users.end_sessions

    def end_together(session, user) -> None:
        # Both wait here, after the check and before the commit; with the lock only one of them gets this far.
        with contextlib.suppress(threading.BrokenBarrierError):
            checked.wait(0.3)
        end_sessions(session, user)

    monkeypatch.setattr(users, "end_sessions", end_together)

    def remove(actor_name: str, target: str) -> None:
        ready.wait()
        with contextlib.suppress(PortalError), portal.runtime.database.transaction() as session:
            users.set_active(session, Actor(actor_name, "admin", ids[actor_name]), ids[target], False)

    threads = [threading.Thread(target=remove, args=pair) for pair in (("ada", "eve"), ("eve", "ada"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with portal.runtime.database.read() as session:
        active = session.scalars(select(User).where(User.role == Role.ADMIN, User.is_active)).all()
    assert len(active) == 1


@pytest.mark.parametrize("name", ["alice", "agnes", "leo"])
def test_others_cannot_manage_people(portal: Portal, name: str):
    browser = portal.signed_in(name)
    bob = user_of(portal, "bob")
    token = csrf_of(browser.get("/account").text)
    for path in ("/admin", NEW_PAGE, f"/admin/people/{bob.id}"):
        assert browser.get(path).status_code == 403
    for path in ("", f"/{bob.id}", f"/{bob.id}/password", f"/{bob.id}/disable", f"/{bob.id}/enable"):
        data = {"csrf": token, "username": "mallory", "role": "admin", "display_name": "x"}
        assert browser.post(f"/admin/people{path}", data=data).status_code == 403
    after = user_of(portal, "bob")
    assert (after.role, after.is_active, after.password_hash) == (bob.role, True, bob.password_hash)
    with portal.runtime.database.read() as session:
        denied = session.scalars(
            select(AuditEvent).where(AuditEvent.tag == "access:denied").order_by(AuditEvent.seq)
        ).all()
    assert all(row.particulars == {"permission": "users:manage"} for row in denied)
    assert {(row.actor_name, row.is_success) for row in denied} == {(name, False)}
    assert len(denied) == 8


def test_an_administrator_cannot_see_tickets_or_the_trail(portal: Portal):
    number = file_report(portal.runtime).number
    ada = portal.signed_in("ada")
    for path in (
        "/queues/general",
        "/queues/his",
        f"/tickets/{number}",
        "/review",
        "/review/tickets",
        f"/review/tickets/{number}",
    ):
        answer = ada.get(path)
        assert answer.status_code in (403, 404), path
        assert "杨屯乡" not in answer.text


def test_an_absent_person_is_not_found(portal: Portal):
    ada = portal.signed_in("ada")
    assert ada.get("/admin/people/00000000-0000-4000-8000-000000000000").status_code == 404
    assert ada.get("/admin/people/1%20or%201").status_code == 404
    for what in ("", "/password", "/disable", "/enable"):
        path = "/admin/people/00000000-0000-4000-8000-000000000000" + what
        assert post(ada, NEW_PAGE, path, role="lead", display_name="x").status_code == 404


@pytest.mark.parametrize("name", ["../x", "a/b", "what?", "a#b", "100%", SCRIPT, ".hidden", "x"])
def test_a_name_that_would_break_an_address_is_refused(portal: Portal, name: str):
    answer = add(portal.signed_in("ada"), username=name)
    assert answer.status_code == 422
    assert "用户名为 2 到 60 个字" in answer.text


def test_names_are_never_markup(portal: Portal):
    ada, leo = portal.signed_in("ada"), portal.signed_in("leo")
    word = "an invented phrase"
    add(ada, username="mallory", display_name=SCRIPT, role="lead", queues=[], password=word, password_again=word)
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "mallory").values(must_change_password=False))
    themselves = portal.browser()
    post(themselves, "/sign-in", "/sign-in", username="mallory", password=word)
    person = f"/admin/people/{user_of(portal, 'mallory').id}"
    pages = [
        ada.get("/admin"),
        ada.get(person),
        leo.get("/review"),
        themselves.get("/account"),
        themselves.get("/review"),
    ]
    pages.append(act(portal, ada, "mallory", "/password"))
    for page in pages:
        assert page.status_code == 200
        assert "&lt;script&gt;" in page.text
        assert SCRIPT not in page.text
