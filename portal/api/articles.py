"""The calls on knowledge articles: 坐席, engineers and leads write, leads approve."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import article_models as models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import ApiBody, PlainText, QueryText, VersionBody, Word
from portal.audit.actor import Actor
from portal.errors import ConflictError
from portal.kinds.names import TicketKind
from portal.knowledge.articles import from_ticket, listing, rows, steps, viewing, writing
from portal.knowledge.articles.listing import Wanted
from portal.knowledge.articles.models import ArticleVersion
from portal.knowledge.articles.states import APPROVE, RETIRE, RETURN, SAVE, SUBMIT, Step
from portal.knowledge.articles.steps import Given
from portal.knowledge.articles.texts import ArticleText, text_of
from portal.knowledge.articles.viewing import ArticleView, Line
from portal.runtime import Runtime, runtime_of
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router()
Reader = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]
Writer = Annotated[Principal, Depends(RequiresToken(Permission.WRITE_ARTICLE))]
Json = dict[str, Any]
_Queue = Literal[(*TicketKind, "")]  # type: ignore[valid-type]


class ArticleBody(ApiBody):
    """A new draft. `queue`: empty or left out for all queues."""

    title: PlainText = ""
    problem: PlainText = ""
    steps: PlainText = ""
    cautions: PlainText = ""
    queue: _Queue | None = None
    system: Word = ""
    module: Word = ""
    is_public: bool = False


class ArticleVersionBody(VersionBody):
    """What is left out stays as it is."""

    title: PlainText | None = None
    problem: PlainText | None = None
    steps: PlainText | None = None
    cautions: PlainText | None = None
    queue: _Queue | None = None
    system: Word | None = None
    module: Word | None = None
    is_public: bool | None = None


class ArticleApprovalBody(VersionBody):
    """`names_checked`: the reviewer looked for names of people and places; required for one made from a ticket."""

    names_checked: bool = False


class ArticleReturnBody(VersionBody):
    """What its author has to change."""

    note: PlainText = ""


class ArticleRetirementBody(VersionBody):
    note: PlainText = ""


_BODIES: dict[Step, type[VersionBody]] = {
    SAVE: ArticleVersionBody,
    SUBMIT: ArticleVersionBody,
    APPROVE: ArticleApprovalBody,
    RETURN: ArticleReturnBody,
    RETIRE: ArticleRetirementBody,
}


@router.get("/articles", response_model=models.ArticlePage, responses=answers(403, 422))
def list_articles(
    request: Request,
    principal: Reader,
    state: QueryText = "",
    queue: QueryText = "",
    visibility: QueryText = "",
    q: QueryText = "",
    unused: bool = False,
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=listing.MAX_PAGE_SIZE)] = listing.PAGE_SIZE,
) -> JSONResponse:
    """The last changed first: published ones of the caller's queues, and what the caller writes or reviews."""
    actor = actor_of(request, principal)
    with runtime_of(request).database.read() as session:
        page = listing.page_of(session, actor, Wanted(state, queue, visibility, q, unused), cursor, limit)
        lines = viewing.lines_of(session, page.found)
    return JSONResponse({"items": [_line(line) for line in lines], "next_cursor": page.next_cursor})


