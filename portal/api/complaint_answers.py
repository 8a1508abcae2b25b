"""Cases as JSON: for those who deal with them, and for their senders."""

from datetime import datetime
from typing import Any

from portal.complaints.clinic import ClinicView
from portal.complaints.inquiries import InquiryView
from portal.complaints.models import ComplaintInquiry
from portal.complaints.names import ProposalState
from portal.complaints.viewing import CaseRow, CaseView
from portal.web.templating import iso_time

Json = dict[str, Any]


def _moment(moment: datetime | None) -> str | None:
    return iso_time(moment) if moment is not None else None


def row_json(row: CaseRow) -> Json:
    return {
        "number": row.number,
        "received_at": iso_time(row.received_at),
        "state": row.state,
        "kind": row.kind,
        "due_at": _moment(row.next_due_at),
        "is_late": row.is_late,
        "is_grave": row.is_grave,
        "is_legal": row.is_legal,
        "joined_to": row.joined_to or None,
    }


def case_json(view: CaseView) -> Json:
    row = view.row
    return {
        "number": row.number,
        "received_at": iso_time(row.received_at),
        "state": row.status,
        "kind": row.kind,
        "due_at": _moment(view.next_due_at),
        "is_late": view.is_late,
        "is_grave": row.is_grave,
        "is_legal": row.is_legal,
        "joined_to": view.joined_to or None,
        "version": row.version,
        "part": view.viewed.parts[0].value,
        "ticket": view.ticket_number or None,
        "institution": view.institution,
        "channel": row.channel,
        "occurred_on": row.occurred_on.isoformat() if row.occurred_on else None,
        "summary": row.summary,
        "first_opinion": row.first_opinion,
        "verdict": row.verdict,
        "cause_class": row.cause_class,
        "department": view.department,
        "handler": view.people["handler"],
        "owner": view.people["owner"],
        "investigate_due_at": _moment(row.investigate_due_at),
        "solution_due_at": _moment(row.solution_due_at),
        "answered_at": _moment(row.answered_at),
        "confirmed_at": _moment(row.confirmed_at),
        "confirmed_name": view.opened.confirmed_name,
        "level": row.follow_level,
        "is_unreached": row.is_unreached,
        "followed_up_at": _moment(row.followed_up_at),
        "reviewed_at": _moment(row.reviewed_at),
        "is_held": row.held_at is not None,
        "archived_at": _moment(row.archived_at),
        "archive_number": row.archive_number,
        "joined": list(view.joined),
        "texts": [_text(text) for text in view.opened.texts if text.inquiry_id is None],
        "timeline": [
            {
                "at": iso_time(line.at), "action": line.action, "title": line.title, "by": line.by,
                "is_public": line.is_public, "text": line.text,
            }
            for line in view.lines
        ],
        "proposals": [
            {
                "id": str(one.row.id), "position": one.row.position, "state": one.row.status, "text": one.text,
                "is_clinics_choice": one.row.is_clinics_choice,
            }
            for one in view.opened.proposals
        ],
        "inquiries": [
            {
                "number": one.number, "state": one.status, "due_at": iso_time(one.due_at),
                "texts": [_text(text) for text in texts],
            }
            for one, texts in view.inquiries
        ],
        "contact": [
            {
                "field": value.field, "label": value.label, "mask": value.value_masked,
                "is_destroyed": value.destroyed_at is not None,
            }
            for value in view.contact
        ],
        "can": [form.act.name for form in view.forms],
    }  # fmt: skip


def _text(text: Any) -> Json:
    return {"field": text.field, "text": text.text, "at": iso_time(text.at)}


def tracked_json(view: ClinicView) -> Json:
    row = view.complaint
    return {
        "number": row.number,
        "state": row.status,
        "received_at": iso_time(row.received_at),
        "content": view.content,
        "wish": view.wish,
        "answer": view.answer,
        "handler": view.handler_number,
        "owner": view.owner_number,
        "confirmed_at": _moment(row.confirmed_at),
        "confirmed_name": view.confirmed_name,
        "is_unconfirmed": view.is_unconfirmed,
        "is_unreachable": row.unreachable_at is not None,
        "review_until": _moment(view.review_until),
        "proposals": [
            {"position": one.row.position, "text": one.text, "is_chosen": one.row.status == ProposalState.CHOSEN.value}
            for one in view.proposals
        ],
        "timeline": [
            {"at": iso_time(line.at), "title": line.title, "text": line.text, "by": line.by} for line in view.lines
        ],
        "can": list(view.can),
    }


def inquiry_line(row: ComplaintInquiry) -> Json:
    return {"number": row.number, "state": row.status, "due_at": iso_time(row.due_at), "version": row.version}


def inquiry_json(view: InquiryView) -> Json:
    """What a department is asked about a complaint."""
    return {
        **inquiry_line(view.row),
        "department": view.department,
        "complaint_kind": view.kind,
        "complaint": view.complaint_number or None,
        "texts": [{"field": text.field, "at": iso_time(text.at), "text": text.text} for text in view.texts],
        "can": ["answer"] if view.can_answer else [],
    }
