"""Where a value begins and ends in folded text: a run of signs that ends at a blank, at ，。；、 or at a 汉字.

Other signs of a Chinese keyboard inside an unbroken run belong to it: Qz8812￥x.
"""

import re

from portal.sensitive_text.connectors import BEFORE_COLON
from portal.sensitive_text.labels import BLANK, HAN, LABEL

LONGEST = 200

_INNER = r"[¥…·“”‘’【】《》「」]{1,2}"
RUN = re.compile(rf"[!-~]{{1,{LONGEST}}}(?:{_INNER}[!-~]{{1,{LONGEST}}}){{0,9}}+")
PAIR_RUN = re.compile(rf"[!-+\-.0-:<-{{}}~]{{1,{LONGEST}}}")  # a run without , / ; |
_CHINESE_RUN = re.compile(rf"(?P<words>[{HAN}·]{{1,8}})(?P<ascii>[!-~]{{1,{LONGEST}}})")
CHINESE_NAME = re.compile(rf"[{HAN}]{{2,4}}(?=[ \t，,;；、/]{{1,4}})")

_SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖"
    "贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
NAME_OF_PERSON = re.compile(rf"[{_SURNAMES}][{HAN}]{{1,2}}?(?=[ \t，,]{{0,2}}(?:登[录陆])?[密口])")

_OPENING = re.compile(r"[\"'“”‘’「」『【《\[(<]?")
_CLOSING = {
    '"': '"', "'": "'", "[": "]", "(": ")", "<": ">", "“": "”", "”": "”", "‘": "’", "’": "’", "「": "」", "【": "】",
    "《": "》",
}  # fmt: skip
_UNCLOSED = re.compile(r"\([^()]{0,20}\Z")
_HAN_SIGN = re.compile(f"[{HAN}]")
_SOFT_END = re.compile(r"[,;&/|]")
_SEPARATOR_AT_END = re.compile(r"[.\-_,;@/|]{1,3}+\Z")
_GAP_AFTER_COMMA = re.compile(r"(?<=[,;|])(?:[^!-~]|\Z)")
_ONLY_MASK = re.compile(r"[*.?\-_=~!#,;:'\"/&|…·•]*")
_COUNT = re.compile(
    rf"[0-9]{{1,4}}(?:{BLANK}?[-~到至]{BLANK}?[0-9]{{1,4}})?{BLANK}{{0,2}}"
    r"(?:[位个個天次分小年月日秒条人种遍张回项类级页行岁周名台家]|号(?!码))"
)
_WORDS_OF_LABELS = ("account", "user", "username", "id", "login", "password", "pwd", "pin", "pass", "name", "code")
_WORDS_OF_STATES = (
    "error",
    "ok",
    "no",
    "not",
    "null",
    "none",
    "invalid",
    "failed",
    "expired",
    "is",
    "and",
    "or",
    "must",
)
_WORDS_OF_TECHNOLOGY = (
    "app", "ca", "excel", "word", "pc", "qq", "ukey", "vpn", "web", "wifi", "api", "ip", "url", "http", "https", "md5",
    "sha", "sha1", "aes", "rsa", "sm2", "sm3", "sm4", "ssl", "sql", "json", "xml", "bug", "vip", "usb", "key", "pdf",
)  # fmt: skip
_ORDINARY = frozenset((*_WORDS_OF_LABELS, *_WORDS_OF_STATES, *_WORDS_OF_TECHNOLOGY))
_DIGIT, _NO_DIGIT = re.compile("[0-9]"), re.compile("[^0-9]")
_OTHER_SHAPE = re.compile(  # a version, an address, a date, a file
    r"[vV]?[0-9]{1,9}(?:[.:/-][0-9]{1,9}){1,9}|[A-Za-z0-9_-]{1,40}\.(?:html?|jsp|aspx?|php|xlsx?|docx?|pdf|exe|dll|zip|png|jpg)"
)
_CODE = re.compile(r"[A-Z]{1,6}[-_]?[0-9]{1,5}|0[xX][0-9A-Fa-f]{1,16}|[0-9]{1,4}[A-Za-z]{1,3}")  # ERR1001, 0x8007, 15B
_PRODUCT = re.compile(
    r"(?:windows|win|chrome|google|ie|edge|firefox|office|excel|word|wps|(?:his|lis|pacs|emr)(?!0)|360|v|error|err|code|http|ora"
    r"|license|java|net)[0-9.]{0,12}",
    re.IGNORECASE,
)


