"""Who saw this record, and what did this person see: each is one page (SECURITY D-13)."""

import re
from datetime import UTC, datetime
from html import unescape

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.audit import trail
from portal.audit.models import AuditEvent
from portal.audit.tags import ACCESS_TAGS, Tag
from tests.api.calls import V1, act, claimed, filed
from tests.factories.cast import actor
from tests.factories.portals import Portal


def tables(page: str) -> list[list[str]]:
    """The lines of each table as a person reads them."""
    bodies = re.findall(r"<tbody>(.*?)</tbody>", page, re.DOTALL)
    return [
        [
            " ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split())
            for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
        ]
        for body in bodies
    ]


@pytest.fixture
def seen(portal: Portal) -> str:
    """A ticket that alice opened and revealed twice, bob was refused, and hanna knows nothing of."""
    number = filed(portal)["number"]
    alice, bob = portal.api("alice"), portal.api("bob")
    claimed(alice, number)
    alice.get(f"{V1}/tickets/{number}")
    for field in ("login_password", "id_number"):
        act(alice, number, "reveals", field=field, reason="排查登录")
    act(bob, number, "reveals", field="login_password", reason="想看看内容")
    return number


def test_a_record_tells_who_saw_it(portal: Portal, seen: str):
    leo = portal.signed_in("leo")
    page = leo.get(f"/review/tickets/{seen}?show=looks")
    people, looks = tables(page.text)

    assert page.status_code == 200
    assert [row.split(" ")[:4] for row in people] == [
        ["张工（alice）", "2", "0", "1"]
    ]  # values, pictures, masked pages
    assert [re.search(r"(打开工单|查看敏感信息|查看被拒绝)", row)[0] for row in looks] == [
        "查看被拒绝", "查看敏感信息", "查看敏感信息", "打开工单",
    ]  # fmt: skip
    assert "未通过" in looks[0]
    assert "领取" not in page.text.split("谁看过这张工单")[1]
    whole = tables(leo.get(f"/review/tickets/{seen}").text)
    assert len(whole) == 1
    assert any("领取" in row for row in whole[0])


def test_a_lead_who_checked_is_no_one_who_looked(portal: Portal, seen: str):
    leo = portal.signed_in("leo")
    leo.get(f"/review/tickets/{seen}?show=looks")
    people, looks = tables(leo.get(f"/review/tickets/{seen}?show=looks").text)

    assert [row.split(" ")[0] for row in people] == ["张工（alice）"]
    assert "孙主管（leo）" in looks[0]


def test_openings_of_the_masked_page_are_no_looks_at_values(portal: Portal, seen: str):
    bob = portal.signed_in("bob")
    for _ in range(9):
        bob.get(f"/tickets/{seen}")
    leo = portal.signed_in("leo")
    people, _ = tables(leo.get(f"/review/tickets/{seen}?show=looks").text)

    assert people[0].split(" ")[:4] == ["李工（bob）", "0", "0", "9"]
    assert "查看敏感信息 0 次，打开附图 0 次，打开工单页（已隐藏）9 次" in leo.get("/review/people/bob").text


def test_a_person_page_tells_what_they_saw(portal: Portal, seen: str):
    other = filed(portal, kind="his")["number"]
    portal.api("hanna").get(f"{V1}/tickets/{other}")
    leo = portal.signed_in("leo")
    page = leo.get("/review/people/alice").text
    [looks] = tables(page)

    assert "张工（alice）看过什么" in page
    assert "查看敏感信息 2 次，打开附图 0 次，打开工单页（已隐藏）1 次，涉及 1 张工单" in page
    assert len(looks) == 3
    assert all(seen in row for row in looks)
    [looks] = tables(leo.get("/review/people/bob").text)
    assert ["查看被拒绝" in row for row in looks] == [True]
    assert "查看敏感信息 0 次" in leo.get("/review/people/bob").text
    assert "没有查看过任何记录" in leo.get("/review/people/agnes").text


