"""What stands in the cells of each table, from one day on the desk (DESK 6.2)."""

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.acts.classification import CLASSIFY
from portal.acts.table import CALL, CLAIM
from portal.audit.models import AuditEvent
from portal.complaints.names import ComplaintState
from portal.errors import InvalidError, NotFoundError
from portal.follow_up import dissatisfactions
from portal.follow_up.models import Dissatisfaction
from portal.kpi.score import deciding
from portal.kpi.score.models import MonthlyScore
from portal.kpi.tables import paging, taking
from portal.kpi.tables.names import HEADINGS, Table
from portal.kpi.tables.taking import Asked
from portal.queues.queries import QueueFilter
from portal.reports.call_records import CallRecord
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState as S
from portal.tickets.states import Urgency
from tests.acts.desk import Desk
from tests.factories import collaborations, people
from tests.factories.call_backs import call_back
from tests.factories.cast import actor
from tests.factories.complaints import LEGAL, MANAGERS, Case, add_people
from tests.factories.moments import move_clock
from tests.factories.rated import Rated
from tests.factories.reports import file_report
from tests.factories.scores import month_of_work, sheet_of
from tests.follow_up.test_records import UNHAPPY, write

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PHONE, NAME = people.phone(5), people.name(2)
MASKED_PHONE, MASKED_NAME = f"{PHONE[:3]}****{PHONE[-4:]}", f"{NAME[0]}**"
REASON = "月度例会汇报"


def today():
    return f"{clock.china_today():%Y-%m-%d}"


def taken(portal, table, who="leo", form="csv", **more):
    """The rows of a table as dictionaries, for everything that there ever was."""
    asked = {"since": "2020-01-01", "until": "2099-12-31", "reason": REASON, **more}
    made = taking.take(portal.runtime, actor(portal.runtime, who), Asked(table, form, **asked))
    shown = b"".join(made.content).decode("utf-8-sig")
    heads, *rows = csv.reader(io.StringIO(shown, newline=""))
    assert tuple(heads) == HEADINGS[Table(table)] and len(rows) == made.rows
    return [dict(zip(heads, row, strict=True)) for row in rows]


def xlsx(portal, table, since, until):
    asked = Asked(table, "xlsx", since.isoformat(), until.isoformat(), reason=REASON)
    return b"".join(taking.take(portal.runtime, actor(portal.runtime, "leo"), asked).content)


def last_row(portal):
    with portal.runtime.database.read() as session:
        return session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one()


@pytest.fixture
def numbered(portal):
    """The cast with 工号, but for bob."""
    with portal.runtime.database.transaction() as session:
        for number, name in enumerate(("alice", "agnes", "leo", "hanna"), 1047):
            session.execute(update(User).where(User.username == name).values(staff_number=str(number)))
    return portal


@pytest.fixture
def called(numbered):
    """A caller's ticket: 分类, solved by alice, rated."""
    by = actor(numbered.runtime, "agnes")
    filed = file_report(
        numbered.runtime, channel="phone", by=by, contact_name=NAME, contact_phone=PHONE, title="ms",
    )  # fmt: skip
    desk = Rated(numbered.runtime, filed.number)
    written = {
        "summary": "=随访表保存不上", "first_opinion": "转工程师处理", "remark": "@机构很急",
        "improvement": "加自动保存",
    }  # fmt: skip
    desk.act(CLASSIFY, "leo", **written)
    return desk


def test_a_call_stands_in_the_three_tables_masked(numbered, called):
    called.rate(4)
    number, ticket = called.number, called.ticket
    [call], [followed], [problem] = (taken(numbered, table) for table in ("calls", "follow-ups", "problems"))
    began = clock.staff_time(ticket.submitted_at)
    assert list(call.values()) == [
        "1", began[:10], call["来电时间"], f"{MASKED_NAME}女士", MASKED_PHONE, "求助类", "'=随访表保存不上", "一般",
        "转工程师处理", "*工号1047", "待客户确认", f"{clock.in_china(ticket.resolved_at):%H:%M}", "满意", "'@机构很急",
    ]  # fmt: skip
    [record] = _all(numbered, CallRecord)
    assert record.number.lower() in ticket.search_text  # a list finds the ticket by it
    assert list(followed.values()) == [
        number, record.number, "'=随访表保存不上", "1047", "已恢复，请刷新", "待客户确认", followed["处理时限"],
        clock.staff_time(ticket.resolved_at), "未反馈", "加自动保存",
    ]  # fmt: skip
    assert followed["处理时限"] > today()
    assert list(problem.values()) == [
        number, began, MASKED_NAME, MASKED_PHONE, "求助", "'=随访表保存不上", "1047", "-", problem["处理步骤"],
        "已恢复，请刷新", "4", "-",
    ]  # fmt: skip
    assert problem["处理步骤"] == "1.领取;2.提交处理结果"
    assert NAME not in str((call, followed, problem)) and PHONE not in str((call, followed, problem))


