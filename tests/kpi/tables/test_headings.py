"""The heads letter by letter, typed from REQUIREMENTS R and DESK 6.2 and not read from the code."""

from portal.kpi.tables.names import DATED_BY, HEADINGS, TITLES, Table

WRITTEN = {
    "calls": (
        "客户来电记录表",
        "序号, 来电日期, 来电时间, 客户姓名(*先生/女士), 联系方式(虚拟), 问题类型, 问题描述(简述), 紧急程度, "
        "初步处理意见, 处理责任人, 处理状态, 反馈时间, 客户满意度, 备注",
        14,
    ),
    "follow-ups": (
        "问题处理跟进表",
        "问题编号, 关联来电记录, 问题描述, 处理责任人, 处理方案(简述), 处理状态, 处理时限, "
        "实际完成时间, 客户反馈结果, 改进建议",
        10,
    ),
    "problems": (
        "客户问题记录表",
        "工单编号, 接入时间, 客户信息(姓名/昵称*), 联系方式, 问题类型, 问题描述摘要, 处理责任人, 协作部门, "
        "处理步骤, 解决结果, 客户满意度(1-5分), 关闭时间",
        12,
    ),
    "scores": (
        "客服绩效考核表(月度)",
        "考核周期, 客服姓名*, 响应时效(平均时长,秒), 问题解决率(%), 客户满意度(平均分), 工单处理量(单), "
        "知识库更新条数, 总分(100分), 考核等级, 备注",
        10,
    ),
    "dissatisfactions": (
        "客户不满意问题分析表",
        "日期, 工单编号, 不满意原因, 客户反馈摘要, 责任环节, 改进措施, 责任人, 完成时间",
        8,
    ),
    "complaints": (
        "顾客投诉登记表",
        "投诉编号, 投诉人, 投诉时间, 渠道, 投诉内容(简述), 类型, 是否重大, 是否涉法, 处理责任人, 判定, 状态, 答复时间",
        12,
    ),
    "complaint-statistics": (
        "顾客投诉分类统计表",
        "月份, 类型, 责任部门, 件数, 成立, 不成立, 按时, 改进对策",
        8,
    ),
    "call-backs": ("回访记录表", "日期, 编号, 机构, 原因, 是否接通, 满意程度, 不满意方面, 建议, 回访人", 9),
    "tickets": (
        "问题列表",
        "编号, 队列, 状态, 紧急程度, 诉求类型, 机构, 摘要, 处理责任人, 提交时间, 下一时限",
        10,
    ),
}


def test_titles_and_headings_are_those_of_the_source_in_its_order():
    assert {
        table.value: (TITLES[table], ", ".join(HEADINGS[table]), len(HEADINGS[table])) for table in Table
    } == WRITTEN


def test_every_table_says_by_which_day_its_rows_are_taken():
    assert set(DATED_BY) == set(Table)
