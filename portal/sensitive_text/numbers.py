"""Finds ID numbers, 住院号 and phones in folded text: by their shape, or by the word beside them.

A number with the shape of an ID number is as personal with a wrong digit as with the right one; only behind the word of
an order (单号, 流水号) a wrong one stays readable.
"""

import re
from collections.abc import Iterator

from portal.sensitive_text.connectors import (
    Connector,
    connector_after,
    far_words_after,
    line_end_after,
    loose_words_after,
    phrase_after,
    separator_after,
)
from portal.sensitive_text.id_numbers import (
    LENGTH,
    OLD_LENGTH,
    X_SIGNS,
    compact_id_number,
    is_nearly_id_number,
    is_old_id_number,
    is_sound_id_number,
)
from portal.sensitive_text.labels import BLANK, HAN
from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_count

_SIGNS = f"0-9{X_SIGNS}"
_CHAIN = re.compile(rf"[0-9](?:[ \t\-\n]{{0,3}}[{_SIGNS}])+")
_BROKEN = re.compile(r"[ \t\-\n]+")
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_ID_CANDIDATE = re.compile(
    rf"(?=({_PROVINCE}[0-9]{{4}}"
    rf"(?:18|19|20)[0-9]{{2}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{{3}}[{_SIGNS}]))"
)
# Typed or read with a letter in the place of a digit, also a Greek or Cyrillic one, whole or in groups; no letter
# beside it, so that nothing longer is cut.
_DIGIT_LIKE = {"0": "OoΟοОо〇", "1": "IiLlΙιІі|", "2": "Zz", "3": "ЗзӠӡ", "5": "Ss", "6": "б", "8": "B"}
_LETTERS = str.maketrans({letter: digit for digit, letters in _DIGIT_LIKE.items() for letter in letters})
_LIKE = "0-9" + "".join(_DIGIT_LIKE.values())
_NO_LETTER_BEFORE, _NO_LETTER_AFTER = r"(?<![A-Za-z0-9\u0370-\u04ff])", r"(?![A-Za-z0-9\u0370-\u04ff])"
_LETTERS_FOR_DIGITS = re.compile(
    rf"{_NO_LETTER_BEFORE}[{_LIKE}](?:[ \t\-]{{0,2}}[{_LIKE}]){{16}}[ \t\-]{{0,2}}[{_LIKE}{X_SIGNS}]{_NO_LETTER_AFTER}"
)
_ORDER_BEFORE = re.compile(
    r"(?:[单单编]号|流水号?|交易号|批次号?|结算号|发票号码?|条形?码|序列号|追溯码|[编代]码)(?:是|为)?[ \t:]{0,3}\Z"
)
_LOOK_BACK = 12
_LONGEST_CHAIN = 40
_PATIENT_AFTER = re.compile("[ \t]?[的这]?(?:患者|病人)")
_SHORTEST, _SHORTEST_WITH_COLON = 4, 2  # of a 住院号

_ID_LABEL = re.compile(
    r"[身证證sSiI](?:(?<=身)[份分][证證](?:号码?|號碼?)?|(?<=身)份号码?|(?<=[证證])件(?:号码?|號碼?)"
    r"|(?<=[sS])(?<![A-Za-z].)(?i:fz)(?:[hH](?![A-Za-z])|号码?)?|(?<=[iI])(?<![A-Za-z].)(?i:d ?card))"
)
_LABELLED_ID = re.compile(rf"[0-9](?:[ \t\-]{{0,2}}[0-9]){{5,24}}(?:[ \t\-]?[{X_SIGNS}](?![A-Za-z0-9]))?")
# 372526.19580723.7180
_SEPARATED_ID = re.compile(
    rf"(?<![0-9])[0-9]{{2,8}}(?:[ \t]?[._/、，,·|\\]{{1,2}}[ \t]?[0-9]{{2,8}}){{1,6}}+[{X_SIGNS}]?"
)
_SEPARATORS = re.compile(r"[ \t._/、，,·|\\]")
# 身份证号少一位：…, 手机多打了一位…
_SLIP = re.compile(r"号?(?:好像|可能)?[少多漏错](?:打|写|输|录|按)?了?[一1两二2几]?[位个]数?[，,:：是 ]{0,2}")
_DATE = re.compile(r"(?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9](?![0-9])")

