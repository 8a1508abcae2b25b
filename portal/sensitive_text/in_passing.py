"""Finds credentials that no label introduces: 用lisi_zts登的, sfdg01/Abc#123, gt09 gt09888 这个账号密码.

Only words that look like nothing else count: an account has a digit or an underscore, a password is unmistakable.
"""

import re
from collections.abc import Callable, Iterator

from portal.sensitive_text.labels import BLANK, HAN
from portal.sensitive_text.spans import Hit, SpanKind
from portal.sensitive_text.values import is_count, is_ordinary, is_secret_like, is_unmistakable

_B = rf"{BLANK}{{0,2}}"
_NO_ASCII_BEFORE = r"(?<![!-9;-~])"
_OF_TABLES = re.compile("(?:t|tb|tbl|sys|db|log|v)_[a-z]")
_LONG_NUMBER = re.compile("[0-9]{11}")  # another finder's
_NAME = r"[A-Za-z0-9][A-Za-z0-9_.@\-]{3,30}(?![A-Za-z0-9_.@\-])"
# 用lisi_zts登的, 拿gt_nurse5进系统; 号yt_wsy_07 at the beginning of a clause; hs0092账号.
_USED = re.compile(rf"[用拿以登](?:的是|的)?{_B}(?P<account>{_NAME}){_B}(?:来|去)?(?:登|进|這個|这个)")
_NUMBER = re.compile(rf"(?<![{HAN}A-Za-z0-9])号(?:是|为)?{_B}(?P<account>{_NAME})")
_NAMED = re.compile(rf"[{HAN}，。；、,; \t](?P<account>[A-Za-z][A-Za-z0-9_.@\-]{{3,30}})[账帐賬帳][号户號戶]")
# ys0021 / ys0021!: a name with a digit, one slash, and a password with a sign.
_SLASHED = re.compile(
    rf"{_NO_ASCII_BEFORE}(?P<account>[A-Za-z0-9_]{{3,20}}){_B}/{_B}"
    r"(?P<password>(?=[A-Za-z0-9_]{0,20}[!@#$%^&*+=])[A-Za-z0-9_!@#$%^&*+=]{5,40})(?![!-~])"
)
# gt09 gt09888 这个账号密码; zst/Zst@2025，这是我们的账号密码.
_BEFORE_LABELS = re.compile(
    rf"{_NO_ASCII_BEFORE}(?P<account>[A-Za-z0-9_.@\-]{{3,30}})(?:{_B}[/、，,]{_B}|{BLANK}{{1,4}})"
    rf"(?P<password>[!-+\-.0-~]{{4,40}})(?![!-~])[，,。 \t]{{0,3}}(?:这|這|是|就是|为)[{HAN}]{{0,10}}?"
    r"[账帐賬帳用工](?:[号户號戶]|户名|密)[和与、/及跟]?(?:密码|密碼|口令)"
)

