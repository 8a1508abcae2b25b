"""时间: the working calendar, kept by leads and administrators (DESK 1.1)."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts import users
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.calendar import content, days, hours, imports, working_days, years
from portal.calendar.content import Day
from portal.calendar.planning import YearPlan
from portal.clocks import policies
from portal.errors import ConflictError, NotFoundError, PortalError
from portal.pages.admin.year_view import months
from portal.pages.listing import faults_of, refusal_of, tried, typed
from portal.progress import recalculation
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_TIME))]
Year = Annotated[int | None, Query(ge=1, lt=10_000)]
HERE = "/admin/time"
_STATES = {"0": False, "1": True}


@dataclass(frozen=True)
class NoticeForm:
    """A notice or table as pasted."""

    year: str = ""
    text: str = ""


@dataclass(frozen=True)
class DayForm:
    """One day as edited."""

    day: str = ""
    is_working: str = ""
    name: str = ""
    note: str = ""


@router.get(HERE)
def show(request: Request, keeper: Keeper, year: Year = None, done: str = "") -> Response:
    """A year as it counts now, and the ways to change it."""
    return _page(request, _shown(year), done=done)


@router.post(HERE + "/imports")
def read_notice(request: Request, keeper: Keeper, form: Form) -> Response:
    """What it would change, on a page of its own; nothing counts before a person confirms."""
    posted, actor = typed(NoticeForm, form), actor_of(request, keeper)
    year = int(posted.year) if posted.year.isdecimal() and len(posted.year) == 4 else None
    return tried(
        request,
        lambda session: imports.prepare(session, actor, posted.text, year)[0],
        lambda kept: RedirectResponse(f"{HERE}/imports/{kept.id}", 303),
        lambda error: _page(request, _shown(year), error, notice=posted),
    )


@router.get(HERE + "/imports/{import_id}")
def preview(request: Request, keeper: Keeper, import_id: uuid.UUID) -> Response:
    return _preview(request, import_id)


@router.post(HERE + "/imports/{import_id}")
def confirm(request: Request, keeper: Keeper, import_id: uuid.UUID, form: Form) -> Response:
    """It counts from now on; nothing that runs is moved."""
    actor = actor_of(request, keeper)
    return tried(
        request,
        lambda session: imports.confirm(session, actor, import_id),
        lambda plan: RedirectResponse(f"{HERE}?year={plan.year}&done=confirmed", 303),
        lambda error: _page(request, _shown(None), error),
    )


@router.post(HERE + "/days")
def edit_day(request: Request, keeper: Keeper, form: Form) -> Response:
    """A single day, with a note."""
    posted, actor, version = typed(DayForm, form), actor_of(request, keeper), form.number("version")
    day = _day(posted.day)
    shown = day.year if day and day.year in content.YEARS else None
    return tried(
        request,
        lambda session: days.edit(
            session, actor, day=day, is_working=_STATES.get(posted.is_working), name=posted.name, note=posted.note,
            version=version if form.get("shown_year") == str(shown) else None,
        ),
        lambda _: RedirectResponse(f"{HERE}?year={shown}&done=day", 303),
        lambda error: _page(request, _shown(shown), error, edited=posted),
    )  # fmt: skip


def _shown(year: int | None) -> int:
    """The year of the address, or the one to come from November on."""
    if year is not None and year in content.YEARS:
        return year
    return max(working_days.years_to_know(clock.china_today()))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def _page(
    request: Request,
    year: int,
    error: PortalError | None = None,
    *,
    notice: NoticeForm | None = None,
    edited: DayForm | None = None,
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        kept = years.find(session, year)
        rows = {row.day: Day(row.day, row.is_working, row.name) for row in years.days_of(session, year)}
        is_known = years.is_confirmed(session, year)
        week = policies.at(session, clock.now()).hours.week
        moves = recalculation.effect(session).count if done else 0
        changes, people = years.changes_since(session, year), users.all_users(session)
    names = {user.id: user.display_name for user in people}
    return render(
        request,
        "admin/time.html",
        error.status if error else 200,
        year=year,
        kept=kept,
        is_known=is_known,
        months=months(year, rows, is_known=is_known),
        earlier=year - 1 if year - 1 in content.YEARS else None,
        later=year + 1 if year + 1 in content.YEARS else None,
        hours=hours.written(week[0]),
        changes=changes,
        moves=moves,
        names=names,
        notice=notice or NoticeForm(str(year)),
        edited=edited or DayForm(),
        is_day=edited is not None,
        faults=faults_of(error),
        message=refusal_of(error),
        done=done,
    )


def _preview(request: Request, import_id: uuid.UUID) -> Response:
    try:
        with runtime_of(request).database.read() as session:
            kept, plan = imports.waiting(session, import_id)
    except (NotFoundError, ConflictError) as error:
        return _page(request, _shown(None), error)
    rows = {day: row for day, row in plan.after.items() if day.year == plan.year}
    return render(
        request,
        "admin/time_import.html",
        year=plan.year,
        kept=kept,
        plan=plan,
        others=_others(plan),
        months=months(plan.year, rows, is_known=True, changed=frozenset(change.day for change in plan.seen)),
    )


def _others(plan: YearPlan) -> list[int]:
    """The neighbouring years of which a day changes."""
    return [year for year in plan.years if year != plan.year]
