"""承诺 and 预约: made, kept, missed, replaced, settled; the ticket's and not the person's (DESK 1.5)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.acts import promises, promises_due
from portal.acts.promises import PROMISE
from portal.acts.table import ASK, ASSIGN, CLAIM, CLOSE, MERGE, NOTE, REPLY, RESOLVE, TRANSFER
from portal.audit.actor import clinic
from portal.calendar import working_time
from portal.casefile.view import ticket_view
from portal.errors import ForbiddenError, InvalidError
from portal.escalation.models import Alert
from portal.progress import hooks
from portal.progress.hooks import Hooks, Moment, ObjectionError
from portal.tickets.models import Promise
from portal.tracking import confirmation, unconfirmed
from tests.acts.desk import CONFIRMED, Desk
from tests.factories.reports import file_report

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # 09:00 in China
HOUR, DAY, SECOND = timedelta(hours=1), timedelta(days=1), timedelta(seconds=1)


class Day:
    """A claimed ticket on a Monday at 09:00; `at` sets the wall clock."""

    def __init__(self, portal, patch):
        self.portal, self.runtime, self.patch = portal, portal.runtime, patch
        self.at(MONDAY)
        self.desk = Desk(portal.runtime)
        self.desk.act(CLAIM)

    def at(self, moment):
        self.patch.setattr(clock, "now", lambda: moment)

    def run(self, moment):
        self.at(moment)
        return promises_due.run(self.runtime)

    def promise(self, due_at=MONDAY + 6 * HOUR, kind="promise", text="告诉您核对的结果", who="alice", **more):
        before = {one.id for one in self.all()}
        self.desk.act(PROMISE, who, kind=kind, due_at=due_at.isoformat(), text=text, **more)
        return next(one for one in self.all() if one.id not in before)

    def all(self):
        with self.runtime.database.read() as session:
            return list(promises.of_ticket(session, self.desk.ticket.id))

    def states(self):
        return [one.status for one in self.all()]


@pytest.fixture
def day(portal, monkeypatch):
    return Day(portal, monkeypatch)


def faults(refused):
    return [(fault.field, fault.code) for fault in refused.value.faults]


def test_the_clinic_reads_it_and_no_clock_ends(day):
    made = day.promise()
    line = day.desk.entries()[-1]
    assert (line.action, line.is_public) == ("promise", True)
    assert line.text == "11 月 23 日 15:00 前答复：告诉您核对的结果"
    assert (made.status, made.ends_at, made.round) == ("open", made.due_at, 1)
    assert day.desk.ticket.first_replied_at is None
    assert day.desk.events()[-1] == "promise-made"


@pytest.mark.parametrize("word", ["reply", "resolve"])
def test_a_word_before_the_moment_keeps_what_its_writer_ticks(day, word):
    first, second = day.promise(), day.promise(MONDAY + DAY)
    day.at(MONDAY + 6 * HOUR)  # the very due counts
    day.desk.act({"reply": REPLY, "resolve": RESOLVE}[word], text="还在核对", keeps=[str(first.id)])
    kept, other = day.all()
    assert (kept.status, kept.kept_at, other.status) == ("kept", MONDAY + 6 * HOUR, "open")
    assert kept.kept_entry_id == day.desk.entries()[-1].id
    assert day.desk.rows()[-1].particulars["promises_kept"] == 1
    assert second.id == other.id
    assert day.run(MONDAY + 7 * HOUR)[1] == 0


def test_an_unticked_word_keeps_nothing_and_a_late_one_neither(day):
    made = day.promise()
    day.desk.act(REPLY, text="还在核对")
    assert day.states() == ["open"]
    day.at(made.due_at + SECOND)
    day.desk.act(REPLY, text="结果在这里", keeps=[str(made.id)])
    assert day.states() == ["open"]
    assert day.run(made.due_at + SECOND) == (0, 1)
    assert day.states() == ["missed"]


def test_the_owner_is_reminded_one_working_hour_before(day):
    day.promise(MONDAY + 6 * HOUR)  # 15:00: an hour of work since 14:00
    assert day.run(MONDAY + 5 * HOUR - SECOND) == (0, 0)
    assert day.run(MONDAY + 5 * HOUR) == (1, 0)
    assert day.run(MONDAY + 5 * HOUR) == (0, 0)
    assert (day.desk.ticket.turn, day.desk.ticket.turn_cause) == ("us", "promise_due")
    line = day.desk.entries()[-1]
    assert (line.action, line.is_public) == ("promise_near", False)
    assert day.desk.events()[-1] == "promise-near"


@pytest.mark.parametrize(
    ("due_hours", "notice_hours"),
    [
        (5.5, 2.5),  # due 14:30: half an hour of the afternoon, and the half before lunch
        (11, 7.5),  # due 20:00: the last hour of the day, from 16:30 on
        (24.5, 23.5),  # due Tuesday 09:30: from 08:30 on; at 17:30 the night before an hour is left, too
    ],
)
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_hour_before_is_one_of_work(day, due_hours, notice_hours):
    made = day.promise(MONDAY + due_hours * HOUR)
    assert made.remind_at == MONDAY + notice_hours * HOUR


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_due_within_a_working_hour_has_no_reminder(day):
    assert day.promise(MONDAY + HOUR - SECOND).remind_at is None
    day.at(MONDAY + 9 * HOUR)  # 18:00, closed
    assert day.promise(MONDAY + 11 * HOUR).remind_at is None


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_notice_is_the_last_second_that_leaves_an_hour(portal):
    with portal.runtime.database.read() as session:
        time = working_time.load(session)
    for minutes in range(60, 60 * 24 * 5, 97):
        due_at = MONDAY + timedelta(minutes=minutes)
        found = promises.notice_before(time, MONDAY, due_at)
        assert time.minutes_between(found, due_at) >= 60 > time.minutes_between(found + SECOND, due_at) - 1e-9


def test_a_passed_moment_is_told_to_everybody_once(day):
    with day.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "alice").values(staff_number="1023"))
    made = day.promise()
    day.run(made.due_at - HOUR)
    assert day.run(made.due_at) == (0, 0)
    assert day.run(made.due_at + SECOND) == (0, 1)
    assert day.run(made.due_at + SECOND) == (0, 0)
    assert day.states() == ["missed"]
    line = day.desk.entries()[-1]
    assert (line.is_public, line.text) == (True, "已到答复时间 11 月 23 日 15:00，已催促负责人（工号 1023）")
    assert day.desk.events()[-2:] == ["promise-due", "promise-missed"]
    with day.runtime.database.read() as session:
        alerted = session.scalars(select(User.username).join(Alert, Alert.to_user_id == User.id)).all()
        assert sorted(alerted) == ["alice", "leo"]
    assert day.desk.rows()[-1].tag == "ticket:promise-missed"


def test_any_number_of_workers_remind_and_miss_once(day):
    made = day.promise()
    for moment, action in ((made.due_at - HOUR, "promise_near"), (made.due_at + SECOND, "promise_missed")):
        day.at(moment)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: promises_due.run(day.runtime), range(4)))
        assert [line.action for line in day.desk.entries()].count(action) == 1


def test_after_a_long_stop_only_the_newest_step_is_done(day):
    made = day.promise()
    assert day.run(made.due_at + 7 * DAY) == (0, 1)


def test_rooms_above_hear_of_a_missed_one(day, monkeypatch):
    info, heard = day.runtime.database.session_info, []
    listeners = (*info[hooks._HOOKS].listeners, (Moment.PROMISE_MISSED, lambda s, ticket: heard.append(ticket.number)))
    monkeypatch.setitem(info, hooks._HOOKS, Hooks(info[hooks._HOOKS].objectors, listeners))
    made = day.promise()
    day.run(made.due_at + SECOND)
    assert heard == [day.desk.number]


def test_while_the_clinic_has_to_supply_something_it_comes_back_to_us_and_then_waits_again(day):
    made = day.promise()
    day.desk.act(ASK, fields=["form_name"])
    day.run(made.due_at - HOUR)
    assert (day.desk.ticket.turn, day.desk.ticket.turn_cause) == ("us", "promise_due")
    day.desk.act(REPLY, text="还在等您补充", keeps=[str(made.id)])
    assert (day.desk.ticket.turn, day.desk.ticket.turn_cause) == ("clinic", None)


def test_an_appointment_may_be_in_the_evening_and_waits_half_an_hour(day):
    made = day.promise(MONDAY + 12 * HOUR, "appointment", "电话里一起看一遍")  # 21:00
    assert day.desk.entries()[-1].text == "11 月 23 日 21:00 联系您：电话里一起看一遍"
    assert day.run(made.due_at - timedelta(minutes=15)) == (1, 0)
    assert day.desk.events()[-1] == "appointment-due"
    assert day.run(made.due_at + timedelta(minutes=30)) == (0, 0)
    day.desk.act(REPLY, text="刚才电话里说好了", keeps=[str(made.id)])
    assert day.states() == ["kept"]


def test_an_appointment_without_a_call_is_missed(day):
    made = day.promise(MONDAY + 12 * HOUR, "appointment", "电话里一起看一遍")
    assert day.run(made.due_at + timedelta(minutes=30) + SECOND) == (0, 1)
    assert "已到约定的联系时间" in day.desk.entries()[-1].text


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_fourth_open_one_is_named_together_with_the_other_faults(day):
    for hours in (2, 3, 4):
        day.promise(MONDAY + hours * HOUR)
    with pytest.raises(InvalidError) as refused:
        day.desk.act(PROMISE, kind="", due_at=(MONDAY - HOUR).isoformat(), text=" ")
    assert set(faults(refused)) == {
        ("kind", "required"), ("text", "required"), ("due_at", "in_past"), ("due_at", "too_many"),
    }  # fmt: skip
    with pytest.raises(InvalidError) as refused:
        day.desk.act(PROMISE, kind="promise", due_at=(MONDAY + 91 * DAY).isoformat(), text="很久以后")
    assert faults(refused) == [("due_at", "too_far"), ("due_at", "too_many")]
    day.run(MONDAY + 5 * HOUR)
    day.promise(MONDAY + 90 * DAY)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_one_that_is_replaced_frees_its_place_and_says_why(day):
    first = day.promise()
    day.promise(MONDAY + 2 * DAY)
    day.promise(MONDAY + 3 * DAY)
    later = day.promise(MONDAY + DAY, replaces=str(first.id), reason="上级还没有答复")
    was = day.all()[0]
    assert (was.status, was.replaced_by_id, later.status) == ("replaced", later.id, "open")
    assert day.desk.entries()[-1].text == (
        "11 月 24 日 09:00 前答复：告诉您核对的结果（原定 11 月 23 日 15:00，改期的原因：上级还没有答复）"
    )
    assert day.desk.rows()[-1].reason == "上级还没有答复"
    assert day.run(first.due_at + SECOND) == (0, 0)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_only_an_open_one_whose_time_has_not_passed_can_be_replaced(day):
    made = day.promise()
    for named, code in (("nobody's", "not_found"), (str(made.id), "in_past")):
        day.at(made.due_at + SECOND)
        with pytest.raises(InvalidError) as refused:
            day.promise(MONDAY + DAY, replaces=named)
        assert faults(refused) == [("replaces", code)]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_what_is_ticked_must_be_the_tickets(day):
    other = Desk(day.runtime)
    other.act(CLAIM)
    other.act(PROMISE, kind="promise", due_at=(MONDAY + HOUR).isoformat(), text="看看")
    with day.runtime.database.read() as session:
        [foreign] = promises.of_ticket(session, other.ticket.id)
    for ticked in (str(foreign.id), "nothing"):
        with pytest.raises(InvalidError) as refused:
            day.desk.act(REPLY, text="", keeps=[ticked])
        assert faults(refused) == [("text", "required"), ("keeps", "not_found")]


def test_it_goes_along_when_the_ticket_changes_hands_or_queue(day):
    made = day.promise()
    day.desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="张工请假")
    assert day.states() == ["open"]
    day.desk.act(REPLY, "bob", text="接着看", keeps=[str(made.id)])
    assert day.states() == ["kept"]
    day.promise(MONDAY + DAY, who="bob")
    ticket_id = day.desk.ticket.id
    day.desk.act(TRANSFER, "bob", queue="his", reason="是 HIS 的问题")
    with day.runtime.database.read() as session:
        assert [one.status for one in promises.of_ticket(session, ticket_id)] == ["kept", "open"]


@pytest.mark.parametrize("way", ["merge", "void", "solved"])
def test_an_end_settles_it_with_a_line(day, way):
    made = day.promise()
    if way == "merge":
        day.desk.act(MERGE, into=file_report(day.runtime).number)
    elif way == "void":
        day.desk.void()
    else:
        day.desk.act(RESOLVE, text="已恢复")
        confirmation.confirm(day.runtime, clinic(), day.desk.ticket.id, is_solved=True, comment="")
    assert day.states() == ["settled"]
    assert [line.text for line in day.desk.entries() if line.action == "promise_settled"] == [
        "11 月 23 日 15:00 前答复：告诉您核对的结果。问题已结束，不再另行答复"
    ]
    assert day.run(made.due_at + DAY) == (0, 0)


def test_staff_closing_and_lapse_wait_for_an_open_one_and_not_for_a_missed_one(day):
    made = day.promise(MONDAY + 10 * DAY)
    day.desk.act(RESOLVE, text="已恢复")
    with pytest.raises(ObjectionError) as refused:
        day.desk.act(CLOSE, **CONFIRMED)
    assert [objection.code for objection in refused.value.objections] == ["promise"]
    day.at(MONDAY + 2 * DAY)
    assert unconfirmed.run(day.runtime) == (1, 0)
    day.at(MONDAY + 8 * DAY)
    assert unconfirmed.run(day.runtime) == (0, 0)
    day.run(made.due_at + SECOND)
    assert unconfirmed.run(day.runtime) == (0, 1)
    assert day.states() == ["missed"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_owner_and_leads_speak_and_nobody_else(day):
    day.promise(who="leo")
    day.desk.act(REPLY, "leo", text="主管答复")
    assert day.desk.ticket.first_replied_at is not None
    for name in ("bob", "agnes"):
        with pytest.raises(ForbiddenError):
            day.promise(who=name)
        with pytest.raises(ForbiddenError):
            day.desk.act(REPLY, name, text="不是我的")


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_both_calls_list_them_and_the_reply_takes_keeps(portal):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    api, at = portal.api("alice"), (clock.now() + DAY).replace(microsecond=0)
    call = f"/api/v1/tickets/{desk.number}"
    body = {"version": 2, "kind": "promise", "text": "告诉您结果", "due_at": at.isoformat()}
    made = api.post(f"{call}/promises", json=body)
    assert made.status_code == 201
    [one] = made.json()["promises"]
    assert (one["kind"], one["text"], one["state"]) == ("promise", "告诉您结果", "open")
    assert datetime.fromisoformat(one["due_at"]) == at
    later = (at + DAY).isoformat()
    changed = api.post(f"{call}/promises", json={**body, "version": 3, "due_at": later, "replaces": one["id"]})
    assert [each["state"] for each in changed.json()["promises"]] == ["replaced", "open"]
    second = changed.json()["promises"][1]["id"]
    answer = api.post(f"{call}/replies", json={"version": 4, "text": "结果在这里", "keeps": [second]})
    assert [each["state"] for each in answer.json()["promises"]] == ["replaced", "kept"]


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_reply_form_has_the_oldest_open_one_ticked(day):
    late, early = day.promise(MONDAY + DAY), day.promise()
    page = day.portal.signed_in("alice").get(f"/tickets/{day.desk.number}").text
    assert page.count(f'name="keeps" value="{early.id}" checked') == 5  # three replies, a call, the result
    assert page.count(f'name="keeps" value="{late.id}">') == 5


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_the_page_asks_why_one_is_replaced(day):
    made = day.promise()
    alice = day.portal.signed_in("alice")
    from tests.factories.portals import csrf_of

    address = f"/tickets/{day.desk.number}"
    form = {
        "csrf": csrf_of(alice.get(address).text), "version": str(day.desk.ticket.version), "kind": "promise",
        "due_at": "2026-11-24T10:00", "text": "明天告诉您", "replaces": str(made.id), "reason": "",
    }  # fmt: skip
    refused = alice.post(f"{address}/promises", data=form)
    assert refused.status_code == 422 and "改期请写明原因" in refused.text and "明天告诉您" in refused.text
    assert alice.post(f"{address}/promises", data={**form, "reason": "还在等"}).status_code == 303
    assert day.states() == ["replaced", "open"]


def shown(day):
    with day.runtime.database.read() as session:
        return ticket_view(session, day.desk.ticket, for_clinic=True).promises


def test_the_clinic_reads_that_a_moment_passed_until_somebody_writes(day):
    made = day.promise()
    day.run(made.due_at + SECOND)
    assert shown(day)[0].passed == "已到答复时间 11 月 23 日 15:00，已催促负责人"
    day.desk.act(NOTE, text="问过了")
    assert shown(day)[0].passed
    day.desk.act(REPLY, text="对不起，晚了，结果在这里")
    assert not shown(day)[0].passed


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_a_secret_in_it_waits_for_its_writer(day):
    with pytest.raises(InvalidError) as refused:
        day.promise(text="密码：Fake#Api44")
    assert faults(refused) == [("text", "sensitive_text")]
    with day.runtime.database.read() as session:
        assert session.scalars(select(Promise)).all() == []


def test_the_badge_names_a_promise_that_is_due_first_and_one_that_is_owed(day):
    made = day.promise()
    later = day.promise(MONDAY + 2 * HOUR)
    assert (day.desk.ticket.next_due_clock, day.desk.ticket.next_due_at) == ("promise", later.due_at)
    day.desk.act(REPLY, text="在看", keeps=[str(later.id)])
    assert (day.desk.ticket.next_due_clock, day.desk.ticket.next_due_at) == ("promise", made.due_at)
    day.run(made.due_at + HOUR)
    assert day.desk.ticket.badge(clock.now()).text == "承诺 已超时 1 小时 0 分"
    day.desk.act(REPLY, text="对不起，晚了")
    assert day.desk.ticket.next_due_clock != "promise"
