"""提醒我: back in 轮到我 at one's own time, once, and nobody else's business."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.acts import own_reminders
from portal.acts.own_reminders import REMIND_ME
from portal.acts.table import ASK, ASSIGN, CLAIM, NOTE, REPLY, RESOLVE
from portal.errors import InvalidError
from portal.tickets.models import Reminder
from tests.acts.desk import Desk
from tests.factories.ticket_pages import done


@pytest.fixture
def desk(portal):
    """A ticket that waits for its clinic."""
    made = Desk(portal.runtime)
    made.act(CLAIM)
    made.act(ASK, fields=["form_name"])
    return made


def remind(desk, text="给院长打电话", **after):
    return desk.act(REMIND_ME, at=(clock.now() + timedelta(**after or {"hours": 2})).isoformat(), text=text)


def make_due(desk):
    with desk.runtime.database.transaction() as session:
        session.execute(update(Reminder).values(at=clock.now() - timedelta(seconds=1)))


def reminders(desk):
    with desk.runtime.database.read() as session:
        return session.scalars(select(Reminder).order_by(Reminder.at)).all()


def test_setting_one_changes_nothing_of_the_ticket(desk):
    before = desk.ticket
    answer = remind(desk).answer["reminder"]
    after = desk.ticket
    [kept] = reminders(desk)
    assert (str(kept.id), kept.text, kept.done_at) == (answer["id"], "给院长打电话", None)
    assert (after.version, after.state, after.turn, after.paused_at) == (
        before.version, before.state, "clinic", before.paused_at,
    )  # fmt: skip
    assert not desk.entries()[-1].is_public and "给院长打电话" in desk.entries()[-1].text
    assert own_reminders.run(desk.runtime) == 0


def test_at_its_time_the_ticket_is_ours_again_and_no_clock_moves(desk):
    remind(desk)
    make_due(desk)
    before = desk.ticket
    assert own_reminders.run(desk.runtime) == 1
    after = desk.ticket
    assert (after.turn, after.turn_cause) == ("us", "reminded")
    assert after.turn_since > before.turn_since
    assert (after.version, after.state, after.paused_at, after.first_replied_at) == (
        before.version, before.state, before.paused_at, before.first_replied_at,
    )  # fmt: skip
    assert (desk.entries()[-1].action, desk.entries()[-1].is_public) == ("reminder_due", False)
    assert own_reminders.run(desk.runtime) == 0


def test_any_number_of_workers_bring_it_back_once(desk):
    remind(desk)
    make_due(desk)
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda _: own_reminders.run(desk.runtime), range(4))) == 1
    assert [entry.action for entry in desk.entries()].count("reminder_due") == 1


def test_what_others_do_leaves_it_with_its_owner(desk):
    remind(desk)
    make_due(desk)
    own_reminders.run(desk.runtime)
    desk.act(NOTE, "agnes", text="机构又来电话")
    assert (desk.ticket.turn, desk.ticket.turn_cause) == ("us", "reminded")


def test_the_owners_next_act_gives_the_turn_back(desk):
    remind(desk)
    make_due(desk)
    own_reminders.run(desk.runtime)
    desk.act(REPLY, text="请尽快补充")
    assert (desk.ticket.turn, desk.ticket.turn_cause) == ("clinic", None)


def test_a_new_one_puts_off_the_one_before(desk):
    remind(desk, "先问药房")
    make_due(desk)
    own_reminders.run(desk.runtime)
    remind(desk, "再问一次", days=1)
    assert desk.ticket.turn == "clinic"
    remind(desk, "第三次", days=2)
    assert [(one.text, one.done_at is None) for one in reminders(desk)] == [
        ("先问药房", False), ("再问一次", False), ("第三次", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "leave",
    [lambda desk: desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假"), Desk.void],
    ids=["handed", "void"],
)
def test_a_ticket_that_went_to_somebody_else_or_ended_stays_where_it_is(desk, leave):
    remind(desk)
    leave(desk)
    make_due(desk)
    before = desk.ticket.turn
    assert own_reminders.run(desk.runtime) == 0
    assert desk.ticket.turn == before != "us"
    assert reminders(desk)[0].done_at is not None


def test_ones_own_ends_when_a_colleague_gets_the_ticket(desk):
    remind(desk, "先问药房")
    desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假")
    at = (clock.now() + timedelta(hours=3)).isoformat()
    desk.act(REMIND_ME, "bob", at=at, text="再问一次")
    assert [(one.text, one.done_at is None) for one in reminders(desk)] == [
        ("先问药房", False), ("再问一次", True),
    ]  # fmt: skip


def test_what_is_ours_already_keeps_its_place_and_says_that_it_is_time(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    since = desk.ticket.turn_since
    remind(desk)
    make_due(desk)
    assert own_reminders.run(desk.runtime) == 1
    assert (desk.ticket.turn, desk.ticket.turn_since, desk.ticket.turn_cause) == ("us", since, "reminded")
    assert ">提醒时间到<" in portal.signed_in("alice").get("/queues/general?turn=me").text
    desk.act(REPLY, text="问过了")
    assert (desk.ticket.turn, desk.ticket.turn_cause) == ("us", "new")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("", "required"), ("morgen", "invalid"), ("2026-13-01T09:00", "invalid"), ("2020-01-01T09:00", "in_past"),
        ("2099-01-01T09:00+08:00", "too_far"), ("9999-12-31T23:59-23:00", "invalid"),
    ],
)  # fmt: skip
def test_the_time_lies_ahead_and_not_too_far(desk, at, code):
    with pytest.raises(InvalidError) as refused:
        desk.act(REMIND_ME, at=at, text="再看")
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("at", code)]


def test_a_time_without_zone_is_chinas(desk):
    wall = clock.in_china(clock.now() + timedelta(days=3)).replace(tzinfo=None, microsecond=0)
    desk.act(REMIND_ME, at=wall.isoformat(timespec="minutes"), text="再看")
    [kept] = reminders(desk)
    assert clock.in_china(kept.at).replace(tzinfo=None) == wall.replace(second=0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_page_offers_it_and_the_clinic_never_sees_it(portal, desk):
    alice = portal.signed_in("alice")
    at = clock.in_china(clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    page = done(alice, desk.number, "reminders", at=at, text="问问药房的库存")
    assert "到时间这条问题会回到“轮到我”" in page and "问问药房的库存" in page
    with portal.runtime.database.read() as session:
        from portal.casefile.view import ticket_view

        shown = ticket_view(session, desk.ticket, for_clinic=True)
    assert not any("药房" in entry.text for entry in shown.timeline)
    assert 'name="at"' not in portal.signed_in("bob").get(f"/tickets/{desk.number}").text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_call_answers_201_with_ticket_and_reminder(portal, desk):
    at = (clock.now() + timedelta(days=1)).isoformat()
    call = f"/api/v1/tickets/{desk.number}/reminders"
    answer = portal.api("alice").post(call, json={"version": 1, "at": at, "text": "再看"})
    assert answer.status_code == 201
    assert answer.json()["reminder"]["text"] == "再看"
    assert answer.json()["turn"]["whose"] == "clinic"
    stopped = portal.api("alice").post(call, json={"version": 1, "at": at, "text": "密码：Fake#Api44"})
    assert [fault["code"] for fault in stopped.json()["errors"]] == ["sensitive_text"]
    assert portal.api("bob").post(call, json={"version": 1, "at": at, "text": "再看"}).status_code == 403


def test_a_resolved_one_comes_back_too(desk):
    desk.act(REPLY, text="在看")
    other = Desk(desk.runtime)
    other.act(CLAIM)
    other.act(RESOLVE, text="已恢复")
    remind(other)
    make_due(other)
    assert own_reminders.run(desk.runtime) == 1
    assert (other.ticket.turn, other.ticket.state) == ("us", "awaiting_confirmation")
