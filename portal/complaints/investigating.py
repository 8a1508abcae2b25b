"""Investigating: the cause, who is responsible (never in a table), and what a department answers without any name."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.models import User
from portal.audit.tags import Tag
from portal.complaints import access, anonymous, inquiries
from portal.complaints.access import Viewed
from portal.complaints.act import CaseAct, Done, S, Taking
from portal.complaints.inputs import OneOf, Option, Words, YesNo
from portal.complaints.names import CAUSE_LABELS, CauseClass, Field, Part
from portal.errors import Fault

SHORTEST_ASK = 10


def is_owner(viewed: Viewed) -> bool:
    return Part.OWNER in viewed.parts


def investigate(taking: Taking, cause: str, cause_class: str, responsible: str, ask: str) -> Done:
    """Either part may come first: the question to the department, or the cause that was found."""
    complaint = taking.complaint
    taking.writer.text(Field.CAUSE, cause, taking.by_id)
    complaint.cause_class = cause_class or complaint.cause_class
    if responsible:
        complaint.responsible_id = next(
            person.id for person in _people(taking.session) if person.username == responsible
        )
    asked = inquiries.ask(taking, ask) if ask else None
    is_begun = complaint.state_enum is S.UPHELD  # the complainant reads it once
    return Done(public=is_begun, particulars={"inquiry": asked.number} if asked is not None else {})


def _doubt(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    faults = []
    cause, ask = given.get("cause", ""), given.get("ask", "")
    if "cause" in given and "ask" in given and not cause and not ask:
        faults.append(Fault("cause", "required", "请写明查到的原因，或写明请部门查什么"))
    faults += anonymous.faults(taking, given, "ask")
    if ask and taking.complaint.department_id is None:
        faults.append(Fault("ask", "invalid", "责任部门是客服本部门，不用派发，请直接写明原因"))
    if given.get("cause_class") and given["cause_class"] not in list(CauseClass):
        faults.append(Fault("cause_class", "invalid", "请从列表里选择责任环节"))
    name = given.get("responsible")
    if name and all(person.username != name for person in _people(taking.session)):
        faults.append(Fault("responsible", "not_found", "没有这个人，请从名单里选择"))
    return faults


def judge_inquiry(taking: Taking, inquiry: str, passed: bool, note: str) -> Done:
    """What the department answered is enough and filed, or goes back to it."""
    row = inquiries.judge(taking, inquiry, is_good=passed, note=note)
    return Done(particulars={"inquiry": row.number, "inquiry_state": row.status})


def _doubt_inquiry(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    row = inquiries.of_case(taking.session, taking.complaint, given.get("inquiry", ""))
    if row is None or not inquiries.is_answered(row):
        return [Fault("inquiry", "not_found", "没有等待核对的部门反馈")]
    if given.get("passed") is False and not given.get("note"):
        return [Fault("note", "required", "打回时请写明还要查什么")]
    if row.answered_by_id == taking.by_id:
        return [Fault("passed", "same_person", "反馈是您代填的，请由另一个人核对")]
    return anonymous.faults(taking, given, "note")  # the department reads it


def _people(session: Session) -> Sequence[User]:
    return session.scalars(select(User).where(User.is_active).order_by(User.name_key)).all()


def _responsible(session: Session, viewed: Viewed) -> Sequence[Option]:
    subjects = access.subject_ids(session, viewed.complaint)
    people = sorted(_people(session), key=lambda person: (person.id not in subjects, person.name_key))
    return [(person.username, person.display_name) for person in people]


def _causes(session: Session, viewed: Viewed) -> Sequence[Option]:
    return [(cause.value, label) for cause, label in CAUSE_LABELS.items()]


def _answered(session: Session, viewed: Viewed) -> Sequence[Option]:
    rows = inquiries.every(session, viewed.complaint)
    return [(row.number, row.number) for row in rows if inquiries.is_answered(row)]


INVESTIGATE = CaseAct(
    name="investigation",
    title="调查",
    button="保存调查",
    leads={S.UPHELD: S.INVESTIGATING, S.INVESTIGATING: S.INVESTIGATING},
    may=is_owner,
    refusal="只有负责人可以填写调查",
    do=investigate,
    doubt=_doubt,
    tag=Tag.COMPLAINT_INVESTIGATED,
    is_public=True,
    inputs=(
        Words(
            name="ask",
            label="请责任部门查什么",
            help="部门只看到类型和这个问题，不写人名和机构",
            least=SHORTEST_ASK,
            is_plain=True,
        ),
        Words(name="cause", label="查到的原因"),
        OneOf(name="cause_class", label="责任环节", options=_causes, empty="还没有定"),
        OneOf(name="responsible", label="责任人（只有客服经理能看到，不导出）", options=_responsible, empty="不写"),
    ),
)
JUDGE_INQUIRY = CaseAct(
    name="inquiry",
    title="核对部门的反馈",
    button="保存核对",
    leads={state: state for state in (S.INVESTIGATING, S.PROPOSALS, S.CARRYING_OUT, S.ANSWERED, S.FOLLOWED_UP)},
    may=is_owner,
    refusal="只有负责人可以核对部门的反馈",
    do=judge_inquiry,
    doubt=_doubt_inquiry,
    tag=Tag.COMPLAINT_INQUIRED,
    is_wanted=lambda session, viewed: bool(_answered(session, viewed)),
    inputs=(
        OneOf(name="inquiry", label="协作", missing="请选择哪一项", options=_answered),
        YesNo(name="passed", label="核对", missing="请选择备案或打回", yes="可以，备案", no="打回，请再查"),
        Words(name="note", label="客服备案（打回时写还要查什么，部门会看到）", rows=2, is_plain=True),
    ),
)
