"""Hiding a passage from the ticket page, and the question before a text with a secret in it is sent."""

import html
import re

import pytest
from sqlalchemy import func, select

from portal.tickets.models import TimelineEntry
from portal.vault.models import SealedValue
from tests.factories import people
from tests.factories.portals import Portal
from tests.factories.reports import file_report
from tests.factories.ticket_pages import act, done, ticket_of

NUMBER = people.id_number(seed=61)
MASKED = f"{NUMBER[:3]}{'*' * 11}{NUMBER[-4:]}"


def described(portal: Portal) -> str:
    return file_report(portal.runtime, description="村民李试样的随访表保存不了，李试样换了电脑也一样").number


def entries(portal: Portal) -> int:
    with portal.runtime.database.read() as session:
        return session.scalar(select(func.count()).select_from(TimelineEntry)) or 0


@pytest.mark.parametrize("name", ["alice", "agnes", "leo"])
def test_staff_of_the_queue_hide_a_passage_and_are_told_how_often_it_stood(portal: Portal, name: str) -> None:
    number = described(portal)
    page = done(portal.signed_in(name), number, "sealings", passage="李试样", kind="name", field="description")
    assert "已隐藏 2 处姓名（问题详细描述），原文加密保存" in page
    assert "李试样" not in page
    assert "村民李**的随访表保存不了，李**换了电脑也一样" in page
    assert "问题详细描述中的姓名" in page


def test_the_assignee_looks_at_it_like_at_any_found_value(portal: Portal) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    done(alice, number, "assignment")
    page = done(alice, number, "sealings", passage="李试样", kind="name")
    key = re.search(r'name="field" value="(description\.\d+)"', page)
    assert key
    shown = act(alice, number, "reveals", field=key[1], reason="核对数据")
    assert shown.status_code == 200 and "李试样" in shown.text


def test_a_passage_that_is_not_there_comes_back_into_its_box(portal: Portal) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    answer = act(alice, number, "sealings", passage="王不在此", kind="name", field="")
    assert answer.status_code == 422
    assert "没有找到这段文字，请从页面上原样复制后再试" in answer.text
    assert "王不在此</textarea>" in answer.text
    assert '<details class="fold seal" data-seal open>' in answer.text
    missing = act(alice, number, "sealings", passage="李试样", kind="")
    assert missing.status_code == 422 and "请选择这段文字是什么" in missing.text


def test_a_stale_page_does_not_hide(portal: Portal) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    answer = act(alice, number, "sealings", passage="李试样", kind="name", version="7")
    assert answer.status_code == 409
    assert "重新应用（隐藏）" in answer.text and ticket_of(portal, number).version == 1


def test_an_engineer_of_the_other_queue_cannot_hide(portal: Portal) -> None:
    number, hanna = described(portal), portal.signed_in("hanna")
    other = file_report(portal.runtime, kind="his").number
    page = hanna.get(f"/tickets/{other}").text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token
    answer = hanna.post(
        f"/tickets/{number}/sealings", data={"csrf": token[1], "version": "1", "passage": "李试样", "kind": "name"}
    )
    assert answer.status_code == 404
    assert "李试样" in ticket_of(portal, number).excerpt


STOPPED = [
    ("replies", {"text": f"请核对 {NUMBER}"}, "回复里像是有身份证号，发送前请确认", "隐藏后发送"),
    ("notes", {"text": "密码：Fake#Note31"}, "备注里像是有密码，保存前请确认", "隐藏后保存"),
    (
        "information-request",
        {"message": f"请核对 {NUMBER}", "fields": ["form_name"]},
        "说明里像是有身份证号，发送前请确认",
        "隐藏后发送",
    ),
    ("resolution", {"text": f"改好了 {NUMBER}"}, "处理结果里像是有身份证号，发送前请确认", "隐藏后发送"),
    ("void", {"text": f"误报 {NUMBER}"}, "原因里像是有身份证号，发送前请确认", "隐藏后发送"),
    ("urgency", {"urgency": "urgent", "reason": f"急 {NUMBER}"}, "原因里像是有身份证号，保存前请确认", "隐藏后保存"),
    ("offers", {"assignee": "bob", "text": f"看 {NUMBER}"}, "交接说明里像是有身份证号，保存前请确认", "隐藏后保存"),
    ("transfer", {"queue": "his", "text": f"看 {NUMBER}"}, "说明里像是有身份证号，保存前请确认", "隐藏后保存"),
]


@pytest.mark.parametrize(("resource", "fields", "sentence", "way"), STOPPED)
def test_a_text_with_a_secret_is_stopped_and_kept_on_the_page_only(
    portal: Portal, resource: str, fields: dict[str, str], sentence: str, way: str
) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    done(alice, number, "assignment")
    before = ticket_of(portal, number).version, entries(portal)
    answer = act(alice, number, resource, **fields)
    assert answer.status_code == 422
    assert sentence in answer.text
    typed = fields.get("text") or fields.get("message") or fields["reason"]
    assert typed in html.unescape(answer.text)
    assert re.search(rf'name="seal_found" value="1"[^>]*>{way}<', answer.text)
    assert re.search(r'name="revise" value="1"[^>]*>返回修改<', answer.text)
    assert (ticket_of(portal, number).version, entries(portal)) == before
    if "fields" in fields:
        assert re.search(r'value="form_name" checked', answer.text)


@pytest.mark.parametrize(("resource", "fields"), [(resource, fields) for resource, fields, _, _ in STOPPED])
def test_the_first_way_on_sends_it_with_the_secret_sealed(
    portal: Portal, resource: str, fields: dict[str, str]
) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    done(alice, number, "assignment")
    answer = act(alice, number, resource, seal_found="1", **fields)
    assert answer.status_code == 303, answer.text
    with portal.runtime.database.read() as session:
        texts = "\n".join(session.scalars(select(TimelineEntry.text)))
        sealed = session.scalars(select(SealedValue).where(SealedValue.label.like("%中的%"))).one()
        value = portal.runtime.vault.open_value(session, sealed)
    assert value in (NUMBER, "Fake#Note31") and value not in texts
    assert (MASKED if value == NUMBER else "••••••••") in texts


def test_the_second_way_on_gives_the_page_back_with_the_text_in_its_box(portal: Portal) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    done(alice, number, "assignment")
    answer = act(alice, number, "replies", text=f"请核对 {NUMBER}", revise="1")
    assert answer.status_code == 200
    assert f"请核对 {NUMBER}</textarea>" in answer.text
    assert "发送给机构</button>" in answer.text and "隐藏后发送" not in answer.text
    assert 'class="mishap"' not in answer.text
    assert entries(portal) == 2
    again = act(alice, number, "replies", text="请核对首位和末位")
    assert again.status_code == 303


def test_a_phone_in_a_reply_goes_out_as_it_was_written(portal: Portal) -> None:
    number, alice = described(portal), portal.signed_in("alice")
    done(alice, number, "assignment")
    words = f"有问题请拨打 {people.landline(5)}"
    assert words in done(alice, number, "replies", text=words)
