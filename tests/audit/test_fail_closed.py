"""What cannot be recorded does not happen, and the one who asked is told so in Chinese (SECURITY D-5, F23)."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text

from portal.accounts.models import StaffSession
from portal.audit import export, trail
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.trail import TrailUnavailableError
from portal.db import Database
from portal.reports.draft_models import Draft
from portal.reports.models import Report
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket
from portal.vault.models import DataKey, SealedValue
from tests.api.calls import V1, act, filed, post_report
from tests.factories.cast import password_of
from tests.factories.clinic import Clinic
from tests.factories.portals import Portal, csrf_of, post
from tests.factories.reports import general_fields
from tests.factories.ticket_pages import say_why, ticket_of

pytestmark = pytest.mark.both_databases  # each value is a fault of the database

SENTENCE = "审计记录暂时无法写入，这项操作没有进行"
PASSWORD = general_fields()["login_password"]
WAYS = {
    "refused": {
        "sqlite": ["CREATE TRIGGER audit_blocked BEFORE INSERT ON audit_events BEGIN SELECT RAISE(ABORT, 'no'); END"],
        "postgresql": [
            "CREATE FUNCTION audit_blocked() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
            "CREATE TRIGGER audit_blocked BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION audit_blocked()",
        ],
        "undo": {
            "sqlite": ["DROP TRIGGER audit_blocked"],
            "postgresql": ["DROP FUNCTION audit_blocked CASCADE"],
        },
    },
    "gone": {
        "sqlite": ["ALTER TABLE audit_events RENAME TO audit_elsewhere"],
        "postgresql": ["ALTER TABLE audit_events RENAME TO audit_elsewhere"],
        "undo": {
            "sqlite": ["ALTER TABLE audit_elsewhere RENAME TO audit_events"],
            "postgresql": ["ALTER TABLE audit_elsewhere RENAME TO audit_events"],
        },
    },
    "headless": {
        "sqlite": ["UPDATE audit_head SET id = 2"],
        "postgresql": ["UPDATE audit_head SET id = 2"],
        "undo": {"sqlite": ["UPDATE audit_head SET id = 1"], "postgresql": ["UPDATE audit_head SET id = 1"]},
    },
}


@pytest.fixture(params=WAYS)
def way(request) -> dict:
    """One way in which a trail cannot be written."""
    return WAYS[request.param]


@contextmanager
def unwritable(portal: Portal, way: dict) -> Iterator[None]:
    database = portal.runtime.database
    backend = "sqlite" if database.is_sqlite else "postgresql"
    _execute(database, way[backend])
    yield
    _execute(database, way["undo"][backend])


def _execute(database: Database, statements: list[str]) -> None:
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def count(portal: Portal, *models: type) -> list[int]:
    with portal.runtime.database.read() as session:
        return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def assert_refused(answer) -> None:
    assert answer.status_code == 503, answer.text
    assert SENTENCE in answer.text
    for leak in (PASSWORD, "Traceback", "sqlalchemy", "audit_events", "INSERT", "audit_blocked"):
        assert leak not in answer.text


@pytest.fixture
def desk(portal: Portal) -> tuple[str, object, object]:
    """A ticket of alice's, her page and her API client."""
    number = filed(portal)["number"]
    api = portal.api("alice")
    act(api, number, "assignment", version=1)
    return number, portal.signed_in("alice"), api


def test_no_value_is_revealed(portal: Portal, desk, way):
    number, page, api = desk
    token = csrf_of(page.get("/account").text)
    with unwritable(portal, way):
        assert_refused(act(api, number, "reveals", field="login_password", reason="排查登录"))
        data = {"csrf": token, "field": "login_password", "reason": "排查登录"}
        assert_refused(page.post(f"/tickets/{number}/reveals", data=data))

    answer = act(api, number, "reveals", field="login_password", reason="排查登录")
    assert answer.json()["value"] == PASSWORD


