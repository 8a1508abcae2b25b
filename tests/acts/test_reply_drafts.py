"""请主管审核: asked, decided by another person, sent unchanged by its author, and never by itself."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from portal import clock
from portal.accounts.models import User
from portal.acts import reply_drafts
from portal.acts.models import ReplyDraft
from portal.acts.reply_drafts import ASK_DRAFT, DECIDE_DRAFT, SEND_DRAFT, DraftState
from portal.acts.staff_texts import SensitiveTextError
from portal.acts.table import ASSIGN, CLAIM, RELEASE, REPLY, RESOLVE, TRANSFER
from portal.calendar import working_time
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.escalation.models import AlertSeries
from portal.notify.models import StaffNotice
from portal.progress.hooks import _HOOKS, Moment
from tests.acts.desk import Desk
from tests.factories.people import id_number

TEXT = "请更换读卡器后重试，再不行我们上门"


@pytest.fixture
def desk(portal):
    made = Desk(portal.runtime)
    made.act(CLAIM)
    return made


def ask(desk, text=TEXT):
    """The id of the new draft."""
    desk.act(ASK_DRAFT, text=text)
    return drafts(desk)[-1].id


def decide(desk, draft, who="leo", approved=True, note=""):
    return desk.act(DECIDE_DRAFT, who, draft=str(draft), approved=approved, note=note)


def send(desk, draft, who="alice"):
    return desk.act(SEND_DRAFT, who, draft=str(draft))


def drafts(desk):
    with desk.runtime.database.read() as session:
        return session.scalars(select(ReplyDraft).order_by(ReplyDraft.asked_at)).all()


def states(desk):
    return [draft.status for draft in drafts(desk)]


def public_texts(desk):
    return [line.text for line in desk.entries() if line.is_public]


def unseen(desk, who):
    mine = select(StaffNotice.event).join(User, User.id == StaffNotice.user_id)
    with desk.runtime.database.read() as session:
        return session.scalars(mine.where(User.username == who, StaffNotice.seen_at.is_(None))).all()


def running_alerts(desk):
    with desk.runtime.database.read() as session:
        return session.scalars(select(AlertSeries.cause).where(AlertSeries.ended_at.is_(None))).all()


def test_asking_changes_nothing_of_the_ticket_and_shows_the_clinic_nothing(desk):
    before = desk.ticket
    ask(desk)
    after = desk.ticket
    assert (after.state, after.version, after.reply_due_at, after.first_replied_at, after.paused_at) == (
        before.state, before.version, before.reply_due_at, None, None,
    )  # fmt: skip
    assert TEXT not in "".join(public_texts(desk))
    assert (desk.events()[-1], unseen(desk, "leo"), unseen(desk, "alice")) == ("draft-asked", ["draft-asked"], [])


def test_an_approval_sends_nothing_and_one_press_of_the_author_sends_the_very_text(desk):
    draft = ask(desk)
    decide(desk, draft, note="可以")
    assert TEXT not in "".join(public_texts(desk)) and desk.ticket.first_replied_at is None
    assert (unseen(desk, "alice"), unseen(desk, "leo")) == (["draft-decided"], [])
    send(desk, draft)
    assert public_texts(desk)[-1] == TEXT
    assert "可以" not in "".join(public_texts(desk))
    assert desk.ticket.reply_outcome == "met" and desk.events()[-1] == "replied"
    row = desk.rows()[-1]
    assert (row.tag, row.particulars) == ("ticket:reply", {"approver": "孙主管"})
    with pytest.raises(ConflictError, match="已经发送"):
        send(desk, draft)
    assert public_texts(desk).count(TEXT) == 1


def test_a_returned_one_is_changed_and_asked_anew(desk):
    draft = ask(desk)
    with pytest.raises(InvalidError) as refused:
        decide(desk, draft, approved=False)
    assert [(fault.field, fault.code) for fault in refused.value.faults] == [("note", "required")]
    decide(desk, draft, approved=False, note="先说原因")
    with pytest.raises(ConflictError, match="退回"):
        send(desk, draft)
    again = ask(desk, "驱动太旧，请更换读卡器")
    assert states(desk) == ["withdrawn", "asked"]
    decide(desk, again)
    send(desk, again)
    assert public_texts(desk)[-1] == "驱动太旧，请更换读卡器"


def test_any_change_is_a_new_draft_that_needs_a_lead_again(desk):
    approved = ask(desk)
    decide(desk, approved)
    ask(desk, "换一种说法")
    with pytest.raises(ConflictError, match="换成新的"):
        send(desk, approved)
    assert states(desk) == ["withdrawn", "asked"]


def test_nothing_that_is_not_approved_is_sent(desk):
    draft = ask(desk)
    with pytest.raises(ConflictError, match="还没有决定"):
        send(desk, draft)
    other = Desk(desk.runtime)
    other.act(CLAIM)
    decide(desk, draft)
    with pytest.raises(NotFoundError):
        send(other, draft)  # a draft of another ticket
    assert "approved" in states(desk)


def test_only_a_lead_of_the_queue_who_is_not_the_author_decides(desk):
    draft = ask(desk)
    for who in ("alice", "bob", "agnes"):
        with pytest.raises(ForbiddenError):
            decide(desk, draft, who)
    with pytest.raises((NotFoundError, ForbiddenError)):
        decide(desk, draft, "hanna")
    with desk.runtime.database.transaction() as session:
        leo = select(User.id).where(User.username == "leo").scalar_subquery()
        session.execute(update(ReplyDraft).values(author_id=leo))
    with pytest.raises(InvalidError) as refused:
        decide(desk, draft, "leo")
    assert [fault.code for fault in refused.value.faults] == ["same_person"]
    assert states(desk) == ["asked"]


def test_of_two_leads_at_once_one_decides(desk):
    draft = ask(desk)
    version = desk.ticket.version
    with desk.runtime.database.transaction() as session:
        session.execute(update(User).where(User.username == "bob").values(role="lead"))

    def one(who):
        try:
            given = {"draft": str(draft), "approved": who == "leo", "note": "先说原因"}
            desk.act(DECIDE_DRAFT, who, version, **given)
        except ConflictError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(one, ("leo", "bob"))) == ["already_decided", "done"]
    [kept] = drafts(desk)
    assert (kept.status == "approved") == (kept.decided_by_name == "孙主管")


def test_a_secret_is_asked_about_and_then_sealed(desk):
    secret = id_number(71)
    with pytest.raises(SensitiveTextError):
        ask(desk, f"请核对 {secret} 的登记")
    assert drafts(desk) == []


@pytest.mark.parametrize(
    "leave",
    [
        lambda desk: desk.act(ASSIGN, "leo", assignee="bob", order=True, reason="先处理急的"),
        lambda desk: desk.act(RELEASE),
        lambda desk: desk.act(TRANSFER, "leo", queue="his", text="结算的问题"),
        Desk.void,
    ],
    ids=["handed", "released", "moved", "void"],
)
def test_it_ends_with_the_authors_ticket(desk, leave):
    ask(desk)
    leave(desk)
    assert states(desk) == ["withdrawn"]
    assert "draft-asked" not in unseen(desk, "leo")


def test_it_stays_while_the_ticket_only_waits(desk):
    draft = ask(desk)
    decide(desk, draft)
    desk.act(RESOLVE, text="已恢复，请刷新")
    send(desk, draft)
    assert desk.ticket.state == "awaiting_confirmation" and states(desk) == ["sent"]


def test_a_stale_page_of_the_author_sends_nothing(desk):
    draft = ask(desk)
    decide(desk, draft)
    before = desk.ticket.version
    desk.act(REPLY, text="在看")
    with pytest.raises(ConflictError, match="您编辑期间"):
        desk.act(SEND_DRAFT, version=before, draft=str(draft))
    assert states(desk) == ["approved"]


def test_after_a_working_day_undecided_it_is_announced_once(desk, monkeypatch):
    told = []
    info = desk.runtime.database.session_info
    hooks = info[_HOOKS]
    seen = ((Moment.DRAFT_WAITING, lambda session, ticket: told.append(ticket.number)),)
    monkeypatch.setitem(info, _HOOKS, replace(hooks, listeners=(*hooks.listeners, *seen)))
    ask(desk)
    assert reply_drafts.run(desk.runtime) == 0
    [draft] = drafts(desk)
    with desk.runtime.database.read() as session:
        assert draft.waits_until == working_time.load(session).add_days(draft.asked_at, 1)
    with desk.runtime.database.transaction() as session:
        session.execute(update(ReplyDraft).values(waits_until=clock.now() - timedelta(seconds=1)))
    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(lambda _: reply_drafts.run(desk.runtime), range(3))) == 1
    assert (told, reply_drafts.run(desk.runtime)) == ([desk.number], 0)
    assert running_alerts(desk) == ["draft-waiting"]
    decide(desk, draft.id)
    assert running_alerts(desk) == []


def test_a_decided_one_is_never_announced(desk):
    decide(desk, ask(desk), approved=False, note="先说原因")
    with desk.runtime.database.transaction() as session:
        session.execute(update(ReplyDraft).values(waits_until=clock.now() - timedelta(days=1)))
    assert reply_drafts.run(desk.runtime) == 0 and states(desk) == [DraftState.RETURNED.value]
