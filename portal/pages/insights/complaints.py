"""投诉统计: for 客服经理, and for the 法务联系人 the 涉法 cases; never with cases about that person."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.complaints import access, statistics
from portal.errors import NotFoundError
from portal.pages import staff_header
from portal.runtime import runtime_of
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.READ_COMPLAINTS))]
_MONTHS = 12


@router.get("/insights/complaints")
def show(request: Request, reader: Reader, until: str = "") -> Response:
    """Twelve months up to one, the newest first."""
    last = _month(until) or clock.china_today().replace(day=1)
    first = _later(last, 1 - _MONTHS)
    with runtime_of(request).database.read() as session:
        user = access.reader(session, actor_of(request, reader))
        if not access.is_manager(user) and not access.is_legal(user):
            raise NotFoundError
        figures = statistics.of_months(session, user, first, _later(last, 1))
        staff_header.read(request, session, reader)
    newest = clock.china_today().replace(day=1)
    return render(
        request, "insights/complaints.html", figures=figures, first=first, last=last, fewest=statistics.FEWEST,
        before=_later(first, -1), after=min(_later(last, _MONTHS), newest) if last < newest else None,
    )  # fmt: skip


def _month(text: str) -> date | None:
    try:
        month = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return month if 2000 <= month.year <= 9000 else None


def _later(month: date, by: int) -> date:
    years, place = divmod(month.month - 1 + by, 12)
    return date(month.year + years, place + 1, 1)
