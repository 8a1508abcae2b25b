"""Articles for the script, while a description is typed (REQUIREMENTS N17)."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal.accounts.guard import public
from portal.knowledge.articles.finding import MOST_SUGGESTED, Found
from portal.pages.clinic import article_suggestions
from portal.pages.clinic.text_pages import KindInPath
from portal.pages.clinic.typed import has_typing_room
from portal.web.csrf import TypedForm

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)


@router.post("/report/{kind}/articles", dependencies=[Depends(has_typing_room)])
def suggest(request: Request, kind: KindInPath, form: TypedForm) -> Response:
    """Articles that may help with the typed description, which is compared and not kept. `beside`: lines shown already.

    The text comes in a post, so that it stands in no address.
    """
    most = MOST_SUGGESTED - max(0, min(form.number("beside"), MOST_SUGGESTED))
    found = article_suggestions.matching(request, kind, form.get("description"), most)
    return JSONResponse({"articles": [_shown(one) for one in found]})


def _shown(one: Found) -> dict[str, str]:
    return {
        "number": one.article.number, "title": one.text.title, "steps": one.text.steps, "cautions": one.text.cautions,
    }  # fmt: skip
