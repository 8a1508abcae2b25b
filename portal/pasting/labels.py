"""The words that label a field in a chat message, and the noise around them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from portal.institutions import divisions
from portal.kinds.table import Kind
from portal.sensitive_text.folding import folded

LABEL, NOISE, REST, UNCLEAR = "*label", "*noise", "*rest", "*unclear"
PAIR, PATIENT, PICTURES = "*pair", "*patient", "*pictures"
DESCRIPTION = "description"
CREDENTIALS = ("login_account", "login_password")
# Two values after one label or number, in this order.
PAIRS = {PAIR: CREDENTIALS, PATIENT: ("patient_id_number", "inpatient_number")}

_BRACKETS = str.maketrans("（）［］〔〕", "()[][]")

_OF = r"(?:公卫系统|公卫|HIS|本?系统|平台|登[录陆]|我的|医生|测试)?的?"
_BEFORE = r"(?:之前|以前|原来|原先|先前|原|旧)"
_ID_CARD = r"身份证件?(?:号码|号)?"
_INPATIENT = r"(?:患者|病人)?的?住院(?:号码|编号|号)"
_AND = r"[ \t]{0,4}[、/和及与,，&+]?[ \t]{0,4}"
_SIGN_IN_NAME = r"(?:[账帐][ \t]?[号户](?:名称?)?|用户名称?|登[录陆]名|工号)"
_SECOND_HALF = r"(?:密[ \t]?码|口[ \t]?令)"
# Fields in the order in which a kind is searched for them; longer words of a pattern come first.
_WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    ((PAIR,), rf"{_OF}{_SIGN_IN_NAME}[ \t]{{0,4}}(?:[、/和及与,，&+][ \t]{{0,4}})?(?:登[录陆])?{_SECOND_HALF}"),
    ((PATIENT,), rf"(?:患者|病人)?的?{_ID_CARD}{_AND}{_INPATIENT}|{_INPATIENT}{_AND}(?:患者|病人)?的?{_ID_CARD}"),
    (("login_account",), rf"{_OF}{_SIGN_IN_NAME}"),
    (("login_password",), rf"{_OF}(?:初始)?{_SECOND_HALF}"),
    (("patient_id_number", "id_number"), rf"(?:患者|病人)的?{_ID_CARD}"),
    (("id_number", "patient_id_number"), rf"(?:举例子?|例子|示例|例如)?的?(?:居民|村民|本人)?的?{_ID_CARD}"),
    (("inpatient_number",), _INPATIENT),
    (
        ("institution",),
        r"(?:所[在属]|填报|上报|提报|报告|医疗|我们?)?的?(?:机构|单位|卫生[室院站]|医院|诊所)(?:的?(?:名称|名字|全称))?",
    ),
    (
        ("previous_system",),
        rf"(?:{_BEFORE}的?(?:使用|用)?过?的?|(?:使用|用)过?的?)(?:是什么|是哪个|哪个|什么)?(?:公卫)?系统的?(?:名称|名字|名)?",
    ),
    (("operation_steps",), r"操作(?:步骤|过程|流程)"),
    (("form_name",), r"(?:哪个)?表单(?:名称|名字|名)"),
    (("blank_items",), r"(?:空缺|空漏|漏|缺|空白)项"),
    (("resident_count",), r"(?:影响)?(?:的?居民|的)?人数|影响(?:多少|几)人"),
    (("scope",), r"影响范围"),
    (("occurred_at",), r"(?:问题|故障)?(?:发生|出现)的?(?:时间|日期)"),
    (("module",), r"涉及的?(?:功能)?模块"),
    (("error_text",), r"(?:错误)?提示原文|报错原文"),
    (("wish",), r"(?:客户|机构)?诉求|希望(?:怎么|如何)解决"),
    (("call_back_time",), r"方便接听?电话的?时间|回[电拨]时间"),
    (
        (DESCRIPTION,),
        r"(?:遇到的|出现的|具体)?(?:问题|故障|现象|情况)的?(?:详细)?(?:描述|说明|详情|内容|现象|情况|如下)?|(?:详细)?描述",
    ),
    (("contact_name",), r"联系人(?:姓名)?|联系姓名"),
    (("contact_phone",), r"(?:联系)?(?:电话|手机)(?:号码|号)?|联系方式"),
    ((PICTURES,), r"附图|(?:整屏|全屏|系统)?截图|系统全图|图片|附件"),
)
_WORD = re.compile("|".join(f"(?P<w{n}>{words})" for n, (_, words) in enumerate(_WORDS)), re.IGNORECASE)

_NUMBER = r"(?:\([0-9]{1,2}\)|[①-⑳]|[(]?[一二三四五六七八九十]{1,2}[)、.]|[0-9]{1,2}[ \t]*[、.):,，]?)"
_LINE_START = re.compile(
    r"[ \t]{0,20}(?:[>•·●■◆\-#]{1,3}[ \t]{0,4})?(?:「(?:[^:「」\n]{1,16}:)?[ \t]{0,4})?(?:@[^\s:]{1,20}[ \t]{1,4}){0,3}"
    rf"(?:[^\s:,，。、;；0-9]{{1,12}}:[ \t]{{0,4}}(?={_NUMBER}))?"
    rf"[【\[*]{{0,2}}(?:{_NUMBER}[ \t]{{0,4}})?[【\[*]{{0,2}}[ \t]{{0,2}}"
)
_NUMBER_BEFORE = re.compile(r"(?:(?:(?<![0-9])1)?[0-9][ \t]?[、.)]|\([0-9]{1,2}\)|[①-⑳])[ \t]{0,2}[【\[*]{0,2}\Z")
_GAP_BEFORE = re.compile(r"[ \t,，;；、。|/【\[!！]{1,6}\Z")
_ITEM_BEFORE = re.compile(r"[ \t;；。|/【\[!！]{1,6}\Z")
_CLOSING = re.compile(r"[ \t]{0,4}[】\]」*]{1,2}")
_BRACKETED = re.compile(r"[ \t]{0,4}[(\[【](?P<note>[^()\[\]【】\n]{0,60})[)\]】]")
# What the printed list says behind its headings. Other words in brackets may be the value.
_HINT = re.compile(
    r"^(?:举例|例|示例|样例|如[有：:])|[必选]填|[哪什]么|哪[个种项]|QQ|一线通|附加|务必|[XＸ×]{2}|请[填写输]|忌截|全图|全称",
    re.IGNORECASE,
)
_BARE_NOTE = re.compile(
    r"[ \t,，、;；]{0,4}QQ可不附加[,，、;； \t]{0,2}(?:一线通务必附加)?(?:[,，]?[^\s:,，]{0,6}数据安全)?"
)
_MOST_NOTES = 6
_COLON = re.compile(r"[ \t]{0,8}(?:是|为)?[ \t]{0,2}(?:[:=→]{1,3}|-{0,2}>)[ \t]{0,8}")
_OPENING = re.compile(r"[ \t]{0,8}(?:【[ \t]{0,4})?")
_WEAK = re.compile(r"[ \t]{1,8}(?:是|为)?[ \t]{0,4}|[ \t]{0,4}(?=\n|\Z)|(?:是|为)[ \t]{0,4}")

_ANY = re.compile(r"[^\s]")
_PLACE = re.compile(r"[^\n:]{0,30}[县区市旗镇乡村屯街社院室站所]")
_DIGITS_OR_STARS = re.compile(r"[ \t“「]{0,4}[0-9Xx*•●×]")
_ID_LINE = re.compile(r"[ \t]{0,8}(?:[0-9]{6}|[*•●×]{4})")
_SIGN_IN = re.compile(r"[ \t“「]{0,4}[㐀-鿿]{0,4}[!-~]")
_SECRET = re.compile(r"[ \t“「]{0,4}[!-~]")
_PICTURE_WORDS = r"(?:请?见|已|在|如)?[上下]?(?:附件|截图|附|传|图|方|面)?"
_PICTURE_MENTION = re.compile(rf"[\s,，。.;；、:]*+{_PICTURE_WORDS}[\s,，。.;；、]*+")
_ON_LINE = r"[^\S\n]|[,，。.;；、]"
_HAS_LATIN_OR_SHORT = re.compile(r"[ \t“「]{0,4}(?:[㐀-鿿]{0,8}[!-~]|[㐀-鿿]{1,4}[ \t,，。;；]*(?:\n|\Z))")
# The required shape of a value where neither a colon nor a separate line marks it as one.
_SHAPES = {
    PAIR: _SECRET,
    "login_account": _SIGN_IN,
    "login_password": _SECRET,
    "id_number": _DIGITS_OR_STARS,
    "patient_id_number": _DIGITS_OR_STARS,
    PATIENT: _DIGITS_OR_STARS,
    "inpatient_number": re.compile(r"[ \t]{0,4}[0-9A-Za-z*]"),
    "institution": _PLACE,
    "contact_phone": re.compile(r"[^\n]{0,12}[0-9]{3}"),
    "resident_count": re.compile(r"[ \t约大概]{0,4}[0-9]"),
    PICTURES: re.compile(rf"(?:{_ON_LINE}|:){{0,40}}+{_PICTURE_WORDS}(?:{_ON_LINE}){{0,40}}+(?:[\n!！0-9①-⑳]|\Z)"),
}
_BETWEEN = (
    rf"(?:\s{{1,20}}|[ \t]{{0,8}}[/|,;、，；和]?[ \t]{{0,8}}{_SECOND_HALF}[ \t:=是为]{{0,8}}"
    r"|[ \t]{0,8}[/|,;、，；和][ \t]{0,8})"
)
_BOTH = re.compile(
    rf"[ \t]{{0,4}}(?P<first>[!-.0-~]{{2,40}}?|[㐀-鿿]{{2,4}}?){_BETWEEN}"
    r"(?P<second>[!-~]{2,40}+)[ \t。]{0,4}+\s{0,20}+\Z"
)
_DISTINCTIVE_SHAPES = {"institution": _PLACE, "id_number": _ID_LINE, PATIENT: _ID_LINE, PAIR: _BOTH}
# Required even after a colon: 密码：忘了 contains no password.
_ALWAYS_SHAPED = {PAIR: _SECRET, "login_account": _HAS_LATIN_OR_SHORT, "login_password": _SECRET}

_CLOCK_TIME = r"(?:上午|下午|早上|晚上|凌晨|中午)?[ \t]{0,2}[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?[ \t]{0,2}(?:[AaPp][Mm])?"
_DAY = r"(?:[0-9]{4}[-/年.])?[0-9]{1,2}[-/月.][0-9]{1,2}日?|昨天|今天|星期."
_NOISE_LINES = (
    re.compile(rf"(?:「?[^\s:,，。]{{1,20}}[ \t]{{1,4}})?(?:{_DAY})[ \t]{{1,4}}{_CLOCK_TIME}"),
    re.compile(r"[^\s:,，。]{1,20}[ \t]{1,4}[0-9]{1,2}:[0-9]{2}:[0-9]{2}"),
    re.compile(r"(?:@[^\s@]{1,20}[ \t]*){1,10}"),
    re.compile(r"[-—–_=~][-—–_=~ \t]{2,80}"),
    re.compile(
        r"[【\[(]?(?:日常|HIS)?(?:问题)?(?:提报)(?:规范|示范|内容|模板)[】\])]?[:]?|[【\[(]?必填项?[】\])]?[:]?",
        re.IGNORECASE,
    ),
)
_SENTENCE_WORDS = re.compile(
    r"时间|日期|保存|打[开不]|登[录陆]|提示|报错|显示|更新|截止|随访|体检|生日|开始|结束|不[了能见对动]|没[有法]|无法|失败|错误|卡|丢"
)


@dataclass(frozen=True)
class Label:
    """`text[start:end]` is the label of the field `name`, with the number before it and the colon after it."""

    start: int
    end: int
    name: str


def simplified(text: str) -> str:
    """A cleaned text as labels are sought in it: folded, in simplified script; positions stay the same."""
    form = divisions.simplified(folded(text).text).translate(_BRACKETS)
    return form if len(form) == len(text) else text


def half_width(text: str) -> str:
    """For an account name or password: nobody signs in with full-width letters."""
    return folded(text).text.strip()


def is_head(cell: str) -> bool:
    """Whether a cell or a line is a label of any kind's list and nothing else: 4、身份证号（举例子）, 密码：."""
    text = simplified(cell).strip()
    lead = _LINE_START.match(text)
    word = _WORD.match(text, lead.end() if lead else 0)
    return word is not None and _behind(text, word.end())[0] >= len(text)


