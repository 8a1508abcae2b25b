"""月度考核: the sheets of a lead's own people, by name and never ranked; answering, publishing, taking back."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from sqlalchemy.orm import Session
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.audit import trail
from portal.audit.tags import Tag
from portal.errors import PortalError
from portal.kpi.score import deciding, editions, policies, quality, reading
from portal.kpi.score.deciding import Answered
from portal.kpi.score.months import Month
from portal.kpi.score.reading import Sheet
from portal.pages import staff_header
from portal.pages.listing import faults_of, refusal_of, tried
from portal.pages.scores import shown
from portal.pages.scores.own import month_of
from portal.pages.scores.shown import Wanted
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.numbers import QueryNumber
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Viewer = Annotated[Principal, Depends(Requires(Permission.VIEW_SCORES))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_SCORES))]
HERE = "/scores"


@router.get(HERE)
def list_sheets(request: Request, viewer: Viewer, month: str = "") -> Response:
    """The newest month with sheets unless another is named."""
    with runtime_of(request).database.read() as session:
        known = reading.months(session)
        wanted = month_of(month) if month else Month.read(known[0]) if known else Month.of(clock.now()).before
        assert wanted is not None  # noqa: S101
        sheets = reading.of_team(session, actor_of(request, viewer), wanted)
        policy = policies.of_month(session, wanted)
        staff_header.read(request, session, viewer)
    note_view(request, viewer, wanted)
    return render(
        request,
        "scores/team.html",
        month=wanted,
        months=known,
        sheets=sheets,
        policy=policy,
        total=shown.total,
        state_label=reading.state_label,
        why_not=reading.why_not_publishable,
    )


@router.get(f"{HERE}/{{month}}/{{username}}")
def show(
    request: Request,
    viewer: Viewer,
    month: str,
    username: str,
    metric: str = "",
    after: QueryNumber = 0,
    edition: QueryNumber = 0,
    done: str = "",
) -> Response:
    """One sheet with what its person said; with a metric the cases behind that figure; a former edition."""
    if metric or edition:
        return _kept_page(request, viewer, username, Wanted(month_of(month), metric, after, edition))
    return _page(request, viewer, month, username, done=done)


@router.post(f"{HERE}/{{month}}/{{username}}/answer")
def answer(request: Request, keeper: Keeper, month: str, username: str, form: Form) -> Response:
    given, version = Answered(form.get("answer"), form.get("remark")), form.number("version")
    return _done(
        request, keeper, month, username, form, "answered",
        lambda session: deciding.answer(
            session, actor_of(request, keeper), month_of(month), username, version, given
        ),
    )  # fmt: skip


@router.post(f"{HERE}/{{month}}/{{username}}/publication")
def publish(request: Request, keeper: Keeper, month: str, username: str, form: Form) -> Response:
    version = form.number("version")
    return _done(
        request, keeper, month, username, form, "published",
        lambda session: deciding.publish(session, actor_of(request, keeper), month_of(month), username, version),
    )  # fmt: skip


@router.post(f"{HERE}/{{month}}/{{username}}/withdrawal")
def withdraw(request: Request, keeper: Keeper, month: str, username: str, form: Form) -> Response:
    version, text = form.number("version"), form.get("text")
    return _done(
        request, keeper, month, username, form, "withdrawn",
        lambda session: deciding.withdraw(
            session, actor_of(request, keeper), month_of(month), username, version, text
        ),
    )  # fmt: skip


def note_view(request: Request, viewer: Principal, month: Month, username: str | None = None) -> None:
    """Whoever looks at what people did is in the trail."""
    told: trail.Particulars = {"view": "score", "month": month.name, "username": username}
    with runtime_of(request).database.transaction() as session:
        trail.record(session, Tag.AUDIT_VIEWED, actor_of(request, viewer), particulars=told)


def _done(
    request: Request, keeper: Principal, month: str, username: str, form: Form, done: str,
    work: Callable[[Session], Sheet],
) -> Response:  # fmt: skip
    return tried(
        request,
        work,
        lambda _: RedirectResponse(f"{HERE}/{month}/{username}?done={done}", 303),
        lambda error: _page(request, keeper, month, username, error, form=form),
    )


def _page(
    request: Request, viewer: Principal, month: str, username: str, error: PortalError | None = None,
    *, form: Form | None = None, done: str = "",
) -> Response:  # fmt: skip
    wanted = month_of(month)
    with runtime_of(request).database.read() as session:
        found = reading.of_colleague(session, actor_of(request, viewer), wanted, username)
        policy = policies.of_version(session, found.row.policy_version)
        marked, means = quality.means(session, found.user.id, wanted.name)
        former = editions.of_sheet(session, found.row)
        staff_header.read(request, session, viewer)
    note_view(request, viewer, wanted, found.user.username)
    return render(
        request,
        "scores/sheet.html",
        error.status if error else 200,
        month=wanted,
        sheet=found.row,
        former=former,
        person=found.user,
        policy=policy,
        metrics=shown.metrics(found.row, policy),
        total=shown.total(found.row),
        coverage=shown.coverage(found.row),
        state_label=reading.state_label,
        why_not=reading.why_not_publishable(found.row),
        is_own=found.user.id == viewer.user_id,
        may_keep=viewer.can(Permission.KEEP_SCORES),
        marked=marked,
        means=means,
        aspects=quality.ASPECTS,
        most=deciding.MOST_TEXT,
        most_remark=deciding.MOST_REMARK,
        faults=faults_of(error),
        message=refusal_of(error),
        entered={name: form.get(name) for name in ("answer", "remark", "text")} if form else {},
        done=done,
    )


def _kept_page(request: Request, viewer: Principal, username: str, wanted: Wanted) -> Response:
    with runtime_of(request).database.read() as session:
        found = reading.of_colleague(session, actor_of(request, viewer), wanted.month, username)
        here = f"{HERE}/{wanted.month.name}/{found.user.username}"
        name, context = shown.kept(session, found.row, wanted, here, found.user.display_name)
        staff_header.read(request, session, viewer)
    note_view(request, viewer, wanted.month, found.user.username)
    return render(request, name, **context)
