"""Three separate administrators, and a trail that none of them and no route can empty or rewrite (SECURITY D-12)."""

import re
from uuid import UUID

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from portal.accounts import users
from portal.accounts.models import User
from portal.accounts.roles import GRANTS, Permission, Role, roles_with
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.errors import PortalError
from portal.tickets import lookup
from tests.accounts.factors import enrol, user_of
from tests.factories.browsers import PlainBrowser
from tests.factories.cast import actor, password_of
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.reports import file_report

DUTIES = {"sid": "system_admin", "sena": "security_admin", "aude": "audit_admin"}
PAGES = ("/admin/system", "/admin", "/review", "/queues/general", "/queues/his")
OPEN_TO = {
    "sid": {"/admin/system"}, "sena": {"/admin"}, "aude": {"/review"}, "ada": {"/admin/system", "/admin"},
    "leo": {"/review", "/queues/general", "/queues/his"},
}  # fmt: skip


def hire(portal: Portal) -> None:
    with portal.runtime.database.transaction() as session:
        for name, role in DUTIES.items():
            users.add_user(session, SYSTEM, username=name, password=password_of(name), role=role, queues=["general"])


def rows_of(portal: Portal) -> list[tuple[int, str]]:
    with portal.runtime.database.read() as session:
        return [
            tuple(row) for row in session.execute(select(AuditEvent.seq, AuditEvent.row_hash).order_by(AuditEvent.seq))
        ]


@pytest.mark.parametrize(("name", "start"), [("sid", "/admin/system"), ("sena", "/admin"), ("aude", "/review")])
def test_each_administrator_starts_at_the_own_duty(portal: Portal, name: str, start: str):
    hire(portal)
    answer = post(portal.browser(), "/sign-in", "/sign-in", username=name, password=password_of(name))
    assert answer.headers["location"] == start


@pytest.mark.parametrize("name", OPEN_TO)
def test_each_duty_opens_its_own_pages_and_no_others(portal: Portal, name: str):
    hire(portal)
    browser = portal.signed_in(name)
    seen = {page for page in PAGES if browser.get(page).status_code == 200}
    assert seen == OPEN_TO[name]


def test_the_three_duties_do_not_overlap_and_reach_no_secret():
    own_sheets = {Permission.READ_OWN_SCORE, Permission.ANSWER_OWN_SCORE}  # of whoever has one
    of_all = {Permission.READ_OWN_NOTICES} | own_sheets
    duties = [GRANTS[Role(role)] - of_all for role in DUTIES.values()]
    assert sum(map(len, duties)) == len(frozenset().union(*duties)) == 7
    working = {Permission.VIEW_QUEUE, Permission.WORK_TICKET, Permission.REVEAL_FIELD, Permission.OPEN_PICTURE}
    assert not working & frozenset().union(*duties)


def test_an_audit_administrator_reads_and_verifies_the_trail_but_sees_no_ticket(portal: Portal):
    hire(portal)
    number = file_report(portal.runtime).number
    aude = portal.signed_in("aude")
    assert "提交问题" in aude.get("/review").text
    assert "审计记录完整" in post(aude, "/review", "/review/verification").text
    for path in ("/review/tickets", "/review/tickets?queue=general", f"/review/tickets/{number}", f"/tickets/{number}"):
        answer = aude.get(path)
        assert answer.status_code in (403, 404), path
        assert "杨屯乡" not in answer.text
    api = portal.api("aude")
    assert api.get("/api/v1/audit").status_code == 200
    assert api.get("/api/v1/tickets?queue=general").status_code == 403


def test_the_system_page_tells_the_state_and_no_secret(portal: Portal):
    hire(portal)
    page = portal.signed_in("sid").get("/admin/system").text
    assert "各项检查都正常" in page
    for words in ("数据库可以写入", portal.runtime.vault.suite.name, portal.runtime.vault.keyring.active_key_id):
        assert words in page
    assert portal.settings.database_url not in page
    assert str(portal.settings.data_dir) not in page


def test_the_system_page_says_what_is_wrong(portal: Portal):
    with portal.runtime.database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    page = portal.signed_in("ada").get("/admin/system").text
    assert "有 1 项不正常" in page
    assert "数据库结构不是当前版本" in page


def test_a_security_administrator_counts_as_the_last_who_can_manage_people(portal: Portal):
    hire(portal)
    sena, ada = user_of(portal, "sena"), user_of(portal, "ada")
    assert set(roles_with(Permission.MANAGE_USERS)) == {Role.ADMIN, Role.SECURITY_ADMIN}
    with portal.runtime.database.transaction() as session:
        users.set_active(session, SYSTEM, ada.id, False)
    for change in ("disable", "role"):
        with pytest.raises(PortalError, match="至少要保留一位"), portal.runtime.database.transaction() as session:
            if change == "disable":
                users.set_active(session, SYSTEM, sena.id, False)
            else:
                users.change_user(session, SYSTEM, sena.id, role="audit_admin", queues=(), display_name="x")


def test_no_administrator_belongs_to_a_queue(portal: Portal):
    hire(portal)
    assert [user_of(portal, name).queues for name in DUTIES] == [[], [], []]
    number = file_report(portal.runtime).number
    for name in DUTIES:
        with pytest.raises(PortalError), portal.runtime.database.read() as session:
            lookup.find(session, actor(portal.runtime, name), number)


