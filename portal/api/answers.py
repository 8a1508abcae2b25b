"""Tickets as JSON. Everything is masked: only stored masks are read, nothing is decrypted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from portal import clock
from portal.acts import offers, triage_notes
from portal.acts.links import LinkedTicket
from portal.acts.models import ReplyDraft
from portal.acts.triage_models import TriageNote
from portal.casefile.promises_shown import PromiseShown
from portal.casefile.view import EntryView, FieldView, MaskedValue, TicketView, Worked, masked_fields_of
from portal.clocks.models import TicketClock
from portal.collaboration.viewing import Brief
from portal.escalation.models import Escalation
from portal.escalation.reporting import open_word
from portal.follow_up.models import Rating
from portal.kinds import validation
from portal.kinds.names import CHANNEL_LABELS, REQUEST_TYPE_LABELS
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket, VoidRequest
from portal.tickets.states import STATE_LABELS, URGENCY_LABELS
from portal.web.templating import iso_time

Json = dict[str, Any]


def ticket_row(ticket: Ticket) -> Json:
    badge = ticket.badge(clock.now())
    return {
        "number": ticket.number,
        "queue": ticket.queue,
        "state": ticket.state,
        "state_label": STATE_LABELS[ticket.state_enum],
        "version": ticket.version,
        "urgency": ticket.urgency_enum.name.lower(),
        "urgency_label": URGENCY_LABELS[ticket.urgency_enum],
        "request_type": ticket.request_type,
        "request_type_label": REQUEST_TYPE_LABELS[ticket.type_enum],
        "module": ticket.module or None,
        "channel": ticket.channel,
        "channel_label": CHANNEL_LABELS[ticket.channel_enum],
        "symptom": ticket.symptom or None,
        "scope": ticket.scope or None,
        "institution": ticket.institution,
        "excerpt": ticket.excerpt,
        "assignee": ticket.assignee_name,
        "submitted_at": iso_time(ticket.submitted_at),
        "reply_due_at": iso_time(ticket.reply_due_at),
        "coordination": ticket.coordination,
        "origin": ticket.origin,
        "next_due_at": _time(ticket.next_due_at),
        "next_due_clock": ticket.next_due_clock,
        "turn": {"whose": ticket.turn, "since": iso_time(ticket.turn_since), "cause": ticket.turn_cause},
        "clock": {"kind": badge.kind, "text": badge.text, "note": badge.note},
        "round": ticket.round,
    }


def masked_ticket(view: TicketView, linked: Sequence[LinkedTicket]) -> Json:
    """All of a ticket for staff: masks, texts, facts about screenshots, the whole timeline.

    Args:
        linked: what it is linked with, as far as the reader sees it.
    """
    ticket = view.ticket
    return {
        **ticket_row(ticket),
        "former_numbers": ticket.former_numbers,
        "merged_into": view.worked_number or ticket.merged_into,
        "assignee_number": view.owner.staff_number if view.owner else None,
        "first_owner": view.first_owner.name if view.first_owner else None,
        "received_by": view.received_by.name if view.received_by else None,
        "hand_over_count": ticket.hand_over_count,
        "offer": offers.shown(view.offer) if view.offer else None,
        "members": [member.number for member in view.members],
        "collaborations": [_brief(brief) for brief in view.collaborations],
        "void_request": _void_request(view.void_request),
        "reply_draft": _reply_draft(view.reply_draft),
        "links": [{"number": one.ticket.number, "kind": one.kind, "label": one.label} for one in linked],
        "escalations": [_escalation(escalation) for escalation in view.escalations],
        "closed_how": ticket.closed_how,
        "clocks": [_clock(row) for row in view.clocks if row.state],
        "touched_at": _time(ticket.touched_at),
        "next_word_due_at": _time(ticket.next_word_due_at),
        "first_replied_at": _time(ticket.first_replied_at),
        "closed_at": _time(ticket.closed_at),
        "archive_number": ticket.archive_number,
        "archived_at": _time(ticket.archived_at),
        "resolution": ticket.resolution,
        "root_cause": ticket.root_cause,
        "triage": _triage(view.triage),
        "calls": [record.number for record in view.calls if record.number],
        "leftover": ticket.leftover,
        "rating": _rating(view),
        "promises": [_promise(one) for one in view.promises],
        "masked": masked_fields_of(view),
        "fields": [_field(shown) for shown in view.fields],
        "found": [_value(value) for value in view.found],
        "pictures": [_picture(picture) for picture in view.pictures],
        "missing": missing(view),
        "let_off": let_off(view),
        "timeline": [{**_entry(entry), "is_public": entry.is_public} for entry in view.timeline],
    }


def track_answer(view: TicketView) -> Json:
    """What a clinic sees of its ticket (the view must be made `for_clinic`)."""
    ticket = view.ticket
    return {
        "number": ticket.number,
        "queue": ticket.queue,
        "state": ticket.state,
        "state_label": view.state_label,
        "institution": ticket.institution,
        "submitted_at": iso_time(ticket.submitted_at),
        "reply_due_at": iso_time(ticket.reply_due_at),
        "merged_into": None,  # another clinic's number is not this clinic's to know
        "target": _target(view.worked),
        "closed_how": ticket.closed_how,
        "owner": view.owner.staff_number if view.owner else None,
        "first_owner": view.first_owner.staff_number if view.first_owner else None,
        "masked": masked_fields_of(view),
        "fields": [_clinic_field(shown) for shown in view.filled_fields()],
        "missing": missing(view),
        "let_off": let_off(view),
        "timeline": [_entry(entry) for entry in view.timeline],
        "resolution": ticket.resolution,
        "leftover": ticket.leftover,
        "promises": [_promise(one) for one in view.promises],
        "rating": _rating(view),
        "can": view.clinic_can(),
    }


def missing(view: TicketView) -> list[Json]:
    """The fields the clinic still has to supply, with their labels."""
    answers = {name: [text] for name, text in view.answers.items()}
    return [
        {"field": spec.name, "label": spec.label, "message": validation.missing_message(spec, answers)}
        for spec in view.missing_fields()
    ]


def let_off(view: TicketView) -> list[Json]:
    """The fields that the channel let off and that can still be supplied; nobody demands them."""
    return [{"field": spec.name, "label": spec.label} for spec in view.let_off]


def _rating(view: TicketView) -> Json | None:
    """The last round's that has one, without its words."""
    return rating_answer(view.ratings[0]) if view.ratings else None


