"""周报 and 月报: the frozen figures with their editions and the leads' note, to read, to print, and as PDF (DESK 6.3)."""

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ConflictError, InvalidError, NotFoundError
from portal.kpi.books import charts, freezing, pdf, wording
from portal.kpi.books.models import NOTE_LENGTH, REASON_LENGTH, PeriodReport
from portal.kpi.figures.periods import Grain, Period
from portal.kpi.figures.sources import Scope
from portal.pages import staff_header
from portal.pages.listing import faults_of
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_BOOKS))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_BOOKS))]
FOLDERS = {Grain.WEEK: "weekly", Grain.MONTH: "monthly"}


@dataclass(frozen=True)
class Book:
    """What a page shows: a frozen edition, or the figures as they are so far."""

    period: Period
    queue: str
    content: dict[str, Any]
    row: PeriodReport | None
    editions: list[PeriodReport]
    is_over: bool

    @property
    def title(self) -> str:
        return freezing.title_of(self.period.grain.value)

    @property
    def address(self) -> str:
        return address_of(self.period, self.queue)

    @property
    def is_newest(self) -> bool:
        return self.row is None or self.row.edition == self.editions[0].edition


@router.get("/insights/weekly/{week}")
def show_week(request: Request, reader: Reader, week: str, queue: str = "", edition: int = 0) -> Response:
    """《客服周度分析报告》."""
    return _page(request, reader, freezing.named(week, Grain.WEEK), queue, edition)


@router.get("/insights/monthly/{month}")
def show_month(request: Request, reader: Reader, month: str, queue: str = "", edition: int = 0) -> Response:
    """《客服月度分析报告》."""
    return _page(request, reader, freezing.named(month, Grain.MONTH), queue, edition)


@router.get("/insights/weekly/{week}/pdf")
def week_as_pdf(request: Request, reader: Reader, week: str, queue: str = "", edition: int = 0) -> Response:
    return _pdf(request, reader, freezing.named(week, Grain.WEEK), queue, edition)


@router.get("/insights/monthly/{month}/pdf")
def month_as_pdf(request: Request, reader: Reader, month: str, queue: str = "", edition: int = 0) -> Response:
    return _pdf(request, reader, freezing.named(month, Grain.MONTH), queue, edition)


@router.post("/insights/weekly/{week}")
def change_week(request: Request, keeper: Keeper, week: str, form: Form) -> Response:
    """The note, or a further edition."""
    return _change(request, keeper, freezing.named(week, Grain.WEEK), form)


@router.post("/insights/monthly/{month}")
def change_month(request: Request, keeper: Keeper, month: str, form: Form) -> Response:
    return _change(request, keeper, freezing.named(month, Grain.MONTH), form)


def address_of(period: Period, queue: str) -> str:
    """Of the page of a report."""
    place = f"/insights/{FOLDERS[period.grain]}/{period.name}"
    return f"{place}?{urlencode({'queue': queue})}" if queue else place


def may_read(reader: Principal, queue: str) -> bool:
    """A lead's own queues; all together for leads of every queue."""
    return set(freezing.queues_of(queue)) <= set(reader.queues)


def readable_queues(reader: Principal) -> list[str]:
    return [queue for queue in freezing.every_queue() if may_read(reader, queue)]


def found(session: Session, reader: Principal, period: Period, queue: str, edition: int) -> Book:
    """Raises NotFoundError: not the reader's queue, a period to come, or an edition that there is not."""
    queue = queue or readable_queues(reader)[0]
    if not may_read(reader, queue):
        raise NotFoundError
    rows = list(freezing.editions(session, period, queue))
    now = clock.now()
    row = next((one for one in rows if one.edition == edition), None) if edition else next(iter(rows), None)
    if (edition and row is None) or period.since > now:
        raise NotFoundError
    if row is not None:
        content = row.figures
    else:
        content = freezing.content_of(session, Scope(period, freezing.queues_of(queue), now), queue)
    return Book(period, queue, content, row, rows, freezing.is_over(period, now))


def _page(
    request: Request, reader: Principal, period: Period, queue: str, edition: int = 0, status: int = 200, **more: Any
) -> Response:
    with runtime_of(request).database.read() as session:
        book = found(session, reader, period, queue, edition)
        staff_header.read(request, session, reader)
    queues = [(name, freezing.queue_words(name)) for name in readable_queues(reader)]
    return render(
        request, "insights/book.html", status, **_values(book), queues=queues, has_pdf=pdf.is_available(),
        may_keep=reader.can(Permission.KEEP_BOOKS), longest=(NOTE_LENGTH, REASON_LENGTH), today=clock.china_today(),
        **{"form": None, "done": request.query_params.get("done", ""), "conflict": "", **more},
    )  # fmt: skip


def _values(book: Book) -> dict[str, Any]:
    return {"book": book, "words": wording, "charts": charts, "queue_words": freezing.queue_words, "address": address_of}


def as_html(request: Request, book: Book) -> str:
    """The same on its own, with its styles inside: for a PDF."""
    page = context.parts_of(request).templates.get_template("insights/book_pdf.html")
    return page.render(**_values(book), now=clock.now())


def _pdf(request: Request, reader: Principal, period: Period, queue: str, edition: int) -> Response:
    with runtime_of(request).database.read() as session:
        book = found(session, reader, period, queue, edition)
    name = f"{book.title}-{period.name}-{freezing.queue_words(book.queue)}.pdf"
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}", "cache-control": "no-store"}
    return Response(pdf.of_page(as_html(request, book)), media_type="application/pdf", headers=headers)


def _change(request: Request, keeper: Principal, period: Period, form: PostedForm) -> Response:
    queue = form.get("queue")
    if not may_read(keeper, queue):
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
