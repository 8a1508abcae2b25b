"""Filing is one write transaction from every door: all of it stands or nothing, whatever is pressed twice."""

import itertools
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import event, func, select, update

from portal import clock
from portal.accounts.models import User
from portal.db import OutcomeUnknownError
from portal.reports.draft_models import Draft
from portal.reports.models import Report, SubmissionKey
from portal.tickets.models import InformationRequest, Ticket
from portal.vault.models import DataKey, SealedValue
from tests.factories.clinic import Clinic
from tests.factories.desk_filing import desk_fields, open_form, pictures, send
from tests.factories.pictures import whole_screen
from tests.factories.portals import csrf_of
from tests.factories.reports import general_fields

_WRITES = ("INSERT", "UPDATE", "DELETE")


class ClinicDoor:
    """The form: everything is given, only 提交问题 is left."""

    def __init__(self, portal):
        self.clinic = Clinic(portal)
        self.clinic.fill()
        self.token = csrf_of(self.clinic.open(self.clinic.page("check")).text)

    def press(self):
        return self.clinic.browser.post(self.clinic.page("check"), data={"csrf": self.token})

    def stands(self, answer):
        return answer.headers.get("location") == self.clinic.page("receipt")


class StaffDoor:
    """代客提报: everything is kept, only 提交 is left. What comes anew with the press is kept first, as on any save."""

    def __init__(self, portal):
        self.browser = portal.signed_in("agnes")
        self.address, self.token = open_form(self.browser)
        send(self.browser, self.address, self.token, pictures(whole_screen()), **desk_fields("phone", action="save"))

    def press(self):
        answer = send(self.browser, self.address, self.token, action="file")
        if answer.headers.get("location") == self.address:  # its twin was faster
            answer = self.browser.get(self.address)
        return answer

    def stands(self, answer):
        return answer.headers.get("location") == f"{self.address}/receipt"


class ApiDoor:
    """`POST /reports` with an Idempotency-Key."""

    def __init__(self, portal):
        self.client, self.key = portal.api(), uuid.uuid4().hex

    def press(self):
        return self.client.post(
            "/api/v1/reports",
            data=general_fields(),
            files=pictures(whole_screen()),
            headers={"Idempotency-Key": self.key},
        )

    def stands(self, answer):
        return answer.status_code == 201


DOORS = [ClinicDoor, StaffDoor, ApiDoor]


@contextmanager
def written(engine):
    """The tables that each committed transaction wrote, in the order of the commits."""
    committed, under_way = [], {}

    def statement(connection, cursor, text, *rest):
        word = text.split(None, 3)
        if word[0].upper() in _WRITES:
            table = word[1] if word[0].upper() == "UPDATE" else word[2]
            under_way.setdefault(id(connection), []).append(table)

    def commit(connection):
        if tables := under_way.pop(id(connection), None):
            committed.append(tables)

    def rollback(connection):
        under_way.pop(id(connection), None)

    listeners = [("before_cursor_execute", statement), ("commit", commit), ("rollback", rollback)]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield committed
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


def rows(portal, *models):
    with portal.runtime.database.read() as session:
        return [session.scalar(select(func.count()).select_from(model)) for model in models]


@pytest.mark.both_databases
@pytest.mark.parametrize("door", DOORS)
def test_filing_is_one_write_transaction(portal, door):
    opened = door(portal)
    with written(portal.runtime.database.engine) as transactions:
        assert opened.stands(opened.press())
    assert len(transactions) == 1, transactions
    assert {"reports", "tickets", "submission_keys", "sealed_values", "audit_events"} <= set(transactions[0])


@pytest.mark.parametrize("door", DOORS)
def test_pressed_by_twins_it_gives_one_report_and_one_receipt(portal, door):
    opened = door(portal)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: opened.press(), range(4)))
    assert all(map(opened.stands, answers)), [(answer.status_code, answer.text[:200]) for answer in answers]
    assert rows(portal, Report, Ticket, SubmissionKey) == [1, 1, 1]
    assert len(set(answer.text for answer in answers)) == 1
    assert len(list(portal.runtime.blobs.stored())) == 1


