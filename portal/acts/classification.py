"""分类: what staff know of a ticket beside the reporter's own words, which stay (DESK 3.3, REQUIREMENTS T13).

What a caller leaves out stays; an empty text takes back what was there. 需安抚 is in no export, no trail and no score.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from portal.accounts.roles import Permission, Role
from portal.acts import request_type, root_causes, triage_notes
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Flag, Option, Pick, Text
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, ForbiddenError
from portal.institutions import modules
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.names import REQUEST_TYPE_LABELS
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports import listing
from portal.sensitive_text.finder import find_spans
from portal.tickets.models import Ticket

LABELS = {
    "request_type": "诉求类型", "module": "业务模块", "root_cause": "定性", "summary": "摘要",
    "first_opinion": "初步处理意见", "steps": "处理步骤", "improvement": "改进建议", "remark": "备注",
    "needs_soothing": "需安抚", "recording_ref": "录音编号",
}  # fmt: skip
MOST = {"summary": 200, "first_opinion": 200, "improvement": 500, "remark": 200, "steps": 1000, "recording_ref": 60}


def classify(hand: Hand, reason: str, **wanted: Any) -> Outcome:
    """A new version of what differs; None leaves a part as it is.

    Raises:
        ConflictError: nothing differs, or the report is destroyed. ForbiddenError: 备注 by anybody but a lead.
    """
    session, ticket = hand.session, hand.ticket
    if ticket.destroyed_at is not None:
        raise ConflictError("这条提报已按保存期限销毁，不能再分类")
    given = {name: value for name, value in wanted.items() if value is not None}
    type_wanted, module, cause = (given.pop(name, None) for name in ("request_type", "module", "root_cause"))
    if (
        "remark" in given
        and hand.actor.role != Role.LEAD.value
        and given["remark"] != _stored(session, ticket, "remark")
    ):
        raise ForbiddenError("备注由主管填写")
    changed = {name: given[name] for name in triage_notes.write(hand, given)}
    if module is not None and module != (ticket.module or ""):
        ticket.classified_module = changed["module"] = module
        listing.renew(session, ticket)
    if cause is not None and cause != root_causes.of(ticket):
        ticket.root_cause, changed["root_cause"] = cause or None, root_causes.label_of(cause)
    of_type = request_type.change(hand, type_wanted or "", reason)
    if not changed and not of_type.line:
        raise ConflictError("分类没有改动")
    lines = [*filter(None, [of_type.line]), *(_line(name, changed[name]) for name in LABELS if name in changed)]
    named = [name for name in LABELS if name in changed and name != "needs_soothing"]
    facts = {**({"classified": named} if named else {}), **of_type.particulars}
    if of_type.move is None:
        return Outcome("\n".join(lines), facts, reason=reason or None)
    return Outcome(
        of_type.text, facts, aside="\n".join(lines), reason=reason or None, move=of_type.move, asks=of_type.asks
    )


def _line(name: str, value: Any) -> str:
    said = ("是" if value else "否") if isinstance(value, bool) else value or "（删去）"
    return f"{LABELS[name]}：{said}"


def _stored(session: Session, ticket: Ticket, name: str) -> Any:
    note = triage_notes.current(session, ticket.id)
    return getattr(note, name) if note else ""


def _doubts(hand: Hand, values: Mapping[str, Any]) -> list[Fault]:
    session, ticket = hand.session, hand.ticket
    policy = ChannelPolicy.of(session.info)
    faults = request_type.faults(ticket, policy, values.get("request_type") or "", values.get("reason") or "")
    if values.get("request_type") not in (None, "", ticket.request_type) and not ticket.is_open:
        faults.append(Fault("request_type", "invalid", "已结束的问题不能再改诉求类型"))
    if values.get("root_cause"):
        faults += root_causes.doubts(session, ticket, values["root_cause"], is_needed=False)
    if values.get("module") and values["module"] not in dict(_modules(session, ticket)):
        faults.append(Fault("module", "invalid", "请从名单里选择业务模块"))
    if find_spans(values.get("recording_ref") or ""):
        faults.append(Fault("recording_ref", "sensitive_text", "这里像是有号码或密码，请只写录音的编号"))
    return faults


def _types(session: Session, ticket: Ticket) -> Sequence[Option]:
    kinds = dict.fromkeys([*ChannelPolicy.of(session.info).request_types, ticket.type_enum])
    return [(kind.value, REQUEST_TYPE_LABELS[kind]) for kind in kinds]


def _modules(session: Session, ticket: Ticket) -> Sequence[Option]:
    known = dict.fromkeys([*modules.offered(session, ticket.queue), *([ticket.module] if ticket.module else [])])
    return [(name, name) for name in known]


def _text(name: str, rows: int = 2) -> Text:
    return Text(
        name=name, label=LABELS[name], word=LABELS[name], most=MOST[name], rows=rows, is_change=True, sealed_as="note"
    )


CLASSIFY = Act(
    move=Move("classify", "分类", ANY_STATE, is_public=False),
    do=classify,
    path="classification",
    permission=Permission.WRITE_NOTE,
    whose=Whose.NOT_A_COLLEAGUES,
    refusal="这条问题由同事处理，请同事或主管分类",
    tag=Tag.TICKET_CLASSIFIED,
    doubt=_doubts,
    inputs=(
        Pick(
            name="request_type", label=LABELS["request_type"], options=_types, is_change=True,
            chosen=lambda ticket: ticket.request_type,
        ),
        Text(name="reason", label="修改诉求类型的原因", word="原因", most=500, rows=1, sealed_as="note"),
        Pick(
            name="module", label=LABELS["module"], options=_modules, is_change=True, chosen=lambda ticket: ticket.module
        ),
        Pick(
            name="root_cause", label=LABELS["root_cause"], options=root_causes.options, is_change=True,
            chosen=root_causes.of,
        ),
        _text("summary"),
        _text("first_opinion"),
        _text("steps", 3),
        _text("improvement"),
        _text("remark"),
        Flag(name="needs_soothing", label="需安抚", is_change=True),
        _text("recording_ref", 1),
    ),
    form=Form(Place.OWN, "保存分类", "正在保存…"),
    done="分类已保存",
)  # fmt: skip