# 重置成Reset#05; 我输的是GTyd2024.
_SET = re.compile(
    rf"(?:(?:重置|恢复|[改换換设設])[成为為到回]|[我俺](?:[输輸填用试試设設改]|输入)(?:的|了|过|過)?(?:是)?){_B}(?P<password>[!-~]{{5,40}})"
)
# 登录用gt01，123456; 用gt01 123456登录; 先输gt01再输gt@2024; u:gt01 p:gt01@1.
_TWO = (
    re.compile(rf"登[录陆錄](?:[:用]|用的){{0,2}}{_B}(?P<account>{_NAME})[ \t,，/]{{1,3}}(?P<password>[!-~]{{4,40}})"),
    re.compile(rf"[用拿]{_B}(?P<account>{_NAME})[ \t,，/、]{{1,3}}(?P<password>[!-~]{{4,40}}){_B}[来去]?(?:登|进)"),
    re.compile(
        rf"先[输輸填写敲]{_B}(?P<account>{_NAME}){_B}[，,]?(?:然后|再|后){{1,2}}[输輸填写敲]{_B}(?P<password>[!-~]{{4,40}})"
    ),
    re.compile(
        rf"(?<![A-Za-z0-9])[uU][nN]?[:=]{_B}(?P<account>{_NAME})[ \t,，;]{{1,3}}"
        rf"[pP][wW]?[:=]{_B}(?P<password>[!-~]{{3,40}})"
    ),
)
# 你用lisi登，密码…: letters alone are an account where a password with its value is told.
_USED_WITH_PASSWORD = re.compile(
    rf"[用拿以]{_B}(?P<account>[A-Za-z][A-Za-z_.\-]{{2,29}}){_B}[来去]?[登进][录陆錄入]?(?:的|着|进?去?)"
    rf"[，, ]{{0,2}}[密口][码碼令][是为:]?{_B}(?=[!-~])"
)
# hxzx03号登不上, gaoxz01忘了密码; 登gaoxz进不去
_NUMBERED = re.compile(
    r"(?<![!-~])(?P<account>[A-Za-z0-9][A-Za-z0-9_.@\-]{3,30})"
    rf"(?:号(?=登|进|被|密|口令|又|也|打不|用不|[，,]密)|{_B}(?=登不|登[录陆]不|进不|忘|被锁|被停|锁了|的?密[码碼]))"
)
_LOGGED_IN = re.compile(rf"登[录陆錄]?{_B}(?P<account>[a-z][a-z0-9_.]{{2,29}}){_B}(?=进|上|不上|不进|能进|可以)")
# 输hxzx01，hx123456，点登录
_ENTERED = re.compile(
    rf"[输輸填敲]入?{_B}(?P<account>{_NAME})[ \t,，/、]{{1,3}}(?P<password>[!-+\-.0-~]{{5,40}})(?![!-~])"
)
# Gx@123456: a word, a sign and a number are a password wherever they stand.
_SIGNED = re.compile(
    r"(?<![!-~])(?P<password>[A-Za-z]{2,15}[@#!$%^&*]{1,2}[0-9]{3,10}[!@#.]?|[0-9]{3,8}[@#!$%^&*][A-Za-z]{2,10})(?![!-~])"
)
_BEFORE_SIGNED = re.compile(
    rf"(?<![!-~])(?P<account>{_NAME})[ \t,，/、]{{1,3}}"
    r"(?P<password>[A-Za-z0-9]{2,15}[@#!$%^&*]{1,2}[A-Za-z0-9]{2,15}[!@#]?)(?![!-~])"
)
_OF_DIGITS = re.compile(rf"登[录陆錄]{_B}(?P<account>[0-9]{{4,8}}){_B}/{_B}(?P<password>[0-9]{{4,8}})(?![0-9/])")
# 密码太简单，123456: what everybody takes.
_WEAK = re.compile(
    rf"(?:密[码碼]|口令|默认|初始|原始)[{HAN}，,0-9]{{1,10}}?(?<![0-9])"
    r"(?P<password>1234567?8?9?0?|(?P<digit>[0-9])(?P=digit){5,7}|112233|654321|123123|123321)(?![0-9A-Za-z])"
)
# 试过zds1975不对
_TRIED = re.compile(
    rf"(?:[试試](?:过|了)?|[设設换換]|[输輸](?:过|了|入)?){_B}(?P<password>[!-~]{{4,40}}){_B}(?=[也都还]?(?:不行|不对|不让|没用|不好使|登不|错))"
)
# 密码过期了让改，先试abc12再试xyz99: what can be nothing else, some words behind its name.
_WORD = re.compile(r"(?<![!-~])[A-Za-z0-9_@#!$%][A-Za-z0-9_@#!$%^&*+\-]{4,30}(?![!-~])")
_NAMED_FAR_BEFORE = re.compile(
    "(?:密[码碼]|口令)(?:(?!提示|报错|代码|编[码号]|型号|版本|升级|工单|[单批]号|编号|表单|文件|菜单|型|机器|日期|错误码)[^\n。]){0,30}\\Z"
)
_LOOK_BACK = 40
# 密码是六个8
_REPEATED = re.compile(
    r"(?:密[码碼]|口令)[输輸填写设]?[是为就:=]{0,2}[ \t]?"
    r"(?P<password>(?:[一二两三四五六七八九十]|1?[0-9])[个個]"
    r"(?:[A-Za-z0-9](?![A-Za-z0-9])|[零一二三四五六七八九](?=[，。、,;； \t\n一二两三四五六七八]|\Z))"
    r"(?:[和加，,]?(?:[一二两三四五六七八九十]|1?[0-9])[个個][A-Za-z0-9零一二三四五六七八九]){0,3}(?![A-Za-z0-9]))"
)
# 密码六个8呗，888888; 密码六个8就是888888
_REPEATED_AGAIN = re.compile(
    r"(?:密[码碼]|口令)[^\n]{0,6}?[一二两三四五六七八九十0-9][个個][A-Za-z0-9零一二三四五六七八九]"
    rf"[呗哈咯啊吧呢嘛哦，,。 ]{{0,3}}(?:也?就是|即|对)?{_B}(?P<password>[0-9A-Za-z]{{4,20}})(?![0-9A-Za-z])"
)
# 密码是1到6
_RANGE = re.compile(
    rf"(?:密[码碼]|口令)(?:就?是|为|就|:){_B}(?P<password>[0-9A-Za-z](?:[到至]|一直到)[0-9A-Za-z])(?![0-9A-Za-z位个個次天])"
)
# 验证码收到了 730126
_CODE_RECEIVED = re.compile(
    r"(?:[验驗校][证證验驗]|动态|登[录陆錄]|短信)[码碼](?:我|俺|你|您|我这|这边)?(?:收|来|到|发|查|看|显示|告诉|出|给|刚|是){1,2}[到来过给出]?[了的您你]{0,2}"
    r"[，,: 是]{0,3}(?P<password>[0-9]{4,8})(?![0-9A-Za-z])"
)
# 校验码903317, 短信里写的310552, 手机收到的码是558201: none of those that send them.
_CODE = re.compile(
    rf"(?:校验码|动态码|(?:短信|收到|发来|手机上)[{HAN}]{{0,6}}[写的码碼是:])(?:是|为|:|就是)?{_B}"
    r"(?P<password>(?!10086|1001[06]|106|12345|95[0-9]{3}(?![0-9])|(?:19|20)[0-9]{2}(?:年|[01][0-9]))[0-9]{4,8})(?![0-9A-Za-z年.:/\-])"
)
# qlz05 qlz05!@: the second word goes on where the first one ends.
_PREFIXED = re.compile(
    r"(?<![\"-~])(?P<account>[A-Za-z0-9_]{3,20})(?:[ \t,，/\n]{1,3})(?P<password>(?P=account)[!-+\-.0-~]{0,12})"
    r"(?![!-~])"
)
# 把371526112解锁一下
_UNLOCK = re.compile(
    r"(?<![0-9A-Za-z.\-])(?P<account>[0-9]{5,12})(?=[这那]?个?[号账]?户?号?(?:解锁|被锁|锁了|停用|启用|登不|登[录陆]不|进不))"
)
# 重置成123qwe
_RESET = re.compile(rf"(?:重置|初始化|恢复)(?:[成为到]|后是|是){_B}(?P<password>[!-~]{{5,40}})")
# 向日葵开了，729 334 115，h3k9w2
_REMOTE_PAIR = re.compile(
    rf"(?:向日葵|[Tt][Oo][Dd]esk|TODESK|[Tt]eam[Vv]iewer|[Aa]ny[Dd]esk|[Rr]ust[Dd]esk"
    rf"|远程)[{HAN}]{{0,6}}[，,:是 ]{{0,3}}"
    r"(?P<account>[1-9][0-9]{2}[ -]?[0-9]{3}[ -]?[0-9]{3,4})[，, /\n]{1,3}(?P<password>[A-Za-z0-9]{4,12})"
    r"(?![A-Za-z0-9])"
)
# 446 227 981，w7k2p9: the groups of a remote desktop and its password
_GROUPS_PAIR = re.compile(
    r"(?<![0-9A-Za-z] )(?<![0-9A-Za-z.\-])(?P<account>[1-9][0-9]{2}[ \-][0-9]{3}[ \-][0-9]{3})[，, /]{1,3}"
    r"(?P<password>(?=[a-z]{0,8}[0-9])(?=[0-9]{0,8}[a-z])[a-z0-9]{4,8})(?![A-Za-z0-9])"
)
# 输339217显示失效
_TYPED_CODE = re.compile(
    r"[输输填]入?[ ]?(?P<password>[0-9]{6})[ ]?(?=(?:显示|提示|说|就)?[是已]?(?:失效|过期|无效|不对|错误|没用))"
)
# 密码是工号0088
_SAME_AS = re.compile(
    r"(?:密[码碼]|口令)(?:就?是|为|用|同|跟|和|:)?我?的?(?:工号|[账帐][号户]|用户名|登录名|手机号?|身份证号?|出生年月日?|生日|(?:身份证)?[前后]?[0-9一二三四五六七八]位)"
    r"(?:一样|相同)?(?:都?是|,|，|:|[ \t])?[ \t]?(?P<password>(?=[A-Za-z]{0,20}[0-9])[A-Za-z0-9]{4,20})"
    r"(?![A-Za-z0-9位个個])"
)
# oracle:thin:his_u/his_p1@10.0.0.1, ftp://u:p@host, Bearer eyJ…
_OF_ADDRESS = re.compile(
    r"(?<=[/:])(?P<account>[A-Za-z0-9_.\-]{2,30})[:/](?P<password>[A-Za-z0-9_.!#$%&*\-]{3,40})@(?=[A-Za-z0-9]{1,40}\.)"
)
_BEARER = re.compile(
    r"(?:[Bb]earer[ :]|(?i:sessionid|jsessionid|phpsessid|access_?token)[=:])[ ]?(?P<password>[A-Za-z0-9_.\-]{8,200})"
)
# 输yz_2023说密码错
_REFUSED = re.compile(
    r"[输輸填敲用试試][入了过]?[ ]?(?P<password>[!-~]{5,40})[ ]?(?:还是|也|都|就)?(?:说|提示|显示|报)?密[码碼]"
    r"(?=不|错|有)"
)
# fsk密码fsk2468: the password goes on where the account ends.
_BEGINNING = re.compile(
    r"(?<![!-~])(?P<account>[A-Za-z]{2,14})[，, ]{0,2}(?:的|登[录陆])?密[码碼](?:是|为|:)?[ ]?(?=(?P=account)[!-~])"
)
# 账户chenxm，密chen0815
_SHORT = re.compile(rf"(?<![{HAN}])密[ ]?(?P<password>[!-~]{{4,40}})")
# 密码是字母l不是数字1：wljz0l
_LONG_PHRASE = re.compile(
    rf"(?:密[码碼]|口令)(?!错|提示|框)[{HAN}A-Za-z0-9，, ]{{1,20}}:{_B}(?P<password>[!-~]{{5,40}})"
)
# 284611，验证码
_CODE_FIRST = re.compile(
    r"(?<![0-9A-Za-z.\-])(?P<password>[0-9]{6})[，, ]{0,2}(?:这?是)?(?:手机|短信)?验证码(?![错不过无失])"
)
# wifi：zgws8888
_WIFI = re.compile(rf"(?<![A-Za-z])[wW][iI]-?[fF][iI](?:密码|码)?[:是]{_B}(?P<password>[A-Za-z0-9_@#!]{{6,30}})")
# 用俺的试试，wangdf，wdf2266
_TRY_PAIR = re.compile(
    rf"(?:[试試登看进用][试試看录陆入下]?|[我俺]的|这个|[给发]你)[吧哈咯]?[，,: ]{{1,2}}"
    rf"(?P<account>{_NAME})[ \t,，/、]{{1,3}}"
    r"(?P<password>[!-+\-.0-~]{5,40})(?![!-~])"
)
# lw0931 这个是我登陆用的名; abc77是登录密码
_NAMED_BEHIND = rf"{_B}[，,]?(?:[这那]个?|就)?是[{HAN}]{{0,8}}?"
_ACCOUNT_NAMED_BEHIND = re.compile(
    rf"(?<![!-~])(?P<account>{_NAME}){_NAMED_BEHIND}(?:[账帐][号户]|用户名|工号|登[录陆][{HAN}]{{0,3}}[名号])"
)
_PASSWORD_NAMED_BEHIND = re.compile(
    rf"(?<![!-~])(?P<password>[!-~]{{4,40}}){_NAMED_BEHIND}(?:密[码碼]|口令|[验驗校][证證验][码碼])(?![错不过框有输长为太提失])"
)
# ?name=gqws01&pwd=gq123
_QUERY = re.compile(
    r"=(?P<account>[A-Za-z0-9_.@%\-]{2,40})&(?i:pwd|password|pass|passwd|psw)=(?P<password>[^&\s]{2,40})"
)
# 俺号gt_wang, 我的号儿是gt01
_OWN_NUMBER = re.compile(rf"(?<=[我俺咱们室的])号儿?(?:是|为|就是)?{_B}(?P<account>{_NAME})")
# 用户liutun忘记密码了
_USER = re.compile(rf"用[户戶]{_B}(?P<account>{_NAME})(?=忘|登|的密|被|[，,]?密|号)")
# 向日葵812 345 678
_REMOTE = re.compile(
    rf"(?:向日葵|[Tt][Oo][Dd]esk|TODESK|[Tt]eam[Vv]iewer|[Aa]ny[Dd]esk){_B}(?:识别码|设备码?|伙伴码|代码|码|地址|号码?|ID|id)?[是为:，,]?{_B}"
    r"(?P<account>(?:[0-9][ -])?[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{3,4})(?![0-9])"
)
# 微信号wang_jie88, QQ：12345678
_MESSENGER = re.compile(
    rf"(?:扣扣号?[是:]?|[微V]信(?:号码?|账号)|(?<![A-Za-z])(?:QQ|qq)(?:号码?|[远协加号]?[程助我]?[，,是:]?(?={_B}(?!20[0-9]{{6}}(?![0-9]))[0-9]{{6,11}}(?![0-9.])))|(?:[微V]信|(?<![A-Za-z])(?:QQ|qq|vx|VX|wx))(?:[是:]|号?是|(?={_B}[A-Za-z]{{1,12}}[_\-]?[A-Za-z]{{0,8}}[_0-9\-][A-Za-z0-9_\-]{{3,20}})))"
    rf"[是为:]?{_B}(?P<account>[A-Za-z0-9][A-Za-z0-9_\-]{{4,24}})(?![A-Za-z0-9_.])"
)


