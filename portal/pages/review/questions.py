"""Questions of a sample to the person who had access: everyone sees and answers only their own."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import actor_of, fully_signed_in, public
from portal.accounts.principal import Principal
from portal.errors import InvalidError
from portal.pages.review.samples import in_words
from portal.queues.trail_scope import WHOLE
from portal.runtime import runtime_of
from portal.sampling import samples
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter()
FullySignedIn = Annotated[Principal, Depends(fully_signed_in)]


@router.get("/account/questions", dependencies=[Depends(public)])
def questions(request: Request, principal: FullySignedIn) -> Response:
    """My accesses that a lead wants explained."""
    return _page(request, principal)


@router.post("/account/questions/{row_id}", dependencies=[Depends(public)])
def answer(request: Request, row_id: uuid.UUID, principal: FullySignedIn, form: Form) -> Response:
    """My explanation; it can be changed until the row is ticked off."""
    try:
        with runtime_of(request).database.transaction() as session:
            samples.answer(session, actor_of(request, principal), row_id, form.get("text"))
    except InvalidError as error:
        return _page(request, principal, row_id, error)
    return RedirectResponse("/account/questions?done=1", 303)


def _page(
    request: Request, principal: Principal, at: uuid.UUID | None = None, error: InvalidError | None = None
) -> Response:
    with runtime_of(request).database.read() as session:
        rows = in_words(session, samples.questions_to(session, principal.user_id), WHOLE)
    return render(
        request,
        "review/questions.html",
        error.status if error else 200,
        rows=rows,
        at=at,
        message=error.faults[0].message if error else "",
        is_done=error is None and request.query_params.get("done") == "1",
    )
