"""复盘包: the form for it, and the ZIP."""

from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from portal.accounts.guard import actor_of
from portal.accounts.principal import Principal
from portal.errors import InvalidError
from portal.kpi.books import freezing, paper, reading, review_pack, stages
from portal.kpi.books.review_pack import Asked
from portal.pages import staff_header
from portal.pages.insights.books import Keeper
from portal.pages.listing import faults_of
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)


@router.get("/insights/review-pack")
def show(request: Request, keeper: Keeper) -> Response:
    """The form."""
    return _form(request, keeper)


@router.post("/insights/review-pack")
def take(request: Request, keeper: Keeper, form: Form) -> Response:
    """The ZIP, or the form again with what is wrong."""
    asked = Asked(form.get("period"), form.get("queue"), form.get("reason"))
    on_paper = partial(paper.on_paper, context.parts_of(request).templates.get_template(paper.TEMPLATE).render)
    try:
        pack = review_pack.take(runtime_of(request), actor_of(request, keeper), asked, on_paper)
    except InvalidError as error:
        return _form(request, keeper, form, error)
    return StreamingResponse(pack.content, media_type=review_pack.MEDIA_TYPE, headers=pack.headers())


def _form(
    request: Request, keeper: Principal, form: PostedForm | None = None, error: InvalidError | None = None
) -> Response:
    with runtime_of(request).database.read() as session:
        staff_header.read(request, session, keeper)
    queues = [(name, freezing.queue_words(name)) for name in reading.readable(keeper.queues)]
    return render(
        request, "insights/review_pack.html", error.status if error else 200, form=form, faults=faults_of(error),
        periods=review_pack.choices(), queues=queues, slowest=stages.WORDS,
    )  # fmt: skip
