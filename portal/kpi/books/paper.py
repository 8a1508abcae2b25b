"""A report on paper: as PDF, or where that cannot be made as a page that every browser prints."""

from typing import Any

from jinja2 import Environment

from portal import clock
from portal.kpi.books import charts, freezing, pdf, wording
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures import periods
from portal.kpi.figures.periods import Period


def as_html(templates: Environment, period: Period, queue: str, content: Any, row: PeriodReport | None) -> str:
    """On its own, with its styles inside."""
    page = templates.get_template("insights/book_pdf.html")
    return page.render(
        title=freezing.title_of(period.grain.value), period=period, queue=freezing.queue_words(queue), content=content,
        row=row, words=wording, charts=charts, now=clock.now(),
    )  # fmt: skip


def on_paper(templates: Environment, row: PeriodReport) -> tuple[str, bytes]:
    """Ending and content of a frozen report."""
    period = periods.read(row.period)
    assert period is not None  # noqa: S101
    html = as_html(templates, period, row.queue, row.figures, row)
    try:
        return "pdf", pdf.of_page(html)
    except pdf.NoPdfError:
        return "html", html.encode()
