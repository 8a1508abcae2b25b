"""主管看板 and 值班表: what they show, and what their empty states explain."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event, update

from portal import clock
from portal.acts import promises_due
from portal.acts.offers import OFFER
from portal.acts.promises import PROMISE
from portal.acts.table import CLAIM, REPLY, RESOLVE, URGENCY
from portal.disclosure import break_glass
from portal.escalation.reporting import ESCALATE
from portal.kpi.score import deciding
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories import complaints
from tests.factories.cast import actor
from tests.factories.moments import move_clock
from tests.factories.portals import post
from tests.factories.reports import file_report
from tests.factories.scores import month_of_work

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
ROTA = "/admin/time/rota"


def section(page, title):
    """The text of one section, without tags."""
    found = re.search(rf"<h2[^>]*>{title}.*?</section>", page, re.S)
    assert found, title
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def shift_fields(**changes):
    begin = clock.in_china(clock.now())
    times = {"starts_at": begin - timedelta(hours=1), "ends_at": begin + timedelta(days=8)}
    return {"user": "bob", "queue": "general"} | {
        name: at.strftime("%Y-%m-%dT%H:%M") for name, at in times.items()
    } | changes  # fmt: skip


def test_an_empty_board_explains_itself(portal):
    page = portal.signed_in("leo").get("/desk/board").text
    for title, words in (
        ("等主管决定", "没有等您决定的事"), ("超过时限", "没有超过时限的问题"),
        ("没有兑现的承诺", "答应过的时间都做到了"),
        ("还没有答复机构", "每条问题都已经答复过"), ("提醒还没有人确认", "没有等人确认的提醒"),
        ("转交还没有人接", "没有等人接手的转交"), ("现在值班", "没有人，由全部主管代收"), ("每人手上的问题", "张工"),
    ):  # fmt: skip
        assert words in section(page, title), title
    assert "7 天内有没人值班的时间" in page
    assert portal.signed_in("alice").get("/desk/board").status_code == 403


def test_it_shows_what_is_late_unanswered_reported_and_who_has_how_much(portal):
    late, silent, answered = (Desk(portal.runtime) for _ in range(3))
    late.act(CLAIM)
    late.act(ESCALATE, reason="超出我的范围")
    answered.act(CLAIM)
    answered.act(REPLY, text="在处理")
    answered.act(OFFER, assignee="bob", text="已查过日志，请接着看")
    silent.act(URGENCY, "leo", urgency="critical", reason="全院停摆")
    with portal.runtime.database.transaction() as session:
        past = clock.now() - timedelta(hours=1)
        session.execute(update(Ticket).where(Ticket.number == late.number).values(next_due_at=past))
    page = portal.signed_in("leo").get("/desk/board").text
    assert late.number in section(page, "等主管决定") and "张工上报主管" in section(page, "等主管决定")
    assert late.number in section(page, "超过时限") and silent.number not in section(page, "超过时限")
    unanswered = section(page, "还没有答复机构")
    assert late.number in unanswered and silent.number in unanswered and answered.number not in unanswered
    assert f"{silent.number} 日常 特急" in section(page, "提醒还没有人确认")
    assert f"{answered.number} 日常 张工 转给 李工" in section(page, "转交还没有人接")
    assert "张工 2 2 1" in section(page, "每人手上的问题")


def test_a_board_of_many_tickets_asks_as_often_as_one_of_few(portal):
    leo = portal.signed_in("leo")

    def asked():
        statements = []
        listen = (portal.runtime.database.engine, "before_cursor_execute", lambda *a: statements.append(a[2]))
        event.listen(*listen)
        leo.get("/desk/board")
        event.remove(*listen)
        return len(statements)

    few = asked()
    for name in ("alice", "bob", "alice"):
        desk = Desk(portal.runtime)
        desk.act(CLAIM, name)
        desk.act(ESCALATE, name, reason="超出范围")
    assert asked() == few


def test_the_rota_is_kept_on_a_page(portal):
    leo = portal.signed_in("leo")
    assert "还没有排班" in leo.get(ROTA).text
    sent = post(leo, ROTA, ROTA, **shift_fields())
    assert sent.headers["location"] == f"{ROTA}?done=added"
    page = leo.get(sent.headers["location"]).text
    assert "已排上" in page and "正在值班" in page and "日常：" not in page
    assert "李工" in section(leo.get("/desk/board").text, "现在值班")
    shift = re.search(rf"{ROTA}/([0-9a-f-]+)/removal", page)[1]
    gone = post(leo, ROTA, f"{ROTA}/{shift}/removal")
    assert gone.headers["location"] == f"{ROTA}?done=removed"
    assert "还没有排班" in leo.get(ROTA).text
    assert post(leo, ROTA, f"{ROTA}/{shift}/removal", version="1").status_code == 409


def test_every_fault_of_a_shift_is_shown_with_what_was_typed(portal):
    ada = portal.signed_in("ada")
    answer = post(ada, ROTA, ROTA, **shift_fields(user="hanna", ends_at="2020-01-01T08:00"))
    assert answer.status_code == 422
    assert "这个人不在这个队列" in answer.text and "结束时间要在现在以后" in answer.text
    assert 'value="2020-01-01T08:00"' in answer.text
    assert portal.signed_in("alice").get(ROTA).status_code == 403


def test_an_alert_is_acknowledged_where_its_ticket_is_read(portal):
    desk = Desk(portal.runtime)
    desk.act(URGENCY, "alice", urgency="critical", reason="全院停摆")
    leo, here = portal.signed_in("leo"), f"/tickets/{desk.number}"
    page = leo.get(here).text
    path = re.search(rf"{here}/alerts/[0-9a-f-]+/acknowledgement", page)[0]
    assert "确认不影响计时" in page and "确认不影响计时" not in portal.signed_in("bob").get(here).text
    assert post(portal.signed_in("bob"), here, path).status_code == 404
    assert post(leo, here, path).headers["location"] == here
    assert "确认不影响计时" not in leo.get(here).text


def test_a_missed_promise_stays_on_the_board_while_its_ticket_is_open(portal, monkeypatch):
    desk = Desk(portal.runtime)
    desk.act(CLAIM)
    desk.act(PROMISE, kind="promise", text="下午答复", due_at=(clock.now() + timedelta(hours=2)).isoformat())
    move_clock(monkeypatch, hours=3)
    promises_due.run(portal.runtime)
    assert f"{desk.number} 日常" in section(portal.signed_in("leo").get("/desk/board").text, "没有兑现的承诺")


def test_an_empty_rota_is_said_to_administrators_too(portal):
    ada = portal.signed_in("ada")
    assert "7 天内有没人值班的时间" in ada.get("/admin").text
    for queue, person in (("general", "bob"), ("his", "hanna")):
        post(ada, ROTA, ROTA, **shift_fields(queue=queue, user=person))
    assert "7 天内有没人值班的时间" not in ada.get("/admin").text


def tile(page, label):
    """The number above a label at the top of the board, and what stands below it."""
    found = re.search(rf'figures__number">(\d+)</span><span class="figures__label">{label}</span>(.*?)</a>', page, re.S)
    assert found, label
    return int(found[1]), re.sub(r"<[^>]+>", "", found[2])


def lists_of(page):
    """The addresses of the lists behind the figures of today, with the number that each has."""
    tiles = re.findall(r'<a href="(/insights/tickets[^"]+)"><span class="figures__number">(\d+)<', page)
    loads = re.findall(r'<td class="number figure"><a href="([^"]+(?:open|ours|late)_now[^"]+)">(\d+)<', page)
    found = {address.replace("&amp;", "&"): number for address, number in (*tiles, *loads)}
    assert len(tiles) == 6 and loads
    return found


def test_a_lead_begins_here(portal):
    leo = portal.signed_in("leo")
    assert leo.get("/sign-in").headers["location"] == "/desk/board"
    assert 'class="brand" href="/desk/board"' in leo.get("/desk/today").text


def test_a_first_visit_and_a_first_week_explain_themselves(portal):
    leo = portal.signed_in("leo")
    page = leo.get("/desk/board").text
    assert "还没有收到问题" in page and "最近几周" not in page
    Desk(portal.runtime)
    page = leo.get("/desk/board").text
    assert "还没有收到问题" not in page and "这是有问题的第一周" in page and '<svg class="course__chart' not in page
    assert "样本数" in page


def test_the_glance_counts_what_the_lists_show(portal):
    late, waiting = Desk(portal.runtime), Desk(portal.runtime)
    file_report(portal.runtime, "his")
    late.act(CLAIM)
    waiting.act(CLAIM)
    waiting.act(RESOLVE, text="已恢复，请刷新")
    with portal.runtime.database.transaction() as session:
        past = clock.now() - timedelta(hours=1)
        session.execute(update(Ticket).where(Ticket.number == late.number).values(next_due_at=past))
    leo = portal.signed_in("leo")
    page = leo.get("/desk/board").text
    assert tile(page, "没有结束") == (3, "日常 2，HIS 1")
    assert tile(page, "超过时限") == (1, "日常 1，HIS 0")
    assert tile(page, "没有人领取") == (1, "日常 0，HIS 1")
    assert tile(page, "等机构或协作部门")[0] == 1
    assert (tile(page, "今天收到")[0], tile(page, "今天给出结果")[0]) == (3, 1)
    for address, numbers in lists_of(page).items():
        assert leo.get(address).text.count('scope="row" class="number"') == int(numbers), address
    assert tile(page, "7 天内的不满意") == (0, "等分析 0")
    assert "没有归档的投诉" not in page  # leo has not the duty

    answer = portal.api("leo").get("/api/v1/board").json()
    assert [(one["queue"], one["open"], one["late"], one["free"], one["waiting"]) for one in answer["queues"]] == [
        ("general", 2, 1, 0, 1), ("his", 1, 0, 1, 0),
    ]  # fmt: skip
    assert (answer["received"], answer["results"], answer["complaints"]) == (3, 1, None)
    assert [week["is_running"] for week in answer["weeks"]] == [False] * 7 + [True]

    text = portal.browser().get("/metrics").text
    for line in (
        'portal_tickets_open{queue="general"} 2.0', 'portal_tickets_late{queue="general"} 1.0',
        'portal_tickets_unclaimed{queue="his"} 1.0', 'portal_tickets_waiting{queue="general"} 1.0',
        "portal_reports_missing 0.0", "portal_call_backs_overdue 0.0",
    ):  # fmt: skip
        assert line in text, line


def test_complaints_are_counted_for_those_only_who_may_know_of_them(portal):
    complaints.add_people(portal.runtime, {"mona": complaints.MANAGERS["mona"]})
    complaints.Case.for_caller(portal.runtime, "agnes")
    assert tile(portal.signed_in("mona").get("/desk/board").text, "没有归档的投诉") == (1, "等受理 1")
    assert "没有归档的投诉" not in portal.signed_in("leo").get("/desk/board").text
    assert portal.api("mona").get("/api/v1/board").json()["complaints"] == {"open": 1, "new": 1}


def test_what_a_lead_must_decide_stands_on_the_board(portal):
    month = month_of_work(portal.runtime)
    runtime, desk = portal.runtime, Desk(portal.runtime)
    desk.act(CLAIM)
    break_glass.ask(runtime, actor(runtime, "bob"), desk.number, "login_password", "张工不在，机构在等结果")
    with runtime.database.transaction() as session:
        deciding.object_to(session, actor(runtime, "alice"), month, 1, "有一条算错了")
        deciding.accept(session, actor(runtime, "bob"), month, 1)
    page = section(portal.signed_in("leo").get("/desk/board").text, "等主管决定")
    for words in ("李工申请查看", "张工提出异议，请答复", "李工的考核表可以公布"):
        assert words in page, words
    assert "87" not in page  # no points
    names = {one["name"]: one["count"] for one in portal.api("leo").get("/api/v1/board").json()["decisions"]}
    assert (names["break_glass"], names["score_sheets"]) == (1, 2)
