"""通知: what a member of staff was told in the portal, and what waits for their decision."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import fully_signed_in, public
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import GRANTS, Permission, Role
from portal.collaboration.rows import PREFIX
from portal.complaints.access import PREFIX as COMPLAINTS
from portal.errors import PortalError
from portal.follow_up.call_backs.making import SERIES
from portal.knowledge.articles import rows as article_rows
from portal.notify import matrix, notices, quiet, wording
from portal.notify.events import Event
from portal.notify.matrix import OWN_WAYS, WAY_LABELS
from portal.notify.models import StaffNotice
from portal.notify.recipients import RULES, Concern
from portal.notify.ways import ways_of
from portal.pages import notice_cells, staff_header
from portal.pages.listing import faults_of
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
FullySignedIn = Annotated[Principal, Depends(fully_signed_in)]
# The page where the subject of an event is dealt with; a ticket's own page for all others.
_SUBJECTS = {
    Event.BREAK_GLASS_ASKED: "/review/approvals",
    Event.BREAK_GLASS_DECIDED: "/tickets/{number}/break-glass",
    Event.NO_LEAD: "/admin",
    Event.DAY_END: "/desk/day-end?date={number}",
    Event.WEEKLY_REPORT: "/insights/weekly/{number}",
    Event.ROTA_EMPTY: "/admin/time/rota",
    Event.CALENDAR_MISSING: "/admin/time?year={number}",
    Event.CHANNEL_FAILING: "/admin/notifications",
    Event.REVEAL_ALARM: "/review?action=field%3Aalarm",
    Event.SAMPLE_QUESTIONED: "/account/questions",
    Event.SCORE_DRAFTED: "/account/score?month={number}",
    Event.SCORE_CORRECTED: "/account/score?month={number}",
    Event.SCORE_ANSWERED: "/account/score?month={number}",
    Event.SCORE_PUBLISHED: "/account/score?month={number}",
    Event.SCORE_OBJECTED: "/scores?month={number}",
    Event.QUALITY_MARKED: "/account/quality",
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
def show(request: Request, principal: FullySignedIn, done: str = "") -> Response:
    """One's own notices, the unseen ones first, and what one chose about them."""
    return _page(request, principal, is_saved=done == "saved")


def _page(
    request: Request, principal: Principal, *, is_saved: bool = False, error: PortalError | None = None
) -> Response:
    with runtime_of(request).database.read() as session:
        rows = notices.newest(session, principal.user_id)
        staff_header.read(request, session, principal)
        user = session.get_one(User, principal.user_id)
        me = str(principal.user_id)
        choices = matrix.choices_of(session, [me], matrix.load(session))
        hours = quiet.hours_of(session, [me]).get(me, quiet.NEVER)
    active = [way for way in ways_of(runtime_of(request).settings.notifications) if way in OWN_WAYS]
    shown = [_shown(row) for row in rows if row.event in list(Event)]
    return render(
        request,
        "account/notices.html",
        error.status if error else 200,
        unseen=[notice for notice in shown if not notice.is_seen],
        seen=[notice for notice in shown if notice.is_seen],
        is_saved=is_saved,
        faults=faults_of(error),
        ways=WAY_LABELS,
        own_ways=active,
        mail_address=user.mail_address or "",
        choices=[
            (event, [(way, matrix.is_must(event, way), choices.is_on(me, event, way)) for way in active])
            for event in _offered(principal)
        ],
        label_of=wording.label_of,
        hours=hours if hours != quiet.NEVER else quiet.Hours("", ""),
    )


@router.post("/account/notices/choices", dependencies=[Depends(public)])
def choose(request: Request, principal: FullySignedIn, form: Form) -> Response:
    """Which events come by one's own channels, and one's quiet hours."""
    wanted = notice_cells.ticked(form)
    try:
        with runtime_of(request).database.transaction() as session:
            matrix.choose(session, principal.user_id, wanted, set(_offered(principal)))
            quiet.keep(session, str(principal.user_id), form.get("quiet_begins"), form.get("quiet_ends"))
    except PortalError as error:
        return _page(request, principal, error=error)
    return RedirectResponse("/account/notices?done=saved#choices", 303)


def _offered(principal: Principal) -> list[Event]:
    """The events that can concern a person of this role through a channel of their own."""
    mine = {concern for concern in Concern if _is_of(concern, principal)}
    return [event for event in Event if RULES[event] & mine and any(matrix.may(event, way) for way in OWN_WAYS)]


def _is_of(concern: Concern, principal: Principal) -> bool:
    needed = {
        Concern.OWNER: Permission.WORK_TICKET,
        Concern.LEADS: Permission.APPROVE_BREAK_GLASS,
        Concern.ADMINISTRATORS: Permission.KEEP_NOTIFICATIONS,
    }
    if concern is Concern.CLINIC:
        return False
    if concern is Concern.AUDITORS:
        return principal.role is Role.AUDIT_ADMIN
    return concern not in needed or needed[concern] in GRANTS[principal.role]


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
    pages = {
        PREFIX: "/collaborations/{number}",
        article_rows.PREFIX: "/knowledge/{number}",
        SERIES: "/call-backs/numbers/{number}",
        COMPLAINTS: "/complaints/{number}",
    }
    of_number = next((page for prefix, page in pages.items() if number.startswith(prefix)), "/tickets/{number}")
    return _SUBJECTS.get(event, of_number).format(number=number)


def _shown(row: StaffNotice) -> ShownNotice:
    sentence = notices.SENTENCES.get(Event(row.event), "")
    return ShownNotice(row.event, row.number, sentence, row.created_at, row.seen_at is not None)
