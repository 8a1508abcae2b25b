"""Numbers as they are spoken or spread out: 幺三八零零…, 1 2 3 4 5 6. Every sign keeps its place in the text."""

import re

_DIGIT_OF = {
    **{sign: str(digit) for digit, sign in enumerate("零一二三四五六七八九")},
    **{sign: str(digit) for digit, sign in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    **{sign: digit for sign, digit in (("幺", "1"), ("貳", "2"), ("參", "3"), ("陸", "6"))},
}
_SIGNS = "".join(_DIGIT_OF)
_DIGITS = str.maketrans(_DIGIT_OF)
# Digit by digit: two or three are words of the language (三七, 一二三级), four are a number, unless it is counted.
_RUN = re.compile(rf"[0-9{_SIGNS}](?:[ \t\-]?[0-9{_SIGNS}]){{3,}}+")
_BEHIND_LETTERS = re.compile(rf"(?<=[A-Za-z@#_])[{_SIGNS}]{{2,}}+")  # wxy一二三
_DIGIT, _LETTER = re.compile("[0-9]"), re.compile("[A-Za-z]")
_COUNTED = "十百千万亿年月日号楼级组季两點点"
# w x y 1 2 3: what stands between the signs becomes a sign of the value.
_SPREAD = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9](?:[ \t][A-Za-z0-9](?![A-Za-z0-9])){3,}+")
_BLANKS = str.maketrans(" \t", "__")
_POINTING = dict.fromkeys(map(ord, "👉👇☞☟➡➜➔⇒⇨⬇↓"), ":")


def in_digits(text: str) -> str:
    """Chinese numerals that are read digit by digit as digits."""
    return _BEHIND_LETTERS.sub(_read, _RUN.sub(_read, text))


def closed_up(text: str) -> str:
    """Signs written one by one as one word, with `_` for each blank, and a pointing hand as a colon."""
    return _SPREAD.sub(lambda found: found[0].translate(_BLANKS), text.translate(_POINTING))


def _read(run: re.Match[str]) -> str:
    beside = run.string[max(0, run.start() - 1) : run.start()] + run.string[run.end() : run.end() + 1]
    if run.string[run.end() : run.end() + 1] in tuple(_COUNTED):
        return run[0]
    is_code = _DIGIT.search(run[0]) is not None and _LETTER.search(beside) is not None
    return run[0] if is_code else run[0].translate(_DIGITS)
