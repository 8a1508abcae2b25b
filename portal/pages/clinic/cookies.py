"""The clinic's cookies: drafts (a day), receipts (until the browser closes), tracking (half an hour), and which tickets
were opened here (a month; it opens nothing)."""

from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from portal.accounts.known_browsers import Browser, remembering
from portal.kinds.table import KINDS, Kind
from portal.reports.drafts import LIFE, BrowserOwner, OpenDraft
from portal.runtime import runtime_of
from portal.tracking import access, grants
from portal.web import context

_GRANT = "portal_track"
_OPENED = "portal_opened"
_REMEMBERS = timedelta(days=30)
_RECEIPT = "portal_receipt_"
_SUPPLEMENT = "portal_supplement"
_MOST_DRAFTS = 12
_MOST_RECEIPTS = 20  # a browser that is never closed must not outgrow the limit of request headers


def draft_tokens(request: Request, kind: Kind) -> list[str]:
    """The tokens of this browser's drafts of this kind: each window may fill in one of its own."""
    return list(dict.fromkeys(_drafts(request, kind).values()))


def owners(request: Request) -> list[BrowserOwner]:
    """The browser as owner of every draft whose token it holds, including submitted ones."""
    begun = [token for kind in KINDS.values() for token in draft_tokens(request, kind)]
    supplement = [token] if (token := supplement_token(request)) else []
    return [BrowserOwner(token) for token in (*begun, *supplement, *_receipts(request).values())]


def keep_draft(request: Request, response: Response, draft: OpenDraft) -> None:
    """Lets the browser resume the draft for a day, even after it was closed (UX 3)."""
    max_age, own = int(LIFE.total_seconds()), _own_key(draft)
    others = [key for key in _drafts(request, draft.kind) if key not in (own, _draft_key(draft.kind))]
    for key in others[: -(_MOST_DRAFTS - 1)]:
        context.delete_cookie(request, response, key)
    for key in (own, _draft_key(draft.kind)):
        context.set_cookie(request, response, key, draft.token, max_age=max_age)


def drop_draft(request: Request, response: Response, draft: OpenDraft) -> None:
    for key, token in _drafts(request, draft.kind).items():
        if token == draft.token:
            context.delete_cookie(request, response, key)


def keep_receipt(request: Request, response: Response, draft: OpenDraft) -> None:
    """Moves a submitted draft's token from the day-long cookie to one that ends with the browser."""
    drop_draft(request, response, draft)
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


def tracking_browser(request: Request) -> Browser:
    """The browser of an attempt to open a ticket: others' slips do not stop one in which it was opened before."""
    cookie = request.cookies.get(context.cookie_name(request, _OPENED), "")
    return Browser(context.client_address(request), cookie, runtime_of(request).vault, access.OPENED)


def remember_opened(request: Request, response: Response, opened: access.Tracked) -> None:
    """The ticket was opened in this browser, or filed in it."""
    browser = tracking_browser(request)
    value = remembering(runtime_of(request).vault, browser.cookie, access.mark_of(opened), access.OPENED)
    context.set_cookie(request, response, _OPENED, value, max_age=int(_REMEMBERS.total_seconds()))


def drop_all(request: Request, response: Response) -> None:
    begun = [key for kind in KINDS.values() for key in _drafts(request, kind)]
    for key in (*begun, *_receipts(request), _SUPPLEMENT, _OPENED):
        context.delete_cookie(request, response, key)


def _draft_key(kind: Kind) -> str:
    """Holds the draft that was saved last."""
    return f"portal_draft_{kind.name}"


def _own_key(draft: OpenDraft) -> str:
    return f"{_draft_key(draft.kind)}_{draft.id.hex[:8]}"


def _drafts(request: Request, kind: Kind) -> dict[str, str]:
    """Tokens of this browser's drafts of this kind, by cookie key, oldest first."""
    key = _draft_key(kind)
    return {name: token for name, token in _starting_with(request, key).items() if name == key or name[len(key)] == "_"}


def _receipts(request: Request) -> dict[str, str]:
    """Tokens of this browser session's submitted drafts, by cookie key, oldest first."""
    return _starting_with(request, _RECEIPT)


def _starting_with(request: Request, start: str) -> dict[str, str]:
    prefix = context.cookie_name(request, "")
    keys = {name.removeprefix(prefix): token for name, token in request.cookies.items() if name.startswith(prefix)}
    return {key: token for key, token in keys.items() if key.startswith(start)}
