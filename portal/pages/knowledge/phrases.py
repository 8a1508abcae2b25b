"""常用语 and 用词提示: all staff with a queue read them, leads keep them (DESK 3.5)."""

import uuid
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import Fault, PortalError
from portal.knowledge import phrases
from portal.knowledge.models import Phrase
from portal.knowledge.phrase_variables import VARIABLES
from portal.knowledge.phrases import PLACE_LABELS, PhraseDetails
from portal.pages.listing import add_rise, add_switch, back_to, faults_of, refusal_of, stored_beside, tried, typed
from portal.runtime import runtime_of
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
_KEEPING = Requires(Permission.KEEP_WORDS)
Keeper = Annotated[Principal, Depends(_KEEPING)]
_LIST = "/phrases"
_LABELS = {"place": "用在哪里", "title": "名称", "text": "内容", "valid_from": "第一天", "valid_until": "最后一天"}


@dataclass(frozen=True)
class PhraseForm:
    place: str = ""
    title: str = ""
    text: str = ""
    valid_from: str = ""
    valid_until: str = ""


@router.get("/phrases")
def list_phrases(request: Request, reader: Reader, done: str = "") -> Response:
    return _page(request, reader, done=done)


@router.post("/phrases")
def add_phrase(request: Request, keeper: Keeper, form: Form) -> Response:
    entered, actor = typed(PhraseForm, form), actor_of(request, keeper)
    details, faults = _details(entered)
    return tried(
        request,
        lambda session: phrases.add(session, actor, details),
        back_to(_LIST, "added"),
        lambda error: _page(request, keeper, error, entered=entered),
        faults,
    )


@router.get("/phrases/{phrase_id}")
def edit_phrase(request: Request, keeper: Keeper, phrase_id: uuid.UUID) -> Response:
    return _page(request, keeper, edited_id=phrase_id)


@router.post("/phrases/{phrase_id}")
def change_phrase(request: Request, keeper: Keeper, phrase_id: uuid.UUID, form: Form) -> Response:
    entered, actor, version = typed(PhraseForm, form), actor_of(request, keeper), form.number("version")
    details, faults = _details(entered)
    return tried(
        request,
        lambda session: phrases.change(session, actor, phrase_id, details, version),
        back_to(_LIST, "changed"),
        lambda error: _page(request, keeper, error, entered=entered, edited_id=phrase_id),
        faults,
    )


add_rise(
    router,
    _LIST,
    _KEEPING,
    phrases.move_up,
    lambda request, error, row_id: _page(request, request.state.principal, error),
)
add_switch(
    router,
    f"{_LIST}/{{row_id}}",
    _KEEPING,
    phrases.set_active,
    lambda is_active: back_to(_LIST, "changed"),
    lambda request, phrase_id, error: _page(request, request.state.principal, error),
)


def _details(form: PhraseForm) -> tuple[PhraseDetails, list[Fault]]:
    faults: list[Fault] = []
    days: dict[str, date | None] = {}
    for name in ("valid_from", "valid_until"):
        text = getattr(form, name).strip()
        try:
            days[name] = date.fromisoformat(text) if text else None
        except ValueError:
            days[name] = None
            faults.append(Fault(name, "invalid", "日期看不懂，请写成 2027-01-01"))
    return PhraseDetails(form.place, form.title, form.text, days["valid_from"], days["valid_until"]), faults


def _form_of(row: Phrase) -> PhraseForm:
    return PhraseForm(row.place, row.title, row.text, str(row.valid_from or ""), str(row.valid_until or ""))


def _page(
    request: Request,
    reader: Principal,
    error: PortalError | None = None,
    *,
    entered: PhraseForm | None = None,
    edited_id: uuid.UUID | None = None,
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        rows = phrases.every(session)
        edited = phrases.find(session, edited_id) if edited_id else None
    stored = _form_of(edited) if edited else PhraseForm()
    return render(
        request,
        "knowledge/phrases.html",
        error.status if error else 200,
        groups=[(label, [row for row in rows if row.place == place.value]) for place, label in PLACE_LABELS.items()],
        over={row.id for row in rows if phrases.is_over(row)},
        places=[(place.value, label) for place, label in PLACE_LABELS.items()],
        variables=VARIABLES,
        may_keep=reader.can(Permission.KEEP_WORDS),
        edited=edited,
        entered=entered or stored,
        stored=stored_beside(error, stored, entered, _LABELS, dict(PLACE_LABELS)) if edited else [],
        faults=faults_of(error),
        refusal=refusal_of(error),
        done=done,
    )
