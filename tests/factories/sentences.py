"""What an auditor reads must be Chinese: finds English words in a sentence of the trail."""

import re

# Names of the cast and of invented things, addresses, ids and product words are no English.
_WORD = re.compile(r"[A-Za-z]{2,}")
_ID = re.compile(r"(?<![A-Za-z])(?:[A-Za-z]*\d[A-Za-z0-9-]*|[a-z0-9_]+(?:[.@][a-z0-9_]+)+|\.[a-z]{2,5}\b)")
_PRODUCT_WORDS = frozenset({"HIS", "QQ", "AES", "GCM", "CSV"})


def english_words(sentence: str, names: frozenset[str] = frozenset()) -> list[str]:
    """The ASCII words of a sentence that are neither `names` nor ids, numbers, file names or product words."""
    for name in sorted(names, key=len, reverse=True):
        sentence = sentence.replace(name, " ")
    return [word for word in _WORD.findall(_ID.sub(" ", sentence)) if word not in _PRODUCT_WORDS]
