"""A report on paper: as PDF, or where that cannot be made as a page that every browser prints."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from portal.kpi.books import charts, freezing, pdf, wording
from portal.kpi.books.models import PeriodReport
from portal.kpi.figures import periods
from portal.kpi.figures.periods import Period

TEMPLATE = "insights/book_pdf.html"
Rendered = Callable[..., str]  # the template with values


def as_html(
    rendered: Rendered, period: Period, queue: str, content: Any, row: PeriodReport | None, as_of: datetime
) -> str:
    """A page on its own, beside its style sheet."""
    return rendered(
        title=freezing.title_of(period.grain.value), period=period, queue=freezing.queue_words(queue), content=content,
        row=row, words=wording, charts=charts, as_of=as_of,
    )  # fmt: skip


def on_paper(rendered: Rendered, row: PeriodReport) -> tuple[str, bytes]:
    """Ending and content of a frozen report."""
    period = periods.read(row.period)
    assert period is not None  # noqa: S101
    html = as_html(rendered, period, row.queue, row.figures, row, row.made_at)
    try:
        return "pdf", pdf.of_page(html)
    except pdf.NoPdfError:
        return "html", html.encode()
