"""The values in the address of a route whose path is data: as a dependency with one parameter for each."""

import re
from collections.abc import Callable
from inspect import Parameter, Signature


def names_in(path: str) -> list[str]:
    """The names in braces."""
    return re.findall(r"\{(\w+)\}", path)


def values_in(path: str) -> Callable[..., dict[str, str]]:
    """A dependency that reads the values by name; the description of the API shows them as parameters."""

    def read(**values: str) -> dict[str, str]:
        return values

    made = [Parameter(name, Parameter.KEYWORD_ONLY, annotation=str) for name in names_in(path)]
    read.__signature__ = Signature(made)  # type: ignore[attr-defined]
    return read
