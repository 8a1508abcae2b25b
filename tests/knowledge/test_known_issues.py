"""Which known issue concerns whom, who changes it, and what may stand in it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from portal import clock
from portal.audit.models import AuditEvent
from portal.errors import ConflictError, InvalidError
from portal.knowledge import known_issues
from portal.knowledge.known_issues import Place, StaleIssueError
from portal.knowledge.models import KnownIssue
from portal.notify.models import OutboxMessage
from tests.factories.cast import actor
from tests.factories.directories import add_entry
from tests.factories.known_issues import add_issue, details, settle_issue
from tests.factories.people import id_number
from tests.factories.portals import Portal
from tests.factories.reports import file_report


def titles(portal: Portal, *where: object) -> list[str]:
    with portal.runtime.database.read() as session:
        return [issue.title for issue in known_issues.applying(session, *where)]


def tags(portal: Portal) -> list[str]:
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent.tag).order_by(AuditEvent.seq))
        return [tag for tag in rows if tag.startswith("known-issue:")]


def test_it_concerns_its_queue_its_county_and_its_system(portal: Portal) -> None:
    add_issue(portal.runtime, title="各地")
    add_issue(portal.runtime, title="一县", county="高唐县")
    add_issue(portal.runtime, title="一个系统", system="浪潮系统")
    add_issue(portal.runtime, title="两个队列", queues=("general", "his"))
    assert set(titles(portal)) == {"各地", "一县", "一个系统", "两个队列"}
    assert titles(portal, "his") == ["两个队列"]
    assert "一县" in titles(portal, "general", Place("高唐县"))
    assert set(titles(portal, "general", Place("莘县", "无（首次使用）"))) == {"各地", "两个队列"}
    assert "一个系统" in titles(portal, "general", Place("莘县", "浪潮 系统"))


def test_a_county_is_read_from_the_name_or_the_directory(portal: Portal) -> None:
    add_entry(portal.runtime, aliases=("四屯卫生室",))
    with portal.runtime.database.read() as session:
        assert known_issues.place_of(session, "山东省聊城市高唐县尹集镇样例卫生室").county == "高唐县"
        assert known_issues.place_of(session, "四屯卫生室").county == "高唐县"
        assert known_issues.place_of(session, "").county == ""


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("description", "is_match"),
    [("打开 高血压 随访表点保存", True), ("提示：参数，错误", True), ("糖尿病随访打不开", False), ("", False)],
)
def test_a_keyword_matches_whatever_stands_between_its_characters(
    portal: Portal, description: str, is_match: bool
) -> None:
    issue = add_issue(portal.runtime)
    assert bool(known_issues.matching([issue], description)) is is_match


def test_an_expected_time_that_has_passed_is_no_promise(portal: Portal) -> None:
    soon = add_issue(portal.runtime)
    late = add_issue(portal.runtime, recovers_at=clock.now() - timedelta(minutes=1))
    assert soon.expected_at is not None
    assert late.expected_at is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": ""}, "title"), ({"cause": ""}, "cause"), ({"queues": ()}, "queues"), ({"queues": ("x",)}, "queues"),
        ({"title": "字" * 81}, "title"), ({"keywords": ("错",)}, "keywords"),
        ({"keywords": tuple(f"词语{n}" for n in range(21))}, "keywords"),
        ({"ticket_number": "RC2020010001"}, "ticket_number"),
        ({"workaround": f"用 {id_number(5)} 试"}, "workaround"), ({"cause": "密码：Invented#Pass66"}, "cause"),
        ({"county": "\x00"}, "county"),
    ],
)  # fmt: skip
def test_it_refuses_what_must_not_be_told(portal: Portal, changes: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        add_issue(portal.runtime, **changes)
    assert [fault.field for fault in refused.value.faults] == [field]
    assert titles(portal) == []


def test_it_hangs_on_a_ticket_of_the_leads_queues(portal: Portal) -> None:
    number = file_report(portal.runtime).number
    assert add_issue(portal.runtime, ticket_number=number).ticket_number == number


def test_two_leads_do_not_overwrite_each_other(portal: Portal) -> None:
    issue, leo = add_issue(portal.runtime), actor(portal.runtime, "leo")
    with portal.runtime.database.transaction() as session:
        changed = known_issues.change(session, leo, issue.id, 1, details(title="新标题"))
    assert (changed.version, changed.title) == (2, "新标题")
    with pytest.raises(StaleIssueError), portal.runtime.database.transaction() as session:
        known_issues.change(session, leo, issue.id, 1, details(title="别的标题"))
    assert titles(portal) == ["新标题"]


def test_settled_it_is_shown_no_more_and_told_once(portal: Portal) -> None:
    issue = settle_issue(portal.runtime, add_issue(portal.runtime))
    assert titles(portal) == []
    with pytest.raises(ConflictError):
        settle_issue(portal.runtime, issue)
    with portal.runtime.database.read() as session:
        told = session.execute(select(OutboxMessage.event, OutboxMessage.ticket_number)).all()
    assert told == [("known-issue-settled", issue.number)]
    assert tags(portal) == ["known-issue:add", "known-issue:settle"]


def test_settling_needs_a_sentence(portal: Portal) -> None:
    issue = add_issue(portal.runtime)
    with pytest.raises(InvalidError):
        settle_issue(portal.runtime, issue, " ")
    with portal.runtime.database.read() as session:
        assert session.get_one(KnownIssue, issue.id).settled_at is None
