"""通知: what a member of staff was told in the portal, and what waits for their decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import fully_signed_in, public
from portal.accounts.principal import Principal
from portal.collaboration.rows import PREFIX
from portal.notify import notices
from portal.notify.events import Event
from portal.notify.models import StaffNotice
from portal.pages import staff_header
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
FullySignedIn = Annotated[Principal, Depends(fully_signed_in)]
# The page where the subject of an event is dealt with; a ticket's own page for all others.
_SUBJECTS = {
    Event.BREAK_GLASS_ASKED: "/review/approvals",
    Event.BREAK_GLASS_DECIDED: "/tickets/{number}/break-glass",
    Event.REVEAL_ALARM: "/review?action=field%3Aalarm",
    Event.SAMPLE_QUESTIONED: "/account/questions",
}


@dataclass(frozen=True)
class ShownNotice:
    """One line of the page."""

    event: str
    number: str
    sentence: str
    at: datetime
    is_seen: bool


@router.get("/account/notices", dependencies=[Depends(public)])
def show(request: Request, principal: FullySignedIn) -> Response:
    """One's own notices, the unseen ones first."""
    with runtime_of(request).database.read() as session:
        rows = notices.newest(session, principal.user_id)
        staff_header.read(request, session, principal)
    shown = [_shown(row) for row in rows if row.event in list(Event)]
    return render(
        request,
        "account/notices.html",
        unseen=[notice for notice in shown if not notice.is_seen],
        seen=[notice for notice in shown if notice.is_seen],
    )


@router.post("/account/notices", dependencies=[Depends(public)])
def see(request: Request, principal: FullySignedIn, form: Form) -> Response:
    """Open the subject of a notice; without one, mark all as seen."""
    name, number = form.get("event"), form.get("number")
    event = Event(name) if name in list(Event) else None
    with runtime_of(request).database.transaction() as session:
        if event is None:
            notices.see_all(session, principal.user_id)
            return RedirectResponse("/account/notices", 303)
        is_own = notices.see_one(session, principal.user_id, number, event)
    target = _page_of(event, number) if is_own else "/account/notices"
    return RedirectResponse(target, 303)


def _page_of(event: Event, number: str) -> str:
    """Where the subject of an event is dealt with; what is about a collaboration has its number."""
    of_number = "/collaborations/{number}" if number.startswith(PREFIX) else "/tickets/{number}"
    return _SUBJECTS.get(event, of_number).format(number=number)


def _shown(row: StaffNotice) -> ShownNotice:
    sentence = notices.SENTENCES.get(Event(row.event), "")
    return ShownNotice(row.event, row.number, sentence, row.created_at, row.seen_at is not None)
