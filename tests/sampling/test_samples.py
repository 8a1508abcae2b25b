"""抽查: the same rows from the same seed, a mark for each, and the answer of the person who had looked."""

import re
import uuid
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.sampling import samples
from portal.sampling.models import Sample, SampledRow, SampleMark
from portal.tickets.models import Ticket
from tests.factories import people
from tests.factories.cast import actor
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report

NUMBER = "RC2026110001"


@pytest.fixture(autouse=True)
def _ticket(portal: Portal) -> None:
    """The one whose accesses are sampled."""
    number = file_report(portal.runtime).number
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).where(Ticket.number == number).values(number=NUMBER))


def record(portal: Portal, times: int, name: str = "alice", tag: Tag = Tag.FIELD_REVEALED) -> None:
    who = actor(portal.runtime, name)
    with portal.runtime.database.transaction() as session:
        for _ in range(times):
            trail.record(session, tag, who, ticket_number=NUMBER, field="login_password", reason="排查登录")


BOTH = ("general", "his")


def draw(
    portal: Portal, size: int = 10, seed: str = "", days: int = 1, name: str = "leo", reach: samples.Reach = BOTH
) -> Sample:
    now = clock.now()
    with portal.runtime.database.transaction() as session:
        return samples.draw(
            session, actor(portal.runtime, name), reach, now - timedelta(days=days), now + timedelta(days=1), size, seed
        )


def rows_of(portal: Portal, sample: Sample) -> list[SampledRow]:
    with portal.runtime.database.read() as session:
        return list(samples.rows_of(session, sample))


def mark(portal: Portal, sample: Sample, place: int, found: SampleMark, note: str = "", name: str = "leo") -> None:
    with portal.runtime.database.transaction() as session:
        samples.mark(session, actor(portal.runtime, name), BOTH, sample.id, place, found, note)


def answer(portal: Portal, row: SampledRow, text: str, name: str = "alice") -> None:
    with portal.runtime.database.transaction() as session:
        samples.answer(session, actor(portal.runtime, name), row.id, text)


def events(portal: Portal) -> list[tuple[str, str, str | None, str | None]]:
    with portal.runtime.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.tag.startswith("sample:")).order_by(AuditEvent.seq)
        return [(row.tag, row.actor_name, row.reason, row.ticket_number) for row in session.scalars(query)]


def test_the_same_seed_gives_the_same_rows_whatever_came_later(portal: Portal):
    record(portal, 40)
    first = draw(portal, seed="autumn-7")
    chosen = [row.seq for row in rows_of(portal, first)]
    assert len(set(chosen)) == 10
    assert chosen == sorted(chosen)
    again = draw(portal, seed="autumn-7")
    assert [row.seq for row in rows_of(portal, again)] == chosen
    assert [row.seq for row in rows_of(portal, draw(portal, seed="autumn-8"))] != chosen
    record(portal, 40)
    with portal.runtime.database.read() as session:
        assert samples.is_repeatable(session, first)
        assert samples.get(session, BOTH, first.id).population == 40


def test_a_sample_whose_rows_were_chosen_by_hand_is_found_out(portal: Portal):
    record(portal, 30)
    sample = draw(portal, size=5)
    chosen = {row.seq for row in rows_of(portal, sample)}
    with portal.runtime.database.transaction() as session:
        other = session.scalars(select(AuditEvent.seq).where(AuditEvent.tag == Tag.FIELD_REVEALED)).all()
        row = session.scalars(select(SampledRow).where(SampledRow.sample_id == sample.id)).first()
        row.seq = next(seq for seq in other if seq not in chosen)
    page = portal.signed_in("leo").get(f"/review/samples/{sample.id}?check=1").text
    assert "重新抽取的结果不一致" in page


