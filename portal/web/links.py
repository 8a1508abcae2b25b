"""One-time links: a reader of the log must not be able to use them."""

import functools
import inspect
from collections.abc import Sequence
from typing import Annotated, get_args

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

_SECRET = "one-time link"  # noqa: S105  (a marker)
OneTimeToken = Annotated[str, _SECRET]
"""The type of a path parameter that is a one-time token: the route that serves the link declares it."""


def link_prefixes(routes: Sequence[BaseRoute]) -> tuple[str, ...]:
    """The fixed prefixes of all addresses that hold such a token; nothing after them may be logged."""
    contexts = [context for context in iter_route_contexts(routes) if hasattr(context, "endpoint")]
    addresses = [context.path or "" for context in contexts if _has_token(context.endpoint)]
    return tuple(dict.fromkeys(address.partition("{")[0] for address in addresses))


@functools.cache
def _has_token(endpoint: object) -> bool:
    return callable(endpoint) and any(
        _SECRET in get_args(parameter.annotation) for parameter in inspect.signature(endpoint).parameters.values()
    )
