"""Addresses of the review, with the values of a filter."""

from collections.abc import Mapping
from urllib.parse import urlencode


def with_values(path: str, values: Mapping[str, str]) -> str:
    """Empty values are left out."""
    given = {name: value for name, value in values.items() if value}
    return f"{path}?{urlencode(given)}" if given else path
