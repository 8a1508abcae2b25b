"""The blurred preview of a screenshot for reviewers: made from the sealed original, unreadable, never stored."""

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.disclosure import reveals
from portal.runtime import runtime_of
from portal.screenshots.rendering import PREVIEW_TYPE
from portal.web.middleware import PICTURE_POLICY

router = APIRouter()


@router.api_route("/review/tickets/{number}/previews/{screenshot_id}", methods=["GET", "HEAD"])
def show_preview(
    request: Request,
    number: str,
    screenshot_id: uuid.UUID,
    lead: Annotated[Principal, Depends(Requires(Permission.REVIEW))],
) -> Response:
    """Shows what kind of screen it is, and no letter of it (UX 6.2). Viewing the record is in the trail, this part is
    not.
    """
    runtime = runtime_of(request)
    content = reveals.unreadable_preview(runtime, actor_of(request, lead), number, screenshot_id)
    headers = {"Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "no-store, private"}
    return Response(content, media_type=PREVIEW_TYPE, headers=headers)
