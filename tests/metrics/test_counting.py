"""Figures without personal data: planted acts, counts worked out by hand (UX 14)."""

import uuid
from datetime import date, datetime

import pytest
from sqlalchemy import func, select, text

from portal import clock
from portal.acts.table import ASK, CLAIM, RESOLVE
from portal.disclosure import reveals
from portal.metrics import counting, filing_sessions
from portal.metrics.counting import Metric
from portal.metrics.models import DailyCount, FilingCourse, FilingRefusal
from portal.reports import drafts
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.clinic import Clinic, number_of
from tests.factories.desk_filing import desk_fields, open_form, send
from tests.factories.moments import move_clock
from tests.factories.pictures import crop_of_screen, whole_screen
from tests.factories.portals import csrf_of
from tests.factories.reports import file_report

PHONE = "Mozilla/5.0 (Linux; Android 13; V2130A) AppleWebKit/537.36 Chrome/109.0 Mobile Safari/537.36"


def figures(portal) -> dict[tuple[str, str], int]:
    with portal.runtime.database.read() as session:
        rows = session.execute(
            select(DailyCount.name, DailyCount.key, func.sum(DailyCount.count)).group_by(
                DailyCount.name, DailyCount.key
            )
        ).all()
    return {(name, key): int(count) for name, key, count in rows}


def test_it_counts_a_filing_that_was_right_at_the_first_try(portal):
    Clinic(portal).file()

    assert figures(portal) == {
        (Metric.FILED, "yxt"): 1,
        (Metric.FORM_FILED, "pc"): 1,
        (Metric.FORM_CLEAN, "pc"): 1,
        (Metric.MINUTES, "pc:0"): 1,
    }


def test_it_counts_each_refusal_by_field_and_code_and_the_filing_as_not_clean(portal):
    somebody = Clinic(portal)
    somebody.fill_situation(institution="", description="坏了")
    somebody.fill_situation(institution="", description="坏了")
    somebody.fill()
    somebody.submit()

    found = figures(portal)
    assert found[Metric.REFUSED, "institution:required"] == 2
    assert found[Metric.REFUSED, "description:too_short"] == 2
    assert found[Metric.FORM_FILED, "pc"] == 1
    assert (Metric.FORM_CLEAN, "pc") not in found
    with portal.runtime.database.read() as session:
        kept = session.execute(select(FilingRefusal.draft_id, FilingRefusal.reason)).all()
        report_id = session.scalar(select(Ticket.report_id))
    assert {row.reason for row in kept} >= {"institution:required", "description:too_short"}
    assert {row.draft_id for row in kept} == {report_id} and len(kept) == len(set(kept))


def test_why_a_draft_was_refused_goes_with_the_draft(portal):
    somebody = Clinic(portal)
    somebody.fill_situation(institution="")
    with portal.runtime.database.transaction() as session:
        draft_id = session.scalar(select(FilingRefusal.draft_id))
        filing_sessions.forget(session, draft_id)
        assert session.scalar(select(func.count()).select_from(FilingRefusal)) == 0


def test_it_counts_what_the_check_page_refuses(portal):
    somebody = Clinic(portal)
    somebody.fill_situation()
    assert somebody.submit().status_code == 422

    found = figures(portal)
    assert found[Metric.REFUSED, "screenshots:image_missing"] == 1
    assert found[Metric.REFUSED, "login_password:required"] == 1


def test_it_tells_phones_from_pcs_and_keeps_nothing_else_of_the_browser(portal):
    somebody = Clinic(portal)
    somebody.browser.headers["user-agent"] = PHONE
    somebody.file()

    assert figures(portal)[Metric.FORM_FILED, "phone"] == 1
    with portal.runtime.database.read() as session:
        kept = session.execute(text("SELECT * FROM filing_courses")).mappings().one()
    assert kept["device"] == "phone"
    assert kept["opened_at"] is None
    assert not any("Android" in str(value) for value in kept.values())


def test_a_good_picture_soon_after_refused_ones_mends_each_of_them_once(portal):
    somebody = Clinic(portal)
    somebody.fill_situation()
    for _ in range(2):
        assert somebody.add_pictures(crop_of_screen()).status_code == 422
    somebody.add_pictures(whole_screen())
    somebody.add_pictures(whole_screen(), action="upload")

    found = figures(portal)
    assert (found[Metric.PICTURE_REFUSED, ""], found[Metric.PICTURE_MENDED, ""]) == (2, 2)


def test_a_good_picture_after_five_minutes_mends_nothing(portal, monkeypatch):
    somebody = Clinic(portal)
    somebody.fill_situation()
    somebody.add_pictures(crop_of_screen())
    move_clock(monkeypatch, minutes=5, seconds=5)
    somebody.add_pictures(whole_screen())

    found = figures(portal)
    assert found[Metric.PICTURE_REFUSED, ""] == 1
    assert (Metric.PICTURE_MENDED, "") not in found


def test_it_counts_what_the_script_refused_without_sending_it_but_no_invented_reason(portal):
    somebody = Clinic(portal)
    somebody.fill_situation()
    page, path = somebody.page("screenshots"), somebody.page("pictures/refusals")
    assert somebody.post(page, path, slot="screenshots", reason="image_too_small").status_code == 204
    assert somebody.post(page, path, slot="screenshots", reason="张三 110").status_code == 204
    assert somebody.post(page, path, slot="description", reason="image_too_small").status_code == 204

    assert figures(portal) == {
        (Metric.PICTURE_REFUSED, ""): 1,
        (Metric.REFUSED, "screenshots:image_too_small"): 1,
    }