def find_in_passing(text: str) -> Iterator[Hit]:
    for pattern, is_account in _ACCOUNTS:
        for told in pattern.finditer(text):
            if is_account(told["account"]) and not is_count(text, told.start("account")):
                yield _hit(told, "account", SpanKind.LOGIN_ACCOUNT)
    for pattern, is_password in _PASSWORDS:
        for told in pattern.finditer(text):
            if is_password(told["password"]):
                yield _hit(told, "password", SpanKind.LOGIN_PASSWORD)
    yield from _behind_words(text)
    for pattern, is_password in _PAIRS:
        for told in pattern.finditer(text):
            if is_password(told["password"]) and not is_ordinary(told["account"]):
                yield _hit(told, "account", SpanKind.LOGIN_ACCOUNT)
                yield _hit(told, "password", SpanKind.LOGIN_PASSWORD)


def _behind_words(text: str) -> Iterator[Hit]:
    for word in _WORD.finditer(text):
        before = text[max(0, word.start() - _LOOK_BACK) : word.start()]
        if is_unmistakable(word[0]) and _NAMED_FAR_BEFORE.search(before):
            yield Hit(word.start(), word.end(), SpanKind.LOGIN_PASSWORD)


def _is_account(name: str) -> bool:
    if _OF_TABLES.match(name):
        return False
    has_mark = re.search("[0-9_@]", name) is not None and re.search("[A-Za-z]", name) is not None
    return (has_mark or is_secret_like(name)) and not is_ordinary(name) and not _LONG_NUMBER.match(name)


