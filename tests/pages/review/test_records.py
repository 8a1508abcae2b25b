"""A lead sees who looked at what and why, and masked records; nobody else does, and nothing can be changed here."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from sqlalchemy import select, text

from portal import clock
from portal.accounts import users
from portal.accounts.models import User
from portal.accounts.principal import principal_of
from portal.acts.table import CLAIM, TRANSFER
from portal.audit import checkpoints, trail
from portal.audit.actor import SYSTEM, Actor
from portal.audit.models import AuditEvent
from portal.audit.problems import PROBLEM_LABELS
from portal.audit.tag_labels import TAG_LABELS
from portal.audit.tags import Tag
from portal.disclosure import reveals
from portal.errors import ForbiddenError
from portal.pages.review import filters
from portal.tickets import lookup
from tests.factories.acts import perform
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, post
from tests.factories.reports import file_report, general_fields, his_fields
from tests.factories.routes import routes_of

PASSWORD = general_fields()["login_password"]
ID_NUMBER = general_fields()["id_number"]
TAMPERS = {
    "change": ("UPDATE audit_events SET reason = 'x' WHERE seq = 3",),
    "delete": ("DELETE FROM audit_events WHERE seq = 3",),
    "insert": (
        "INSERT INTO audit_events (seq, at, tag, is_success, actor_id, actor_name, actor_role, address, session_id,"
        " request_id, ticket_number, field, reason, detail, previous_hash, row_hash)"
        " SELECT 0, at, tag, is_success, actor_id, actor_name, actor_role, address, session_id,"
        " request_id, ticket_number, field, reason, detail, previous_hash, row_hash FROM audit_events WHERE seq = 2",
    ),
    "reorder": (
        "UPDATE audit_events SET seq = -1 WHERE seq = 3",
        "UPDATE audit_events SET seq = 3 WHERE seq = 4",
        "UPDATE audit_events SET seq = 4 WHERE seq = -1",
    ),
    "cut": ("DELETE FROM audit_events WHERE seq > 5",),
}
FIRST_BAD_ROW = {"change": 3, "delete": 3, "insert": 0, "reorder": 3, "cut": 6}


def actor_of(portal: Portal, name: str) -> Actor:
    with portal.runtime.database.read() as session:
        user = session.scalars(select(User).where(User.username == name)).one()
    return principal_of(user).actor("192.0.2.7", "request")


def reveal(
    portal: Portal, number: str, key: str = "login_password", reason: str = "排查登录", name: str = "alice"
) -> None:
    actor = actor_of(portal, name)
    with portal.runtime.database.transaction() as session:
        perform(session, portal.runtime, actor, CLAIM, number, lookup.find(session, actor, number).version)
    reveals.reveal_field(portal.runtime, actor, number, key, reason)


def rows(page: str) -> list[str]:
    """The lines of the trail as a person reads them, newest first."""
    body = re.search(r"<tbody>(.*?)</tbody>", page, re.S)
    found = re.findall(r"<tr>(.*?)</tr>", body[1], re.S) if body else []
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


def record_at(portal: Portal, moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, portal.runtime.database.transaction() as session:
        patch.setattr(clock, "now", lambda: moment)
        trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM)


def tamper(portal: Portal, statements: tuple[str, ...]) -> None:
    with portal.runtime.database.transaction() as session:
        if portal.runtime.database.is_sqlite:
            session.execute(text("DROP TRIGGER audit_events_no_update"))
            session.execute(text("DROP TRIGGER audit_events_no_delete"))
        else:
            session.execute(text("ALTER TABLE audit_events DISABLE TRIGGER ALL"))
        for statement in statements:
            session.execute(text(statement))


def test_a_lead_sees_who_looked_at_what_when_and_why(portal: Portal):
    number = file_report(portal.runtime).number
    reveal(portal, number)
    with portal.runtime.database.read() as session:
        event = session.scalars(select(AuditEvent).where(AuditEvent.tag == "field:reveal")).one()
    page = portal.signed_in("leo").get("/review?action=field:reveal").text
    when = f"{clock.in_china(event.at):%Y-%m-%d %H:%M:%S}"
    assert rows(page) == [f"{when} 张工（alice） 工程师 · 192.0.2.7 查看敏感信息 {number} 密码 排查登录 成功"]


def test_no_secret_stands_on_any_page_of_a_lead(portal: Portal):
    general, his = file_report(portal.runtime).number, file_report(portal.runtime, kind="his").number
    for key in ("login_password", "login_account", "id_number"):
        reveal(portal, general, key, reason=f"其他：密码：{PASSWORD} 号码 {ID_NUMBER}")
    leo = portal.signed_in("leo")
    secrets = [
        value
        for name, value in {**general_fields(), **his_fields()}.items()
        if name.split("_")[0] in ("login", "id", "patient", "inpatient")
    ]
    assert len(secrets) == 5
    secrets += [general_fields()["login_password"], general_fields()["login_account"]]
    paths = (
        "/review",
        "/review/tickets",
        "/review/tickets?queue=his",
        f"/review/tickets/{general}",
        f"/review/tickets/{his}",
    )
    for path in paths:
        page = leo.get(path)
        assert page.status_code == 200
        for secret in secrets:
            assert secret not in page.text, path


def test_a_refused_look_is_seen_as_refused(portal: Portal):
    number = file_report(portal.runtime).number
    with pytest.raises(ForbiddenError):
        reveals.reveal_field(portal.runtime, actor_of(portal, "bob"), number, "login_password", "复现问题")
    page = portal.signed_in("leo").get("/review?action=refused").text
    assert len(rows(page)) == 1
    assert "李工（bob）" in rows(page)[0]
    assert rows(page)[0].endswith("复现问题 未通过")


def test_the_figures_count_todays_looks_and_open_their_lists(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    number = file_report(portal.runtime).number
    with monkeypatch.context() as patch:
        move_clock(patch, days=-1)
        with portal.runtime.database.transaction() as session:
            trail.record(session, Tag.FIELD_REVEALED, actor_of(portal, "bob"), ticket_number=number)
    reveal(portal, number)
    reveal(portal, number, "id_number")
    with pytest.raises(ForbiddenError):
        reveals.reveal_field(portal.runtime, actor_of(portal, "bob"), number, "login_password", "复现问题")
    leo = portal.signed_in("leo")
    page = leo.get("/review").text
    cards = re.findall(r'<a href="([^"]+)"><span class="figures__number">(\d+)</span>', page)
    assert [count for _, count in cards] == ["2", "0", "0", "0", "1", "0", "0", "0"]
    for link, count in cards:
        assert len(rows(leo.get(unescape(link)).text)) == int(count)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("who=alice&action=field:reveal", 3),
        ("who=bob", 0),
        ("field=id_number", 1),
        ("field=login_password&who=alice", 2),
        ("ticket={second}&action=field:reveal", 1),
        ("ticket= {second_lower} &who=alice", 2),
        ("action=report:create", 2),
        ("action=report:create&who=clinic&ticket={first}", 1),
        ("action=field:reveal&from={today}&to={today}", 3),
        ("action=field:reveal&to={yesterday}", 0),
        ("action=field:reveal&from={tomorrow}", 0),
    ],
)
def test_it_filters(portal: Portal, query: str, expected: int):
    first, second = file_report(portal.runtime).number, file_report(portal.runtime).number
    reveal(portal, first)
    reveal(portal, first, "id_number")
    reveal(portal, second)
    today = clock.china_today()
    query = query.format(
        first=first, second=second, second_lower=second.lower(),
        today=today, yesterday=today - timedelta(days=1), tomorrow=today + timedelta(days=1),
    )  # fmt: skip
    page = portal.signed_in("leo").get(f"/review?{query}")
    assert page.status_code == 200
    assert len(rows(page.text)) == expected
    assert ("empty__title" in page.text) == (expected == 0)


def test_a_day_is_a_day_in_china(portal: Portal, monkeypatch: pytest.MonkeyPatch):
    for moment in ("2026-03-01T15:59:59", "2026-03-01T16:00:00", "2026-03-02T15:59:59", "2026-03-02T16:00:00"):
        record_at(portal, datetime.fromisoformat(moment).replace(tzinfo=UTC), monkeypatch)
    page = portal.signed_in("leo").get("/review?from=2026-03-02&to=2026-03-02").text
    assert [row.split(" 系统")[0] for row in rows(page)] == ["2026-03-02 23:59:59", "2026-03-02 00:00:00"]


def test_an_empty_time_says_so(portal: Portal):
    page = portal.signed_in("leo").get("/review?from=2020-01-01&to=2020-01-02").text
    assert "这段时间没有人查看过敏感信息" in page


@pytest.mark.parametrize(
    "query",
    [
        "who=372526", "action=drop", "field=password_hash", "ticket=372526", "from=2026-02-30", "to=1", "from=20260101",
        "from=2026-02-02&to=2026-02-01", "from=0001-01-01", "to=9999-12-31",
    ],
)  # fmt: skip
def test_a_filter_outside_its_list_shows_a_fault_and_no_row(portal: Portal, query: str):
    page = portal.signed_in("leo").get(f"/review?{query}")
    assert page.status_code == 422
    assert "error-summary" in page.text
    assert rows(page.text) == []
    assert 'value="372526' not in page.text


@pytest.mark.parametrize("place", ["-1", "x", "1" * 30, "１"])
def test_a_broken_place_is_told(portal: Portal, place: str):
    assert portal.signed_in("leo").get("/review", params={"before": place}).status_code == 400


def test_pages_show_every_row_once_while_rows_arrive(portal: Portal):
    with portal.runtime.database.transaction() as session:
        for step in range(120):
            trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM, particulars={"files": step})
    leo, seen = portal.signed_in("leo"), []
    address = "/review?action=uploads:sweep"
    while address:
        page = leo.get(address).text
        seen += [int(re.search(r"文件 (\d+) 个", row)[1]) for row in rows(page)]
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
        with portal.runtime.database.transaction() as session:
            trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM, particulars={"files": 999})
    assert seen == list(reversed(range(120)))


def test_looking_at_the_trail_is_a_row_of_the_trail(portal: Portal):
    number = file_report(portal.runtime).number
    leo = portal.signed_in("leo")
    leo.get("/review?who=alice&from=2026-01-01")
    leo.get(f"/review/tickets/{number}")
    leo.get("/review", params={"who": ID_NUMBER, "ticket": PASSWORD})
    with portal.runtime.database.read() as session:
        looks = session.scalars(select(AuditEvent).where(AuditEvent.tag == "audit:view").order_by(AuditEvent.seq)).all()
        everything = "".join(
            f"{row.particulars}{row.reason}{row.ticket_number}" for row in session.scalars(select(AuditEvent))
        )
    assert [(row.actor_name, row.ticket_number, row.particulars) for row in looks] == [
        ("leo", None, {"person": "alice", "since": "2026-01-01"}),
        ("leo", number, None),
    ]
    assert ID_NUMBER not in everything
    assert PASSWORD not in everything


def test_it_says_that_the_trail_is_whole_and_records_the_check(portal: Portal):
    leo = portal.signed_in("leo")
    with portal.runtime.database.transaction() as session:
        for _ in range(1100):
            trail.record(session, Tag.UPLOADS_SWEPT, SYSTEM)
    with portal.runtime.database.read() as session:
        count = session.scalars(select(AuditEvent.seq).order_by(AuditEvent.seq.desc())).first()
    page = post(leo, "/account", "/review/verification").text
    assert f"审计记录完整，共 {count // 1000} {count % 1000:03d} 条" in page
    with portal.runtime.database.read() as session:
        check = session.scalars(select(AuditEvent).where(AuditEvent.tag == "audit:verify")).one()
    assert (check.actor_name, check.particulars, check.is_success) == (
        "leo",
        {"rows": count, "checkpoints": 2},
        True,
    )


@pytest.mark.parametrize("kind", TAMPERS)
def test_it_names_the_first_row_that_was_tampered_with(portal: Portal, kind: str):
    leo = portal.signed_in("leo")
    tamper(portal, TAMPERS[kind])
    page = post(leo, "/account", "/review/verification").text
    assert "审计记录不完整" in page
    assert f"从第 {FIRST_BAD_ROW[kind]} 行起不可信" in page
    assert "审计记录完整" not in page


def test_it_tells_a_lost_checkpoint_from_a_broken_row(portal: Portal):
    leo = portal.signed_in("leo")
    path = portal.runtime.checkpoints.path
    line = path.read_bytes()
    path.write_bytes(line.replace(b'"number":1', b'"number":2'))
    page = post(leo, "/account", "/review/verification").text
    assert "检查点第 1 行：检查点被改过" in page
    path.unlink()
    page = post(leo, "/account", "/review/verification").text
    assert "审计记录的签名检查点不完整" in page
    assert "签名检查点文件丢失，或缺少了结尾" in page
    path.write_bytes(line)
    page = post(leo, "/account", "/review/verification").text
    assert re.search(r"审计记录完整，共 \d+ 条，1 个签名检查点都相符", page)


def test_every_way_in_which_the_chain_breaks_has_chinese_words():
    code = trail.__loader__.get_source(trail.__name__)
    code += checkpoints.__loader__.get_source(checkpoints.__name__)
    problems = re.findall(r'"((?:a|the) rows? [^"]+|rows at [^"]+|(?:a )?checkpoints? (?:are|was) [^"]+)"', code)
    problems += re.findall(r': (a checkpoint is missing[^"]+)"', code)
    assert len(set(problems)) >= 9
    assert set(problems) <= set(PROBLEM_LABELS)


def test_the_trail_shows_every_kind_of_event_in_words(portal: Portal):
    with portal.runtime.database.transaction() as session:
        for tag in Tag:
            trail.record(session, tag, actor_of(portal, "alice"), field="reply.1")
    leo = portal.signed_in("leo")
    page, address = [], "/review?who=alice"
    while address:
        shown = leo.get(address).text
        page += rows(shown)
        following = re.search(r'rel="next" href="([^"]+)"', shown)
        address = unescape(following[1]) if following else ""
    assert len(page) == len(Tag)
    for row, tag in zip(page, reversed(Tag), strict=True):
        assert f" {TAG_LABELS[tag]} " in row
        assert "回复（第 2 项）" in row


def test_the_record_of_a_moved_ticket_keeps_its_whole_trail(portal: Portal):
    number = file_report(portal.runtime).number
    reveal(portal, number)
    alice = actor_of(portal, "alice")
    with portal.runtime.database.transaction() as session:
        version = lookup.find(session, alice, number).version
        moved = perform(session, portal.runtime, alice, TRANSFER, number, version, queue="his").number
    leo = portal.signed_in("leo")
    assert moved != number
    for path in (
        f"/review/tickets/{moved}",
        f"/review?ticket={moved}",
        f"/review/tickets/{number}",
        f"/review?ticket={number}",
    ):
        page = rows(leo.get(path).text)
        assert any("查看敏感信息" in row for row in page), path
        assert any("提交问题" in row for row in page), path


def test_a_record_offers_no_reveal_no_readable_picture_and_no_act(portal: Portal):
    number = file_report(portal.runtime).number
    page = portal.signed_in("leo").get(f"/review/tickets/{number}").text
    assert "1366 × 768 像素" in page
    assert set(re.findall(r'<img[^>]* src="([^"]*)/[^/"]*"', page)) == {f"/review/tickets/{number}/previews"}
    assert "/screenshots/" not in page
    assert re.findall(r'<form[^>]* action="([^"]*)"', page) == ["/sign-out", "/review/exports"]


def test_records_list_both_queues_in_every_state(portal: Portal):
    general, his = file_report(portal.runtime).number, file_report(portal.runtime, kind="his").number
    leo = portal.signed_in("leo")
    with portal.runtime.database.transaction() as session:
        alice = actor_of(portal, "alice")
        perform(session, portal.runtime, alice, CLAIM, general, 1)
    assert general in leo.get("/review/tickets").text
    assert his not in leo.get("/review/tickets").text
    assert his in leo.get("/review/tickets?queue=his").text
    assert general in leo.get("/review/tickets?queue=general&state=in_progress").text
    assert general not in leo.get("/review/tickets?queue=general&state=submitted").text
    assert leo.get("/review/tickets?queue=secret").status_code == 404
    assert leo.get("/review/tickets?cursor=nonsense").status_code == 400


def test_a_lead_of_one_queue_cannot_open_records_of_the_other(portal: Portal):
    number = file_report(portal.runtime, kind="his").number
    with portal.runtime.database.transaction() as session:
        leo = session.scalars(select(User).where(User.username == "leo")).one()
        users.change_user(session, SYSTEM, leo.id, role="lead", queues=("general",), display_name="孙主管")
    browser = portal.signed_in("leo")
    for path in (f"/review/tickets/{number}", "/review/tickets?queue=his", "/review/tickets/HIS2026119999"):
        assert browser.get(path).status_code == 404


@pytest.mark.parametrize("name", ["alice", "agnes", "ada"])
def test_others_cannot_review(portal: Portal, name: str):
    number = file_report(portal.runtime).number
    browser = portal.signed_in(name)
    for path in ("/review", "/review/tickets", f"/review/tickets/{number}"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert number not in answer.text
    assert post(browser, "/account", "/review/verification").status_code == 403
    with portal.runtime.database.read() as session:
        denied = session.scalars(
            select(AuditEvent).where(AuditEvent.tag == "access:denied").order_by(AuditEvent.seq)
        ).all()
    assert [(row.actor_name, row.particulars) for row in denied] == [(name, {"permission": "review:view"})] * 4


def test_nobody_without_a_session_cannot_review(portal: Portal):
    for path in ("/review", "/review/tickets", "/review/tickets/RC2026110001"):
        answer = portal.browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_the_review_writes_its_own_checks_searches_files_marks_and_approvals_and_nothing_else(portal: Portal):
    writing = {route.path for route in routes_of(portal.app) if route.methods - {"GET", "HEAD"}}
    assert {path for path in writing if path.startswith("/review")} == {
        "/review/verification",
        "/review/exports",
        "/review/tickets/search",
        "/review/values",
        "/review/values/{seq}/sheet",
        "/review/values/{seq}/export",
        "/review/approvals/{request_id}",
        "/review/samples",
        "/review/samples/{sample_id}/rows/{place}",
    }


def test_every_field_that_can_be_revealed_can_be_filtered():
    labels = filters.field_labels()
    assert {"login_password", "id_number", "patient_id_number", "screenshots", "description", "reply"} <= set(labels)
