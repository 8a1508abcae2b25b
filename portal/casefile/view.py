"""A ticket as people see it: texts, stored masks, facts about screenshots, and timeline. Nothing is decrypted here."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts.models import User
from portal.accounts.roles import NAMES_OF_NOBODY, ROLE_LABELS, Role
from portal.acts import offers, reply_drafts, triage_notes, voiding
from portal.acts.models import AssignmentOffer, ReplyDraft
from portal.acts.triage_models import TriageNote
from portal.casefile import acts
from portal.casefile.promises_shown import PromiseShown, shown_of
from portal.clocks import rows
from portal.clocks.badges import TimeBadge
from portal.clocks.models import DueChange, TicketClock
from portal.clocks.names import ClockName
from portal.collaboration import viewing
from portal.collaboration.viewing import Brief
from portal.disclosure.disclose import value_key
from portal.escalation import demanding, undecided
from portal.escalation.models import Escalation
from portal.follow_up import ratings
from portal.follow_up.models import Rating
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import UNASKED, FieldSpec, Need
from portal.kinds.names import CHANNEL_LABELS, Channel, RequestType, joined
from portal.kinds.table import FIELDS, KINDS, Kind, spec_of
from portal.progress import ownership
from portal.reports import call_records, current
from portal.reports.call_records import CallRecord
from portal.reports.models import Report, Supplement
from portal.reports.sealing import masks_by_field
from portal.screenshots.models import Screenshot
from portal.screenshots.service import pictures_of
from portal.supplements import wanted
from portal.tickets import information_requests, lookup
from portal.tickets.models import InformationRequest, Ticket, TimelineEntry, VoidRequest
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS, TicketState
from portal.tracking import confirmation
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
class Engineer:
    """A person at work on the ticket. Clinics are told the 工号 only (REQUIREMENTS M4, O6)."""

    name: str
    staff_number: str | None
    role: str

    @property
    def label(self) -> str:
        """For clinics."""
        return number_label(self.staff_number, self.role)


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
        owner: who has it now; nobody whom it would be taken from. first_owner: 首问责任人. received_by: took the call.
        offer: waits for the answer of a colleague.
        escalations: what was put before a lead, for staff. may_demand: whether the clinic still can in this round.
        let_off: what the channel let off and the clinic can still supply.
        ratings: of every round, the newest first. ratable_round: which one its clinic can rate now.
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
    let_off: Sequence[FieldSpec] = ()
    owner: Engineer | None = None
    first_owner: Engineer | None = None
    received_by: Engineer | None = None
    offer: AssignmentOffer | None = None
    worked: Worked | None = None
    worked_number: str | None = None
    members: Sequence[Ticket] = ()
    promises: Sequence[PromiseShown] = ()
    void_request: VoidRequest | None = None
    reply_draft: ReplyDraft | None = None
    escalations: Sequence[Escalation] = ()
    may_demand: bool = False
    ratings: Sequence[Rating] = ()
    ratable_round: int | None = None
    calls: Sequence[CallRecord] = ()
    triage: TriageNote | None = None
    collaborations: Sequence[Brief] = ()
    clocks: Sequence[TicketClock] = ()
    due_changes: Sequence[DueChange] = ()

    @property
    def desk_entry(self) -> CallRecord | None:
        """What staff recorded while they filed it; None if a clinic filed it itself."""
        return next((record for record in self.calls if record.is_filing), None)

    def missing_fields(self) -> list[FieldSpec]:
        """What the clinic was asked for and has not supplied yet."""
        names = self.request.missing if self.request else []
        return [self.kind.field(name) for name in names if self.kind.asks(name)]

    def label_of(self, name: str) -> str:
        """What pages call a field, whatever kind asks it."""
        spec = spec_of(self.kind, name)
        return spec.label if spec else ""

    @property
    def has_estimated_reply_due(self) -> bool:
        """Whether the due time of this round's reply passes over a year whose holidays are not known."""
        replied = (self.ticket.round, ClockName.REPLIED.value)
        return any(row.is_estimate for row in self.clocks if (row.round, row.clock) == replied)

    def filled_fields(self) -> list[FieldView]:
        """What the clinic sees of its report: without empty fields."""
        return [shown for shown in self.fields if shown.texts or shown.values]

    def suppliable_fields(self) -> list[FieldSpec]:
        """What the clinic can supply now: what it was asked for, then what its channel let off."""
        return [*self.missing_fields(), *self.let_off]

    def in_whose_hands(self) -> str:
        """首问 and the present owner, as the clinic is told; empty while nobody has it and nobody had it."""
        first = self.first_owner if self.first_owner != self.owner else None
        parts = [joined("首问：", first.label)] if first and first.staff_number else []
        parts += [joined("现在由", self.owner.label, "处理")] if self.owner else []
        return "，".join(parts)

    def clinic_can(self) -> list[str]:
        """What the clinic can do now, in the words of the contract."""
        possible = {
            "confirmation": self.ticket.state_enum is TicketState.AWAITING_CONFIRMATION,
            "supplement": bool(self.suppliable_fields()),
            "rating": self.ratable_round is not None,
            "escalation": self.may_demand,
            "complaint": True,  # at every own ticket, whatever its state
            "reopening": confirmation.reopening_ends(self.ticket) is not None,
        }
        return [name for name, is_possible in possible.items() if is_possible]

    def member_clinics(self) -> int:
        """How many clinics the members are from; one without a name counts by itself."""
        return len({member.institution or str(member.id) for member in self.members})


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
    answers, pictures = current.overlaid(report.answers, supplements), pictures_of(session, ticket.report_id)
    request, policy = information_requests.open_request(session, ticket), ChannelPolicy.of(session.info)
    present = {row.field for row in sealed if row.destroyed_at is None} | {picture.slot for picture in pictures}
    present |= {name for name, text in answers.items() if text}
    return TicketView(
        ticket=ticket,
        kind=kind,
        report=report,
        state_label=STATE_LABELS[TicketState(ticket.state)],
        channel_label=CHANNEL_LABELS[Channel(ticket.channel)],
        urgency_label=URGENCY_LABELS[ticket.urgency_enum],
        badge=ticket.badge(clock.now()),
        fields=_fields(
            kind,
            report,
            sealed,
            supplements,
            policy,
            ticket.type_enum,
            is_destroyed=ticket.destroyed_at is not None,
        ),
        found=[_masked(row) for row in sealed if not _is_field(row)],
        pictures=pictures,
        timeline=_timeline(session, ticket, for_clinic),
        request=request,
        answers=answers,
        owner=_engineer(session, ownership.holding_of(session, ticket).owner_id if ticket.is_open else None),
        first_owner=_engineer(session, ticket.first_owner_id),
        received_by=None if for_clinic else _engineer(session, ticket.received_by_id),
        offer=None if for_clinic else offers.open_offer(session, ticket),
        let_off=wanted.let_off(ticket, present, request.missing if request else (), policy),
        worked=_worked(worked) if worked.id != ticket.id else None,
        worked_number=worked.number if worked.id != ticket.id and not for_clinic else None,
        members=() if for_clinic else lookup.members_of(session, ticket),
        promises=shown_of(session, ticket),
        void_request=None if for_clinic else voiding.open_request(session, ticket),
        reply_draft=None if for_clinic else reply_drafts.current(session, ticket),
        collaborations=() if for_clinic else viewing.briefs_of(session, ticket),
        escalations=() if for_clinic else undecided.of(session, ticket),
        ratings=ratings.of_ticket(session, ticket),
        ratable_round=ratings.askable(session, ticket),
        may_demand=for_clinic and demanding.is_possible(session, ticket),
        triage=None if for_clinic else triage_notes.current(session, ticket.id),
        calls=() if for_clinic else call_records.of_ticket(session, ticket.id),
        clocks=rows.all_of(session, ticket.id),
        due_changes=() if for_clinic else rows.due_changes_of(session, ticket.id),
    )


