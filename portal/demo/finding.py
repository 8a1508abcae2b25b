"""What the demo's stories look up before they go on."""

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts.models import AssignmentOffer
from portal.acts.offers import OfferState
from portal.collaboration.models import Collaboration
from portal.db import insert_rows
from portal.demo.stage import Stage
from portal.knowledge.articles import suggesting
from portal.metrics.counting import Metric, count
from portal.metrics.models import FilingRefusal
from portal.reports.filing import NewPicture
from portal.supplements import receiving, wanted
from portal.tickets.models import Ticket
from portal.tickets.states import TicketState


def another_in_work(stage: Stage, queue: str, number: str) -> str | None:
    """The newest other ticket of a queue that is worked on."""
    wanted = (Ticket.queue == queue, Ticket.state == TicketState.IN_PROGRESS.value, Ticket.number != number)
    with stage.runtime.database.read() as session:
        return session.scalar(select(Ticket.number).where(*wanted).order_by(Ticket.submitted_at.desc()).limit(1))


def open_offer(stage: Stage, number: str) -> uuid.UUID | None:
    query = select(AssignmentOffer.id).join(Ticket, Ticket.id == AssignmentOffer.ticket_id)
    with stage.runtime.database.read() as session:
        return session.scalar(query.where(Ticket.number == number, AssignmentOffer.status == OfferState.OPEN.value))


def awaits_confirmation(stage: Stage, number: str) -> bool:
    return stage.ticket(number).state_enum is TicketState.AWAITING_CONFIRMATION


def is_incomplete(stage: Stage, number: str) -> bool:
    return stage.ticket(number).state_enum is TicketState.AWAITING_INFORMATION


def supply(stage: Stage, number: str) -> None:
    """The clinic sends everything that is still wanted of it."""
    ticket = stage.ticket(number)
    with stage.runtime.database.read() as session:
        fields = wanted.of(session, ticket).fields
    texts = {spec.name: ["1. 打开列表\n2. 点第二条\n3. 点保存"] for spec in fields if spec.is_text}
    pictures = [NewPicture(spec.name, stage.picture, True) for spec in fields if spec.is_picture]
    receiving.supplement(stage.runtime, stage.clinic, ticket.id, texts, pictures)


def citable(stage: Stage, number: str) -> list[str]:
    """Articles that may be quoted in an answer to this ticket, the best first."""
    ticket = stage.ticket(number)
    with stage.runtime.database.read() as session:
        return [article for article, _ in suggesting.citable(session, ticket)]


def collaboration_of(stage: Stage, number: str) -> Collaboration:
    query = select(Collaboration).join(Ticket, Ticket.id == Collaboration.ticket_id)
    with stage.runtime.database.read() as session:
        return session.scalars(query.where(Ticket.number == number)).one()


def count_form(stage: Stage, number: str, *, device: str, minutes: int, refused: str) -> None:
    """What the clinics' own form counts of a filing (UX 14), for one that came without the form's pages."""
    events = [(Metric.FORM_FILED, device), (Metric.MINUTES, f"{device}:{minutes}")]
    events += [(Metric.REFUSED, refused)] if refused else [(Metric.FORM_CLEAN, device)]
    if refused.startswith("screenshots"):
        events += [(Metric.PICTURE_REFUSED, ""), (Metric.PICTURE_MENDED, "")]
    report_id = stage.ticket(number).report_id

    def write(session: Session) -> None:
        count(session, events)
        if refused:
            insert_rows(session, FilingRefusal(draft_id=report_id, reason=refused, on_day=clock.china_today()))

    stage.run(write)
