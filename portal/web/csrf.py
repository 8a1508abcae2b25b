"""Cross-site protection of every posted page: a token tied to the cookie, and the browser's Origin header."""

import base64
import hmac
import logging
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends
from starlette.requests import Request

from portal.errors import PortalError
from portal.web import context
from portal.web.body import MAX_TEXT_BODY, MAX_TYPED_BODY, MAX_UPLOAD_BODY, PostedForm, read_form
from portal.web.log_output import loggable

FIELD = "csrf"
HEADER = "x-csrf-token"
SESSION_COOKIE = "portal_session"
_logger = logging.getLogger("portal.cross_site")


class CrossSiteError(PortalError):
    """No token, another browser's token, or a foreign origin: nothing was changed (SECURITY E-11)."""

    status = 403
    title = "这次提交来自别的网站，没有接受"

    def __init__(self, message: str = "请直接打开一线通，从一线通的页面上提交") -> None:
        super().__init__(message)


class OldPageError(CrossSiteError):
    """The token is not this browser's, or no longer."""

    title = "页面已过期，没有提交"

    def __init__(self) -> None:
        super().__init__("页面放得太久，或在别处重新登录过。请再提交一次")


class CookiesOffError(CrossSiteError):
    """The browser sent no cookie at all, so that no token can be its own."""

    title = "浏览器没有保存 Cookie，没有提交"

    def __init__(self) -> None:
        super().__init__(
            "一线通靠 Cookie 认出这是您的浏览器。请点地址栏左边的图标，把 Cookie 设为“允许”"
            "（或在浏览器设置的“隐私”里允许），再提交一次"
        )


class WrongAddressError(CrossSiteError):
    """The browser shows another address than the one that reaches the portal: a proxy or the setting is wrong."""

    title = "打开的网址不对，没有提交"

    def __init__(self, base_url: str) -> None:
        use = f"请用 {base_url} 打开一线通，再提交一次" if base_url else "请把这一页的网址告诉一线通的管理员"
        super().__init__(f"浏览器里的网址和一线通登记的网址不一致。{use}")


def token(request: Request) -> str:
    """The token for this browser: tied to the session once signed in, to the visitor cookie before.

    It looks different on every page, so that compressed pages do not give it away byte by byte.
    """
    mac = _mac(request, session_cookie(request) or context.visitor(request))
    pad = secrets.token_bytes(len(mac))
    return base64.urlsafe_b64encode(pad + _xor(pad, mac)).decode()


def session_cookie(request: Request) -> str:
    """The staff session's cookie value, or nothing."""
    return request.cookies.get(context.cookie_name(request, SESSION_COOKIE), "")


@dataclass(frozen=True)
class FormCheck:
    """Dependency of every page that takes a form: parsed and protected. The page's route chooses it.

    Attributes:
        max_body: bytes.
        is_public: the page stays valid if the user signs in or out in another tab.
        is_kept: saved values are shown again at the same address, so an outdated page leads there.
    """

    max_body: int = MAX_TEXT_BODY
    is_public: bool = False
    is_kept: bool = False

    async def __call__(self, request: Request) -> PostedForm:
        """The parsed form.

        Raises:
            CrossSiteError: it was not posted from a page of this browser.
        """
        request.state.is_kept = self.is_kept
        _check_origin(request)
        form = request.state.form = await read_form(request, self.max_body)
        given = request.headers.get(HEADER) or form.get(FIELD)
        session = session_cookie(request)
        bound_to = [session] if session else []
        if not bound_to or self.is_public:
            bound_to.append(context.visitor(request))
        mac = _unpadded(given)
        if not any(hmac.compare_digest(mac, _mac(request, b)) for b in bound_to):
            raise OldPageError if request.cookies else CookiesOffError
        return form


posted_form = FormCheck()
posted_upload = FormCheck(MAX_UPLOAD_BODY)
Form = Annotated[PostedForm, Depends(posted_form)]
UploadForm = Annotated[PostedForm, Depends(posted_upload)]
PublicForm = Annotated[PostedForm, Depends(FormCheck(is_public=True))]
TypedForm = Annotated[PostedForm, Depends(FormCheck(MAX_TYPED_BODY, is_public=True))]  # saved while it is typed
PublicUploadForm = Annotated[PostedForm, Depends(FormCheck(MAX_UPLOAD_BODY, is_public=True))]
KeptForm = Annotated[PostedForm, Depends(FormCheck(is_public=True, is_kept=True))]
KeptUploadForm = Annotated[PostedForm, Depends(FormCheck(MAX_UPLOAD_BODY, is_public=True, is_kept=True))]


def _mac(request: Request, bound_to: str) -> bytes:
    return bytes.fromhex(context.parts_of(request).sign_form_token(bound_to))


def _unpadded(token: str) -> bytes:
    try:
        both = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except ValueError:
        return b""
    half = len(both) // 2
    return _xor(both[:half], both[half:]) if len(both) == 2 * half else b""


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def is_own_page(request: Request) -> bool:
    """Whether the browser itself says that a page of this portal has posted, as no other site can make it say."""
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is not None and origin != "null" and _place(origin) in _own_places(request, origin)


def is_without_cookies(request: Request) -> bool:
    """Whether a page of this portal led here, and the cookie that it sets did not come along."""
    site, referrer = request.headers.get("sec-fetch-site"), request.headers.get("referer", "")
    came_from_here = site == "same-origin" or (site is None and _place(referrer) in _own_places(request, referrer))
    return came_from_here and not request.cookies


def _own_places(request: Request, url: str) -> set[tuple[str, int]]:
    scheme, base = url.partition(":")[0], context.parts_of(request).settings.base_url
    own = (f"{scheme}://{request.headers.get('host', '')}", base)
    return {place for place in map(_place, own) if place is not None}


def _check_origin(request: Request) -> None:
    """Refuse what the browser, or its Origin, calls another site.

    A hidden origin passes, as the token decides: a page that is sent without a referrer posts none (RFC 6454, 7.3).
    """
    site = request.headers.get("sec-fetch-site")
    if site not in (None, "same-origin", "none"):
        raise CrossSiteError
    origin = request.headers.get("origin")
    if origin in (None, "null") or site is not None:
        return  # the browser itself has confirmed the site
    base = context.parts_of(request).settings.base_url
    if _place(origin) not in _own_places(request, origin):
        told = [loggable(name) for name in (origin, request.headers.get("host", ""), base or "-")]
        _logger.warning(
            "网址不一致，没有接受提交：浏览器打开的是 %s，转到一线通的是 %s，请核对 PORTAL_BASE_URL=%s "
            "(refused: the page's origin is not the portal's address, see PORTAL_BASE_URL)",
            *told,
        )
        raise WrongAddressError(base)


def _place(url: str) -> tuple[str, int] | None:
    """Host and port; the default ports are those that browsers leave out."""
    try:
        parts = urlsplit(url)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname.rstrip("."), port) if parts.hostname and port else None
