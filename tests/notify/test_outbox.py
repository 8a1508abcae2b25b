"""The outbox: told what was committed, once it was committed, by everything that waits in it."""

import pytest

from portal.accounts import users
from portal.acts.table import CLAIM
from portal.audit.actor import SYSTEM
from portal.notify import outbox
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.recipients import RULES, RecipientKind, recipients_of
from portal.worker import run_once
from tests.factories.acts import perform
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder


def named(portal: Portal, event: Event, number: str) -> list[str]:
    """Who of the cast is told."""
    names = {str(actor(portal.runtime, name).user_id): name for name in ("alice", "bob", "hanna", "leo")}
    with portal.runtime.database.read() as session:
        return [names[user_id] for user_id in recipients_of(session, event, number, RecipientKind.USER)]


def test_it_delivers_each_message_once(portal: Portal) -> None:
    receipt, channel = file_report(portal.runtime), Recorder()
    dispatcher = Dispatcher(portal.runtime.database, [channel])
    assert dispatcher.run() == 1
    assert dispatcher.run() == 0
    told = [(outgoing.message.event, outgoing.message.number) for outgoing in channel.told]
    assert told == [(Event.REPORT_FILED, receipt.number)]


def test_it_tells_nothing_of_a_change_that_was_undone(portal: Portal) -> None:
    with pytest.raises(RuntimeError), portal.runtime.database.transaction() as session:
        outbox.add(session, Event.REPORT_FILED, "RC2026010001")
        raise RuntimeError
    assert Dispatcher(portal.runtime.database, [Recorder()]).run() == 0


def test_it_keeps_no_event_that_is_not_in_the_list(portal: Portal) -> None:
    with pytest.raises(ValueError, match="typed by somebody"), portal.runtime.database.transaction() as session:
        outbox.add(session, "typed by somebody", "RC2026010001")  # type: ignore[arg-type]


def test_a_worker_round_works_on_a_busy_portal(portal: Portal) -> None:
    file_report(portal.runtime)
    run_once(portal.runtime)
    with portal.runtime.database.read() as session:
        assert outbox.backlog(session) == outbox.Backlog(0, None, 0)


def test_every_event_has_recipients() -> None:
    assert set(RULES) == set(Event)
    assert all(RULES.values())


def test_the_owner_is_told_or_the_engineers_of_the_queue_while_there_is_none(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    assert named(portal, Event.SUPPLEMENTED, number) == ["alice", "bob"]
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor(portal.runtime, "bob"), CLAIM, number, 1)
    assert named(portal, Event.SUPPLEMENTED, number) == ["bob"]
    assert named(portal, Event.REPLIED, number) == []


def test_leads_of_the_queue_are_told_of_an_alarm_and_all_leads_when_it_is_about_no_ticket(portal: Portal) -> None:
    number = file_report(portal.runtime, kind="his").number
    assert named(portal, Event.REVEAL_ALARM, number) == ["leo"]
    assert named(portal, Event.REVEAL_ALARM, "") == ["leo"]


def test_nobody_is_told_who_was_disabled_meanwhile(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        users.set_active(session, SYSTEM, actor(portal.runtime, "bob").user_id, False)
    assert named(portal, Event.SUPPLEMENTED, number) == ["alice"]


def test_a_clinic_is_reached_by_the_number_alone(portal: Portal) -> None:
    with portal.runtime.database.read() as session:
        assert recipients_of(session, Event.REPLIED, "RC2026010001", RecipientKind.CLINIC) == [""]
        assert recipients_of(session, Event.SUPPLEMENTED, "RC2026010001", RecipientKind.CLINIC) == []
