"""Moving a ticket to another queue."""

from collections.abc import Sequence

from sqlalchemy import delete
from sqlalchemy.orm import Session

from portal.accounts.roles import Permission
from portal.acts import lacking
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text, Word
from portal.audit.tags import Tag
from portal.errors import ConflictError, Fault, InvalidError
from portal.kinds.names import joined
from portal.kinds.table import KINDS, Kind, kind_of
from portal.progress.lifecycle import OPEN, Move
from portal.reports import listing
from portal.tickets import lookup, numbering
from portal.tickets.models import FormerNumber, Ticket
from portal.tickets.states import TicketState as S


def transfer(hand: Hand, queue: str, text: str) -> Outcome:
    """Change queue and number, and ask for what the new track requires or does not accept (REQUIREMENTS B5).

    Raises:
        ConflictError: others are merged into it, whose values its next owner could not open.
    """
    session, ticket, kind = hand.session, hand.ticket, kind_of(queue)
    if kind is None or queue == ticket.queue:
        raise InvalidError([Fault("queue", "invalid", "请选择另一个队列")])
    if members := lookup.members_of(session, ticket):
        raise ConflictError(f"有 {len(members)} 条工单并入了这一条，请先撤销合并，再分别转走")
    wanted = lacking.fields(hand, kind)
    old, new = ticket.number, _number_on(session, ticket, kind)
    hand.take_away()
    listing.renew(session, ticket)
    words = "请补充：" + "、".join(spec.label for spec in wanted)
    return Outcome(
        joined("转为", kind.label, f"问题继续处理，编号由 {old} 换成 {new}"),
        {"from_number": old, "to_number": new, "is_unexplained": True if not text else None},
        aside=text,
        asks=([spec.name for spec in wanted], words) if wanted else None,
        move=ASKING if wanted else TRANSFER.move,
        queue=queue,
    )


def _number_on(session: Session, ticket: Ticket, kind: Kind) -> str:
    """The number that the ticket had on this track before, or the next one; the present one stays known."""
    former = next((number for number in ticket.former_numbers if number.startswith(kind.prefix)), None)
    new = former or numbering.next_number(session, kind.prefix)
    if former:
        session.execute(delete(FormerNumber).where(FormerNumber.number == former))
    session.add(FormerNumber(number=ticket.number, ticket_id=ticket.id))
    ticket.former_numbers = [*(number for number in ticket.former_numbers if number != new), ticket.number]
    ticket.number = new
    return new


def _forms(ticket: Ticket) -> Sequence[Form]:
    """One for each other queue."""
    return [
        Form(
            Place.FACTS,
            joined("转为", kind.label, "问题"),
            title=joined("转为", kind.label, "问题"),
            help=joined("会换成", kind.label, "编号，原编号保留，机构会看到两个编号；转走后由那个队列的工程师处理"),
            hidden=(("queue", kind.name.value),),
        )
        for kind in KINDS.values()
        if kind.name.value != ticket.queue
    ]


# The timeline says whether the move also asked the clinic for something.
ASKING = Move(
    "transfer_asking",
    "转到另一队列，请机构补充",
    dict.fromkeys(OPEN, S.AWAITING_INFORMATION),
    told="转为另一类问题，请机构补充",
)
TRANSFER = Act(
    move=Move("transfer", "转到另一队列", dict.fromkeys(OPEN, S.SUBMITTED), told="转为另一类问题"),
    do=transfer,
    path="transfer",
    chosen_by="queue",
    permission=Permission.TRANSFER_TICKET,
    whose=Whose.NOT_A_COLLEAGUES,
    refusal="只有负责人或主管可以转走这条问题",
    tag=Tag.TICKET_TRANSFERRED,
    inputs=(
        Word(name="queue", label="队列", missing="请选择另一个队列"),
        Text(
            name="text", label="转走的原因，只有支持人员能看到", word="说明", most=500, rows=1, sealed_as="note",
            missing_on_page="请写明为什么转到另一队列",
        ),
    ),
    form=Form(Place.FACTS, "转到另一队列"),
    forms=_forms,
    done="已转到这个队列，编号已更换",
    done_elsewhere="已转到另一队列，您不再能查看这条问题",
)  # fmt: skip