_INPATIENT_WORDS = (
    r"(?:住院(?:号码?|號碼?|编号|編號|流水号|登记号|ID)|病[案历歷][号號]码?|门诊[号號]|門診號|就诊卡?[号號])"
)
_INPATIENT_LABEL = re.compile(
    r"[住入病患门門就登腕院诊票PpIizZ](?:(?<=院)内(?:ID|号)|(?<=诊)疗卡?[号號]|(?<=[患])者卡[号號]?|(?<=[门門])[诊診]卡[号號]?|(?<=[pP])(?<![A-Za-z].)atient_?(?i:id|no)|(?<=I)(?<![A-Za-z].)P号|(?<=腕)带[号號]?|(?<=入)院(?:登记)?[号號]码?|(?<=登)(?<![院备构].)[记記][号號]码?|(?<=[病患])[人者员](?:ID[号號]?|编号|編號|[号號])|(?<=住)院(?:(?:患者|病人|病员)?序号|票号)|(?<=住)院(?:号码?|號碼?|编号|編號|流水[号號]|登记[号號]|ID)|(?<=病)[案历歷](?:本?[号號]码?|(?=[A-Za-z]{0,2}[0-9]{5}))|(?<=[门門])[诊診][号號]|(?<=就)[诊診](?:卡[号號]?|[号號])|(?<=[zZ])(?<![A-Za-z].)(?i:yh)(?![A-Za-z]))"
)
_INPATIENT_SHAPE = re.compile(r"[Zz][Yy](?<![A-Za-z0-9_\-].{2})[-_]?[0-9]{5,14}(?![A-Za-z0-9])")
_AND_LABEL = re.compile(
    rf"{BLANK}{{0,2}}[/、和及,，或]{BLANK}{{0,2}}(?:{_INPATIENT_WORDS}|[{HAN}]{{2,4}}(?={BLANK}?:))"
)
_IN_BRACKETS = re.compile(r"[ \t]?[(\[【](?=[A-Za-z0-9])")
_INPATIENT = re.compile(r"(?=[A-Za-z\-_/]{0,12}[0-9])[A-Za-z0-9](?:[A-Za-z0-9]|[\-_/](?=[A-Za-z0-9])){1,31}")
_INPATIENT_GROUPS = re.compile(r"[0-9]{3,5}(?:[ \t][0-9]{3,5}){0,2}[ \t](?P<last>[0-9]{3,5})(?![0-9A-Za-z])")
_NUMBER_SIGN = re.compile(r"#|№|[Nn][Oo][.:]{0,2}(?=[ \t]?[0-9])[ \t]?")
_NEXT_INPATIENT = re.compile(rf"{BLANK}?[、,，/和]{BLANK}?(?P<number>[A-Za-z0-9\-_]{{4,32}})")
# 0098132，应为0098123: of the same length, a few words on.
_OTHER_INPATIENT = re.compile(rf"{BLANK}?[,，]?[{HAN}]{{1,5}}{BLANK}?(?P<number>[A-Za-z0-9\-_]{{4,32}})")
_FAR_INPATIENT = re.compile(r"(?:[A-Za-z]{1,4}[\-_]?|0)[0-9]{4,14}(?![A-Za-z0-9])")
_INPATIENT_LINE = re.compile(r"[A-Za-z0-9\-_/]{2,32}[ \t]{0,2}(?:\n|\Z)")
_ID_FIRST = re.compile(rf"[0-9]{{14,17}}[{_SIGNS}][ \t、，,/;；和]{{1,3}}")
_INPATIENT_BEFORE = re.compile(
    r"(?<![A-Za-z0-9*.•\-_/])(?P<number>[A-Za-z]{0,4}[\-_]?[0-9][A-Za-z0-9\-_]{2,30})[ \t]{0,2}[(（]?(?:这个|是|为)?\Z"
)
# 住院患者20250311, 住院 0034881 这个病人
_OF_INPATIENT = re.compile(
    rf"(?:住院(?:的|患者|病人){{0,2}}|(?<!住院)(?:患者|病人)(?:[{HAN}]{{2,4}}\()?){BLANK}?(?P<number>[0-9]{{6,12}})(?![0-9A-Za-z.年/\-])"
    rf"|(?<![0-9A-Za-z.\-])(?P<before>[0-9]{{6,12}})号?(?=(?:住院)?(?:病人|患者)|住院的)"
)
_DAY_AFTER = re.compile(r"[ \t，,]?(?:[入出住转来日号做手检就体复开办到至\-~]|\Z)")
# 住院号尾数不对，应是2503180
_SHOULD_BE = re.compile(rf"[{HAN}，, ]{{1,14}}(?<=[应该際际确的对])(?:是|为){BLANK}?(?=[A-Za-z0-9])")
_LONG_NUMBER = re.compile(r"[A-Za-z]{0,3}[0-9]{5,14}(?![A-Za-z0-9])")
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")

