"""What people write between a label and its value: a colon, 是, 改成了, 你记一下, a note in brackets, a line end."""

import re
from dataclasses import dataclass

from portal.sensitive_text.labels import BLANK, HAN, NOTE

_FILLERS = (
    "是不是|分别|可以|可用|只能|必须|如下|见下|应该|好像|可能|大概|也许|似乎|记得|记一下|一下|一样|一直|统一|现在|目前|原来|原先|之前|以前|刚才|昨天|今天|"
    "已经?|我们|咱们|重置|重设|修改|更改|更换|更新|初始化?|默认|设置|設置|設定|输入|輸入|填写|默認|分別|應該|現在|原來|已經|"
    "是|為|为|就|还|還|仍|都|均|也|呢|嘛|啊|哈|吧|呀|哦|我|俺|咱|你|您|他|她|给|給|发|發|告诉|记|試|试|过|過|用|的|了|成|到|回|"
    "[跟和同与與](?:账号|帐号|用户名|工号|帳號)(?:一样|相同|一致)?|(?:身份证号?|手机号?)?(?:[前后後尾]|最后)[0-9一二三四五六七八]{1,2}位数?|身份证号码?|生日|也?没错|没问题|没变|正确|无误|手机号码?|电话号码|邮箱|郵箱|"
    "全?数字|那?[0-9一二三四五六七八九十]{1,2}位数?字?的?(?=[!-~])|一栏|那栏|这栏|栏|处|没动|没改|全?[大小]写|姓名全拼|名字全拼|全拼|"
    "加个?|后面|末尾|带|改|设|設|换|換|变|變|输|輸|填|写|寫|叫|被|全|又|再|刚|后|前|[一二三四五六](?=[!-~])"
)
_B = rf"{BLANK}{{0,8}}+"
_WORDS = rf"(?:{_FILLERS}){{0,8}}+(?:(?i:is|was|shi)(?={BLANK}))?"
_AFTER_COLON = (
    "(?:试过|應該是|应该是|好像是|可能是|大概是|就是|还是|還是|我的是|用的是|现在是|默认是?"
    r"|(?:身份证号?|手机号?)?(?:后|最后)[0-9一二三四五六七八]{1,2}位数?)"
)
# 身份证号少一位：…
_OTHER_THINGS = (
    "(?!错误?[代信提]|錯|误|誤|失败|提示|代码|编号|问题|时间|规则|要求|长度|地址|网址|版本|权限|数|次|格式|如|例"
    "|有效|到期|过期|状态)"
)
_PHRASE = re.compile(rf"(?:{_OTHER_THINGS}[{HAN}A-Za-z0-9]){{1,14}}+:{BLANK}{{0,8}}+")
# 密码没动过，还是…: any words that end in a verb of giving or setting.
_LOOSE = re.compile(rf"(?:{_OTHER_THINGS}[{HAN}，, ]){{1,14}}+(?<=[是为為成了到])[ \t]{{0,4}}[\"'“「【]?(?=[!-~])")
# 密码区分大小写，…; 密码一共8位 …: any words of the same sentence that speak of nothing else that has a name.
_OTHER_NOUNS = (
    "(?!提示|报错|代码|编[码号]|型号|版本|升级|工单|单号|表单?|报告|菜单|网址|地址|文件|导出|导入|打印|打开|跳|按"
    "|机器|日期|服务器|浏览器)"
)
_FAR = re.compile(
    rf"(?:不对|错误|不正确|失效|过期)?了?(?:{_OTHER_NOUNS}(?:[{HAN}，,、:（）() \t]|[0-9一]{{1,2}}位|[大小]写[A-Za-z]"
    rf"|[@_!#$&*.](?=[\"'”]?[{HAN}]))){{1,24}}+"
    rf"[\"'“「【(（]?(?=[!-~])"
)
# 密码不对，我用的是…: what was entered, after a word on how it went.
_ENTERED = (
    r"(?:不对|不對|错误|錯誤|不正确|已?改过了|已经改过了)?[，, ]{1,2}(?:我|俺|咱|你)?"
    r"(?:都|就|均)?(?:(?:现在|現在|输入|輸入|用|输|填|写|试|改|设)(?:过|了|成)?的?(?:是|为|為)|试过|是(?=[!-~]))"
)
_CONNECTOR = re.compile(
    rf"(?:[\]】)）》」”\"']|\*{{1,2}}(?=[ \t]?[:=]))?{_B}(?:{NOTE}{_B}){{0,2}}+(?:[0-9]{{1,2}}(?={_B}[:=]))?"
    rf"(?P<words>{_WORDS}(?:{_ENTERED})?){_B}(?:{NOTE}{_B})?+(?P<colon>[:=→>~]{{1,3}}+(?:{_B}[:=]{{1,2}}+)?)?{_B}"
    rf"(?(colon)(?:{_AFTER_COLON}{_B})?)"
)
_SEPARATOR = re.compile(rf"{_B}[|,;._@~…，；。、\-]{{1,3}}+{_B}")
_LINE_END = re.compile(rf"{_B}\n{{1,2}}{_B}")
BEFORE_COLON = re.compile(rf"[\])\"']?{_B}(?:{NOTE}{_B})?+[:=→]")
_IS = ("是", "为", "為", "试过", "is", "was", "IS", "Is", "shi", "SHI", "Shi")
_BEFORE_CELL = re.compile(r"[\s|,;，；。、….:(【\[A-Za-z0-9]|\Z")
# 账号没变，lcwsy: what stands behind is the value itself.
_UNCHANGED = re.compile(
    rf"(?:号|儿)?(?:还|都|也|就)?(?:没[变动改换]过?|不变|照旧|老样子|(?:还?是|用)?(?:老|原来|以前|之前|从前)的?(?:那个|的)?)"
    rf"{_B}(?:[，,。:]{_B})?(?:还是|就是|是)?(?=[A-Za-z0-9])"
)
# “密码？”“abc123”, 密码多少? 刘大夫:abc123
_ANSWER = re.compile(
    rf"(?:是|要|呢|叫)?(?:多少|什么|啥|哪个|几)?(?:来着|呀|啊|呢)?\?{{1,2}}[”\"'」』)]?[ \t\n]{{0,3}}"
    rf"(?:[{HAN}A-Za-z]{{1,6}}:[ \t]?)?"
    rf"[“\"'「『(]?[答回:]?(?:就是|就|是|叫|我的是|用的)?{_B}(?=[!-~])"
)