def test_it_measures_the_minutes_from_the_first_page(portal, monkeypatch):
    somebody = Clinic(portal)
    somebody.fill()
    move_clock(monkeypatch, minutes=7, seconds=30)
    somebody.submit()

    assert figures(portal)[Metric.MINUTES, "pc:7"] == 1


@pytest.mark.parametrize(("opened", "minutes"), [(-600, 10), (60, 0), (-100_000, 0)])
def test_a_first_page_in_the_future_or_of_yesterday_counts_as_now(opened, minutes):
    now = clock.now()
    visit = filing_sessions.visit(str(int(now.timestamp()) + opened), "")

    assert round((now - visit.opened_at).total_seconds() / 60) == minutes


@pytest.mark.parametrize("opened", ["", "x", "-5", "9" * 400, "１２３"])
def test_nonsense_in_the_hidden_field_does_no_harm(portal, opened):
    somebody = Clinic(portal)
    assert somebody.fill_situation(opened=opened).status_code == 303


def test_an_asking_counts_once_and_on_the_day_of_the_filing(portal, monkeypatch):
    page = Clinic(portal).file()
    number = number_of(page)
    filed_on = clock.china_today()
    move_clock(monkeypatch, days=3)
    engineer = actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        version = perform(session, portal.runtime, engineer, CLAIM, number, 1).version
    for _ in range(2):
        with portal.runtime.database.transaction() as session:
            version = perform(
                session, portal.runtime, engineer, ASK, number, version, fields=["previous_system"], message="请补充"
            ).version

    with portal.runtime.database.read() as session:
        rows = session.scalars(select(DailyCount).where(DailyCount.name.in_((Metric.ASKED, Metric.CLEAN_ASKED)))).all()
    assert [(row.day, row.name, row.key, row.count) for row in sorted(rows, key=lambda row: row.name)] == [
        (filed_on, "asked", "yxt", 1),
        (filed_on, "clean-asked", "pc", 1),
    ]


def test_it_counts_reveals_results_and_the_clinics_answers(portal):
    receipt = file_report(portal.runtime)
    engineer = actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, engineer, CLAIM, receipt.number, 1)
    reveals.reveal_field(portal.runtime, engineer, receipt.number, "id_number", "排查登录")
    for answer in (False, True):
        with portal.runtime.database.transaction() as session:
            version = lookup.find(session, engineer, receipt.number).version
            ticket = perform(session, portal.runtime, engineer, RESOLVE, receipt.number, version, text="已重建索引")
            ticket_id = ticket.id
        confirmation.confirm(portal.runtime, engineer, ticket_id, is_solved=answer, comment="还是打不开")

    found = figures(portal)
    assert found[Metric.REVEALED, "general"] == 1
    assert found[Metric.SOLVED, "general"] == 2
    assert (found[Metric.CONFIRMED, "yes"], found[Metric.CONFIRMED, "no"]) == (1, 1)


def test_a_refused_reveal_is_not_counted(portal):
    receipt = file_report(portal.runtime)
    with pytest.raises(Exception, match="领取后"):
        reveals.reveal_field(portal.runtime, actor(portal.runtime, "alice"), receipt.number, "id_number", "排查登录")

    assert (Metric.REVEALED, "general") not in figures(portal)


def test_a_day_is_a_day_in_china(portal, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 7, 21, 16, 30, tzinfo=clock.UTC))
    counting.note(portal.runtime.database, [(Metric.REVEALED, "")])

    with portal.runtime.database.read() as session:
        assert session.scalars(select(DailyCount.day)).one() == date(2026, 7, 22)


def test_counting_cannot_make_a_refusal_fail(portal, caplog):
    """Without its table the refusal page is the same; a filing shares its transaction and is not put at risk."""
    somebody = Clinic(portal)
    somebody.fill_situation()
    with portal.runtime.database.transaction() as session:
        session.execute(text("ALTER TABLE daily_counts RENAME TO daily_counts_away"))
    assert somebody.post(somebody.page("situation"), institution="").status_code == 422
    assert somebody.add_pictures(crop_of_screen()).status_code == 422
    assert "not counted" in caplog.text


def test_the_course_of_a_draft_that_was_given_up_goes_with_it(portal, monkeypatch):
    somebody = Clinic(portal)
    somebody.fill_situation()
    Clinic(portal).file()
    move_clock(monkeypatch, hours=25)
    drafts.sweep_drafts(portal.runtime)

    with portal.runtime.database.read() as session:
        left = session.scalars(select(FilingCourse)).all()
    assert [course.filed_on is not None for course in left] == [True]
    assert uuid.UUID(somebody.draft) not in {course.id for course in left}


def test_pressing_again_counts_no_second_filing(portal):
    somebody = Clinic(portal)
    page = somebody.file()
    answer = somebody.browser.post(somebody.page("check"), data={"csrf": csrf_of(page)})

    assert answer.headers["location"] == somebody.page("receipt")
    assert figures(portal)[Metric.FORM_FILED, "pc"] == 1


def test_what_staff_type_wrong_is_not_counted_as_a_clinics(portal):
    desk = portal.signed_in("agnes")
    address, token = open_form(desk)
    assert send(desk, address, token, [], **desk_fields(institution="")).status_code == 422

    assert not [name for name, _ in figures(portal) if name == Metric.REFUSED]
