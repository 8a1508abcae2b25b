"""Settings and their values in Chinese, for 系统 and for the trail."""

SETTING_LABELS: dict[str, str] = {
    "environment": "运行环境",
    "uploads": "附图存储",
    "suite": "新数据的算法",
    "base_url": "访问地址",
    "host": "监听",
    "workers": "服务进程",
    "worker": "后台任务",
    "trusted_proxies": "可信代理",
    "omitting_channels": "可不附敏感信息的渠道",
    "outpatients": "没有住院号的患者",
    "after_sales": "诉求类型“售后”",
    "openapi": "接口说明",
    "support_phone": "服务电话",
    "desk_name": "客服单位的叫法",
    "help_channels": "其他求助渠道",
    "min_screenshot": "截图至少",
    "min_portrait_screenshot": "竖的截图至少",
    "strip_ratio": "长条截图的界限",
    "min_description": "问题描述至少",
    "min_brief_description": "咨询、建议至少",
    "reports_per_hour": "每小时最多提报",
    "reports_per_institution": "每家机构每小时最多",
    "session_idle_minutes": "闲置多久退出",
    "session_hours": "登录最长",
    "second_factor": "两步验证",
    "password_policy": "密码规则",
    "oidc_issuer": "外部账号登录",
    "oidc_client_id": "外部账号应用",
    "oidc_label": "外部账号的叫法",
    "reveal_quiet_minutes": "查看前再验证",
    "reveals_per_hour": "每小时最多查看",
    "credentials_grace_days": "账号密码保留",
    "keep_pictures_days": "附图保留",
    "keep_reports_days": "提报保留",
    "keep_trail_days": "审计记录保留",
    "keep_complaints_days": "投诉归档后保留",
    "keep_scores_days": "考核数据保留",
    "syslog": "审计记录转发",
    "notifications": "通知渠道",
    "metrics_token": "指标接口",
}
_VALUES = {
    "": "空", "on": "开", "off": "关", "auto": "自动", "optional": "自愿开启", "required": "必须开启",
    "owasp": "长度加常见密码表", "dengbao3": "等保三级", "inside": "在服务进程里", "apart": "单独的进程",
    "development": "开发", "production": "正式", "True": "是", "False": "否",
}  # fmt: skip


def setting_label(name: str) -> str:
    """`PORTAL_MIN_SCREENSHOT` in Chinese; a general word for a setting of another version."""
    return SETTING_LABELS.get(name.removeprefix("PORTAL_").lower(), "其他设置")


def value_label(value: str) -> str:
    """A value as it is written in a setting, in Chinese where it is a word."""
    return _VALUES.get(value, value.replace("x", "×") if value.replace("x", "").isdigit() else value)
