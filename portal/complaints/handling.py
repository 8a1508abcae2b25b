"""Naming who deals with a case, and judging it (DESK 5.2)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import departments
from portal.accounts.models import User
from portal.audit.tags import Tag
from portal.clocks.names import OtherTerm
from portal.complaints import access, anonymous, telling, terms
from portal.complaints.access import Viewed
from portal.complaints.act import OPEN, CaseAct, Done, S, Taking
from portal.complaints.inputs import Day, OneOf, Option, Words
from portal.complaints.models import Complaint
from portal.complaints.names import KIND_LABELS, VERDICT_LABELS, ComplaintKind, Field, Verdict
from portal.errors import Fault
from portal.notify.events import Event

OWN_DEPARTMENT = "本部门"


def name_handler(taking: Taking, handler: str, owner: str) -> Done:
    """The manager takes it, or passes it to a handler; a manager may also give it to another owner."""
    complaint = taking.complaint
    person = _named(access.may_be_named(taking.session, complaint), handler) or taking.viewed.user
    complaint.handler_id = person.id
    complaint.named_by_id, complaint.named_at = taking.by_id, clock.now()
    chief = _named(access.eligible_managers(taking.session, complaint), owner)
    if chief is not None:
        complaint.owner_id = chief.id
    told = [person.id] + ([chief.id] if chief else [])
    telling.tell(taking.session, Event.COMPLAINT_REGISTERED, complaint, told, by=taking.by_id)
    return Done(particulars={"handler": person.username})


def _doubt_handler(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    faults, complaint = [], taking.complaint
    person = _named(access.may_be_named(taking.session, complaint), given["handler"])
    if given["handler"] and person is None:
        faults.append(Fault("handler", "not_found", "没有这个人，或不能处理这件投诉，请从名单里选择"))
    who = person or taking.viewed.user
    if complaint.first_judge_id == who.id and complaint.verdict is None:
        faults.append(Fault("handler", "same_person", "复核要由另一个人判断，请选择别人"))
    managers = access.eligible_managers(taking.session, complaint)
    if given["owner"] and _named(managers, given["owner"]) is None:
        faults.append(Fault("owner", "not_found", "负责人要从客服经理里选择"))
    return faults


def judge(
    taking: Taking, verdict: str, grounds: str, reply: str, kind: str, department: str,
    investigate_due_at: datetime | None, owner: str, summary: str, first_opinion: str,
) -> Done:  # fmt: skip
    """成立 starts the clock of the solution and gives the case an owner; 不成立 keeps its polite reply."""
    complaint, now, session = taking.complaint, clock.now(), taking.session
    complaint.verdict, complaint.judged_by_id, complaint.judged_at = verdict, taking.by_id, now
    complaint.kind = kind or complaint.kind or ComplaintKind.OTHER.value
    keep_words(complaint, summary, first_opinion)
    complaint.owner_id = _owner_of(taking, owner)
    taking.writer.text(Field.GROUNDS, grounds, taking.by_id)
    taking.writer.text(Field.REPLY, reply, taking.by_id)
    complaint.solution_begins_at = complaint.solution_due_at = None
    complaint.told_near_at = complaint.told_due_at = None
    if verdict == Verdict.UPHELD:
        found = departments.named(session, department) if department != OWN_DEPARTMENT else None
        complaint.department_id = found.id if found is not None else None
        complaint.investigate_due_at = investigate_due_at
        complaint.solution_begins_at = now
        complaint.solution_due_at = terms.current(session).solution_due(now)
        telling.tell(session, Event.COMPLAINT_UPHELD, complaint, [complaint.owner_id], by=taking.by_id)
    state = S.UPHELD if verdict == Verdict.UPHELD else S.NOT_UPHELD
    return Done(state, particulars={"verdict": verdict, "case_kind": complaint.kind})


def _doubt_judgement(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    faults, session, now = [], taking.session, clock.now()
    if taking.complaint.first_judge_id == taking.by_id:
        faults.append(Fault("verdict", "same_person", "原来是您判断的，复核要由另一个人判断"))
    verdict = given.get("verdict")
    if verdict is not None and verdict not in list(Verdict):
        faults.append(Fault("verdict", "invalid", "请选择成立或不成立"))
    if given.get("kind") and given["kind"] not in list(ComplaintKind):
        faults.append(Fault("kind", "invalid", "请从列表里选择类型"))
    if verdict == Verdict.NOT_UPHELD and not given.get("reply"):
        faults.append(Fault("reply", "required", "不成立也要给投诉人一个礼貌的答复，请写明理由"))
    if verdict == Verdict.UPHELD:
        faults += _doubt_upheld(session, given, now)
    owner = given.get("owner")
    if owner and _named(access.eligible_managers(session, taking.complaint), owner) is None:
        faults.append(Fault("owner", "not_found", "负责人要从客服经理里选择"))
    return faults + anonymous.faults(taking, given, "summary", "first_opinion")


def _doubt_upheld(session: Session, given: Mapping[str, Any], now: datetime) -> list[Fault]:
    faults = []
    name, due_at = given.get("department", ""), given.get("investigate_due_at")
    if not name:
        faults.append(Fault("department", "required", "成立时请选择责任部门"))
    elif name != OWN_DEPARTMENT and departments.named(session, name) is None:
        faults.append(Fault("department", "not_found", "没有这个部门，请从名单里选择"))
    if due_at is None:
        if "investigate_due_at" in given:
            faults.append(Fault("investigate_due_at", "required", "成立时请填写调查完成的日期"))
    elif due_at < now:
        faults.append(Fault("investigate_due_at", "in_past", "调查完成的日期要晚于现在"))
    else:
        latest = terms.end_of(session, OtherTerm.COMPLAINT_INVESTIGATION, now)
        if clock.in_china(due_at).date() > clock.in_china(latest).date():
            words = f"调查最晚到 {clock.in_china(latest):%Y-%m-%d}，请填这一天或更早"
            faults.append(Fault("investigate_due_at", "too_far", words))
    return faults


def keep_words(complaint: Complaint, summary: str, first_opinion: str) -> None:
    """The handler's words for the tables; what is left out stays."""
    complaint.summary = summary or complaint.summary
    complaint.first_opinion = first_opinion or complaint.first_opinion


