"""What a description says of 问题现象, 影响范围 and 操作步骤, so that nobody is spared a duty by not ticking a box.

Read from the words alone (REQUIREMENTS T23). The reporter's own answer always counts; what is read here is offered,
said in one line and taken back by one press. Pure, and linear in the text.
"""

import re
from collections.abc import Mapping, Sequence

from portal.kinds import kept_forms
from portal.kinds.table import Kind
from portal.pasting.labels import simplified
from portal.pasting.layout import cleaned

SYMPTOM, SCOPE, STEPS, DESCRIPTION, ERROR_TEXT = "symptom", "scope", "operation_steps", "description", "error_text"
READ = (SYMPTOM, SCOPE, STEPS)  # what can be read, in the order in which a page says it
_LONGEST = 20_000

_CLAUSE = r"[^。；;！!？?\n]"
_BAD = r"(?:失败|异常|错误|出错|超时|无效|非法|不合法|不能为空|不存在|已存在|冲突|失效|拒绝|锁定|不正确|不一致|崩溃)"
_ERROR = re.compile(
    rf"报(?:了|个|的|出){{0,2}}(?:错|异常|\s?[45][0-9]{{2}})|出(?:了|个)?错|{_BAD}(?:提示|信息|代码|编码|码|框|窗口|弹窗|对话框|页面)"
    rf"|(?:提示|弹(?:出|了|窗|框)?|跳出|出现|返回|显示|报|写着|说是?){_CLAUSE}{{0,24}}?(?:{_BAD}|没有权限|库存不足|不足)"
    r"|(?:系统|程序|脚本|参数|服务器|数据库|网络|接口|证书|运行时?|内部|未知|打印机)(?:错误|异常)"
    r"|ORA-[0-9]|0x[0-9A-Fa-f]{2}|HTTP(?: Error)?[ :/]{0,2}[45][0-9]{2}"
    r"|(?:返回|显示|出现|页面|报)\s?[45][0-9]{2}(?![0-9])"
    r"|(?<![a-z])(?:error|exception|failed|timeout|timed? ?out|denied|not set)(?![a-z])|对象引用|空指针|java\.",
    re.IGNORECASE,
)
_NO_ERROR = re.compile(
    r"(?:没有?|未|不再?|不会|无|也没)(?:有|再|任何|出现|弹出|显示|什么){0,3}(?:报错|出错|错误提示|异常提示|提示错误|错误|异常)"
)
_FORM = r"(?<![列代外仪报])(?:表单|表(?![示明现达面格头白]))"
_LOST_WORDS = r"(?:丢失|丢了|不见|找不到|没了|消失|没有了)"
_LOST = re.compile(
    rf"{_FORM}[^，,。；;\n]{{0,8}}?{_LOST_WORDS}|(?:找不到|看不到|丢失|丢了|少了)[^，,。；;\n]{{0,12}}?{_FORM}(?![^，,。；;\n]{{0,4}}[项栏])"
)
_BLANK = re.compile(
    r"空项|漏项|空漏|缺项|空缺|空白|[项栏][^，,。；;\n]{0,6}(?:空着|没有内容|没有?显示|不显示)|(?:为|是|都|全)空(?:的|了|$|，|,|。)"
    r"|(?:少了|缺少|缺了|没有)[^，,。；;\n]{1,10}[这那]?一?[项栏]|[项栏字段]为空|空着"
)
_BATCH = re.compile(
    r"批量|都[这是]样|都是这样|(?:全部|所有|很多|许多|多个|大量|每个|好多|其他)(?:的)?(?:居民|人|村民|档案|患者)(?!员)|居民都"
)
_INSTITUTION = re.compile(
    r"全机构|全院|整个(?:机构|卫生院|卫生室|医院|单位)|(?:所有|全部|每台|每个)(?:的)?(?:电脑|科室|医生|账号|工作人员|机器)"
)
_ASKING = re.compile(r"(?:怎么|如何|怎样|能否|能不能|可以)[^，,。；;\n]{0,4}批量")

