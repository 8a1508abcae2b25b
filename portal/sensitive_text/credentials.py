"""Finds account names and passwords by the label before them: 账号:sfdg密码:123456.

A sentence that only mentions passwords (密码错误, 账号密码都对) contains none. Without a colon a value is a run of
ASCII characters; after a colon or 是/为 it may also be Chinese characters followed by ASCII letters or digits (张三01).
Chinese words alone (密码:忘了) are none, except a name before a password.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from portal.sensitive_text.connectors import (
    Connector,
    answer_after,
    connector_after,
    far_words_after,
    line_end_after,
    loose_words_after,
    phrase_after,
    separator_after,
    unchanged_after,
)
from portal.sensitive_text.id_numbers import is_id_number
from portal.sensitive_text.labels import BLANK, HAN, LABEL
from portal.sensitive_text.values import (
    CHINESE_NAME,
    LONGEST,
    NAME_OF_PERSON,
    ascii_value,
    chinese_value,
    is_count,
    is_label_at,
    is_ordinary,
    is_secret_like,
    is_unmistakable,
    pair_value,
)

_B4 = rf"{BLANK}{{0,4}}+"
_AND = re.compile(rf"{_B4}[/、和及与與跟同,，&+|]?{_B4}(?:我的|登[录陆錄])?")
_BETWEEN_PAIR = re.compile(rf"{_B4}(?:[/|,;、，；\n]|和|跟|与|與|及){_B4}|{BLANK}{{1,8}}")
_ANOTHER = re.compile(
    rf"{_B4}(?:、|/|或者?|或是|[，,]?要么|[，,]?不是|(?:开头|打头)的?那?个?[，,]?(?:全的)?是?|[写打录变]成了?"
    rf"|[呗哈咯啊吧呢嘛]?[，, ]{{0,2}}(?:也?就是|即)|应该是|和|还有|以及"
    rf"|(?:不对|错误?|对不对\??)?[，, ]{{0,2}}(?:现在|后来|又|要)?(?:自己|我|他们?)?(?:改|换|变)?(?:是|成|为|回)了?"
    rf"|(?:后面|再)?加上?|[，, ]{{0,2}}(?:改后|改完|新的|旧的|后来)(?:是|为|用)?|[【\[(][新旧][】\])](?:是|:)?){_B4}"
)
_BESIDE_ACCOUNT = re.compile(rf"{BLANK}{{1,4}}|{BLANK}?/{BLANK}?")
_HINTED = re.compile(
    rf"[{HAN}]{{0,12}}?(?:首字母|全拼|简拼|拼音|缩写|简写|名字|生日|电话|手机号?|年份?|数字|[大小]写|[前后][0-9一二三四五六七八]位)"
    rf"(?:加[0-9]{{1,6}})?(?:是|为|:|，)?{_B4}(?=[A-Za-z0-9])"
)
_LINE_OF_ONE = re.compile(rf"[!-~]{{2,{LONGEST}}}{_B4}(?:\n|\Z)")
_LINE_OF_TWO = re.compile(rf"[!-~]{{2,{LONGEST}}}{BLANK}{{1,8}}[!-~]{{3,{LONGEST}}}{_B4}(?:\n|\Z)")
_LONG_DIGITS = re.compile(r"[0-9]{6,20}(?![0-9A-Za-z])")  # mm123456
_DIGIT = re.compile("[0-9]")
_LETTER_OR_DIGIT = re.compile(r"[A-Za-z0-9]")
_PLAIN_BEGINNING = re.compile(r"[A-Za-z0-9@#$%^_!]")
_BEFORE_PASSWORD = re.compile(r"[ \t，,;；、/.。|\n#*\-]{0,4}")
_OTHER_ID_BEFORE = re.compile(rf"[{HAN}](?<![户戶号號录錄陆陸工员生的])\Z|[A-Za-z] \Z")
_REMOTE = re.compile(r"(?<![0-9])(?:[0-9][ -])?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3,4}(?![0-9])")
_REMOTE_WORDS = (
    "识别码", "識別碼", "设备代码", "设备id", "设备码", "远程码", "远程号", "远程id", "远程识别码", "连接码", "连接号",
    "伙伴码", "伙伴识别码", "协助码", "todesk", "teamviewer", "anydesk",
)  # fmt: skip
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.@\-]{1,28}[A-Za-z0-9]"
# What stands before a label or a password, read backwards from there; short pieces only.
_LOOK_BACK = 48
_MOST_OTHERS = 3
_SIGNS_IN_RUNS = ("+", "&")
_NO_NAMES = ("同", "没", "沒", "忘", "见", "見", "不", "无", "無", "已", "和", "跟", "一")
_NAMED_BEFORE = re.compile(
    rf"(?:[用拿以把]{BLANK}?(?P<used>[A-Za-z0-9_.@-]{{3,30}}){BLANK}?(?:这个|那个|的)?"
    rf"|(?P<this>[A-Za-z0-9_.@-]{{3,30}}){BLANK}?[这那此]个?)\Z"
)
# The last word before a password: an account where a digit is in it, or a word of accounts before it.
_WORD_BEFORE_PASSWORD = re.compile(rf"(?P<word>{_NAME})[ \t，,;；、/]{{0,4}}[和與与及跟的]?(?:登[录陆錄])?\Z")
_DIGIT_OR_MARK = re.compile("[0-9_@]")
_STANDS_ALONE = re.compile(r"(?:[\n，。；、]|[^!-~ ][ \t])\Z|\A\Z")
_NAMING = re.compile(r"(?:用[户戶]|用的?[是为為]?|[号號名人员員]|:)[ \t]?\Z")
_SHORT_PAIR = re.compile(
    rf"[号hHmM](?:(?<=号)|(?<=(?<![A-Za-z])[zZgG][hH])|(?<=(?<![A-Za-z])[yY][hH][mM])|(?<="
    rf"(?<![A-Za-z])[dD][lL][mM]))(?:是|:)?{BLANK}?(?P<account>{_NAME})[ \t，,;；]{{0,2}}"
    rf"(?:密|(?<![A-Za-z0-9])[mM][mM])(?:是|:)?{BLANK}?(?P<password>[!-~]{{3,40}})"
)
_USED_PAIR = re.compile(  # 用sfdg01/abc123登录
    rf"用{BLANK}?(?P<account>(?=[A-Za-z]{{0,20}}[0-9]){_NAME}){BLANK}?/{BLANK}?"
    rf"(?P<password>(?=[!-/:-~]{{0,20}}[0-9])[!-~]{{4,40}}){BLANK}?登"
)


@dataclass(frozen=True)
class Credential:
    """Position of a value in the folded text, and whether it is a password."""

    start: int
    end: int
    is_password: bool


def find_credentials(text: str) -> Iterator[Credential]:
    """All labelled values of a folded text (REQUIREMENTS A9, A12, A14)."""
    for pair in (*_SHORT_PAIR.finditer(text), *_USED_PAIR.finditer(text)):
        yield Credential(*pair.span("account"), False)
        yield Credential(*pair.span("password"), True)
    at = 0
    while label := LABEL.search(text, at):
        found = _pair_after(text, label) or _one_after(text, label)
        found += _before(text, label, found)
        yield from found
        at = max((label.end(), *(credential.end for credential in found)))


def _one_after(text: str, label: re.Match[str]) -> list[Credential]:
    value = _value_after(text, label)
    if value is None:
        return []
    if label[0].casefold() == "id" and not _is_name(text, label, value):
        return []
    is_password = _is_password(label)
    found = [Credential(each.start, each.stop, is_password) for each in (value, *_others_after(text, value))]
    if not is_password and len(found) == 1 and (password := _unnamed_password(text, value)):
        found.append(Credential(password.start, password.stop, True))
    return found


def _unnamed_password(text: str, account: range) -> range | None:
    """账号 mtz009 mtz2580: a second word beside an account that can be nothing but a secret."""
    gap = _BESIDE_ACCOUNT.match(text, account.stop)
    value = ascii_value(text, gap.end()) if gap else None
    return value if value and is_unmistakable(text[value.start : value.stop]) else None


def _is_name(text: str, label: re.Match[str], value: range) -> bool:
    """Whether the value behind a bare ID is an account: 任务ID 10086 and id = 1024 are none."""
    written = text[value.start : value.stop]
    if len(value) < 3 or is_id_number(written):
        return False
    if _OTHER_ID_BEFORE.search(text[max(0, label.start() - 2) : label.start()]):
        return False
    return _password_label_after(text, value.stop) is not None or re.search("[A-Za-z]", written) is not None


def _value_after(text: str, label: re.Match[str]) -> range | None:
    connector = connector_after(text, label.end())
    if connector.has_colon:
        return _after_colon(text, label, connector)
    if label.lastgroup in ("colon_account", "colon_password"):
        digits = _LONG_DIGITS.match(text, label.end()) if _is_password(label) else None
        return range(digits.start(), digits.end()) if digits else _after_short_label(text, label, connector)
    if label.lastgroup in ("latin_account", "latin_password"):
        return _after_latin_label(text, label, connector)
    return (
        _after_words(text, label, connector)
        or _in_next_cell(text, label)
        or _on_next_line(text, label)
        or _after_question(text, label)
        or _after_phrase(text, label)
    )


def _after_colon(text: str, label: re.Match[str], connector: Connector) -> range | None:
    if remote := _remote_number(text, label, connector):
        return remote
    start = connector.end
    if (line := line_end_after(text, start)) is not None and _LINE_OF_ONE.match(text, line):
        start = line
    value = ascii_value(text, start) or chinese_value(text, start)
    if value is None and not _is_password(label):
        return _chinese_name(text, start)
    return value


def _after_latin_label(text: str, label: re.Match[str], connector: Connector) -> range | None:
    """Without a colon only a word with a digit, or one before a password: `pwd abc123`, but not `user not found`."""
    if connector.end == label.end() and label.lastgroup == "latin_account" and label[0][-1].isascii():
        return None
    value = _plain_value(text, connector.end, label)
    if value is None or _DIGIT.search(text, value.start, value.stop):
        return value
    password = None if _is_password(label) else _password_label_after(text, value.stop)
    return value if password and _value_after(text, password) else None


def _after_short_label(text: str, label: re.Match[str], connector: Connector) -> range | None:
    """mm是qwer1234, zh是lisi，mm是…"""
    value = _plain_value(text, connector.end, label) if connector.has_is else None
    if value and _is_password(label):
        return value if is_secret_like(text[value.start : value.stop]) else None
    return value if value and _password_label_after(text, value.stop) else None


def _after_words(text: str, label: re.Match[str], connector: Connector) -> range | None:
    if remote := _remote_number(text, label, connector):
        return remote
    if connector.has_is:
        named = ascii_value(text, connector.end)
        if named and (is_ordinary(text[named.start : named.stop]) or is_count(text, named.start)):
            return None
        return named or chinese_value(text, connector.end, longest=8 if connector.words == "是" else 4)
    return _plain_value(text, connector.end, label) or _chinese_account(text, connector.end, label)


def _chinese_account(text: str, at: int, label: re.Match[str]) -> range | None:
    """帐号 高唐杨屯03，密码 …: characters with digits, where a password follows."""
    value = None if _is_password(label) else chinese_value(text, at)
    if value is None and not _is_password(label) and (name := NAME_OF_PERSON.match(text, at)):
        value = range(name.start(), name.end())
        password = _password_label_after(text, value.stop)
        return value if password and _value_after(text, password) else None
    return value if value and _password_label_after(text, value.stop) else None


def _in_next_cell(text: str, label: re.Match[str]) -> range | None:
    """账号,sfdg,密码,123456 and |账号|sfdg|: nothing but a separator may follow the value."""
    separator = separator_after(text, label.start(), label.end())
    value = _plain_value(text, separator, label) if separator is not None else None
    return value if value and _ends_cell(text, value.stop) else None


def _ends_cell(text: str, at: int) -> bool:
    return at == len(text) or text[at] in "|,;\t\n，；。、… " or is_label_at(text, at) or not text[at].isalnum()


def _on_next_line(text: str, label: re.Match[str]) -> range | None:
    """A label alone on its line, and its value alone on the next."""
    line = line_end_after(text, label.end())
    is_alone = label.start() == 0 or text[label.start() - 1] == "\n"
    if line is None or not is_alone or not _LINE_OF_ONE.match(text, line):
        return None
    return _plain_value(text, line, label)


def _after_question(text: str, label: re.Match[str]) -> range | None:
    """密码多少？就是wss123."""
    start = answer_after(text, label.end())
    value = _plain_value(text, start, label) if start is not None else None
    return value if value and _DIGIT.search(text, value.start, value.stop) else None


def _after_phrase(text: str, label: re.Match[str]) -> range | None:
    """密码同账号后面加123：sfdg123, 密码没动过，还是sfdg123."""
    start = phrase_after(text, label.end())
    if start is None and _is_password(label):
        start = loose_words_after(text, label.end())
    value = _plain_value(text, start, label) if start is not None else None
    if value and is_secret_like(text[value.start : value.stop]):
        return value
    return _unchanged(text, label) or (_far_behind(text, label) if _is_password(label) else None)


def _unchanged(text: str, label: re.Match[str]) -> range | None:
    """账号没变，lcwsy; 密码是卫生室名字首字母ztwss: also a word of letters, if it is written small."""
    start = unchanged_after(text, label.end())
    value = _plain_value(text, start, label) if start is not None else None
    if start is None and (hinted := _HINTED.match(text, label.end())):
        value = _plain_value(text, hinted.end(), label)
    if value is None or not text[value.start : value.stop].isupper():
        return value
    return value if len(value) >= 6 and _DIGIT.search(text, value.start, value.stop) else None


def _far_behind(text: str, label: re.Match[str]) -> range | None:
    """密码区分大小写，ZminABC99: behind other words only what can be nothing but a secret."""
    start = far_words_after(text, label.end())
    value = _plain_value(text, start, label) if start is not None else None
    return value if value and is_unmistakable(text[value.start : value.stop]) else None


def _plain_value(text: str, at: int, label: re.Match[str]) -> range | None:
    """A value without a colon before it; counts, ordinary words and list numbers are excluded."""
    value = ascii_value(text, at)
    if value is None or not _PLAIN_BEGINNING.match(text, value.start):
        return None
    if is_ordinary(text[value.start : value.stop]):
        return None
    if len(value) < 3 and (_is_password(label) or not _password_label_after(text, value.stop)):
        return None
    return None if is_count(text, value.start) else value


def _chinese_name(text: str, at: int) -> range | None:
    """李四, where a password with its value follows: the words alone could be 忘了."""
    name = CHINESE_NAME.match(text, at)
    if not name or name[0][0] in _NO_NAMES:
        return None
    label = _password_label_after(text, name.end())
    return range(name.start(), name.end()) if label and _value_after(text, label) else None


def _remote_number(text: str, label: re.Match[str], connector: Connector) -> range | None:
    """The number of a remote desktop, written in groups of three."""
    if label[0].casefold() not in _REMOTE_WORDS:
        return None
    number = _REMOTE.match(text, connector.end)
    return range(number.start(), number.end()) if number else None


def _others_after(text: str, value: range) -> Iterator[range]:
    """Further values that share the label: sg-1200和sg-1300, 改成abc-779."""
    at = value.stop
    for _ in range(_MOST_OTHERS):
        another = _ANOTHER.match(text, at)
        other = ascii_value(text, another.end()) if another else None
        if other is None or len(other) < 3 or not _DIGIT.search(text, other.start, other.stop):
            return
        if is_count(text, other.start) or is_ordinary(text[other.start : other.stop]):
            return
        yield other
        at = other.stop


def _before(text: str, label: re.Match[str], found: list[Credential]) -> list[Credential]:
    """An account name before the label: 用abc01这个账号, or 号abc01密码123456."""
    at = max(0, label.start() - _LOOK_BACK)
    piece = text[at : label.start()]
    if _is_password(label) and not found:
        return []
    named = _word_before_password(piece) if _is_password(label) else _NAMED_BEFORE.search(piece)
    name = named.lastgroup if named else None
    if not named or not name or is_ordinary(named[name]):
        return []
    return [Credential(at + named.start(name), at + named.end(name), False)]


def _word_before_password(piece: str) -> re.Match[str] | None:
    word = _WORD_BEFORE_PASSWORD.search(piece)
    if not word or piece[: word.start()].endswith(("*", "•")):
        return None
    is_owner = "的" in piece[word.end("word") :]  # sfdg的密码
    has_mark = is_owner or _DIGIT_OR_MARK.search(word["word"]) or _NAMING.search(piece[: word.start()])
    is_account = has_mark or (word["word"].islower() and _STANDS_ALONE.search(piece[: word.start()]))
    return word if is_account and not is_count(piece, word.start()) else None


def _password_label_after(text: str, at: int) -> re.Match[str] | None:
    between = _BEFORE_PASSWORD.match(text, at)
    label = LABEL.match(text, between.end()) if between else None
    return label if label and _is_password(label) else None


def _is_password(label: re.Match[str]) -> bool:
    return (label.lastgroup or "").endswith("password")


def _pair_after(text: str, label: re.Match[str]) -> list[Credential]:
    """账号密码：sfdg/123456, where two labels share one colon; a single value counts as the password."""
    if label.lastgroup == "both_password":
        return _two_values(text, label)
    if _is_password(label):
        return []
    joint = _AND.match(text, label.end())
    second = LABEL.match(text, joint.end()) if joint else None
    if not second or not _is_password(second):
        return []
    return _two_values(text, second, joint[0].strip() if joint else "") or _two_far_behind(text, second)


def _two_far_behind(text: str, label: re.Match[str]) -> list[Credential]:
    """要账号密码吗？gt16，gt16@pw: two words behind others, of which the second can be nothing but a secret."""
    start = far_words_after(text, label.end())
    first = pair_value(text, start) if start is not None else None
    between = _BETWEEN_PAIR.match(text, first.stop) if first else None
    other = ascii_value(text, between.end()) if between else None
    if not first or not other or len(first) < 3 or is_ordinary(text[first.start : first.stop]):
        return []
    return _pair(first, other) if is_unmistakable(text[other.start : other.stop]) else []


def _two_values(text: str, label: re.Match[str], sign: str = "") -> list[Credential]:
    """The two values after a pair of labels; `sign` stood between the labels, and may stand between the values."""
    connector = connector_after(text, label.end())
    start = connector.end
    if not connector.has_colon and (behind_phrase := phrase_after(text, label.end())) is not None:
        start = behind_phrase
    line = line_end_after(text, start)
    if line is not None and (_LINE_OF_ONE.match(text, line) or _LINE_OF_TWO.match(text, line)):
        start = line
    first = pair_value(text, start)
    if first and sign in _SIGNS_IN_RUNS and (split := text.find(sign, first.start, first.stop)) > first.start:
        other = ascii_value(text, split + 1)
        return _pair(range(first.start, split), other) if other and len(other) >= 3 else []
    between = _BETWEEN_PAIR.match(text, first.stop) if first else None
    if not first or not between:
        return []
    if not connector.has_colon and is_ordinary(text[first.start : first.stop]):
        return []
    other = ascii_value(text, between.end())
    if other is None or not _LETTER_OR_DIGIT.search(text, other.start, other.stop) or len(other) < 3:
        return []
    return _pair(first, other)


def _pair(account: range, password: range) -> list[Credential]:
    return [Credential(account.start, account.stop, False), Credential(password.start, password.stop, True)]