def test_a_person_page_is_cut_into_days_of_china(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    number = filed(portal)["number"]
    for moment in ("2026-03-01T15:59:59", "2026-03-01T16:00:00", "2026-03-02T15:59:59", "2026-03-02T16:00:00"):
        at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        with monkeypatch.context() as patch, portal.runtime.database.transaction() as session:
            patch.setattr(clock, "now", lambda at=at: at)
            trail.record(session, Tag.TICKET_VIEWED, actor(portal.runtime, "alice"), ticket_number=number)
    page = portal.signed_in("leo").get("/review/people/alice?from=2026-03-02&to=2026-03-02").text

    assert [row[:19] for row in tables(page)[0]] == ["2026-03-02 23:59:59", "2026-03-02 00:00:00"]
    assert "打开工单页（已隐藏）2 次，涉及 1 张工单" in page


@pytest.mark.parametrize("query", ["from=2026-02-30", "from=2026-02-02&to=2026-02-01", "to=x"])
def test_days_that_are_none_show_a_fault_and_no_row(portal: Portal, seen: str, query: str):
    page = portal.signed_in("leo").get(f"/review/people/alice?{query}")

    assert page.status_code == 422
    assert "error-summary" in page.text
    assert tables(page.text) == []


def test_nobody_else_than_people_has_a_page(portal: Portal):
    secret = "Invented#Pass77"
    answer = portal.signed_in("leo").get("/review/people/Invented%23Pass77")

    assert answer.status_code == 404
    with portal.runtime.database.read() as session:
        assert secret not in str(session.execute(select(AuditEvent.__table__)).all())


def test_other_parameters_cannot_widen_a_person_page(portal: Portal, seen: str):
    leo = portal.signed_in("leo")
    for query in ("who=bob", "action=ticket:claim", "field=login_password", "ticket=HIS2026110001"):
        assert "查看敏感信息 2 次" in leo.get(f"/review/people/alice?{query}").text, query


@pytest.mark.parametrize("path", ["/review/people/alice", "/review/tickets/{number}?show=looks"])
def test_pages_of_looks_go_on_below(portal: Portal, seen: str, path: str):
    with portal.runtime.database.transaction() as session:
        for _ in range(60):
            trail.record(session, Tag.TICKET_VIEWED, actor(portal.runtime, "alice"), ticket_number=seen)
    leo, rows, address = portal.signed_in("leo"), [], path.format(number=seen)
    while address:
        page = leo.get(address).text
        rows += [row for row in tables(page)[-1] if "打开工单" in row or "查看敏感信息" in row]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""

    assert len(rows) == 63


def test_looking_at_looks_is_recorded(portal: Portal, seen: str):
    leo = portal.signed_in("leo")
    leo.get(f"/review/tickets/{seen}?show=looks")
    leo.get("/review/people/alice?from=2026-01-01")
    with portal.runtime.database.read() as session:
        rows = session.scalars(select(AuditEvent).where(AuditEvent.tag == "audit:view").order_by(AuditEvent.seq)).all()

    assert [(row.ticket_number, row.particulars) for row in rows] == [
        (seen, {"view": "accesses"}),
        (None, {"view": "accesses", "person": "alice", "since": "2026-01-01"}),
    ]


@pytest.mark.parametrize("name", ["alice", "agnes", "ada"])
def test_others_cannot_ask_what_somebody_saw(portal: Portal, name: str):
    assert portal.signed_in(name).get("/review/people/alice").status_code == 403


def test_every_name_on_the_trail_leads_to_what_they_saw(portal: Portal, seen: str):
    page = portal.signed_in("leo").get("/review").text

    assert '<a href="/review/people/alice">张工（alice）</a>' in page
    assert "/review/people/system" not in page


def test_the_two_questions_use_an_index(portal: Portal, seen: str):
    database = portal.runtime.database
    tags = ", ".join(f"'{tag}'" for tag in ACCESS_TAGS)
    for column, value in (("ticket_number", seen), ("actor_name", "alice")):
        query = f"SELECT * FROM audit_events WHERE {column} = '{value}' AND tag IN ({tags}) ORDER BY seq DESC LIMIT 51"
        with database.read() as session:
            if not database.is_sqlite:
                session.execute(text("SET LOCAL enable_seqscan = off"))  # seven rows need no index
            explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
            plan = str(session.execute(text(f"{explain} {query}")).all())
        assert "ix_audit_events_" in plan
        assert "SCAN audit_events" not in plan