_OUTCOME = re.compile(
    r"[，,；;。：:\s]{0,3}(?:[就便]|系统|页面|程序|软件|电脑|它|结果|然后|一直|总是?|老是?|都){0,3}"
    r"(?:会|又|自动|直接)?(?:报(?:了|个)?(?:错|异常)|出错|错误|提示|弹|跳出|出现|显示|返回|没有?(?:任何)?反应|无反应|打不开|失败|异常"
    r"|卡[住死]|闪退|崩溃|报)"
)
_VERB = re.compile(
    r"点击|单击|双击|点[了一“‘\"「（(]?|按[下住]|打开|进入|登[录陆]|新增|新建|添加|录入|输入|填[写完]|选[择中]|勾选|保存|提交|查询|搜索"
    r"|删除|修改|编辑|打印|导[出入]|上传|下载|刷新|切换|结算|收费|开[方处药单]|发药|挂号|审核|合并|退费|读卡|办理|登记|建档"
)
_TAIL = re.compile(r"(?:[，,；;。、：:\s就便]|之?后|以后|时候?|的){1,20}\Z|[（(]?[0-9①-⑨]{1,2}[、.)）]?\s*\Z")
_FEWEST_SIGNS = 4
_MOST_TAILS, _LONGEST_TAIL = 5, 20


def symptom_of(text: str) -> str:
    """The symptom that the text speaks of, or "". Who says that there was no error speaks of none."""
    form = simplified(cleaned(text[:_LONGEST]))
    if _ERROR.search(_NO_ERROR.sub("", form)):
        return "error"
    if _LOST.search(form):
        return "form_lost"
    return "form_blank" if _BLANK.search(form) else ""


def scope_of(text: str) -> str:
    """batch or institution if the text says how many are concerned, or ""."""
    form = simplified(cleaned(text[:_LONGEST]))
    if _INSTITUTION.search(form):
        return "institution"
    return "batch" if _BATCH.search(_ASKING.sub("", form)) else ""


def steps_of(text: str) -> str:
    """What was done before it happened, in the reporter's words, or "" if the text does not say so."""
    typed = cleaned(text[:_LONGEST]).strip()
    form = simplified(typed)
    outcome = _OUTCOME.search(form)
    done = _trimmed(typed[: outcome.start()]) if outcome else ""
    return done if len(done) >= _FEWEST_SIGNS and _VERB.search(form, 0, len(done)) else ""


def read_from(kind: Kind, values: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """What the answers so far leave open and the description says; only fields that this kind asks."""
    text = next(iter(values.get(DESCRIPTION, ())), "")
    open_ = [name for name in READ if kind.asks(name) and not "".join(values.get(name, ())).strip()]
    found: dict[str, str] = {}
    if SYMPTOM in open_:
        found[SYMPTOM] = symptom_of(text) or _symptom_of_quote(next(iter(values.get(ERROR_TEXT, ())), ""))
    if SCOPE in open_:
        found[SCOPE] = scope_of(text)
    if STEPS in open_ and "error" in (found.get(SYMPTOM), *values.get(SYMPTOM, ())):
        found[STEPS] = steps_of(text)
    return {name: [value] for name, value in found.items() if value}


def _symptom_of_quote(error_text: str) -> str:
    """What the words on the screen speak of. 无 is no quote; words that name nothing ask nothing."""
    return "" if kept_forms.is_no_answer(error_text) else symptom_of(f"提示{error_text}")


def _trimmed(done: str) -> str:
    """Without what leads over to the outcome: 后，, 的时候, the number of the next line."""
    for _ in range(_MOST_TAILS):
        tail = _TAIL.search(done, max(0, len(done) - _LONGEST_TAIL))
        if not tail:
            break
        done = done[: tail.start()]
    return done.strip()
