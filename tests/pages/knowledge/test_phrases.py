"""The page of phrases and words for leads and readers, and the hints that the ticket page's script asks for."""

import re

from tests.factories.portals import Portal, post
from tests.factories.ticket_pages import token_of


def test_leads_keep_phrases_with_their_days(portal: Portal):
    leo, page = portal.signed_in("leo"), "/phrases"
    wrong = post(leo, page, page, place="reply", title="", text="{密码}", valid_from="元旦")
    assert wrong.status_code == 422
    for sentence in ("请填写名称", "花括号里只能写", "日期看不懂"):
        assert sentence in wrong.text
    assert "{密码}" in wrong.text
    added = post(leo, page, page, place="call", title="春节", text="新年好！<b>", valid_until="2026-01-03")
    assert added.status_code == 303
    shown = leo.get(added.headers["location"]).text
    assert "已过期" in shown and "新年好！&lt;b&gt;" in shown
    one = re.search(r'href="(/phrases/[0-9a-f-]{36})">修改<span class="visually-hidden">春节', shown)[1]
    assert "2026-01-03" in leo.get(one).text
    assert post(leo, one, one, place="call", title="春节", text="新年好！").status_code == 303
    stale = leo.post(
        one, data={"csrf": token_of(leo), "version": "1", "place": "call", "title": "春节", "text": "别的"}
    )
    assert stale.status_code == 409 and "别的" in stale.text and "新年好！" in stale.text
    assert post(leo, one, f"{one}/rise").status_code == 303
    assert post(leo, one, f"{one}/disable").status_code == 303
    agnes = portal.signed_in("agnes")
    seen = agnes.get(page).text
    assert "春节" in seen and "修改" not in seen and agnes.get(one).status_code == 403


def test_leads_keep_words(portal: Portal):
    leo, page = portal.signed_in("leo"), "/phrases/words"
    wrong = post(leo, page, page, pattern="新词", advice="", kind="plain", exceptions="别的")
    assert wrong.status_code == 422 and "请写明换成什么说法" in wrong.text and "都要包含“新词”" in wrong.text
    added = post(
        leo, page, page, pattern="新词", advice="旧词", kind="plain", exceptions="新词典、最新词", is_whole="1"
    )
    shown = leo.get(added.headers["location"]).text
    one = re.search(r'href="(/phrases/words/[0-9a-f-]{36})">修改<span class="visually-hidden">新词', shown)[1]
    assert "新词典、最新词" in leo.get(one).text
    assert post(leo, one, one, pattern="新词", advice="旧的说法", kind="plain").status_code == 303
    assert hinted(portal, "新词好", "reply") == [{"start": 0, "end": 2, "advice": "旧的说法"}]
    assert post(leo, one, f"{one}/disable").status_code == 303
    assert hinted(portal, "新词好", "reply") == []


def hinted(portal: Portal, text: str, place: str) -> list[dict]:
    alice = portal.signed_in("alice")
    answer = alice.post("/hints", data={"csrf": token_of(alice), "place": place, "text": text})
    assert answer.status_code == 200 and "no-store" in answer.headers["cache-control"]
    return answer.json()["hints"]


def test_hints_for_public_texts_only(portal: Portal):
    (hint,) = hinted(portal, "你好", "reply")
    assert hint == {"start": 0, "end": 1, "advice": "请用“您”"}
    assert hinted(portal, "你好", "note") == [] == hinted(portal, "你好", "x")
