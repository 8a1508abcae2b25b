"""Shared by the filing's route modules: the draft that an address names, and the next page."""

import uuid
from typing import Annotated

from fastapi import Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.kinds.fields import Step
from portal.metrics import filing_sessions
from portal.pages.clinic import cookies
from portal.reports import drafts
from portal.reports.drafts import OpenDraft
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import PostedForm

BACK_TO_CHECK = "check"
_NEXT = {Step.SITUATION: "screenshots", Step.SCREENSHOTS: "identity", Step.IDENTITY: "check"}


def own_draft(request: Request, draft_id: uuid.UUID) -> OpenDraft:
    """The draft in the address, for the browser that started it."""
    return drafts.find(runtime_of(request), draft_id, *cookies.owners(request))


OwnDraft = Annotated[OpenDraft, Depends(own_draft)]


def visit(request: Request, form: PostedForm) -> filing_sessions.FilingVisit:
    """When and on which class of device a filing started, for the metrics."""
    return filing_sessions.visit(form.get("opened"), request.headers.get("user-agent", ""))


def action(request: Request) -> str:
    """A form posts to its own page: /report/<kind> still works after the draft has expired."""
    return same_page(request, request.url.path)


def next_page(request: Request, step: Step) -> str:
    """A change that started on the check page returns straight to it."""
    return BACK_TO_CHECK if _returns_to_check(request) else _NEXT[step]


def same_page(request: Request, page: str) -> str:
    """The same page, with the way back to the check page if it was opened from there."""
    return f"{page}?back={BACK_TO_CHECK}" if _returns_to_check(request) else page


def address(draft: OpenDraft, page: str) -> str:
    return f"/report/drafts/{draft.id}/{page}"


def redirect(draft: OpenDraft, page: str) -> Response:
    return RedirectResponse(address(draft, page), 303)


def to_receipt(request: Request, draft: OpenDraft) -> Response:
    """A submitted draft has one page left."""
    response = redirect(draft, "receipt")
    cookies.keep_receipt(request, response, draft)
    return response


def base_url(request: Request) -> str:
    """The address at which a phone finds the portal."""
    return context.base_url(request)


def _returns_to_check(request: Request) -> bool:
    return request.query_params.get("back") == BACK_TO_CHECK
