"""Every act of an engineer through the pages: what it changes, what it refuses, and what it keeps of the typed text."""

import random
import re
import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from portal.audit import queries as trail_queries
from portal.audit.queries import TrailFilter
from portal.queues import queries
from portal.queues.trail_scope import WHOLE
from portal.tickets.models import Ticket
from tests.factories.closing import voided_ticket
from tests.factories.portals import Portal, csrf_of
from tests.factories.reports import file_report
from tests.factories.ticket_pages import act, done, ticket_of, token_of


def test_an_engineer_claims_and_releases_a_ticket(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    assert "已领取，现在由您处理" in done(alice, number, "assignment")
    claimed = ticket_of(portal, number)
    assert (claimed.state, claimed.assignee_name) == ("in_progress", "张工")
    assert "已放回队列" in done(alice, number, "release")
    released = ticket_of(portal, number)
    assert (released.state, released.assignee_id) == ("submitted", None)


def test_an_engineer_replies_notes_asks_resolves_closes_and_reopens(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    assert "我们在核对数据" in done(alice, number, "replies", text="我们在核对数据")
    assert "像是升级后的老问题" in done(alice, number, "notes", text="像是升级后的老问题")
    page = done(alice, number, "information-request", fields=["form_name", "screenshots"], message="请发整屏")
    assert "等待机构补充：表单名称" in page or "等待机构补充：出问题时的整个屏幕" in page
    assert ticket_of(portal, number).state == "awaiting_information"
    other = file_report(portal.runtime, description="体检表保存后变成空白，重新登录也一样").number
    done(alice, other, "assignment")
    assert "等待确认" in done(alice, other, "resolution", text="已恢复保存，请刷新后查看")
    assert ticket_of(portal, other).state == "awaiting_confirmation"
    assert "已关闭" in done(alice, other, "closure", way="phone", text="机构来电确认")
    assert ticket_of(portal, other).state == "closed"
    assert "已重新处理" in done(alice, other, "reopening", text="又出现了")
    reopened = ticket_of(portal, other)
    assert (reopened.state, reopened.reopened_count) == ("in_progress", 1)


def test_a_ticket_is_handed_to_a_colleague_made_urgent_merged_and_voided(portal: Portal) -> None:
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    first, second, third = (file_report(portal.runtime).number for _ in range(3))
    done(alice, first, "assignment")
    done(alice, first, "offers", assignee="bob", text="您熟悉这个表")
    assert ticket_of(portal, first).assignee_name == "张工"
    accept = re.search(r'action="/tickets/\w+/(offers/[\w-]+/acceptance)"', bob.get(f"/tickets/{first}").text)
    assert accept is not None
    done(bob, first, accept[1])
    assert ticket_of(portal, first).assignee_name == "李工"
    assert "紧急程度已修改" in done(bob, first, "urgency", urgency="critical", reason="全县体检停了")
    assert ticket_of(portal, first).urgency == 0
    done(alice, second, "assignment")
    assert first in done(alice, second, "merge", into=first)
    merged = ticket_of(portal, second)
    assert (merged.state, merged.merged_into) == ("merged", first)
    done(alice, third, "assignment")
    assert "已申请作废，等主管决定" in done(alice, third, "void", kind="test", text="测试提交，不是问题")
    assert ticket_of(portal, third).state == "in_progress"
    assert "作废申请已决定" in done(portal.signed_in("leo"), third, "void/decision", approved="true")
    assert ticket_of(portal, third).state == "void"


def test_a_ticket_that_moves_to_the_other_queue_is_lost_to_the_former_one(portal: Portal) -> None:
    number, alice, hanna = file_report(portal.runtime).number, portal.signed_in("alice"), portal.signed_in("hanna")
    answer = act(alice, number, "transfer", queue="his", text="是结算的问题")
    assert answer.headers["location"] == "/queues/general?done=transfer"
    assert "已转到另一队列" in alice.get(answer.headers["location"]).text
    with portal.runtime.database.read() as session:
        moved = session.scalars(select(Ticket).where(Ticket.queue == "his")).one()
    assert moved.former_numbers == [number]
    for gone in (number, moved.number):
        refused = alice.get(f"/tickets/{gone}")
        assert refused.status_code == 404
        assert "没有找到这个编号" in refused.text
    assert number in hanna.get(f"/tickets/{moved.number}").text


def test_what_a_page_of_before_sends_comes_back_too(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    answer = act(alice, number, "transfer", assignee="nobody", text="留着的说明")
    assert answer.status_code == 422 and "留着的说明" in answer.text


@pytest.mark.parametrize(
    ("resource", "fields", "sentence"),
    [
        ("replies", {"text": " "}, "请填写给机构的回复"),
        ("notes", {"text": ""}, "请填写备注"),
        ("information-request", {"message": "留着的说明"}, "请勾选需要机构补充的内容"),
        ("resolution", {"text": ""}, "请填写处理结果，机构会看到这段文字"),
        ("offers", {"assignee": "nobody", "text": "留着的说明"}, "请选择这个队列的工程师"),
        ("urgency", {"urgency": "urgent", "reason": ""}, "请写明修改紧急程度的原因"),
        ("urgency", {"urgency": "whatever", "reason": "留着的说明"}, "请选择紧急程度"),
        ("merge", {"into": "RC2020010001"}, "没有找到这个编号，请核对后重新填写"),
        ("void", {"text": ""}, "请写明作废的原因，主管同意后机构会看到"),
    ],
)
def test_a_fault_comes_back_beside_its_box_with_what_was_typed(
    portal: Portal, resource: str, fields: dict[str, Any], sentence: str
) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    before = ticket_of(portal, number).version
    answer = act(alice, number, resource, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    for kept in ("留着的说明", "RC2020010001"):
        assert (kept in answer.text) == (kept in fields.values())
    assert ticket_of(portal, number).version == before


def test_text_that_is_too_long_or_unstorable_is_refused_and_kept(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    answer = act(alice, number, "notes", text="长" * 5001)
    assert answer.status_code == 422
    assert "最多 5000 个字" in answer.text
    assert "长" * 5001 in answer.text
    assert act(alice, number, "notes", text="有\x00字符").status_code == 422


def test_a_stale_text_is_kept_and_can_be_applied_again(portal: Portal) -> None:
    number, leo, bob = file_report(portal.runtime).number, portal.signed_in("leo"), portal.signed_in("bob")
    page = leo.get(f"/tickets/{number}").text
    done(bob, number, "assignment")
    data = {"csrf": csrf_of(page), "version": "1", "urgency": "urgent", "reason": "先写好的 <b>原因</b>"}
    stale = leo.post(f"/tickets/{number}/urgency", data=data)
    assert stale.status_code == 409
    assert "您编辑期间，李工在" in stale.text
    assert 'value="先写好的 &lt;b&gt;原因&lt;/b&gt;"' in stale.text
    assert "重新应用（修改）" in stale.text
    assert 'name="version" value="2"' in stale.text
    assert leo.post(f"/tickets/{number}/urgency", data={**data, "version": "2"}).status_code == 303


def test_a_refused_text_stands_beside_what_happened_meanwhile(portal: Portal) -> None:
    """Both are on one page: what others did since the page was opened, and nothing older; what was typed."""
    number, leo, bob = file_report(portal.runtime).number, portal.signed_in("leo"), portal.signed_in("bob")
    done(bob, number, "assignment")
    page = leo.get(f"/tickets/{number}").text
    done(bob, number, "replies", text="正在查参数，<b>请稍等</b>")
    data = dict(re.findall(r'name="(csrf|version|seen)" value="([^"]+)"', page))
    stale = leo.post(f"/tickets/{number}/urgency", data={**data, "urgency": "urgent", "reason": "先写好的原因"})

    assert stale.status_code == 409
    beside = stale.text.split('class="sheet beside"')[1].split("</dl>")[0]
    assert "正在查参数，&lt;b&gt;请稍等" in beside and "先写好的原因</dd>" in beside
    assert "提交问题" not in beside and "<strong>领取</strong>" not in beside
    again = dict(re.findall(r'name="(csrf|version|seen)" value="([^"]+)"', stale.text))
    assert (
        leo.post(f"/tickets/{number}/urgency", data={**again, "urgency": "urgent", "reason": "原因"}).status_code == 303
    )


@pytest.mark.parametrize("seen", ["", "0", "-1", "99999", "x"])
def test_a_page_that_does_not_say_what_it_showed_claims_nothing(portal: Portal, seen: str) -> None:
    number, leo, bob = file_report(portal.runtime).number, portal.signed_in("leo"), portal.signed_in("bob")
    page = leo.get(f"/tickets/{number}").text
    done(bob, number, "assignment")
    data = {"csrf": csrf_of(page), "version": "1", "seen": seen, "urgency": "urgent", "reason": "原因"}
    answer = leo.post(f"/tickets/{number}/urgency", data=data)

    assert answer.status_code == 409 and 'class="sheet beside"' not in answer.text


def test_an_internal_note_is_never_stale(portal: Portal) -> None:
    number, alice, bob = file_report(portal.runtime).number, portal.signed_in("alice"), portal.signed_in("bob")
    page = alice.get(f"/tickets/{number}").text
    done(bob, number, "assignment")
    for version in ("1", "99", "x"):
        data = {"csrf": csrf_of(page), "version": version, "text": f"备注 {version}"}
        assert alice.post(f"/tickets/{number}/notes", data=data).status_code == 303
        assert f"备注 {version}" in alice.get(f"/tickets/{number}").text


def test_a_reply_whose_box_is_gone_is_still_shown(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    page = alice.get(f"/tickets/{number}").text
    done(portal.signed_in("leo"), number, "transfer", order="true", assignee="bob", reason="同事请假")
    late = alice.post(
        f"/tickets/{number}/replies", data={"csrf": csrf_of(page), "version": "2", "text": "写了很久的回复"}
    )
    assert late.status_code == 409
    assert "写了很久的回复</textarea>" in late.text
    assert "没有发出" in late.text


def test_an_act_that_the_state_does_not_allow_is_refused(portal: Portal) -> None:
    number, alice = file_report(portal.runtime).number, portal.signed_in("alice")
    done(alice, number, "assignment")
    jumped = act(alice, number, "closure", way="phone", text="直接关闭")
    assert jumped.status_code == 409
    assert ticket_of(portal, number).state == "in_progress"
    voided_ticket(portal.runtime, number)
    refused = act(alice, number, "replies", text="还想回复")
    assert refused.status_code == 409
    assert "还想回复" in refused.text


def test_a_colleague_cannot_work_on_somebody_elses_ticket(portal: Portal) -> None:
    number, alice, bob = file_report(portal.runtime).number, portal.signed_in("alice"), portal.signed_in("bob")
    done(alice, number, "assignment")
    for resource, fields in (
        ("release", {}),
        ("replies", {"text": "插手"}),
        ("information-request", {"fields": "form_name"}),
        ("resolution", {"text": "插手"}),
        ("void", {"text": "插手"}),
        ("merge", {"into": number}),
        ("transfer", {"assignee": "bob"}),
        ("transfer", {"queue": "his", "text": "插手"}),
    ):
        answer = act(bob, number, resource, **fields)
        assert answer.status_code == 403, resource
    assert (ticket_of(portal, number).version, ticket_of(portal, number).assignee_name) == (2, "张工")
    with portal.runtime.database.read() as session:
        denied = trail_queries.count(session, TrailFilter(WHOLE, ticket_numbers=(number,)), "access:denied")
    assert denied == 8


def test_two_engineers_at_once_one_wins_and_the_other_is_told(portal: Portal) -> None:
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    browsers = {"张工": (alice, token_of(alice)), "李工": (bob, token_of(bob))}
    for _ in range(20):
        number = file_report(portal.runtime).number
        answers: dict[str, Any] = {}
        start = threading.Barrier(2)

        def claim(name: str, number: str = number, answers: dict[str, Any] = answers, start: Any = start) -> None:
            browser, token = browsers[name]
            start.wait()
            answers[name] = browser.post(f"/tickets/{number}/assignment", data={"csrf": token, "version": "1"})

        threads = [threading.Thread(target=claim, args=(name,)) for name in browsers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status_code for answer in answers.values()) == [303, 409]
        winner = next(name for name, answer in answers.items() if answer.status_code == 303)
        loser = next(answer for answer in answers.values() if answer.status_code == 409)
        assert ticket_of(portal, number).assignee_name == winner
        assert f"这条问题已被{winner}在 " in loser.text


def test_kept_counts_equal_the_tickets_after_many_random_acts(portal: Portal) -> None:
    rng = random.Random(20261123)
    staff = {name: portal.signed_in(name) for name in ("alice", "bob", "hanna", "leo")}
    tokens = {name: token_of(browser) for name, browser in staff.items()}
    for kind in ("general",) * 4 + ("his",) * 2:
        file_report(portal.runtime, kind=kind)
    acts = (
        ("assignment", {}), ("release", {}), ("replies", {"text": "好"}), ("notes", {"text": "好"}),
        ("information-request", {"fields": "form_name"}), ("resolution", {"text": "好"}),
        ("closure", {"way": "phone", "text": "来电"}),
        ("reopening", {"text": "再看"}), ("transfer", {"queue": "his", "text": "错"}),
        ("transfer", {"queue": "general", "text": "错"}),
        ("transfer", {"assignee": "bob"}), ("urgency", {"urgency": "urgent", "reason": "急"}), ("void", {"text": "错"}),
    )  # fmt: skip
    weights = (8, 1, 2, 2, 3, 5, 4, 4, 2, 2, 2, 1, 1)
    owners = {"张工": "alice", "李工": "bob", "王工": "hanna"}
    statuses = []
    for _ in range(140):
        with portal.runtime.database.read() as session:
            ticket = rng.choice(session.scalars(select(Ticket).order_by(Ticket.submitted_at)).all())
        name = owners.get(ticket.assignee_name, "") if rng.random() < 0.8 else ""
        name = name or rng.choice(list(staff))
        resource, fields = rng.choices(acts, weights)[0]
        answer = staff[name].post(
            f"/tickets/{ticket.number}/{resource}",
            data={"csrf": tokens[name], "version": str(ticket.version), **fields},
        )
        statuses.append(answer.status_code)
    assert set(statuses) <= {303, 403, 404, 409, 422}
    assert statuses.count(303) > 40
    with portal.runtime.database.read() as session:
        for queue in ("general", "his"):
            counted = dict(
                session.execute(
                    select(Ticket.state, func.count()).where(Ticket.queue == queue).group_by(Ticket.state)
                ).all()
            )
            kept = {state: count for state, count in queries.state_counts(session, queue).items() if count}
            assert kept == counted
        assert session.scalar(select(func.count()).select_from(Ticket)) == 6
