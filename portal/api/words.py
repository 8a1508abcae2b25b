"""`/phrases` and `/hints`: what staff write and say to clinics (DESK 3.5)."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse

from portal.accounts.guard import RequiresToken
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.api.bodies import JsonBody, api_router, json_schema
from portal.api.description import OF_BODY, answers
from portal.api.schemas import ApiBody, PlainText, QueryText
from portal.api.vocabularies import one_of
from portal.knowledge import phrases, word_hints
from portal.knowledge.phrases import PhrasePlace
from portal.knowledge.word_hints import HintPlace
from portal.runtime import runtime_of

router = api_router()
Reader = Annotated[Principal, Depends(RequiresToken(Permission.VIEW_QUEUE))]
_MOST = 200


class OfferedPhrase(BaseModel):
    """`text` has its variables by name in braces: {机构}, {编号}, {称呼}, {工号}, {期限}, {单位名称}."""

    id: UUID
    place: Annotated[str, one_of("PhrasePlace")]
    title: str
    text: str


class PhrasePage(BaseModel):
    items: list[OfferedPhrase]
    next_cursor: str | None


class HintsBody(ApiBody):
    """A text while it is written. It is not stored."""

    place: Literal[tuple(HintPlace)]  # type: ignore[valid-type]
    text: PlainText = ""


class WordHint(BaseModel):
    """From `start` to before `end`, counted in Unicode code points."""

    start: int
    end: int
    advice: str


class WordHints(BaseModel):
    hints: list[WordHint]


@router.get("/phrases", response_model=PhrasePage, responses=answers(403, 422))
def list_phrases(
    request: Request,
    reader: Reader,
    place: Literal[tuple(PhrasePlace)] | None = None,  # type: ignore[valid-type]
    cursor: QueryText = "",
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _MOST,
) -> JSONResponse:
    """Those that are offered today, in their order."""
    places = [PhrasePlace(place)] if place else list(PhrasePlace)
    after = int(cursor) if cursor.isascii() and cursor.isdigit() and len(cursor) < 10 else 0
    with runtime_of(request).database.read() as session:
        rows = [row for row in phrases.offered(session, places) if row.position > after]
    items = [{"id": str(row.id), "place": row.place, "title": row.title, "text": row.text} for row in rows[:limit]]
    more = str(rows[limit - 1].position) if len(rows) > limit else None
    return JSONResponse({"items": items, "next_cursor": more})


@router.post("/hints", response_model=WordHints, responses=answers(403, *OF_BODY), openapi_extra=json_schema(HintsBody))
def hint(request: Request, reader: Reader, body: Annotated[HintsBody, Depends(JsonBody(HintsBody))]) -> JSONResponse:
    """What had better be written otherwise. Changes nothing; a note never gets a hint."""
    with runtime_of(request).database.read() as session:
        found = word_hints.hints(session, HintPlace(body.place), body.text)
    return JSONResponse({"hints": [vars(each) for each in found]})