_GAP = r"[ \t\-]{0,3}"
_FREE = r"[ \t\-]{0,2}"
_EXTENSION = r"(?:[ \t]?[转轉\-][ \t]?[0-9]{1,6}(?![0-9]))?"
_MOBILE = (
    rf"{_FREE}[3-9]{_FREE}[0-9](?:"
    rf"{_FREE}[0-9]{_FREE}[0-9]{_FREE}[0-9]{_FREE}[0-9]{_FREE}[0-9]{_FREE}[0-9]{_FREE}[0-9]{_FREE}[0-9]"
    r"|\.[0-9]{4}\.[0-9]{4}|[0-9]\.[0-9]{3}\.[0-9]{4})(?![0-9])"
)
_LANDLINE = (
    rf"[1-9][0-9]{{1,2}}(?:\)|[ \t\-.]{{1,3}}|\)?(?=[2-9])){_GAP}[2-9](?:[ \t\-.]?[0-9]){{6,7}}(?![0-9]){_EXTENSION}"
)
_PHONE = re.compile(  # the class at the beginning lets the search skip all other text
    r"[+(018](?<![0-9].)(?<![0-9][.\-].)"
    rf"(?:(?<=1){_MOBILE}|(?<=\+)86{_GAP}1{_MOBILE}|(?<=8)6{_GAP}1{_MOBILE}|(?<=0)086{_GAP}1{_MOBILE}"
    rf"|(?<=\()0{_LANDLINE}|(?<=0){_LANDLINE})"
)
_PHONE_LABEL = re.compile(r"[电電手座](?:(?<=[电電])[话話]|(?<=手)机号?码?|(?<=手)機號?碼?|(?<=座)[机機](?:号码?)?)")
_LOCAL_PHONE = re.compile(rf"[2-8][0-9]{{2,3}}[ \t\-]?[0-9]{{4}}(?![0-9]){_EXTENSION}")
_OTHER_LOCAL = re.compile(rf"[ \t]?[/、，,和或][ \t]?(?P<number>{_LOCAL_PHONE.pattern})")
# With a digit too few or too many; 400 and 800 are no one's own.
_LABELLED_PHONE = re.compile(r"(?![48]00)[0-9](?:[ \t\-]{0,2}[0-9]){8,12}(?![0-9])")
_GROUPED_PHONE = re.compile(
    r"(?<![0-9.])\(?1[3-9][0-9](?:\)[ \t\-]?[0-9]{4}[ \t\-]?|(?P<sep>[._/、·|，,\\]{1,2})[0-9]{4}(?P=sep))"
    r"[0-9]{4}(?![0-9.])"
)
# 打2123456找我
_CALLED = re.compile(r"(?:拨打?|致电|回电|打)(?:给|到)?[ \t]?(?P<number>[2-8][0-9]{6,7})(?![0-9A-Za-z元次.])")
# 短号668123
_SHORT_PHONE = re.compile(rf"(?:短号|小号|内线|分机号?)(?:是|:)?{BLANK}?(?P<number>[0-9]{{5,6}})(?![0-9A-Za-z])")
_BESIDE_ID = re.compile(r"1[3-9][0-9]{9}")  # without a sign between
_PUBLIC_BEFORE = re.compile(
    r"(?:热线|客服(?:电话)?|服务(?:电话)?|总机|公司电话|技术支持(?:电话)?)(?:是|为)?[ \t:]{0,2}\Z"
)


def id_numbers(text: str) -> Iterator[Hit]:
    for chain in _CHAIN.finditer(text):
        start, end = chain.span()
        if end - start == LENGTH and is_sound_id_number(compact_id_number(chain[0])):
            yield Hit(start, end, SpanKind.ID_NUMBER)
        elif end - start >= OLD_LENGTH:
            yield from _sound_numbers(text, chain)
            yield from _wrong_numbers(text, chain)
    yield from _in_other_writing(text)
    for label in _ID_LABEL.finditer(text):
        if hit := _after_id_label(text, label):
            yield hit


