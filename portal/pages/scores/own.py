"""我的考核: one's own sheets with every case behind each figure, and the way to object."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import NotFoundError, PortalError
from portal.kpi.score import deciding, editions, policies, quality, reading
from portal.kpi.score.months import Month
from portal.pages import staff_header
from portal.pages.listing import faults_of, refusal_of, tried
from portal.pages.scores import shown
from portal.pages.scores.shown import Wanted
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.numbers import QueryNumber
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Owner = Annotated[Principal, Depends(Requires(Permission.READ_OWN_SCORE))]
Answerer = Annotated[Principal, Depends(Requires(Permission.ANSWER_OWN_SCORE))]
HERE = "/account/score"


@router.get(HERE)
def show(
    request: Request, owner: Owner, month: str = "", metric: str = "", after: QueryNumber = 0, edition: QueryNumber = 0,
    done: str = "",
) -> Response:  # fmt: skip
    """The newest month unless another is named; with a metric the cases behind that figure; a former edition."""
    if metric or edition:
        return _kept_page(request, owner, Wanted(month_of(month), metric, after, edition))
    return _page(request, owner, month, done=done)


@router.post(f"{HERE}/{{month}}/acceptance")
def accept(request: Request, owner: Answerer, month: str, form: Form) -> Response:
    """I have looked at it and do not object."""
    wanted, actor, version = month_of(month), actor_of(request, owner), form.number("version")
    return tried(
        request,
        lambda session: deciding.accept(session, actor, wanted, version),
        lambda _: _back(month, "accepted"),
        lambda error: _page(request, owner, month, error),
    )


@router.post(f"{HERE}/{{month}}/objection")
def object_to(request: Request, owner: Answerer, month: str, form: Form) -> Response:
    """My objection, which a lead answers."""
    wanted, actor, version, text = month_of(month), actor_of(request, owner), form.number("version"), form.get("text")
    return tried(
        request,
        lambda session: deciding.object_to(session, actor, wanted, version, text),
        lambda _: _back(month, "objected"),
        lambda error: _page(request, owner, month, error, entered=text),
    )


def _back(month: str, done: str) -> Response:
    return RedirectResponse(f"{HERE}?{urlencode({'month': month, 'done': done})}", 303)


def _page(
    request: Request, owner: Principal, month: str, error: PortalError | None = None, *, entered: str = "",
    done: str = "",
) -> Response:  # fmt: skip
    with runtime_of(request).database.read() as session:
        mine = reading.own_months(session, owner.user_id)
        staff_header.read(request, session, owner)
        if month:
            month_of(month)
        sheet = next((one for one in mine if not month or one.month == month), None)
        if month and sheet is None:
            raise NotFoundError("这个月没有您的考核表")
        policy = policies.of_version(session, sheet.policy_version) if sheet else None
        marked, means = quality.means(session, owner.user_id, sheet.month) if sheet else (0, {})
        former = editions.of_sheet(session, sheet) if sheet else []
    return render(
        request,
        "scores/own.html",
        error.status if error else 200,
        sheet=sheet,
        former=former,
        mine=mine,
        policy=policy,
        metrics=shown.metrics(sheet, policy) if sheet and policy else [],
        total=shown.total(sheet) if sheet else "",
        coverage=shown.coverage(sheet) if sheet else [],
        state_label=reading.state_label,
        may_object=sheet is not None and reading.may_object(sheet),
        marked=marked,
        means=means,
        aspects=quality.ASPECTS,
        most=deciding.MOST_TEXT,
        faults=faults_of(error),
        message=refusal_of(error),
        entered=entered,
        done=done,
    )


def _kept_page(request: Request, owner: Principal, wanted: Wanted) -> Response:
    with runtime_of(request).database.read() as session:
        sheet = reading.own(session, actor_of(request, owner), wanted.month)
        name, context = shown.kept(session, sheet, wanted, f"{HERE}?{urlencode({'month': wanted.month.name})}")
        staff_header.read(request, session, owner)
    return render(request, name, **context)


def month_of(name: str) -> Month:
    """Raises NotFoundError for anything but a month."""
    month = Month.read(name)
    if month is None:
        raise NotFoundError(reading.ABSENT)
    return month