def rating_answer(rating: Rating) -> Json:
    return {
        "scale": rating.scale,
        "score": rating.score,
        "label": rating.label,
        "way": rating.way,
        "rated_at": iso_time(rating.rated_at),
        "round": rating.round,
    }


def _promise(one: PromiseShown) -> Json:
    return {"id": one.id, "kind": one.kind, "text": one.text, "due_at": iso_time(one.due_at), "state": one.state}


def _target(worked: Worked | None) -> Json | None:
    if worked is None:
        return None
    return {"state": worked.state, "state_label": worked.state_label, "resolution": worked.resolution}


def _brief(brief: Brief) -> Json:
    return {**vars(brief), "due_at": _time(brief.due_at)}


def _void_request(request: VoidRequest | None) -> Json | None:
    if request is None:
        return None
    return {"kind": request.reason_kind, "text": request.text, "asked_by": request.asked_by_name}


def _reply_draft(draft: ReplyDraft | None) -> Json | None:
    if draft is None:
        return None
    return {
        "id": str(draft.id),
        "text": draft.text,
        "state": draft.status,
        "author": draft.author_name,
        "asked_at": iso_time(draft.asked_at),
        "decided_by": draft.decided_by_name or None,
        "note": draft.note,
    }


def _triage(note: TriageNote | None) -> Json | None:
    if note is None:
        return None
    return {"version": note.version, **{name: getattr(note, name) for name in triage_notes.FIELDS}}


def _clock(row: TicketClock) -> Json:
    return {
        "clock": row.clock,
        "round": row.round,
        "state": row.state,
        "started_at": iso_time(row.started_at),
        "due_at": iso_time(row.due_at),
        "postponed_to": _time(row.postponed_to),
        "ended_at": _time(row.ended_at),
        "is_estimate": row.is_estimate,
        "left": int(row.left.total_seconds() // 60) if row.left is not None and row.ended_at is None else None,
    }


def _escalation(escalation: Escalation) -> Json:
    """Without what only leads read."""
    return {
        "by": escalation.by,
        "reason": escalation.reason,
        "at": iso_time(escalation.at),
        "decision": open_word(escalation.decision) if escalation.decision else None,
        "decided_at": _time(escalation.decided_at),
    }


def _field(shown: FieldView) -> Json:
    return {
        "name": shown.name,
        "label": shown.label,
        "is_sensitive": shown.is_sensitive,
        "texts": list(shown.texts),
        "values": [_value(value) for value in shown.values],
        "absent": shown.absent,
    }


def _clinic_field(shown: FieldView) -> Json:
    """A field of the tracking page: its texts, its masks, and when a value was destroyed."""
    values = [{"mask": value.mask, "destroyed_at": _time(value.destroyed_at)} for value in shown.values]
    return {"name": shown.name, "label": shown.label, "texts": list(shown.texts), "values": values}


def _value(value: MaskedValue) -> Json:
    return {"key": value.key, "label": value.label, "mask": value.mask, "destroyed_at": _time(value.destroyed_at)}


def _picture(picture: Screenshot) -> Json:
    return {
        "id": str(picture.id),
        "number": picture.number,
        "name": picture.name,
        "is_new": picture.is_new,
        "slot": picture.slot,
        "width": picture.width,
        "height": picture.height,
        "check": picture.check,
        "confirmed": picture.is_confirmed,
        "own_screen": {"width": picture.own_width, "height": picture.own_height} if picture.own_screen else None,
    }


def _entry(entry: EntryView) -> Json:
    return {
        "at": iso_time(entry.at),
        "action": entry.action,
        "title": entry.title,
        "actor": entry.actor_label,
        "text": entry.text,
    }


def _time(moment: datetime | None) -> str | None:
    return iso_time(moment) if moment else None
