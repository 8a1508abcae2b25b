"""帮助: public articles, without a sign-in (DESK 3.4). Internal ones and what is not published do not exist here."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import public
from portal.errors import NotFoundError
from portal.kinds.table import KINDS
from portal.knowledge.articles import finding, helped
from portal.runtime import runtime_of
from portal.sensitive_text.finder import find_spans
from portal.web import context
from portal.web.csrf import PublicForm
from portal.web.memory_limiter import Pace
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)
_LONGEST = 60
_searches = Pace(6_000, minutes=60)
_pace = Pace(300, minutes=60)


def _has_room(request: Request) -> None:
    _pace.count(context.client_address(request))


@router.get("/help")
def list_articles(request: Request, q: str = "", queue: str = "") -> Response:
    """Search, or the newest. A search that looks like a secret is not made and not shown again."""
    _searches.count(context.client_address(request))
    asked, is_secret = q.strip()[:_LONGEST], bool(find_spans(q))
    queue = queue if queue in {kind.value for kind in KINDS} else ""
    with runtime_of(request).database.read() as session:
        found = finding.search(session, "" if is_secret else asked, *finding.for_clinics(queue))
    return render(
        request,
        "clinic/help.html",
        found=found,
        q="" if is_secret else asked,
        is_secret=is_secret,
        queue=queue,
        queues=[(kind.name.value, kind.label) for kind in KINDS.values()],
    )


@router.get("/help/{number}")
def show_article(request: Request, number: str, solved: str = "") -> Response:
    """One article, for reading and printing."""
    with runtime_of(request).database.read() as session:
        found = finding.public_one(session, number)
    if found is None:
        raise NotFoundError("没有找到这一条，可能已经停用")
    return render(request, "clinic/help_article.html", one=found, is_solved=bool(solved), kinds=_kinds(found))


@router.post("/help/solved")
def count_solved(request: Request, form: PublicForm, room: Annotated[None, Depends(_has_room)]) -> Response:
    """解决了，不用提交: adds one to a count, and keeps nothing of who pressed it (REQUIREMENTS N17)."""
    number = form.get("article")
    is_counted = runtime_of(request).database.run(lambda session: helped.count_one(session, number))
    if not is_counted:
        raise NotFoundError("没有找到这一条，可能已经停用")
    return RedirectResponse(f"/help/{is_counted}?solved=1", 303)


def _kinds(found: finding.Found) -> list[tuple[str, str]]:
    """Where to report it if it does not help."""
    return [(kind.name.value, kind.label) for kind in KINDS.values() if found.text.queue in (None, kind.name.value)]
