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
_MOST_RECEIPTS = 20  # a browser that is never closed must not outgrow the limit of request headers


def draft_token(request: Request, kind: Kind) -> str:
    """The token of this browser's draft of this kind; empty when there is none."""
    return request.cookies.get(context.cookie_name(request, _draft_key(kind)), "")


def owners(request: Request) -> list[BrowserOwner]:
    """The browser as owner of every draft whose token it holds, including submitted ones."""
    begun = [token for kind in KINDS.values() if (token := draft_token(request, kind))]
    return [BrowserOwner(token) for token in (*begun, *_receipts(request).values())]


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
    for key in (*map(_draft_key, KINDS.values()), *_receipts(request), _OPENED):
        context.delete_cookie(request, response, key)


def _draft_key(kind: Kind) -> str:
    return f"portal_draft_{kind.name}"


def _receipts(request: Request) -> dict[str, str]:
    """Tokens of this browser session's submitted drafts, by cookie key, oldest first."""
    prefix = context.cookie_name(request, "")
    keys = {name.removeprefix(prefix): token for name, token in request.cookies.items() if name.startswith(prefix)}
    return {key: token for key, token in keys.items() if key.startswith(_RECEIPT)}
