"""Finds accounts and passwords that no label announces by their own shape: dl01能登, 第一个框gw77第二个框gw77#.

An account is the initials or the pinyin of a name with a number, a password has letters, a number and a sign. What
could be something else as well counts only in a clause that speaks of signing in, entering or users; nothing counts
beside a word of technology. A second one in the same line is the password of the first.
"""

import re
from collections.abc import Iterator

from portal.sensitive_text.labels import HAN
from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_count, is_ordinary

_WORD = re.compile(
    r"(?<![A-Za-z0-9_./=@\-\\#&?%+<*`])(?<![A-Za-z0-9_]:)[A-Za-z0-9][A-Za-z0-9_@#!$%&*]{3,29}(?![A-Za-z0-9_./=@\-\\&?%+>*(`]|:[!-~])"
)
_CONSONANTS = "bcdfghjklmnpqrstwxyz"
_SYLLABLE = (
    "(?:(?:zh|ch|sh|[bpmfdtnlgkhrzcsyw])(?:ang|eng|ong|ai|ei|ao|ou|an|en|a|e|u|uan|un|uo|ui|uai|uang|ua)"
    "|(?:[bpmdtnljqxy])(?:iang|iong|ian|iao|ing|in|ie|iu|ia|i|ue|uan|un|u)|(?:zh|ch|sh|[rzcs])i|[bpmfw]o|an|ai|ao|er)"
)
_NAME = (
    rf"(?:[{_CONSONANTS}]{{2,10}}(?:(?:{_SYLLABLE}){{1,3}}[{_CONSONANTS}]{{0,4}})?"
    rf"|(?:{_SYLLABLE}){{1,4}}[{_CONSONANTS}]{{0,6}})"
)
_CERTAIN = re.compile(
    rf"\A(?:{_NAME}(?:[0-9]{{1,6}}_|_)?[0-9]{{2,10}}_?|{_NAME}_{_NAME}[0-9]{{2,6}}|{_NAME}[0-9]{{2,10}}[a-z]{{1,6}}|{_NAME}[@#!$&*][0-9]{{2,10}})"
)
_LIKELY = re.compile(
    rf"\A(?:{_NAME}_?[0-9]|[a-z]{{2,12}}[A-Z][0-9]{{1,6}}|[a-z]{{3,14}}_?[0-9]{{2,10}}|{_NAME}_[a-z]{{2,12}}[0-9]?"
    r"|[A-Z][a-z]{1,12}[0-9]{2,10}|[a-z]{1,10}[0-9]{2,10}[a-z]{1,6}|[1-8][0-9]{5}[A-Za-z]{1,10}[0-9]{0,6})"
)
_SIGN, _LETTER, _DIGIT = re.compile("[@#!$%&*]"), re.compile("[A-Za-z]"), re.compile("[0-9]")
_SIGNING_IN = re.compile(
    "登|[账帐賬帳密][号户號戶码碼]?|口令|[输輸填敲试試][入写一]?|用户|框|进不|进去|能进|权限|解锁|锁[了住]|停用|启用|开通|注销|签到|绑定|医生|护士|录入|[作核]人"
    "|[这那]个?号|[我俺]号|的号|号[:是 ]|[用拿换][我俺这那她他成]?|改[成为]|设成"
)
_OF_PASSWORD = re.compile(
    rf"(?:密[码碼]|口令|改[成为回的]|记得|[试試]|初始|默认|设[成为了]|原来的?|重置)[{HAN}，,:\"“]{{0,8}}[ \t]?\Z"
)
_OF_ACCOUNT = re.compile("[登账帐賬帳号用锁权停启注医护人]")
_LETTERS = re.compile(r"(?<![!#-&(-~])(?<![!-~] )[a-z]{3,14}(?![!#-&(-~]|[ ][!-~])")
_LONG_NAME = 5
_USED_BEFORE = re.compile("(?:登[录陆]?|[用拿]|用户|[账帐]号|[我俺]的?号)(?:的?是|的)?[ \t]?\\Z")
_USED_AFTER = re.compile("[ \t]?(?:登|就[进闪退黑白]|进|这个号|也登|[，,]密|被|已在|已被)")
# zhaomin，zm123456
_NAME_ALONE = re.compile(rf"\A(?:{_NAME}(?:_{_NAME})?[0-9]{{0,8}})")
_PAIR = re.compile(
    r"(?<![\"-~])(?P<account>[a-z]{2,14}_?[a-z0-9]{0,12}|[0-9]{3,8})(?:[ \t]?[，,/、:|][ \t]?|[ \t]|-{2,6})"
    r"(?P<password>[A-Za-z0-9@#!$_]{4,24})(?![!-~])"
)
_AFTER = re.compile(
    "[^\n。]{0,10}(?:密码|口令)|(?:这个)?(?:登|[账帐]|密|进不|进去|能进|加个?权|的?权限|解锁|被锁|锁了|停[用了]|启用|开通|开一?[下个]|身份登|注销|重置|绑定|测|试|号|忘)"
)
_SIGNS_IN = re.compile("[ \t]?(?:这个)?(?:登|[账帐]号|被锁|解锁)")
# 输入gaoxueya搜不出来: what is only entered may be the pinyin of anything.
_SURELY_BEFORE = re.compile("登|[账帐賬帳密][号户號戶码碼]|口令|用户|解锁")
_TECHNOLOGY_BEFORE = re.compile(
    "(?:字段|参数|版本?|文件|驱动|型号|数?表|接口|端口|代码|编码|函数|控件|插件|组件|补丁|进程|服务|目录|工具|软件|浏览器|内核"
    "|数据库|错误|报错|提示|返回|显示|协议|算法|格式|系列|芯片|显卡|打印机|读卡器|条码|批号|单号|工单|项目|药)"
    '(?:是|为|叫|:)?[ \t"“]{0,2}\\Z'
)
_TECHNOLOGY_AFTER = re.compile(
    '[ \t"”]{0,2}(?:文件|报错|版|浏览器|系统|驱动|控件|接口|字段|端口|数?表|错误|协议|格式|算法|单|型|网|打印机'
    "|软件|补丁|服务|进程|数据库|内核|模式|项目)"
)
_NO_NAMES = (  # with a number: of computers, of forms, of laboratories, of units
    "win|ie|mp|jdk|jre|java|mysql|oracle|sql|db|redis|utf|gbk|gb|base|md|sha|sm|aes|des|rsa|html|css|vue|ipv|http|https|tls|ssl|usb|type"
    "|chrome|edge|firefox|office|wps|word|excel|access|flash|net|dotnet|log|ver|wifi|todesk|sunlogin|anydesk|icd|cpu|ddr|hdmi|vga|ldap|dns|tcp"
    "|com|lpt|dr|ct|mr|hpv|ca|cd|vit|error|err|code|status|page|step|table|sheet|column|row|line|col|tab|field|item|index|data|menu|mode|time|name"
    "|size|date|cache|lang|bin|text|next|list|rest|cert|port|part|form|disk|card|task|host|last|level|role|version|windows|server|node|port|ora|vlan"
    "|img|image|photo|pic|screenshot|file|doc|pdf|xls|xlsx|docx|mmexport|microsoft|android|ios|iphone|huawei|redmi|vivo|oppo|mate|nova|honor|hp|epson"
    "|canon|lenovo|dell|thinkpad|hr|bp|bmi|wbc|rbc|plt|hgb|hct|alt|ast|tg|tc|ldl|hdl|glu|cr|bun|fbg|gfr|egfr|psa|afp|cea|tsh|ft|pt|inr|ecg|spo|hba"
    "|hb|mg|ml|kg|cm|mm|km|ms|kb|px|dpi|hz|ghz|mhz|qd|bid|tid|qn|po|iv|im|dip|drg|yxt|rmb|no|nr|id|app|web|api|ip|pc|vpn|qq|covid|ncov|delete|manage|change|pending|sending|module|debug"
)
_OTHER_WORD = re.compile(
    rf"\A(?:(?:[hxv]|{_NO_NAMES})_?[0-9][0-9_.]{{0,10}}[a-z0-9]{{0,4}}"
    r"|[a-z_]{0,24}(?:_id|_no|_name|_code|_type|_date|_time|_number|_list|_status|_flag|_log|_login)"
    r"|(?:id|user|get|set|is|no|page|data|sys|tbl|tb|pk|fk|null|app|web|api|login)_[a-z_0-9]{0,24})",
    re.IGNORECASE,
)
_CLAUSE_BEFORE, _CLAUSE_AFTER = 24, 16
_CLAUSE_END = re.compile(r"[\n。；;!?！](?=[^\n。；;!?！]{0,24}\Z)")