def test_a_report_of_the_clinic_is_no_call_until_one_about_it_is_written_down(numbered):
    desk = Desk(numbered.runtime)
    assert (len(taken(numbered, "calls")), len(taken(numbered, "follow-ups"))) == (0, 0)
    [problem] = taken(numbered, "problems")
    assert (problem["客户信息(姓名/昵称*)"], problem["处理责任人"], problem["客户满意度(1-5分)"]) == (
        desk.ticket.institution, "-", "-",
    )  # fmt: skip
    desk.act(CLAIM, "bob")
    earlier = clock.now() - timedelta(days=1)
    desk.act(CALL, "bob", channel="qq", text="机构来问进展", began_at=earlier.isoformat())
    [call] = taken(numbered, "calls")
    assert (call["来电日期"], call["客户姓名(*先生/女士)"], call["处理责任人"], call["反馈时间"]) == (
        clock.staff_time(earlier)[:10], "-", "未设工号", "-",
    )  # fmt: skip
    assert [row["关联来电记录"][:2] for row in taken(numbered, "follow-ups")] == ["LD"]
    assert not taken(numbered, "calls", since=today())
    assert len(taken(numbered, "calls", since=f"{clock.in_china(earlier):%Y-%m-%d}", until=call["来电日期"])) == 1


def test_ended_tickets_say_how(numbered, called):
    merged, void = Desk(numbered.runtime), Desk(numbered.runtime)
    merged.bring_to(S.MERGED)
    void.act(CALL, "agnes", channel="phone", text="机构说填错了")
    void.bring_to(S.VOID)
    problems = {row["工单编号"]: row["解决结果"] for row in taken(numbered, "problems")}
    assert problems[merged.number] == f"已合并至 {merged.ticket.merged_into}" and problems[void.number] == "作废"
    [call] = [row for row in taken(numbered, "calls") if row["备注"] == "作废"]
    assert call["处理状态"] == "已完成"
    assert [row["处理状态"] for row in taken(numbered, "follow-ups") if row["问题编号"] == void.number] == ["作废"]


def test_what_was_not_satisfying_and_what_was_said_in_calls(numbered, called):
    called.rate(2, "slow", "等了三天才联系我")
    with numbered.runtime.database.read() as session:
        row = session.scalars(select(Dissatisfaction)).one()
    given = dissatisfactions.Given(
        digest='"等了3天才联系我"', stage="工单分配", measure="增加人手", person="leo", done_on=today()
    )
    numbered.runtime.database.run(
        lambda session: dissatisfactions.change(
            session, numbered.runtime, actor(numbered.runtime, "leo"), row.id, row.version, given
        )
    )
    [analysed] = taken(numbered, "dissatisfactions")
    assert list(analysed.values()) == [
        today(), called.number, "处理时效过长", '"等了3天才联系我"', "工单分配", "增加人手", "1049", today(),
    ]  # fmt: skip
    assert not taken(numbered, "dissatisfactions", since="2099-01-01")


def test_departments_and_steps_of_a_problem(numbered):
    case = collaborations.Case(numbered.runtime)
    case.dispatch()
    case.desk.act(CLASSIFY, steps="1.核对日志;2.重启网关")
    [problem] = taken(numbered, "problems")
    assert (problem["协作部门"], problem["处理步骤"]) == ("信息科", "1.核对日志;2.重启网关")


def test_the_queue_list_is_exactly_what_its_filter_shows(numbered, called):
    urgent = Desk(numbered.runtime)
    with numbered.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == urgent.number).values(urgency=Urgency.URGENT.value))
    listed = QueueFilter("general", state="open", urgency=Urgency.URGENT.value)
    filters = {"state": "open", "urgency": "urgent", "assignee": ""}
    [row] = taken(numbered, "tickets", since="", until="", queue="general", listed=listed, filters=filters)
    assert list(row.values())[:6] == [
        urgent.number, "日常", "已提交", "紧急", "求助", urgent.ticket.institution,
    ]  # fmt: skip
    event = last_row(numbered)
    assert event.particulars == {
        "table": "问题列表", "format": "csv", "rows": 1, "queue": "general", "listed": ["state:open", "urgency:urgent"],
    }  # fmt: skip
    assert (event.reason, event.actor_name) == (REASON, "leo")
    assert len(taken(numbered, "tickets", since="", until="")) == 2


