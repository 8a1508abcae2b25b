"""A reason says why: a listed one or words of one's own, for values and pictures, on pages and over the API."""

import pytest
from sqlalchemy import select

from portal.audit.models import AuditEvent
from portal.disclosure import picture_reasons
from portal.disclosure.reasons import REASONS, is_reason, kept_reason
from portal.errors import InvalidError
from portal.screenshots.models import Screenshot
from tests.api.calls import V1, act, claimed, codes, filed
from tests.factories import people
from tests.factories.moments import move_clock
from tests.factories.portals import Portal, post
from tests.factories.ticket_pages import say_why

GOOD = (
    "排查登录", "复现问题", "核对数据", "核对数据：机构来电", "其他：机构来电催办", "机构来电核对",
    "call back the clinic", "看看登录", "核对 2026 年 11 月", "工单 RC2026110001",
)  # fmt: skip
BAD = (
    "x", "看看", "。。。。。。", "xxxxxx", "啊啊啊啊啊", "１１１１", "    ", "....", "a b", "???!!!", "——————",
    "abab", "测试测试", "啦啦嗯啦啦嗯", "1234", "2026-11-28", "a1111",
    "其他", "其他：", "其他：看看", "其他：嗯嗯嗯嗯",
)  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_good_reasons(text: str) -> None:
    assert is_reason(text)
    assert kept_reason(f" {text} ") == text


@pytest.mark.parametrize("text", ["", *BAD])
def test_what_says_nothing_is_no_reason(text: str) -> None:
    with pytest.raises(InvalidError):
        kept_reason(text)


def test_a_secret_in_a_reason_is_masked() -> None:
    assert people.id_number(66) not in kept_reason(f"核对 {people.id_number(66)} 的登记")


@pytest.mark.parametrize("text", BAD)
def test_the_api_takes_no_worse_reason(portal: Portal, text: str) -> None:
    number, alice = filed(portal)["number"], portal.api("alice")
    claimed(alice, number)
    [picture] = alice.get(f"{V1}/tickets/{number}").json()["pictures"]
    address = f"{V1}/tickets/{number}/screenshots/{picture['id']}"

    assert {field for field, _ in codes(act(alice, number, "reveals", field="id_number", reason=text))} == {"reason"}
    assert {field for field, _ in codes(alice.get(address, params={"reason": text}))} == {"reason"}


def opened(portal: Portal) -> list[tuple[str, str | None]]:
    with portal.runtime.database.read() as session:
        query = select(AuditEvent).where(AuditEvent.tag.startswith("picture:open")).order_by(AuditEvent.seq)
        return [(row.tag, row.reason) for row in session.scalars(query)]


def test_a_picture_needs_a_reason_once_for_its_ticket_and_a_quarter_hour(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, other = filed(portal)["number"], filed(portal)["number"]
    with portal.runtime.database.read() as session:
        pictures = session.scalars(select(Screenshot).order_by(Screenshot.created_at)).all()
    image, bob, alice = (
        f"/tickets/{number}/screenshots/{pictures[0].id}",
        portal.signed_in("bob"),
        portal.signed_in("alice"),
    )

    assert "打开附图" in bob.get(f"/tickets/{number}/pictures/1?size=full").text
    assert bob.get(image).status_code == 403
    refused = post(
        bob, f"/tickets/{number}", f"/tickets/{number}/pictures/1/reason", reason="其他", reason_text="嗯嗯嗯嗯"
    )
    assert refused.status_code == 422 and "至少 4 个字" in refused.text
    asked = post(
        bob, f"/tickets/{number}", f"/tickets/{number}/pictures/1/reason", reason="核对数据", query="size=full"
    )
    assert asked.headers["location"] == f"/tickets/{number}/pictures/1?size=full"
    assert f'src="{image}"' in bob.get(asked.headers["location"]).text
    assert bob.get(image).status_code == bob.get(image).status_code == 200
    assert "打开附图（留记录）" in bob.get(f"/tickets/{other}/pictures/1").text  # another ticket
    assert alice.get(image).status_code == 403  # another person
    move_clock(monkeypatch, minutes=picture_reasons.HOLDS_FOR.total_seconds() / 60 + 1)
    assert bob.get(image).status_code == 403
    assert [reason for tag, reason in opened(portal) if tag == "picture:open"] == ["核对数据"] * 2


def test_the_api_says_when_nobody_gave_a_reason(portal: Portal) -> None:
    number, alice = filed(portal)["number"], portal.api("alice")
    [picture] = alice.get(f"{V1}/tickets/{number}").json()["pictures"]
    address = f"{V1}/tickets/{number}/screenshots/{picture['id']}"
    alice.get(address)
    alice.get(address, params={"reason": "复现问题"})
    say_why(portal.signed_in("alice"), number)
    alice.get(address)
    rows = portal.api("leo").get(f"{V1}/audit", params={"action": "picture:open"}).json()["items"]

    assert [(row["reason"], row["detail"]) for row in rows] == [
        ("核对数据", ""), ("复现问题", ""), (None, "没有填写原因"),
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["x\r\nset-cookie: a=b", "//evil.example", "size=full&size=full"])
def test_the_way_back_is_an_address_of_the_picture(portal: Portal, query: str) -> None:
    number, bob = filed(portal)["number"], portal.signed_in("bob")
    page = f"/tickets/{number}"
    answer = post(bob, page, f"{page}/pictures/1/reason", reason="核对数据", query=query)

    assert answer.headers["location"].startswith(f"{page}/pictures/1")
    assert "set-cookie: a" not in str(answer.headers)


def test_the_listed_reasons_are_reasons() -> None:
    assert all(is_reason(reason) for reason in REASONS if reason != "其他")
