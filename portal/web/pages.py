"""Error pages and problem documents: every failure becomes a Chinese sentence with a request id (SECURITY I-7)."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from portal.errors import (
    ConflictError,
    InvalidError,
    PortalError,
    SessionOverError,
    StorageUnavailableError,
    TooManyRequestsError,
)
from portal.web import context
from portal.web.body import PostedForm, read_form
from portal.web.receiving import BodyTooLargeError, BusyError
from portal.web.templating import render

API_PREFIX = "/api/"
_logger = logging.getLogger("portal.errors")
_SENTENCES = {
    400: "提交的内容不完整，请返回重新提交",
    401: "请先登录",
    403: "您没有做这件事的权限，需要时请联系管理员",
    404: "没有找到您要的内容",
    405: "这个地址不能这样使用，请从页面上操作",
    413: "一次提交的内容太大",
    422: "提交的内容不完整，请返回重新提交",
    500: "系统出了点问题，我们已记录。请稍后再试",
}


class SignInNeededError(SessionOverError):
    """A staff page opened without a session: the browser is sent to sign in.

    Says only what happened: who brings no session was not signed out, and a page that is opened submits nothing.
    """

    def __init__(self, *, had_session: bool, is_act: bool) -> None:
        why = "太久没有操作，已为您退出" if had_session else "您还没有登录"
        lost = "，刚才的内容没有提交" if is_act else ""
        super().__init__(f"{why}{lost}。请{'重新' if had_session else ''}登录后再试")
        self.title = "登录已超时" if had_session else "需要登录"


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(PortalError, _portal_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _validation_error)


def problem(
    request: Request,
    status: int,
    title: str,
    extra: Mapping[str, Any] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """`application/problem+json` with `title`, `status`, `request_id` (CONTRACT 8)."""
    content = {"title": title, "status": status, "request_id": context.request_id(request), **(extra or {})}
    return JSONResponse(content, status, headers, media_type="application/problem+json")


def _answer(
    request: Request,
    status: int,
    message: str,
    extra: Mapping[str, Any] | None = None,
    headers: dict[str, str] | None = None,
    *,
    title: str = "",
    texts: Sequence[tuple[str, str]] = (),
) -> Response:
    if _wants_json(request):
        return problem(request, status, message, extra, headers)
    page = render(
        request,
        "errors/error.html",
        status,
        message=message,
        status_code=status,
        request_id=context.request_id(request),
        title=title,
        texts=texts,
        retry_href=_page_again(request, status),
    )
    page.headers.update(headers or {})
    return page


async def _portal_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, PortalError)  # noqa: S101
    is_read = request.method == "POST" and not _wants_json(request) and not isinstance(error, BodyTooLargeError)
    texts = await _typed_texts(request) if is_read else []
    if isinstance(error, SessionOverError) and not texts and not _wants_json(request):
        target = quote(request.url.path) if request.method == "GET" else "/"
        return RedirectResponse(f"/sign-in?next={target}", 303)
    headers = {}
    if isinstance(error, TooManyRequestsError | StorageUnavailableError | BusyError):
        headers["Retry-After"] = str(error.retry_after)
    extra: dict[str, Any] | None = None
    if isinstance(error, ConflictError):
        extra = {"code": error.code}
    if isinstance(error, InvalidError):
        extra = {"errors": [{"field": f.field, "code": f.code, "message": f.message} for f in error.faults]}
    return _answer(request, error.status, error.message, extra, headers, title=error.title, texts=texts)


def _page_again(request: Request, status: int) -> str:
    """Where a clinic continues after its page was outdated: what it had saved is still there."""
    return quote(request.url.path) if status == 403 and getattr(request.state, "is_kept", False) else ""


def _wants_json(request: Request) -> bool:
    return request.url.path.startswith(API_PREFIX) or "application/json" in request.headers.get("accept", "")


async def _typed_texts(request: Request) -> list[tuple[str, str]]:
    """Labels and texts of a refused post, so that they are not lost (SECURITY E-3, F7).

    Never a secret's field; nothing for a post from a foreign page.
    """
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return []
    try:
        form: PostedForm = getattr(request.state, "form", None) or await read_form(request)
    except (PortalError, RuntimeError):
        return []
    labels = context.parts_of(request).text_fields
    return [(label, form.get(name)) for name, label in labels.items() if form.get(name).strip()]


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    message = _SENTENCES.get(error.status_code, "这个请求不能完成，请返回重试")
    if error.status_code == HTTPStatus.NOT_FOUND and not _wants_json(request):
        _recognise(request)
    return _answer(request, error.status_code, message, headers=dict(error.headers or {}))


def _recognise(request: Request) -> None:
    """At an unknown address nobody has asked yet who is signed in; staff keep their header and their way back."""
    if hasattr(request.state, "principal"):
        return
    try:
        context.parts_of(request).recognise(request)
    except PortalError:
        request.state.principal = None  # the sentence is shown all the same


def _validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # A malformed id in the address is a 404; an invalid body is reported by field, without its values.
    places = [item["loc"] for item in error.errors()]
    if any(place and place[0] == "path" for place in places):
        return _answer(request, 404, _SENTENCES[404])
    errors = [
        {"field": str(place[-1]), "code": "invalid", "message": "这一项的格式不对，请核对后重新提交"}
        for place in places
    ]
    return _answer(request, 422, f"有 {len(errors)} 处需要修改", {"errors": errors})


def unexpected_error(request: Request, error: Exception) -> Response:
    # The type and place of the error, never its text: that could hold a typed value.
    frames = _frames(error)
    _logger.error("%s %s at %s", context.request_id(request), type(error).__name__, " < ".join(frames))
    return _answer(request, 500, _SENTENCES[500])


def _frames(error: BaseException) -> list[str]:
    places: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}:{code.co_name}")
        trace = trace.tb_next
    return places[::-1][:8]
