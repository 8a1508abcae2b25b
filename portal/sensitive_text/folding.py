"""One form for a text that people write in several ways: full width, case, dashes, blanks and invisible marks."""

import unicodedata

_DASHES = "\u2212\ufe63\uff0d\u30fc\u2500"  # minus and lookalikes that Unicode does not call dashes


def folded(text: str) -> str:
    """Lower case, half width, every dash `-`, every run of blanks and line ends one blank, nothing invisible."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return " ".join("".join(map(_sign, plain)).split())


def words_of(text: str) -> list[str]:
    """The words of a search, folded, each once."""
    return list(dict.fromkeys(folded(text).split(" "))) if folded(text) else []


def _sign(char: str) -> str:
    if char.isascii():
        return char
    category = unicodedata.category(char)
    if category == "Cf":
        return ""
    return "-" if category == "Pd" or char in _DASHES else char
