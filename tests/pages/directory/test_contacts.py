"""The institution's page and its contacts, for the lead, its keeper and everybody else; keepers given on their page."""

import re

from sqlalchemy import update

from portal.institutions.models import DirectoryEntry
from portal.tickets.models import Ticket
from tests.acts.desk import Desk
from tests.factories.cast import actor
from tests.factories.contacts import NAME, PHONE, add_contact
from tests.factories.directories import add_entry
from tests.factories.portals import Portal, post


def test_the_keeper_enters_reveals_and_ends_a_contact(portal: Portal):
    entry = add_entry(portal.runtime, keeper="旧人")
    page = f"/institutions/{entry.id}"
    leo, agnes, alice = portal.signed_in("leo"), portal.signed_in("agnes"), portal.signed_in("alice")
    assert "旧人（名单里没有这个人）" in leo.get(page).text
    fields = {"county": "高唐县", "town": "杨屯乡", "village": "张四屯卫生室", "level": "village", "is_key": "1"}
    assert post(leo, page, page, **fields, keeper="赵坐席").status_code == 303
    shown = agnes.get(page).text
    assert "赵坐席" in shown and "名单里没有" not in shown and "重点" in shown and "名称和维护" not in shown
    assert entry.name in agnes.get("/institutions?own=1&key=1").text
    assert re.search(r'href="/call-backs/[0-9a-f-]{36}"', shown) and "/call-backs/" not in alice.get(page).text
    assert entry.name not in alice.get("/institutions?own=1").text
    assert alice.get(f"{page}/contacts/new").status_code == 403

    form = agnes.get(f"{page}/contacts/new").text
    assert "请先告诉对方" in form and "当即销毁" in form
    wrong = post(agnes, f"{page}/contacts/new", f"{page}/contacts", name="", phone="12", role="公卫专干")
    assert wrong.status_code == 422 and "请填写联系人" in wrong.text and "公卫专干" in wrong.text
    added = post(agnes, f"{page}/contacts/new", f"{page}/contacts", name=NAME, phone=PHONE, may_be_called="1")
    assert added.headers["location"] == f"{page}?done=contact-added"
    shown = agnes.get(added.headers["location"]).text
    assert "139****0017" in shown and PHONE not in shown and NAME not in shown
    contact = re.search(rf"{page}/contacts/([0-9a-f-]{{36}})", shown)[0]

    assert "只有这个机构的维护人" in alice.get(contact).text and "修改" not in alice.get(contact).text
    assert "查看（留记录）" not in leo.get(contact).text
    asked = post(agnes, contact, f"{contact}/reveals", field="contact_phone")
    assert asked.status_code == 422 and "请选择查看原因" in asked.text and PHONE not in asked.text
    revealed = post(agnes, contact, f"{contact}/reveals", field="contact_phone", reason="核对数据")
    assert PHONE in revealed.text and "no-store" in revealed.headers["cache-control"]
    assert revealed.headers["refresh"].endswith(contact)
    refused = alice.post(
        f"{contact}/reveals", data={"csrf": _token(alice), "field": "contact_phone", "reason": "核对数据"}
    )
    assert refused.status_code == 403 and PHONE not in refused.text

    assert post(agnes, contact, f"{contact}/verify").status_code == 303
    assert post(agnes, page, f"{page}/verify").status_code == 303
    assert alice.post(f"{page}/verify", data={"csrf": _token(alice)}).status_code == 403
    changed = post(agnes, contact, contact, phone="13900000025", preferred_time="上午", may_be_called="")
    assert changed.status_code == 303
    shown = agnes.get(page).text
    assert "139****0025" in shown and "请勿来电" in shown and "上午" in shown
    old = agnes.post(contact, data={"csrf": _token(agnes), "version": "1", "preferred_time": "下午"})
    assert old.status_code == 409 and "下午" in old.text
    assert post(agnes, contact, f"{contact}/end").status_code == 303
    assert agnes.get(contact).status_code == 404 and "139****0025" not in agnes.get(page).text


def _token(browser) -> str:
    return re.search(r'name="csrf" value="([^"]+)"', browser.get("/account").text)[1]


def test_the_page_lists_the_tickets_of_the_readers_queues(portal: Portal):
    entry, desk = add_entry(portal.runtime), Desk(portal.runtime)
    add_contact(portal.runtime, entry)
    with portal.runtime.database.transaction() as session:
        session.execute(update(Ticket).values(institution_id=entry.id))
    page = f"/institutions/{entry.id}"
    seen = {name: desk.ticket.number in portal.signed_in(name).get(page).text for name in ("alice", "hanna", "ada")}
    assert seen == {"alice": True, "hanna": False, "ada": False}


def test_a_lead_changes_and_confirms_the_proposal(portal: Portal):
    entries = [add_entry(portal.runtime, village=f"样例{n}卫生室") for n in (1, 2, 3)]
    leo, page = portal.signed_in("leo"), "/institutions/keepers"
    shown = leo.get(page).text
    assert "全部还有 3 个机构没有维护人" in shown and "确认这 3 个" in shown and "赵坐席" in shown
    alice = str(actor(portal.runtime, "alice").user_id)
    ids = [str(entry.id) for entry in entries]
    short = post(leo, page, page, institution=ids, keeper=[alice])
    assert short.status_code == 422 and "名单不完整" in short.text
    odd = post(leo, page, page, institution=ids[:1], keeper=["x"])
    assert odd.status_code == 422
    done = post(leo, page, page, institution=ids, keeper=[alice, "", alice])
    assert done.headers["location"] == f"{page}?given=2"
    shown = leo.get(done.headers["location"]).text
    assert "已分配 2 个机构" in shown and "全部还有 1 个" in shown
    digest = re.search(r'name="digest" value="(\w+)"', shown)[1]
    add_entry(portal.runtime, village="又一个卫生室")
    late = post(leo, page, page, all="1", digest=digest)
    assert late.status_code == 409 and "有了变动" in late.text
    digest = re.search(r'name="digest" value="(\w+)"', late.text)[1]
    assert post(leo, page, page, all="1", digest=digest).headers["location"] == f"{page}?given=2"
    with portal.runtime.database.read() as session:
        assert all(row.keeper_id for row in session.query(DirectoryEntry))
    assert portal.signed_in("ada").get(page).status_code == 403
