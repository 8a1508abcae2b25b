"""The table of acts: who may, from which state, what is written; and that no act or move stands outside it."""

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

import portal
from portal import clock
from portal.accounts.roles import GRANTS, Role
from portal.acts import table, voiding
from portal.acts.act import Act, Whose
from portal.acts.archiving import ARCHIVE
from portal.acts.links import LINK, UNLINK
from portal.acts.models import AssignmentOffer, ReplyDraft, TicketLink
from portal.acts.promises import PROMISE
from portal.acts.reply_drafts import ASK_DRAFT, DECIDE_DRAFT, SEND_DRAFT
from portal.acts.table import ACCEPT_OFFER, ASSIGN, CLAIM, DECLINE_OFFER, OFFER, WITHDRAW_OFFER
from portal.acts.text_messages import STOP_TEXTS
from portal.acts.voiding import ASK_VOID, DECIDE_VOID
from portal.casefile import acts
from portal.collaboration.dispatching import DISPATCH_TO
from portal.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from portal.follow_up.models import Survey
from portal.kinds.contact_fields import SMS_NOTICE
from portal.notify.recipients import RULES, Concern
from portal.progress import hooks
from portal.progress.hooks import Hooks, Objection, ObjectionError
from portal.progress.lifecycle import Move
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState
from tests.acts.desk import Desk
from tests.factories.cast import CAST, DEPARTMENT
from tests.factories.reports import file_report

pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def given(act: Act, runtime: Any) -> dict[str, Any]:
    """Good values for an act's inputs."""
    values = {
        "text": "我们核对过了", "message": "请写清楚", "reason": "全院停摆", "fields": ["form_name"], "queue": "his",
        "assignee": "bob", "urgency": "urgent", "into": "", "passage": "随访表", "kind": "other", "field": "",
        "at": (clock.now() + timedelta(days=1)).isoformat(), "way": "phone", "approved": False, "note": "还在处理",
        "identity_method": "callback", "order": True, "offer": str(newest_offer(runtime)), "keeps": [], "articles": [],
        "replaces": "",
        "coordination": "cross_province", "origin": "internal",
        "draft": str(newest_draft(runtime)),
        "expected_at": (clock.now() + timedelta(days=5)).isoformat(),
        "leftover": "打印还不行", "promise.text": "告诉您打印的结果", "steps": "先核对，再修复", "time_needed": "一天",
        "expected_result": "可以保存", "promise.due_at": (clock.now() + timedelta(days=1)).isoformat(),
        "department": DEPARTMENT, "ask": "请核对处方接口昨晚的日志", "is_urgent": False, "show_institution": False,
        "channel": "phone", "began_at": "", "is_public": False, "request_type": None, "module": None,
        "summary": "保存不了", "first_opinion": None, "remark": None, "needs_soothing": None, "recording_ref": None,
        "as_promise": True, "outcome": "await", "root_cause": "misuse", "improvement": "",
        "scale": "s3", "label": "满意", "comment": "", "rating.label": "", "rating.scale": "s0", "rating.reason": "",
        "decision": "uphold", "due_at": (clock.now() + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    if act is ASK_VOID:
        values["kind"] = "test"
    if act is DISPATCH_TO:
        values["kind"] = "help"
    if act is PROMISE:
        values["kind"] = "promise"
    if act is CLAIM or act.name == "record_rating":
        values["reason"] = ""
    if act.other:
        values[act.other] = file_report(runtime).number
    if act is LINK:
        values["kind"] = "follows"
    if act is UNLINK:
        values["number"] = newest_link(runtime) or values["number"]
    return {asked.name: values[asked.name] for asked in act.inputs}


def newest_draft(runtime: Any) -> UUID | None:
    with runtime.database.read() as session:
        return session.scalars(select(ReplyDraft.id).order_by(ReplyDraft.asked_at.desc()).limit(1)).first()


def newest_link(runtime: Any) -> str | None:
    """The number at its other end."""
    with runtime.database.read() as session:
        end = select(Ticket.number).join(TicketLink, TicketLink.b_id == Ticket.id)
        return session.scalars(end.order_by(TicketLink.at.desc()).limit(1)).first()


def newest_offer(runtime: Any) -> UUID | None:
    with runtime.database.read() as session:
        newest = select(AssignmentOffer.id).order_by(AssignmentOffer.offered_at.desc()).limit(1)
        return session.scalars(newest).first()


def declared(kind: type) -> Iterator[Any]:
    """Every act or move that a module of the portal holds."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if not module.name.endswith("__main__"):
            yield from (value for value in vars(importlib.import_module(module.name)).values() if type(value) is kind)


def test_every_act_and_every_move_of_the_portal_is_in_the_table(backend: str) -> None:
    assert {act.name for act in declared(Act)} == set(acts.BY_NAME)
    assert {move.name for move in declared(Move)} <= set(acts.TITLES)
    names = [act.name for act in acts.ACTS]
    assert sorted(names) == sorted(set(names))
    for group in acts.by_path().values():
        assert len({act.permission for act in group}) == 1
        assert len(group) == 1 or all(act.chosen_by for act in group)


def test_no_internal_act_tells_the_clinic(backend: str) -> None:
    internal = [act for act in acts.ACTS if act.event and not act.move.is_public]

    assert [act.name for act in internal if Concern.CLINIC in RULES[act.event]] == []


def prepare(desk: Desk, act: Act) -> None:
    """What must be there before it: what a lead can decide, an offer that is open, what somebody undoes."""
    if act in ON_OFFERS and TicketState(desk.ticket.state) in OFFER.move.leads:
        desk.act(OFFER, "leo", assignee="bob", text="只差回访")
    if act is DECIDE_VOID and desk.ticket.state in ("in_progress", "awaiting_information"):
        desk.act(ASK_VOID, kind="test", text="不是问题")
    if act in (DECIDE_DRAFT, SEND_DRAFT) and TicketState(desk.ticket.state) in ASK_DRAFT.move.leads:
        desk.act(ASK_DRAFT, text="请更换读卡器后重试")
    if act is SEND_DRAFT and TicketState(desk.ticket.state) in ASK_DRAFT.move.leads:
        desk.act(DECIDE_DRAFT, "leo", draft=str(newest_draft(desk.runtime)), approved=True)
    if act is STOP_TEXTS:
        agree(desk)
    if act is UNLINK:
        desk.act(LINK, number=file_report(desk.runtime).number, kind="related")
    if act is ARCHIVE:
        let_surveys_end(desk)


def let_surveys_end(desk: Desk) -> None:
    with desk.runtime.database.transaction() as session:
        session.execute(update(Survey).values(ends_at=clock.now()))


def agree(desk: Desk) -> None:
    """As if the clinic had ticked the text messages when it filed."""
    with desk.runtime.database.transaction() as session:
        session.get_one(Ticket, desk.ticket.id).sms_notice = SMS_NOTICE


ON_OFFERS = (ACCEPT_OFFER, DECLINE_OFFER, WITHDRAW_OFFER)
OWNED = (Whose.OWN, Whose.OWN_OR_A_LEADS)  # nobody's ticket is not an engineer's to act on
# Lines beside the act's own: a second one that only staff see, and those of the clock.
ASIDES = {"merge": 1, "unmerge": 1, "transfer": 1, "reissue_code": 1, "send_draft": 1, "stop_texts": 1, "claim": 0}
CLOCK_LINES = ("clock_paused", "clock_resumed")


@pytest.mark.parametrize("act", table.ACTS, ids=lambda act: act.name)
def test_an_act_writes_one_line_one_row_and_its_event(portal: Any, act: Act) -> None:
    desk = Desk(portal.runtime)
    state = next(state for state in act.move.leads if act.whose not in OWNED or state is not TicketState.SUBMITTED)
    desk.bring_to(TicketState.IN_PROGRESS if act is DECIDE_VOID else state)
    prepare(desk, act)
    before, lines, events = desk.ticket, len(desk.entries()), desk.events()

    done = desk.act(act, who(act), **given(act, portal.runtime))

    written = [entry for entry in desk.entries()[lines:] if entry.action not in CLOCK_LINES]
    entry = written[0]
    assert len(written) == 1 + ASIDES.get(act.name, 0)
    assert not any(aside.is_public for aside in written[1:])
    assert acts.TITLES[entry.action].startswith(act.move.title)
    assert (entry.actor_id, entry.from_state, entry.to_state) == (
        desk.rows()[-1].actor_id, before.state, done.ticket.state,
    )  # fmt: skip
    assert entry.is_public == act.move.is_public
    assert done.ticket.version == before.version + (0 if act.move.is_remark else 1)
    assert desk.rows()[-1].tag == act.tag.value and desk.rows()[-1].detail is None
    told = [event for event in desk.events()[len(events) :] if event != "survey"]  # a result asks how it was
    assert told == ([act.event] if act.event else [])


def who(act: Act) -> str:
    """Somebody who may."""
    if act in (ACCEPT_OFFER, DECLINE_OFFER):
        return "bob"
    if act in (OFFER, WITHDRAW_OFFER, ASSIGN):
        return "leo"
    return "alice" if act.permission in GRANTS[Role.ENGINEER] else "leo"


@pytest.mark.parametrize("act", table.ACTS, ids=lambda act: act.name)
def test_only_the_listed_states_allow_it(portal: Any, act: Act) -> None:
    for state in TicketState:
        desk = Desk(portal.runtime)
        desk.bring_to(state)
        prepare(desk, act)
        if act is DECIDE_VOID and not voiding_is_asked(desk):
            continue  # nothing to decide: its own test
        if act.whose is Whose.NOBODYS and desk.ticket.assignee_id is not None:
            give_up(desk)
        before = desk.ticket
        is_free = act.whose not in OWNED or who(act) == "leo"
        if state in act.move.leads and (is_free or before.assignee_id is not None):
            led_to = desk.act(act, who(act), **given(act, portal.runtime)).ticket.state
            assert led_to in (act.move.leads[state], TicketState.AWAITING_INFORMATION)  # a transfer may have to ask
            continue
        with pytest.raises(ForbiddenError if state in act.move.leads else ConflictError):
            desk.act(act, who(act), **given(act, portal.runtime))
        assert (desk.ticket.version, desk.ticket.state) == (before.version, before.state)


def voiding_is_asked(desk: Desk) -> bool:
    with desk.runtime.database.read() as session:
        return voiding.open_request(session, desk.ticket) is not None


def give_up(desk: Desk) -> None:
    """Leave the ticket with nobody, in whatever state."""
    with desk.runtime.database.transaction() as session:
        ticket = session.get_one(Ticket, desk.ticket.id)
        ticket.assignee_id = ticket.assignee_name = None


@pytest.mark.parametrize("act", table.ACTS, ids=lambda act: act.name)
def test_only_those_who_may_do_it(portal: Any, act: Act) -> None:
    for name, (role, queues, _) in CAST.items():
        desk = Desk(portal.runtime)
        state = next(iter(act.move.leads))
        if act.whose in OWNED and state is TicketState.SUBMITTED:
            state = TicketState.IN_PROGRESS
        desk.bring_to(TicketState.IN_PROGRESS if act is DECIDE_VOID else state)
        prepare(desk, act)
        if queues == ("his",) or role == "admin":
            with pytest.raises((NotFoundError, ForbiddenError)):
                desk.act(act, name, **given(act, portal.runtime))
            continue
        is_allowed = act.permission in GRANTS[Role(role)]
        ticket = desk.ticket
        is_owner = ticket.assignee_name == CAST[name][2]
        if act.whose is Whose.OWN:
            is_allowed &= is_owner
        if act.whose is Whose.OWN_OR_A_LEADS:
            is_allowed &= role == "lead" or (is_owner and act is not ASSIGN)
        if act in (ACCEPT_OFFER, DECLINE_OFFER):
            is_allowed &= name == "bob"
        if act.whose is Whose.NOT_A_COLLEAGUES:
            is_allowed &= is_owner or ticket.assignee_id is None or role != "engineer"
        if is_allowed:
            desk.act(act, name, **given(act, portal.runtime))
            continue
        with pytest.raises(ForbiddenError):
            desk.act(act, name, **given(act, portal.runtime))
        denied = desk.rows()[-1]
        assert (denied.tag, denied.is_success, denied.particulars) == ("access:denied", False, {"act": act.name})


@pytest.mark.parametrize("act", [act for act in table.ACTS if act.texts()], ids=lambda act: act.name)
def test_its_texts_are_checked_together_and_keep_the_limit(portal: Any, act: Act) -> None:
    desk = Desk(portal.runtime)
    desk.bring_to(TicketState.IN_PROGRESS if act is DECIDE_VOID else next(reversed(list(act.move.leads))))
    prepare(desk, act)
    text = act.texts()[0]
    for typed, code in (("长" * (text.most + 1), "too_long"), ("有\x00字符", "invalid"), (" \u3000", "required")):
        if code == "required" and not text.missing:
            continue
        with pytest.raises(InvalidError) as refused:
            desk.act(act, who(act), **{**given(act, portal.runtime), text.name: typed})
        assert [(fault.field, fault.code) for fault in refused.value.faults] == [(text.name, code)]


def test_a_stale_version_stops_all_but_those_that_are_never_stale(portal: Any) -> None:
    for act in table.ACTS:
        desk = Desk(portal.runtime)
        desk.bring_to(TicketState.IN_PROGRESS if act.whose is not Whose.NOBODYS else TicketState.SUBMITTED)
        if TicketState(desk.ticket.state) not in act.move.leads:
            continue
        prepare(desk, act)
        values = given(act, portal.runtime)
        if act.is_never_stale:
            desk.act(act, who(act), version=99, **values)
            continue
        with pytest.raises(ConflictError, match="您编辑期间"):
            desk.act(act, version=99, **values)


def test_whoever_objects_is_heard_before_anything_is_done(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(portal.runtime)
    desk.bring_to(TicketState.IN_PROGRESS)
    before = desk.ticket.version
    heard: list[str] = []

    def object_to(_session: Any, _ticket: Any, act: str) -> list[Objection]:
        heard.append(act)
        return [Objection("on_hold", "暂缓")] if act == "resolve" else []

    info = portal.runtime.database.session_info
    monkeypatch.setitem(info, hooks._HOOKS, Hooks(objectors=(object_to,), listeners=info[hooks._HOOKS].listeners))
    with pytest.raises(ObjectionError):
        desk.act(table.RESOLVE, text="已恢复")
    desk.act(table.REPLY, text="在看")
    assert heard == ["resolve", "reply"]
    assert (desk.ticket.version, desk.ticket.resolution) == (before + 1, None)
