"""Staff are told in the portal, in the transaction of what they are told of."""

import pytest
from sqlalchemy import update

from portal.accounts.models import User
from portal.acts.table import ASK, ASSIGN, CLAIM
from portal.audit.actor import clinic
from portal.notify import notices, outbox
from portal.notify.events import Event
from portal.runtime import Runtime
from portal.supplements import receiving
from tests.acts.desk import Desk
from tests.factories.cast import actor

CAST = ("alice", "bob", "hanna", "leo", "agnes", "ada")


def unseen(runtime: Runtime) -> dict[str, int]:
    with runtime.database.read() as session:
        counts = {name: notices.unseen_count(session, actor(runtime, name).user_id) for name in CAST}
    return {name: count for name, count in counts.items() if count}


def test_a_supplement_reaches_the_owner_and_nobody_else(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASK, fields=["form_name"])
    receiving.supplement(portal.runtime, clinic(), desk.ticket.id, {"form_name": ["随访表"]}, [])
    assert unseen(portal.runtime) == {"alice": 1}


def test_a_new_report_is_counted_in_its_queue_only(portal) -> None:
    Desk(portal.runtime)
    assert unseen(portal.runtime) == {}


def test_a_colleague_learns_what_was_handed_over_and_the_giver_does_not(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工明天不在")
    assert unseen(portal.runtime) == {"bob": 1}


def test_a_repetition_is_one_unseen_notice(portal) -> None:
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    for _ in range(3):
        with portal.runtime.database.transaction() as session:
            assert outbox.add(session, Event.SUPPLEMENTED, desk.number) == 1
    assert unseen(portal.runtime) == {"alice": 1}
    with portal.runtime.database.transaction() as session:
        assert notices.see(session, actor(portal.runtime, "alice").user_id, desk.number)
        outbox.add(session, Event.SUPPLEMENTED, desk.number)
    assert unseen(portal.runtime) == {"alice": 1}


def test_what_is_undone_told_nobody(portal) -> None:
    desk = Desk(portal.runtime)
    with pytest.raises(RuntimeError), portal.runtime.database.transaction() as session:
        outbox.add(session, Event.REPLY_OVERDUE, desk.number)
        raise RuntimeError
    assert unseen(portal.runtime) == {}


def test_disabled_people_are_not_told(portal) -> None:
    desk = Desk(portal.runtime)
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username.in_(["leo", "bob"])).values(is_active=False))
        outbox.add(session, Event.REPLY_OVERDUE, desk.number)
    assert unseen(portal.runtime) == {"alice": 1}


def test_every_notice_has_its_sentence_and_no_clinic_event_is_one() -> None:
    assert all(sentence and sentence == sentence.strip("。") for sentence in notices.SENTENCES.values())
    assert Event.REPORT_FILED not in notices.SENTENCES and Event.REPLIED not in notices.SENTENCES
