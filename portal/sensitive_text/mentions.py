"""Finds numbers further on in the sentence that names what they are: 住院号重复了，250078123; 你发我的码 339217不管用.

Only the next signs behind the word are looked at, and no dates, amounts, counts or numbers of orders among them.
"""

import re
from collections.abc import Iterator

from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_count

_FAR = 30
_PATIENT = re.compile("住院[号患病]|病[历案]号|腕带|登记号|就诊[卡号]")
_CODE = re.compile(
    "验证码|校验码|动态码|安全码|(?<=的)码|(?<=短信)(?:[写说里]|(?=[ :]?[0-9]))|收到|位码|"
    "(?<![码编号乱密代条维扫解])码(?=[: ])"
)
_PASSWORD = re.compile("密[码碼]|口令|[Uu][Kk][Ee][Yy]|[Uu]盾|(?<![A-Za-z])(?:CA|ca)(?![A-Za-z])")
_DIGITS = re.compile(
    r"(?<![A-Za-z0-9._/\-~+=#¥￥:])(?!10086|1001[06]|12345(?![0-9]))[0-9]{6,8}(?![A-Za-z0-9_/~+=%℃]|[.\-][0-9]|:[0-9])"
)
_NUMBER = re.compile(r"(?<![A-Za-z0-9._:/\-~+=#])[A-Za-z]{0,3}[0-9]{5,12}(?![A-Za-z0-9_/~+=%℃]|[.\-][0-9]|:[0-9])")
_SHORT_CODE = re.compile(r"(?<![A-Za-z0-9._/\-~+=#¥￥])[0-9]{6}(?![A-Za-z0-9_/~+=%℃]|[.\-][0-9]|:[0-9])")
_DATE = re.compile(r"(?:19|20)[0-9]{2}[01][0-9](?:[0-3][0-9])?(?![0-9])|(?:19|20)[0-9]{2}[年\-]")
_OTHER_BEFORE = re.compile(
    "(?:[单批款票方][号据]?|工单|代码|编[码号]|报错|错误码?|返回码?|金额|费用?|费|合计|余额|共|条码|二维码|端口|版本|型号|序列号|邮编|区号|电话|座机|物流|快递)"
    "(?:是|为|了)?[ \t:]{0,3}\\Z"
)
_UNIT_AFTER = re.compile("[ \t]?[元块万千字级米克]")
_SENTENCE_END = re.compile("[\n。!?！？]")


def find_mentions(text: str) -> Iterator[Hit]:
    for words, numbers, kind in (
        (_PATIENT, _NUMBER, SpanKind.INPATIENT_NUMBER),
        (_CODE, _SHORT_CODE, SpanKind.LOGIN_PASSWORD),
        (_PASSWORD, _DIGITS, SpanKind.LOGIN_PASSWORD),
    ):
        for word in words.finditer(text):
            for number in numbers.finditer(text, word.end(), _end(text, word.end())):
                if not _is_other(text, number):
                    yield Hit(number.start(), number.end(), kind)


def _end(text: str, at: int) -> int:
    """Where the part that is looked at ends; a number at its end is read whole."""
    end = min(at + _FAR, len(text))
    stop = _SENTENCE_END.search(text, at, end)
    if stop:
        return stop.start()
    while end < len(text) and end < at + 2 * _FAR and text[end].isascii() and text[end].isalnum():
        end += 1
    return end


def _is_other(text: str, number: re.Match[str]) -> bool:
    before = text[max(0, number.start() - 10) : number.start()]
    return (
        _DATE.match(text, number.start()) is not None
        or is_count(text, number.start())
        or _UNIT_AFTER.match(text, number.end()) is not None
        or _OTHER_BEFORE.search(before) is not None
    )