def is_noise(line: str) -> bool:
    """张三 2026-11-20 10:12:33, @李工, lines between quotes: what chat programs add around the message."""
    line = line.strip()
    return any(pattern.fullmatch(line) for pattern in _NOISE_LINES) and not _SENTENCE_WORDS.search(line)


def find(text: str, kind: Kind) -> list[Label]:
    """All labels of a folded text, in order."""
    found: list[Label] = []
    at = 0
    while word := _WORD.search(text, at):
        label = _label(text, word, kind, found)
        at = max(label.end if label else 0, word.end())
        if label:
            found.append(label)
    return found


def has_value(text: str, label: Label, end: int) -> bool:
    """Whether the text after the label can be its value; blank text can, as the value may be on the next line."""
    shape = _ALWAYS_SHAPED.get(label.name)
    return shape is None or not text[label.end : end].strip() or shape.match(text, label.end, end) is not None


def fits(text: str, name: str, start: int, end: int) -> bool:
    """Whether the next line can be the value of a label that is alone on its line."""
    shape = _SHAPES.get(name, _ANY)
    return shape.match(text, start, end) is not None


def looks_like(text: str, name: str, start: int, end: int) -> bool:
    """Whether an unlabelled value looks like this field's; stricter than for a labelled one."""
    shape = _DISTINCTIVE_SHAPES.get(name)
    return shape is not None and shape.match(text, start, end) is not None


