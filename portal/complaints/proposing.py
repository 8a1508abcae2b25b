"""Ways to put it right: at least two, or one with the reason why there is no other; another manager chooses
(REQUIREMENTS L11). Approved ones may be offered to the complainant, whose choice is recorded.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.audit.tags import Tag
from portal.complaints import access, texts
from portal.complaints.access import Viewed
from portal.complaints.act import CaseAct, Done, S, Taking
from portal.complaints.inputs import AnyOf, OneOf, Option, Several, Tick, Words
from portal.complaints.investigating import is_owner
from portal.complaints.models import Complaint, ComplaintProposal
from portal.complaints.names import Field, ProposalState
from portal.errors import Fault

P = ProposalState
_STANDING = (P.OFFERED.value, P.APPROVED.value)


def propose(taking: Taking, proposals: list[str], reason: str) -> Done:
    """Put them before a manager; what was chosen before is given up."""
    rows = every(taking.session, taking.complaint)
    for row in rows:
        if row.status == P.CHOSEN.value:
            row.status = P.REJECTED.value
    for position, text in enumerate(proposals, len(rows) + 1):
        taking.writer.proposal(position, text, taking.by_id)
    taking.writer.text(Field.ONLY_PROPOSAL, reason, taking.by_id)
    return Done(particulars={"proposals": len(proposals)})


def _doubt_proposals(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    if "proposals" not in given:
        return []
    faults = []
    standing = [row for row in every(taking.session, taking.complaint) if row.status in _STANDING]
    if len(standing) + len(given["proposals"]) < 2 and not given.get("reason"):
        words = "至少写两个方案；只有一个的，请写明为什么没有别的办法"
        faults.append(Fault("proposals" if len(given["proposals"]) else "reason", "required", words))
    if not texts.latest(taking.session, taking.runtime, taking.complaint, Field.CAUSE):
        faults.append(Fault("proposals", "invalid", "请先在“调查”里写明原因，再提方案"))
    return faults


def choose(taking: Taking, proposal: str, approved: list[str], by_clinic: bool, note: str) -> Done:
    """Choose one; or approve some, among which the complainant chooses."""
    rows, session = every(taking.session, taking.complaint), taking.session
    taking.writer.text(Field.CHOICE_NOTE, note, taking.by_id)
    if not proposal:
        wanted = {row.id for one in approved if (row := _named(rows, one)) is not None}
        for row in rows:
            if row.id in wanted:
                row.status, row.decided_by_id = P.APPROVED.value, taking.by_id
        return Done(S.PROPOSALS, action="approve", public=True)
    chosen = _named(rows, proposal)
    assert chosen is not None  # noqa: S101  (the act's doubt has found it)
    settle(session, taking.complaint, chosen, taking.by_id, is_clinics=by_clinic)
    of_clinic = {"is_clinics_choice": True} if by_clinic else {}
    return Done(particulars={"proposal": chosen.position, **of_clinic})


def _doubt_choice(taking: Taking, given: Mapping[str, Any]) -> list[Fault]:
    faults, rows = [], every(taking.session, taking.complaint)
    named = [given.get("proposal", ""), *given.get("approved", [])]
    known = [_named(rows, one) for one in named if one]
    if "proposal" in given and not any(named):
        faults.append(Fault("proposal", "required", "请选定一个方案，或勾选可以请投诉人选择的方案"))
    if any(row is None or row.status not in _STANDING for row in known):
        faults.append(Fault("proposal", "not_found", "没有这个方案，或已经不能选，请从列表里选择"))
    proposers = {row.by_id for row in rows if row.status in _STANDING}
    others = access.eligible_managers(taking.session, taking.complaint, but=proposers)
    if taking.by_id in proposers and others:
        faults.append(Fault("proposal", "same_person", "方案是您提的，请由另一位客服经理批准"))
    return faults


def settle(
    session: Session, complaint: Complaint, chosen: ComplaintProposal, by_id: UUID | None, *, is_clinics: bool
) -> None:
    """This one is carried out, the others are not."""
    for row in every(session, complaint):
        if row.id == chosen.id:
            row.status, row.decided_by_id, row.is_clinics_choice = (
                P.CHOSEN.value,
                by_id or row.decided_by_id,
                is_clinics,
            )
        elif row.status in _STANDING:
            row.status = P.REJECTED.value


def every(session: Session, complaint: Complaint) -> Sequence[ComplaintProposal]:
    rows = select(ComplaintProposal).where(ComplaintProposal.complaint_id == complaint.id)
    return session.scalars(rows.order_by(ComplaintProposal.position)).all()


def _named(rows: Sequence[ComplaintProposal], name: str) -> ComplaintProposal | None:
    """By id, or by its position."""
    return next((row for row in rows if name in (str(row.id), str(row.position))), None)


def _standing(session: Session, viewed: Viewed) -> Sequence[Option]:
    rows = every(session, viewed.complaint)
    return [(str(row.id), f"方案 {row.position}") for row in rows if row.status in _STANDING]


PROPOSE = CaseAct(
    name="proposals",
    title="提出方案",
    button="提交方案",
    leads={S.INVESTIGATING: S.PROPOSALS, S.PROPOSALS: S.PROPOSALS, S.CARRYING_OUT: S.PROPOSALS},
    may=is_owner,
    refusal="只有负责人可以提出方案",
    do=propose,
    doubt=_doubt_proposals,
    tag=Tag.COMPLAINT_PROPOSED,
    inputs=(
        Several(name="proposals", label="方案", missing="请写明方案，至少两个"),
        Words(name="reason", label="只有一个方案的原因", rows=2),
    ),
    help="由另一位客服经理选定；执行中发现行不通，也在这里重新提出",
)
CHOOSE = CaseAct(
    name="choice",
    title="批准方案",
    button="保存决定",
    leads={S.PROPOSALS: S.CARRYING_OUT},
    may=lambda viewed: viewed.is_manager,
    refusal="只有客服经理可以批准方案",
    do=choose,
    doubt=_doubt_choice,
    tag=Tag.COMPLAINT_CHOSEN,
    is_public=True,
    inputs=(
        OneOf(name="proposal", label="选定的方案", options=_standing, empty="先请投诉人选择"),
        AnyOf(name="approved", label="可以请投诉人选择的方案", options=_standing),
        Tick(name="by_clinic", label="这是投诉人自己选的（电话里）"),
        Words(name="note", label="批准意见", missing="请写明批准意见", rows=2),
    ),
)