def test_no_picture_is_opened(portal: Portal, desk, way):
    number, page, api = desk
    with portal.runtime.database.read() as session:
        picture = session.scalars(select(Screenshot.id)).one()
    say_why(page, number)
    with unwritable(portal, way):
        for client, path in ((page, f"/tickets/{number}"), (api, f"{V1}/tickets/{number}")):
            answer = client.get(f"{path}/screenshots/{picture}")
            assert_refused(answer)
            assert not answer.headers["content-type"].startswith("image/")

    say_why(page, number)
    assert page.get(f"/tickets/{number}/screenshots/{picture}").headers["content-type"] == "image/png"


def test_nobody_is_signed_in(portal: Portal, way):
    browser = portal.browser()
    data = {"csrf": csrf_of(browser.get("/sign-in").text), "username": "alice", "password": password_of("alice")}
    with unwritable(portal, way):
        answer = browser.post("/sign-in", data=data)
        assert_refused(answer)
        assert "session" not in answer.headers.get("set-cookie", "")
        assert count(portal, StaffSession) == [0]
        assert browser.get("/queues/general").status_code == 303

    assert browser.post("/sign-in", data=data).status_code == 303


def test_nothing_is_claimed_or_written(portal: Portal, way):
    number = filed(portal)["number"]
    alice = portal.api("alice")
    with unwritable(portal, way):
        assert_refused(act(alice, number, "assignment", version=1))
        assert_refused(act(alice, number, "notes", version=1, text="看过"))

    ticket = ticket_of(portal, number)
    assert (ticket.state, ticket.assignee_id, ticket.version) == ("submitted", None, 1)
    assert act(alice, number, "assignment", version=1).status_code == 200


def test_nothing_is_exported(portal: Portal):
    written: list[bytes] = []
    runtime = portal.runtime
    with unwritable(portal, WAYS["refused"]):
        with pytest.raises(TrailUnavailableError):
            export.export(runtime.database, runtime.checkpoints.signer, SYSTEM, export.Range(), written.append)
        assert written == []

    export.export(runtime.database, runtime.checkpoints.signer, SYSTEM, export.Range(), written.append)
    assert written


@pytest.mark.parametrize("way", ["refused", "headless"], indirect=True)
def test_the_trail_is_not_shown(portal: Portal, way):
    leo, page = portal.api("leo"), portal.signed_in("leo")
    with unwritable(portal, way):
        assert_refused(leo.get(f"{V1}/audit"))
        for path in ("/review", "/review/people/alice"):
            assert_refused(page.get(path))

    assert page.get("/review").status_code == 200


def test_no_report_is_half_kept(portal: Portal, way):
    kinds = (Report, Ticket, SealedValue, Screenshot, DataKey)
    before, blobs = count(portal, *kinds), len(list(portal.runtime.blobs.stored()))
    with unwritable(portal, way):
        assert_refused(post_report(portal.browser(), key="the-same-key"))
        assert count(portal, *kinds) == before
        assert len(list(portal.runtime.blobs.stored())) == blobs

    assert post_report(portal.browser(), key="the-same-key").status_code == 201
    with portal.runtime.database.read() as session:
        assert trail.verify(session).first_break is None


def test_a_clinic_keeps_what_it_typed(portal: Portal, way):
    clinic = Clinic(portal)
    clinic.fill()
    with unwritable(portal, way):
        answer = clinic.submit()
        assert answer.status_code == 503
        assert count(portal, Report, Ticket) == [0, 0]
        assert count(portal, Draft) == [1]

    assert clinic.submit().status_code == 303
    assert count(portal, Report, Ticket) == [1, 1]


def test_no_setting_of_people_is_changed(portal: Portal, way):
    ada = portal.signed_in("ada")
    token = csrf_of(ada.get("/admin/people/new").text)
    data = {"csrf": token, "username": "nina", "display_name": "钱工", "role": "lead", "password": "", "queues": "his"}
    with unwritable(portal, way):
        answer = ada.post("/admin/people", data=data)
        assert answer.status_code == 503
        assert "nina" not in ada.get("/admin").text


def test_other_pages_go_on(portal: Portal, way):
    alice = portal.signed_in("alice")
    number = filed(portal)["number"]
    with unwritable(portal, way):
        assert number in alice.get("/queues/general").text
        assert portal.browser().get("/").status_code == 200
    assert post(alice, "/queues/general", "/sign-out").status_code == 303
    assert count(portal, AuditEvent)[0] > 0
