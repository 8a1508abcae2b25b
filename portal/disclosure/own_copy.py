"""A copy of what is kept of one person, in plain text, at their own request (SECURITY J-5).

It holds their number, what their reports say and, of a patient, the 住院号. Accounts and passwords, contacts of the
institution and pictures are not theirs alone: they are named, not copied. Each report is a row of the trail first.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.disclosure.disclose import value_key
from portal.errors import Fault, InvalidError, NotFoundError
from portal.kinds.table import FIELDS, KINDS
from portal.reports import current
from portal.runtime import Runtime
from portal.screenshots import service as screenshots
from portal.sensitive_text.free_text import checked_text
from portal.sensitive_text.id_numbers import is_id_number, normalise_id_number
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue
from portal.vault.span_masks import masked_text

LONGEST_REASON = 200
_OF_A_PATIENT = "inpatient_number"


def make(runtime: Runtime, actor: Actor, id_number: str, reason: str) -> str:
    """The copy, as lines.

    Raises:
        InvalidError: no ID number or no reason. NotFoundError: nothing is kept under this number.
    """
    number = normalise_id_number(id_number)
    if not is_id_number(number):
        raise InvalidError([Fault("id_number", "invalid", "请输入完整的身份证号，每次一个")])
    written = checked_text(reason, field="reason", missing="请写明原因", most=LONGEST_REASON)
    indexes = runtime.vault.blind_indexes(number)
    with runtime.database.transaction() as session:
        held = _held(session, indexes)
        if not held:
            raise NotFoundError("没有找到这个身份证号的提报")
        for ticket, values in held:
            trail.record(
                session, Tag.OWN_COPY_MADE, actor, ticket_number=ticket.number, field=value_key(values[0]),
                reason=masked_text(written), value_index=indexes[0],
            )  # fmt: skip
    with runtime.database.read() as session:
        lines = [f"本人信息副本，{clock.clinic_time(clock.now())}", f"身份证号：{number}", f"提报：{len(held)} 份"]
        for ticket, values in held:
            lines += ["", *_of_report(session, runtime, ticket, values)]
    return "\n".join(lines)


def _held(session: Session, indexes: Sequence[str]) -> list[tuple[Ticket, list[SealedValue]]]:
    """The tickets that hold the number, oldest first, with the places that do."""
    query = select(SealedValue).where(SealedValue.value_index.in_(indexes), SealedValue.value_sealed.is_not(None))
    rows: dict[object, list[SealedValue]] = {}
    for row in session.scalars(query.order_by(SealedValue.position, SealedValue.id)):
        rows.setdefault(row.owner_id, []).append(row)
    tickets = select(Ticket).where(Ticket.report_id.in_(rows)).order_by(Ticket.submitted_at, Ticket.id)
    return [(ticket, rows[ticket.report_id]) for ticket in session.scalars(tickets)]


def _of_report(session: Session, runtime: Runtime, ticket: Ticket, values: Sequence[SealedValue]) -> Iterator[str]:
    kind = KINDS[ticket.kind_enum]
    yield f"{ticket.number}，{clock.clinic_time(ticket.submitted_at)} 提交"
    yield f"  号码在：{'、'.join(dict.fromkeys(row.label for row in values))}"
    if kind.asks(_OF_A_PATIENT):
        own = SealedValue.owner_id == ticket.report_id, SealedValue.field == _OF_A_PATIENT
        for row in session.scalars(select(SealedValue).where(*own, SealedValue.value_sealed.is_not(None))):
            yield f"  {row.label}：{runtime.vault.open_value(session, row)}"
    for name, text in current.answers_of(session, ticket.report_id).items():
        spec = FIELDS.get(name)
        if spec is not None and text:
            yield f"  {spec.label}：{dict(spec.choices).get(text, text)}"
    if pictures := screenshots.pictures_of(session, ticket.report_id):
        yield f"  附图 {len(pictures)} 张：可能有其他人，请在工单页上当面核对、涂黑他人后再给本人"