def _in_other_writing(text: str) -> Iterator[Hit]:
    """With letters for digits, or with other signs than blanks and dashes between its parts."""
    for written in _LETTERS_FOR_DIGITS.finditer(text):
        if not _is_all_digits(written[0]) and is_nearly_id_number(compact_id_number(written[0].translate(_LETTERS))):
            yield Hit(written.start(), written.end(), SpanKind.ID_NUMBER)
    for written in _SEPARATED_ID.finditer(text):
        if is_nearly_id_number(compact_id_number(_SEPARATORS.sub("", written[0]))):
            yield Hit(written.start(), written.end(), SpanKind.ID_NUMBER)


def inpatient_numbers(text: str) -> Iterator[Hit]:
    for shape in _INPATIENT_SHAPE.finditer(text):
        yield Hit(shape.start(), shape.end(), SpanKind.INPATIENT_NUMBER)
    for told in _OF_INPATIENT.finditer(text):
        start, end = told.span(told.lastgroup or 0)
        if not (_DATE.match(text, start) and _DAY_AFTER.match(text, end)):
            yield Hit(start, end, SpanKind.INPATIENT_NUMBER)
    for label in _INPATIENT_LABEL.finditer(text):
        found = _inpatient_after(text, label) or _inpatient_before(text, label)
        for number in _with_next(text, found) if found else ():
            yield Hit(number.start, number.stop, SpanKind.INPATIENT_NUMBER)


def phones(text: str) -> Iterator[Hit]:
    for match in _PHONE.finditer(text):
        is_public = match[0].lstrip("(").startswith("0") and _PUBLIC_BEFORE.search(_before(text, match.start()))
        if not is_public:
            yield Hit(match.start(), match.end(), SpanKind.PHONE)
    for match in _GROUPED_PHONE.finditer(text):
        yield Hit(match.start(), match.end(), SpanKind.PHONE)
    for match in (*_SHORT_PHONE.finditer(text), *_CALLED.finditer(text)):
        yield Hit(match.start("number"), match.end(), SpanKind.PHONE)
    for label in _PHONE_LABEL.finditer(text):
        slip = _SLIP.match(text, label.end())
        start = slip.end() if slip else connector_after(text, label.end()).end
        local = _LOCAL_PHONE.match(text, start) or _LABELLED_PHONE.match(text, start)
        if local and _DATE.match(text, start):
            continue
        if local and not _PUBLIC_BEFORE.search(_before(text, label.end())) and not is_count(text, local.start()):
            yield Hit(local.start(), local.end(), SpanKind.PHONE)
            if other := _OTHER_LOCAL.match(text, local.end()):
                yield Hit(other.start("number"), other.end(), SpanKind.PHONE)


def _is_all_digits(written: str) -> bool:
    """Whether no letter stands for a digit: what stands in the last place can be an X."""
    return written[:-1].translate(_LETTERS) == written[:-1]


def _sound_numbers(text: str, chain: re.Match[str]) -> Iterator[Hit]:
    """Numbers with the right check character, also in groups and inside longer runs."""
    places = [at for at in range(chain.start(), chain.end()) if text[at] not in " \t\n-"]
    digits = "".join(text[at] for at in places)
    for candidate in _ID_CANDIDATE.finditer(digits):
        start, end = places[candidate.start()], places[candidate.start() + LENGTH - 1] + 1
        if _is_whole_number(text, start, end) and is_sound_id_number(compact_id_number(candidate[1])):
            yield Hit(start, end, SpanKind.ID_NUMBER)
            yield from _phones_beside(text, chain, start, end)


def _phones_beside(text: str, chain: re.Match[str], start: int, end: int) -> Iterator[Hit]:
    """A phone that adjoins an ID number: nothing else of the run is left over."""
    for first, last in ((chain.start(), start), (end, chain.end())):
        if _BESIDE_ID.fullmatch(text, first, last):
            yield Hit(first, last, SpanKind.PHONE)


def _wrong_numbers(text: str, chain: re.Match[str]) -> Iterator[Hit]:
    """Numbers of 18 and 15 signs with a wrong digit; the whole chain, or a run of it between blanks."""
    runs = [(chain.start(), chain.end())]
    at = chain.start()
    for broken in _BROKEN.finditer(text, chain.start(), chain.end()):
        runs.append((at, broken.start()))
        at = broken.end()
    runs.append((at, chain.end()))
    for start, end in dict.fromkeys(runs):
        number = compact_id_number(text[start:end]) if end - start <= _LONGEST_CHAIN else ""
        if (is_nearly_id_number(number) or is_old_id_number(number)) and not _is_part(text, start, end):
            yield Hit(start, end, SpanKind.ID_NUMBER)


