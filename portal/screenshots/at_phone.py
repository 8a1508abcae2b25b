"""The sentences of the picture rule for a phone: it has no PrtSc key, but it can photograph the screen again.

static/js/picture-item.js says the same of answers that the script gets.
"""

import re

_KEY = "PrtSc"
_PARTS = re.compile(r"([，。；：])")


def at_phone(message: str) -> str:
    """The sentence with every clause that speaks of a key replaced by what a phone can do."""
    parts = _PARTS.split(message)
    return "".join(_clause(part) if _KEY in part else part for part in parts)


def _clause(clause: str) -> str:
    if clause.startswith("或"):
        return "或重新拍一张"
    return "再拍一张" if clause.startswith("再") else "请横着拍下整个屏幕"
