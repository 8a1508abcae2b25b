"""A ticket as people see it: texts, stored masks, facts about screenshots, and timeline. Nothing is decrypted here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.casefile import acts
from portal.clocks.reply_clock import TimeBadge
from portal.disclosure.disclose import value_key
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import FieldSpec, Need
from portal.kinds.names import CHANNEL_LABELS, Channel
from portal.kinds.table import FIELDS, KINDS, Kind
from portal.reports import service_records
from portal.reports.models import Report, Supplement
from portal.reports.sealing import masks_by_field
from portal.reports.service_records import ServiceRecord
from portal.screenshots.models import Screenshot
from portal.screenshots.service import pictures_of
from portal.supplements import requests
from portal.tickets.models import InformationRequest, Ticket, TimelineEntry
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
class TicketView:
    """All of a ticket's page. `found` are secrets from inside texts."""

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
    desk_entry: ServiceRecord | None = None

    def missing_fields(self) -> list[FieldSpec]:
        """What the clinic was asked for and has not supplied yet."""
        names = self.request.missing if self.request else []
        return [self.kind.field(name) for name in names if self.kind.asks(name)]

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
    supplements = session.scalars(
        select(Supplement).where(Supplement.report_id == ticket.report_id).order_by(Supplement.created_at)
    ).all()
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
        request=requests.open_request(session, ticket),
        desk_entry=None if for_clinic else service_records.of(session, ticket.report_id),
    )


def masked_fields_of(view: TicketView) -> dict[str, str | list[str]]:
    """The displayable value of each field: masks of sensitive ones, texts (secrets in them masked) of the others."""
    texts = {shown.name: shown.texts[-1] for shown in view.fields if shown.texts}
    return texts | masks_by_field(
        view.kind, [(shown.name, value.mask) for shown in view.fields for value in shown.values]
    )


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
    asked = [spec for spec in kind.fields if not spec.is_picture]
    former = [spec for name, spec in FIELDS.items() if name in report.answers and not kind.asks(name)]
    shown = []
    for spec in (*asked, *former):  # what only the former track asks comes last
        values = [_masked(row) for row in sealed if spec.is_sensitive and row.field == spec.name]
        texts = [spec.label_of(report.answers[spec.name])] if report.answers.get(spec.name) else []
        texts += [f"（补充）{later.text}" for later in supplements if later.field == spec.name and later.text]
        absent = "" if values or texts else _DESTROYED if is_destroyed else _absent(spec, channel, policy)
        shown.append(FieldView(spec.name, spec.label, spec.is_sensitive, texts, values, absent))
    return shown


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
