"""谁看过这个号码: somebody brings an ID number, and a lead answers with a sheet that can be signed."""

import csv
import io
import re
import uuid
from html import unescape

import pytest
from sqlalchemy import select, text, update

from portal.accounts.models import User
from portal.audit import extract, trail
from portal.audit.export import ExportBrokenError
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.pages.review import values
from portal.reports import index_filling
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue, VaultState
from tests.api.calls import V1, act, claimed, filed
from tests.factories import people
from tests.factories.cast import actor, add_administrators
from tests.factories.closing import closed_ticket
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, post
from tests.pages.review.test_accesses import tables

NUMBER = people.id_number(seed=901)
MASK = f"{NUMBER[:3]}***********{NUMBER[-4:]}"
WHY = "患者投诉，核查谁看过"


def lead_of(portal: Portal, *queues: str) -> None:
    """leo has these queues only."""
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "leo").values(queues=list(queues)))


def asked(portal: Portal, value: str = NUMBER, name: str = "leo") -> tuple[object, str]:
    """The browser of a lead, and the address of the answer."""
    browser = portal.signed_in(name)
    answer = post(browser, "/review", "/review/values", value=value)
    assert answer.status_code == 303, answer.text
    return browser, answer.headers["location"]


def answer_of(portal: Portal, value: str = NUMBER, name: str = "leo") -> str:
    browser, address = asked(portal, value, name)
    return unescape(browser.get(address).text)


def section(page: str, title: str) -> list[str]:
    """The rows below one heading."""
    part = re.search(rf"<h2>{title}</h2>(.*?)(?:<h2>|</main>)", page, re.DOTALL)
    assert part, title
    return [row for rows in tables(part[1]) for row in rows]


def keys_of(portal: Portal, number: str) -> list[str]:
    """Every sealed value of a ticket that holds NUMBER."""
    with portal.runtime.database.read() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.number == number)).one()
        rows = session.scalars(
            select(SealedValue).where(
                SealedValue.owner_id == ticket.report_id,
                SealedValue.value_index.in_(portal.runtime.vault.blind_indexes(NUMBER)),
            )
        )
        return sorted(f"{row.field}.{row.position}" if row.position else row.field for row in rows)


def test_a_number_in_field_account_and_text_is_one_question(portal: Portal) -> None:
    number = filed(
        portal, kind="his", patient_id_number=NUMBER, description=f"患者 {NUMBER} 的住院登记保存不了，请处理"
    )["number"]
    other = filed(portal, login_account=NUMBER)["number"]
    hanna, alice = portal.api("hanna"), portal.api("alice")
    claimed(hanna, number)
    claimed(alice, other)
    assert keys_of(portal, number) == ["description.1", "patient_id_number"]
    for key, why in (("patient_id_number", "核对数据"), ("description.1", "复现问题")):
        assert act(hanna, number, "reveals", field=key, reason=why).status_code == 200
    assert act(alice, other, "reveals", field="login_account", reason="排查登录").status_code == 200
    page = answer_of(portal)

    looks = section(page, "每一次查看这个号码")
    assert [(who in row, why in row) for row, (who, why) in zip(
        looks, (("张工", "排查登录"), ("王工", "复现问题"), ("王工", "核对数据")), strict=True
    )] == [(True, True)] * 3  # fmt: skip
    assert {row.split(" ")[0] for row in section(page, "在哪些工单里")} == {number, other}
    assert "查看这个号码 3 次，打开这些工单的附图 0 次" in page
    assert MASK in page
    assert NUMBER not in page


def test_supplements_hidden_passages_and_staff_texts_belong_to_it(portal: Portal) -> None:
    number = filed(portal)["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    version = act(
        alice, number, "replies", version=version, text=f"请核对 {NUMBER} 的登记信息", seal_found=True
    ).json()["version"]
    [reply] = keys_of(portal, number)
    assert reply.startswith("reply")
    assert act(alice, number, "reveals", field=reply, reason="核对数据").status_code == 200
    page = answer_of(portal)

    assert len(section(page, "每一次查看这个号码")) == 1
    assert [row.split(" ")[0] for row in section(page, "在哪些工单里")] == [number]


