"""Moving a ticket to another queue."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts import information
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text, Word
from portal.audit.tags import Tag
from portal.errors import Fault, InvalidError
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import FieldSpec, Need
from portal.kinds.table import KINDS, Kind, kind_of
from portal.reports.models import Report
from portal.screenshots.models import Screenshot
from portal.search.index import search_text
from portal.tickets import numbering
from portal.tickets.lifecycle import OPEN, Move
from portal.tickets.models import FormerNumber, Ticket
from portal.tickets.states import TicketState as S
from portal.vault.models import SealedValue


def transfer(hand: Hand, queue: str, text: str) -> Outcome:
    """Gives the ticket a new number, stores the old one and asks for what the new track requires (REQUIREMENTS B5)."""
    session, ticket, kind = hand.session, hand.ticket, kind_of(queue)
    if kind is None or queue == ticket.queue:
        raise InvalidError([Fault("queue", "invalid", "请选择另一个队列")])
    report = session.get_one(Report, ticket.report_id)
    missing = _missing_on(session, ticket, report, kind)
    old, new = ticket.number, numbering.next_number(session, kind.prefix)
    information.withdraw(session, ticket)
    hand.take_away()
    if missing:
        words = "请补充：" + "、".join(spec.label for spec in missing)
        information.ask(session, ticket, [spec.name for spec in missing], words, hand.actor.user_id)
    ticket.former_numbers, ticket.number = [*ticket.former_numbers, old], new
    session.add(FormerNumber(number=old, ticket_id=ticket.id))
    ticket.search_text = search_text(new, report.answers, ticket.former_numbers)
    return Outcome(
        f"从 {old} 转为{kind.spaced_label}问题。{text}",
        {"from_number": old, "to_number": new},
        move=ASKING if missing else TRANSFER.move,
        queue=queue,
    )


def _missing_on(session: Session, ticket: Ticket, report: Report, kind: Kind) -> list[FieldSpec]:
    """The fields that the other track requires and this report lacks."""
    present = set(report.answers)
    present.update(session.scalars(select(SealedValue.field).where(SealedValue.owner_id == report.id)))
    present.update(session.scalars(select(Screenshot.slot).where(Screenshot.owner_id == report.id)))
    channel, policy = ticket.channel_enum, ChannelPolicy.of(session.info)
    return [spec for spec in kind.fields if spec.need(channel, policy) is Need.REQUIRED and spec.name not in present]


def _forms(ticket: Ticket) -> Sequence[Form]:
    """One for each other queue."""
    return [
        Form(
            Place.FACTS,
            f"转为{kind.spaced_label}问题",
            title=f"转为{kind.spaced_label}问题",
            help=f"会换成{kind.spaced_label}编号，原编号保留；转走后由那个队列的工程师处理",
            hidden=(("queue", kind.name.value),),
        )
        for kind in KINDS.values()
        if kind.name.value != ticket.queue
    ]


# The timeline says whether the move also asked the clinic for something.
ASKING = Move(
    "transfer_asking", "转到另一队列，请机构补充", dict.fromkeys(OPEN, S.AWAITING_INFORMATION), is_public=False
)
TRANSFER = Act(
    move=Move("transfer", "转到另一队列", dict.fromkeys(OPEN, S.SUBMITTED), is_public=False),
    do=transfer,
    path="transfer",
    chosen_by="queue",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.NOT_A_COLLEAGUES,
    refusal="只有负责人或主管可以转走这条问题",
    tag=Tag.TICKET_TRANSFERRED,
    inputs=(
        Word(name="queue", label="队列", missing="请选择另一个队列"),
        Text(name="text", label="说明", word="说明", most=500, rows=1),
    ),
    form=Form(Place.FACTS, "转到另一队列"),
    forms=_forms,
    done="已转到这个队列，编号已更换",
    done_elsewhere="已转到另一队列，您不再能查看这条问题",
)
