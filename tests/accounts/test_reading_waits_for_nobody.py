"""Pages that only read are shown while another program writes, on a full disk and on a read-only database."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from portal import clock
from portal.accounts.models import ApiToken, StaffSession
from tests.factories.portals import Portal

PAGES = {
    "alice": ("/queues/general", "/queues/general?state=all", "/account", "/known-issues", "/desk/reports/new"),
    "leo": ("/queues/general", "/queues/his", "/institutions", "/previous-systems", "/known-issues", "/insights"),
    "ada": ("/admin", "/admin/people/new", "/admin/system", "/institutions"),
    None: ("/", "/track", "/sign-in", "/report/general", "/report/his"),
}
CASES = [(name, page) for name, pages in PAGES.items() for page in pages]
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@contextmanager
def writing(portal: Portal) -> Iterator[None]:
    """Another program holds SQLite's write lock."""
    connection = sqlite3.connect(database_file(portal), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


def database_file(portal: Portal) -> Path:
    return Path(str(portal.runtime.database.engine.url.database))


def make_notes_due(portal: Portal) -> None:
    """Everybody was last seen long enough ago that each page would note it."""
    earlier = clock.now() - timedelta(minutes=5)
    with portal.runtime.database.transaction() as session:
        session.execute(update(StaffSession).values(seen_at=earlier, confirmed_at=earlier))
        session.execute(update(ApiToken).values(used_at=earlier))


def test_no_list_page_waits_for_a_writer(portal: Portal) -> None:
    clients = {name: portal.signed_in(name) if name else portal.browser() for name in PAGES}
    for name, page in CASES:
        clients[name].get(page)  # once with time, so that templates are compiled
    make_notes_due(portal)
    took = {}
    with writing(portal):
        for name, page in CASES:
            began = time.monotonic()
            answer = clients[name].get(page)
            took[page] = time.monotonic() - began
            assert answer.status_code == 200, (page, answer.text[:300])
    assert max(took.values()) < 1.5, took


def test_a_token_reads_while_somebody_writes(portal: Portal) -> None:
    api = portal.api("alice")
    make_notes_due(portal)
    with writing(portal):
        began = time.monotonic()
        assert api.get("/api/v1/tickets", params={"queue": "general"}).status_code == 200
        assert time.monotonic() - began < 1.5


def test_the_note_is_made_once_nobody_writes(portal: Portal) -> None:
    alice = portal.signed_in("alice")
    make_notes_due(portal)
    with writing(portal):
        alice.get("/queues/general")
    alice.get("/queues/general")
    with portal.runtime.database.read() as session:
        (seen,) = session.query(StaffSession.seen_at).one()
    assert clock.now() - seen < timedelta(seconds=30)


@pytest.mark.parametrize("fault", ["PRAGMA query_only=ON", "PRAGMA max_page_count=1"])
def test_nor_for_a_database_that_takes_nothing(portal: Portal, fault: str) -> None:
    alice = portal.signed_in("alice")
    alice.get("/queues/general")
    make_notes_due(portal)
    from sqlalchemy import event

    def break_it(connection, _record, _proxy) -> None:
        connection.execute(fault)

    event.listen(portal.runtime.database.engine, "checkout", break_it)
    try:
        assert alice.get("/queues/general").status_code == 200
    finally:
        event.remove(portal.runtime.database.engine, "checkout", break_it)


def test_a_page_whose_showing_is_a_trail_row_still_fails_closed(portal: Portal, monkeypatch) -> None:
    from portal import db

    monkeypatch.setattr(db, "BUSY_TIMEOUT_MS", 200)
    leo = portal.signed_in("leo")
    with writing(portal):
        assert leo.get("/review").status_code == 503
    assert leo.get("/review").status_code == 200


def test_work_waits_its_turn(portal: Portal) -> None:
    """The haste of notes is not the haste of what people do."""
    alice = portal.signed_in("alice")
    make_notes_due(portal)
    done = threading.Event()

    def hold() -> None:
        with writing(portal):
            done.set()
            time.sleep(1)

    holder = threading.Thread(target=hold)
    holder.start()
    assert done.wait(5)
    page = alice.get("/account").text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    assert alice.post("/account/sessions/end", data={"csrf": token, "session": "x"}).status_code == 303
    holder.join()
