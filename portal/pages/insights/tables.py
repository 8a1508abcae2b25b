"""导出台账: choose a table, a period and a queue, say why, and take the file (DESK 6.2, SECURITY H-4)."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from portal import clock
from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.complaints import access
from portal.errors import Fault, InvalidError
from portal.kinds.table import queue_label
from portal.kpi.tables import taking
from portal.kpi.tables.names import DATED_BY, TITLES, Table
from portal.kpi.tables.order import ensure_theirs, tables_of
from portal.kpi.tables.taking import EVERY_QUEUE, ROWS_HEADER, Asked
from portal.pages import staff_header
from portal.pages.list_place import ListPlace, place_in
from portal.queues import filter_words
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Taker = Annotated[Principal, Depends(Requires(Permission.TAKE_TABLES))]
LIST = "list"
_FIELDS = ("table", "from", "to", "queue", "reason", LIST)


@router.get("/insights/tables")
def choose(request: Request, taker: Taker) -> Response:
    """The form: this month, or the list of a queue from whose page it was opened."""
    given = {name: request.query_params.get(name, "") for name in _FIELDS}
    place, today = place_in(given[LIST], taker), clock.china_today()
    if place is not None:
        given |= {"table": Table.TICKETS.value, "from": place.filters.since, "to": place.filters.until}
    else:
        given |= {"from": given["from"] or today.replace(day=1).isoformat(), "to": given["to"] or today.isoformat()}
    return _page(request, taker, given)


@router.post("/insights/tables")
def take(request: Request, taker: Taker, form: Form) -> Response:
    """The file, or the form again with every fault."""
    given = {name: form.get(name) for name in _FIELDS}
    try:
        asked = _asked(request, taker, given, form.get("format") or "xlsx")
        taken = taking.take(runtime_of(request), actor_of(request, taker), asked)
    except InvalidError as error:
        return _page(request, taker, given, error.faults)
    return StreamingResponse(taken.content, media_type=taken.media_type, headers=taken.headers())


def _asked(request: Request, taker: Principal, given: dict[str, str], form: str) -> Asked:
    """Of the list that the form carries the days are those that were typed."""
    asked = Asked(given["table"], form, given["from"], given["to"], given["queue"], given["reason"])
    place = place_in(given[LIST], taker)
    if place is None or given["table"] != Table.TICKETS.value:
        return asked
    with runtime_of(request).database.read() as session:
        listed = replace(place.parts(session, taker)[-1], since=None, until=None)
    return replace(asked, queue=place.queue, listed=listed, filters=_filters(place))


def _filters(place: ListPlace) -> dict[str, str]:
    return {**place.filters.besides_text(), "state": place.filters.shown_state, "q": place.filters.q}


def _page(request: Request, taker: Principal, given: dict[str, str], faults: Sequence[Fault] = ()) -> Response:
    with runtime_of(request).database.read() as session:
        reader = access.reader(session, actor_of(request, taker))
        ensure_theirs(reader, None)
        staff_header.read(request, session, taker)
    tables, place = tables_of(reader), place_in(given[LIST], taker)
    return render(
        request,
        "insights/tables.html",
        422 if faults else 200,
        given=given,
        faults=faults,
        tables=[(table.value, TITLES[table], f"按{DATED_BY[table]}") for table in tables],
        queues=[(EVERY_QUEUE, "全部队列"), *((queue, queue_label(queue)) for queue in taker.queues)],
        place=place,
        listed=filter_words.in_words(filter_words.pairs_of(_filters(place))) if place else "",
        rows_header=ROWS_HEADER,
        is_lead=Table.TICKETS in tables,
    )
