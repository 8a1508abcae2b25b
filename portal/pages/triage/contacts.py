"""The contact of a clinic that said 我也遇到, recorded before it is shown (SECURITY D-4, D-5)."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.disclosure.disclose import DestroyedError, Revealed
from portal.disclosure.reasons import REASONS
from portal.errors import ConfirmationNeededError, Fault, InvalidError, TooManyRequestsError
from portal.knowledge import contacts
from portal.knowledge.models import Follower
from portal.pages import shown_values
from portal.pages.triage import confirmation
from portal.pages.triage.forms import reveal_key, reveal_reason
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
Engineer = Annotated[Principal, Depends(Requires(Permission.REVEAL_FIELD))]


@router.get("/known-issues/contacts/{number}")
def show(request: Request, number: str, principal: Engineer) -> Response:
    """The masks, and the form to reveal one part."""
    return _page(request, principal, number)


@router.post("/known-issues/contacts/{number}")
def reveal(request: Request, number: str, principal: Engineer, form: Form) -> Response:
    """One part for a minute; the page then hides it."""
    runtime = runtime_of(request)
    try:
        reason, is_confirmed = reveal_reason(form), confirmation.is_confirmed(request, principal, form)
        follower, shown = contacts.reveal(
            runtime, actor_of(request, principal), number, reveal_key(form), reason, is_confirmed=is_confirmed
        )
    except InvalidError as error:
        return _page(request, principal, number, error.status, form, faults=error.faults)
    except ConfirmationNeededError as error:
        return _page(request, principal, number, error.status, form, message=error.message, is_asked=True)
    except (DestroyedError, TooManyRequestsError) as error:
        return _page(request, principal, number, error.status, form, message=error.message)
    page = _render(request, follower, 200, form, shown=shown, seconds=shown_values.SECONDS)
    return shown_values.hidden_after(page, f"/known-issues/contacts/{follower.number}")


def _page(
    request: Request,
    principal: Principal,
    number: str,
    status: int = 200,
    form: PostedForm | None = None,
    *,
    faults: Sequence[Fault] = (),
    message: str = "",
    is_asked: bool = False,
) -> Response:
    follower, values = contacts.find(runtime_of(request), actor_of(request, principal), number)
    return _render(
        request, follower, status, form, values=values, faults=list(faults), message=message, is_asked=is_asked,
        asks_code=principal.has_second_factor,
    )  # fmt: skip


def _render(
    request: Request,
    follower: Follower,
    status: int,
    form: PostedForm | None,
    *,
    shown: Revealed | None = None,
    seconds: int = 0,
    **more: object,
) -> Response:
    context = {"values": [], "faults": [], "message": "", "is_asked": False, "asks_code": False, **more}
    return render(
        request, "triage/contact.html", status, follower=follower, shown=shown, seconds=seconds, reasons=REASONS,
        field=form.get("field") if form else "", reason=form.get("reason") if form else "",
        reason_text=form.get("reason_text") if form else "", **context,
    )  # fmt: skip