def test_the_answer_outlives_the_value(portal: Portal) -> None:
    account = "invented.clinic.4711"
    number = filed(portal, login_account=account)["number"]
    alice = portal.api("alice")
    claimed(alice, number)
    assert act(alice, number, "reveals", field="login_account", reason="排查登录").status_code == 200
    with portal.runtime.database.transaction() as session:
        session.execute(
            update(Ticket)
            .where(Ticket.number == number)
            .values(version=1, assignee_id=None, assignee_name=None, state="submitted")
        )
    closed_ticket(portal.runtime, number=number)
    with portal.runtime.database.read() as session:
        assert session.scalars(select(SealedValue.value_index).where(SealedValue.field == "login_account")).all() == [
            None
        ]
    page = answer_of(portal, account)

    assert len(section(page, "每一次查看这个号码")) == 1
    [held] = section(page, "在哪些工单里")
    assert held.startswith(number) and "已销毁，只有查看记录" in held


def test_a_moved_ticket_is_found_under_both_numbers(portal: Portal) -> None:
    number = filed(portal, id_number=NUMBER)["number"]
    alice = portal.api("alice")
    version = claimed(alice, number)
    act(alice, number, "reveals", field="id_number", reason="核对数据")
    moved = act(alice, number, "transfer", version=version, queue="his", reason="是 HIS 的问题")
    assert moved.status_code == 200, moved.text
    page = answer_of(portal)

    assert len(section(page, "每一次查看这个号码")) == 1
    [held] = section(page, "在哪些工单里")
    assert held.startswith("HIS") and f"原编号 {number}" in held


def test_pictures_of_those_tickets_stand_apart(portal: Portal) -> None:
    numbers = [filed(portal, id_number=NUMBER)["number"], filed(portal)["number"]]
    alice = portal.api("alice")
    for number in numbers:
        [picture] = alice.get(f"{V1}/tickets/{number}").json()["pictures"]
        address = f"{V1}/tickets/{number}/screenshots/{picture['id']}"
        assert alice.get(address, params={"reason": "核对数据"}).status_code == 200
    page = answer_of(portal)

    [opened] = section(page, "打开这些工单的附图")
    assert numbers[0] in opened and "核对数据" in opened
    assert "没有人查看过这个号码" in page
    assert "查看这个号码 0 次，打开这些工单的附图 1 次" in page


def test_a_lead_sees_tickets_and_looks_of_own_queues_only_and_auditors_all(portal: Portal) -> None:
    add_administrators(portal.runtime)
    own, foreign = (
        filed(portal, id_number=NUMBER)["number"],
        filed(portal, kind="his", patient_id_number=NUMBER)["number"],
    )
    for name, number, key, why in (
        ("alice", own, "id_number", "核对数据"), ("hanna", foreign, "patient_id_number", "排查登录"),
    ):  # fmt: skip
        claimed(portal.api(name), number)
        assert act(portal.api(name), number, "reveals", field=key, reason=why).status_code == 200
    lead_of(portal, "general")
    page, whole = answer_of(portal), answer_of(portal, name="audrey")

    assert own in page and foreign not in page and "王工" not in section(page, "谁看过")[0]
    assert own in whole and foreign in whole
    assert len(section(whole, "每一次查看这个号码")) == 2


def test_the_search_is_recorded_without_the_number_and_seen_by_the_next(portal: Portal) -> None:
    filed(portal, id_number=NUMBER)
    alice = portal.signed_in("alice")
    assert post(alice, "/queues/general", "/queues/general/search", q=NUMBER).status_code == 200
    portal.api("alice").get(f"{V1}/tickets", params={"queue": "general", "id_number": NUMBER})
    portal.api("alice").post(f"{V1}/tickets/search", json={"id_number": NUMBER})
    page = answer_of(portal)

    searches = section(page, "谁按这个号码查过")
    assert ["孙主管" in row for row in searches] == [True, False, False, False]
    assert all("身份证号" in row and "工单 1 张" in row for row in searches)
    with portal.runtime.database.read() as session:
        assert NUMBER not in str(session.execute(select(AuditEvent.__table__)).all())


@pytest.mark.parametrize("value", ["", " ", "—", f"{NUMBER[:3]}***********{NUMBER[-4:]}", "x" * 201])
def test_what_cannot_be_compared_is_a_fault_that_repeats_nothing(portal: Portal, value: str) -> None:
    browser = portal.signed_in("leo")
    answer = post(browser, "/review", "/review/values", value=value)

    assert answer.status_code == 422
    assert "error-summary" in answer.text
    assert not re.search(r'name="value"[^>]* value="[^"]', answer.text)