class CrashError(BaseException):
    """Not even an `except Exception` goes on after this."""


@contextmanager
def crash_at(engine, number):
    """The `number`th writing statement is not carried out; yields how often that happened."""
    counter, crashes = itertools.count(1), []

    def statement(connection, cursor, text, *rest):
        if text.split(None, 1)[0].upper() in _WRITES and next(counter) == number:
            crashes.append(text)
            raise CrashError

    event.listen(engine, "before_cursor_execute", statement)
    try:
        yield crashes
    finally:
        event.remove(engine, "before_cursor_execute", statement)


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize("door", [ClinicDoor, ApiDoor])
def test_a_crash_at_any_statement_leaves_nothing_and_the_next_press_files_it_once(portal, door):
    opened, models = door(portal), (Report, Ticket, SubmissionKey, SealedValue, DataKey, Draft)
    before = rows(portal, *models)
    for number in itertools.count(1):
        with crash_at(portal.runtime.database.engine, number) as crashes, suppress(CrashError):
            answer = opened.press()
        if not crashes:
            break
        assert rows(portal, *models) == before, crashes
    assert opened.stands(answer) and number > 12
    assert rows(portal, Report, Ticket, SubmissionKey) == [1, 1, 1]


@pytest.mark.both_databases
@pytest.mark.parametrize("door", DOORS)
def test_a_commit_whose_answer_is_lost_stands_and_is_found_again(portal, door, monkeypatch):
    opened, database = door(portal), portal.runtime.database
    run = type(database).run

    def lost(*arguments):
        run(*arguments)
        raise OutcomeUnknownError("系统正忙")

    with monkeypatch.context() as patched:
        patched.setattr(type(database), "run", lost)
        first = opened.press()
    assert first.status_code in (303, 503)
    assert opened.stands(opened.press())
    assert rows(portal, Report, Ticket, SubmissionKey) == [1, 1, 1]


def test_what_staff_typed_is_gone_in_the_same_commit(portal):
    door = StaffDoor(portal)
    door.press()
    with portal.runtime.database.read() as session:
        draft = session.scalars(select(Draft)).one()
        assert (draft.answers_sealed, draft.data_key_id) == (None, None)
        assert draft.ticket_id == session.scalars(select(Ticket.id)).one() and draft.submitted_at
        purposes = session.scalars(select(DataKey.purpose).where(DataKey.owner_id == draft.id))
        assert sorted(purposes) == ["credentials", "report"]


def test_what_filing_itself_asks_for_has_no_asker(portal):
    browser = portal.signed_in("agnes")
    address, token = open_form(browser)
    send(browser, address, token, **desk_fields("phone"))  # no picture: may come later
    with portal.runtime.database.read() as session:
        request = session.scalars(select(InformationRequest)).one()
    assert (request.fields, request.asked_by_id) == (["screenshots"], None)


def test_a_press_at_the_limit_of_the_address_still_leads_to_the_receipt_of_its_twin(portal):
    portal.change_settings(reports_per_hour=1)
    door = ClinicDoor(portal)
    assert door.stands(door.press()) and door.stands(door.press())


def test_a_draft_that_its_owner_lost_meanwhile_is_not_filed(portal):
    door = ClinicDoor(portal)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Draft).values(changed_at=clock.now().replace(year=2020)))
    assert door.press().status_code == 404
    assert rows(portal, Report) == [0]


@pytest.mark.parametrize("name", ["agnes", "leo"])
def test_the_writer_stands_in_the_service_record(portal, name):
    browser = portal.signed_in(name)
    address, token = open_form(browser)
    answer = send(browser, address, token, pictures(whole_screen()), **desk_fields("phone"))
    with portal.runtime.database.read() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
        draft = session.scalars(select(Draft)).one()
    assert draft.user_id == user.id and draft.token_hash is None
    assert re.search(r"/desk/reports/drafts/[0-9a-f-]{36}/receipt", answer.headers["location"])
