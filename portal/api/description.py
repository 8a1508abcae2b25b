"""OpenAPI from which a client can be generated: real answers, every refusal, who may call, all vocabularies."""

from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema
from starlette.routing import BaseRoute

from portal import __version__
from portal.accounts.guard import RequiresToken
from portal.accounts.roles import SCOPES
from portal.api import models
from portal.api.vocabularies import named

PROBLEM = "application/problem+json"
Responses = dict[int | str, dict[str, Any]]
_WHAT: dict[int, tuple[type[BaseModel], str]] = {
    400: (models.Problem, "The body is not complete JSON or a complete form"),
    401: (models.Problem, "Unknown, expired or revoked token"),
    403: (models.Problem, "The token has no right to this call"),
    404: (models.Problem, "Absent, or of a foreign queue"),
    410: (models.Problem, "Destroyed"),
    413: (models.Problem, "More bytes or parts than are read"),
    415: (models.Problem, "Another type of body"),
    422: (models.InvalidProblem, "Every fault at once"),
    429: (models.Problem, "Too many; see Retry-After"),
    503: (models.Problem, "Nothing was stored; see Retry-After"),
}
OF_BODY = (400, 413, 415, 422)
_OF_ANY = (401, 503)
_UNSENT = ("HTTPValidationError", "ValidationError")
_SCHEMAS = "#/components/schemas/{model}"
_refusals: set[type[BaseModel]] = set()
_BEARER = {
    "type": "http",
    "scheme": "bearer",
    "description": "A token of `tokens add` or 我的账号. Its scopes limit it: " + ", ".join(SCOPES),
}


def answers(*statuses: int, conflict: type[BaseModel] | None = None) -> Responses:
    """`responses` of a route: these refusals, and those that every call can give."""
    found = {status: _WHAT[status] for status in sorted({*statuses, *_OF_ANY})}
    if conflict:
        found[409] = (conflict, "Stale, taken, objected to, or not allowed from this state")
    return {status: _refusal(model, text) for status, (model, text) in found.items()}


def _refusal(model: type[BaseModel], text: str) -> dict[str, Any]:
    """By its name: FastAPI would build a validator for each of a thousand refusals at every start."""
    _refusals.add(model)
    return {"description": text, "content": {PROBLEM: {"schema": {"$ref": _SCHEMAS.format(model=model.__name__)}}}}


def document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The whole description of these routes."""
    made = get_openapi(title="一线通", version=__version__, routes=routes)
    made["components"]["securitySchemes"] = {"bearer": _BEARER}
    refusals: list[tuple[type[BaseModel], JsonSchemaMode]] = [(model, "serialization") for model in _refusals]
    known = models_json_schema(refusals, ref_template=_SCHEMAS)[1]["$defs"]
    made["components"]["schemas"] = known | made["components"]["schemas"]
    for context in iter_route_contexts(routes):
        for method in getattr(context, "methods", None) or ():
            operation = made["paths"].get(context.path, {}).get(method.lower())
            if operation is not None:
                _complete(operation, context, made["components"]["schemas"])
    for unsent in _UNSENT:
        made["components"]["schemas"].pop(unsent, None)
    return named(made)


def _complete(operation: dict[str, Any], context: Any, schemas: dict[str, Any]) -> None:
    operation["operationId"] = context.name
    operation["security"] = _security(context.dependant, operation.pop("x-may-sign-in", False))
    if _UNSENT[0] in str(operation["responses"].get("422")):
        del operation["responses"]["422"]  # the framework's own, which is never sent
    for status, answer in operation["responses"].items():
        if status == "401":
            challenge = {"description": "Bearer", "schema": {"type": "string"}}
            answer["headers"] = {"WWW-Authenticate": challenge}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        schemas.update(schema.pop("$defs", {}))
        if "title" in schema:
            schemas[schema["title"]] = schema
            content["schema"] = {"$ref": _SCHEMAS.format(model=schema["title"])}


def _security(dependant: Any, may_sign_in: bool) -> list[dict[str, list[str]]]:
    needed = [call.permission for call in _calls(dependant) if isinstance(call, RequiresToken)]
    scopes = [name for name, granted in SCOPES.items() if granted & set(needed)]
    if scopes:
        return [{"bearer": scopes}]
    return [{}, {"bearer": ["file"]}] if may_sign_in else []


def _calls(dependant: Any) -> Iterator[Any]:
    for below in dependant.dependencies:
        yield below.call
        yield from _calls(below)
