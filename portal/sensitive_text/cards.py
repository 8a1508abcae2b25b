"""Finds the numbers of cards and certificates in folded text: behind their word, or a bank card by its shape."""

import re
from collections.abc import Iterator

from portal.sensitive_text.connectors import connector_after, line_end_after, loose_words_after, separator_after
from portal.sensitive_text.labels import HAN
from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_count

# 医保卡, 社保号, 残疾证号: a word of whose it is, and a card or the word of a number.
_LABEL = re.compile(
    r"(?:[医醫]保|医疗保险|[社医]保个人|社会保障|社保|新?农合|合作医疗|参合|参保|[银銀]行|[储儲]蓄|[存工]?[折资]|信用|借记|健康|医疗|军人|一卡通"
    r"|残疾人?|[护護]照|军官|士兵|通行|港澳|居住|居留|老年|优待|低保|贫困|特困|出生|死亡|准生|生育)"
    r"(?:个人|电子|医学){0,2}(?:(?:卡|凭?[证證]|折|本)(?:明|件)?(?:卡?号码?|编号|上的?号码?)?|(?:卡|证|账|帐)?[号號]码?|(?:个人编[号码]|编号))"
    rf"|(?<![{HAN}])卡[号號]码?|个人[编代][号码]|存折|一卡通(?:卡?号)?"
)
_NUMBER = re.compile(
    r"(?=[A-Z]{0,3}[0-9])[A-Za-z0-9](?:[A-Za-z0-9]|[ \t\-]{1,2}(?=[0-9]{3})){5,27}(?![A-Za-z0-9])"
    r"|[A-Z]{1,2}[0-9]{5,10}|[军武空海陆火][字]第?[0-9]{5,10}号?"
)
_DIGITS = re.compile("[0-9]")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[ \-]?[01]?[0-9][ \-]?[0-3]?[0-9](?![0-9])")
_FEWEST_DIGITS = 5
_LOOK_BACK = 10
_ORDER_BEFORE = re.compile(
    "(?:[单单编]号|流水号?|交易号|批次号?|发票号码?|条形?码|序列号|追溯码|[编代]码|单据?)[是为]?[ \t:]{0,3}\\Z"
)
_BANK_CARD = re.compile(r"(?<![A-Za-z0-9])62[0-9]{2}(?:[ \t\-]?[0-9]{4}){3}(?:[ \t\-]?[0-9]{1,3})?(?![A-Za-z0-9])")


def card_numbers(text: str) -> Iterator[Hit]:
    for label in _LABEL.finditer(text):
        number = _number_after(text, label)
        if number is not None:
            yield Hit(number.start(), number.end(), SpanKind.CARD_NUMBER)
    for card in _BANK_CARD.finditer(text):
        if not _ORDER_BEFORE.search(text[max(0, card.start() - _LOOK_BACK) : card.start()]):
            yield Hit(card.start(), card.end(), SpanKind.CARD_NUMBER)


def _number_after(text: str, label: re.Match[str]) -> re.Match[str] | None:
    starts = (
        connector_after(text, label.end()).end,
        separator_after(text, label.start(), label.end()),
        line_end_after(text, label.end()),
        loose_words_after(text, label.end()),
    )
    for start in starts:
        number = _NUMBER.match(text, start) if start is not None else None
        if number and len(_DIGITS.findall(number[0])) >= _FEWEST_DIGITS:
            return None if is_count(text, number.start()) or _DATE.match(text, number.start()) else number
    return None
