"""Bodies of the JSON API: size limits, strict types, and failures in the contract's form."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from portal.errors import Fault, InvalidError, PortalError
from portal.web.body import MAX_TEXT_BODY, MAX_UPLOAD_BODY, PostedForm, read_form
from portal.web.context import parts_of
from portal.web.pages import problem
from portal.web.receiving import BodyTooLargeError, received

Model = TypeVar("Model", bound=BaseModel)
_MESSAGES = {"version": "请带上 version，即您看到的这条问题的版本号"}


class ApiRoute(APIRoute):
    """Adds the scheme to a refusal for lack of a token (RFC 9110, 11.6.1)."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_with_challenge(request: Request) -> Response:
            try:
                return await handle(request)
            except PortalError as error:
                if error.status != 401:
                    raise
                return problem(request, 401, error.message, headers={"WWW-Authenticate": "Bearer"})

        return handle_with_challenge


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
            problems = error.errors(include_url=False, include_context=False, include_input=False)
        if any(item["type"] == "json_invalid" for item in problems):
            raise PortalError("请求内容不是完整的 JSON，请核对后重新提交")
        raise InvalidError([_fault(item["loc"], item["type"]) for item in problems])


async def upload_form(request: Request) -> PostedForm:
    """Dependency: a multipart form with screenshots; forms without files have the smaller limit."""
    is_multipart = request.headers.get("content-type", "").strip().lower().startswith("multipart/")
    return await read_form(request, MAX_UPLOAD_BODY if is_multipart else MAX_TEXT_BODY)


UploadForm = Annotated[PostedForm, Depends(upload_form)]


def json_schema(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` for a call that takes `JsonBody(model)`."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": model.model_json_schema()}}}}


def _fault(place: tuple[int | str, ...], kind: str) -> Fault:
    name = str(place[0]) if place else "body"
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
