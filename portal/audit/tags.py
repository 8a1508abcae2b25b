"""The closed vocabulary of the trail (SECURITY D-8). A tag that is not listed here cannot be recorded."""

from enum import StrEnum


class Tag(StrEnum):
    """`subject:action`; TAG_LABELS holds the label on pages."""

    SIGN_IN = "session:sign-in"
    SIGN_IN_REFUSED = "session:sign-in-refused"
    SIGN_IN_LOCKED = "session:sign-in-locked"
    SIGN_OUT = "session:sign-out"
    SESSION_EXPIRED = "session:expired"
    USER_ADDED = "user:add"
    USER_CHANGED = "user:change"
    USER_DISABLED = "user:disable"
    ABSENCE_SET = "user:away"
    SKILLS_SET = "user:skills"
    USER_ENABLED = "user:enable"
    PASSWORD_CHANGED = "user:password"  # noqa: S105
    TOKEN_ADDED = "token:add"  # noqa: S105
    TOKEN_REVOKED = "token:revoke"  # noqa: S105
    SECOND_FACTOR_ADDED = "user:second-factor"
    SECOND_FACTOR_REMOVED = "user:second-factor-remove"
    SECOND_FACTOR_RESET = "user:second-factor-reset"
    RECOVERY_CODE_USED = "session:recovery-code"
    EXTERNAL_LINKED = "user:external-link"
    EXTERNAL_UNLINKED = "user:external-unlink"
    INSTITUTION_ADDED = "institution:add"
    INSTITUTION_CHANGED = "institution:change"
    INSTITUTION_VERIFIED = "institution:verify"
    INSTITUTION_DISABLED = "institution:disable"
    INSTITUTION_ENABLED = "institution:enable"
    INSTITUTIONS_MERGED = "institution:merge"
    INSTITUTIONS_IMPORTED = "institution:import"
    KEEPER_ASSIGNED = "institution:keeper"
    CONTACT_ADDED = "institution:contact-add"
    CONTACT_CHANGED = "institution:contact-change"
    CONTACT_VERIFIED = "institution:contact-verify"
    CONTACT_ENDED = "institution:contact-end"
    PREVIOUS_SYSTEM_ADDED = "previous-system:add"
    PREVIOUS_SYSTEM_CHANGED = "previous-system:change"
    MODULE_ADDED = "module:add"
    MODULE_CHANGED = "module:change"
    ROOT_CAUSE_ADDED = "root-cause:add"
    ROOT_CAUSE_CHANGED = "root-cause:change"
    PHRASE_ADDED = "phrase:add"
    PHRASE_CHANGED = "phrase:change"
    WORD_HINT_ADDED = "word-hint:add"
    WORD_HINT_CHANGED = "word-hint:change"
    KNOWN_ISSUE_ADDED = "known-issue:add"
    KNOWN_ISSUE_CHANGED = "known-issue:change"
    KNOWN_ISSUE_SETTLED = "known-issue:settle"
    KNOWN_ISSUE_FOLLOWED = "known-issue:follow"
    CONTACTS_DESTROYED = "known-issue:contacts-destroy"
    ARTICLE_MADE = "article:make"
    ARTICLE_CHANGED = "article:change"
    ARTICLE_SUBMITTED = "article:submit"
    ARTICLE_APPROVED = "article:approve"
    ARTICLE_RETURNED = "article:return"
    ARTICLE_RETIRED = "article:retire"
    ARTICLE_RULE_CHANGED = "article:own-approval"
    REPORT_CREATED = "report:create"
    REPORT_REFUSED = "report:refuse"
    REPORT_SUPPLEMENTED = "report:supplement"
    TICKET_VIEWED = "ticket:view"
    TICKET_CLAIMED = "ticket:claim"
    TICKET_RELEASED = "ticket:release"
    TICKET_REPLIED = "ticket:reply"
    TICKET_NOTED = "ticket:note"
    TICKET_INFORMATION_REQUESTED = "ticket:information-request"
    TICKET_REMINDED = "ticket:remind"
    SUPPLEMENT_LINK_MADE = "ticket:secure-link"
    SUPPLEMENT_LINK_USED = "report:secure-link"
    PICTURE_OVERRIDDEN = "picture:override"
    TICKET_RESOLVED = "ticket:resolve"
    CALL_RECORDED = "ticket:call"
    TICKET_CLASSIFIED = "ticket:classify"
    SOLVED_AT_DESK = "ticket:desk-answer"
    TICKET_CLOSED = "ticket:close"
    TICKET_REOPENED = "ticket:reopen"
    TICKET_TRANSFERRED = "ticket:transfer"
    TICKET_ASSIGNED = "ticket:assign"
    OFFER_MADE = "ticket:offer"
    OFFER_ACCEPTED = "ticket:offer-accept"
    OFFER_DECLINED = "ticket:offer-decline"
    OFFER_WITHDRAWN = "ticket:offer-withdraw"
    TICKET_MERGED = "ticket:merge"
    TICKET_UNMERGED = "ticket:unmerge"
    TICKET_VOIDED = "ticket:void"
    VOID_ASKED = "ticket:void-ask"
    VOID_DENIED = "ticket:void-deny"
    DRAFT_ASKED = "ticket:draft-ask"
    DRAFT_APPROVED = "ticket:draft-approve"
    DRAFT_RETURNED = "ticket:draft-return"
    TICKETS_LINKED = "ticket:link"
    TICKETS_UNLINKED = "ticket:unlink"
    CODE_REISSUED = "ticket:query-code"
    REMINDER_SET = "ticket:reminder"
    PROMISE_MADE = "ticket:promise"
    PROMISE_MISSED = "ticket:promise-missed"
    TICKET_POSTPONED = "ticket:postpone"
    URGENCY_CHANGED = "ticket:urgency"
    COLLABORATION_DISPATCHED = "collaboration:dispatch"
    COLLABORATION_STARTED = "collaboration:start"
    COLLABORATION_ANSWERED = "collaboration:answer"
    COLLABORATION_VERIFYING = "collaboration:verify"
    COLLABORATION_PASSED = "collaboration:pass"
    COLLABORATION_RETURNED = "collaboration:return"
    COLLABORATION_FILED = "collaboration:file"
    COLLABORATION_WITHDRAWN = "collaboration:withdraw"
    COLLABORATION_MOVED = "collaboration:move"
    COLLABORATION_VIEWED = "collaboration:view"
    CALL_BACK_VIEWED = "call-back:view"
    CALL_BACK_MADE = "call-back:make"
    CALL_BACK_ASSIGNED = "call-back:assign"
    CALL_BACK_RECORDED = "call-back:record"
    CALL_BACK_APPOINTED = "call-back:appoint"
    CALL_BACK_WITHDRAWN = "call-back:withdraw"
    CAMPAIGN_MADE = "campaign:make"
    CAMPAIGN_VIEWED = "campaign:view"
    COMPLAINT_REGISTERED = "complaint:register"
    COMPLAINT_VIEWED = "complaint:view"
    COMPLAINT_REVEALED = "complaint:reveal"
    COMPLAINT_REVEAL_REFUSED = "complaint:reveal-refused"
    COMPLAINT_HANDLER_NAMED = "complaint:handler"
    COMPLAINT_JUDGED = "complaint:judge"
    COMPLAINT_INVESTIGATED = "complaint:investigate"
    COMPLAINT_INQUIRED = "complaint:inquire"
    COMPLAINT_PROPOSED = "complaint:propose"
    COMPLAINT_CHOSEN = "complaint:choose"
    COMPLAINT_ANSWERED = "complaint:answer"
    COMPLAINT_CONFIRMED = "complaint:confirm"
    COMPLAINT_REVIEW_ASKED = "complaint:review"
    COMPLAINT_FOLLOWED_UP = "complaint:follow-up"
    COMPLAINT_REPORTED = "complaint:report"
    COMPLAINT_ARCHIVED = "complaint:archive"
    COMPLAINT_NOTED = "complaint:note"
    COMPLAINT_FLAGGED = "complaint:flag"
    COMPLAINT_SUBJECTS_CHANGED = "complaint:subjects"
    COMPLAINT_DESTROYED = "complaint:destroy"
    DEPARTMENT_ADDED = "department:add"
    DEPARTMENT_CHANGED = "department:change"
    ORIGIN_CHANGED = "ticket:origin"
    COORDINATION_CHANGED = "ticket:coordination"
    POLICY_MADE = "policy:make"
    ESCALATED = "ticket:escalate"
    CLINIC_ESCALATED = "ticket:clinic-escalate"
    TICKET_RATED = "ticket:rate"
    ANALYSIS_CHANGED = "dissatisfaction:change"
    IMPROVEMENT_STAGE_ADDED = "improvement-stage:add"
    IMPROVEMENT_STAGE_CHANGED = "improvement-stage:change"
    ESCALATION_DECIDED = "ticket:escalation-decide"
    ALERT_ACKNOWLEDGED = "alert:acknowledge"
    SHIFT_ADDED = "duty:add"
    SHIFT_REMOVED = "duty:remove"
    TEXT_SEALED = "text:seal"
    TEXT_RESTORED = "text:restore"
    FIELD_REVEALED = "field:reveal"
    REVEAL_REFUSED = "field:reveal-refused"
    PICTURE_REASON = "picture:reason"
    PICTURE_OPENED = "picture:open"
    PICTURE_REFUSED = "picture:open-refused"
    PICTURE_COVERED = "picture:cover"
    PICTURE_UNCOVERED = "picture:uncover"
    REVEAL_ALARM = "field:alarm"
    CONFIRMED = "session:confirm"
    CONFIRMATION_REFUSED = "session:confirm-refused"
    BREAK_GLASS_ASKED = "break-glass:ask"
    BREAK_GLASS_APPROVED = "break-glass:approve"
    BREAK_GLASS_DENIED = "break-glass:deny"
    BREAK_GLASS_USED = "break-glass:use"
    BREAK_GLASS_REFUSED = "break-glass:refused"
    SAMPLE_DRAWN = "sample:draw"
    SAMPLE_TICKED_OFF = "sample:tick-off"
    SAMPLE_QUESTIONED = "sample:question"
    SAMPLE_ANSWERED = "sample:answer"
    CREDENTIALS_DESTROYED = "field:destroy"
    KEY_ROTATED = "key:rotate"
    KEY_RETIRED = "key:retire"
    SEALS_BOUND = "key:bind"
    SEAL_BROKEN = "seal:broken"
    ACCESS_DENIED = "access:denied"
    TRACK_REFUSED = "track:refused"
    VALUE_SEARCHED = "ticket:search-value"
    VALUES_INDEXED = "value:index"
    AUDIT_VIEWED = "audit:view"
    AUDIT_SEARCHED = "audit:search-value"
    AUDIT_VERIFIED = "audit:verify"
    AUDIT_EXPORTED = "audit:export"
    TRAIL_PURGED = "audit:purge"
    CALENDAR_CHANGED = "calendar:import"
    CALENDAR_DAY_EDITED = "calendar:day"
    CLOCKS_RECALCULATED = "clocks:recalculate"
    NOTIFICATIONS_CHANGED = "notifications:change"
    CONTACT_NOTIFIED = "contact:notify"
    TEXTS_STOPPED = "contact:stop-texts"
    UPLOADS_SWEPT = "uploads:sweep"
    PICTURES_DESTROYED = "picture:destroy"
    REPORT_DESTROYED = "report:destroy"
    REPORT_ERASED = "report:erase"
    HOLD_SET = "ticket:hold"
    HOLD_RELEASED = "ticket:hold-release"
    RETENTION_RUN = "retention:run"
    DESTRUCTIONS_REAPPLIED = "retention:reapply"
    CLOCK_CONFIRMED = "clock:confirm"
    ALARM_BEGAN = "alarm:begin"
    ALARM_ENDED = "alarm:end"
    SETTING_CHANGED = "setting:change"
    BACKUP_MADE = "backup:make"
    BACKUP_RESTORED = "backup:restore"


