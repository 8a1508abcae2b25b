"""Notes, 重大 and 涉法 with its hold, joining to another case, and who must not know (DESK 5.2, 5.3, 5.4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.audit.tags import Tag
from portal.complaints import access, alarms, anonymous, following, subjects, telling
from portal.complaints.access import Viewed
from portal.complaints.act import OPEN, CaseAct, Done, S, Taking, staying
from portal.complaints.handling import FIRST_OPINION, SUMMARY, keep_words
from portal.complaints.inputs import OneOf, Option, Tick, Words, YesNo
from portal.complaints.models import Complaint, ComplaintSubject
from portal.complaints.names import Field
from portal.errors import Fault
from portal.notify.events import Event

_MOST_OTHERS = 50


def note(taking: Taking, text: str, summary: str, first_opinion: str, is_public: bool) -> Done:
    keep_words(taking.complaint, summary, first_opinion)
    return Done(text=text, public=is_public)


def flag(taking: Taking, is_grave: bool | None, is_legal: bool | None, joined_to: str, reason: str) -> Done:
    """Each is left as it is if nothing is said of it."""
    facts: dict[str, Any] = {}
    if is_grave is not None and is_grave != taking.complaint.is_grave:
        _set_grave(taking, is_grave)
        facts["is_grave"] = is_grave
    if is_legal is True and taking.complaint.held_at is None:
        _hold(taking)
        facts["is_legal"] = True
    elif is_legal is False and taking.complaint.held_at is not None:
        facts["hold"] = _release(taking, reason)
    state = None
    if joined_to:
        main = _join(taking, joined_to)
        facts["joined_to"], state = main.number, main.state_enum
    return Done(state, particulars=facts, text=reason)


def _set_grave(taking: Taking, is_grave: bool) -> None:
    """重大 has an owner at once, and every 客服经理 is told (REQUIREMENTS N3)."""
    complaint, session = taking.complaint, taking.session
    complaint.is_grave = is_grave
    if not is_grave:
        if not complaint.is_legal:
            alarms.end(complaint)
        return
    access.give_owner(session, complaint, taking.by_id)
    telling.tell_managers(session, Event.GRAVE, complaint, by=taking.by_id)
    alarms.begin(session, complaint, Event.GRAVE, by=taking.by_id)


def _hold(taking: Taking) -> None:
    """涉法: nothing of the case and its ticket is destroyed, and the 法务联系人 reads it."""
    complaint = taking.complaint
    complaint.is_legal, complaint.held_at, complaint.release_asked_by_id = True, clock.now(), None
    people = access.ids_of(access.legal_people(taking.session))
    telling.tell(taking.session, Event.LEGAL, complaint, people, by=taking.by_id)
    if complaint.is_open:
        alarms.begin(taking.session, complaint, Event.LEGAL, by=taking.by_id)
    else:  # nobody has to act at once
        telling.tell_managers(taking.session, Event.LEGAL, complaint, by=taking.by_id)


def _release(taking: Taking, reason: str) -> str:
    """By two people who may read the case, one of them a 客服经理, each with a reason."""
    complaint = taking.complaint
    taking.writer.text(Field.HOLD_RELEASE, reason, taking.by_id)
    if complaint.release_asked_by_id is None:
        complaint.release_asked_by_id = taking.by_id
        return "asked"
    complaint.held_at = complaint.release_asked_by_id = None
    complaint.is_legal = False
    return "released"


def _join(taking: Taking, number: str) -> Complaint:
    """One investigation for both; whoever must not know of one must not know of the other."""
    main = access.by_number(taking.session, number)
    assert main is not None  # noqa: S101  (the act's doubt has found it)
    complaint, session = taking.complaint, taking.session
    session.refresh(main, with_for_update=True)
    both = access.subject_ids(session, complaint) | access.subject_ids(session, main)
    for one in (complaint, main):
        subjects.enter(session, one, both, taking.by_id)
    complaint.joined_to_id = main.id
    for row in following.members(session, complaint):
        row.joined_to_id = main.id
    return main


def _doubt_flags(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    faults, complaint, viewed = _doubt_rest(taking, given), taking.complaint, taking.viewed
    is_release = given.get("is_legal") is False and complaint.held_at is not None
    if is_release and not given.get("reason"):
        faults.append(Fault("reason", "required", "解除保全要写明理由"))
    if is_release and complaint.release_asked_by_id == taking.by_id:
        faults.append(Fault("is_legal", "same_person", "您已经同意解除，还要另一个人同意"))
    if is_release and complaint.release_asked_by_id is not None and not viewed.is_manager:
        first = taking.session.get_one(User, complaint.release_asked_by_id)
        if not access.is_manager(first):
            faults.append(Fault("is_legal", "same_person", "两个人里要有一位客服经理"))
    others = any(given.get(name) not in (None, "") for name in ("is_grave", "joined_to")) or given.get("is_legal")
    if not viewed.is_manager and not (viewed.is_handler and not given.get("joined_to")) and others:
        faults.append(Fault("is_grave", "invalid", "法务联系人只能同意解除保全"))
    if viewed.is_handler and not viewed.is_manager and is_release:
        faults.append(Fault("is_legal", "invalid", "解除保全由客服经理和另一位能看这件投诉的人同意"))
    if given.get("is_grave") is False and complaint.is_grave and not viewed.is_manager:
        faults.append(Fault("is_grave", "invalid", "取消重大由客服经理决定"))
    return faults + _doubt_join(taking, given.get("joined_to", ""))


def _doubt_rest(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    """What is over, or is worked under another number, can still be held and released, and nothing else."""
    complaint = taking.complaint
    if complaint.is_open and complaint.joined_to_id is None:
        return []
    words = "已经归档" if not complaint.is_open else "已经并入别的投诉"
    named = [name for name in FLAG.while_worked if given.get(name) not in (None, "")]
    return [Fault(name, "invalid", f"这件投诉{words}，只能改涉法") for name in named]


def _doubt_join(taking: Taking, number: str) -> list[Fault]:
    if not number:
        return []
    main = access.by_number(taking.session, number)
    known = main is not None and bool(access.parts_of(taking.session, taking.viewed.user, main))
    if main is None or not known or main.id == taking.complaint.id or main.joined_to_id is not None:
        return [Fault("joined_to", "not_found", "没有找到这个投诉编号，或它已经并入别的投诉")]
    if main.state_enum is S.ARCHIVED:
        return [Fault("joined_to", "invalid", "那件投诉已经归档，不能再并入")]
    if not taking.viewed.is_manager:
        return [Fault("joined_to", "invalid", "并案由客服经理决定")]
    return []


def change_subjects(taking: Taking, user: str, remove: bool, reason: str) -> Done:
    """Add somebody, or take somebody off with a reason."""
    session, complaint = taking.session, taking.complaint
    person = _person(session, user)
    assert person is not None  # noqa: S101  (the act's doubt has found them)
    if remove:
        row = session.get_one(ComplaintSubject, (complaint.id, person.id))
        row.removed_at = clock.now()
    else:
        subjects.enter(session, complaint, {person.id}, taking.by_id)
        _replace(session, complaint, person)
    session.flush()
    telling.tell_if_unattended(session, complaint)
    return Done(text=reason, particulars={"is_removed": remove})


def _replace(session: Session, complaint: Complaint, person: User) -> None:
    """A subject deals with nothing of it: another manager takes over."""
    session.flush()
    free = access.ids_of(access.eligible_managers(session, complaint))
    first = free[0] if free else None
    if complaint.handler_id == person.id:
        complaint.handler_id = first
    if complaint.owner_id == person.id:
        complaint.owner_id = first
    if complaint.steward_id == person.id:
        complaint.steward_id = None


def _doubt_subjects(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    person = _person(taking.session, given.get("user", ""))
    if person is None:
        return [Fault("user", "not_found", "没有这个人，请从名单里选择")]
    is_subject = person.id in access.subject_ids(taking.session, taking.complaint)
    if given.get("remove") and not is_subject:
        return [Fault("user", "invalid", "这个人不在回避名单里")]
    if given.get("remove") and not given.get("reason"):
        return [Fault("reason", "required", "从名单里去掉要写明理由")]
    if not given.get("remove") and person.id == taking.by_id:
        return [Fault("user", "same_person", "不能把自己加进去。您要回避的，请另一位客服经理加")]
    return []


def _person(session: Session, username: str) -> User | None:
    return session.scalars(select(User).where(User.username == username)).first() if username else None


def _everybody(session: Session, viewed: Viewed) -> Sequence[Option]:
    out = access.subject_ids(session, viewed.complaint)
    people = session.scalars(select(User).where(User.is_active).order_by(User.name_key))
    return [
        (person.username, f"{person.display_name}{'（已在名单里）' if person.id in out else ''}") for person in people
    ]


def _other_cases(session: Session, viewed: Viewed) -> Sequence[Option]:
    visible = access.visible_to(viewed.user)
    rows = select(Complaint.number).where(
        visible, Complaint.id != viewed.complaint.id, Complaint.joined_to_id.is_(None), Complaint.archived_at.is_(None)
    )
    if viewed.complaint.ticket_id is not None:
        rows = rows.where(Complaint.ticket_id == viewed.complaint.ticket_id)
    found = session.scalars(rows.order_by(Complaint.received_at).limit(_MOST_OTHERS))
    return [(number, number) for number in found]


NOTE = CaseAct(
    name="entries",
    title="记录进展",
    button="保存",
    leads=staying(*OPEN),
    may=lambda viewed: viewed.is_manager or viewed.is_handler,
    refusal="只有处理人和客服经理可以记录",
    do=note,
    doubt=lambda taking, given: anonymous.faults(taking, given, "summary", "first_opinion"),
    tag=Tag.COMPLAINT_NOTED,
    inputs=(
        Words(name="text", label="进展", missing="请写明进展"),
        Tick(name="is_public", label="让投诉人在查询页看到"),
        SUMMARY,
        FIRST_OPINION,
    ),
    on_joined=True,
)
FLAG = CaseAct(
    name="flags",
    title="重大、涉法、并案",
    button="保存标记",
    leads=staying(*S),
    may=lambda viewed: bool(viewed.parts),
    refusal="您不能标记这件投诉",
    do=flag,
    doubt=_doubt_flags,
    tag=Tag.COMPLAINT_FLAGGED,
    inputs=(
        YesNo(name="is_grave", label="重大", yes="是", no="不是"),
        YesNo(name="is_legal", label="涉法（停止一切销毁）", yes="是", no="解除，要两个人同意"),
        OneOf(name="joined_to", label="并入较早的投诉", options=_other_cases, empty="不并案"),
        Words(name="reason", label="理由（解除保全必填）", rows=2),
    ),
    on_joined=True,
    while_worked=("is_grave", "joined_to"),
)
SUBJECTS = CaseAct(
    name="subjects",
    title="回避名单",
    button="保存名单",
    leads=staying(*S),
    may=lambda viewed: viewed.is_manager,
    refusal="只有客服经理可以修改回避名单",
    do=change_subjects,
    doubt=_doubt_subjects,
    tag=Tag.COMPLAINT_SUBJECTS_CHANGED,
    inputs=(
        OneOf(name="user", label="人员", missing="请选择人员", options=_everybody),
        Tick(name="remove", label="从名单里去掉"),
        Words(name="reason", label="理由（去掉时必填）", rows=2),
    ),
    help="名单里的人看不到这件投诉的任何痕迹",
    on_joined=True,
)
