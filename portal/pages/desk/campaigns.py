"""Campaigns of call-backs, for leads: the list, a new one, and the summary report to print (DESK 4.4)."""

import uuid
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock, keyset
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.tags import Tag
from portal.errors import InvalidError
from portal.follow_up.call_backs import viewing
from portal.follow_up.call_backs.names import LEVEL_LABELS
from portal.follow_up.campaigns import making, reporting, selecting
from portal.follow_up.campaigns.making import MOST_CONTACTS, MOST_QUESTIONS, Wanted
from portal.follow_up.campaigns.selecting import Selection, Tickets
from portal.institutions.models import LEVEL_LABELS as INSTITUTION_LEVELS
from portal.pages import staff_header
from portal.pages.listing import faults_of
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_CAMPAIGNS))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_CAMPAIGNS))]
_TICKETS = {Tickets.ANY: "不限", Tickets.WITH: "提报过", Tickets.WITHOUT: "没有提报"}
_PAGE = 50


@router.get("/campaigns")
def list_campaigns(request: Request, viewer: Viewer, cursor: str = "") -> Response:
    """The newest first."""
    with runtime_of(request).database.read() as session:
        found = reporting.page_of(session, keyset.place(cursor) if cursor else None, _PAGE)
        shown = [(row, reporting.report_of(session, row)) for row in found[:_PAGE]]
        staff_header.read(request, session, viewer)
    more = keyset.cursor(found[_PAGE - 1].made_at, found[_PAGE - 1].id) if len(found) > _PAGE else ""
    return render(
        request, "desk/campaigns.html", shown=shown, today=clock.china_today(), is_over=reporting.is_over,
        next_url=f"/campaigns?{urlencode({'cursor': more})}" if more else None,
    )  # fmt: skip


@router.get("/campaigns/new")
def new_campaign(request: Request, keeper: Keeper) -> Response:
    """The form."""
    return _form(request, keeper)


@router.post("/campaigns")
def make_campaign(request: Request, keeper: Keeper, form: Form) -> Response:
    """Draw and spread, or count first: 看看有几家."""
    wanted = _wanted(form)
    if form.has("count"):
        return _form(request, keeper, form)
    try:
        campaign = making.make(runtime_of(request), actor_of(request, keeper), wanted)
    except InvalidError as error:
        return _form(request, keeper, form, error)
    return RedirectResponse(f"/campaigns/{campaign.id}?done=made", 303)


@router.get("/campaigns/{campaign_id}")
def show_campaign(request: Request, viewer: Viewer, campaign_id: uuid.UUID, done: str = "") -> Response:
    """《回访总结报告》; opening it writes a trail row."""
    with runtime_of(request).database.transaction() as session:
        row = reporting.find(session, campaign_id)
        trail.record(session, Tag.CAMPAIGN_VIEWED, actor_of(request, viewer), particulars={"campaign": row.title})
    with runtime_of(request).database.read() as session:
        row = reporting.find(session, campaign_id)
        report = reporting.report_of(session, row)
        staff_header.read(request, session, viewer)
    return render(
        request, "desk/campaign.html", row=row, report=report, levels=LEVEL_LABELS, now=clock.now(),
        chosen_by=_in_words(selecting.from_json(row.selection)), is_made=done == "made",
        is_over=reporting.is_over(row, clock.china_today()), fewest=reporting.FEWEST,
    )  # fmt: skip


def _form(
    request: Request, keeper: Principal, form: PostedForm | None = None, error: InvalidError | None = None
) -> Response:
    with runtime_of(request).database.read() as session:
        people = viewing.names_of(making.possible_callers(session))
        counties = selecting.counties(session)
        fitting = _count(session, form)
        staff_header.read(request, session, keeper)
    return render(
        request, "desk/campaign_new.html", error.status if error else 200, form=form, faults=faults_of(error),
        people=people, counties=counties, levels=[(level.value, label) for level, label in INSTITUTION_LEVELS.items()],
        ticket_choices=[(choice.value, label) for choice, label in _TICKETS.items()], fitting=fitting,
        most=MOST_CONTACTS, most_questions=MOST_QUESTIONS, today=clock.china_today(),
    )  # fmt: skip


def _count(session: Session, form: PostedForm | None) -> int | None:
    """How many institutions fit what the form says now."""
    if form is None or selecting.faults_of(_wanted(form).selection):
        return None
    return len(selecting.matching(session, _wanted(form).selection))


def _wanted(form: PostedForm) -> Wanted:
    selection = Selection(
        form.get("county"), form.get("level"), form.get("is_key") == "1", _number(form.get("not_called_for")),
        form.get("tickets"), _day(form.get("tickets_from")), _day(form.get("tickets_to")),
    )  # fmt: skip
    return Wanted(
        form.get("title"), selection, _number(form.get("size")), _day(form.get("starts_on")),
        _day(form.get("ends_on")), form.all("callers"), form.all("questions"), form.get("seed")[:40],
    )  # fmt: skip


def _number(text: str) -> int | None:
    """None for an empty box; -1, which no limit allows, for what is no number."""
    if not text.strip():
        return None
    return int(text) if text.isascii() and text.strip().isdecimal() and len(text) < 6 else -1


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _in_words(selection: Selection) -> str:
    words = [selection.county] if selection.county else []
    words += [label for level, label in INSTITUTION_LEVELS.items() if level.value == selection.level]
    words += ["重点机构"] if selection.is_key else []
    words += [f"{selection.not_called_for} 天没有接通过"] if selection.not_called_for else []
    if selection.tickets and selection.tickets_from and selection.tickets_to:
        period = f"{selection.tickets_from.isoformat()} 至 {selection.tickets_to.isoformat()}"
        words.append(f"{period} {_TICKETS[Tickets(selection.tickets)]}")
    return "，".join(words) or "全部在用的机构"