def test_complaints_are_for_those_who_may_see_them(numbered):
    add_people(numbered.runtime, MANAGERS | LEGAL)
    case = Case.for_caller(numbered.runtime, "agnes", subjects=("max",)).bring_to(ComplaintState.UPHELD)
    legal = Case.for_caller(numbered.runtime, "agnes", is_legal=True)
    tables = {who: {row["投诉编号"] for row in taken(numbered, "complaints", who)} for who in ("mona", "max", "lena")}
    assert tables == {"mona": {case.number, legal.number}, "max": {legal.number}, "lena": {legal.number}}
    rows = taken(numbered, "calls", "mona")
    assert [row["问题类型"] for row in rows] == ["投诉类", "投诉类"] and rows[0]["问题描述(简述)"] == "服务态度问题"
    assert "王测三" not in str(rows) and rows[0]["客户姓名(*先生/女士)"] == "王**"
    assert not taken(numbered, "calls", "leo")
    [row] = [row for row in taken(numbered, "complaint-statistics", "mona") if row["类型"] == "服务态度"]
    assert list(row.values()) == [today()[:7], "服务态度", "客服本部门", "1", "1", "0", "-", "-"]
    assert not taken(numbered, "complaints", "mona", queue="general")
    for table in ("complaints", "complaint-statistics"):
        with pytest.raises(NotFoundError):
            taken(numbered, table, "leo")
    for who, table in (("lena", "calls"), ("alice", "calls"), ("ada", "tickets"), ("agnes", "problems")):
        with pytest.raises(NotFoundError):
            taken(numbered, table, who)


def test_published_sheets_of_whole_months_name_people_by_number_and_mask(numbered, monkeypatch):
    month, leo = month_of_work(numbered.runtime), actor(numbered.runtime, "leo")
    first, last = month.first, month.next.first - timedelta(days=1)

    def scores(since=first, until=last, **more):
        return taken(numbered, "scores", since=since.isoformat(), until=until.isoformat(), **more)

    assert not scores()  # drafts
    move_clock(monkeypatch, days=20)
    with numbered.runtime.database.transaction() as session:
        for name in ("alice", "bob", "hanna"):
            deciding.publish(session, leo, month, name, sheet_of(numbered.runtime, name, month).version)
        sheet = sheet_of(numbered.runtime, "alice", month)
        session.execute(update(MonthlyScore).where(MonthlyScore.id == sheet.id).values(remark="=很好"))
    mine, hannas, bobs = scores()
    assert list(mine.values()) == [
        month.name, "1047（张*）", "1500", "90.9", "5.0", "1", "0", f"{sheet.points:g}/{sheet.out_of:g}", sheet.grade,
        "'=很好",
    ]  # fmt: skip
    assert mine["总分(100分)"] == "87/100"
    assert list(bobs.values())[1:7] == ["未设工号（李*）", "-", "-", "-", "1", "0"]  # three cases are none
    assert [row["客服姓名*"] for row in scores(queue="his")] == [hannas["客服姓名*"]]
    assert not scores(since=first + timedelta(days=1)) and not scores(until=last - timedelta(days=1))
    book = openpyxl.load_workbook(io.BytesIO(xlsx(numbered, "scores", first, last)))
    [_, cells, *_] = book.worksheets[0].iter_rows()
    assert [cell.data_type for cell in cells] == list("ssnnnnnsss") and cells[3].value == 90.9
    with numbered.runtime.database.transaction() as session:
        deciding.withdraw(session, leo, month, "alice", sheet_of(numbered.runtime, "alice", month).version, "算错了")
    assert scores() == [hannas, bobs]


def test_a_call_back_is_listed_with_its_words(numbered):
    row = call_back(numbered.runtime)
    write(numbered, row, UNHAPPY)
    [shown] = taken(numbered, "call-backs")
    assert (shown["编号"], shown["原因"], shown["是否接通"], shown["满意程度"]) == (
        row.number,
        "评价不满意",
        "是",
        "不满意",
    )
    assert shown["不满意方面"] == UNHAPPY.aspect and not taken(numbered, "call-backs", queue="his")


def test_pages_meet_without_a_gap_or_a_double(numbered, monkeypatch):
    monkeypatch.setattr(paging, "PAGE", 2)
    made = [file_report(numbered.runtime, kind).number for kind in ("general", "his") * 3]
    with numbered.runtime.database.transaction() as session:  # several at the same moment
        session.execute(update(Ticket).where(Ticket.number.in_(made[:4])).values(submitted_at=clock.now()))
    assert sorted(row["编号"] for row in taken(numbered, "tickets")) == sorted(made)
    assert {row["编号"] for row in taken(numbered, "tickets", queue="his")} == set(made[1::2])


def test_every_fault_at_once_and_no_trail_row(portal):
    before = last_row(portal).seq
    with pytest.raises(InvalidError) as refused:
        taken(portal, "calls", since="2026-13-01", until="", reason="")
    assert {fault.field: fault.code for fault in refused.value.faults} == {
        "from": "invalid", "to": "required", "reason": "required",
    }  # fmt: skip
    with pytest.raises(InvalidError) as refused:
        taken(portal, "calls", since="2026-11-02", until="2026-11-01", reason="好好好好")
    assert {fault.field for fault in refused.value.faults} == {"to", "reason"}
    for wrong in ({"table": "nothing"}, {"table": "calls", "form": "ods"}, {"table": "calls", "queue": "lab"}):
        with pytest.raises(NotFoundError):
            taken(portal, **wrong)
    assert last_row(portal).seq == before


def _all(portal, model):
    with portal.runtime.database.read() as session:
        return list(session.scalars(select(model)))