@pytest.mark.parametrize(
    "typed",
    [
        NUMBER.lower(),
        f" {NUMBER[:6]} {NUMBER[6:14]}-{NUMBER[14:]} ",
        NUMBER.translate({48 + n: 0xFF10 + n for n in range(10)}),
    ],
)
def test_a_value_is_found_however_it_is_written(portal: Portal, typed: str) -> None:
    number = filed(portal, id_number=NUMBER)["number"]

    assert [row.split(" ")[0] for row in section(answer_of(portal, typed), "在哪些工单里")] == [number]


@pytest.mark.parametrize(
    ("field", "stored", "typed"),
    [
        ("contact_phone", "13800138024", "+86 138-0013-8024"),
        ("contact_phone", "0635-1234567", "(0635)1234567"),
        ("login_account", "Zhang.San01", "zhang.san01"),
        ("inpatient_number", "ZY2026-00177", "zy202600177"),
    ],
)
def test_phones_accounts_and_inpatient_numbers_are_found_too(
    portal: Portal, field: str, stored: str, typed: str
) -> None:
    kind = "his" if field == "inpatient_number" else "general"
    number = filed(portal, kind=kind, **{field: stored})["number"]

    assert [row.split(" ")[0] for row in section(answer_of(portal, typed), "在哪些工单里")] == [number]


def test_a_password_is_never_found(portal: Portal) -> None:
    secret = "Invented#Longer99"
    filed(portal, login_password=secret, description=f"密码 {secret} 登录不上，提示系统错误，请处理")

    assert "您负责的队列里没有这个号码" in answer_of(portal, secret)


def test_only_who_asked_opens_the_answer_and_not_for_ever(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    add_administrators(portal.runtime)
    leo, address = asked(portal)

    assert portal.signed_in("audrey").get(address).status_code == 404
    assert portal.signed_in("alice").get(address).status_code == 403
    assert leo.get("/review/values/1").status_code == 404
    move_clock(monkeypatch, hours=values.OPEN_FOR.total_seconds() / 3600 + 1)
    assert portal.signed_in("leo").get(address).status_code == 404


def test_five_steps_from_a_number_to_a_signed_sheet(portal: Portal) -> None:
    """审计, paste, 查, say why, 打印签字单."""
    number = filed(portal, id_number=NUMBER)["number"]
    claimed(portal.api("alice"), number)
    act(portal.api("alice"), number, "reveals", field="id_number", reason="核对数据")
    leo, address = asked(portal)
    refused = post(leo, address, f"{address}/sheet", reason="xxxx")
    sheet = post(leo, address, f"{address}/sheet", reason=WHY)
    page = unescape(sheet.text)

    assert refused.status_code == 422 and "至少 4 个字" in refused.text
    assert sheet.status_code == 200
    for words in (MASK, WHY, number, "张工（alice）", "核对数据", "签字", "单位盖章", "审计记录第"):
        assert words in page, words
    assert NUMBER not in page


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_file_proves_itself_and_every_change_is_found(portal: Portal, form: str) -> None:
    number = filed(portal, id_number=NUMBER)["number"]
    claimed(portal.api("alice"), number)
    act(portal.api("alice"), number, "reveals", field="id_number", reason="=cmd|' /C calc'!A0 核对")
    leo, address = asked(portal)
    answer = post(leo, address, f"{address}/export", reason=WHY, format=form)
    lines = answer.content.splitlines(keepends=True)
    verifier = portal.runtime.checkpoints.signer

    assert answer.status_code == 200
    assert extract.is_extract(lines[0])
    assert extract.check(lines, verifier) == 2  # the access and the search
    assert NUMBER.encode() not in answer.content
    for step in range(len(lines) - 1):
        with pytest.raises(ExportBrokenError):
            extract.check([*lines[:step], *lines[step + 1 :]], verifier)
    with pytest.raises(ExportBrokenError):
        extract.check([*lines[:1], lines[1].replace(b"alice", b"bobby"), *lines[2:]], verifier)


def test_no_cell_is_read_as_a_formula(portal: Portal) -> None:
    number = filed(portal, id_number=NUMBER)["number"]
    claimed(portal.api("alice"), number)
    reasons = ["=1+2+核对", "+cmd|calc", "-2+3+核对", "@SUM(A1:A9)"]
    for reason in reasons:
        assert act(portal.api("alice"), number, "reveals", field="id_number", reason=reason).status_code == 200
    leo, address = asked(portal)
    content = post(leo, address, f"{address}/export", reason=WHY, format="csv").content.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content)))

    told = [row[9] for row in rows[1:-1]]
    assert told[:4] == [f"'{reason}" for reason in reasons]
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@")]


