"""Choices and worked examples of the kinds, as their reporters say it."""

SYMPTOMS = (("error", "报错类"), ("form_lost", "表单丢失"), ("form_blank", "表单空漏项"), ("other", "其他"))
HIS_SYMPTOMS = (
    ("error", "报错类"),
    ("form_lost", "单据或记录不见了"),
    ("form_blank", "单据有空项"),
    ("other", "其他（打印、卡顿、数据不对）"),
)
# What a good description names besides the act and the trouble.
GENERAL_ADVICE = "表单丢失或空漏项，写明是哪个表单、缺哪一项"
HIS_ADVICE = "单据不见了或有空项，写明是哪张单据、缺哪一项"
TERMINALS = (("pc", "电脑"), ("phone", "手机"), ("both", "电脑和手机都有"))
TITLES = (("mr", "先生"), ("ms", "女士"))
SCOPES = (("single", "单个居民"), ("batch", "批量居民都这样"), ("institution", "全机构都这样"))

# The source's own sample, letter by letter; it has no line for the picture (REQUIREMENTS A11).
GENERAL_EXAMPLE = (
    ("机构名称", "高唐县杨屯乡张四屯卫生室"),
    ("问题描述", "在脑卒中随访表单点击新增按钮后,系统报错(批量居民都这样,举例身份证号:*************)"),
    ("之前使用系统名称", "浪潮系统"),
    ("身份证号", "*************"),
    ("账号", "s**g密码:••••••••"),
    ("附图", "整个屏幕的截图"),
)
HIS_EXAMPLE = (
    ("问题描述", "在住院收费点“出院结算”，再点确认，系统报错“费用明细不一致”，今天办出院的患者都这样"),
    ("附图", "报错时整个屏幕的截图，点“详细信息”后再截一张"),
    ("账号", "s**g密码:••••••••"),
    ("患者身份证号、住院号", "372***********1287 *******001"),
)