def _owner_of(taking: Taking, username: str) -> UUID | None:
    """A 客服经理. The chosen one, the handler if they are one, who named the handler, or the least busy."""
    managers = access.eligible_managers(taking.session, taking.complaint)
    chosen = _named(managers, username)
    if chosen is not None:
        return chosen.id
    wanted = (taking.complaint.owner_id, taking.by_id, taking.complaint.named_by_id)
    ids = access.ids_of(managers)
    return next((person for person in wanted if person in ids), ids[0] if ids else None)


def _named(people: Sequence[User], username: str) -> User | None:
    return next((person for person in people if username and person.username == username), None)


def _may_be_named(session: Session, viewed: Viewed) -> Sequence[Option]:
    people = access.may_be_named(session, viewed.complaint)
    return [(person.username, person.display_name) for person in people if person.id != viewed.user.id]


def _managers(session: Session, viewed: Viewed) -> Sequence[Option]:
    people = access.eligible_managers(session, viewed.complaint)
    return [(person.username, person.display_name) for person in people]


def _departments(session: Session, viewed: Viewed) -> Sequence[Option]:
    names = [(row.name, row.name) for row in departments.active(session)]
    return [(OWN_DEPARTMENT, "客服本部门"), *names]


def kinds(session: Session, viewed: Viewed) -> Sequence[Option]:
    return [(kind.value, label) for kind, label in KIND_LABELS.items()]


def _verdicts(session: Session, viewed: Viewed) -> Sequence[Option]:
    return [(verdict.value, label) for verdict, label in VERDICT_LABELS.items()]


SUMMARY = Words(
    name="summary", label="摘要（登记表用）", help="最多 100 个字，不写姓名和号码", most=100, rows=1, is_plain=True
)
FIRST_OPINION = Words(
    name="first_opinion", label="初步处理意见（登记表用）", help="最多 200 个字，不写姓名和号码", most=200, rows=2,
    is_plain=True,
)  # fmt: skip
NAME_HANDLER = CaseAct(
    name="handler",
    title="指定处理人",
    button="指定",
    leads={**{state: state for state in OPEN}, S.REGISTERED: S.JUDGING},
    may=lambda viewed: viewed.is_manager,
    refusal="只有客服经理可以指定处理人",
    do=name_handler,
    doubt=_doubt_handler,
    tag=Tag.COMPLAINT_HANDLER_NAMED,
    is_public=True,
    inputs=(
        OneOf(name="handler", label="处理人", options=_may_be_named, empty="我自己处理"),
        OneOf(name="owner", label="负责人（客服经理）", options=_managers, empty="不改"),
    ),
    help="投诉人会看到处理人的工号",
)
JUDGE = CaseAct(
    name="judgement",
    title="判断是否成立",
    button="保存判断",
    leads={S.JUDGING: S.UPHELD},
    may=lambda viewed: viewed.is_handler,
    refusal="只有处理人可以判断",
    do=judge,
    doubt=_doubt_judgement,
    tag=Tag.COMPLAINT_JUDGED,
    is_public=True,
    inputs=(
        OneOf(name="verdict", label="判断", missing="请选择成立或不成立", options=_verdicts),
        Words(name="grounds", label="依据（内部）", missing="请写明判断的依据", rows=3),
        Words(name="reply", label="给投诉人的答复（不成立必填）", help="礼貌说明理由；可以请求一次复核", rows=3),
        OneOf(name="kind", label="类型", options=kinds, empty="不改"),
        OneOf(name="department", label="责任部门（成立必填）", options=_departments, empty="请选择"),
        Day(name="investigate_due_at", label="调查完成日期（成立必填）", help="最晚哪一天由服务时限定"),
        OneOf(name="owner", label="负责人（客服经理）", options=_managers, empty="按默认"),
        SUMMARY,
        FIRST_OPINION,
    ),
)