def masked_fields_of(view: TicketView) -> dict[str, str | list[str]]:
    """The value of each field that counts now: masks of sensitive ones, texts (secrets masked) of the others."""
    texts = {
        name: spec.label_of(text)
        for name, text in view.answers.items()
        if text and (spec := spec_of(view.kind, name)) is not None
    }
    return texts | masks_by_field(
        view.kind, [(shown.name, value.mask) for shown in view.fields for value in shown.values]
    )


def number_label(staff_number: str | None, role: str) -> str:
    """How clinics are told of a member of staff: never by name."""
    if staff_number:
        return f"工号 {staff_number}"
    known = role in list(Role) and Role(role) in NAMES_OF_NOBODY
    return ROLE_LABELS[Role(role)] if known else ROLE_LABELS[Role.ENGINEER]


def _engineer(session: Session, user_id: uuid.UUID | None) -> Engineer | None:
    person = session.get(User, user_id) if user_id else None
    return Engineer(person.display_name, person.staff_number, person.role) if person else None


def _worked(ticket: Ticket) -> Worked:
    is_public = ticket.state_enum in (TicketState.AWAITING_CONFIRMATION, TicketState.CLOSED)
    return Worked(ticket.state, STATE_LABELS[ticket.state_enum], ticket.resolution if is_public else None)


