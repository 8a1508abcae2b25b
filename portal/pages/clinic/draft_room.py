"""Dependency of pages that add screenshots to a draft: judged before the body is read."""

from starlette.requests import Request

from portal.reports import draft_room
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import MAX_UPLOAD_BODY


def has_draft_room(request: Request) -> None:
    """Refuses what would be too much for this address, or for all drafts together."""
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 12 else MAX_UPLOAD_BODY
    draft_room.ensure_room(runtime_of(request), request.app.state.draft_room, context.client_address(request), size)
