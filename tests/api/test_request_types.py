"""诉求类型 and 紧急程度 at every door of the API (CONTRACT 4, DESK 3.1)."""

from typing import Any

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.escalation.models import AlertSeries
from portal.kinds.names import Channel, RequestType
from portal.reports.call_records import CallRecord
from portal.reports.models import Report
from portal.tickets.models import Ticket, TimelineEntry
from tests.api.calls import V1, codes, post_report
from tests.factories.portals import Portal

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
SECRETS = {
    "general": ("id_number", "login_account", "login_password"),
    "his": ("patient_id_number", "inpatient_number", "login_account", "login_password"),
}
PUBLIC_BUT_HELP = ["consultation", "suggestion", "after_sales", "complaint", "nonsense", "HELP"]


def brief(portal: Portal, kind: str = "general", chosen: str = "consultation", **changes: Any) -> Any:
    """A question as staff take it by phone."""
    bare: dict[str, Any] = dict.fromkeys((*SECRETS[kind], "previous_system"))
    institution = "高唐县杨屯乡张四屯卫生室"
    fields = {**bare, "channel": "phone", "institution": institution, "description": "月报在哪里看", **changes}
    return post_report(portal.api("agnes"), kind, files=[], request_type=chosen, **fields)


def ticket_of(portal: Portal, answer: Any) -> Ticket:
    with portal.runtime.database.read() as session:
        return session.scalars(select(Ticket).where(Ticket.number == answer.json()["number"])).one()


@pytest.mark.parametrize("kind", ["general", "his"])
def test_a_question_needs_institution_and_few_words_on_every_channel_of_staff(portal: Portal, kind: str) -> None:
    for channel in (each for each in Channel if each is not Channel.YXT):
        note = {"channel_note": "在线聊天"} if channel is Channel.OTHER else {}
        for chosen in ("consultation", "suggestion"):
            answer = brief(portal, kind, chosen, channel=channel.value, **note)
            assert answer.status_code == 201, answer.text
            assert answer.json()["state"] == "submitted"
            ticket = ticket_of(portal, answer)
            assert (ticket.request_type, ticket.filed_as) == (chosen, chosen)
            found = portal.api("leo").get(f"{V1}/tickets/{ticket.number}").json()
            assert (found["request_type"], found["channel"]) == (chosen, channel.value)
            assert (found["symptom"], found["scope"], found["module"]) == (None, None, None)
    assert codes(brief(portal, kind, institution=None)) == [("institution", "required")]
    assert brief(portal, kind, "suggestion", institution=None).status_code == 201
    assert codes(brief(portal, kind, channel="other")) == [("channel_note", "required")]


def test_what_was_not_got_to_know_is_marked_as_at_the_desk(portal: Portal) -> None:
    """客户信息未完整获取 (REQUIREMENTS G2, T3): with a note, for staff, and never on 一线通."""
    marked = {"is_incomplete": "1", "incomplete_note": "来电人不肯说机构，电话 13900001111"}
    answer = brief(portal, institution=None, **marked)
    assert answer.status_code == 201 and set(answer.json()["ignored"]).isdisjoint(marked), answer.text
    with portal.runtime.database.read() as session:
        [record] = session.scalars(select(CallRecord).where(CallRecord.ticket_id == ticket_of(portal, answer).id)).all()
    assert record.incomplete_note.startswith("来电人不肯说机构") and record.number.startswith("LD")
    assert codes(brief(portal, institution=None, is_incomplete="1")) == [
        ("incomplete_note", "required"), ("institution", "required"),
    ]  # fmt: skip
    assert codes(brief(portal, **{**marked, "incomplete_note": "长" * 1001})) == [("incomplete_note", "too_long")]
    assert codes(brief(portal, institution=None, incomplete_note="没有标")) == [("institution", "required")]
    yxt = post_report(portal.api("agnes"), **marked)
    assert codes(yxt) == [("is_incomplete", "invalid")]
    public = post_report(portal.browser(), **marked)
    assert set(public.json()["ignored"]) >= set(marked)


@pytest.mark.parametrize("kind", ["general", "his"])
def test_secrets_of_a_question_are_refused_and_not_dropped(portal: Portal, kind: str) -> None:
    secrets = {name: value for name, value in (("login_account", "zs01"), ("login_password", "Invented#Pass9"))}
    answer = brief(portal, kind, **secrets)
    assert codes(answer) == [("login_account", "not_asked"), ("login_password", "not_asked")]
    answer = post_report(portal.api("agnes"), kind, channel="qq", request_type="suggestion")
    assert set(codes(answer)) == {(name, "not_asked") for name in SECRETS[kind]}
    ignored = brief(portal, kind, symptom="error", operation_steps="先点这里，再点那里").json()["ignored"]
    assert set(ignored) >= {"symptom", "operation_steps"}
    with portal.runtime.database.read() as session:
        assert all("Invented" not in str(report.answers) for report in session.scalars(select(Report)))


@pytest.mark.parametrize("chosen", PUBLIC_BUT_HELP)
def test_a_forged_type_gains_nothing_at_any_door(portal: Portal, chosen: str) -> None:
    strict = dict.fromkeys(SECRETS["general"])
    wanted = {("request_type", "request_type_not_allowed"), *((name, "required") for name in SECRETS["general"])}
    for client, channel in ((portal.browser(), "yxt"), (portal.api("agnes"), "yxt")):
        assert set(codes(post_report(client, channel=channel, request_type=chosen, **strict))) == wanted
    answer = post_report(portal.browser(), channel="qq", request_type=chosen, **strict)
    assert set(codes(answer)) == wanted | {("channel", "channel_not_allowed")}
    if chosen not in ("consultation", "suggestion"):
        assert ("request_type", "request_type_not_allowed") in codes(brief(portal, chosen=chosen))