def _is_whole_number(text: str, start: int, end: int) -> bool:
    """An unbroken number may be part of a longer run; one with separators must not adjoin other digits."""
    if end - start == LENGTH:
        return True
    begins = start == 0 or text[start - 1] not in "0123456789"
    ends = end == len(text) or text[end] not in "0123456789"
    return begins and ends


def _is_part(text: str, start: int, end: int) -> bool:
    """Whether letters, or the word of an order, make it another kind of number."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if any(char.isascii() and (char.isalnum() or char in "._/") for char in (before, after) if char):
        return True
    return _ORDER_BEFORE.search(_before(text, start)) is not None


def _before(text: str, at: int) -> str:
    return text[max(0, at - _LOOK_BACK) : at]


def _after_id_label(text: str, label: re.Match[str]) -> Hit | None:
    connector = connector_after(text, label.end())
    number = _LABELLED_ID.match(text, connector.end)
    if number is None and (slip := _SLIP.match(text, label.end())):
        number = _LABELLED_ID.match(text, slip.end())
    if number is None and (start := phrase_after(text, label.end())) is not None:
        number = _LABELLED_ID.match(text, start)
    if number is None or is_count(text, number.start()):
        return None
    if "前" in connector.words and "位" in connector.words:
        return None  # the code of a county
    if not connector.has_colon and _DATE.match(text, number.start()):
        return None
    return Hit(number.start(), number.end(), SpanKind.ID_NUMBER)


def _inpatient_after(text: str, label: re.Match[str]) -> range | None:
    at = label.end()
    if other := _AND_LABEL.match(text, at):
        at = other.end()
    connector = connector_after(text, at)
    start = connector.end
    if bracket := _IN_BRACKETS.match(text, at):
        start = bracket.end()
    if id_number := _ID_FIRST.match(text, start):
        start = id_number.end()
    if sign := _NUMBER_SIGN.match(text, start):
        start = sign.end()
    number = _INPATIENT.match(text, start)
    if number is None and (separator := separator_after(text, label.start(), at)) is not None:
        number = _INPATIENT.match(text, separator)
    if number is None and (line := line_end_after(text, at)) is not None and _is_alone(text, label, connector):
        number = _INPATIENT_LINE.match(text, line)
        number = number and _INPATIENT.match(text, line)
    number = _in_groups(text, number) if number else _inpatient_behind_words(text, at)
    is_short = connector.has_colon or (number and _PATIENT_AFTER.match(text, number.end()))
    shortest = _SHORTEST_WITH_COLON if is_short else _SHORTEST
    if number is None or len(number[0]) < shortest or is_count(text, number.start()):
        return None
    return range(number.start(), number.end())


def _in_groups(text: str, number: re.Match[str]) -> re.Match[str]:
    groups = _INPATIENT_GROUPS.match(text, number.start())
    return groups if groups and not is_count(text, groups.start("last")) else number


def _inpatient_behind_words(text: str, at: int) -> re.Match[str] | None:
    start, far = loose_words_after(text, at), far_words_after(text, at)
    number = _INPATIENT.match(text, start) if start is not None else None
    if number is None and (right := _SHOULD_BE.match(text, at)):
        number = _LONG_NUMBER.match(text, right.end())
    return number or (_FAR_INPATIENT.match(text, far) if far is not None else None)


def _with_next(text: str, first: range) -> Iterator[range]:
    """The number and further ones of its length: ZY001、ZY002, and one that is told instead."""
    yield first
    at = first.stop
    while (other := _NEXT_INPATIENT.match(text, at)) and len(other["number"]) == len(first):
        yield range(other.start("number"), other.end("number"))
        at = other.end()
    if (other := _OTHER_INPATIENT.match(text, at)) and len(other["number"]) == len(first):
        yield range(other.start("number"), other.end("number"))


def _is_alone(text: str, label: re.Match[str], connector: Connector) -> bool:
    return connector.has_colon or label.start() == 0 or text[label.start() - 1] == "\n"


def _inpatient_before(text: str, label: re.Match[str]) -> range | None:
    """ZY0012（住院号）."""
    at = max(0, label.start() - 2 * _LOOK_BACK)
    number = _INPATIENT_BEFORE.search(text[at : label.start()])
    if number is None or len(number["number"]) < _SHORTEST or _YEAR.fullmatch(number["number"]):
        return None
    return range(at + number.start("number"), at + number.end("number"))
