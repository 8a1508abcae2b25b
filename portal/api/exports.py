"""`POST /exports/{table}.csv` and `.xlsx`: a table of the books, masked and streamed (CONTRACT 8, DESK 6.2)."""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from portal.accounts.guard import RequiresToken, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import ApiBody, PlainText, Word
from portal.api.ticket_filters import ANY_QUEUE, TicketFilters
from portal.api.vocabularies import one_of
from portal.kpi.tables import taking
from portal.kpi.tables.names import Table
from portal.kpi.tables.taking import TYPES, Asked, Taken
from portal.queues.queries import ALL
from portal.runtime import runtime_of

router = api_router("/exports")
Taker = Annotated[Principal, Depends(RequiresToken(Permission.TAKE_TABLES))]


class ExportBody(ApiBody):
    """China days, both inside. `reason`: why, at least a few words. `queue`: one, or all of one's own."""

    since: Word = Field(default="", alias="from")
    until: Word = Field(default="", alias="to")
    queue: Annotated[Word, one_of("QueueChoice")] = ANY_QUEUE
    reason: PlainText = ""


class TicketExportBody(ExportBody):
    """问题列表 as `GET /tickets` filters it; without a state, tickets of every state. The period may be left out."""

    state: Annotated[Word, one_of("StateFilter")] | None = None
    assignee: Word = ""
    first_owner: Word = ""
    turn: Annotated[Word, one_of("Turn")] | None = None
    clock: Annotated[Word, one_of("ClockFilter")] | None = None
    urgency: Annotated[Word, one_of("Urgency")] | None = None
    symptom: Annotated[Word, one_of("SymptomFilter")] | None = None
    channel: Annotated[Word, one_of("Channel")] | None = None
    request_type: Annotated[Word, one_of("RequestType")] | None = None
    module: Word = ""
    previous_system: Word = ""
    institution: Word = ""
    q: Word = ""

    def filters(self) -> TicketFilters:
        return TicketFilters(
            queue=self.queue, state=self.state or ALL, assignee=self.assignee, first_owner=self.first_owner,
            turn=self.turn, clock=self.clock, urgency=self.urgency, symptom=self.symptom, channel=self.channel,
            request_type=self.request_type, module=self.module, previous_system=self.previous_system,
            institution=self.institution,
        )  # fmt: skip


_HEADERS = {
    "Content-Disposition": {"description": "Table, period, exporter", "schema": {"type": "string"}},
    taking.ROWS_HEADER: {"description": "How many rows the file has", "schema": {"type": "integer"}},
}


def _route(form: str) -> Callable[..., Response]:
    def export_table(
        request: Request,
        table: Annotated[str, one_of("Table")],
        principal: Taker,
        body: Annotated[TicketExportBody, Depends(JsonBody(TicketExportBody))],
    ) -> Response:
        """A table of the books as a file, masked; what is in it is a row of the trail.

        Leads take those of their queues; `complaints`, `complaint-statistics` and the complaint rows of `calls` are for
        客服经理, and of 法务联系人 the 涉法 ones. The further fields are for `tickets` only.
        """
        runtime, actor = runtime_of(request), actor_of(request, principal)
        given = body.model_dump(by_alias=False)
        listed = None
        if table == Table.TICKETS.value:
            with runtime.database.read() as session:
                listed = body.filters().wanted(session, principal, body.q)
        asked = Asked(
            table, form, body.since, body.until, body.queue, body.reason, listed,
            {name: value or "" for name, value in given.items()} if listed else {},
        )  # fmt: skip
        return file_answer(taking.take(runtime, actor, asked))

    export_table.__name__ = f"export_{form}"
    return export_table


def file_answer(taken: Taken) -> Response:
    return StreamingResponse(taken.content, media_type=taken.media_type, headers=taken.headers())


for _form, _type in TYPES.items():
    router.post(
        f"/{{table}}.{_form}",
        response_class=Response,
        responses={
            200: {
                "description": "The file",
                "content": {_type.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}},
                "headers": _HEADERS,
            },
            **answers(403, 404, *OF_BODY),
        },
        openapi_extra=json_schema(TicketExportBody),
    )(_route(_form))
