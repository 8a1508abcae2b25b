"""The app's own route list, with the guard of each: what the house rules and the matrix walk."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from portal.accounts.guard import Requires, anonymous, public
from portal.web.csrf import FormCheck


class Route:
    """One method and path, with every dependency below it."""

    def __init__(self, context) -> None:
        self.path: str = context.path
        self.methods: set[str] = set(context.methods) - {"HEAD"}
        self.endpoint = context.endpoint
        self.dependant = context.dependant
        self.calls = [dependant.call for dependant in self._below(context.dependant)]
        everything = [context.dependant, *self._below(context.dependant)]
        self.parameters = [field for dependant in everything for field in dependant.path_params]

    def _below(self, dependant) -> Iterator[object]:
        for dependency in dependant.dependencies:
            yield dependency
            yield from self._below(dependency)

    def __repr__(self) -> str:
        return f"{' '.join(sorted(self.methods))} {self.path}"

    @property
    def guards(self) -> list[object]:
        found = [call for call in self.calls if isinstance(call, Requires) or call in (public, anonymous)]
        return list(dict.fromkeys(found))

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    @property
    def takes_a_form(self) -> bool:
        return bool(self.dependant.body_params) or any(isinstance(call, FormCheck) for call in self.calls)


def routes_of(app: FastAPI) -> list[Route]:
    return [Route(context) for context in iter_route_contexts(app.routes) if hasattr(context, "dependant")]
