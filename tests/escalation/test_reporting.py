"""上报主管 and 要求主管处理: put before the leads, decided once, and 恶意 read by leads only."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.accounts import users
from portal.acts.table import CLAIM, CLOSE, REOPEN, REPLY, RESOLVE, TRANSFER
from portal.audit.actor import SYSTEM, clinic
from portal.casefile.view import ticket_view
from portal.errors import ConflictError, ForbiddenError, InvalidError
from portal.escalation import demanding, due_steps, undecided
from portal.escalation.models import AlertSeries, Escalation
from portal.escalation.reporting import DECIDE_ESCALATION, ESCALATE
from portal.progress import lifecycle
from portal.progress.hooks import objections_to
from portal.vault.models import SealedValue
from tests.acts.desk import CONFIRMED, Desk
from tests.escalation.test_alerts import put_on_duty, raised, told
from tests.factories.ticket_pages import done

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def escalate(desk, reason="客户不接受这个方案"):
    return desk.act(ESCALATE, reason=reason)


def demand(desk, comment="等了三天没有进展"):
    return demanding.demand(desk.runtime, clinic("127.0.0.1", "test"), desk.ticket.id, comment)


def decide(desk, decision="alternative", text="改用离线登记"):
    return desk.act(DECIDE_ESCALATION, "leo", decision=decision, text=text)


def kept(desk):
    with desk.runtime.database.read() as session:
        return session.scalars(select(Escalation).order_by(Escalation.at)).all()


def shown_to_the_clinic(desk):
    with desk.runtime.database.read() as session:
        return [line.text for line in ticket_view(session, desk.ticket, for_clinic=True).timeline]


def test_the_owner_reports_and_the_leads_are_alerted_at_once(desk):
    before = desk.ticket
    escalate(desk)
    assert (desk.ticket.version, desk.ticket.state) == (before.version, before.state)
    assert raised(desk.runtime) == [("escalated", 1, "leo")]
    assert ("leo", "escalated") in told(desk.runtime, desk.number)
    assert "客户不接受这个方案" not in "".join(shown_to_the_clinic(desk))
    with pytest.raises(ConflictError, match="已经上报"):
        escalate(desk)
    with pytest.raises(ForbiddenError):
        desk.act(ESCALATE, "bob", reason="不是我的")


def test_a_lead_decides_once_and_the_owner_reads_it(desk):
    escalate(desk)
    answer = decide(desk).answer["escalation"]
    assert (answer["decision"], answer["text"]) == ("alternative", "改用离线登记")
    assert desk.entries()[-1].text == "替代方案：改用离线登记" and not desk.entries()[-1].is_public
    assert ("alice", "escalation-decided") in told(desk.runtime, desk.number)
    [row] = kept(desk)
    assert (row.decision, row.decided_by_name) == ("alternative", "孙主管")
    with pytest.raises(ConflictError, match="没有等待决定"):
        decide(desk)


def test_nobody_but_a_lead_decides(desk):
    escalate(desk)
    for name in ("alice", "bob", "agnes"):
        with pytest.raises(ForbiddenError):
            desk.act(DECIDE_ESCALATION, name, decision="uphold", text="维持")


def test_malicious_is_read_by_leads_only(portal, desk):
    escalate(desk)
    decide(desk, "malicious", "多次辱骂同事")
    assert desk.entries()[-1].text == "维持原方案"
    for name, is_read in (("leo", True), ("alice", False), ("agnes", False)):
        page = portal.signed_in(name).get(f"/tickets/{desk.number}").text
        assert ("恶意投诉" in page, "多次辱骂同事" in page) == (is_read, is_read), name
        called = portal.api(name).get(f"/api/v1/tickets/{desk.number}")
        assert called.json()["escalations"][0]["decision"] == "uphold"
        assert "malicious" not in called.text and "多次辱骂同事" not in called.text
    assert "恶意" not in "".join(shown_to_the_clinic(desk)) and "辱骂" not in "".join(shown_to_the_clinic(desk))
    [decided] = [row for row in desk.rows() if row.tag == "ticket:escalation-decide"]
    assert decided.particulars == {"decision": "uphold"}
    assert desk.ticket.state == "in_progress"


def test_the_clinics_demand_is_answered_publicly_and_ends_the_reply_clock(desk):
    demand(desk)
    assert raised(desk.runtime) == [("clinic-escalated", 1, "leo")]
    assert desk.ticket.first_replied_at is None
    assert shown_to_the_clinic(desk)[-1] == "等了三天没有进展"
    decide(desk, "malicious", "已安排专人处理，今天下班前给您结果")
    assert desk.ticket.reply_outcome == "met"
    assert shown_to_the_clinic(desk)[-1] == "已安排专人处理，今天下班前给您结果"
    assert desk.entries()[-1].text == "维持原方案" and not desk.entries()[-1].is_public
    assert {"replied", "escalation-decided"} <= set(desk.events())
    assert desk.ticket.state == "in_progress"


def test_the_clinic_demands_once_a_round_and_with_a_sentence(desk):
    with pytest.raises(InvalidError):
        demand(desk, " ")
    demand(desk)
    with pytest.raises(ConflictError, match="已经要求过主管"):
        demand(desk)
    decide(desk)
    with pytest.raises(ConflictError, match="已经要求过主管"):
        demand(desk)
    desk.act(RESOLVE, text="已恢复")
    desk.act(CLOSE, **CONFIRMED)
    desk.act(REOPEN, text="又出现了")
    demand(desk, "又出现了")
    assert [row.round for row in kept(desk)] == [1, 2]


def test_secrets_in_the_clinics_sentence_are_sealed(desk):
    demand(desk, "请主管看看，密码：Fake#Demand77")
    [row] = kept(desk)
    assert "Fake#Demand77" not in row.reason + "".join(shown_to_the_clinic(desk))
    with desk.runtime.database.read() as session:
        assert "comment" in set(session.scalars(select(SealedValue.field)))


def test_nothing_lapses_while_it_is_undecided(desk):
    escalate(desk)
    desk.act(RESOLVE, text="已恢复")
    with desk.runtime.database.read() as session:
        found = [objections_to(session, desk.ticket, act) for act in (*lifecycle.LAPSES, "close")]
    assert [[one.message for one in each] for each in found] == [["暂缓（主管处理中）"], ["暂缓（主管处理中）"], []]
    decide(desk)
    with desk.runtime.database.read() as session:
        assert objections_to(session, desk.ticket, lifecycle.LAPSE_UNCONFIRMED) == []


def test_after_a_working_hour_without_a_decision_duty_is_alerted(desk, monkeypatch):
    start = datetime(2026, 11, 27, 17, 0, tzinfo=clock.CHINA)  # a Friday: the hour ends on Monday at 09:00
    with monkeypatch.context() as patch:
        patch.setattr(clock, "now", lambda: start)
        with desk.runtime.database.transaction() as session:
            ticket = session.merge(desk.ticket)
            undecided.put_before_leads(session, ticket, undecided.EscalatedBy.STAFF, None, "张工", "超出范围")
            [series] = session.scalars(select(AlertSeries)).all()
        assert series.next_at == datetime(2026, 11, 30, 9, 0, tzinfo=clock.CHINA)
        patch.setattr(clock, "now", lambda: series.next_at - timedelta(seconds=1))
        assert due_steps.run(desk.runtime) == 0
        put_on_duty(desk.runtime, "bob", hours=-2)
        patch.setattr(clock, "now", lambda: series.next_at)
        assert due_steps.run(desk.runtime) == 1
    assert raised(desk.runtime) == [("escalated", 1, "leo"), ("escalated", 2, "bob")]


def test_an_end_withdraws_it_and_another_queue_alerts_its_own_leads(portal, desk):
    with portal.runtime.database.transaction() as session:
        users.add_user(
            session, SYSTEM, username="lea", password="Invented#Lea-2026x", role="lead", queues=("his",),
            display_name="钱主管",
        )  # fmt: skip
    demand(desk)
    desk.act(TRANSFER, queue="his", reason="属于 HIS")
    assert ("clinic-escalated", 1, "lea") in raised(desk.runtime)
    other = Desk(desk.runtime)
    other.act(CLAIM)
    escalate(other)
    other.void()
    row = next(row for row in kept(other) if row.ticket_id == other.ticket.id)
    assert (row.decision, row.decided_at is not None) == (None, True)


def test_the_calls_are_those_of_the_contract(portal, desk):
    path = f"/api/v1/tickets/{desk.number}/escalation"
    asked = portal.api("alice").post(path, json={"version": desk.ticket.version, "reason": "超出我的范围"})
    assert (asked.status_code, asked.json()["escalation"]["reason"]) == (200, "超出我的范围")
    body = {"version": desk.ticket.version, "decision": "taken_over", "text": "我来联系机构"}
    assert portal.api("alice").post(f"{path}/decision", json=body).status_code == 403
    decided = portal.api("leo").post(f"{path}/decision", json=body)
    assert (decided.status_code, decided.json()["escalation"]["decision"]) == (200, "taken_over")
    again = portal.api("leo").post(f"{path}/decision", json={**body, "version": desk.ticket.version})
    assert again.status_code == 409


def test_the_pages_offer_both(portal, desk):
    alice, leo = portal.signed_in("alice"), portal.signed_in("leo")
    assert "机构看不到" in alice.get(f"/tickets/{desk.number}").text
    done(alice, desk.number, "escalation", reason="超出我的范围")
    page = leo.get(f"/tickets/{desk.number}").text
    assert "张工 上报主管，等决定" in page and "决定上报" in page
    assert "已决定" in done(leo, desk.number, "escalation/decision", decision="uphold", text="方案没有问题")
    assert "决定上报" not in leo.get(f"/tickets/{desk.number}").text


def test_a_reply_of_the_owner_does_not_answer_for_the_lead(desk):
    demand(desk)
    desk.act(REPLY, text="在处理")
    assert [row.decided_at for row in kept(desk)] == [None]
