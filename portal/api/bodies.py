"""Bodies of the JSON API: size limits, strict types, and failures in the contract's form."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Generic, TypeVar

from fastapi import APIRouter, Depends
from fastapi.params import Depends as Dependency
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from portal.accounts.guard import RequiresToken, principal_of_sent_token
from portal.errors import Fault, InvalidError, PortalError
from portal.web.body import MAX_TEXT_BODY, MAX_UPLOAD_BODY, PostedForm, read_form
from portal.web.context import parts_of
from portal.web.pages import problem
from portal.web.receiving import BodyTooLargeError, received

Model = TypeVar("Model", bound=BaseModel)
_MOST_FAULTS = 50
_MESSAGES = {"version": "请带上 version，即您看到的这条问题的版本号"}
_FAULTS = {
    "string_too_long": ("too_long", "最多 {max_length} 个字，请删减后重新提交"),
    "too_long": ("too_many", "最多 {max_length} 项，请删减后重新提交"),
}


class ApiRoute(APIRoute):
    """Refuses a token that is not good, on open calls too; the refusal names the scheme (RFC 9110, 11.6.1)."""

    @property
    def _asks_for_token(self) -> bool:
        return any(isinstance(below.call, RequiresToken) for below in self.dependant.dependencies)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_challenge(request: Request) -> Response:
            try:
                if not self._asks_for_token:
                    await run_in_threadpool(principal_of_sent_token, request)
                return await handle(request)
            except PortalError as error:
                if error.status != 401:
                    raise
                return problem(request, 401, error.message, headers={"WWW-Authenticate": "Bearer"})

        return handle_with_challenge


def api_router(prefix: str = "", *guards: Dependency) -> APIRouter:
    """Calls below `/api/v1` and this prefix; `guards` stand before each of them."""
    return APIRouter(prefix=f"/api/v1{prefix}", route_class=ApiRoute, dependencies=guards)


class JsonBody(Generic[Model]):
    """Dependency: the body as `model`; unknown fields are ignored, wrong types are faults by field.

    Unlike the framework's own parsing it stops at 1 MB, and it runs after the guard declared before it.
    """

    def __init__(self, model: type[Model]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Model:
        try:
            return self.model.model_validate_json(await _read(request))
        except ValidationError as error:
            problems = error.errors(include_url=False, include_input=False)
        if any(item["type"] == "json_invalid" for item in problems):
            raise PortalError("请求内容不是完整的 JSON，请核对后重新提交")
        raise InvalidError([_fault(item["loc"], item["type"], item.get("ctx", {})) for item in problems[:_MOST_FAULTS]])


async def upload_form(request: Request) -> PostedForm:
    """Dependency: a multipart form with screenshots; forms without files have the smaller limit."""
    is_multipart = request.headers.get("content-type", "").strip().lower().startswith("multipart/")
    return await read_form(request, MAX_UPLOAD_BODY if is_multipart else MAX_TEXT_BODY)


UploadForm = Annotated[PostedForm, Depends(upload_form)]


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` for a call that takes `JsonBody(model)`."""
    schema = model.model_json_schema(ref_template="#/components/schemas/{model}") | {"title": model.__name__}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _fault(place: tuple[int | str, ...], kind: str, limits: dict[str, Any]) -> Fault:
    name = str(place[0]) if place else "body"
    if kind in _FAULTS:
        code, message = _FAULTS[kind]
        return Fault(name, code, message.format(**limits))
    if kind == "missing":
        return Fault(name, "required", _MESSAGES.get(name, "请填写这一项"))
    return Fault(name, "invalid", "这一项的格式不对，请核对后重新提交")


async def _read(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise PortalError("请用 JSON 提交（Content-Type: application/json）", 415)
    try:
        async with received(request, parts_of(request).bodies, MAX_TEXT_BODY) as chunks:
            return b"".join([chunk async for chunk in chunks])
    except BodyTooLargeError as error:
        raise PortalError("一次提交的内容太大，最多 1 MB", 413) from error
    except ClientDisconnect as error:
        raise PortalError("连接中断，内容没有传完，请重新提交") from error
