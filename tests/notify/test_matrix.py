"""Who is told what through which channel: defaults, changes, choices of people, and what stays on."""

import pytest

from portal.audit.actor import SYSTEM
from portal.errors import InvalidError
from portal.notify import matrix, outbox
from portal.notify.delivery import Dispatcher
from portal.notify.events import Event
from portal.notify.matrix import OWN_WAYS, REACHES, WAY_LABELS, Way
from portal.notify.recipients import RULES, Concern, RecipientKind
from portal.notify.wording import label_of, people_of, sentence_for
from tests.factories.cast import actor
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.notify.channels import Recorder
from tests.notify.people import give_mail


def ticked(portal: Portal) -> set[tuple[str, str]]:
    with portal.runtime.database.read() as session:
        every = [cell for _, row in matrix.cells(matrix.load(session)) for cell in row if cell]
    return {(cell.event.value, cell.way.value) for cell in every if cell.is_on}


def told(portal: Portal, event: Event, number: str, **given) -> set[str]:
    """Who of the cast gets a mail."""
    with portal.runtime.database.transaction() as session:
        outbox.add(session, event, number, **given)
    mail = Recorder(name="mail", reaches=RecipientKind.USER)
    Dispatcher(portal.runtime.database, [mail]).run()
    names = {str(actor(portal.runtime, name).user_id): name for name in ("alice", "bob", "leo", "ada")}
    return {names[outgoing.recipient_id] for outgoing in mail.told}


def save(portal: Portal, wanted: set[tuple[str, str]]) -> int:
    with portal.runtime.database.transaction() as session:
        return matrix.change(session, SYSTEM, wanted, matrix.load(session).version)


@pytest.mark.parametrize("event", Event)
def test_every_event_has_its_words_and_its_row(event: Event) -> None:
    assert label_of(event) and people_of(event)
    for kind in RecipientKind:
        assert sentence_for(event, kind)
    assert len(event.value) <= 40
    if event.value.startswith("complaint-"):
        assert not any(matrix.may(event, way) for way in Way if REACHES[way] is not RecipientKind.USER)
    if RULES[event] == {Concern.CLINIC}:
        assert not any(matrix.may(event, way) for way in OWN_WAYS)


def test_every_channel_has_its_word() -> None:
    assert set(WAY_LABELS) == set(REACHES) == set(Way)


def test_what_must_be_told_stays_on(portal: Portal) -> None:
    wanted = ticked(portal) - {("reveal-alarm", "mail")}
    with pytest.raises(InvalidError):
        save(portal, wanted)
    assert ("reveal-alarm", "mail") in ticked(portal)


def test_a_change_holds_for_everybody_and_is_counted(portal: Portal) -> None:
    give_mail(portal, "alice", "leo")
    number = file_report(portal.runtime).number
    assert told(portal, Event.SUPPLEMENTED, number) == set()
    assert save(portal, ticked(portal) | {("supplemented", "mail")}) == 1
    assert save(portal, ticked(portal)) == 0
    assert told(portal, Event.SUPPLEMENTED, number) == {"alice"}


def test_people_choose_for_themselves_but_not_against_what_must_be_told(portal: Portal) -> None:
    give_mail(portal, "alice", "bob", "leo")
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        alice, leo = (actor(portal.runtime, name).user_id for name in ("alice", "leo"))
        matrix.choose(session, alice, {("supplemented", "mail")}, {Event.SUPPLEMENTED, Event.ASSIGNED})
        matrix.choose(session, leo, set(), {Event.REVEAL_ALARM, Event.REPLY_OVERDUE})
    assert told(portal, Event.SUPPLEMENTED, number) == {"alice"}
    assert told(portal, Event.ASSIGNED, number) == {"bob"}
    assert told(portal, Event.REVEAL_ALARM, number) == {"leo"}


def test_those_named_are_told_and_who_caused_it_is_not(portal: Portal) -> None:
    give_mail(portal, "alice", "bob", "leo")
    number = file_report(portal.runtime).number
    bob, leo = (actor(portal.runtime, name).user_id for name in ("bob", "leo"))
    assert told(portal, Event.BREAK_GLASS_DECIDED, number, by=leo, to=[bob, leo]) == {"bob"}


def test_without_an_address_nobody_gets_a_mail(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    assert told(portal, Event.REVEAL_ALARM, number) == set()


def test_a_group_learns_of_new_tickets_and_another_system_of_everything(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        outbox.add(session, Event.REPLIED, number)
        outbox.add(session, Event.CRITICAL, number, to=[actor(portal.runtime, "leo").user_id])
        outbox.add(session, Event.ESCALATED, number, to=[actor(portal.runtime, "leo").user_id])
    bot = Recorder(name="wecom", reaches=RecipientKind.GROUP)
    hook = Recorder(name="webhook", reaches=RecipientKind.WEBHOOK)
    Dispatcher(portal.runtime.database, [bot, hook], "https://portal.example.cn").run()
    assert [(one.message.event, one.recipient_id) for one in bot.told] == [
        ("report-filed", "general"),
        ("critical", "general"),
    ]
    assert bot.told[0].message.link == f"https://portal.example.cn/tickets/{number}"
    assert [one.message.event for one in hook.told] == ["report-filed", "replied", "critical", "escalated"]
    assert hook.told[0].message.state == "submitted"