def test_rows_of_before_are_found_by_the_place_of_the_value(portal: Portal) -> None:
    """Rows that were written before they had an index, while the value is still there."""
    number = filed(portal, id_number=NUMBER)["number"]
    alice = actor(portal.runtime, "alice")
    with portal.runtime.database.transaction() as session:
        trail.record(session, Tag.FIELD_REVEALED, alice, ticket_number=number, field="id_number", reason="核对数据")
        trail.record(session, Tag.FIELD_REVEALED, alice, ticket_number=number, field="login_account", reason="不是它")
    looks = section(answer_of(portal), "每一次查看这个号码")

    assert len(looks) == 1 and "核对数据" in looks[0]


def test_values_of_before_are_indexed_in_parts_and_the_page_says_so(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, account = "13800138025", "zhangsan.4712"
    number = filed(
        portal, contact_phone=phone, login_account=account, description=f"账号是 {account}，登录后保存不了随访表"
    )["number"]
    with portal.runtime.database.transaction() as session:
        before = {row.id: row.value_index for row in session.scalars(select(SealedValue))}
        session.execute(update(SealedValue).values(value_index=None))
        session.execute(update(VaultState).values(unindexed_from=uuid.UUID(int=0)))
    monkeypatch.setattr(index_filling, "_PART", 2)
    assert "补建检索指纹" in answer_of(portal, phone)
    while _is_unfinished(portal):
        index_filling.run(portal.runtime)
    with portal.runtime.database.read() as session:
        assert {row.id: row.value_index for row in session.scalars(select(SealedValue))} == before
    page = answer_of(portal, phone)

    assert "补建检索指纹" not in page
    assert [row.split(" ")[0] for row in section(page, "在哪些工单里")] == [number]


def _is_unfinished(portal: Portal) -> bool:
    with portal.runtime.database.read() as session:
        return session.scalar(select(VaultState.unindexed_from)) is not None


def test_the_question_uses_the_index_of_the_trail(portal: Portal) -> None:
    database = portal.runtime.database
    query = "SELECT seq FROM audit_events WHERE value_index IN ('a', 'b') ORDER BY seq DESC LIMIT 51"
    with database.read() as session:
        if not database.is_sqlite:
            session.execute(text("SET LOCAL enable_seqscan = off"))
        plan = str(session.execute(text(f"{'EXPLAIN QUERY PLAN' if database.is_sqlite else 'EXPLAIN'} {query}")).all())

    assert "ix_audit_events_value_index_seq" in plan


def test_a_record_is_found_by_number_words_or_value(portal: Portal) -> None:
    number = filed(portal, id_number=NUMBER)["number"]
    foreign = filed(portal, kind="his")["number"]
    lead_of(portal, "general")
    leo = portal.signed_in("leo")

    def found(q: str) -> str:
        return post(leo, "/review/tickets", "/review/tickets/search", queue="general", q=q).headers["location"]

    assert found(f" {number.lower()} ") == f"/review/tickets/{number}"
    assert found(NUMBER).startswith("/review/values/")
    assert found("随访表") == "/review/tickets?queue=general&q=%E9%9A%8F%E8%AE%BF%E8%A1%A8"
    assert leo.get(found(foreign)).status_code == 200 and foreign not in found(foreign).split("?")[0]
    assert number in leo.get("/review/tickets?q=随访表").text
    assert number not in leo.get("/review/tickets?q=没有这个词").text


def test_ticket_and_trail_lead_to_each_other(portal: Portal) -> None:
    number = filed(portal)["number"]
    leo = portal.signed_in("leo")

    assert f'href="/review/tickets/{number}?show=looks#trail"' in leo.get(f"/tickets/{number}").text
    assert f'href="/tickets/{number}"' in leo.get(f"/review/tickets/{number}").text
    assert "/review/tickets/" not in portal.signed_in("alice").get(f"/tickets/{number}").text
