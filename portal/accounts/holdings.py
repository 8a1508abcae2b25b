"""Data held about staff, their sign-ins and attempts."""

from datetime import timedelta

from portal.accounts.models import (
    ApiToken,
    AttemptCounter,
    Department,
    ExternalIdentity,
    ExternalTrip,
    FormerPassword,
    PendingSignIn,
    RecoveryCode,
    SetupCode,
    StaffSession,
    User,
)
from portal.holdings import Expiry, Held, Keep, ends_at

HOLDINGS = (
    Held(Department, what="协作部门的名单", about="—", keep=Keep.LASTING, plain=("name", "name_key", "mail_address")),
    Held(
        User,
        what="工作人员账号，口令为 Argon2id",
        about="工作人员",
        keep=Keep.ACCOUNT,
        plain=("username", "name_key", "display_name", "staff_number", "mail_address"),
        codes=("role", "queues", "duties", "skills", "password_hash"),
    ),
    Held(
        StaffSession,
        what="登录会话，令牌只存散列",
        about="工作人员的地址和设备",
        keep=Keep.PARENT,
        plain=("address",),
        codes=("token_hash", "device"),
        ends_at_restore=True,
    ),
    Held(
        PendingSignIn,
        what="等第二因素的登录，只存散列",
        about="工作人员的编号",
        keep=Keep.SWEPT,
        codes=("token_hash",),
        expiry=ends_at(PendingSignIn.expires_at),
        ends_at_restore=True,
    ),
    Held(
        ExternalIdentity,
        what="统一账号的绑定",
        about="工作人员的编号",
        keep=Keep.PARENT,
        plain=("subject",),
        codes=("issuer",),
    ),
    Held(
        ExternalTrip,
        what="去统一账号登录的途中，只存散列",
        about="—",
        keep=Keep.SWEPT,
        codes=("token_hash", "target"),
        expiry=ends_at(ExternalTrip.expires_at),
        ends_at_restore=True,
    ),
    Held(
        RecoveryCode, what="第二因素的恢复码，只存散列", about="工作人员的编号", keep=Keep.PARENT, codes=("code_hash",)
    ),
    Held(FormerPassword, what="用过的口令的散列", about="工作人员", keep=Keep.PARENT, codes=("password_hash",)),
    Held(
        ApiToken,
        what="接口令牌，只存散列",
        about="工作人员的编号",
        keep=Keep.PARENT,
        plain=("name",),
        codes=("token_hash", "scopes"),
    ),
    Held(
        AttemptCounter,
        what="失败次数；不是账号的输入只留一个记号",
        about="账号名、地址",
        keep=Keep.SWEPT,
        plain=("key",),
        expiry=Expiry(lambda now: AttemptCounter.window_ends_at < now - timedelta(days=1)),
    ),
    Held(
        SetupCode,
        what="第一位管理员的一次性代码，只存散列",
        about="—",
        keep=Keep.SWEPT,
        codes=("code_hash",),
        expiry=ends_at(SetupCode.expires_at),
        ends_at_restore=True,
    ),
)
