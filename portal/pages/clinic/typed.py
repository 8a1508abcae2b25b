"""The text of an unfinished page, sealed into its draft while it is typed, so that nothing is lost with the page.

A draft that was deleted, filed or written by another window meanwhile stays so: the page asks when 继续 is pressed.
"""

from dataclasses import replace

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import public
from portal.errors import NotFoundError
from portal.kinds.fields import CheckContext, Step
from portal.pages.clinic import cookies, page_marks, paths, step_values
from portal.pages.clinic.text_pages import KindInPath
from portal.reports import draft_room
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import MAX_TYPED_BODY
from portal.web.csrf import TypedForm
from portal.web.memory_limiter import Pace

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)

PER_HOUR = 30_000  # from one address, per process: 1,000 people who type all the time
_pace = Pace(PER_HOUR, minutes=60)


def has_typing_room(request: Request) -> None:
    """Refuse what would be too much for this address within the hour, or for all drafts together."""
    draft_room.ensure_room(runtime_of(request), MAX_TYPED_BODY)
    _pace.count(context.client_address(request))


@router.post("/report/{kind}/typed", dependencies=[Depends(has_typing_room)])
def keep_typed(request: Request, kind: KindInPath, form: TypedForm) -> Response:
    """The draft that holds the page's text now; 409 if another window wrote the step or filed it, 404 if it is gone."""
    step = step_values.TEXT_STEPS.get(form.get("step"))
    if step is None:
        raise NotFoundError
    runtime = runtime_of(request)
    sent = step_values.sent_step(form, kind, step, page_marks.mark_of(form), CheckContext.of(runtime.settings))
    sent = replace(sent, unfinished=form.get("unfinished")[:40])
    draft = page_marks.draft_of_page(request, kind, form)
    if draft is None and (sent.is_empty or step is not Step.SITUATION):
        return Response(status_code=204)
    draft = step_values.write(request, kind, form, draft, sent)
    answer = JSONResponse({"draft": str(draft.id), "address": paths.address(draft, step.value)})
    cookies.keep_draft(request, answer, draft)
    return answer