@router.post(
    "/articles",
    status_code=201,
    response_model=models.Article,
    responses=answers(403, *OF_BODY),
    openapi_extra=json_schema(ArticleBody),
)
def make_article(
    request: Request, principal: Writer, body: Annotated[ArticleBody, Depends(JsonBody(ArticleBody))]
) -> JSONResponse:
    """A draft. Only `submission` requires `problem`, `steps` and `cautions`."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    text = ArticleText(**{**body.model_dump(), "queue": str(body.queue or "")})
    number = runtime.database.run(lambda session: writing.make(session, actor, text).number)
    return JSONResponse(_current(runtime, actor, number), 201)


@router.get("/articles/{number}", response_model=models.Article, responses=answers(403, 404))
def show_article(request: Request, principal: Reader, number: str) -> JSONResponse:
    """One of them with its versions."""
    return JSONResponse(_current(runtime_of(request), actor_of(request, principal), number))


@router.post(
    "/tickets/{number}/article", status_code=201, response_model=models.Article, responses=answers(403, 404, 410)
)
def make_article_from_ticket(request: Request, principal: Writer, number: str) -> JSONResponse:
    """从工单生成: a draft from description and result, without anything that is sealed there."""
    runtime, actor = runtime_of(request), actor_of(request, principal)
    made = runtime.database.run(lambda session: from_ticket.make(session, actor, number).number)
    return JSONResponse(_current(runtime, actor, made), 201)


def _route(step: Step) -> Callable[..., JSONResponse]:
    model = _BODIES[step]

    def take(
        request: Request, principal: Writer, number: str, body: Annotated[Any, Depends(JsonBody(model))]
    ) -> JSONResponse:
        runtime, actor = runtime_of(request), actor_of(request, principal)
        given = Given(
            text=_text(runtime, actor, number, body) if isinstance(body, ArticleVersionBody) else None,
            note=getattr(body, "note", ""),
            has_looked=getattr(body, "names_checked", False),
        )
        try:
            steps.take(runtime, actor, step, number, body.version, given)
        except ConflictError as error:
            now = {"code": error.code, "article": _current(runtime, actor, number)}
            return problem(request, 409, error.message, now)
        return JSONResponse(_current(runtime, actor, number))

    take.__doc__ = step.title
    take.__name__ = f"article_{step.name}"
    return take


for _step, _model in _BODIES.items():
    router.add_api_route(
        f"/articles/{{number}}/{_step.name}",
        _route(_step),
        methods=["POST"],
        response_model=models.Article,
        responses=answers(403, 404, *OF_BODY, conflict=models.ArticleConflict),
        openapi_extra=json_schema(_model),
    )


def _text(runtime: Runtime, actor: Actor, number: str, body: ArticleVersionBody) -> ArticleText | None:
    """The newest text with what the body names; None if it names nothing."""
    given = {name: value for name, value in body.model_dump(exclude={"version"}).items() if value is not None}
    if not given:
        return None
    with runtime.database.read() as session:
        row = rows.find(session, actor, number)
        return replace(text_of(rows.version_of(session, row)), **given)


def _current(runtime: Runtime, actor: Actor, number: str) -> Json:
    with runtime.database.read() as session:
        return _json(viewing.view_of(session, actor, rows.find(session, actor, number)))


def _line(line: Line) -> Json:
    row = line.article
    return {
        "number": row.number, "title": row.title, "state": row.status, "state_label": row.state_label,
        "version": row.version, "queue": row.queue, "system": row.system, "module": row.module,
        "is_public": row.is_public, "is_published": row.is_published, "author": row.author_name,
        "approver": row.approver_name or None, "is_own_approval": row.is_own_approval,
        "published_at": iso_time(row.published_at) if row.published_at else None,
        "changed_at": iso_time(row.changed_at), "uses": line.uses,
        "used_at": iso_time(line.used_at) if line.used_at else None, "is_unused": line.is_unused, "helped": row.helped,
    }  # fmt: skip


def _json(view: ArticleView) -> Json:
    row, text = view.row, view.text
    return {
        **_line(view.line),
        "title": text.title, "queue": text.queue, "system": text.system, "module": text.module,
        "is_public": text.is_public, "text_version": text.version, "published_version": row.published_version,
        "problem": text.problem, "steps": text.steps, "cautions": text.cautions, "note": row.note,
        "from_ticket": view.from_number,
        "published": _part(view.published) if view.published else None,
        "versions": [_part(past.version) for past in view.versions],
        "can": [step.name for step in view.steps],
    }  # fmt: skip


def _part(version: ArticleVersion) -> Json:
    return {
        "text_version": version.version, "title": version.title, "problem": version.problem, "steps": version.steps,
        "cautions": version.cautions, "by": version.by_name, "at": iso_time(version.at),
    }  # fmt: skip
