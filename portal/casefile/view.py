"""A ticket as people see it: texts, stored masks, facts about screenshots, and timeline. Nothing is decrypted here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.acts import voiding
from portal.casefile import acts
from portal.clocks.reply_clock import TimeBadge
from portal.disclosure.disclose import value_key
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import FieldSpec, Need
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.kinds.table import FIELDS, KINDS, Kind
from portal.reports import current, service_records
from portal.reports.models import Report, Supplement
from portal.reports.sealing import masks_by_field
from portal.reports.service_records import ServiceRecord
from portal.screenshots.models import Screenshot
from portal.screenshots.service import pictures_of
from portal.tickets import information_requests, lookup
from portal.tickets.models import InformationRequest, Ticket, TimelineEntry, VoidRequest
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS, TicketState
from portal.vault.models import SealedValue

_DESTROYED = "已按保存期限销毁"


@dataclass(frozen=True)
class MaskedValue:
    """One sealed value: `key` names it in a reveal."""

    key: str
    label: str
    mask: str
    destroyed_at: datetime | None


@dataclass(frozen=True)
class FieldView:
    """One field of the report: its texts, or its masks, or a note on why there is neither."""

    name: str
    label: str
    is_sensitive: bool
    texts: Sequence[str] = ()
    values: Sequence[MaskedValue] = ()
    absent: str = ""
    is_choice: bool = False


@dataclass(frozen=True)
class EntryView:
    at: datetime
    action: str
    title: str
    actor_label: str
    text: str
    is_public: bool
    to_state: str | None


@dataclass(frozen=True)
class Worked:
    """What the clinic of a merged ticket sees of the one under which it is worked, and nothing else of it."""

    state: str
    state_label: str
    resolution: str | None


@dataclass(frozen=True)
class TicketView:
    """All of a ticket's page.

    Args:
        answers: the texts that count now. found: secrets from inside texts.
        worked: of the ticket into which this one was merged. worked_number, members: numbers for staff.
    """

    ticket: Ticket
    kind: Kind
    report: Report
    state_label: str
    channel_label: str
    urgency_label: str
    badge: TimeBadge
    fields: Sequence[FieldView]
    found: Sequence[MaskedValue]
    pictures: Sequence[Screenshot]
    timeline: Sequence[EntryView]
    request: InformationRequest | None
    answers: Mapping[str, str]
    worked: Worked | None = None
    worked_number: str | None = None
    members: Sequence[Ticket] = ()
    void_request: VoidRequest | None = None
    desk_entry: ServiceRecord | None = None

    def missing_fields(self) -> list[FieldSpec]:
        """What the clinic was asked for and has not supplied yet."""
        names = self.request.missing if self.request else []
        return [self.kind.field(name) for name in names if self.kind.asks(name)]

    def member_clinics(self) -> int:
        """How many clinics the members are from; one without a name counts by itself."""
        return len({member.institution or str(member.id) for member in self.members})

    def picture_label(self, slot: str) -> str:
        return self.kind.field(slot).label if self.kind.asks(slot) else slot


def ticket_view(session: Session, ticket: Ticket, *, for_clinic: bool = False) -> TicketView:
    """The view of one ticket; a clinic sees only the public part of the timeline."""
    kind, report = KINDS[ticket.kind_enum], session.get_one(Report, ticket.report_id)
    sealed = session.scalars(
        select(SealedValue)
        .where(SealedValue.owner_id == ticket.report_id)
        .order_by(SealedValue.field, SealedValue.position)
    ).all()
    supplements = current.supplements_of(session, ticket.report_id)
    worked = lookup.worked_one(session, ticket)
    names = {spec.name for spec in kind.fields if spec.is_sensitive}
    others = [row for row in sealed if row.field not in names]
    return TicketView(
        ticket=ticket,
        kind=kind,
        report=report,
        state_label=STATE_LABELS[TicketState(ticket.state)],
        channel_label=CHANNEL_LABELS[Channel(ticket.channel)],
        urgency_label=URGENCY_LABELS[ticket.urgency_enum],
        badge=ticket.reply_clock.badge(clock.now()),
        fields=_fields(
            kind,
            report,
            sealed,
            supplements,
            ChannelPolicy.of(session.info),
            is_destroyed=ticket.destroyed_at is not None,
        ),
        found=[_masked(row) for row in others],
        pictures=pictures_of(session, ticket.report_id),
        timeline=_timeline(session, ticket, for_clinic),
        request=information_requests.open_request(session, ticket),
        answers=current.overlaid(report.answers, supplements),
        worked=_worked(worked) if worked.id != ticket.id else None,
        worked_number=worked.number if worked.id != ticket.id and not for_clinic else None,
        members=() if for_clinic else lookup.members_of(session, ticket),
        void_request=None if for_clinic else voiding.open_request(session, ticket),
        desk_entry=None if for_clinic else service_records.of(session, ticket.report_id),
    )


def masked_fields_of(view: TicketView) -> dict[str, str | list[str]]:
    """The value of each field that counts now: masks of sensitive ones, texts (secrets masked) of the others."""
    texts = {
        name: (view.kind.field(name) if view.kind.asks(name) else FIELDS[name]).label_of(text)
        for name, text in view.answers.items()
        if text and name in FIELDS
    }
    return texts | masks_by_field(
        view.kind, [(shown.name, value.mask) for shown in view.fields for value in shown.values]
    )


def _worked(ticket: Ticket) -> Worked:
    is_public = ticket.state_enum in (TicketState.AWAITING_CONFIRMATION, TicketState.CLOSED)
    return Worked(ticket.state, STATE_LABELS[ticket.state_enum], ticket.resolution if is_public else None)


def _fields(
    kind: Kind,
    report: Report,
    sealed: Sequence[SealedValue],
    supplements: Sequence[Supplement],
    policy: ChannelPolicy,
    *,
    is_destroyed: bool,
) -> list[FieldView]:
    channel = Channel(report.channel)
    asked = [spec for spec in kind.fields if not spec.is_picture and _is_asked(spec, report, policy)]
    former = [spec for name, spec in FIELDS.items() if name in report.answers and not kind.asks(name)]
    shown = []
    for spec in (*asked, *former):  # what only the former track asks comes last
        values = [_masked(row) for row in sealed if spec.is_sensitive and row.field == spec.name]
        texts = [spec.label_of(report.answers[spec.name])] if report.answers.get(spec.name) else []
        texts += [
            f"（补充）{spec.label_of(later.text)}" for later in supplements if later.field == spec.name and later.text
        ]
        absent = "" if values or texts else _DESTROYED if is_destroyed else _absent(spec, channel, policy)
        shown.append(FieldView(spec.name, spec.label, spec.is_sensitive, texts, values, absent, bool(spec.choices)))
    return shown


def _is_asked(spec: FieldSpec, report: Report, policy: ChannelPolicy) -> bool:
    return spec.name in report.answers or spec.need(Channel(report.channel), policy) is not Need.NOT_ASKED


def _absent(spec: FieldSpec, channel: Channel, policy: ChannelPolicy) -> str:
    return "该渠道可不附" if spec.need(channel, policy) is Need.MAY_OMIT else "未填写"


def _masked(row: SealedValue) -> MaskedValue:
    return MaskedValue(value_key(row), row.label, row.value_masked, row.destroyed_at)


def _timeline(session: Session, ticket: Ticket, for_clinic: bool) -> list[EntryView]:
    query = select(TimelineEntry).where(TimelineEntry.ticket_id == ticket.id).order_by(TimelineEntry.at)
    if for_clinic:
        query = query.where(TimelineEntry.is_public)
    return [
        EntryView(
            at=entry.at,
            action=entry.action,
            title=acts.TITLES[entry.action],
            actor_label=entry.actor_label,
            text=entry.text,
            is_public=entry.is_public,
            to_state=entry.to_state,
        )
        for entry in session.scalars(query)
    ]