TAG_LABELS: dict[Tag, str] = {
    Tag.SIGN_IN: "登录",
    Tag.SIGN_IN_REFUSED: "登录失败",
    Tag.SIGN_IN_LOCKED: "登录被锁定",
    Tag.SIGN_OUT: "退出登录",
    Tag.SESSION_EXPIRED: "登录超时",
    Tag.USER_ADDED: "新增人员",
    Tag.USER_CHANGED: "修改人员",
    Tag.USER_DISABLED: "停用人员",
    Tag.ABSENCE_SET: "修改不在的时间",
    Tag.SKILLS_SET: "修改专长",
    Tag.USER_ENABLED: "启用人员",
    Tag.PASSWORD_CHANGED: "修改密码",
    Tag.TOKEN_ADDED: "新增接口令牌",
    Tag.TOKEN_REVOKED: "吊销接口令牌",
    Tag.SECOND_FACTOR_ADDED: "开启两步验证",
    Tag.SECOND_FACTOR_REMOVED: "关闭两步验证",
    Tag.SECOND_FACTOR_RESET: "重置两步验证",
    Tag.RECOVERY_CODE_USED: "使用恢复码登录",
    Tag.EXTERNAL_LINKED: "绑定外部账号",
    Tag.EXTERNAL_UNLINKED: "解除外部账号",
    Tag.INSTITUTION_ADDED: "新增机构",
    Tag.INSTITUTION_CHANGED: "修改机构",
    Tag.INSTITUTION_VERIFIED: "核实机构",
    Tag.INSTITUTION_DISABLED: "停用机构",
    Tag.INSTITUTION_ENABLED: "启用机构",
    Tag.INSTITUTIONS_MERGED: "合并机构",
    Tag.INSTITUTIONS_IMPORTED: "导入机构名录",
    Tag.KEEPER_ASSIGNED: "分配维护人",
    Tag.CONTACT_ADDED: "新增机构联系人",
    Tag.CONTACT_CHANGED: "修改机构联系人",
    Tag.CONTACT_VERIFIED: "核实机构联系人",
    Tag.CONTACT_ENDED: "不再联系机构联系人",
    Tag.PREVIOUS_SYSTEM_ADDED: "新增原系统",
    Tag.PREVIOUS_SYSTEM_CHANGED: "修改原系统名单",
    Tag.MODULE_ADDED: "新增模块",
    Tag.MODULE_CHANGED: "修改模块名单",
    Tag.ROOT_CAUSE_ADDED: "新增定性原因",
    Tag.ROOT_CAUSE_CHANGED: "修改定性名单",
    Tag.PHRASE_ADDED: "新增常用语",
    Tag.PHRASE_CHANGED: "修改常用语",
    Tag.WORD_HINT_ADDED: "新增用词提示",
    Tag.WORD_HINT_CHANGED: "修改用词提示",
    Tag.KNOWN_ISSUE_ADDED: "新增已知问题",
    Tag.KNOWN_ISSUE_CHANGED: "修改已知问题",
    Tag.KNOWN_ISSUE_SETTLED: "已知问题已恢复",
    Tag.KNOWN_ISSUE_FOLLOWED: "我也遇到",
    Tag.CONTACTS_DESTROYED: "销毁联系方式",
    Tag.ARTICLE_MADE: "新写知识条目",
    Tag.ARTICLE_CHANGED: "修改知识条目",
    Tag.ARTICLE_SUBMITTED: "提交审核知识条目",
    Tag.ARTICLE_APPROVED: "发布知识条目",
    Tag.ARTICLE_RETURNED: "退回知识条目",
    Tag.ARTICLE_RETIRED: "停用知识条目",
    Tag.ARTICLE_RULE_CHANGED: "修改谁可以审核自己写的条目",
    Tag.REPORT_CREATED: "提交问题",
    Tag.REPORT_REFUSED: "提交被退回",
    Tag.REPORT_SUPPLEMENTED: "补充资料",
    Tag.TICKET_VIEWED: "打开工单",
    Tag.TICKET_CLAIMED: "领取",
    Tag.TICKET_RELEASED: "放回队列",
    Tag.TICKET_REPLIED: "回复机构",
    Tag.TICKET_NOTED: "内部备注",
    Tag.TICKET_INFORMATION_REQUESTED: "请机构补充",
    Tag.TICKET_REMINDED: "提醒机构补充",
    Tag.SUPPLEMENT_LINK_MADE: "生成补充链接",
    Tag.SUPPLEMENT_LINK_USED: "使用补充链接",
    Tag.PICTURE_OVERRIDDEN: "人工保留附图",
    Tag.TICKET_RESOLVED: "提交处理结果",
    Tag.CALL_RECORDED: "记录机构来电",
    Tag.TICKET_CLASSIFIED: "分类",
    Tag.SOLVED_AT_DESK: "当场解答",
    Tag.TICKET_CLOSED: "关闭",
    Tag.TICKET_REOPENED: "重新处理",
    Tag.TICKET_TRANSFERRED: "转派",
    Tag.TICKET_ASSIGNED: "指派",
    Tag.OFFER_MADE: "请同事接手",
    Tag.OFFER_ACCEPTED: "接手",
    Tag.OFFER_DECLINED: "不接手",
    Tag.OFFER_WITHDRAWN: "撤回转交",
    Tag.TICKET_MERGED: "合并",
    Tag.TICKET_UNMERGED: "撤销合并",
    Tag.VOID_ASKED: "申请作废",
    Tag.VOID_DENIED: "不同意作废",
    Tag.DRAFT_ASKED: "请主管审核回复",
    Tag.DRAFT_APPROVED: "同意回复",
    Tag.DRAFT_RETURNED: "退回回复",
    Tag.TICKETS_LINKED: "关联",
    Tag.TICKETS_UNLINKED: "取消关联",
    Tag.CODE_REISSUED: "重新发放查询码",
    Tag.TICKET_VOIDED: "作废",
    Tag.REMINDER_SET: "提醒我",
    Tag.PROMISE_MADE: "承诺或预约",
    Tag.PROMISE_MISSED: "承诺没有按时兑现",
    Tag.TICKET_POSTPONED: "延期说明",
    Tag.ESCALATED: "上报主管",
    Tag.CLINIC_ESCALATED: "要求主管处理",
    Tag.TICKET_RATED: "评价",
    Tag.ANALYSIS_CHANGED: "填写不满意分析",
    Tag.IMPROVEMENT_STAGE_ADDED: "新增责任环节",
    Tag.IMPROVEMENT_STAGE_CHANGED: "修改责任环节",
    Tag.ESCALATION_DECIDED: "主管决定",
    Tag.ALERT_ACKNOWLEDGED: "确认提醒",
    Tag.SHIFT_ADDED: "排班",
    Tag.SHIFT_REMOVED: "撤下班次",
    Tag.URGENCY_CHANGED: "修改紧急程度",
    Tag.COLLABORATION_DISPATCHED: "派发协作",
    Tag.COLLABORATION_STARTED: "协作开始处理",
    Tag.COLLABORATION_ANSWERED: "协作反馈",
    Tag.COLLABORATION_VERIFYING: "协作开始验证",
    Tag.COLLABORATION_PASSED: "协作验证通过",
    Tag.COLLABORATION_RETURNED: "协作打回",
    Tag.COLLABORATION_FILED: "协作备案",
    Tag.COLLABORATION_WITHDRAWN: "撤回协作",
    Tag.COLLABORATION_MOVED: "协作随工单合并",
    Tag.COLLABORATION_VIEWED: "打开协作",
    Tag.CALL_BACK_VIEWED: "打开回访",
    Tag.CALL_BACK_MADE: "新建预约回访",
    Tag.CALL_BACK_ASSIGNED: "转交回访",
    Tag.CALL_BACK_RECORDED: "记录回访",
    Tag.CALL_BACK_APPOINTED: "约定回访时间",
    Tag.CALL_BACK_WITHDRAWN: "撤回回访",
    Tag.CAMPAIGN_MADE: "发起回访活动",
    Tag.CAMPAIGN_VIEWED: "查看回访活动",
    Tag.COMPLAINT_REGISTERED: "登记投诉",
    Tag.COMPLAINT_VIEWED: "打开投诉",
    Tag.COMPLAINT_REVEALED: "查看投诉人",
    Tag.COMPLAINT_REVEAL_REFUSED: "查看投诉人被拒绝",
    Tag.COMPLAINT_HANDLER_NAMED: "指定投诉处理人",
    Tag.COMPLAINT_JUDGED: "判断投诉",
    Tag.COMPLAINT_INVESTIGATED: "调查投诉",
    Tag.COMPLAINT_INQUIRED: "请部门协查投诉",
    Tag.COMPLAINT_PROPOSED: "提出投诉方案",
    Tag.COMPLAINT_CHOSEN: "选定投诉方案",
    Tag.COMPLAINT_ANSWERED: "答复投诉",
    Tag.COMPLAINT_CONFIRMED: "投诉人确认答复",
    Tag.COMPLAINT_REVIEW_ASKED: "请求复核投诉",
    Tag.COMPLAINT_FOLLOWED_UP: "回访投诉",
    Tag.COMPLAINT_REPORTED: "填写投诉结案报告",
    Tag.COMPLAINT_ARCHIVED: "归档投诉",
    Tag.COMPLAINT_NOTED: "记录投诉进展",
    Tag.COMPLAINT_FLAGGED: "标记投诉",
    Tag.COMPLAINT_SUBJECTS_CHANGED: "修改投诉回避名单",
    Tag.COMPLAINT_DESTROYED: "销毁投诉内容",
    Tag.DEPARTMENT_ADDED: "新增协作部门",
    Tag.DEPARTMENT_CHANGED: "修改协作部门",
    Tag.ORIGIN_CHANGED: "修改来源（外部、内部）",
    Tag.COORDINATION_CHANGED: "修改协调范围",
    Tag.POLICY_MADE: "修改服务时限",
    Tag.TEXT_SEALED: "隐藏文字",
    Tag.TEXT_RESTORED: "恢复隐藏的文字",
    Tag.FIELD_REVEALED: "查看敏感信息",
    Tag.REVEAL_REFUSED: "查看被拒绝",
    Tag.PICTURE_REASON: "填写打开附图的原因",
    Tag.PICTURE_OPENED: "打开附图",
    Tag.PICTURE_REFUSED: "打开附图被拒绝",
    Tag.PICTURE_COVERED: "涂黑附图",
    Tag.PICTURE_UNCOVERED: "移除涂黑",
    Tag.REVEAL_ALARM: "查看过多报警",
    Tag.CONFIRMED: "查看前验证身份",
    Tag.CONFIRMATION_REFUSED: "查看前验证身份失败",
    Tag.BREAK_GLASS_ASKED: "申请应急查看",
    Tag.BREAK_GLASS_APPROVED: "批准应急查看",
    Tag.BREAK_GLASS_DENIED: "不批准应急查看",
    Tag.BREAK_GLASS_USED: "使用应急查看",
    Tag.BREAK_GLASS_REFUSED: "应急查看被拒绝",
    Tag.SAMPLE_DRAWN: "抽查",
    Tag.SAMPLE_TICKED_OFF: "抽查标为合规",
    Tag.SAMPLE_QUESTIONED: "抽查标为需说明",
    Tag.SAMPLE_ANSWERED: "抽查答复",
    Tag.CREDENTIALS_DESTROYED: "销毁账号和密码",
    Tag.KEY_ROTATED: "更换密钥",
    Tag.KEY_RETIRED: "停用旧密钥",
    Tag.SEALS_BOUND: "绑定旧密文",
    Tag.SEAL_BROKEN: "密文校验失败",
    Tag.ACCESS_DENIED: "越权访问被拒绝",
    Tag.TRACK_REFUSED: "查询码不对",
    Tag.VALUE_SEARCHED: "按完整号码查工单",
    Tag.VALUES_INDEXED: "补建号码的检索指纹",
    Tag.AUDIT_VIEWED: "查看审计记录",
    Tag.AUDIT_SEARCHED: "按完整号码查审计",
    Tag.AUDIT_VERIFIED: "校验审计记录",
    Tag.AUDIT_EXPORTED: "导出审计记录",
    Tag.TRAIL_PURGED: "清除过期的审计记录",
    Tag.CALENDAR_CHANGED: "录入工作日历",
    Tag.CALENDAR_DAY_EDITED: "修改工作日历的一天",
    Tag.CLOCKS_RECALCULATED: "按日历重算时限",
    Tag.NOTIFICATIONS_CHANGED: "修改通知设置",
    Tag.CONTACT_NOTIFIED: "用手机号发送短信",
    Tag.TEXTS_STOPPED: "停止给机构发短信",
    Tag.UPLOADS_SWEPT: "清理无主附图",
    Tag.PICTURES_DESTROYED: "销毁附图",
    Tag.REPORT_DESTROYED: "销毁提报内容",
    Tag.REPORT_ERASED: "按本人请求销毁",
    Tag.HOLD_SET: "停止销毁（保全）",
    Tag.HOLD_RELEASED: "解除保全",
    Tag.RETENTION_RUN: "按保存期限清理",
    Tag.DESTRUCTIONS_REAPPLIED: "再次执行已有的销毁",
    Tag.CLOCK_CONFIRMED: "确认服务器时间",
    Tag.ALARM_BEGAN: "系统告警开始",
    Tag.ALARM_ENDED: "系统告警结束",
    Tag.SETTING_CHANGED: "修改设置",
    Tag.BACKUP_MADE: "备份",
    Tag.BACKUP_RESTORED: "从备份恢复",
}

# Accesses and attempts: the first question after a breach (PIPL 57).
ACCESS_TAGS: tuple[Tag, ...] = (
    Tag.TICKET_VIEWED,
    Tag.COLLABORATION_VIEWED,
    Tag.CALL_BACK_VIEWED,
    Tag.CAMPAIGN_VIEWED,
    Tag.COMPLAINT_VIEWED,
    Tag.COMPLAINT_REVEALED,
    Tag.COMPLAINT_REVEAL_REFUSED,
    Tag.FIELD_REVEALED,
    Tag.REVEAL_REFUSED,
    Tag.PICTURE_OPENED,
    Tag.PICTURE_REFUSED,
    Tag.BREAK_GLASS_REFUSED,
    Tag.TRACK_REFUSED,
    Tag.AUDIT_VIEWED,
    Tag.AUDIT_EXPORTED,
)
