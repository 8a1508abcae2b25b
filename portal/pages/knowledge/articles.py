"""知识库: the list, one article with its versions, and its steps as posted forms (DESK 3.4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.errors import ConflictError, Fault, ForbiddenError, InvalidError, PortalError
from portal.institutions import previous_systems
from portal.kinds.table import KINDS
from portal.knowledge.articles import from_ticket, listing, own_approval, rows, steps, viewing, writing
from portal.knowledge.articles.listing import Wanted
from portal.knowledge.articles.states import BY_NAME, STATE_LABELS, STEPS, SUBMIT, Step
from portal.knowledge.articles.steps import Given
from portal.knowledge.articles.texts import ArticleText, text_of
from portal.notify import notices
from portal.pages import staff_header
from portal.pages.listing import faults_of, refusal_of
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_QUEUE))]
Writer = Annotated[Principal, Depends(Requires(Permission.WRITE_ARTICLE))]
Lead = Annotated[Principal, Depends(Requires(Permission.APPROVE))]
_TEXTS = ("title", "problem", "steps", "cautions", "queue", "system", "module")


@dataclass(frozen=True)
class FailedStep:
    """Why a posted step was not taken; `form` fills its fields again."""

    step: str
    message: str
    status: int
    form: PostedForm = field(repr=False)
    faults: Sequence[Fault] = ()

    def typed(self, step: str, name: str) -> str:
        return self.form.get(name) if self.step == step else ""

    def fault(self, *names: str) -> Fault | None:
        return next((fault for fault in self.faults if fault.field in names), None)


@router.get("/knowledge")
def list_articles(
    request: Request,
    reader: Reader,
    q: str = "",
    state: str = "",
    queue: str = "",
    visibility: str = "",
    unused: str = "",
    mine: str = "",
    cursor: str = "",
) -> Response:
    """The last changed first."""
    actor = actor_of(request, reader)
    wanted = Wanted(state, queue, visibility, q.strip()[:100], bool(unused), bool(mine))
    faults: Sequence[Fault] = ()
    with runtime_of(request).database.read() as session:
        try:
            page = listing.page_of(session, actor, wanted, cursor)
        except InvalidError as error:
            page, faults = listing.page_of(session, actor, Wanted(q=wanted.q)), error.faults
        lines = viewing.lines_of(session, page.found)
        rule = own_approval.newest(session)
        staff_header.read(request, session, reader)
    kept = {"q": wanted.q, "state": state, "queue": queue, "visibility": visibility, "unused": unused, "mine": mine}
    following = {name: value for name, value in kept.items() if value} | {"cursor": page.next_cursor or ""}
    return render(
        request,
        "knowledge/articles.html",
        lines=lines,
        wanted=wanted,
        faults=faults,
        states=[(each.value, label) for each, label in STATE_LABELS.items()],
        queues=_queues(reader),
        rule=rule,
        may_write=reader.can(Permission.WRITE_ARTICLE),
        may_approve=reader.can(Permission.APPROVE),
        next_url=f"/knowledge?{urlencode(following)}" if page.next_cursor else None,
    )


@router.get("/knowledge/new")
def new_article(request: Request, writer: Writer) -> Response:
    return _new_form(request, writer, ArticleText(queue=writer.queues[0] if len(writer.queues) == 1 else ""))


@router.post("/knowledge")
def make_article(request: Request, writer: Writer, form: Form) -> Response:
    """Save a draft, or hand it in at once."""
    text, actor = _entered(form), actor_of(request, writer)
    hands_in = form.get("then") == SUBMIT.name

    def work(session: Session) -> str:
        article = writing.make(session, actor, text)
        if hands_in:
            steps.taken(session, actor, SUBMIT, article.number, article.version, Given())
        return article.number

    try:
        number = runtime_of(request).database.run(work)
    except (InvalidError, ConflictError) as error:
        return _new_form(request, writer, text, error)
    return RedirectResponse(f"/knowledge/{number}?done={'submission' if hands_in else 'made'}", 303)


@router.post("/knowledge/own-approval")
def switch_own_approval(request: Request, lead: Lead, form: Form) -> Response:
    """The switch of sites with one person."""
    actor, is_on = actor_of(request, lead), form.get("is_on") == "1"
    runtime_of(request).database.run(lambda session: own_approval.switch(session, actor, is_on))
    return RedirectResponse("/knowledge", 303)


@router.get("/knowledge/{number}")
def show_article(request: Request, reader: Reader, number: str) -> Response:
    """One article; a notice of it is seen."""
    return _page(request, reader, number)


@router.post("/tickets/{number}/article")
def make_from_ticket(request: Request, writer: Writer, number: str, form: Form) -> Response:
    """从工单生成: a draft without anything that is sealed in the ticket."""
    actor = actor_of(request, writer)
    made = runtime_of(request).database.run(lambda session: from_ticket.make(session, actor, number).number)
    return RedirectResponse(f"/knowledge/{made}?done=from-ticket", 303)


def _route(step: Step) -> Callable[..., Response]:
    def take(request: Request, writer: Writer, number: str, form: Form) -> Response:
        # 提交审核 is a second button of the form that saves.
        return _taken(request, writer, number, BY_NAME.get(form.get("then"), step), form)

    take.__doc__ = step.title
    return take


for _step in STEPS:
    router.add_api_route(f"/knowledge/{{number}}/{_step.name}", _route(_step), methods=["POST"])


def _taken(request: Request, writer: Principal, number: str, step: Step, form: PostedForm) -> Response:
    given = Given(
        text=_entered(form) if form.has("problem") else None,
        note=form.get("note") or form.get("retire_note"),
        has_looked=form.get("names_checked") == "1",
    )
    try:
        steps.take(runtime_of(request), actor_of(request, writer), step, number, form.number("version"), given)
    except InvalidError as error:
        return _page(request, writer, number, FailedStep(step.name, "", error.status, form, error.faults))
    except (ConflictError, ForbiddenError) as error:
        return _page(request, writer, number, FailedStep(step.name, error.message, error.status, form))
    return RedirectResponse(f"/knowledge/{number}?done={step.name}", 303)


def _page(request: Request, reader: Principal, number: str, failed: FailedStep | None = None) -> Response:
    actor, runtime = actor_of(request, reader), runtime_of(request)
    with runtime.database.transaction() as session:
        notices.see(session, reader.user_id, rows.find(session, actor, number).number)
    with runtime.database.read() as session:
        view = viewing.view_of(session, actor, rows.find(session, actor, number))
        rule = own_approval.newest(session)
        systems = previous_systems.offered(session)
        staff_header.read(request, session, reader)
    entered = _entered(failed.form) if failed and failed.form.has("problem") else text_of(view.text)
    done = request.query_params.get("done", "") if failed is None else ""
    return render(
        request,
        "knowledge/article.html",
        failed.status if failed else 200,
        view=view,
        can={step.name for step in view.steps},
        entered=entered,
        failed=failed,
        faults=failed.faults if failed else [],
        done=BY_NAME[done].done if done in BY_NAME else _DONE.get(done, ""),
        state_labels={state.value: label for state, label in STATE_LABELS.items()},
        queues=_queues(reader),
        systems=systems,
        rule=rule,
        may_approve=reader.can(Permission.APPROVE),
    )


_DONE = {
    "made": "草稿已保存",
    "from-ticket": "草稿已生成，密封的内容没有带过来。请写上标题，删去人名、机构名和地名，补好三项再提交",
}


def _new_form(request: Request, writer: Principal, entered: ArticleText, error: PortalError | None = None) -> Response:
    with runtime_of(request).database.read() as session:
        systems = previous_systems.offered(session)
    return render(
        request,
        "knowledge/new_article.html",
        error.status if error else 200,
        entered=entered,
        queues=_queues(writer),
        systems=systems,
        faults=faults_of(error),
        message=refusal_of(error),
    )


def _entered(form: PostedForm) -> ArticleText:
    texts = {name: form.get(name) for name in _TEXTS}
    return ArticleText(**texts, is_public=form.get("is_public") == "1")


def _queues(person: Principal) -> list[tuple[str, str]]:
    return [(kind.name.value, kind.label) for kind in KINDS.values() if kind.name in person.queues]
