"""The clinic's cookies: drafts (a day), receipts (until the browser closes) and tracking (half an hour)."""

from starlette.requests import Request
from starlette.responses import Response

from portal.kinds.table import KINDS, Kind
from portal.reports.drafts import LIFE, BrowserOwner, OpenDraft
from portal.tracking import grants
from portal.web import context

_GRANT = "portal_track"
_RECEIPT = "portal_receipt_"
_SUPPLEMENT = "portal_supplement"
_MOST_RECEIPTS = 20  # a browser that is never closed must not outgrow the limit of request headers


def draft_token(request: Request, kind: Kind) -> str:
    """The token of this browser's draft of this kind; empty when there is none."""
    return request.cookies.get(context.cookie_name(request, _draft_key(kind)), "")


def owners(request: Request) -> list[BrowserOwner]:
    """The browser as owner of every draft whose token it holds, including submitted ones."""
    begun = [token for kind in KINDS.values() if (token := draft_token(request, kind))]
    supplement = [token] if (token := supplement_token(request)) else []
    return [BrowserOwner(token) for token in (*begun, *supplement, *_receipts(request).values())]


def keep_draft(request: Request, response: Response, draft: OpenDraft) -> None:
    """Lets the browser resume the draft for a day, even after it was closed (UX 3)."""
    max_age = int(LIFE.total_seconds())
    context.set_cookie(request, response, _draft_key(draft.kind), draft.token, max_age=max_age)


def drop_draft(request: Request, response: Response, kind: Kind) -> None:
    context.delete_cookie(request, response, _draft_key(kind))


def keep_receipt(request: Request, response: Response, draft: OpenDraft) -> None:
    """Moves a submitted draft's token from the day-long cookie to one that ends with the browser."""
    if draft_token(request, draft.kind) == draft.token:
        drop_draft(request, response, draft.kind)
    key = f"{_RECEIPT}{draft.id.hex[:8]}"
    others = [name for name in _receipts(request) if name != key]
    for name in others[: -(_MOST_RECEIPTS - 1)]:
        context.delete_cookie(request, response, name)
    context.set_cookie(request, response, key, draft.token)


def supplement_token(request: Request) -> str:
    """The token of the draft that holds this browser's pictures for a supplement; empty without one."""
    return request.cookies.get(context.cookie_name(request, _SUPPLEMENT), "")


def keep_supplement(request: Request, response: Response, draft: OpenDraft | None) -> None:
    if draft is not None and draft.token != supplement_token(request):
        context.set_cookie(request, response, _SUPPLEMENT, draft.token, max_age=int(LIFE.total_seconds()))


def keep_grant(request: Request, response: Response, grant: str) -> None:
    """Lets the browser open its ticket again without the query code."""
    context.set_cookie(request, response, _GRANT, grant, max_age=int(grants.LIFE.total_seconds()))


def grant(request: Request) -> str:
    """What the browser may track without its query code; empty without a grant."""
    return request.cookies.get(context.cookie_name(request, _GRANT), "")


def drop_all(request: Request, response: Response) -> None:
    for key in (*map(_draft_key, KINDS.values()), _SUPPLEMENT, *_receipts(request)):
        context.delete_cookie(request, response, key)


def _draft_key(kind: Kind) -> str:
    return f"portal_draft_{kind.name}"


def _receipts(request: Request) -> dict[str, str]:
    """Tokens of this browser session's submitted drafts, by cookie key, oldest first."""
    prefix = context.cookie_name(request, "")
    keys = {name.removeprefix(prefix): token for name, token in request.cookies.items() if name.startswith(prefix)}
    return {key: token for key, token in keys.items() if key.startswith(_RECEIPT)}
