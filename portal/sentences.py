"""Every sentence for operators: Chinese with its English twin behind it, from this one table."""

# name: (Chinese, English). Both have the same places to fill in.
SENTENCES: dict[str, tuple[str, str]] = {
    # the data folder
    "folder_in_use": (
        "数据目录 {folder} 正由 {command} 使用（进程 {pid}，从 {since} 起），请先停止它",
        "the data folder {folder} is in use by {command}, process {pid}, since {since}: stop it first",
    ),
    "no_installation": (
        "这里没有安装：{folder}，请检查 PORTAL_DATA_DIR 和 PORTAL_DATABASE_URL",
        "no installation here: {folder}; check PORTAL_DATA_DIR and PORTAL_DATABASE_URL",
    ),
    "no_schema": (
        "这里没有安装：{folder} 的数据库里没有一线通的表，请检查 PORTAL_DATABASE_URL",
        "no installation here: the database of {folder} holds no tables of the portal; check PORTAL_DATABASE_URL",
    ),
    "database_lost": (
        "{folder} 里签过审计记录，数据库却是空的，可能丢失了或连错了：请检查 PORTAL_DATABASE_URL，"
        "或用 restore 恢复备份；要从头开始，请另给一个 PORTAL_DATA_DIR",
        "a trail was signed in {folder}, but the database is empty, so it is lost or another one: check "
        "PORTAL_DATABASE_URL, or restore a backup; to begin anew, give another PORTAL_DATA_DIR",
    ),
    "folder_has_people": (
        "这个数据目录里已经有人员，请用 PORTAL_DATA_DIR 另给一个",
        "this data folder already has people in it; give another PORTAL_DATA_DIR",
    ),
    # what went wrong outside the portal
    "database_unreachable": (
        "打不开数据库 {place}，请检查 PORTAL_DATABASE_URL，以及数据库是否在运行",
        "cannot open the database: {reason}; check PORTAL_DATABASE_URL, and whether the database is running",
    ),
    "database_busy": (
        "数据库 {place} 正被别的程序占用，请稍后再试",
        "the database {place} is busy with another program; try again later",
    ),
    "disk_full": (
        "磁盘已满，{place} 没有写完，请先腾出空间",
        "the disk is full, {place} was not finished: free some room first",
    ),
    "no_permission": (
        "没有权限使用 {place}，请检查它的属主和权限",
        "no permission for {place}: check its owner and mode",
    ),
    "read_only": ("{place} 所在的磁盘是只读的", "{place} is on a read-only disk"),
    "not_there": ("找不到 {place}，请检查名称和位置", "{place}: no such file; check its name and place"),
    "not_a_folder": ("{place} 的路径上有一段不是目录", "{place}: a part of this path is not a folder"),
    "a_folder": ("{place} 是目录，不是文件", "{place} is a folder, not a file"),
    "is_there": ("{place} 已经存在，请换一个名称", "{place}: is there already, give another name"),
    "system_error": ("{place} 不能使用：{reason}", "{place} cannot be used: {reason}"),
    "store_unwritable": (
        "附图存储不能写入（PORTAL_UPLOADS）：{place}，请检查目录和权限",
        "the store of pictures (PORTAL_UPLOADS) cannot be written: {place}; check folder and permissions",
    ),
    "store_unreachable": (
        "附图存储 {place} 打不开（PORTAL_UPLOADS），没有执行",
        "the store of pictures {place} (PORTAL_UPLOADS) cannot be opened",
    ),
    "store_unmarked": (
        "附图存储 {place} 里没有标记（PORTAL_UPLOADS），可能没有挂载，或目录不对，没有执行",
        "the store of pictures {place} (PORTAL_UPLOADS) has no mark: it may not be mounted, or be another one",
    ),
    "bucket_none": ("PORTAL_UPLOADS：没有名为 {bucket} 的存储桶", "PORTAL_UPLOADS: there is no bucket {bucket}"),
    "bucket_keys": (
        "PORTAL_UPLOADS：存储桶 {bucket} 不接受所给的密钥（AWS_ACCESS_KEY_ID、AWS_SECRET_ACCESS_KEY）",
        "PORTAL_UPLOADS: the bucket {bucket} refuses the keys AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY",
    ),
    "bucket_full": (
        "PORTAL_UPLOADS：存储桶 {bucket} 没有空间了", "PORTAL_UPLOADS: the bucket {bucket} has no room left",
    ),
    "bucket_refuses": (
        "PORTAL_UPLOADS：存储桶 {bucket} 不可写（{code}）",
        "PORTAL_UPLOADS: the bucket {bucket} cannot be written, {code}",
    ),
    "bucket_keeps": (
        "PORTAL_UPLOADS：存储桶 {bucket} 开启了版本控制，销毁的附图仍会留在里面，请先关闭",
        "PORTAL_UPLOADS: the bucket {bucket} keeps versions, so destroyed pictures would stay: turn them off",
    ),
    "bucket_away": (
        "PORTAL_UPLOADS：连不上附图存储，请检查 PORTAL_S3_ENDPOINT",
        "PORTAL_UPLOADS: the store of pictures cannot be reached, see PORTAL_S3_ENDPOINT",
    ),
    "unexpected": (
        "出现了意料之外的错误 {kind}，加上 --debug 可以看到详情",
        "unexpected error {kind}; add --debug to see more",
    ),
    "keyring": ("密钥有问题，没有执行", "{problem}"),
    "keys_not_clean": ("密钥没有停用", "{problem}"),
    "refused": ("{message}", "refused, status {status}"),
    "invalid": ("{messages}", "invalid: {codes}"),
    "too_little_room": (
        "{folder} 的剩余空间不足：需要约 {needed} MB，只有 {free} MB，没有开始",
        "too little room in {folder}: about {needed} MB needed, {free} MB free; nothing was begun",
    ),
    "schema_newer": (
        "数据库由更新的版本建立，请启动那个版本",
        "{problem}",
    ),
    "database_damaged": (
        "{place} 不是一线通的数据库文件，或已经损坏，请检查 PORTAL_DATABASE_URL，或用 restore 恢复备份",
        "{place} is no database of the portal, or is damaged: check PORTAL_DATABASE_URL, or restore a backup",
    ),
    "interrupted": ("已中断，没有做完", "interrupted, not everything was done"),
    "usage": ("命令或选项写得不对，加上 --help 可以看到用法", "{problem}"),
    "not_a_day": ("日期要写成 2026-11-01", "a day looks like 2026-11-01"),
    "not_a_year": ("年份要写成 {lowest} 到 {highest} 之间的数", "a year from {lowest} to {highest}"),
    # the keyring
    "keyring_missing": (
        "未找到加密密钥 {path}，系统不会启动，避免产生无法打开的数据", "keyring {path} is missing",
    ),
    "keyring_unmade": ("不能建立加密密钥 {place}", "keyring {place}: cannot be made ({reason})"),
    "keyring_foreign": (
        "加密密钥属于另一套数据，请放回这套数据的密钥", "the keyring belongs to other data",
    ),
    "keyring_lacks": (
        "加密密钥里缺少数据用到的一把 {key}", "the keyring lacks the key {key}, on which data hang",
    ),
    "keyring_inactive": ("加密密钥里没有当前的一把 {key}", "the active key {key} is not there"),
    "keyring_older": (
        "加密密钥 {path} 不是启动时的那一份，或比它旧", "keyring {path}: is another one than at the start, or older",
    ),
    "keyring_active": (
        "{key} 是当前密钥，或没有这把密钥，不能停用", "key {key} is active or unknown and cannot be retired",
    ),
    "keyring_damaged": ("加密密钥 {name} 已损坏，请换回完好的那一份", "{name}: is damaged"),
    "keyring_open": (
        "加密密钥 {path} 别人也能读，请执行 chmod 600", "keyring {path}: must not be readable by others (chmod 600)",
    ),
    "keyring_unreadable": (
        "加密密钥 {path} 读不出来，请检查它的属主和权限", "keyring {path}: cannot be read ({reason})",
    ),
    # settings
    "database_form": (
        "要以 sqlite:/// 或 postgresql+psycopg:// 开头", "must start with sqlite:/// or postgresql+psycopg://",
    ),
    "store_form": ("应是一个目录，或写成 s3://bucket/prefix", "must be a folder, or look like s3://bucket/prefix"),
    "must_look_like": ("应写成 {sample} 这样", "must look like {sample}"),
    "must_look_safe": (
        "应写成 {sample} 这样，只有本机地址可以用 http", "must look like {sample}; plain http only on loopback",
    ),
    "no_path": ("不能带路径，一线通要有自己的主机名", "must not have a path: the portal needs a host name of its own"),
    "needed_with": ("要和 {other} 一起设置", "needed together with {other}"),
    "needed_for": ("{other} 要用到它", "needed for {other}"),
    "not_both": ("{name} 和 {name}_FILE 只能设置一个", "give either {name} or {name}_FILE, not both"),
    "setting_file": ("这个文件读不出来", "the file cannot be read"),
    "must_be_one_of": ("只能是 {choices} 中的一个", "must be one of {choices}"),
    "must_be_number": ("应是 {lowest} 到 {highest} 的整数", "must be a whole number from {lowest} to {highest}"),
    "must_be_days": ("应是 0（永久），或至少 {lowest} 天", "must be 0 (for ever) or at least {lowest} days"),
    "must_be_host": ("应是地址或主机名", "must be an address or a host name"),
    "must_be_channels": (
        "应是 none，或用逗号隔开的渠道：{channels}", "must be none, or channels of {channels}, separated by commas",
    ),
    "one_line": ("最多 {most} 个字，写在一行里", "must be at most {most} characters on one line"),
    "must_be_networks": (
        "应是用逗号隔开的地址或网段", "must be a list of addresses or networks, separated by commas",
    ),
    "no_folder": ("{place} 不是目录", "{place} is not a folder"),
    "no_blanks": ("只能用看得见的字符，不带空格", "must be visible characters without blanks"),
    "setting": ("{name}：{fault}", "{twin}"),
    "loosened": ("{name} 是 {value}，放宽了规则：{rule}", "{name} weakens a rule of the specification"),
    "unknown_setting": ("没有这个设置：{name}", "no such setting, the nearest one is behind the arrow"),
    # serving
    "first_administrator": (
        "还没有管理员。请在 {minutes} 分钟内打开 {address}/setup ，用一次性代码建立第一位管理员",
        "first administrator: open {address}/setup within {minutes} minutes and use this one-time code",
    ),
    "reapplied": ("再次执行了 {count} 项以前的销毁", "{count} destructions were done again"),
    "demo_people": ("演示人员与密码，在 /sign-in 登录", "sample staff; sign in at /sign-in"),
    "demo_ticket": ("在 /track 可以用编号 {number}、查询码 {code} 查看进度",
                    "a ticket to track at /track: number {number}, code {code}"),
    "demo_older": ("{folder} 里已经有人员，密码没有另外保存；删除这个目录可以重新建立演示",
                   "{folder} already has people whose passwords were not kept; delete it for a new demo"),
    # people
    "oidc_unset": ("没有设置 PORTAL_OIDC_ISSUER", "PORTAL_OIDC_ISSUER is not set"),
    # keys
    "keys_in": ("密钥在 {place}", "keys in: {place}"),
    "key_active": ("当前密钥 {key}，{age}建立，新数据用 {suite}", "active: {key}, {age_twin}, new data: {suite}"),
    "key_use": ("{key} 用 {suite} 保护 {count} 个数据密钥，最早的在{age}",
                "{key} {suite}: {count} data keys, the oldest {age_twin}"),
    "key_unused": ("{key} 没有保护任何数据，{age}建立，可用 keys retire 停用",
                   "{key}: nothing hangs on it, {age_twin}; keys retire {key} removes it"),
    "rotation_unfinished": ("更换密钥没有完成，还有 {count} 个数据密钥在旧密钥下，请运行 keys rotate",
                            "rotation is not finished: {count} data keys hang on older keys; run keys rotate"),
    "key_rotated": ("当前密钥 {key}，重新封装了 {count} 个数据密钥", "active: {key}, {count} data keys wrapped anew"),
    "keys_converted": ("{count} 个数据密钥改用了 {suite}", "{count} data keys converted to {suite}"),
    "keys_left": ("有 {count} 个数据密钥打不开，保持原样，请运行 keys verify",
                  "{count} data keys cannot be opened and stay as they are; run keys verify"),
    "seals_open": ("{count} 个密封的值和附图都能打开", "{count} sealed values and pictures open"),
    "seals_broken": ("{broken} 个打不开，{count} 个密封的值和附图能打开",
                     "{broken} cannot be opened, {count} sealed values and pictures open"),
    "seal_broken": ("打不开", "cannot be opened: {problem}"),
    "seals_bound_before": ("密文都已绑定", "all seals are bound already"),
    "seals_bound": ("已绑定密文", "{tables} bound"),
    "seals_at_next_start": ("密文在下次启动时绑定", "seals are bound at the next start: {reason}"),
    "older_database": (
        "数据库比数据目录旧，其中的密文保持关闭；如果是您自己放回的，请运行 keys bind",
        "the database is older than its data folder, and what it sealed stays closed; "
        "if you have put it there yourself, run keys bind",
    ),
    "seals_older": ("旧版本的密文还没有绑定，下次启动或后台任务会绑定",
                    "what an older version sealed is not bound yet; the next start or the worker does it"),
    "seals_left": ("有 {count} 个打不开，保持关闭，请运行 keys verify",
                   "{count} cannot be opened and stay closed; run keys verify"),
    "key_retired": ("已停用并销毁密钥 {key}", "{key} is destroyed"),
    # the trail
    "trail_whole": ("审计记录完整，共 {count} 条", "{proof}, chain whole"),
    "trail_broken": ("审计记录从第 {seq} 条起有问题：{label}", "row {seq}: {problem}"),
    "checkpoints_broken": ("签名检查点有问题：{label}", "{problem}"),
    "trail_not_purged": ("审计记录不完整，没有清除：{label}", "{problem}"),
    "checkpoints_new": ("已开始新的检查点文件 {path}", "new file {path}"),
    "checkpoints_aside": ("旧文件保留在 {path}", "the old one is {path}"),
    "exported": ("已导出 {count} 条", "{count} rows"),
    "export_whole": ("文件完整：第 {first} 条到第 {last} 条", "whole: rows {first} to {last}"),
    "extract_whole": ("文件完整：从审计记录中选出的 {count} 条", "whole: {count} rows, chosen from the trail"),
    "export_broken": ("导出的内容不完整：{label}", "{problem}"),
    "export_key": ("{text} 不是公钥，应为 64 位十六进制", "{text} is no public key: 64 hex digits"),
    # retention
    "credentials_due": ("{verb}：{count} 个工单的账号和密码（关闭 {days} 天后）",
                        "{twin}: credentials of {count} tickets ({days} days after closing)"),
    "pictures_due": ("{verb}：{count} 个工单的附图（{keep}）", "{twin}: pictures of {count} tickets ({keep_twin})"),
    "reports_due": ("{verb}：{count} 份完整的提报（{keep}）", "{twin}: {count} whole reports ({keep_twin})"),
    "held": ("保全中：{count} 个工单", "on hold: {count} tickets"),
    "trail_due": ("{verb}：{count} 条最早的审计记录（{keep}）",
                  "{twin}: {count} rows of the trail, from its old end ({keep_twin})"),
    "rows_due": ("{verb}：{table} 里 {count} 行过期的数据", "{twin}: {count} rows of {table} whose time has run out"),
    "on_hold": ("{number} 已设为保全", "{number} is on hold"),
    "off_hold": ("{number} 已解除保全", "{number} is no longer on hold"),
    "erased": ("{number} 的提报内容已销毁", "the report of {number} is destroyed"),
    "swept": ("清理了 {count} 个无主文件", "{count} orphan files removed"),
    # time
    "clock_doubted": (
        "服务器时间 {now} 不可信：上次可信的时间是 {trusted}。到期销毁、提醒和自动关闭都已暂停；"
        "时间正确时请运行 portal clock confirm",
        "the clock says {now}, the last trusted moment was {trusted}: nothing is destroyed, reminded or closed; "
        "if the clock is right, run portal clock confirm",
    ),
    "clock_trusted": ("服务器时间可信：{now}", "the clock is trusted: {now}"),
    "clock_confirmed": ("已确认服务器时间 {now}", "the clock is confirmed: {now}"),
    # working days
    "report_made": (
        "{period} 的报告已经做过，加上 --again 可以再做一版",
        "the report of {period} is made already; --again makes a further edition",
    ),
    "report_not_over": ("{period} 还没有过完，不能做报告", "{period} is not over yet"),
    "report_no_queue": ("没有队列 {queue}", "no queue {queue}"),
    "report_no_period": (
        "没有这样的一期：{period}，周写成 2026-W48，月写成 2026-11",
        "no such period: {period}; a week is 2026-W48, a month 2026-11",
    ),
    "calendar_kept": ("{year} 年的日历已录入，{count} 天和原来不同", "{year}: kept, {count} days changed"),
    "calendar_would_keep": ("{year} 年的日历没有录入，{count} 天会和原来不同",
                            "{year}: nothing kept, {count} days would change"),
    "calendar_neighbour": ("其中有 {year} 年的日子", "days of {year} are among them"),
    "calendar_change": ("{change}", "{day}"),
    "calendar_by_hand": ("手工改过的一天：{change}", "{day}, edited by hand"),
    "trial_refused": ("没有发送：{why}", "nothing was sent"),
    "trial_failed": ("测试通知没有送达", "the trial message was not delivered"),
    "calendar_known": ("{year} 年的日历已录入", "{year}: known"),
    "calendar_estimate": ("{year} 年的日历没有录入，是估计",
                          "{year}: an estimate, Monday to Friday without the fixed days of the law"),
    # the directory of institutions
    "line_changes": ("第 {line} 行修改 {name}：{notes}", "line {line} changes {name}"),
    "line_refused": ("第 {line} 行没有采用，{name}：{notes}", "line {line} is refused, {name}"),
    "imported": ("新增 {new} 家，修改 {changed} 家，{unchanged} 家不变",
                 "{new} are added, {changed} are changed, {unchanged} stay as they were"),
    "would_import": ("将新增 {new} 家，修改 {changed} 家，{unchanged} 家不变",
                     "{new} would be added, {changed} would be changed, {unchanged} stay as they were"),
    "lines_refused": ("有 {count} 行没有采用", "{count} lines are refused"),
    # backup and restore
    "backed_up": ("已备份到 {path}：{reports} 份提报，{pictures} 张附图；密钥不在里面",
                  "{path}: {reports} reports, {pictures} pictures; the keyring is not in it"),
    "pictures_gone": ("有 {count} 张附图在备份前就已丢失", "{count} pictures were gone before"),
    "restored": ("已恢复：{reports} 份提报，截至 {made_at}", "restored: {reports} reports as of {made_at}"),
    "destroyed_again": ("再次执行了备份之后的 {count} 项销毁",
                        "{count} destructions made after the backup were done again"),
    "checkpoints_restarted": ("审计记录的检查点已重新开始；原来的文件（如果有）保留在旁边",
                              "the checkpoints of the trail were begun anew; the old file, if any, lies beside them"),
    "backup_unsettled": ("备份时附图一直在变动，请等变动停下后再备份",
                         "pictures kept being replaced meanwhile; make the backup when that is over"),
    "backup_cut": ("{path} 不完整，缺少结尾", "{path}: the backup is incomplete, its end is missing"),
    "backup_damaged": ("{path} 已损坏，或用别的密钥加密",
                       "{path}: the backup is damaged or was sealed with another key"),
    "backup_parts": ("{path} 的内容和清单不一致", "{path}: the parts are not those of its manifest"),
    "backup_manifest": ("备份的清单读不出来", "the manifest cannot be read"),
    "backup_size": ("{name} 在读取时变了大小", "{name}: changed its size while it was read"),
    "backup_newer": ("{path} 由更新的版本制作：格式 {made}，本版本只能读到 {known}",
                     "{path}: made by a newer version: format {made}, this one reads up to {known}"),
    "backup_kind": ("{path} 是 {made} 的备份，不能恢复到 {wanted}",
                    "{path}: a backup of {made}, which cannot be restored into {wanted}"),
    "backup_none": ("{path} 不是备份文件", "{path}: is not a backup"),
    "backup_no_database": ("备份里开头不是数据库", "the backup does not begin with its database"),
    "backup_counts": ("备份里的数据库和清单的行数不一致",
                      "the database does not hold the rows that the manifest counts"),
    "backup_trail": ("备份里的审计记录从第 {seq} 条起有问题：{label}",
                     "the trail in the backup is broken at row {seq}: {problem}"),
    "needs_replace": ("这里已经有数据，要用备份替换请加上 --replace",
                      "there are data already; --replace puts the backup in their place"),
    "store_foreign": ("附图存储 {place} 属于另一套数据，没有写入",
                      "the store of pictures {place} belongs to other data; nothing was written"),
    "database_in_use": ("一线通或别的程序还在使用数据库，请先停止",
                        "the portal or another program still uses the database: stop it first"),
    "postgres": ("PostgreSQL 拒绝了操作：{reason}", "PostgreSQL: {reason}"),
    "program_failed": ("{program} 没有成功：{reason}", "{program} failed: {reason}"),
    "program_missing": ("没有安装 {program}（软件包 postgresql-client）",
                        "{program} is not installed (package postgresql-client)"),
}  # fmt: skip


def said(name: str, /, **values: object) -> str:
    """The sentence in both languages, e.g. `密钥有问题 (the keyring is missing)`."""
    chinese, english = SENTENCES[name]
    return f"{chinese.format(**values)} ({english.format(**values)})"
