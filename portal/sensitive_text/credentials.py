"""Finds account names and passwords by the label before them: 账号:sfdg密码:123456.

A sentence that only mentions passwords (密码错误, 账号密码都对) contains none. Without a connector, and after verbs
like 改成, a value is a run of ASCII characters. After a colon, = or 是/为 it may also be Chinese characters followed by
ASCII letters or digits (张三01), but never Chinese words alone (密码:忘了).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.sensitive_text.id_numbers import is_id_number

_FOLDED_LETTERS = [*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B)]
_FOLDED_SIGNS = map(ord, "：＝－＋＿．＠＃＄％＾＆＊～／")
# Chinese commas, full stops and brackets are not converted: they end a value, ASCII ones may be part of it.
_FOLDING = {char: char - 0xFEE0 for char in (*_FOLDED_LETTERS, *_FOLDED_SIGNS)} | {
    0x3000: " ",
    ord("﹕"): ":",
    ord("∶"): ":",
}

_BLANK = r"[ \t\u00a0\u2000-\u200f\u2060\ufeff]"
_HAN = r"\u3400-\u9fff"
_LONGEST_VALUE = 200

_LABEL = re.compile(
    rf"(?P<account>[账帐]{_BLANK}{{0,2}}[号户](?:名称?|ID)?|用户(?:名称?|ID)|登[录陆](?:名|ID)|工号"
    r"|(?P<latin_account>(?<![A-Za-z0-9_])(?:account|acct|user[ _]?name|user[ _]?id|user|login|uid|id)"
    r"(?![A-Za-z])))"
    rf"|(?P<password>密{_BLANK}{{0,2}}码|口{_BLANK}?令"
    r"|(?P<latin_password>(?<![A-Za-z0-9_])(?:password|passwd|passcode|pass|pwd|psw)(?![A-Za-z])))",
    re.IGNORECASE,
)
_NOTE = r"(?:[（(][^（()）\r\n]{0,12}[）)])?"
_COLON = re.compile(
    rf"[\"']?{_BLANK}{{0,8}}+{_NOTE}{_BLANK}{{0,8}}+(?:是|为)?{_BLANK}{{0,2}}+[:=→]{{1,3}}{_BLANK}{{0,8}}+"
)
_NEXT_LINE = re.compile(rf"\r?\n{_BLANK}{{0,8}}(?=[!-~]{{3,200}}{_BLANK}{{0,8}}(?:[\r\n]|\Z))")
_IS = re.compile(rf"{_BLANK}{{0,8}}(?:都|均|也|就|还)?(?:是|为){_BLANK}{{0,8}}")
_VERB = re.compile(
    rf"{_BLANK}{{0,8}}(?:已经?|被|都|就|我)?(?:重置|设置|修改|更改|更换|初始化?|默认|改|设|换|变|填写?|输入?|用|叫|写)"
    rf"(?:的?是|为|成了?|了)?{_BLANK}{{0,8}}"
)
_NOTHING = re.compile(rf"{_BLANK}{{0,8}}")
_AND = re.compile(rf"{_BLANK}{{0,2}}[/、和及与,，&+]?{_BLANK}{{0,2}}")
_BEFORE_PASSWORD = re.compile(rf"(?:{_BLANK}|[,，;；、/]){{0,4}}")
_BETWEEN_PAIR = re.compile(rf"{_BLANK}{{0,4}}[/|,;、，；]{_BLANK}{{0,4}}|{_BLANK}{{1,8}}")

_OPENING = re.compile(r"[\"'“‘「『【\[(（<《]?")
_CLOSING = {'"': '"', "'": "'", "[": "]", "(": ")", "<": ">"}
_RUN = re.compile(rf"[!-~]{{1,{_LONGEST_VALUE}}}")
_PAIR_RUN = re.compile(rf"[!-+\-.0-:<-{{}}~]{{1,{_LONGEST_VALUE}}}")  # a run without , / ; |
_SOFT_END = re.compile(r"[,;&/|]")
_GAP_AFTER_COMMA = re.compile(r"(?<=[,;])(?:[^!-~]|\Z)")
_CHINESE_RUN = re.compile(rf"(?P<words>[{_HAN}·]{{1,8}})(?P<ascii>[!-~]{{1,{_LONGEST_VALUE}}})")
_DIGIT = re.compile("[0-9]")
_LETTER_OR_DIGIT = re.compile(r"[A-Za-z0-9]")
_ONLY_MASK = re.compile(r"[*.?\-_=~!#,;:'\"/&|]*")
_PLAIN_BEGINNING = re.compile(r"[A-Za-z0-9@#$%^_!]")
_COUNT = re.compile(rf"[0-9]{{1,4}}{_BLANK}{{0,2}}[位个天次分小年月日秒条人种遍张]")
_LABEL_WORDS = ("account", "user", "username", "id", "login", "password", "pwd")
_STATUS_WORDS = ("error", "ok", "no", "not", "null", "none")
_PRODUCT_WORDS = ("app", "ca", "excel", "his", "pc", "qq", "ukey", "vpn", "web", "wifi", "windows")
_ORDINARY_WORDS = frozenset((*_LABEL_WORDS, *_STATUS_WORDS, *_PRODUCT_WORDS))


@dataclass(frozen=True)
class Credential:
    """Position of a value in the text, and whether it is a password."""

    start: int
    end: int
    is_password: bool


def find_credentials(text: str) -> Iterator[Credential]:
    """All labelled values in order (REQUIREMENTS A9, A12, A14)."""
    folded = text.translate(_FOLDING)
    at = 0
    while label := _LABEL.search(folded, at):
        at = label.end()
        for credential in _pair_after(folded, label) or _one_after(folded, label):
            yield credential
            at = credential.end


def _one_after(text: str, label: re.Match[str]) -> list[Credential]:
    value = _value_after(text, label)
    if value is None:
        return []
    is_bare_id = label[0].casefold() == "id"
    if is_bare_id and (len(value) < 3 or is_id_number(text[value.start : value.stop])):
        return []
    return [Credential(value.start, value.stop, label["password"] is not None)]


def _value_after(text: str, label: re.Match[str]) -> range | None:
    at = label.end()
    if colon := _COLON.match(text, at):
        start = colon.end()
        if next_line := _NEXT_LINE.match(text, start):
            start = next_line.end()
        return _ascii_value(text, start) or _chinese_value(text, start)
    if label["latin_account"] or label["latin_password"]:
        return _value_after_latin_label(text, label)
    if connector := _IS.match(text, at):
        named = _ascii_value(text, connector.end())
        if named and _is_ordinary(text[named.start : named.stop]):
            return None
        return named or _chinese_value(text, connector.end(), longest=4)
    connector = _VERB.match(text, at) or _NOTHING.match(text, at)
    return _plain_value(text, connector.end(), label) if connector else None


def _value_after_latin_label(text: str, label: re.Match[str]) -> range | None:
    """Without a colon only a word with a digit: `pwd abc123`, but not `user not found`."""
    if connector := _IS.match(text, label.end()):
        return _ascii_value(text, connector.end())
    blank = _NOTHING.match(text, label.end())
    if not blank or (blank.end() == label.end() and not label["latin_password"]):
        return None
    value = _plain_value(text, blank.end(), label)
    return value if value and _DIGIT.search(text, value.start, value.stop) else None


def _plain_value(text: str, at: int, label: re.Match[str]) -> range | None:
    """A value without a colon before it; counts, ordinary words and list numbers are excluded."""
    value = _ascii_value(text, at)
    if value is None or not _PLAIN_BEGINNING.match(text, value.start):
        return None
    if _is_ordinary(text[value.start : value.stop]):
        return None
    if len(value) < 3 and not (label["account"] and _password_label_follows(text, value.stop)):
        return None
    return None if _COUNT.match(text, value.start) else value


def _password_label_follows(text: str, at: int) -> bool:
    between = _BEFORE_PASSWORD.match(text, at)
    following = _LABEL.match(text, between.end()) if between else None
    return following is not None and following["password"] is not None


def _ascii_value(text: str, at: int) -> range | None:
    opening = _OPENING.match(text, at)
    start = opening.end() if opening else at
    if _is_label_at(text, start):
        return None
    run = _RUN.match(text, start)
    if not run:
        return None
    closing = _CLOSING.get(text[at]) if start > at else None
    return _meaningful(text, range(start, _end_of_run(text, run, closing)))


def _end_of_run(text: str, run: re.Match[str], closing: str | None) -> int:
    """The end of the value within its run: at a closing quote, before the next label, or at a trailing comma."""
    if closing and (closed := text.find(closing, run.start(), run.end())) > run.start():
        return closed
    end = run.end()
    for mark in _SOFT_END.finditer(text, run.start(), run.end()):
        ends = _is_label_at(text, mark.end()) or _GAP_AFTER_COMMA.match(text, mark.end())
        if ends and mark.start() > run.start():
            end = mark.start()
            break
    while end > run.start() and text[end - 1] in ")]\"'" and not _is_opened(text, run.start(), end - 1):
        end -= 1
    return end


def _is_opened(text: str, start: int, at: int) -> bool:
    opener = {")": "(", "]": "["}.get(text[at], text[at])
    return text.find(opener, start, at) >= 0


def _chinese_value(text: str, at: int, longest: int = 8) -> range | None:
    """Chinese characters followed by ASCII letters or digits (卫生室01), without a label among them."""
    run = _CHINESE_RUN.match(text, at)
    if not run or len(run["words"]) > longest or _LABEL.search(text, run.start(), run.end("words")):
        return None
    ascii_part = text[run.start("ascii") : run.end()]
    if len(ascii_part) < 2 or _is_ordinary(ascii_part) or _ONLY_MASK.fullmatch(ascii_part):
        return None
    return range(run.start(), run.end())


def _meaningful(text: str, value: range) -> range | None:
    """The value, or None if it is empty or only stars and punctuation."""
    return None if _ONLY_MASK.fullmatch(text, value.start, value.stop) else value


def _is_ordinary(written: str) -> bool:
    return written.casefold() in _ORDINARY_WORDS


def _is_label_at(text: str, at: int) -> bool:
    """Whether this is a label, not a value that starts like one (`pass1234`, `user01`)."""
    label = _LABEL.match(text, at)
    if not label:
        return False
    is_latin = label["latin_account"] or label["latin_password"]
    return not is_latin or _COLON.match(text, label.end()) is not None


def _pair_after(text: str, label: re.Match[str]) -> list[Credential]:
    """账号密码：sfdg/123456, where two labels share one colon; a single value counts as the password."""
    if not label["account"]:
        return []
    joint = _AND.match(text, label.end())
    second = _LABEL.match(text, joint.end()) if joint else None
    if not second or not second["password"]:
        return []
    connector = _COLON.match(text, second.end()) or _IS.match(text, second.end())
    at = connector.end() if connector else _skip_blanks(text, second.end())
    first = _pair_value(text, at)
    between = _BETWEEN_PAIR.match(text, first.stop) if first else None
    if not first or not between:
        return []
    if not connector and _is_ordinary(text[first.start : first.stop]):
        return []
    other = _ascii_value(text, between.end())
    if other is None or not _LETTER_OR_DIGIT.search(text, other.start, other.stop) or len(other) < 3:
        return []
    return [Credential(first.start, first.stop, False), Credential(other.start, other.stop, True)]


def _pair_value(text: str, at: int) -> range | None:
    if _is_label_at(text, at):
        return None
    run = _PAIR_RUN.match(text, at)
    return _meaningful(text, range(run.start(), run.end())) if run else None


def _skip_blanks(text: str, at: int) -> int:
    blanks = _NOTHING.match(text, at)
    return blanks.end() if blanks else at
