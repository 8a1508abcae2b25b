"""空白提报单: a paper form for visitors, without fields for secrets (REQUIREMENTS I3)."""

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.guard import public
from portal.errors import NotFoundError
from portal.kinds.fields import Need
from portal.kinds.names import Channel
from portal.kinds.table import kind_of
from portal.web.templating import render

router = APIRouter(dependencies=[Depends(public)], include_in_schema=False)


@router.get("/print/{kind}")
def show_blank_form(request: Request, kind: str) -> Response:
    """The blank form of one kind, one page of A4, from the kinds table.

    What is ticked is agreed to on the screen, not on paper; what everybody may leave out is asked while it is typed in.
    """
    found = kind_of(kind)
    if found is None:
        raise NotFoundError
    return render(
        request,
        "clinic/print_form.html",
        kind=found,
        lines=[
            spec
            for spec in found.fields
            if not spec.is_sensitive and not spec.is_picture and spec.input != "tick" and not spec.is_more
            if spec.need(Channel.YXT) is not Need.NOT_ASKED
        ],
        pictures=[spec for spec in found.fields if spec.is_picture],
        by_mouth=[spec for spec in found.fields if spec.is_sensitive],
    )
