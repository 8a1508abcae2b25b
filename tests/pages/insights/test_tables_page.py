"""导出台账: the page's file is the API's, the queue's list goes along with its filter, faults keep what was typed."""

import re
from html import unescape
from urllib.parse import unquote

import pytest
from sqlalchemy import select, update

from portal.accounts import users
from portal.accounts.models import User
from portal.audit.actor import SYSTEM
from portal.audit.models import AuditEvent
from tests.factories.complaints import LEGAL, MANAGERS, add_people
from tests.factories.portals import post
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
PAGE, API = "/insights/tables", "/api/v1/exports"
FIELDS = {"table": "problems", "from": "2026-01-01", "to": "2099-12-31", "queue": "all", "reason": "月度例会汇报"}


def told(portal):
    with portal.runtime.database.read() as session:
        return session.scalars(select(AuditEvent).order_by(AuditEvent.seq.desc()).limit(1)).one().particulars


def test_page_and_api_hand_out_the_same_file_and_record_it(portal):
    file_report(portal.runtime)
    leo = portal.signed_in("leo")
    shown = leo.get(PAGE).text
    assert "客户来电记录表" in shown and "顾客投诉登记表" not in shown and "用 Excel 打开请下载 XLSX" in shown
    by_page = post(leo, PAGE, PAGE, **FIELDS, format="csv")
    body = {name: value for name, value in FIELDS.items() if name != "table"}
    by_api = portal.api("leo").post(f"{API}/problems.csv", json=body)
    assert by_page.content == by_api.content and by_page.content.startswith(b"\xef\xbb\xbf")
    assert by_page.headers["x-row-count"] == "1" and by_page.headers["content-type"].startswith("text/csv")
    name = unquote(by_page.headers["content-disposition"].partition("''")[2])
    assert name == "客户问题记录表 2026-01-01至2099-12-31 leo.csv" and "no-store" in by_page.headers["cache-control"]
    days = {"first_day": "2026-01-01", "last_day": "2099-12-31"}
    assert told(portal) == {"table": "客户问题记录表", "format": "csv", "rows": 1, **days}
    packed = portal.api("leo").post(f"{API}/problems.xlsx", json=body)
    assert packed.content[:2] == b"PK" and "spreadsheetml" in packed.headers["content-type"]
    assert "导出台账" in leo.get("/review?action=table:export").text


def test_faults_stand_beside_their_fields_and_what_was_typed_stays(portal):
    leo = portal.signed_in("leo")
    refused = post(leo, PAGE, PAGE, **{**FIELDS, "from": "", "to": "2026-13-01", "reason": "好"}, format="xlsx")
    assert refused.status_code == 422 and "有 3 处需要修改" in refused.text
    assert 'value="problems" checked' in re.sub(r"\s+", " ", refused.text) and 'value="好"' in refused.text
    nothing = post(leo, PAGE, PAGE, **{**FIELDS, "table": "", "to": "", "reason": ""}).text
    assert "有 3 处需要修改" in nothing and "请选择要导出的表" in nothing
    answer = portal.api("leo").post(f"{API}/calls.csv", json={"from": "2026-01-01"})
    assert answer.status_code == 422
    assert {fault["field"] for fault in answer.json()["errors"]} == {"to", "reason"}


def test_the_list_of_a_queue_goes_along_with_its_filter(portal):
    first, other = (file_report(portal.runtime).number for _ in range(2))
    his = file_report(portal.runtime, "his").number
    leo = portal.signed_in("leo")
    queue = unescape(leo.get("/queues/general?state=all&urgency=normal&q=随访").text)
    where = re.search(r'href="(/insights/tables\?list=[^"]+)"', queue)[1]
    page = leo.get(where).text
    assert "紧急程度 一般" in page and "查找 随访" in page
    listed = unescape(re.search(r'name="list" value="([^"]+)"', page)[1])
    fields = {"table": "tickets", "from": "", "to": "", "reason": "核对列表", "list": listed, "format": "csv"}
    rows = post(leo, PAGE, PAGE, **fields).text
    assert first in rows and other in rows and his not in rows
    assert told(portal)["listed"] == ["state:all", "urgency:normal", "q:随访"] and told(portal)["queue"] == "general"
    assert "随访" not in leo.get("/queues/his?q=没有的词").text.partition("viewbar__end")[2]
    none = post(leo, PAGE, PAGE, **{**fields, "list": "general?state=closed"})
    assert none.headers["x-row-count"] == "0"
    api = portal.api("leo").post(f"{API}/tickets.csv", json={"reason": "核对列表", "q": "随访", "urgency": "urgent"})
    assert api.headers["x-row-count"] == "0"


def test_others_may_take_no_tables_and_the_lawyer_two(portal):
    add_people(portal.runtime, MANAGERS | LEGAL)
    body = {name: value for name, value in FIELDS.items() if name != "table"}
    for name in ("alice", "agnes", "ada"):
        assert portal.signed_in(name).get(PAGE).status_code == 403
        assert portal.api(name).post(f"{API}/problems.csv", json=body).status_code == 403
    lena = portal.signed_in("lena").get(PAGE).text
    assert lena.count('type="radio"') == 2 and "顾客投诉登记表" in lena
    assert portal.api("lena").post(f"{API}/problems.csv", json=body).status_code == 404
    assert portal.signed_in("mona").get(PAGE).text.count('type="radio"') == 9


def test_a_duty_that_ends_ends_the_tables_that_it_gave(portal):
    add_people(portal.runtime, LEGAL)
    lena, page = portal.api("lena"), portal.signed_in("lena")
    body = {name: value for name, value in FIELDS.items() if name != "table"}
    assert lena.post(f"{API}/complaints.csv", json=body).status_code == 200
    with portal.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "lena").values(duties=[]))
    assert lena.post(f"{API}/complaints.csv", json=body).status_code == 403
    assert page.get(PAGE).status_code == 403


def test_a_token_that_only_reads_takes_tables_and_one_without_reading_none(portal):
    body = {name: value for name, value in FIELDS.items() if name != "table"}
    for scope, status in (("read", 200), ("file", 403), ("work", 403), ("audit", 403)):
        with portal.runtime.database.transaction() as session:
            token = users.add_token(session, SYSTEM, name=scope, username="leo", scopes=(scope,))
        client = portal.browser()
        client.headers["authorization"] = f"Bearer {token}"
        assert client.post(f"{API}/problems.csv", json=body).status_code == status, scope