def account_and_password(text: str, start: int, end: int) -> re.Match[str] | None:
    """sfdg 123456, sfdg/123456, or on two lines, and nothing else: groups `first` and `second`."""
    return _BOTH.match(text, start, end)


def starts_with_id(text: str, start: int) -> bool:
    """Whether the line begins with an ID number."""
    return _ID_LINE.match(text, start) is not None


def mentions_picture(text: str) -> bool:
    """见附件, 已上传 and the like, which hold no value."""
    return _PICTURE_MENTION.fullmatch(text) is not None


def _label(text: str, word: re.Match[str], kind: Kind, before: Sequence[Label]) -> Label | None:
    name = field_asked(_WORDS[int((word.lastgroup or "w0")[1:])][0], kind)
    if not name:
        return None
    line = text.rfind("\n", max(0, word.start() - 80), word.start()) + 1
    is_first = (line > 0 or word.start() < 80) and _LINE_START.fullmatch(text, line, word.start()) is not None
    start = line if is_first else _start_in_line(text, word, name, before)
    if start is None:
        return None
    is_numbered = text[start : word.start()].strip(" \t") != ""
    end, is_strong = _behind(text, word.end())
    if is_strong:
        return Label(start, end, name) if is_first or _fits_here(text, name, end) else None
    return _without_colon(text, word, name, start, end, is_first, is_numbered, before)


