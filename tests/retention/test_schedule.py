"""Keeping times per class: what is due goes, once and whole; a hold stops it (SECURITY J-1, J-2)."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from portal import clock, worker
from portal.acts.table import NOTE
from portal.assembly import make_runtime
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.actor import clinic as at_clinic
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.disclosure import break_glass, reveals
from portal.disclosure.models import BreakGlassRequest
from portal.errors import ConflictError, InvalidError, NotFoundError
from portal.reports.models import Report, SubmissionKey
from portal.retention import holds, schedule
from portal.retention.models import Tombstone
from portal.retention.schedule import Schedule
from portal.settings import SettingsError, load_settings
from portal.tickets import lookup
from portal.tickets.models import TimelineEntry
from portal.tracking import confirmation
from portal.upkeep import rotation
from portal.vault.models import DataKey, SealedValue
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.closing import closed_ticket, ticket_named
from tests.factories.portals import Portal
from tests.factories.reports import file_report

EVER = Schedule(timedelta(0), None, None, None)
REPORTS = replace(EVER, reports=timedelta(days=30))
PICTURES = replace(EVER, pictures=timedelta(days=10))


@pytest.fixture
def week(portal: Portal):
    """The runtime of a portal that keeps credentials for seven days after closing."""
    runtime = make_runtime(replace(portal.settings, credentials_grace_days=7))
    yield runtime
    runtime.database.dispose()


SEVEN = replace(EVER, credentials=timedelta(days=7))


def test_credentials_stay_within_the_grace_and_go_after_it(portal, week):
    ticket = closed_ticket(week, days_ago=6.9)
    assert schedule.run(week, SEVEN).credentials == 0
    assert purposes(week, ticket) == {"report", "credentials"}
    with week.database.transaction() as session:
        session.execute(text("UPDATE tickets SET closed_at = :at"), {"at": ticket.closed_at - timedelta(hours=3)})
    assert schedule.run(week, SEVEN).credentials == 1
    assert purposes(week, ticket) == {"report"}
    assert schedule.run(week, SEVEN).credentials == 0
    with week.database.read() as session:
        destroyed = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.CREDENTIALS_DESTROYED)).one()
        assert destroyed.ticket_number == ticket.number
        assert trail.verify(session).first_break is None


def test_reopening_within_the_grace_keeps_the_credentials(week):
    ticket = closed_ticket(week, days_ago=5)
    confirmation.confirm(week, at_clinic(), ticket.id, is_solved=False, comment="又出现了")
    assert schedule.run(week, SEVEN).credentials == 0
    revealed = reveals.reveal_field(week, actor(week, "alice"), ticket.number, "login_password", "排查登录")
    assert revealed.value == "Invented#Pass77"


def test_a_shorter_grace_and_late_notes_are_caught_up_with(portal, week):
    ticket = closed_ticket(week, days_ago=1)
    assert purposes(week, ticket) == {"report", "credentials"}
    worker.run_once(portal.runtime, EVER)
    assert purposes(week, ticket) == {"report"}
    with portal.runtime.database.transaction() as session:
        version = lookup.by_number(session, ticket.number).version
        alice, words = actor(portal.runtime, "alice"), "密码：Invented#Late55"
        perform(session, portal.runtime, alice, NOTE, ticket.number, version, text=words, seal_found=True)
    assert purposes(week, ticket) == {"report", "credentials"}
    worker.run_once(portal.runtime, EVER)
    assert purposes(week, ticket) == {"report"}


def test_a_hold_stops_every_destruction_and_its_end_lets_it_go(portal, week):
    ticket = closed_ticket(week, days_ago=400)
    everything = Schedule(timedelta(0), timedelta(days=10), timedelta(days=30), None)
    holds.hold(week, SYSTEM, ticket.number, "卫健局调查，原密码：Invented#Hold11")
    assert schedule.due(week, everything).total == 0
    done = schedule.run(week, everything)
    assert (done.total, done.held) == (0, 1)
    assert purposes(week, ticket) == {"report", "credentials"}
    with pytest.raises(ConflictError):
        holds.hold(week, SYSTEM, ticket.number, "再来一次")

    holds.release(week, SYSTEM, ticket.number)
    assert schedule.run(week, everything).reports == 1
    with week.database.read() as session:
        events = select(AuditEvent).where(AuditEvent.tag.in_([Tag.HOLD_SET, Tag.HOLD_RELEASED]))
        rows = session.scalars(events.order_by(AuditEvent.seq)).all()
    assert [row.tag for row in rows] == [Tag.HOLD_SET, Tag.HOLD_RELEASED]
    assert "Invented#Hold11" not in rows[0].reason and "卫健局" in rows[0].reason


def test_a_hold_on_an_open_ticket_keeps_credentials_when_it_closes(portal):
    number = file_report(portal.runtime).number
    holds.hold(portal.runtime, SYSTEM, number, "调查")
    ticket = closed_ticket(portal.runtime, number=number)
    assert purposes(portal.runtime, ticket) == {"report", "credentials"}


def test_nobody_can_hold_without_a_ticket_or_a_reason(portal):
    with pytest.raises(NotFoundError):
        holds.hold(portal.runtime, SYSTEM, "RC-000000-0000", "调查")
    with pytest.raises(InvalidError):
        holds.hold(portal.runtime, SYSTEM, file_report(portal.runtime).number, "  ")


def test_pictures_go_before_the_rest(portal):
    ticket = closed_ticket(portal.runtime, days_ago=11)
    young = closed_ticket(portal.runtime, days_ago=9)
    assert schedule.due(portal.runtime, PICTURES).pictures == 1
    assert schedule.run(portal.runtime, PICTURES).pictures == 1
    assert len(list(portal.runtime.blobs.stored())) == 1
    assert purposes(portal.runtime, ticket) == purposes(portal.runtime, young) == {"report"}
    assert rotation.verify(portal.runtime).broken == []
    assert portal.signed_in("alice").get(f"/tickets/{ticket.number}").status_code == 200


def test_of_a_whole_report_only_number_queue_state_and_times_stay(portal):
    ticket = closed_ticket(portal.runtime, days_ago=31, submission_key="a-key-of-a-test")
    young = closed_ticket(portal.runtime, days_ago=29)
    file_report(portal.runtime)
    assert schedule.run(portal.runtime, REPORTS).reports == 1
    gone = ticket_named(portal.runtime, ticket.number)
    with portal.runtime.database.read() as session:
        assert session.get(Report, ticket.report_id).answers == {}
        assert session.get(Report, young.report_id).answers["institution"]
        entries = session.scalars(select(TimelineEntry).where(TimelineEntry.ticket_id == ticket.id)).all()
        masks = session.scalars(select(SealedValue.value_masked).where(SealedValue.owner_id == ticket.report_id)).all()
        assert session.scalar(select(func.count()).select_from(SubmissionKey)) == 0
        assert trail.verify(session).first_break is None
    assert len(entries) == 4 and {entry.text for entry in entries} == {""}
    assert len(masks) == 3 and set(masks) == {""}
    assert (gone.number, gone.queue, gone.state) == (ticket.number, "general", "closed")
    assert (gone.institution, gone.excerpt, gone.resolution) == ("", "", None)
    assert gone.search_text == ticket.number.lower() and gone.destroyed_at is not None
    assert purposes(portal.runtime, ticket) == set()
    assert rotation.verify(portal.runtime).broken == []
    for name, page in (("alice", f"/tickets/{ticket.number}"), ("leo", f"/review/tickets/{ticket.number}")):
        answer = portal.signed_in(name).get(page)
        assert answer.status_code == 200, answer.text
        assert "张四屯" not in answer.text
        assert "已按保存期限销毁" in answer.text


def test_what_was_asked_for_in_an_emergency_goes_with_the_report(portal):
    number = file_report(portal.runtime).number
    break_glass.ask(portal.runtime, actor(portal.runtime, "bob"), number, "login_account", "李试样等着办出院")
    closed_ticket(portal.runtime, number=number, days_ago=31)
    schedule.run(portal.runtime, REPORTS)
    with portal.runtime.database.read() as session:
        asked = session.scalars(select(BreakGlassRequest)).one()
    assert (asked.reason, asked.asker_name, asked.field) == ("", "李工", "login_account")


def test_the_ticket_shows_when_its_credentials_were_destroyed(portal):
    ticket = closed_ticket(portal.runtime)
    with portal.runtime.database.read() as session:
        query = select(SealedValue.destroyed_at).where(SealedValue.owner_id == ticket.report_id)
        moment = session.scalars(query.where(SealedValue.field == "login_password")).one()
    shown = f"{clock.in_china(moment):%Y-%m-%d %H:%M}</time>"
    for name, page in (("alice", f"/tickets/{ticket.number}"), ("leo", f"/review/tickets/{ticket.number}")):
        page_text = portal.signed_in(name).get(page).text
        assert len(re.findall(f'已销毁 <time datetime="[^"]+">{shown}', page_text)) == 2


def test_nothing_but_emptying_a_destroyed_report_is_let_through(portal):
    ticket = closed_ticket(portal.runtime, days_ago=31)
    other = closed_ticket(portal.runtime, days_ago=1)
    database = portal.runtime.database
    refused = [
        "UPDATE reports SET answers = '{}'",  # no tombstone
        "UPDATE timeline_entries SET text = '' WHERE text <> ''",
    ]
    for statement in refused:
        with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
            session.execute(text(statement))
    schedule.run(portal.runtime, REPORTS)
    stones = {ticket.report_id}
    with database.read() as session:
        assert set(session.scalars(select(Tombstone.owner_id).where(Tombstone.what == "report"))) == stones
    for statement in (
        'UPDATE reports SET answers = \'{"institution": "x"}\' WHERE id = :report',
        "UPDATE reports SET answers = '{}' WHERE id = :report",
        "UPDATE reports SET filed_by = 'x' WHERE id = :report",
        "UPDATE reports SET answers = '{}' WHERE id = :other",
        "UPDATE timeline_entries SET text = 'x' WHERE ticket_id = :ticket",
        "UPDATE timeline_entries SET actor_label = 'x' WHERE ticket_id = :ticket",
        "DELETE FROM timeline_entries WHERE ticket_id = :ticket",
        "DELETE FROM reports WHERE id = :report",
    ):
        ids = {"report": ticket.report_id, "other": other.report_id, "ticket": ticket.id}
        values = {
            name: value.hex if database.is_sqlite else value for name, value in ids.items() if f":{name}" in statement
        }
        with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
            session.execute(text(statement), values)


def test_emptying_may_change_no_other_column_along_the_way(portal):
    ticket = closed_ticket(portal.runtime)
    database = portal.runtime.database
    stone = Tombstone(
        owner_id=ticket.report_id, what="report", data_key_ids=[], destroyed_at=ticket.changed_at
    )  # fmt: skip
    with database.transaction() as session:
        session.add(stone)
    value = ticket.report_id.hex if database.is_sqlite else ticket.report_id
    both = "UPDATE reports SET answers = '{}', filed_by = 'x' WHERE id = :report"
    with pytest.raises(DBAPIError, match="insert-only"), database.transaction() as session:
        session.execute(text(both), {"report": value})
    with database.transaction() as session:
        session.execute(text("UPDATE reports SET answers = '{}' WHERE id = :report"), {"report": value})


def test_a_dry_run_says_what_a_run_does_and_changes_nothing(portal, week):
    closed_ticket(week, days_ago=31)
    closed_ticket(week, days_ago=12)
    file_report(week)
    rules = Schedule(timedelta(days=7), timedelta(days=10), timedelta(days=30), timedelta(days=180))
    with week.database.read() as session:
        before = session.scalar(select(func.max(AuditEvent.seq)))
    said = schedule.due(week, rules)
    with week.database.read() as session:
        assert session.scalar(select(func.max(AuditEvent.seq))) == before
        assert session.scalar(select(func.count()).select_from(Tombstone)) == 0
    assert (said.reports, said.pictures, said.credentials, said.old_trail) == (1, 1, 1, 0)
    assert schedule.run(week, rules) == said
    with week.database.read() as session:
        row = session.scalars(select(AuditEvent).where(AuditEvent.tag == Tag.RETENTION_RUN)).one()
    assert row.particulars == {"credentials": 1, "pictures": 1, "reports": 1}


def test_the_trail_is_never_kept_shorter_than_half_a_year():
    bad = {"PORTAL_KEEP_TRAIL_DAYS": "179", "PORTAL_KEEP_REPORTS_DAYS": "29", "PORTAL_KEEP_PICTURES_DAYS": "six"}
    with pytest.raises(SettingsError) as refused:
        load_settings(bad)
    assert {fault.split(":")[0] for fault in refused.value.faults} == set(bad)
    good = load_settings({"PORTAL_KEEP_TRAIL_DAYS": "180", "PORTAL_CREDENTIALS_GRACE_DAYS": "7"})
    assert Schedule.of(good) == Schedule(timedelta(days=7), None, None, timedelta(days=180))


def purposes(runtime, ticket) -> set[str]:
    with runtime.database.read() as session:
        return set(session.scalars(select(DataKey.purpose).where(DataKey.owner_id == ticket.report_id)))
