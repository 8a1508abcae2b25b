"""However a secret is written in a text, at whichever door: no page, list, search text or answer shows it, what stands
around it stays, and it opens again as it was typed.
"""

import re
from dataclasses import dataclass

import pytest

from portal.reports import current
from portal.sensitive_text.folding import folded
from portal.tickets.lookup import by_number
from tests.api.calls import V1, act, claimed, filed, post_report
from tests.factories import people
from tests.factories.portals import Portal, post

NUMBER = people.id_number(71)
WRONG = people.wrong_check_character(people.id_number(72))
OLD = people.id_number(73)[:6] + people.id_number(73)[8:17]


@dataclass(frozen=True)
class Written:
    """A text with one secret; `opened` is what a reveal gives, `pieces` are what nobody may read."""

    before: str
    secret: str
    after: str
    opened: str
    pieces: tuple[str, ...]

    @property
    def text(self) -> str:
        return f"打开随访表保存不了，{self.before}{self.secret}{self.after}请尽快处理"


WAYS = [
    Written("密碼：", "Qz8812!x", "，", "Qz8812!x", ("Qz88", "12!x")),
    Written("密\u00ad码：", "Qz88\u200b12!x", "；", "Qz88\u200b12!x", ("Qz88", "12!x")),
    Written("居民", f"{NUMBER[:9]}\u00ad{NUMBER[9:]}", "的表，", NUMBER, (NUMBER[:9], NUMBER[9:])),
    Written("号码\u202d", NUMBER, "\u202c打不开，", NUMBER, (NUMBER[3:14],)),
    Written("居民", WRONG, "查不到，", WRONG, (WRONG[3:14],)),
    Written("居民", OLD, "查不到，", OLD, (OLD[:8], OLD[8:])),
    Written("住院号：", "ZY00712345", "，", "ZY00712345", ("ZY007", "0071")),
    Written("（住院号", "０００７１２３４５", "），", "０００７１２３４５", ("０００７１", "0007123")),
    Written("请打", "13800\u200b138000", "，", "13800\u200b138000", ("13800", "0138")),
    Written("账号密码都是", "Ｑｚ８８１２！ｘ", "，", "Ｑｚ８８１２！ｘ", ("Ｑｚ８", "１２！")),
]


def shown(portal: Portal, receipt: dict[str, str]) -> list[str]:
    """All that people, lists and programs read of the ticket."""
    number, alice = receipt["number"], portal.signed_in("alice")
    with portal.runtime.database.read() as session:
        ticket = by_number(session, number)
        assert ticket
        rows = [ticket.excerpt, ticket.search_text]
    return [
        *rows,
        alice.get("/queues/general").text,
        alice.get(f"/tickets/{number}").text,
        portal.api("alice").get(f"{V1}/tickets/{number}").text,
        portal.api("alice").get(f"{V1}/tickets").text,
        post(portal.browser(), "/track", "/track", **receipt).text,
        portal.browser().post(f"{V1}/track", json=receipt).text,
    ]


def opened(portal: Portal, number: str, key: str) -> str:
    answer = act(portal.api("alice"), number, "reveals", field=key, reason="核对数据")
    assert answer.status_code == 200, answer.text
    return answer.json()["value"]


_CHANCE = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[A-Za-z0-9_-]{40,}")  # ids and tokens, which may hold any few digits


def assert_hidden(portal: Portal, receipt: dict[str, str], way: Written) -> None:
    for page in (_CHANCE.sub("", page) for page in shown(portal, receipt)):
        for piece in way.pieces:
            assert piece not in page, piece


@pytest.mark.parametrize("way", WAYS, ids=lambda way: ascii(way.before + way.secret))
def test_filed_by_the_form_or_the_api(portal: Portal, way: Written) -> None:
    answer = post_report(portal.browser(), description=way.text)
    assert answer.status_code == 201, answer.text
    receipt = {name: answer.json()[name] for name in ("number", "query_code")}
    assert_hidden(portal, receipt, way)
    claimed(portal.api("alice"), receipt["number"])
    assert opened(portal, receipt["number"], "description.1") == way.opened
    with portal.runtime.database.read() as session:
        ticket = by_number(session, receipt["number"])
        assert ticket
        stored = current.answers_of(session, ticket.report_id)["description"]
    begin, end = f"打开随访表保存不了，{way.before}", f"{way.after}请尽快处理"
    assert stored.startswith(begin) and stored.endswith(end)
    assert re.fullmatch(r"[0-9A-Za-z]{0,3}[*•]{4,11}[0-9A-Za-z０-９]{0,4}", stored[len(begin) : -len(end)])


@pytest.mark.parametrize("way", WAYS[1:3], ids=lambda way: ascii(way.before + way.secret))
def test_supplied_answered_or_noted_later(portal: Portal, way: Written) -> None:
    receipt = filed(portal)
    number, alice = receipt["number"], portal.api("alice")
    body = {"fields": ["form_name"], "message": "请写明表单", "version": claimed(alice, number)}
    assert act(alice, number, "information-request", **body).status_code == 200
    files = [("unknown_file", ("x.txt", b"x", "text/plain"))]
    data = {**receipt, "form_name": way.text[:90]}
    assert portal.browser().post(f"{V1}/track/supplement", data=data, files=files).status_code == 200
    note = {"text": way.text, "version": alice.get(f"{V1}/tickets/{number}").json()["version"]}
    assert act(alice, number, "notes", **note).status_code == 422, "its writer decides first"
    noted = act(alice, number, "notes", **note, seal_found=True)
    assert noted.status_code == 200, noted.text
    resolved = act(alice, number, "resolution", text="已恢复随访表", version=noted.json()["version"])
    assert resolved.status_code == 200, resolved.text
    said = portal.browser().post(f"{V1}/track/confirmation", json={**receipt, "solved": False, "comment": way.text})
    assert said.status_code == 200, said.text
    assert_hidden(portal, receipt, way)
    kept = alice.get(f"{V1}/tickets/{number}").json()["found"]
    assert len(kept) == 3
    # A line of its own, such as the name of a form, keeps nothing invisible.
    assert {opened(portal, number, value["key"]) for value in kept} <= {way.opened, folded(way.opened).text}