def _fields(
    kind: Kind,
    report: Report,
    sealed: Sequence[SealedValue],
    supplements: Sequence[Supplement],
    policy: ChannelPolicy,
    request_type: RequestType,
    *,
    is_destroyed: bool,
) -> list[FieldView]:
    channel = Channel(report.channel)
    filled = {
        *report.answers,
        *(row.field for row in sealed if _is_field(row)),
        *(later.field for later in supplements),
    }
    asked = [
        spec
        for spec in kind.fields
        if not spec.is_picture and (spec.name in filled or spec.need(channel, policy, request_type) not in UNASKED)
    ]
    former = [spec for name, spec in FIELDS.items() if name in filled and not kind.asks(name) and not spec.is_picture]
    shown = []
    for spec in (*asked, *former):  # what only the former track asks comes last
        values = [_masked(row) for row in sealed if spec.is_sensitive and row.field == spec.name]
        texts = [spec.label_of(report.answers[spec.name])] if report.answers.get(spec.name) else []
        texts += [
            f"（补充）{spec.label_of(later.text)}" for later in supplements if later.field == spec.name and later.text
        ]
        absent = "" if values or texts else _DESTROYED if is_destroyed else _absent(spec, channel, policy)
        is_choice = bool(spec.choices) and not spec.is_more
        label = spec.label if spec.is_sensitive else spec.marked_label(report.answers.get(spec.name, ""))
        shown.append(FieldView(spec.name, label, spec.is_sensitive, texts, values, absent, is_choice))
    return shown


def _absent(spec: FieldSpec, channel: Channel, policy: ChannelPolicy) -> str:
    return "该渠道可不附" if spec.need(channel, policy) is Need.MAY_OMIT else "未填写"


def _is_field(row: SealedValue) -> bool:
    """The value of a whole field, of whatever kind; the others were found inside texts."""
    spec = FIELDS.get(row.field)
    return spec is not None and spec.is_sensitive


def _masked(row: SealedValue) -> MaskedValue:
    return MaskedValue(value_key(row), row.label, row.value_masked, row.destroyed_at)


def _timeline(session: Session, ticket: Ticket, for_clinic: bool) -> list[EntryView]:
    query = select(TimelineEntry).where(TimelineEntry.ticket_id == ticket.id).order_by(TimelineEntry.at)
    if for_clinic:
        query = query.where(TimelineEntry.is_public)
    entries = session.scalars(query).all()
    numbers = _staff_numbers(session, entries) if for_clinic else {}
    return [
        EntryView(
            at=entry.at,
            action=entry.action,
            title=(acts.TOLD if for_clinic else acts.TITLES)[entry.action],
            actor_label=_told(entry, numbers) if for_clinic else entry.actor_label,
            text=entry.text,
            is_public=entry.is_public,
            to_state=entry.to_state,
        )
        for entry in entries
    ]


def _staff_numbers(session: Session, entries: Iterable[TimelineEntry]) -> dict[uuid.UUID, str | None]:
    people = {entry.actor_id for entry in entries if entry.actor_id}
    if not people:
        return {}
    rows = session.execute(select(User.id, User.staff_number).where(User.id.in_(people)))
    return {user_id: number for user_id, number in rows}


def _told(entry: TimelineEntry, numbers: Mapping[uuid.UUID, str | None]) -> str:
    """Who did it, as the clinic reads it."""
    if entry.actor_role not in list(Role):
        return entry.actor_label
    return number_label(numbers.get(entry.actor_id) if entry.actor_id else None, entry.actor_role)
