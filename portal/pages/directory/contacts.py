"""联系人 of an institution: entered by its keeper or a lead, masked on every page, one part shown for a minute."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.disclosure import institution_contacts
from portal.disclosure.disclose import DestroyedError, Revealed
from portal.disclosure.reasons import REASONS, chosen_reason
from portal.errors import (
    ConfirmationNeededError,
    ForbiddenError,
    InvalidError,
    PortalError,
    TooManyRequestsError,
)
from portal.institutions import directory
from portal.keepers import contacts
from portal.keepers.contacts import ContactDetails
from portal.keepers.models import InstitutionContact
from portal.pages import shown_values
from portal.pages.confirming import is_confirmed
from portal.pages.listing import faults_of, refusal_of, tried, typed
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_INSTITUTIONS))]
Writer = Annotated[Principal, Depends(Requires(Permission.KEEP_CONTACTS))]
Revealer = Annotated[Principal, Depends(Requires(Permission.REVEAL_CONTACT))]
_ONE = "/institutions/{institution_id}/contacts/{contact_id}"
_YES = "1"


@dataclass(frozen=True)
class ContactForm:
    name: str = ""
    phone: str = ""
    role: str = ""
    may_be_called: str = ""
    preferred_time: str = ""


@router.get("/institutions/{institution_id}/contacts/new")
def new_contact(request: Request, writer: Writer, institution_id: uuid.UUID) -> Response:
    return _new_page(request, writer, institution_id, ContactForm(may_be_called=_YES))


@router.post("/institutions/{institution_id}/contacts")
def add_contact(request: Request, writer: Writer, institution_id: uuid.UUID, form: Form) -> Response:
    entered, actor, runtime = typed(ContactForm, form), actor_of(request, writer), runtime_of(request)
    return tried(
        request,
        lambda session: contacts.add(session, runtime, actor, institution_id, _details(entered)),
        _to_institution(institution_id, "contact-added"),
        lambda error: _new_page(request, writer, institution_id, entered, error),
    )


@router.get(_ONE)
def show_contact(request: Request, reader: Reader, institution_id: uuid.UUID, contact_id: uuid.UUID) -> Response:
    """The masks, and what this person may do."""
    return _page(request, reader, institution_id, contact_id)


@router.post(_ONE)
def change_contact(
    request: Request, writer: Writer, institution_id: uuid.UUID, contact_id: uuid.UUID, form: Form
) -> Response:
    entered, actor, runtime = typed(ContactForm, form), actor_of(request, writer), runtime_of(request)
    version = form.number("version")
    return tried(
        request,
        lambda session: contacts.change(
            session, runtime, actor, institution_id, contact_id, _details(entered), version
        ),
        _to_institution(institution_id, "contact-changed"),
        lambda error: _page(request, writer, institution_id, contact_id, error, entered=entered),
    )


@router.post(f"{_ONE}/verify")
def verify_contact(
    request: Request, writer: Writer, institution_id: uuid.UUID, contact_id: uuid.UUID, form: Form
) -> Response:
    actor = actor_of(request, writer)
    return tried(
        request,
        lambda session: contacts.verify(session, actor, institution_id, contact_id),
        _to_institution(institution_id, "contact-verified"),
        lambda error: _page(request, writer, institution_id, contact_id, error),
    )


@router.post(f"{_ONE}/end")
def end_contact(
    request: Request, writer: Writer, institution_id: uuid.UUID, contact_id: uuid.UUID, form: Form
) -> Response:
    """「不再联系」: destroyed at once."""
    actor = actor_of(request, writer)
    runtime_of(request).database.run(lambda session: contacts.end(session, actor, institution_id, contact_id))
    return RedirectResponse(f"/institutions/{institution_id}?done=contact-ended", 303)


@router.post(f"{_ONE}/reveals")
def reveal_contact(
    request: Request, principal: Revealer, institution_id: uuid.UUID, contact_id: uuid.UUID, form: Form
) -> Response:
    """One part for a minute; the page then hides it."""
    try:
        shown = institution_contacts.reveal(
            runtime_of(request), actor_of(request, principal), institution_id, contact_id, form.get("field"),
            chosen_reason(form.get("reason"), form.get("reason_text")),
            is_confirmed=is_confirmed(request, principal, form),
        )  # fmt: skip
    except (InvalidError, ConfirmationNeededError, ForbiddenError, DestroyedError, TooManyRequestsError) as error:
        return _page(request, principal, institution_id, contact_id, error, form=form)
    page = _page(request, principal, institution_id, contact_id, shown=shown)
    return shown_values.hidden_after(page, f"/institutions/{institution_id}/contacts/{contact_id}")


def _details(form: ContactForm) -> ContactDetails:
    return ContactDetails(form.name, form.phone, form.role, form.may_be_called == _YES, form.preferred_time)


def _form_of(row: InstitutionContact) -> ContactForm:
    """Name and phone stay empty: they are shown only after a reason."""
    return ContactForm("", "", row.role, _YES if row.may_be_called else "", row.preferred_time)


def _to_institution(institution_id: uuid.UUID, what: str) -> Callable[[InstitutionContact], Response]:
    return lambda row: RedirectResponse(f"/institutions/{institution_id}?done={what}", 303)


def _new_page(
    request: Request,
    writer: Principal,
    institution_id: uuid.UUID,
    entered: ContactForm,
    error: PortalError | None = None,
) -> Response:
    with runtime_of(request).database.read() as session:
        entry = directory.find(session, institution_id)
    if error is None and not contacts.may_write(actor_of(request, writer), entry):
        raise ForbiddenError(contacts.REFUSED)
    return render(
        request, "directory/new_contact.html", error.status if error else 200, entry=entry, entered=entered,
        faults=faults_of(error), refusal=refusal_of(error),
    )  # fmt: skip


def _page(
    request: Request,
    reader: Principal,
    institution_id: uuid.UUID,
    contact_id: uuid.UUID,
    error: PortalError | None = None,
    *,
    entered: ContactForm | None = None,
    form: PostedForm | None = None,
    shown: Revealed | None = None,
) -> Response:
    """Reads after the reveal was recorded."""
    actor = actor_of(request, reader)

    def read(session: Session) -> dict[str, object]:
        entry = directory.find(session, institution_id)
        contact = contacts.find(session, institution_id, contact_id)
        may_reveal = reader.can(Permission.REVEAL_CONTACT) and institution_contacts.may_reveal(session, actor, entry)
        return {
            "entry": entry,
            "contact": contact,
            "values": contacts.values_of(session, contact.id),
            "may_reveal": may_reveal,
            "may_write": reader.can(Permission.KEEP_CONTACTS) and contacts.may_write(actor, entry),
        }

    with runtime_of(request).database.read() as session:
        found = read(session)
    contact = found["contact"]
    assert isinstance(contact, InstitutionContact)  # noqa: S101
    asked = {name: form.get(name) if form else "" for name in ("field", "reason", "reason_text")}
    return render(
        request, "directory/contact.html", error.status if error else 200, **found, **asked, shown=shown,
        seconds=shown_values.SECONDS, reasons=REASONS, entered=entered or _form_of(contact),
        is_stale=contacts.is_stale(contact.verified_on), is_changing=entered is not None,
        faults=faults_of(error), message=refusal_of(error),
        is_asked=isinstance(error, ConfirmationNeededError), asks_code=reader.has_second_factor,
    )  # fmt: skip