def test_after_sales_asks_what_help_asks_where_it_is_taken(portal: Portal) -> None:
    portal.change_settings(after_sales="on")
    assert set(codes(brief(portal, chosen="after_sales", institution=None))) == {
        ("institution", "required"), ("description", "too_short"), ("previous_system", "required"),
        *((name, "required") for name in SECRETS["general"]),
    }  # fmt: skip
    answer = post_report(portal.api("agnes"), channel="phone", request_type="after_sales")
    assert ticket_of(portal, answer).type_enum is RequestType.AFTER_SALES


def test_urgency_needs_a_reason_and_is_staffs(portal: Portal) -> None:
    assert codes(brief(portal, urgency="urgent")) == [("urgency_reason", "required")]
    assert codes(brief(portal, urgency="urgent", urgency_reason="急")) == [("urgency_reason", "too_short")]
    assert codes(brief(portal, urgency="soon")) == [("urgency", "invalid")]
    assert ticket_of(portal, brief(portal, urgency="normal")).urgency_enum.name == "NORMAL"
    answer = brief(portal, urgency="critical", urgency_reason="疑似泄露，密码：Invented#Pass9")
    ticket = ticket_of(portal, answer)
    assert ticket.urgency_enum.name == "CRITICAL"
    with portal.runtime.database.read() as session:
        line = session.scalars(select(TimelineEntry).where(TimelineEntry.action == "urgency_filed")).one()
        row = session.scalars(select(AuditEvent).where(AuditEvent.ticket_number == ticket.number)).first()
        assert [series.cause for series in session.scalars(select(AlertSeries))] == ["critical"]
    assert not line.is_public
    assert line.text.startswith("特急。疑似泄露")
    assert "Invented" not in line.text + str(row and row.reason) + answer.text
    assert row is not None and row.tag == Tag.REPORT_CREATED
    assert row.particulars == {"channel": "phone", "request_type": "consultation", "filed_urgency": "critical"}
    public = post_report(portal.browser(), urgency="critical", urgency_reason="请快一点")
    assert public.json()["ignored"] == ["urgency", "urgency_reason"]
    assert ticket_of(portal, public).urgency_enum.name == "NORMAL"


def test_its_clock_runs_by_the_urgency_of_the_filing(portal: Portal) -> None:
    made = [brief(portal), brief(portal, urgency="critical", urgency_reason="影响安全")]
    solved = []
    for answer in made:
        clocks = portal.api("leo").get(f"{V1}/tickets/{answer.json()['number']}").json()["clocks"]
        solved.append(next(clock["due_at"] for clock in clocks if clock["clock"] == "solved"))
    assert solved[1] < solved[0]


def test_one_key_is_one_content_type_and_urgency_included(portal: Portal) -> None:
    def sent(**changes: Any) -> Any:
        return post_report(portal.api("agnes"), channel="phone", key="one-key", **changes)

    first = sent(urgency="urgent", urgency_reason="影响使用")
    assert sent(urgency="urgent", urgency_reason="影响使用").json() == first.json()
    for level, reason in (("", ""), ("critical", "影响使用"), ("urgent", "不同")):
        assert sent(urgency=level, urgency_reason=reason).status_code == 409


def test_an_error_text_asks_for_the_symptom_once(portal: Portal) -> None:
    words = {"description": "打开高血压随访表后点了几下，就成了这个样子", "error_text": "保存失败：参数不正确"}
    assert codes(post_report(portal.browser(), **words)) == [("symptom", "required")]
    assert post_report(portal.browser(), symptom="other", **words).status_code == 201
    assert brief(portal, description="这句话什么意思", error_text="保存失败").status_code == 201


def test_lists_are_filtered_by_type_channel_and_module(portal: Portal) -> None:
    chat, call = brief(portal, channel="wechat", module="随访"), brief(portal, chosen="suggestion")
    post_report(portal.browser())
    for query, expected in (
        ("request_type=consultation", [chat]), ("request_type=suggestion", [call]), ("channel=wechat", [chat]),
        ("module=随访", [chat]), ("request_type=consultation&channel=phone", []),
    ):  # fmt: skip
        items = portal.api("leo").get(f"{V1}/tickets?{query}").json()["items"]
        assert [item["number"] for item in items] == [answer.json()["number"] for answer in expected], query
        page = portal.signed_in("leo").get(f"/queues/general?{query}")
        for answer in (chat, call):
            assert (answer.json()["number"] in page.text) == (answer in expected), query
    assert codes(portal.api("leo").get(f"{V1}/tickets?request_type=complaint")) == [("request_type", "invalid")]


def test_unanswered_fields_are_null_and_answered_ones_are_told(portal: Portal) -> None:
    answer = brief(
        portal, occurred_at="2026-01-05 9:05", terminal="both", module="随访", wish="请回电", title="ms",
        contact_phone="13800135791", may_call_back="true", call_back_time="工作日下午",
    )  # fmt: skip
    found = portal.api("leo").get(f"{V1}/tickets/{answer.json()['number']}").json()
    told = {field["name"]: field["texts"] for field in found["fields"] if field["texts"]}
    assert told["occurred_at"] == ["2026-01-05 09:05"]
    assert told["terminal"] == ["电脑和手机都有"]
    assert (told["title"], told["may_call_back"]) == (["女士"], ["可以回拨这个电话"])
    assert found["module"] == "随访"
    assert codes(brief(portal, may_call_back="1")) == [("may_call_back", "invalid")]
    old = brief(portal, occurred_at="2001-01-05")
    assert [warning["field"] for warning in old.json()["warnings"]] == ["occurred_at"]