def _hit(told: re.Match[str], group: str, kind: SpanKind) -> Hit:
    return Hit(told.start(group), told.end(group), kind)


def _is_no_word(name: str) -> bool:
    return not is_ordinary(name)


# The judge of each pattern says whether the word behind it can be nothing else.
_Judged = tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]
_ACCOUNTS: _Judged = (
    *((pattern, _is_account) for pattern in (_USED, _NUMBER, _NAMED, _OWN_NUMBER, _NUMBERED, _ACCOUNT_NAMED_BEHIND)),
    *(
        (pattern, _is_no_word)
        for pattern in (_USED_WITH_PASSWORD, _BEGINNING, _LOGGED_IN, _USER, _UNLOCK, _REMOTE, _MESSENGER)
    ),
)
_PASSWORDS: _Judged = (
    (_SET, is_unmistakable),
    *(
        (pattern, bool)
        for pattern in (
            _REPEATED,
            _REPEATED_AGAIN,
            _RANGE,
            _CODE_RECEIVED,
            _CODE,
            _CODE_FIRST,
            _TYPED_CODE,
            _BEARER,
            _SAME_AS,
        )
    ),
    (_SIGNED, _is_no_word),
    (_WEAK, bool),
    (_TRIED, is_unmistakable),
    (_LONG_PHRASE, is_unmistakable),
    *((pattern, is_secret_like) for pattern in (_PASSWORD_NAMED_BEHIND, _RESET, _WIFI, _REFUSED, _SHORT)),
)
_PAIRS: _Judged = (
    *((pattern, is_unmistakable) for pattern in (_SLASHED, _BEFORE_LABELS, _ENTERED, _PREFIXED, _TRY_PAIR)),
    *((pattern, is_secret_like) for pattern in (*_TWO, _BEFORE_SIGNED)),
    *((pattern, bool) for pattern in (_OF_DIGITS, _QUERY, _REMOTE_PAIR, _GROUPS_PAIR, _OF_ADDRESS)),
)