def _behind(text: str, at: int) -> tuple[int, bool]:
    """Past the notes and the colon behind a label, and whether anything but a blank parts it from its value."""
    noted, has_bracket = _past_notes(text, at)
    colon = _COLON.match(text, noted)
    end = _past_notes(text, colon.end(), closes=False)[0] if colon else noted
    if not colon and not has_bracket:
        return end, False
    opening = _OPENING.match(text, end)
    assert opening is not None  # noqa: S101
    return opening.end(), True


def _past_notes(text: str, at: int, *, closes: bool = True) -> tuple[int, bool]:
    """Past (举例子), 【QQ可不附加，一线通务必附加】 and the like, and whether a bracket around the label was closed."""
    has_bracket = False
    for _ in range(_MOST_NOTES):
        bracketed = _BRACKETED.match(text, at)
        if bracketed and not _is_note(text, bracketed):
            break
        note = bracketed or (closes and _CLOSING.match(text, at)) or _BARE_NOTE.match(text, at)
        if not note:
            break
        has_bracket = has_bracket or text[note.end() - 1] in "】]」*"
        at = note.end()
    return at, has_bracket


def _is_note(text: str, bracketed: re.Match[str]) -> bool:
    is_hint = not bracketed["note"] or _HINT.search(bracketed["note"]) is not None
    return is_hint or _COLON.match(text, bracketed.end()) is not None


def _without_colon(
    text: str,
    word: re.Match[str],
    name: str,
    start: int,
    end: int,
    is_first: bool,
    is_numbered: bool,
    before: Sequence[Label],
) -> Label | None:
    weak = _WEAK.match(text, end)
    follows_account = name == "login_password" and bool(before) and before[-1].name == "login_account"
    if not is_first and not is_numbered and not follows_account:
        return None
    if not weak and not (text[end].isalnum() or text[end] in "“「【*。，,；;、.!！"):
        return None
    end = weak.end() if weak else end
    shape = _SHAPES.get(name)
    if shape:
        at_line_end = weak is not None and text[end : end + 1] in ("\n", "")
        is_given = at_line_end or shape.match(text, end) is not None or _WORD.match(text, end) is not None
        return Label(start, end, name) if is_given else None
    if weak or (is_first and is_numbered and len(word[0]) >= 4):
        return Label(start, end, name)
    return None


def _start_in_line(text: str, word: re.Match[str], name: str, before: Sequence[Label]) -> int | None:
    """The start of a label that is not first on its line; None if the word is part of a sentence."""
    earliest = before[-1].end if before else 0
    if before and not text[earliest : word.start()].strip():
        return word.start()
    lead = max(earliest, word.start() - 8)
    number = _NUMBER_BEFORE.search(text, lead, word.start())
    if number:
        return number.start()
    is_id = name in ("id_number", "patient_id_number")
    gap = (_ITEM_BEFORE if is_id else _GAP_BEFORE).search(text, lead, word.start())
    if gap:
        return gap.start()
    is_second = name == "login_password" and bool(before) and before[-1].name == "login_account"
    return word.start() if is_second and "\n" not in text[earliest : word.start()] else None


def _fits_here(text: str, name: str, at: int) -> bool:
    """In the middle of a line a colon alone is not enough: 提示密码：不能为空."""
    shape = _ALWAYS_SHAPED.get(name) or _SHAPES.get(name)
    return shape is None or shape.match(text, at) is not None


def field_asked(names: Sequence[str], kind: Kind) -> str:
    return next((name for name in names if name in (PAIR, PATIENT, PICTURES) or kind.asks(name)), "")
