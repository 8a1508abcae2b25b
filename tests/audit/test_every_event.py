"""Every event of SECURITY D-8 leaves exactly its rows: who, where, what, the result, no secret (SECURITY D-7, D-9).

What happens is in `tests/audit/events`, a file for each subject: every tag is caused there through the product.
"""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.casefile.event_sentences import NAMES, SILENT, action_label, sentence_of
from portal.pages.review.views import in_words
from tests.audit.events import (
    articles,
    auditing,
    books,
    calling_back,
    collaborations,
    complaints,
    directory,
    disclosure,
    escalating,
    keeping,
    people,
    rating,
    scoring,
    searching,
    sessions,
    tickets,
    watching,
)  # fmt: skip
from tests.audit.events.scene import CASES, TYPED_NUMBER, TYPED_SECRET, Case, Scene, Told, Where, told_by
from tests.factories.cast import CAST, PARTNERS, password_of
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import general_fields, his_fields
from tests.factories.sentences import english_words

SUBJECTS = (
    articles, auditing, books, calling_back, collaborations, complaints, directory, disclosure, escalating,
    keeping, people, rating, scoring, searching, sessions, tickets, watching,
)  # fmt: skip
WORDS = frozenset({*CAST, *PARTNERS, "nina", "desk", "test", "seed-2026", "GD", "RC", "TS"})  # names, a seed, series


@pytest.fixture
def backend() -> str:
    """What a row says is the same on both databases; that it is kept alike is proven elsewhere."""
    return "sqlite"


@pytest.fixture
def scene(portal: Portal) -> Scene:
    return Scene(portal)


def _name(case: Case) -> str:
    return f"{case.tag} {case.perform.__module__.rpartition('.')[2]} {case.perform.__code__.co_firstlineno}"


def test_every_tag_has_its_event():
    assert {case.tag for case in CASES} == set(Tag)
    assert {case.perform.__module__ for case in CASES} == {subject.__name__ for subject in SUBJECTS}


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_an_event_leaves_exactly_its_rows(scene: Scene, case: Case):
    told = case.perform(scene)
    rows = scene.rows()

    assert [row.tag for row in rows] == list(case.rows)
    own = [row for row in rows if row.tag == case.tag]
    assert [told_by(row) for row in own] == (told if isinstance(told, list) else [told or {}])
    for row in own:
        check_columns(row, case, scene)
        check_place(row, case)
    for row in rows:
        check_sentence(row)
    everything = " ".join(str(value) for row in rows for value in vars(row).values())
    assert [secret for secret in secrets() if secret in everything] == []


def check_columns(row: AuditEvent, case: Case, scene: Scene) -> None:
    now = clock.now() + scene.offset
    assert now - timedelta(minutes=5) < row.at <= now
    assert row.at.utcoffset() == timedelta(0)
    assert row.actor_name == case.by
    assert row.is_success == case.is_success
    assert row.ticket_number in ((scene.subject, scene.renamed or scene.subject) if case.is_about_ticket else (None,))
    if case.field is not None:
        assert row.field == case.field
    if case.reason is not None:
        assert row.reason == case.reason


def check_place(row: AuditEvent, case: Case) -> None:
    """Who is known of the request that caused it."""
    is_staff = case.where in (Where.STAFF, Where.KNOWN)
    assert (row.actor_id is not None) == is_staff
    assert bool(row.session_id) == (case.where is Where.STAFF)
    assert (row.address, bool(row.request_id)) == (("", False) if case.where is Where.COMMAND else ("127.0.0.1", True))
    roles = {Where.NOBODY: {"clinic", "visitor"}, Where.COMMAND: {"system"}}
    assert row.actor_role in roles.get(case.where, {(CAST | PARTNERS)[case.by][0]} if is_staff else set())


def check_sentence(row: AuditEvent) -> None:
    """In Chinese, with every particular in it; English only as names, ids and numbers."""
    told = told_by(row)
    assert set(told) <= NAMES
    assert english_words(sentence_of(row), WORDS) == []
    assert english_words(action_label(row.tag)) == []
    shown = in_words(row, {})
    assert english_words(f"{shown.action} {shown.role} {shown.field} {shown.result}") == []
    assert shown.role != "其他" and shown.field != "其他项目"
    for name in set(told) - SILENT:
        assert sentence_of(alone(row, {name: told[name]})), name


def alone(row: AuditEvent, told: Told) -> AuditEvent:
    return AuditEvent(tag=row.tag, particulars=told)


def secrets() -> list[str]:
    """Everything secret that the events type."""
    fields = {**general_fields(), **his_fields()}
    named = [fields[name] for name in fields if name.startswith(("login_", "id_", "patient_", "inpatient_"))]
    return [
        *named,
        general_fields()["login_password"],
        TYPED_SECRET,
        TYPED_NUMBER,
        people.SUBJECT,
        *map(password_of, CAST),
    ]


def test_a_name_that_nobody_has_is_not_kept(portal: Portal):
    """People type their password into the box for the name."""
    browser = portal.browser()
    data = {"csrf": csrf_of(browser.get("/sign-in").text), "username": TYPED_SECRET, "password": "x"}
    browser.post("/sign-in", data=data)

    with portal.runtime.database.read() as session:
        rows = session.execute(select(AuditEvent.__table__).order_by(AuditEvent.seq)).all()
        assert rows[-1].tag == Tag.SIGN_IN_REFUSED
        assert TYPED_SECRET not in str(rows)
        assert trail.verify(session).first_break is None