def is_ordinary(written: str) -> bool:
    """A word that people use in sentences about accounts and passwords."""
    return written.casefold() in _ORDINARY or _PRODUCT.fullmatch(written) is not None


def is_secret_like(written: str) -> bool:
    """Whether a word could only be a secret: letters and digits mixed, or many digits."""
    if is_ordinary(written) or _OTHER_SHAPE.fullmatch(written):
        return False
    has_digit, has_other = _DIGIT.search(written), _NO_DIGIT.search(written)
    return len(written) >= 4 and has_digit is not None and (has_other is not None or len(written) >= 6)


def is_unmistakable(written: str) -> bool:
    """Whether a word is a secret even far from its label: five signs or more, with letters and digits, and no code."""
    return (
        len(written) >= 5
        and is_secret_like(written)
        and re.search("[A-Za-z]", written) is not None
        and _CODE.fullmatch(written) is None
    )


def is_count(text: str, at: int) -> bool:
    """8 位, 3 次, 8-16位."""
    return _COUNT.match(text, at) is not None


def is_label_at(text: str, at: int) -> bool:
    """Whether this is a label, not a value that starts like one (`pass1234`, `user01`)."""
    label = LABEL.match(text, at)
    if not label:
        return False
    is_plain = label.lastgroup in ("account", "password")
    return is_plain or BEFORE_COLON.match(text, label.end()) is not None


def ascii_value(text: str, at: int) -> range | None:
    """The value that begins here, without the quotes around it."""
    opening = _OPENING.match(text, at)
    start = opening.end() if opening else at
    if is_label_at(text, start):
        return None
    run = RUN.match(text, start)
    if not run:
        return None
    closing = _CLOSING.get(text[at]) if start > at else None
    return meaningful(text, range(start, _end_of_run(text, run, closing)))


def chinese_value(text: str, at: int, longest: int = 8) -> range | None:
    """Chinese characters followed by ASCII letters or digits (卫生室01), without a label among them."""
    run = _CHINESE_RUN.match(text, at)
    if not run or len(run["words"]) > longest or LABEL.search(text, run.start(), run.end("words")):
        return None
    end = _end_of_run(text, run, None)
    ascii_part = text[run.start("ascii") : end]
    if len(ascii_part) < 2 or is_ordinary(ascii_part) or _ONLY_MASK.fullmatch(ascii_part):
        return None
    if is_count(text, run.start("ascii")):
        return None
    return range(run.start(), end)


def pair_value(text: str, at: int) -> range | None:
    """The first of two values after one label."""
    if is_label_at(text, at):
        return None
    run = PAIR_RUN.match(text, at)
    return meaningful(text, range(run.start(), run.end())) if run else None


def meaningful(text: str, value: range) -> range | None:
    """The value, or None if it is empty or only stars and punctuation."""
    return None if _ONLY_MASK.fullmatch(text, value.start, value.stop) else value


def _end_of_run(text: str, run: re.Match[str], closing: str | None) -> int:
    """The end of the value within its run: at a closing quote, before the next label, or at a trailing comma."""
    start, end = run.start(), run.end()
    if closing and (closed := text.find(closing, start, end)) > start:
        return closed
    if (note := _UNCLOSED.search(text, start + 1, end)) and _HAN_SIGN.match(text, end):
        end = note.start()
    for mark in _SOFT_END.finditer(text, start, end):
        ends = is_label_at(text, mark.end()) or _GAP_AFTER_COMMA.match(text, mark.end())
        if ends and mark.start() > start:
            end = mark.start()
            break
    if is_label_at(text, end) and (separator := _SEPARATOR_AT_END.search(text, start + 1, end)):
        end = separator.start()
    while end > start + 1 and _is_bracket_of_others(text, start, end - 1):
        end -= 1
    return end


def _is_bracket_of_others(text: str, start: int, at: int) -> bool:
    if text[at] in "([<{":
        return True
    if text[at] not in ")]\"'":
        return False
    opener = {")": "(", "]": "["}.get(text[at], text[at])
    return text.find(opener, start, at) < 0
