"""Hashes a row of the trail: one canonical line of JSON, SHA-256 or SM3 over it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

GENESIS = "0" * 64
DEFAULT_HASH = "sha256"
_LATER_COLUMNS = ("particulars", "value_index")
HASHES: dict[str, Callable[[bytes], Any]] = {DEFAULT_HASH: hashlib.sha256, "sm3": partial(hashlib.new, "sm3")}

encoded = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=repr).encode
"""Canonical JSON: sorted names, no blanks, unescaped UTF-8."""


def canonical(event: Mapping[str, Any]) -> str:
    """What is hashed: every column but `row_hash`; `at` as microseconds since 1970.

    Rows older than the hash's name are SHA-256 and do not name it, so no SHA-256 row does. Columns that older
    rows do not have are left out where they are empty.
    """
    plain = dict(event)
    plain.pop("row_hash", None)
    moment: datetime = event["at"]
    plain["at"] = round(moment.timestamp() * 1_000_000)
    plain["actor_id"] = str(event["actor_id"]) if event["actor_id"] else None
    if plain["hash_name"] == DEFAULT_HASH:
        del plain["hash_name"]
    for name in _LATER_COLUMNS:
        if plain.get(name) is None:
            plain.pop(name, None)
    return encoded(plain)


def hash_of(event: Mapping[str, Any]) -> str:
    """The hash of a row, by the algorithm that it names.

    Raises:
        KeyError: it names an unknown one.
    """
    algorithm = HASHES[event["hash_name"]]
    return str(algorithm(canonical(event).encode()).hexdigest())
