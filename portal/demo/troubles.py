"""What the demo's clinics report, and what they are answered. All of it is invented."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.kinds.names import TicketKind
from portal.kinds.table import KINDS


@dataclass(frozen=True)
class Trouble:
    """One kind of trouble: what a clinic writes, where it happens, how it looks, and what solves it."""

    told: str
    module: str
    answer: str
    symptom: str = "other"
    cause: str = "product_fault"
    note: str = ""  # 改进建议


@dataclass(frozen=True)
class Question:
    """A 咨询 or 建议, and its answer."""

    asked: str
    module: str
    answer: str


GENERAL = (
    Trouble(
        "高血压随访表填好后点保存，提示参数错误",
        "随访",
        "已修复保存校验。请刷新页面后重新保存，仍有提示请告诉我们",
        "error",
        note="保存前提示哪一项不符",
    ),
    Trouble(
        "糖尿病随访保存后日期变成前一天",
        "随访",
        "时区设置已改正，日期会按当天保存，之前的记录已改回",
        note="日期只存一种格式",
    ),
    Trouble(
        "老年人体检表从列表里不见了，昨天还能看到",
        "体检",
        "体检表被归到上一年度，已移回本年度，请在列表里核对",
        "form_lost",
        "misuse",
        "切换年度时在页面上方提示",
    ),
    Trouble(
        "新建居民档案时婚姻状况一栏点不开，批量居民都这样",
        "居民档案",
        "字典没有同步，已重新同步。请退出后重新登录",
        "form_blank",
    ),
    Trouble(
        "打印健康教育记录时预览是空白的", "打印", "打印控件需要更新，已发送安装步骤，更新后可以打印", cause="misuse"
    ),
    Trouble(
        "预防接种记录查询一直转圈，等了十分钟没有结果",
        "预防接种",
        "查询已加上索引，现在几秒内有结果",
        note="查询超时给出提示",
    ),
    Trouble(
        "家医签约续签时提示已签约，列表里找不到这位居民",
        "家医签约",
        "上级平台更新后已恢复，续签可以提交",
        cause="policy_question",
    ),
    Trouble("体检数据导出的表格打不开，提示格式不对", "导出", "导出格式已改正，请重新导出一次", "error"),
    Trouble(
        "孕产妇随访提醒没有出来，漏了两位",
        "随访",
        "提醒规则已补上产后访视，漏掉的两位已列出",
        note="提醒规则每季度核对一次",
    ),
    Trouble("登录后首页的待办数字和列表对不上", "首页", "待办数字每五分钟更新一次，已改为打开时更新"),
    Trouble("儿童体检身高单位显示错误", "体检", "显示单位已改正，已保存的数值没有变", "other"),
    Trouble(
        "慢病管理卡片上的照片传不上去", "居民档案", "照片要小于 2 MB，已发送压缩的办法，现在可以上传", cause="misuse"
    ),
)
HIS = (
    Trouble(
        "住院病人出院结算点确认，提示费用明细不一致，不能结算",
        "住院结算",
        "费用明细已重新汇总，可以结算，请打印后核对一次",
        "error",
        note="结算前先自动汇总",
    ),
    Trouble("门诊开处方后药房看不到", "门诊处方", "药房接口已恢复，处方已重新推送，请刷新药房页面"),
    Trouble(
        "医保结算返回超时，点了两次后重复扣费一次",
        "医保结算",
        "重复的一笔已冲正，结算按钮在返回前不能再点",
        note="超时后先查询再重试",
    ),
    Trouble("护士站执行医嘱时页面空白，其他电脑正常", "护士站", "浏览器缓存清除后恢复，步骤已写在下面", cause="misuse"),
    Trouble("病案首页保存后主要诊断变成空白", "病案首页", "诊断编码表已更新，请重新选择主要诊断后保存", "form_blank"),
    Trouble(
        "药品库存盘点后数量翻倍", "药房库存", "盘点单重复提交，已作废一张，库存已改回", note="盘点单提交后按钮变灰"
    ),
    Trouble("检验报告回传慢，病人等了一个小时", "检验", "检验接口的队列已清理，现在一分钟内回传"),
    Trouble(
        "医保目录更新后部分药品对照丢失",
        "医保结算",
        "目录对照已补齐，未对照的列表已发给您核对",
        cause="policy_question",
    ),
)
CONSULTATIONS = (
    Question("月报在哪里导出，要按村分开", "导出", "在“统计报表—月报”里选择村后导出，每村一张"),
    Question("签约居民换了手机号，在哪里修改", "家医签约", "在“居民档案—联系方式”里修改，保存后签约信息会一起更新"),
    Question("家医签约到期后还能补签吗", "家医签约", "到期三个月内可以补签，在“签约管理—到期”里操作"),
    Question("体检表可以先存草稿吗", "体检", "可以，点“暂存”，七天内在草稿里继续填写"),
    Question("65 岁以上老人怎样批量打印通知单", "打印", "在“老年人管理”里勾选后点“批量打印”，一次最多 50 份"),
    Question("医保电子凭证读卡器要装什么驱动", "医保结算", "驱动在“帮助—下载”里，安装后重新打开浏览器"),
)
SUGGESTIONS = (
    Question("随访表的字能不能大一些，老花眼看不清", "随访", "已列入下一版，字号可以在“个人设置”里选择"),
    Question("希望导出时能记住上次选的村", "导出", "已列入下一版"),
    Question("随访提醒希望能按村排序", "随访", "已转给产品部门评估，结果会在这里告诉您"),
)
UNHAPPY = (
    ("slow", "等了两天才有人处理，随访都耽误了"),
    ("unclear", "说的步骤看不懂，又打了一次电话"),
    ("not_solved", "说好了，第二天又出现"),
    ("attitude", "催了几次，说话不耐烦"),
    ("other", "同样的问题这个月第三次了"),
)
REPLIES = (
    "已收到，正在核对日志，今天内回复您",
    "问题已经重现，正在修复，请先不要重复提交",
    "正在和上级平台核对数据，有结果马上告诉您",
)


# A kind that has no troubles of its own here has those of the first.
_OF_KIND = dict(zip(KINDS, (GENERAL, HIS), strict=False))


def of(kind: TicketKind) -> Sequence[Trouble]:
    return _OF_KIND.get(kind, GENERAL)