@dataclass(frozen=True)
class Connector:
    """How label and value are joined; `end` is where the value begins."""

    end: int
    has_colon: bool
    has_is: bool
    words: str


def connector_after(text: str, at: int) -> Connector:
    found = _CONNECTOR.match(text, at)
    if found is None:
        return Connector(at, has_colon=False, has_is=False, words="")
    words = found["words"]
    return Connector(found.end(), found["colon"] is not None, words.endswith(_IS), words)


def phrase_after(text: str, at: int) -> int | None:
    """Where the value begins after some words and a colon."""
    found = _PHRASE.match(text, at)
    return found.end() if found else None


def loose_words_after(text: str, at: int) -> int | None:
    """Where the value begins after words of any kind that end in 是, 为 or 成."""
    found = _LOOSE.match(text, at)
    return found.end() if found else None


def far_words_after(text: str, at: int) -> int | None:
    """Where a word begins that stands behind other words of the same sentence."""
    found = _FAR.match(text, at)
    return found.end() if found else None


def unchanged_after(text: str, at: int) -> int | None:
    """Where the value begins behind a word that it is the old one."""
    found = _UNCHANGED.match(text, at)
    return found.end() if found else None


def answer_after(text: str, at: int) -> int | None:
    """Where the value begins that answers the question what it is."""
    found = _ANSWER.match(text, at)
    return found.end() if found else None


def separator_after(text: str, label_start: int, label_end: int) -> int | None:
    """Where the value begins after a separator: it stands for a colon where the label is a cell of its own."""
    if label_start and not _BEFORE_CELL.match(text, label_start - 1):
        return None
    found = _SEPARATOR.match(text, label_end)
    return found.end() if found else None


def line_end_after(text: str, at: int) -> int | None:
    """Where the next line begins."""
    found = _LINE_END.match(text, at)
    return found.end() if found else None
