"""周报 and 月报: frozen figures with editions and the leads' note, to read, to print, and as PDF (DESK 6.3)."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ConflictError, InvalidError, NotFoundError
from portal.kpi.books import charts, freezing, paper, pdf, reading, wording
from portal.kpi.books.addresses import address_of
from portal.kpi.books.models import NOTE_LENGTH, REASON_LENGTH
from portal.kpi.books.reading import Book
from portal.kpi.figures.periods import Grain, Period
from portal.pages import staff_header
from portal.pages.listing import faults_of
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.numbers import QueryNumber
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_BOOKS))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_BOOKS))]


@router.get("/insights/weekly/{week}")
def show_week(request: Request, reader: Reader, week: str, queue: str = "", edition: QueryNumber = 0) -> Response:
    """《客服周度分析报告》."""
    return _page(request, reader, freezing.named(week, Grain.WEEK), queue, edition)


@router.get("/insights/monthly/{month}")
def show_month(request: Request, reader: Reader, month: str, queue: str = "", edition: QueryNumber = 0) -> Response:
    """《客服月度分析报告》."""
    return _page(request, reader, freezing.named(month, Grain.MONTH), queue, edition)


@router.get("/insights/weekly/{week}/pdf")
def week_as_pdf(request: Request, reader: Reader, week: str, queue: str = "", edition: QueryNumber = 0) -> Response:
    return _pdf(request, reader, freezing.named(week, Grain.WEEK), queue, edition)


@router.get("/insights/monthly/{month}/pdf")
def month_as_pdf(request: Request, reader: Reader, month: str, queue: str = "", edition: QueryNumber = 0) -> Response:
    return _pdf(request, reader, freezing.named(month, Grain.MONTH), queue, edition)


@router.post("/insights/weekly/{week}")
def change_week(request: Request, keeper: Keeper, week: str, form: Form) -> Response:
    """The note, or a further edition."""
    return _change(request, keeper, freezing.named(week, Grain.WEEK), form)


@router.post("/insights/monthly/{month}")
def change_month(request: Request, keeper: Keeper, month: str, form: Form) -> Response:
    return _change(request, keeper, freezing.named(month, Grain.MONTH), form)


def _page(
    request: Request, reader: Principal, period: Period, queue: str, edition: int = 0, status: int = 200, **more: Any
) -> Response:
    database = runtime_of(request).database
    book = reading.find(database, reader.queues, period, queue, edition)
    with database.read() as session:
        staff_header.read(request, session, reader)
    queues = [(name, freezing.queue_words(name)) for name in reading.readable(reader.queues)]
    return render(
        request, "insights/book.html", status, **_values(book), queues=queues, has_pdf=pdf.is_available(),
        may_keep=reader.can(Permission.KEEP_BOOKS), longest=(NOTE_LENGTH, REASON_LENGTH), today=clock.china_today(),
        **{"form": None, "done": request.query_params.get("done", ""), "conflict": "", **more},
    )  # fmt: skip


def _values(book: Book) -> dict[str, Any]:
    return {
        "book": book,
        "words": wording,
        "charts": charts,
        "queue_words": freezing.queue_words,
        "address": address_of,
    }


def _pdf(request: Request, reader: Principal, period: Period, queue: str, edition: int) -> Response:
    book = reading.find(runtime_of(request).database, reader.queues, period, queue, edition)
    rendered = context.parts_of(request).templates.get_template(paper.TEMPLATE).render
    html = paper.as_html(rendered, period, book.queue, book.content, book.row, book.as_of)
    name = f"{book.title}-{period.name}-{freezing.queue_words(book.queue)}.pdf"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}", "cache-control": "no-store"}
    return Response(pdf.of_page(html), media_type="application/pdf", headers=headers)


def _change(request: Request, keeper: Principal, period: Period, form: PostedForm) -> Response:
    queue = form.get("queue")
    if not reading.may_read(keeper.queues, queue):
        raise NotFoundError
    database, actor = runtime_of(request).database, actor_of(request, keeper)
    try:
        if form.has("again"):
            freezing.freeze(database, actor, period, queue, form.get("reason"))
            done = "made"
        else:
            version = form.number("version")
            database.run(lambda session: freezing.write_note(session, actor, period, queue, form.get("note"), version))
            done = "noted"
    except InvalidError as error:
        return _page(request, keeper, period, queue, status=422, form=form, faults=faults_of(error))
    except ConflictError as error:
        return _page(request, keeper, period, queue, status=409, form=form, conflict=error.message)
    place = address_of(period, queue)
    return RedirectResponse(f"{place}{'&' if '?' in place else '?'}done={done}", 303)