def find_shapes(text: str) -> Iterator[Hit]:
    line: int | None = None
    for word in _WORD.finditer(text):
        if not _is_told(text, word):
            continue
        at = text.rfind("\n", max(0, word.start() - 200), word.start())
        is_password = at == line or _SIGN.search(word[0]) is not None or not _is_of_account(text, word)
        line = at
        yield Hit(word.start(), word.end(), SpanKind.LOGIN_PASSWORD if is_password else SpanKind.LOGIN_ACCOUNT)
    for word in _LETTERS.finditer(text):
        if _is_name(word[0]) and _is_used(text, word):
            yield Hit(word.start(), word.end(), SpanKind.LOGIN_ACCOUNT)
    for pair in _PAIR.finditer(text):
        if (pair["account"].isdecimal() or _is_name(pair["account"])) and _is_secret(pair["password"]):
            yield Hit(*pair.span("account"), SpanKind.LOGIN_ACCOUNT)
            yield Hit(*pair.span("password"), SpanKind.LOGIN_PASSWORD)


def _is_used(text: str, word: re.Match[str]) -> bool:
    """用tianying登录没反应: a name of letters where somebody signs in."""
    before = text[max(0, word.start() - _CLAUSE_BEFORE) : word.start()]
    if _USED_BEFORE.search(before) and _USED_AFTER.match(text, word.end()):
        return True
    is_sure = _SURELY_BEFORE.search(_of_clause(before)) or _SIGNS_IN.match(text, word.end())
    return len(word[0]) >= _LONG_NAME and bool(is_sure)


