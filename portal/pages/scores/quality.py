"""回复质量: samples of a colleague's public replies for a lead, and one's own with a word to each mark."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.models import User
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission, Role
from portal.errors import PortalError
from portal.kpi.score import quality
from portal.kpi.score.months import Month
from portal.pages import staff_header
from portal.pages.listing import faults_of, refusal_of, tried
from portal.pages.scores.team import note_view
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.numbers import PathNumber, QueryNumber
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_SCORES))]
Owner = Annotated[Principal, Depends(Requires(Permission.READ_OWN_SCORE))]
Answerer = Annotated[Principal, Depends(Requires(Permission.ANSWER_OWN_SCORE))]
HERE, MINE = "/scores/quality", "/account/quality"


@router.get(HERE)
def list_samples(request: Request, keeper: Keeper) -> Response:
    return _list_page(request, keeper)


@router.post(HERE)
def draw(request: Request, keeper: Keeper, form: Form) -> Response:
    actor, month, size = actor_of(request, keeper), Month.read(form.get("month")), form.get("size")
    count = int(size) if size.isascii() and size.isdecimal() and len(size) < 4 else None
    return tried(
        request,
        lambda session: quality.draw(session, actor, month, form.get("username"), count),
        lambda sample: RedirectResponse(f"{HERE}/{sample.id}", 303),
        lambda error: _list_page(request, keeper, error, form),
    )


@router.get(f"{HERE}/{{sample_id}}")
def show_sample(request: Request, keeper: Keeper, sample_id: uuid.UUID, done: QueryNumber = 0) -> Response:
    return _sample_page(request, keeper, sample_id, done=done)


@router.post(f"{HERE}/{{sample_id}}/{{position}}")
def mark(request: Request, keeper: Keeper, sample_id: uuid.UUID, position: PathNumber, form: Form) -> Response:
    actor = actor_of(request, keeper)
    given = {name: form.get(name) for name in quality.ASPECTS}
    return tried(
        request,
        lambda session: quality.mark(session, actor, sample_id, position, given, form.get("note")),
        lambda _: RedirectResponse(f"{HERE}/{sample_id}?done={position}#reply-{position}", 303),
        lambda error: _sample_page(request, keeper, sample_id, error, position, {**given, "note": form.get("note")}),
    )


@router.get(MINE)
def show_own(request: Request, owner: Owner, done: str = "") -> Response:
    return _own_page(request, owner, done=done)


@router.post(f"{MINE}/{{sample_id}}/{{position}}")
def answer(request: Request, owner: Answerer, sample_id: uuid.UUID, position: PathNumber, form: Form) -> Response:
    actor, text = actor_of(request, owner), form.get("text")
    return tried(
        request,
        lambda session: quality.answer(session, actor, sample_id, position, text),
        lambda _: RedirectResponse(f"{MINE}?done=1", 303),
        lambda error: _own_page(request, owner, error, (sample_id, position), text),
    )


def _list_page(
    request: Request, keeper: Principal, error: PortalError | None = None, form: Form | None = None
) -> Response:
    with runtime_of(request).database.read() as session:
        found = quality.listed(session, actor_of(request, keeper))
        people = _people(session, keeper)
        staff_header.read(request, session, keeper)
    month = Month.of(clock.now())
    months = [month, month.before, month.before.before]
    return render(
        request,
        "scores/quality.html",
        error.status if error else 200,
        found=found,
        people=people,
        months=[(one.name, one.label) for one in months],
        most=quality.MOST_DRAWN,
        entered={name: form.get(name) for name in ("month", "username", "size")} if form else {"size": "5"},
        faults=faults_of(error),
    )


def _people(session: Session, keeper: Principal) -> list[tuple[str, str]]:
    """Engineers of the lead's queues."""
    engineers = select(User).where(User.is_active, User.role == Role.ENGINEER.value).order_by(User.display_name)
    return [
        (user.username, user.display_name)
        for user in session.scalars(engineers)
        if set(user.queues) & set(keeper.queues)
    ]


def _sample_page(
    request: Request, keeper: Principal, sample_id: uuid.UUID, error: PortalError | None = None,
    position: int = 0, entered: dict[str, str] | None = None, done: int = 0,
) -> Response:  # fmt: skip
    with runtime_of(request).database.read() as session:
        sample, person = quality.find(session, actor_of(request, keeper), sample_id)
        replies = quality.shown(session, sample)
        staff_header.read(request, session, keeper)
    month = Month.read(sample.month)
    assert month is not None  # noqa: S101
    note_view(request, keeper, month, person.username)
    return render(
        request,
        "scores/quality_sample.html",
        error.status if error else 200,
        sample=sample,
        person=person,
        replies=replies,
        aspects=quality.ASPECTS,
        marks=[str(value) for value in quality.MARKS],
        most=quality.MOST_TEXT,
        at=position,
        entered=entered or {},
        faults=faults_of(error),
        message=refusal_of(error),
        done=done,
    )


def _own_page(
    request: Request, owner: Principal, error: PortalError | None = None,
    at: tuple[uuid.UUID, int] | None = None, entered: str = "", done: str = "",
) -> Response:  # fmt: skip
    with runtime_of(request).database.read() as session:
        replies = quality.own(session, owner.user_id)
        staff_header.read(request, session, owner)
    return render(
        request,
        "scores/own_quality.html",
        error.status if error else 200,
        replies=replies,
        aspects=quality.ASPECTS,
        most=quality.MOST_TEXT,
        at=at,
        entered=entered,
        faults=faults_of(error),
        message=refusal_of(error),
        done=done,
    )
