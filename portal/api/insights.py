"""The reports of weeks and months, frozen, and the pack for a review (CONTRACT 8, DESK 6.3)."""

from datetime import date, datetime
from functools import partial
from typing import Annotated, Any

from fastapi import Depends, Query
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api import models
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import ApiBody, PlainText, QueryText, Word
from portal.api.vocabularies import one_of
from portal.errors import ConflictError, Fault, InvalidError
from portal.kpi.books import freezing, paper, reading, review_pack
from portal.kpi.books.models import NOTE_LENGTH, REASON_LENGTH
from portal.kpi.books.reading import Book
from portal.kpi.figures.periods import Grain, Period
from portal.runtime import runtime_of
from portal.web import context
from portal.web.pages import problem
from portal.web.templating import iso_time

router = api_router("/insights")
Reader = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_BOOKS))]
Keeper = Annotated[Principal, Depends(RequiresToken(Permission.KEEP_BOOKS))]
_Edition = Annotated[int, Query(ge=0, le=1_000_000)]
_EVERY = ("", "all")


class ReportFigure(BaseModel):
    """`value` is null without a case, or with fewer than five; `n`: the cases, null for a plain count.

    `part`: of a share, the cases that count. `unit`: seconds, percent, score (1-5) or count. `link`: its tickets.
    """

    name: str
    label: str
    section: str
    unit: Annotated[str, one_of("FigureUnit")]
    value: float | None
    n: int | None
    definition: str
    link: str | None
    part: int | None
    median: float | None
    target: float | None
    before: float | None
    before_n: int | None


class ReportRow(BaseModel):
    key: str
    label: str
    count: int
    share: float | None
    link: str | None
    before: int | None


class ReportBreakdown(BaseModel):
    name: str
    label: str
    section: str
    definition: str
    n: int
    rows: list[ReportRow]
    is_top: bool


class BookReport(BaseModel):
    """`edition` and `made_at` are null while nothing is frozen: the figures are those of now. `queue`: "" for all.

    `as_of`: when the figures were counted.
    """

    period: str
    from_: date = Field(alias="from")
    to: date
    queue: str
    edition: int | None
    editions: list[int]
    made_at: datetime | None
    as_of: datetime
    made_by: str | None
    reason: str
    note: str
    noted_by: str
    version: int | None
    calendar: dict[str, Any]
    before: dict[str, Any]
    figures: list[ReportFigure]
    breakdowns: list[ReportBreakdown]
    course: list[dict[str, Any]]


class BookBody(ApiBody):
    """Either `note` with the `version` of the newest edition, or `reason` for a further edition."""

    queue: Word = ""
    note: Annotated[PlainText, Field(max_length=NOTE_LENGTH)] | None = None
    version: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    reason: Annotated[PlainText, Field(max_length=REASON_LENGTH)] | None = None


class PackBody(ApiBody):
    """`period`: `2026-11` or `2026-Q4`. `queue`: one, or `all` of them."""

    period: Word = ""
    queue: Word = ""
    reason: PlainText = ""


_READ: Any = {"response_model": BookReport, "responses": answers(403, 404)}
_CHANGED: Any = {
    "response_model": BookReport,
    "responses": answers(403, 404, *OF_BODY, conflict=models.ConflictProblem),
    "openapi_extra": json_schema(BookBody),
}
Body = Annotated[BookBody, Depends(JsonBody(BookBody))]


@router.get("/weekly/{week}", **_READ)
def show_week(
    request: Request, principal: Reader, week: str, queue: QueryText = "", edition: _Edition = 0
) -> JSONResponse:
    """The newest edition of `2026-W48`, or another; without a frozen one the figures of now."""
    return _shown(request, principal, freezing.named(week, Grain.WEEK), queue, edition)


@router.get("/monthly/{month}", **_READ)
def show_month(
    request: Request, principal: Reader, month: str, queue: QueryText = "", edition: _Edition = 0
) -> JSONResponse:
    """The same of `2026-11`."""
    return _shown(request, principal, freezing.named(month, Grain.MONTH), queue, edition)


@router.post("/weekly/{week}", **_CHANGED)
def change_week(request: Request, principal: Keeper, week: str, body: Body) -> JSONResponse:
    """Write the note of the newest edition, or make a further one with a reason; earlier ones stay."""
    return _changed(request, principal, freezing.named(week, Grain.WEEK), body)


@router.post("/monthly/{month}", **_CHANGED)
def change_month(request: Request, principal: Keeper, month: str, body: Body) -> JSONResponse:
    """The same of a month."""
    return _changed(request, principal, freezing.named(month, Grain.MONTH), body)


@router.post(
    "/review-pack",
    response_class=Response,
    responses={
        200: {
            "description": "The ZIP",
            "content": {review_pack.MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        },
        **answers(403, 404, *OF_BODY),
    },
    openapi_extra=json_schema(PackBody),
)
def take_review_pack(
    request: Request, principal: Keeper, body: Annotated[PackBody, Depends(JsonBody(PackBody))]
) -> Response:
    """复盘包 of a month or quarter: tables without complaints, reports, and the slowest stages; a trail row."""
    asked = review_pack.Asked(body.period, _queue(body.queue), body.reason)
    on_paper = partial(paper.on_paper, context.parts_of(request).templates.get_template(paper.TEMPLATE).render)
    pack = review_pack.take(runtime_of(request), actor_of(request, principal), asked, on_paper)
    return StreamingResponse(pack.content, media_type=review_pack.MEDIA_TYPE, headers=pack.headers())


def _queue(text: str) -> str:
    return "" if text in _EVERY else text


def _shown(request: Request, principal: Principal, period: Period, queue: str, edition: int = 0) -> JSONResponse:
    book = reading.find(runtime_of(request).database, principal.queues, period, _queue(queue), edition)
    return JSONResponse(_json(book))


def _changed(request: Request, principal: Principal, period: Period, body: BookBody) -> JSONResponse:
    database, actor, queue = runtime_of(request).database, actor_of(request, principal), _queue(body.queue)
    queue = reading.first_of(principal.queues, queue)
    note, version = body.note, body.version
    if (note is None) == (body.reason is None):
        raise InvalidError([Fault("note", "required", "请填写 note（说明）或 reason（为什么重做），只填一项")])
    if note is not None and version is None:
        raise InvalidError([Fault("version", "required", "请给出说明所依据的 version")])
    try:
        if body.reason is not None:
            freezing.freeze(database, actor, period, queue, body.reason)
        else:
            database.run(
                lambda session: freezing.write_note(session, actor, period, queue, note or "", version or 0)
            )  # fmt: skip
    except ConflictError as error:
        return problem(request, error.status, error.message, {"code": error.code})
    return _shown(request, principal, period, queue)


def _json(book: Book) -> dict[str, Any]:
    row, content = book.row, book.content
    return {
        "period": book.period.name,
        "from": book.period.first.isoformat(),
        "to": book.period.last.isoformat(),
        "queue": book.queue,
        "edition": row.edition if row else None,
        "editions": [one.edition for one in book.editions],
        "made_at": iso_time(row.made_at) if row else None,
        "as_of": iso_time(book.as_of),
        "made_by": row.made_by if row else None,
        "reason": row.reason if row else "",
        "note": row.note if row else "",
        "noted_by": row.noted_by if row else "",
        "version": row.version if row else None,
        "calendar": content["calendar"],
        "before": content["before"],
        "figures": content["figures"],
        "breakdowns": content["breakdowns"],
        "course": content["course"],
    }
