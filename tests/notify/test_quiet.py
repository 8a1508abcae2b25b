"""Quiet hours put off what can wait, to their end, and nothing else."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.errors import InvalidError
from portal.notify import outbox, quiet
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.models import Delivery
from portal.notify.quiet import Hours
from portal.notify.recipients import RecipientKind
from portal.tickets.models import Ticket
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder
from tests.notify.people import give_mail


def china(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    ("hours", "moment", "end"),
    [
        (Hours("22:00", "07:00"), "2026-12-31T23:30", "2027-01-01T07:00"),
        (Hours("22:00", "07:00"), "2026-12-31T22:00", "2027-01-01T07:00"),
        (Hours("22:00", "07:00"), "2026-12-31T06:59", "2026-12-31T07:00"),
        (Hours("22:00", "07:00"), "2026-12-31T07:00", None),
        (Hours("12:00", "14:00"), "2026-12-31T13:00", "2026-12-31T14:00"),
        (Hours("12:00", "14:00"), "2026-12-31T14:00", None),
        (Hours("00:00", "00:00"), "2026-12-31T00:00", None),
    ],
)
def test_they_may_pass_midnight(hours: Hours, moment: str, end: str | None) -> None:
    assert hours.end_after(china(moment)) == (china(end) if end else None)


@pytest.mark.parametrize("typed", ["24:00", "7:00", "２２:00", "x", "22:60"])
def test_only_a_time_of_day_is_kept(portal: Portal, typed: str) -> None:
    with pytest.raises(InvalidError), portal.runtime.database.transaction() as session:
        quiet.keep(session, "x", typed, "07:00")


def test_mail_waits_for_the_morning_but_not_what_must_be_told(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    give_mail(portal, "leo")
    leo = actor(portal.runtime, "leo").user_id
    number = file_report(portal.runtime).number
    monkeypatch.setattr(clock, "now", lambda: china("2030-03-01T23:00").astimezone(UTC))
    with portal.runtime.database.transaction() as session:
        quiet.keep(session, str(leo), "22:00", "07:00")
        outbox.add(session, Event.VOID_ASKED, number)
        outbox.add(session, Event.REVEAL_ALARM, number)
    mail = Recorder(name="mail", reaches=RecipientKind.USER)
    dispatcher = Dispatcher(portal.runtime.database, [mail])
    assert dispatcher.run() == 1
    assert [one.message.event for one in mail.told] == ["reveal-alarm"]
    with portal.runtime.database.read() as session:
        waiting = session.scalars(select(Delivery).where(Delivery.status == "waiting")).one()
        assert (waiting.next_attempt_at, waiting.attempts) == (china("2030-03-02T07:00"), 0)
    monkeypatch.setattr(clock, "now", lambda: china("2030-03-02T07:00").astimezone(UTC))
    assert dispatcher.run() == 1


def test_a_clinic_is_not_texted_at_night_unless_it_has_just_acted(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    night = china("2030-03-01T23:00").astimezone(UTC)
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(sms_notice="2026-11-28"))
    Dispatcher(portal.runtime.database, []).run()
    monkeypatch.setattr(clock, "now", lambda: night)
    with portal.runtime.database.transaction() as session:
        outbox.add(session, Event.REPLIED, number)
    sms = Recorder(name="sms", reaches=RecipientKind.CLINIC)
    dispatcher = Dispatcher(portal.runtime.database, [sms])
    assert dispatcher.run() == 0

    fresh = file_report(portal.runtime).number  # at that hour
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(sms_notice="2026-11-28"))
    assert dispatcher.run() == 1
    assert sms.numbers == [fresh]
    monkeypatch.setattr(clock, "now", lambda: china("2030-03-02T08:00").astimezone(UTC))
    assert dispatcher.run() == 1
    assert sms.numbers == [fresh, number]
