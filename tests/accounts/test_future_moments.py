"""A moment that a wrong clock has stored in the future counts as none: it opens nothing and locks nobody out."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal import clock, models
from portal.accounts import external, sessions, users
from portal.accounts.models import (
    ApiToken,
    AttemptCounter,
    ExternalTrip,
    PendingSignIn,
    SetupCode,
    StaffSession,
    User,
)
from portal.accounts.passwords import DENGBAO3, is_too_old
from portal.acts import presence
from portal.acts.models import Presence
from portal.acts.table import ASK, CLAIM
from portal.db import Base, UtcDateTime
from portal.disclosure import break_glass
from portal.disclosure.models import BreakGlassRequest, BreakGlassState
from portal.errors import ConflictError, InvalidError
from portal.reports import phone_upload
from portal.supplements import links
from portal.supplements.links import SupplementLinkOverError
from portal.supplements.models import SupplementLink
from portal.tickets.models import Ticket
from tests.accounts.factors import code_of, enrol
from tests.acts.desk import Desk
from tests.factories.cast import actor, password_of
from tests.factories.clinic import Clinic
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report

FAR = timedelta(days=400 * 10)
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
JUDGED: dict[str, Callable[[Portal], None]] = {}
# Written for people and orders only, or judged where nothing is opened or locked by it.
TOLD = {
    "alarms": {"since"},
    "alert_series": {"acknowledged_at", "ended_at", "next_at", "raised_at"},  # the press counts, not its moment
    "alerts": {"raised_at"},
    "api_tokens": {"used_at"},
    "article_rules": {"at"},
    "article_uses": {"at"},
    "article_versions": {"at"},
    "articles": {"approved_at", "changed_at", "created_at", "published_at", "submitted_at"},
    "assignment_offers": {"answered_at", "ends_at", "offered_at"},  # opens nothing: the giver stays owner meanwhile
    "audit_bases": {"at"},
    "audit_events": {"at"},
    "break_glass_requests": {"asked_at", "decided_at", "used_at"},
    "calendar_changes": {"at"},
    "calendar_days": {"changed_at"},
    "calendar_imports": {"confirmed_at", "expires_at", "made_at"},
    "calendar_years": {"confirmed_at", "told_at"},
    "call_back_checks": {"check_at", "checked_at", "resulted_at"},  # a late check calls later
    "call_back_records": {"at"},
    "call_backs": {"appointment_at", "due_at", "emptied_at", "ended_at", "first_due_at", "made_at", "told_at"},
    "call_records": {"began_at", "ended_at", "created_at"},
    "campaigns": {"made_at"},
    # How long a channel rests has a limit, and a probe of tomorrow is none: tests/notify.
    "channel_states": {"failing_since", "last_ok_at", "probed_at", "rests_until", "told_at"},
    "clock_marks": {"trusted_at", "seen_at", "steady_from"},  # what the doubt itself compares: tests/watch
    "collaboration_entries": {"at"},
    "collaborations": {
        "answered_at",
        "contact_due_at",
        "contact_told_at",
        "contacted_at",
        "created_at",
        "department_filed_at",
        "due_at",
        "late_at",
        "support_filed_at",
    },
    "complaint_entries": {"at"},
    "complaint_inquiries": {"answered_at", "created_at", "due_at", "told_at"},
    "complaint_proposals": {"at"},
    "complaint_subjects": {"removed_at", "since"},
    "complaint_texts": {"at"},
    "complaints": {
        "acknowledged_at",
        "alarm_next_at",
        "answered_at",
        "archived_at",
        "changed_at",
        "confirmed_at",
        "contact_destroyed_at",
        "destroyed_at",
        "followed_up_at",
        "held_at",
        "investigate_due_at",
        "judged_at",
        "named_at",
        "received_at",
        "reported_at",
        "reviewed_at",
        "solution_begins_at",
        "solution_due_at",
        "told_due_at",
        "told_near_at",
        "told_unjudged_at",
        "told_unnamed_at",
        "unreachable_at",
    },
    "data_keys": {"created_at"},
    "deliveries": {"claimed_at", "created_at", "next_attempt_at", "ended_at"},
    "departments": {"created_at"},
    "directory_imports": {"created_at", "applied_at"},
    "dissatisfactions": {"carried_out_at"},
    "drafts": {
        "created_at",
        "changed_at",
        "submitted_at",
    },  # believed: what a clinic typed is never dropped for a clock
    "due_changes": {"at", "new_due_at", "old_due_at"},
    "day_end_reminders": {"told_at"},  # the day counts
    "duty_shifts": {"ends_at", "starts_at"},  # meant to be in the future
    "escalations": {"at", "decided_at"},
    "external_identities": {"linked_at"},
    "filing_courses": {"opened_at"},
    "former_passwords": {"ended_at"},
    "hand_overs": {"created_at"},
    "information_requests": {"asked_at", "answered_at", "supplied_at", "reminded_at"},
    "institution_contacts": {"changed_at", "created_at"},
    "institutions": {"created_at", "changed_at"},
    "known_issue_call_batches": {"done_at", "made_at"},
    "known_issue_followers": {"created_at", "contact_destroyed_at"},
    "known_issues": {"recovers_at", "settled_at", "created_at", "changed_at"},
    # When the time to object ends, publishing is still a person's press.
    "monthly_scores": {"answered_at", "made_at", "objected_at", "objection_ends_at", "published_at", "seen_at"},
    "score_corrections": {"answered_at", "at", "made_at", "objected_at", "published_at"},
    "order_breaks": {"at"},
    "outbox_messages": {"created_at", "expanded_at"},
    "picture_covers": {"made_at"},
    "period_reports": {"made_at", "noted_at"},
    "promises": {
        "due_at",
        "ends_at",
        "kept_at",
        "made_at",
        "missed_at",
        "remind_at",
        "reminded_at",
        "settled_at",
    },  # meant to be in the future
    "ratings": {"rated_at"},
    "reminders": {"at", "done_at"},  # meant to be in the future
    "reply_drafts": {"asked_at", "decided_at", "sent_at", "told_at", "waits_until"},
    "reports": {"created_at"},
    "root_causes": {"made_at"},
    "rota_warnings": {"told_at"},
    "quality_marks": {"answered_at", "marked_at"},
    "quality_samples": {"drawn_at"},
    "sampled_rows": {"marked_at", "answered_at"},
    "samples": {"drawn_at", "since", "until"},
    "score_policies": {"made_at"},
    "score_runs": {"made_at"},
    "screenshots": {"created_at"},
    "sealed_values": {"created_at", "destroyed_at"},
    "service_policies": {"made_at", "valid_from"},  # meant to be in the future
    "staff_notices": {"created_at", "seen_at"},
    "store_marks": {"marked_at"},
    "submission_keys": {"created_at"},
    "supplement_links": {"created_at", "used_at"},
    "supplements": {"created_at"},
    "surveys": {"answered_at", "ends_at", "issued_at"},
    "text_redactions": {"made_at"},  # how long it can be restored: a wrong clock only lets a lead do so for longer
    "ticket_clocks": {
        "alert_at",
        "based_at",
        "due_at",
        "ended_at",
        "given_due_at",
        "paused_at",
        "postponed_to",
        "started_at",
    },
    "ticket_links": {"at"},
    "timeline_entries": {"at"},
    "tombstones": {"destroyed_at"},  # retention asks for a second opinion on the time
    "triage_notes": {"at"},
    "unsent_texts": {"saved_at"},  # believed, as drafts are
    "users": {"away_from", "away_until", "second_factor_at"},  # an absence is meant to be in the future
    "vault_state": {"bound_at", "listed_at"},
    "void_requests": {"asked_at", "decided_at"},
}


def judged(*places: str) -> Callable[[Callable[[Portal], None]], Callable[[Portal], None]]:
    """This sample tries these columns (`table.column`)."""

    def keep(sample: Callable[[Portal], None]) -> Callable[[Portal], None]:
        JUDGED.update(dict.fromkeys(places, sample))
        return sample

    return keep


def put_ahead(portal: Portal, model: type[Base], *columns: str) -> None:
    change(portal, lambda session: session.execute(update(model).values(dict.fromkeys(columns, clock.now() + FAR))))


def change(portal: Portal, work: Callable[[Session], Any]) -> None:
    with portal.runtime.database.transaction() as session:
        work(session)


def session_is_over(portal: Portal, column: str) -> None:
    alice = portal.signed_in("alice")
    put_ahead(portal, StaffSession, column)
    if column == "confirmed_at":
        asked = post(alice, "/account/second-factor", "/account/second-factor/begin")
        assert asked.status_code == 401
    else:
        assert alice.get("/queues/general").status_code == 303


@judged("staff_sessions.seen_at")
def a_session_last_seen_tomorrow(portal: Portal) -> None:
    session_is_over(portal, "seen_at")


@judged("staff_sessions.created_at")
def a_session_that_begins_tomorrow(portal: Portal) -> None:
    session_is_over(portal, "created_at")


@judged("staff_sessions.confirmed_at")
def somebody_who_will_have_been_there(portal: Portal) -> None:
    session_is_over(portal, "confirmed_at")


@judged("attempt_counters.window_ends_at")
def a_lock(portal: Portal) -> None:
    browser = portal.browser()
    for _ in range(5):
        post(browser, "/sign-in", "/sign-in", username="alice", password="not-this-one")
    put_ahead(portal, AttemptCounter, "window_ends_at")
    assert portal.signed_in("alice").get("/queues/general").status_code == 200


@judged("pending_sign_ins.expires_at")
def a_sign_in_that_waits_for_its_code(portal: Portal) -> None:
    enrol(portal.signed_in("alice"))
    started = sessions.sign_in(portal.runtime.database, "alice", password_of("alice"), sessions.NOWHERE)
    assert started is not None
    assert sessions.is_pending(portal.runtime.database, started[0])
    put_ahead(portal, PendingSignIn, "expires_at")
    assert not sessions.is_pending(portal.runtime.database, started[0])


@judged("external_trips.expires_at")
def a_trip_to_the_provider(portal: Portal) -> None:
    trip = external.start_trip(portal.runtime.database, "127.0.0.1", "/account")
    put_ahead(portal, ExternalTrip, "expires_at")
    assert external.finish_trip(portal.runtime.database, trip, trip.state, sessions.NOWHERE) is None


@judged("setup_codes.expires_at")
def a_setup_code(portal: Portal) -> None:
    change(portal, lambda session: session.execute(update(User).values(role="engineer")))
    with portal.runtime.database.transaction() as session:
        code = users.new_setup_code(session)
    put_ahead(portal, SetupCode, "expires_at")
    with portal.runtime.database.transaction() as session, pytest.raises(InvalidError):
        users.use_setup_code(session, sessions.NOWHERE, code or "", username="first", password="an invented phrase")


@judged("api_tokens.expires_at")
def a_token_without_an_end(portal: Portal) -> None:
    token_is_over(portal, "expires_at")


@judged("api_tokens.created_at")
def a_token_that_begins_tomorrow(portal: Portal) -> None:
    token_is_over(portal, "created_at")


def token_is_over(portal: Portal, column: str) -> None:
    api = portal.api("alice")
    assert api.get("/api/v1/tickets", params={"queue": "general"}).status_code == 200
    put_ahead(portal, ApiToken, column)
    assert api.get("/api/v1/tickets", params={"queue": "general"}).status_code == 401


@judged("break_glass_requests.expires_at")
def an_emergency_look(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    bob, leo = actor(portal.runtime, "bob"), actor(portal.runtime, "leo")
    request_id = break_glass.ask(portal.runtime, bob, desk.number, "login_password", "今晚上报")
    put_ahead(portal, BreakGlassRequest, "expires_at")
    with pytest.raises(ConflictError):
        break_glass.decide(portal.runtime, leo, request_id, True)
    change(portal, lambda session: session.execute(update(BreakGlassRequest).values(status=BreakGlassState.APPROVED)))
    with pytest.raises(ConflictError):
        break_glass.use(portal.runtime, bob, desk.number, request_id)


@judged("supplement_links.expires_at")
def a_supplement_link(portal: Portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name"])
    with portal.runtime.database.transaction() as session:
        _, token, _ = links.make(session, portal.runtime, actor(portal.runtime, "alice"), desk.number)
    assert links.opened(portal.runtime, token, "127.0.0.1")
    put_ahead(portal, SupplementLink, "expires_at")
    with pytest.raises(SupplementLinkOverError):
        links.opened(portal.runtime, token, "127.0.0.1")


@judged("hand_overs.expires_at")
def a_phone_link(portal: Portal) -> None:
    ends = phone_upload._LINK.expires_at(clock.now())
    assert phone_upload._LINK.is_valid(ends)
    assert not phone_upload._LINK.is_valid(ends + FAR)


@judged("users.password_changed_at")
def a_password_changed_tomorrow(portal: Portal) -> None:
    assert is_too_old(clock.now() + FAR, DENGBAO3)
    assert not is_too_old(clock.now(), DENGBAO3)


@judged("users.created_at", "users.password_given_at")
def an_account_of_tomorrow_approves_nothing(portal: Portal) -> None:
    with portal.runtime.database.read() as session:
        leo = session.scalars(select(User).where(User.username == "leo")).one()
        bob = session.scalars(select(User).where(User.username == "bob")).one()
    assert break_glass.dependence(bob, leo) == ""
    leo.password_given_at = clock.now() + FAR
    assert break_glass.dependence(bob, leo) == "too-new"
    leo.password_given_at, leo.created_at, leo.added_by_id = None, clock.now() + FAR, bob.id
    assert break_glass.dependence(bob, leo) == "too-new"


@judged("tickets.*")
def nothing_of_a_ticket_opens_anything(portal: Portal) -> None:
    """Its times order lists and run clocks; the receipt alone is shown for half an hour."""
    clinic = Clinic(portal)
    clinic.file()
    assert "查询码" in clinic.open(clinic.page("receipt")).text
    put_ahead(portal, Ticket, "submitted_at")
    answer = clinic.open(clinic.page("receipt"))
    assert answer.status_code != 200 or clinic.shown[-2] != answer.text


@judged("presences.until")
def nobody_is_there_until_tomorrow(portal: Portal) -> None:
    number = file_report(portal.runtime).number

    def here(session: Session) -> None:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        presence.renew(session, ticket, user_id(session, "alice"), presence.Mode.WRITING)

    def seen_by_bob(session: Session) -> list[str]:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        return [one.name for one in presence.others(session, ticket, user_id(session, "bob"))]

    change(portal, here)
    with portal.runtime.database.read() as session:
        assert seen_by_bob(session) == ["张工"]
    put_ahead(portal, Presence, "until")
    with portal.runtime.database.read() as session:
        assert seen_by_bob(session) == []


def user_id(session: Session, name: str) -> uuid.UUID:
    return session.scalars(select(User.id).where(User.username == name)).one()


def a_step(portal: Portal) -> None:
    secret, _ = enrol(portal.signed_in("alice"))
    change(
        portal, lambda session: session.execute(update(User).values(second_factor_step=User.second_factor_step + 10**6))
    )
    browser = portal.browser()
    post(browser, "/sign-in", "/sign-in", username="alice", password=password_of("alice"))
    assert post(browser, "/sign-in/code", "/sign-in/code", code=code_of(secret, 1)).status_code == 303


SAMPLES = {sample.__name__: sample for sample in [*JUDGED.values(), a_step]}


@pytest.mark.parametrize("sample", SAMPLES)
def test_it_counts_as_none(portal: Portal, sample: str) -> None:
    SAMPLES[sample](portal)


def test_every_stored_moment_was_thought_of(portal: Portal) -> None:
    assert models
    stored = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, UtcDateTime)
    }
    told = {f"{table}.{column}" for table, columns in TOLD.items() for column in columns}
    of_tickets = {place for place in stored if place.startswith("tickets.")}
    assert stored - of_tickets == told | (set(JUDGED) - {"tickets.*"})
