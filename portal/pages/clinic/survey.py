"""Behind a survey link: five choices and the number, nothing of the ticket (REQUIREMENTS G14, DESK 4.2)."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, public
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError
from portal.follow_up import ratings, surveys
from portal.follow_up.ratings import AlreadyRatedError, Way
from portal.follow_up.surveys import OpenSurvey, SurveyOverError
from portal.kinds.validation import Values
from portal.pages.clinic import rating_forms
from portal.runtime import runtime_of
from portal.web import context
from portal.web.csrf import PublicForm
from portal.web.links import OneTimeToken
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)


@router.get("/survey/done")
def show_done(request: Request) -> Response:
    """It has arrived. Names no report, because anyone can open this address."""
    return _public(request, "clinic/survey_done.html", 200, message="")


@router.get("/survey/{token}")
def show_survey(request: Request, token: OneTimeToken) -> Response:
    """The five choices. Opening answers nothing: previews open links too."""
    try:
        survey = surveys.opened(runtime_of(request), token, context.client_address(request))
    except SurveyOverError as error:
        return _public(request, "clinic/survey_over.html", error.status)
    return _page(request, token, survey)


@router.post("/survey/{token}")
def answer_survey(request: Request, token: OneTimeToken, form: PublicForm) -> Response:
    """The first answer counts, by whomever the link was passed to; a later one is shown it."""
    runtime, given, staff = runtime_of(request), rating_forms.read(form, ratings.TEXT_FIELD), request.state.principal
    try:
        survey = surveys.opened(runtime, token, context.client_address(request))
    except SurveyOverError as error:
        return _public(request, "clinic/survey_over.html", error.status)
    try:
        answer = ratings.read_score(given.score, given.reason, given.comment)
        ratings.give(
            runtime, actor_of(request), survey.ticket_id, survey.round, answer, Way.LINK,
            staff.user_id if staff else None,
        )  # fmt: skip
    except InvalidError as error:
        return _page(request, token, survey, error.status, faults=error.faults, typed=given.typed())
    except AlreadyRatedError as error:
        return _public(request, "clinic/survey_done.html", error.status, message=error.message)
    except (ConflictError, ForbiddenError) as error:
        return _page(request, token, survey, error.status, message=error.message, typed=given.typed())
    return RedirectResponse("/survey/done", 303)


def _page(
    request: Request,
    token: str,
    survey: OpenSurvey,
    status: int = 200,
    *,
    faults: Sequence[Fault] = (),
    typed: Values | None = None,
    message: str = "",
) -> Response:
    return _public(
        request,
        "clinic/survey.html",
        status,
        action=f"{surveys.PAGE}/{token}",
        number=survey.number,
        is_answered=survey.is_answered,
        faults=list(faults),
        message=message,
        **rating_forms.context((), survey.round, typed or {}),
    )


def _public(request: Request, template: str, status: int, **values: object) -> Response:
    page = render(request, template, status, **values)
    page.headers["referrer-policy"] = "no-referrer"  # the address is the secret
    return page
