"""The cookies of signing in, and who a browser is before anybody has signed in."""

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.audit.actor import Actor
from portal.web import context, csrf

# Stands for a right password until its code comes; it opens nothing but the page that asks for the code.
PENDING_COOKIE = "portal_pending"
# Ties the way to the OpenID provider and back to this browser. Lax, not Strict: the way back begins at another site.
TRIP_COOKIE = "portal_trip"


def pending_cookie(request: Request) -> str:
    """The value of a sign-in that waits for its code, or nothing."""
    return request.cookies.get(context.cookie_name(request, PENDING_COOKIE), "")


def trip_cookie(request: Request) -> str:
    """The secret of a way to the OpenID provider that this browser is on, or nothing."""
    return request.cookies.get(context.cookie_name(request, TRIP_COOKIE), "")


def entered(request: Request, cookie: str, target: str) -> Response:
    """On to `target` with a new session."""
    response = RedirectResponse(target, 303)
    keep_session(request, response, cookie)
    return response


def keep_session(request: Request, response: Response, cookie: str) -> None:
    """Give the browser its new session; a pending sign-in is over."""
    context.set_cookie(request, response, csrf.SESSION_COOKIE, cookie)
    if pending_cookie(request):
        context.delete_cookie(request, response, PENDING_COOKIE)


def adopt_session(request: Request, cookie: str) -> None:
    """Before a page is rendered on the very answer that changes the session: its forms carry the new one's token."""
    request.cookies[context.cookie_name(request, csrf.SESSION_COOKIE)] = cookie


def somebody(request: Request) -> Actor:
    """The actor of a sign-in that has not succeeded yet: nobody we know."""
    return Actor("visitor", "visitor", address=context.client_address(request), request_id=context.request_id(request))