def test_only_looks_of_the_period_that_succeeded_are_drawn(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    with monkeypatch.context() as patch:
        move_clock(patch, days=-3)
        record(portal, 5)
    record(portal, 2)
    record(portal, 3, tag=Tag.PICTURE_OPENED)
    record(portal, 4, tag=Tag.TICKET_VIEWED)
    with portal.runtime.database.transaction() as session:
        trail.record(session, Tag.FIELD_REVEALED, SYSTEM, ticket_number=NUMBER, is_success=False)
    assert len(rows_of(portal, draw(portal, size=50))) == 5


def test_every_row_has_its_chance(portal: Portal):
    record(portal, 12)
    seen = {row.seq for step in range(30) for row in rows_of(portal, draw(portal, size=3, seed=f"s{step}"))}
    assert len(seen) == 12


def test_a_time_without_looks_says_so(portal: Portal):
    with pytest.raises(InvalidError) as refused:
        draw(portal)
    assert refused.value.faults[0].message == "这段时间没有人查看过敏感信息"
    page = post(portal.signed_in("leo"), "/review/samples", "/review/samples", **{
        "from": "2020-01-01", "to": "2020-01-02", "size": "10", "seed": "",
    })  # fmt: skip
    assert page.status_code == 422
    assert "这段时间没有人查看过敏感信息" in page.text


def test_mark_question_answer_and_tick_off_are_rows_of_the_trail(portal: Portal):
    record(portal, 3)
    sample = draw(portal)
    mark(portal, sample, 1, SampleMark.FINE)
    mark(portal, sample, 2, SampleMark.EXPLAIN, "为什么连续查看三次？")
    row = rows_of(portal, sample)[1]
    answer(portal, row, "第一次看错了工单")
    mark(portal, sample, 2, SampleMark.FINE, "已核实")
    assert events(portal) == [
        ("sample:draw", "leo", None, None),
        ("sample:tick-off", "leo", None, NUMBER),
        ("sample:question", "leo", "为什么连续查看三次？", NUMBER),
        ("sample:answer", "alice", "第一次看错了工单", NUMBER),
        ("sample:tick-off", "leo", "已核实", NUMBER),
    ]
    with portal.runtime.database.read() as session:
        progress = samples.newest(session, BOTH)[0]
    assert (progress.marked, progress.rows, progress.unsettled) == (2, 3, 0)


def test_what_is_ticked_off_stays_so(portal: Portal):
    record(portal, 1)
    sample = draw(portal)
    mark(portal, sample, 1, SampleMark.FINE)
    with pytest.raises(ConflictError):
        mark(portal, sample, 1, SampleMark.EXPLAIN, "再看一次")
    with pytest.raises(NotFoundError):
        answer(portal, rows_of(portal, sample)[0], "谢谢")


def test_a_question_needs_words_and_a_known_row(portal: Portal):
    record(portal, 1)
    sample = draw(portal)
    with pytest.raises(InvalidError):
        mark(portal, sample, 1, SampleMark.EXPLAIN, " ")
    with pytest.raises(NotFoundError):
        mark(portal, sample, 2, SampleMark.FINE)


def test_a_lead_cannot_mark_an_own_look(portal: Portal):
    record(portal, 1, "leo")
    with pytest.raises(ForbiddenError, match="不能审核自己的查看"):
        mark(portal, draw(portal), 1, SampleMark.FINE)


def test_nobody_answers_for_somebody_else(portal: Portal):
    record(portal, 1)
    sample = draw(portal)
    mark(portal, sample, 1, SampleMark.EXPLAIN, "请说明")
    row = rows_of(portal, sample)[0]
    with pytest.raises(NotFoundError):
        answer(portal, row, "我来说", "bob")
    bob = portal.signed_in("bob")
    assert "没有需要您说明的查看" in bob.get("/account/questions").text
    assert post(bob, "/account", f"/account/questions/{row.id}", text="我来说").status_code == 404
    assert post(bob, "/account", f"/account/questions/{uuid.uuid4()}", text="我来说").status_code == 404


def test_no_secret_typed_into_a_note_or_answer_is_kept(portal: Portal):
    resident = people.id_number(seed=92)
    record(portal, 1)
    sample = draw(portal)
    mark(portal, sample, 1, SampleMark.EXPLAIN, f"为什么查 {resident}")
    answer(portal, rows_of(portal, sample)[0], f"居民 {resident} 来电")
    with portal.runtime.database.read() as session:
        everything = " ".join(str(vars(row)) for row in session.scalars(select(AuditEvent)))
    row = rows_of(portal, sample)[0]
    assert resident not in everything + row.note + row.answer
    assert "来电" in row.answer


def test_the_pages_lead_through_a_sample(portal: Portal):
    record(portal, 12)
    leo, alice = portal.signed_in("leo"), portal.signed_in("alice")
    today = clock.china_today().isoformat()
    drawn = post(leo, "/review/samples", "/review/samples", **{"from": today, "to": today, "size": "10", "seed": ""})
    here = drawn.headers["location"]
    page = leo.get(here).text
    assert "抽查 0/10" in page
    assert "重新抽取的结果一致" in leo.get(f"{here}?check=1").text
    assert post(leo, here, f"{here}/rows/1", mark="fine").status_code == 303
    refused = post(leo, here, f"{here}/rows/2", mark="explain", note="")
    assert refused.status_code == 422
    assert "请写明需要说明什么" in refused.text
    assert post(leo, here, f"{here}/rows/2", mark="explain", note="请说明原因").status_code == 303
    assert "抽查 2/10" in leo.get(here).text
    assert "2/10" in leo.get("/review/samples").text
    questions = alice.get("/account/questions").text
    assert "请说明原因" in questions
    assert "/account/questions" in alice.get("/account").text
    action = re.search(r'action="(/account/questions/[^"]+)"', questions)[1]
    assert post(alice, "/account/questions", action, text=" ").status_code == 422
    assert post(alice, "/account/questions", action, text="机构来电，核对账号").status_code == 303
    assert "机构来电，核对账号" in unescape(leo.get(here).text)


@pytest.mark.parametrize(
    ("field", "value"),
    [("size", "0"), ("size", "201"), ("size", "x"), ("seed", "a b"), ("from", ""), ("to", "2026-02-30")],
)
def test_a_wrong_sample_is_told_and_not_drawn(portal: Portal, field: str, value: str):
    record(portal, 1)
    today = clock.china_today().isoformat()
    typed = {"from": today, "to": today, "size": "10", "seed": "", field: value}
    page = post(portal.signed_in("leo"), "/review/samples", "/review/samples", **typed)
    assert page.status_code == 422
    assert "error-summary" in page.text
    assert events(portal) == []


@pytest.mark.parametrize("name", ["alice", "agnes", "ada"])
def test_only_who_audits_can_sample(portal: Portal, name: str):
    record(portal, 1)
    sample = draw(portal)
    browser = portal.signed_in(name)
    assert browser.get("/review/samples").status_code == 403
    assert browser.get(f"/review/samples/{sample.id}").status_code == 403
    answer = post(browser, "/account", f"/review/samples/{sample.id}/rows/1", mark="fine")
    assert answer.status_code == 403
    assert rows_of(portal, sample)[0].mark == "open"


def test_the_review_counts_people_today_and_this_week(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    for days, times in ((3, 2), (8, 5)):
        with monkeypatch.context() as patch:
            move_clock(patch, days=-days)
            record(portal, times)
    record(portal, 1)
    record(portal, 4, "bob", Tag.PICTURE_OPENED)
    leo = portal.signed_in("leo")
    page = leo.get("/review").text
    table = re.search(r'aria-label="按人员".*?<tbody>(.*?)</tbody>', page, re.DOTALL)[1]
    lines = [re.sub(r"<[^>]+>", " ", line).split() for line in re.findall(r"<tr>(.*?)</tr>", table, re.DOTALL)]
    assert lines == [["李工（bob）", "0", "4", "0", "4", "0"], ["张工（alice）", "1", "0", "3", "0", "0"]]
    for link, number in re.findall(r'href="(/review\?who=[^"]+)">(\d+)<', table):
        shown = leo.get(unescape(link)).text
        assert len(re.findall(r"<tr>", re.search(r"<tbody>(.*?)</tbody>", shown, re.DOTALL)[1])) == int(number)


def test_the_queue_page_tells_who_has_something_to_explain_and_nobody_else(portal: Portal) -> None:
    record(portal, 3)
    sample = draw(portal)
    alice, bob = portal.signed_in("alice"), portal.signed_in("bob")
    link = 'href="/account/questions"'
    assert link not in alice.get("/queues/general").text
    mark(portal, sample, 1, SampleMark.EXPLAIN, "为什么查看？")
    mark(portal, sample, 2, SampleMark.FINE)
    page = alice.get("/queues/general").text
    assert f"主管请您说明 1 次查看：<a {link}>" in page
    assert link not in bob.get("/queues/general").text
    answer(portal, rows_of(portal, sample)[0], "复现问题")
    assert link not in alice.get("/queues/general").text