def test_a_security_administrator_cannot_raise_the_own_role(portal: Portal):
    hire(portal)
    sena = portal.signed_in("sena")
    path = f"/admin/people/{user_of(portal, 'sena').id}"
    answer = post(sena, path, path, role="admin", display_name="x")
    assert answer.status_code == 409 and "不能修改自己的角色" in answer.text


def test_an_administrator_resets_a_second_factor_but_not_the_own(portal: Portal):
    alice, ada = portal.signed_in("alice"), portal.signed_in("ada")
    enrol(alice)
    enrol(ada)
    person = f"/admin/people/{user_of(portal, 'alice').id}"
    assert "重置两步验证" in ada.get(person).text
    answer = post(ada, person, f"{person}/second-factor/reset")
    assert "两步验证已重置" in ada.get(answer.headers["location"]).text
    assert alice.get("/account").status_code == 303
    assert portal.signed_in("alice").get("/account").status_code == 200
    own = f"/admin/people/{user_of(portal, 'ada').id}"
    assert post(ada, person, f"{own}/second-factor/reset").status_code == 409
    assert user_of(portal, "ada").second_factor_at is not None
    with portal.runtime.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == "user:second-factor-reset")).one()
    assert (row.actor_name, row.particulars) == ("ada", {"username": "alice"})


@pytest.mark.parametrize("name", ["alice", "agnes", "leo", "sid", "aude"])
def test_others_cannot_reset_a_factor_or_end_a_token(portal: Portal, name: str):
    hire(portal)
    enrol(portal.signed_in("bob"))
    browser = portal.signed_in(name)
    token = csrf_of(browser.get("/account").text)
    person = f"/admin/people/{user_of(portal, 'bob').id}"
    for what in ("second-factor/reset", "tokens/revoke"):
        assert browser.post(f"{person}/{what}", data={"csrf": token}).status_code == 403
    assert user_of(portal, "bob").second_factor_at is not None


STATEMENTS = (
    "UPDATE audit_events SET detail = 'x'",
    "UPDATE audit_events SET detail = 'x' WHERE seq = 3",
    "DELETE FROM audit_events",
    "DELETE FROM audit_events WHERE seq = (SELECT max(seq) FROM audit_events)",
)


@pytest.mark.both_databases
@pytest.mark.parametrize("statement", STATEMENTS)
def test_the_database_refuses_to_rewrite_the_trail(portal: Portal, statement: str):
    before = rows_of(portal)
    with pytest.raises(DBAPIError, match="insert-only"), portal.runtime.database.transaction() as session:
        session.execute(text(statement))
    assert rows_of(portal) == before


@pytest.mark.parametrize("backend", ["postgresql"])
def test_the_database_refuses_to_truncate_the_trail(portal: Portal):
    with pytest.raises(DBAPIError, match="insert-only"), portal.runtime.database.transaction() as session:
        session.execute(text("TRUNCATE audit_events"))


def test_no_route_is_made_to_change_the_trail(portal: Portal):
    methods = {
        method for route in iter_route_contexts(portal.app.routes) for method in getattr(route, "methods", ()) or ()
    }
    assert methods <= {"GET", "HEAD", "POST"}


def walk(browser: PlainBrowser, portal: Portal, own: UUID, number: str, *, is_api: bool) -> int:
    """Call every route of pages or of the API with every field that its form could know; how many there were."""
    token = csrf_of(browser.get("/account").text) if "portal_session" in browser.cookies else ""
    values = {"number": number, "kind": "general", "queue": "general", "user_id": str(own), "field": "id_number"}
    count = 0
    for route in iter_route_contexts(portal.app.routes):
        for method in set(getattr(route, "methods", None) or ()) - {"HEAD"}:
            is_other = route.path.startswith("/api/") is not is_api
            if is_other or route.path in ("/sign-out", "/sign-in", "/account/sessions/end"):
                continue
            path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: values.get(found[1], str(own)), route.path)
            body = {
                "csrf": token,
                "action": "delete",
                "seq": "1",
                "retention_days": "0",
                "version": "1",
                "reason": "x" * 9,
            }
            if method == "GET":
                browser.get(path, params={"action": "audit:view", "before": "1", "delete": "1"})
            elif path.startswith("/api/"):
                browser.request(method, path, json=body)
            else:
                browser.request(method, path, data=body)
            count += 1
    return count


@pytest.mark.parametrize("name", ["alice", "agnes", "leo", "ada", *DUTIES])
@pytest.mark.parametrize("is_api", [False, True], ids=["page", "api"])
def test_nobody_can_empty_or_switch_off_the_trail(portal: Portal, name: str, is_api: bool):
    hire(portal)
    number = file_report(portal.runtime).number
    browser = portal.api(name) if is_api else portal.signed_in(name)
    with portal.runtime.database.read() as session:
        bob = session.scalars(select(User.id).where(User.username == "bob")).one()
    before = rows_of(portal)
    assert walk(browser, portal, bob, number, is_api=is_api) > 50
    after = rows_of(portal)
    assert after[: len(before)] == before
    assert len(after) > len(before), "refused and permitted acts alike are recorded"
    with portal.runtime.database.read() as session:
        assert trail.verify(session).first_break is None
