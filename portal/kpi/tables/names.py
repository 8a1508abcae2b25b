"""The nine tables: what the API calls them, their titles, and their headings letter by letter (REQUIREMENTS R)."""

from enum import StrEnum


class Table(StrEnum):
    """In the order in which they are offered."""

    CALLS = "calls"
    FOLLOW_UPS = "follow-ups"
    PROBLEMS = "problems"
    SCORES = "scores"
    DISSATISFACTIONS = "dissatisfactions"
    CALL_BACKS = "call-backs"
    TICKETS = "tickets"
    COMPLAINTS = "complaints"
    COMPLAINT_STATISTICS = "complaint-statistics"


OF_COMPLAINTS = (Table.COMPLAINTS, Table.COMPLAINT_STATISTICS)
TITLES: dict[Table, str] = {
    Table.CALLS: "客户来电记录表",
    Table.FOLLOW_UPS: "问题处理跟进表",
    Table.PROBLEMS: "客户问题记录表",
    Table.SCORES: "客服绩效考核表(月度)",
    Table.DISSATISFACTIONS: "客户不满意问题分析表",
    Table.CALL_BACKS: "回访记录表",
    Table.TICKETS: "问题列表",
    Table.COMPLAINTS: "顾客投诉登记表",
    Table.COMPLAINT_STATISTICS: "顾客投诉分类统计表",
}
# By which day a row belongs to a period.
DATED_BY: dict[Table, str] = {
    Table.CALLS: "来电时间",
    Table.FOLLOW_UPS: "提交时间",
    Table.PROBLEMS: "提交时间",
    Table.SCORES: "考核月份（整月在时间段内的）",
    Table.DISSATISFACTIONS: "评价日期",
    Table.CALL_BACKS: "回访时间",
    Table.TICKETS: "提交时间",
    Table.COMPLAINTS: "投诉时间",
    Table.COMPLAINT_STATISTICS: "投诉时间",
}
HEADINGS: dict[Table, tuple[str, ...]] = {
    Table.CALLS: (
        "序号", "来电日期", "来电时间", "客户姓名(*先生/女士)", "联系方式(虚拟)", "问题类型", "问题描述(简述)",
        "紧急程度", "初步处理意见", "处理责任人", "处理状态", "反馈时间", "客户满意度", "备注",
    ),
    Table.FOLLOW_UPS: (
        "问题编号", "关联来电记录", "问题描述", "处理责任人", "处理方案(简述)", "处理状态", "处理时限", "实际完成时间",
        "客户反馈结果", "改进建议",
    ),
    Table.PROBLEMS: (
        "工单编号", "接入时间", "客户信息(姓名/昵称*)", "联系方式", "问题类型", "问题描述摘要", "处理责任人",
        "协作部门", "处理步骤", "解决结果", "客户满意度(1-5分)", "关闭时间",
    ),
    Table.SCORES: (
        "考核周期", "客服姓名*", "响应时效(平均时长,秒)", "问题解决率(%)", "客户满意度(平均分)", "工单处理量(单)",
        "知识库更新条数", "总分(100分)", "考核等级", "备注",
    ),
    Table.DISSATISFACTIONS: (
        "日期", "工单编号", "不满意原因", "客户反馈摘要", "责任环节", "改进措施", "责任人", "完成时间",
    ),
    Table.CALL_BACKS: (
        "日期", "编号", "机构", "原因", "是否接通", "满意程度", "不满意方面", "建议", "回访人",
    ),
    Table.TICKETS: (
        "编号", "队列", "状态", "紧急程度", "诉求类型", "机构", "摘要", "处理责任人", "提交时间", "下一时限",
    ),
    Table.COMPLAINTS: (
        "投诉编号", "投诉人", "投诉时间", "渠道", "投诉内容(简述)", "类型", "是否重大", "是否涉法", "处理责任人",
        "判定", "状态", "答复时间",
    ),
    Table.COMPLAINT_STATISTICS: (
        "月份", "类型", "责任部门", "件数", "成立", "不成立", "按时", "改进对策",
    ),
}  # fmt: skip
