"""The clinic's page behind a supplement link: what is missing, and nothing of what is there (REQUIREMENTS A8)."""

from collections.abc import Sequence

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, public
from portal.errors import Fault, InvalidError
from portal.kinds.questions import supplement_questions
from portal.kinds.validation import Values, without_questions
from portal.pages.clinic import cookies, supplement_pictures
from portal.pages.clinic.draft_room import has_draft_room
from portal.pages.clinic.supplement_pictures import Sent
from portal.reports.drafts import OpenDraft
from portal.reports.filing import NewPicture
from portal.runtime import runtime_of
from portal.supplements import links
from portal.supplements.links import OpenLink, SupplementLinkOverError
from portal.web import context
from portal.web.csrf import PublicForm, PublicUploadForm
from portal.web.links import OneTimeToken
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)


@router.get("/supplement/done")
def show_done(request: Request) -> Response:
    """Everything has been supplied. Names no report, because anyone can open this address."""
    return _public(request, "clinic/supplement_done.html", 200)


@router.get("/supplement/{token}")
def show_supplement(request: Request, token: OneTimeToken) -> Response:
    """What is missing, and nothing of what is there. Opening uses nothing up: previews open links too."""
    try:
        link = links.opened(runtime_of(request), token, context.client_address(request))
    except SupplementLinkOverError as error:
        return _public(request, "clinic/supplement_over.html", error.status)
    return _supplement_page(request, token, link)


@router.post("/supplement/{token}", dependencies=[Depends(has_draft_room)])
def take_supplement(request: Request, token: OneTimeToken, form: PublicUploadForm) -> Response:
    """Store what is valid, show the other faults; the link is used up once nothing is missing."""
    runtime = runtime_of(request)
    try:
        link = links.opened(runtime, token, context.client_address(request))
        sent = supplement_pictures.take(request, link.ticket, link.fields, form)
        page = _supplied(request, token, link, sent)
    except SupplementLinkOverError as error:
        return _public(request, "clinic/supplement_over.html", error.status)
    cookies.keep_supplement(request, page, sent.draft)
    return page


@router.post("/supplement/{token}/pictures", dependencies=[Depends(has_draft_room)])
def begin_pictures(request: Request, token: OneTimeToken, form: PublicForm) -> Response:
    """For the script: where the pictures go, one by one, before the supplement is sent."""
    link = links.opened(runtime_of(request), token, context.client_address(request))
    return supplement_pictures.begin(request, link.ticket, link.fields)


def _supplied(request: Request, token: str, link: OpenLink, sent: Sent) -> Response:
    runtime = runtime_of(request)
    if sent.is_done:
        return RedirectResponse(f"/supplement/{token}", 303)
    outcome: list[bool] = []

    def receive(values: Values, pictures: Sequence[NewPicture]) -> None:
        outcome.append(links.supply(runtime, actor_of(request), link, values, pictures))

    try:
        supplement_pictures.supply(
            request, link.ticket, sent, link.fields, receive, lambda: links.fields_left(runtime, link)
        )
    except InvalidError as error:
        left = links.opened(runtime, token, context.client_address(request))
        return _supplement_page(
            request, token, left, error.status, faults=error.faults, typed=sent.values, draft=sent.draft
        )
    return RedirectResponse("/supplement/done" if any(outcome) else f"/supplement/{token}?done=part", 303)


def _supplement_page(
    request: Request,
    token: str,
    link: OpenLink,
    status: int = 200,
    *,
    faults: Sequence[Fault] = (),
    typed: Values | None = None,
    draft: OpenDraft | None = None,
) -> Response:
    order = [spec.name for spec in link.fields]
    ordered = sorted((fault for fault in faults if fault.field in order), key=lambda fault: order.index(fault.field))
    return _public(
        request,
        "clinic/supplement.html",
        status,
        action=f"{links.PAGE}/{token}",
        number=link.ticket.number,
        institution=link.ticket.institution,
        queue=link.ticket.queue,
        questions=supplement_questions(link.fields, typed or {}, ordered, is_required=link.is_demanded),
        is_demanded=link.is_demanded,
        picture_part=supplement_pictures.part(
            request, link.ticket, link.fields, ordered, f"{links.PAGE}/{token}/pictures", draft
        ),
        expires_at=link.expires_at,
        is_part=request.query_params.get("done") == "part",
        faults=without_questions(ordered),
    )


def _public(request: Request, template: str, status: int, **values: object) -> Response:
    page = render(request, template, status, **values)
    page.headers["referrer-policy"] = "no-referrer"  # the address is the secret
    return page
