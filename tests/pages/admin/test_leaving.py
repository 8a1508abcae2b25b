"""停用 with everything that a person can hold: all of it is named before and after, and goes on in other hands."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock, worker
from portal.accounts.models import ApiToken, StaffSession, User
from portal.accounts.principal import principal_of
from portal.acts.models import AssignmentOffer, ReplyDraft
from portal.acts.own_reminders import REMIND_ME
from portal.acts.reply_drafts import ASK_DRAFT
from portal.acts.table import CLAIM, OFFER
from portal.acts.urgency import URGENCY
from portal.acts.voiding import ASK_VOID
from portal.audit.models import AuditEvent
from portal.audit.tags import Tag
from portal.collaboration.states import CollaborationState as C
from portal.complaints.names import ComplaintState
from portal.db import new_id
from portal.escalation.models import DutyShift
from portal.follow_up.call_backs.models import CallBack
from portal.institutions.models import DirectoryEntry
from portal.knowledge.articles.states import RETURN, SUBMIT
from portal.today import today_sections
from tests.acts.desk import Desk
from tests.factories.articles import Shelf
from tests.factories.call_backs import call_back, call_back_now, resolved_ticket
from tests.factories.collaborations import Case as Asked
from tests.factories.complaints import MANAGERS, Case, add_people
from tests.factories.directories import add_entry
from tests.factories.portals import Portal, post

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
HELD = (
    "等对方接手的转交 1", "等审核或等发送的回复 1", "等决定的作废申请 1", "给自己的提醒 1", "派发的协作 1",
    "没有确认的提醒 1", "没有完成的回访 1", "没有写完或审核完的知识条目 1", "维护的机构 1", "以后的值班 1",
)  # fmt: skip


def user_of(portal: Portal, name: str) -> User:
    with portal.runtime.database.read() as session:
        return session.scalars(select(User).where(User.username == name)).one()


def today(portal: Portal, name: str, section: str) -> list[tuple[str, str]]:
    with portal.runtime.database.read() as session:
        found = today_sections.read(session, principal_of(user_of(portal, name)), clock.now())
    return [(line.number, line.words) for one in found if one.name == section for line in one.lines]


def hold_everything(portal: Portal) -> tuple[Desk, CallBack, Shelf]:
    """For alice, an engineer."""
    runtime, alice = portal.runtime, user_of(portal, "alice")
    asked = Asked(runtime)
    asked.bring_to(C.ANSWERED)
    asked.desk.act(ASK_DRAFT, text="已改好，请刷新后再试一次")
    asked.desk.act(REMIND_ME, at=(clock.now() + timedelta(hours=3)).isoformat(), text="问药房")
    void = Desk(runtime)
    void.act(CLAIM)
    void.act(ASK_VOID, kind="invalid", text="不是问题")
    offered = Desk(runtime)
    offered.act(CLAIM, "bob")
    offered.act(OFFER, "bob", assignee="alice", text="您熟悉这个接口")
    urgent = Desk(runtime)
    urgent.act(CLAIM, "bob")
    shelf = Shelf(runtime)
    shelf.make()
    shelf.take(SUBMIT, "alice")
    shelf.take(RETURN, "leo", note="请补上截图说明")
    entry, row = add_entry(runtime), call_back(runtime, resolved_ticket(runtime, owner="bob"))
    now = clock.now()
    with runtime.database.transaction() as session:
        session.execute(update(DirectoryEntry).where(DirectoryEntry.id == entry.id).values(keeper_id=alice.id))
        session.execute(update(CallBack).where(CallBack.id == row.id).values(owner_id=alice.id))
        shift = {"starts_at": now - timedelta(hours=1), "ends_at": now + timedelta(days=1)}
        session.add(DutyShift(id=new_id(), queue="general", user_id=alice.id, **shift))
    urgent.act(URGENCY, "bob", urgency="critical", reason="接诊停了")
    return asked.desk, call_back_now(runtime, row.id), shelf


def test_everything_is_named_and_goes_on(portal: Portal) -> None:
    runtime, alice = portal.runtime, user_of(portal, "alice")
    desk, row, shelf = hold_everything(portal)
    browser, api = portal.signed_in("alice"), portal.api("alice")
    assert api.get("/api/v1/today").status_code == 200
    ada, page = portal.signed_in("ada"), f"/admin/people/{alice.id}"
    before = ada.get(page).text
    assert [words for words in HELD if words not in before] == []
    done = post(ada, page, f"{page}/disable")
    assert done.status_code == 303 and f'href="{page}"' in ada.get(done.headers["location"]).text
    after = ada.get(page).text
    assert [words for words in HELD if words not in after] == []

    assert browser.get("/desk/today").status_code in (303, 401)
    assert api.get("/api/v1/today").status_code == 401
    worker.work_round(runtime)
    with runtime.database.read() as session:
        assert session.scalars(select(StaffSession).where(StaffSession.user_id == alice.id)).first() is None
        assert session.scalars(select(ApiToken).where(ApiToken.user_id == alice.id)).first() is None
        assert session.scalars(select(AssignmentOffer.status)).one() == "withdrawn"
        owner_id = session.get_one(CallBack, row.id).owner_id
        assert owner_id not in (None, alice.id)
        revoked = select(AuditEvent.particulars).where(AuditEvent.tag == Tag.TOKEN_REVOKED.value)
        assert [row["username"] for row in session.scalars(revoked)] == ["alice"]
    handover = portal.signed_in("leo").get("/desk/handover").text
    assert handover.count("（已停用）") == 2 and desk.number in handover
    assert [words for _, words in today(portal, "leo", "decisions")]
    assert today(portal, "leo", "articles") == [
        (shelf.number, "退回后作者张工已停用或不再写条目，请您接着修改或停用这一条")
    ]
    desk.act(CLAIM, "bob")
    with runtime.database.read() as session:
        assert session.scalars(select(ReplyDraft.status)).one() == "withdrawn"
    assert today(portal, "bob", "collaborations") != []


def test_a_case_whose_handler_left_is_before_every_manager(portal: Portal) -> None:
    runtime = portal.runtime
    add_people(runtime, MANAGERS)
    desk = Desk(runtime)
    desk.act(CLAIM)
    case = Case.by_clinic(runtime, desk.ticket.id)
    case.act("handler", "mona", handler="agnes", owner="mona")
    assert today(portal, "max", "complaints") == []
    ada, page = portal.signed_in("ada"), f"/admin/people/{user_of(portal, 'agnes').id}"
    assert case.number not in ada.get(page).text
    assert post(ada, page, f"{page}/disable").status_code == 303
    assert case.number not in ada.get(page).text
    for name in MANAGERS:
        assert today(portal, name, "complaints") == [(case.number, "判断中，处理人已停用或不再处理投诉，请另外指定")]
    case.act("handler", "max", handler="")
    assert today(portal, "max", "complaints")[0][1] == "判断中"
    page = f"/admin/people/{user_of(portal, 'mona').id}"
    assert post(ada, page, f"{page}/disable").status_code == 303
    assert today(portal, "max", "complaints") == [(case.number, "判断中，负责人已停用或不再处理投诉，请另外指定")]
    case.act("handler", "max", handler="", owner="max")
    assert case.bring_to(ComplaintState.UPHELD, owner="max").row.owner_id == user_of(portal, "max").id
