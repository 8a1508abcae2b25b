"""What a request carries: the portal's parts, the client's address, cookies and ids."""

import ipaddress
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment
from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from portal.settings import Network, Settings

VISITOR_COOKIE = "portal_visitor"
_MONTH_SECONDS = 30 * 24 * 3600


@dataclass(frozen=True)
class WebParts:
    """What pages need.

    Attributes:
        sign_form_token: the keyed hash, in hex, of what a form is tied to.
        text_fields: form fields whose texts an error page returns; never a secret's.
        staff_header: what the header of staff pages counts for a request's person.
    """

    settings: Settings
    templates: Environment
    sign_form_token: Callable[[str], str]
    text_fields: tuple[str, ...]
    staff_header: Callable[[Request], Any]


def parts_of(request: HTTPConnection) -> WebParts:
    """The parts of the app that serves this request."""
    parts: WebParts = request.app.state.web
    return parts


def client_address(request: HTTPConnection) -> str:
    """The client's address; X-Forwarded-For counts only behind a listed proxy (SECURITY E-12)."""
    settings = parts_of(request).settings
    address = request.client.host if request.client else ""
    hops = [hop.strip() for hop in request.headers.get("x-forwarded-for", "").split(",") if hop.strip()]
    while hops and _is_trusted(address, settings.trusted_proxies):
        candidate = hops.pop()
        if _parsed(candidate) is None:
            break
        address = candidate
    return address


def request_id(request: HTTPConnection) -> str:
    """The id on error pages and in log lines."""
    return request.scope.get("state", {}).get("request_id", "")


def base_url(request: HTTPConnection) -> str:
    """The portal's address in links: the setting, else the one that this browser has opened.

    The Host header is chosen by the caller, so links made from it are shown only to that caller.
    """
    return parts_of(request).settings.base_url.rstrip("/") or f"{request.url.scheme}://{request.url.netloc}"


def visitor(request: Request) -> str:
    """A random id for this browser, so that forms can be tied to it before sign-in."""
    state = request.state
    if not hasattr(state, "visitor"):
        cookie = request.cookies.get(cookie_name(request, VISITOR_COOKIE), "")
        state.is_new_visitor = not (len(cookie) == 43 and cookie.isascii())
        state.visitor = secrets.token_urlsafe(32) if state.is_new_visitor else cookie
    return state.visitor


def remember_visitor(request: Request, response: Response) -> None:
    """Send the visitor cookie if this request made a new one."""
    if getattr(request.state, "is_new_visitor", False):
        set_cookie(request, response, VISITOR_COOKIE, request.state.visitor, max_age=_MONTH_SECONDS)


def cookie_name(request: Request, name: str) -> str:
    """Behind TLS the name binds the cookie to this host (SECURITY E-2)."""
    return f"__Host-{name}" if parts_of(request).settings.is_https else name


def set_cookie(request: Request, response: Response, name: str, value: str, max_age: int | None = None) -> None:
    """An HttpOnly cookie for the whole site; Secure if the portal is served over TLS."""
    response.set_cookie(
        cookie_name(request, name),
        value,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=parts_of(request).settings.is_https,
    )


def delete_cookie(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(
        cookie_name(request, name), httponly=True, samesite="lax", secure=parts_of(request).settings.is_https
    )


def _is_trusted(address: str, networks: tuple[Network, ...]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in networks)


def _parsed(address: str) -> Any:
    try:
        return ipaddress.ip_address(address)
    except ValueError:
        return None
