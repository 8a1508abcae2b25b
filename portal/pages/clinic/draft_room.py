"""Dependency of pages that add screenshots to a draft: judged before the body is read."""

from starlette.requests import Request

from portal.reports import draft_room
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import MAX_UPLOAD_BODY
from portal.web.memory_limiter import Pace

MB = 1024 * 1024
MEGABYTES_PER_HOUR = 8192  # from one address, per process: 3,000 reports of a shared line need about 6,000

_pace = Pace(MEGABYTES_PER_HOUR, minutes=60)


def has_draft_room(request: Request) -> None:
    """Refuse what would be too much for this address within the hour, or for all drafts together."""
    declared = request.headers.get("content-length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 12 else MAX_UPLOAD_BODY
    draft_room.ensure_room(runtime_of(request), size)
    _pace.count(context.client_address(request), max(1, -(-size // MB)))
