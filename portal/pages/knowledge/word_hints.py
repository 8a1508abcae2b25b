"""用词提示: the words that leads keep, and the hints for a text that is being written (DESK 3.5)."""

import re
import uuid
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import PortalError
from portal.knowledge import word_hints
from portal.knowledge.models import WordHint
from portal.knowledge.word_hints import KIND_LABELS, HintPlace, WordDetails
from portal.pages.listing import add_switch, back_to, faults_of, refusal_of, stored_beside, tried, typed
from portal.runtime import runtime_of
from portal.sensitive_text.free_text import MOST_CHARACTERS
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_WORDS))]
_LIST = "/phrases/words"
_LABELS = {
    "pattern": "词",
    "advice": "换成什么",
    "kind": "为什么",
    "exceptions": "不提示的说法",
    "is_whole": "单独成句",
}
_YES = "1"


@dataclass(frozen=True)
class WordForm:
    pattern: str = ""
    advice: str = ""
    kind: str = ""
    exceptions: str = ""
    is_whole: str = ""


@router.post("/hints")
def hint(request: Request, reader: Reader, form: Form) -> JSONResponse:
    """For the page's script: what had better be written otherwise. Positions count Unicode code points, not the
    UTF-16 units of the script. Nothing is stored.
    """
    place, text = form.get("place"), form.get("text")[:MOST_CHARACTERS]
    with runtime_of(request).database.read() as session:
        found = word_hints.hints(session, HintPlace(place), text) if place in list(HintPlace) else []
    return JSONResponse({"hints": [vars(each) for each in found]}, headers={"Cache-Control": "no-store, private"})


@router.get("/phrases/words")
def list_words(request: Request, reader: Reader, done: str = "") -> Response:
    return _page(request, reader, done=done)


@router.post("/phrases/words")
def add_word(request: Request, keeper: Keeper, form: Form) -> Response:
    entered, actor = typed(WordForm, form), actor_of(request, keeper)
    return tried(
        request,
        lambda session: word_hints.add(session, actor, _details(entered)),
        back_to(_LIST, "added"),
        lambda error: _page(request, keeper, error, entered=entered),
    )


@router.get("/phrases/words/{word_id}")
def edit_word(request: Request, keeper: Keeper, word_id: uuid.UUID) -> Response:
    return _page(request, keeper, edited_id=word_id)


@router.post("/phrases/words/{word_id}")
def change_word(request: Request, keeper: Keeper, word_id: uuid.UUID, form: Form) -> Response:
    entered, actor, version = typed(WordForm, form), actor_of(request, keeper), form.number("version")
    return tried(
        request,
        lambda session: word_hints.change(session, actor, word_id, _details(entered), version),
        back_to(_LIST, "changed"),
        lambda error: _page(request, keeper, error, entered=entered, edited_id=word_id),
    )


add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    Requires(Permission.KEEP_WORDS),
    word_hints.set_active,
    lambda is_active: back_to(_LIST, "changed"),
    lambda request, word_id, error: _page(request, request.state.principal, error),
)


def _details(form: WordForm) -> WordDetails:
    exceptions = tuple(filter(None, map(str.strip, re.split(r"[\r\n、；;]+", form.exceptions))))
    return WordDetails(form.pattern, form.advice, form.kind, exceptions, form.is_whole == _YES)


def _form_of(row: WordHint) -> WordForm:
    return WordForm(row.pattern, row.advice, row.kind, "、".join(row.exceptions), _YES if row.is_whole else "")


def _page(
    request: Request,
    reader: Principal,
    error: PortalError | None = None,
    *,
    entered: WordForm | None = None,
    edited_id: uuid.UUID | None = None,
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        rows = word_hints.every(session)
        edited = word_hints.find(session, edited_id) if edited_id else None
    stored = _form_of(edited) if edited else WordForm()
    words = {kind.value: label for kind, label in KIND_LABELS.items()} | {_YES: "是"}
    return render(
        request,
        "knowledge/word_hints.html",
        error.status if error else 200,
        groups=[(label, [row for row in rows if row.kind == kind.value]) for kind, label in KIND_LABELS.items()],
        kinds=[(kind.value, label) for kind, label in KIND_LABELS.items()],
        may_keep=reader.can(Permission.KEEP_WORDS),
        edited=edited,
        entered=entered or stored,
        stored=stored_beside(error, stored, entered, _LABELS, words) if edited else [],
        faults=faults_of(error),
        refusal=refusal_of(error),
        done=done,
    )
