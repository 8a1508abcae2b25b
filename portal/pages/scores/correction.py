"""更正考核表: which cases of which figure are taken out or counted, and why; the portal works the figures out again."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import Fault, PortalError
from portal.kpi.score import correcting, deciding, editions, reading
from portal.kpi.score.bands import METRIC_LABELS, Metric
from portal.kpi.score.cases import Key
from portal.kpi.score.correcting import Correction
from portal.pages import staff_header
from portal.pages.listing import faults_of, refusal_of, tried
from portal.pages.scores.own import month_of
from portal.pages.scores.team import HERE, note_view
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_SCORES))]
PATH = f"{HERE}/{{month}}/{{username}}/correction"
_PARTS = ("left_out", "added")
_MOST_DIGITS = 3  # what is too much for a month is told by the correction itself


@router.get(PATH)
def show(request: Request, keeper: Keeper, month: str, username: str) -> Response:
    return _page(request, keeper, month, username)


@router.post(PATH)
def correct(request: Request, keeper: Keeper, month: str, username: str, form: Form) -> Response:
    """The corrected sheet is a draft again, and its person is told."""
    faults: list[Fault] = []
    wanted, actor, version = month_of(month), actor_of(request, keeper), form.number("version")
    given = _read(faults, form)
    return tried(
        request,
        lambda session: correcting.correct(session, actor, wanted, username, version, given),
        lambda _: RedirectResponse(f"{HERE}/{month}/{username}?done=corrected", 303),
        lambda error: _page(request, keeper, month, username, error, form),
        faults,
    )


def _read(faults: list[Fault], form: PostedForm) -> Correction:
    keys: dict[str, list[Key]] = {part: [] for part in _PARTS}
    for part in _PARTS:
        for metric in Metric:
            field = f"{metric.value}.{part}"
            keys[part] += correcting.read_keys(faults, metric, field, form.get(field))
    said = form.get("present").strip()
    present = int(said) if said.isascii() and said.isdecimal() and len(said) <= _MOST_DIGITS else None
    if said and present is None:
        faults.append(Fault("present", "invalid", "在岗工作日请填整数"))
    return Correction(form.get("text"), keys["left_out"], keys["added"], present)


def _page(
    request: Request, keeper: Principal, month: str, username: str, error: PortalError | None = None,
    form: PostedForm | None = None,
) -> Response:  # fmt: skip
    wanted = month_of(month)
    with runtime_of(request).database.read() as session:
        actor = actor_of(request, keeper)
        found = reading.of_colleague(session, actor, wanted, username)
        deciding.refuse_own(actor, found)
        former = editions.of_sheet(session, found.row)
        staff_header.read(request, session, keeper)
    note_view(request, keeper, wanted, found.user.username)
    names = [f"{metric.value}.{part}" for metric in Metric for part in _PARTS]
    if form is not None:
        entered = {name: form.get(name) for name in (*names, "present", "text")}
    else:
        stored = {part: getattr(former[0], part) if former else [] for part in _PARTS}
        entered = {
            f"{metric.value}.{part}": correcting.typed_keys(stored[part], metric)
            for metric in Metric
            for part in _PARTS
        }
        entered |= {"present": str(found.row.inputs["present"]), "text": ""}
    return render(
        request,
        "scores/correction.html",
        error.status if error else 200,
        month=wanted,
        sheet=found.row,
        person=found.user,
        metrics=[(metric.value, METRIC_LABELS[metric], metric is Metric.KNOWLEDGE) for metric in Metric],
        entered=entered,
        most=deciding.MOST_TEXT,
        faults=faults_of(error),
        message=refusal_of(error),
    )