def _is_secret(word: str) -> bool:
    return (_CERTAIN.fullmatch(word) is not None or _is_likely(word)) and _OTHER_WORD.fullmatch(word) is None


def _is_name(word: str) -> bool:
    is_english = _OTHER_WORD.fullmatch(word) or _OTHER_WORD.fullmatch(word + "0")  # chrome is a word as chrome0 is
    return _NAME_ALONE.fullmatch(word) is not None and not is_ordinary(word) and not is_english


def _is_two_names(word: str) -> bool:
    """lihua_sq; form_blank is none."""
    place, _, person = word.partition("_")
    return _is_name(place) and _is_name(person)


def _is_of_account(text: str, word: re.Match[str]) -> bool:
    """What is told as no account is hidden as a password, whose mask shows nothing."""
    before = text[max(0, word.start() - _CLAUSE_BEFORE) : word.start()]
    if _OF_PASSWORD.search(before):
        return False
    after = text[word.end() : word.end() + _CLAUSE_AFTER]
    return _OF_ACCOUNT.search(before) is not None or _OF_ACCOUNT.search(after) is not None


def _is_told(text: str, word: re.Match[str]) -> bool:
    is_certain = _CERTAIN.fullmatch(word[0]) is not None or _is_two_names(word[0])
    if is_ordinary(word[0]) or _OTHER_WORD.fullmatch(word[0]) or is_count(text, word.start()):
        return False
    if not is_certain and not _is_likely(word[0]):
        return False
    before = text[max(0, word.start() - _CLAUSE_BEFORE) : word.start()]
    if is_certain and _SIGNS_IN.match(text, word.end()):
        return True
    if _TECHNOLOGY_BEFORE.search(before) or _TECHNOLOGY_AFTER.match(text, word.end()):
        return False
    return is_certain or _speaks_of_signing_in(before, text[word.end() : word.end() + _CLAUSE_AFTER])


def _is_likely(word: str) -> bool:
    if _LIKELY.fullmatch(word):
        return True
    return len(word) >= 5 and all(part.search(word) for part in (_SIGN, _LETTER, _DIGIT))


def _speaks_of_signing_in(before: str, after: str) -> bool:
    return _SIGNING_IN.search(_of_clause(before)) is not None or _AFTER.match(after.lstrip()) is not None


def _of_clause(before: str) -> str:
    end = _CLAUSE_END.search(before)
    return before[end.end() :] if end else before
