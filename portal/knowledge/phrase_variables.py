"""The variables of phrases, and a phrase with their values (DESK 3.5).

Each is public knowledge of the ticket or of the writer: none comes from a sealed value. A value is put in once and
never read for variables again, so no institution's name can break out of its place.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from portal.sensitive_text.lines import one_line

VARIABLES = ("机构", "编号", "称呼", "工号", "期限", "单位名称")
MOST_OF_VALUE = 120
_VARIABLE = re.compile(r"\{(机构|编号|称呼|工号|期限|单位名称)\}")
_BRACE = re.compile(r"[{}]")


@dataclass(frozen=True)
class Rendered:
    """`missing`: the variables that have no value here; the text still has their names."""

    text: str
    missing: tuple[str, ...] = ()


def rendered(text: str, values: Mapping[str, str]) -> Rendered:
    """The text with each variable replaced by its value on one line."""
    tidy = {name: one_line(values.get(name, ""))[:MOST_OF_VALUE] for name in VARIABLES}
    used = dict.fromkeys(_VARIABLE.findall(text))
    missing = tuple(name for name in used if not tidy[name])
    return Rendered(_VARIABLE.sub(lambda found: tidy[found[1]] or found[0], text), missing)


def unknown_in(text: str) -> bool:
    """Whether a brace is left that belongs to no variable."""
    return _BRACE.search(_VARIABLE.sub("", text)) is not None
