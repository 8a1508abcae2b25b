"""Revealing one sealed value, recorded before it is shown (SECURITY D-4, D-5)."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.disclosure import reveals
from portal.disclosure.disclose import DestroyedError, Revealed
from portal.errors import ConfirmationNeededError, ForbiddenError, InvalidError, TooManyRequestsError
from portal.pages import shown_values
from portal.pages.triage import confirmation, ticket_page
from portal.pages.triage.forms import reveal_key, reveal_reason
from portal.pages.triage.ticket_page import FailedAct
from portal.runtime import runtime_of
from portal.tickets.numbering import normal_number
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
REVEAL = "reveal"


@router.post("/tickets/{number}/reveals")
def reveal(
    request: Request,
    number: str,
    principal: Annotated[Principal, Depends(Requires(Permission.REVEAL_FIELD))],
    form: Form,
) -> Response:
    """One value for a minute: as JSON for the page's script, else as a page that closes itself."""
    runtime = runtime_of(request)
    wants_json = shown_values.is_for_script(request)
    try:
        shown = reveals.reveal_field(
            runtime,
            actor_of(request, principal),
            number,
            reveal_key(form),
            reveal_reason(form),
            is_confirmed=confirmation.is_confirmed(request, principal, form),
        )
    except ConfirmationNeededError as error:
        if wants_json:
            return confirmation.asked_by_script(request, principal, error)
        return ticket_page.show_ticket(request, principal, number, FailedAct(REVEAL, error.message, error.status, form))
    except (InvalidError, ForbiddenError, DestroyedError, TooManyRequestsError) as error:
        if wants_json:
            raise
        faults = error.faults if isinstance(error, InvalidError) else ()
        return ticket_page.show_ticket(
            request, principal, number, FailedAct(REVEAL, error.message, error.status, form, faults)
        )
    if wants_json:
        return shown_values.for_script(shown)
    return revealed_page(request, normal_number(number), shown)


def revealed_page(request: Request, number: str, shown: Revealed) -> Response:
    """One value for a minute, for browsers without the script; the page then returns to the ticket."""
    page = render(request, "triage/revealed.html", number=number, shown=shown, seconds=shown_values.SECONDS)
    return shown_values.hidden_after(page, f"/tickets/{number}")
