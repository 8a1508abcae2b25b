"""Events of the trail in Chinese: from particulars, and from the English phrases of before; never an English word."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import portal
from portal.audit.models import AuditEvent
from portal.audit.problems import PROBLEM_LABELS, problem_label
from portal.audit.tags import Tag
from portal.casefile.event_sentences import NAMES, OTHER_FIELDS, SILENT, action_label, field_label, sentence_of
from portal.kinds.table import KINDS
from portal.wiring import REGISTER
from tests.factories.sentences import english_words

ROW = "0f80c549-113c-4013-b229-de4c5d86840b"
# As the versions before particulars wrote them, and what is read today.
FORMER = [
    (Tag.SIGN_IN, "external", "外部账号"),
    (Tag.SIGN_IN_REFUSED, "external:unlinked", "外部账号没有绑定"),
    (Tag.SIGN_IN_LOCKED, "external:closed", "外部账号绑定的人员不能登录"),
    (Tag.SIGN_OUT, "0123456789abcdef", "会话 0123456789abcdef"),
    (Tag.USER_ADDED, "leo lead general his", "人员 leo，主管，队列：日常、HIS"),
    (Tag.USER_ADDED, "ada admin", "人员 ada，管理员"),
    (
        Tag.USER_CHANGED,
        "bob engineer general → bob lead general his",
        "人员 bob，主管，队列：日常、HIS，原来是工程师，原队列：日常",
    ),
    (Tag.USER_DISABLED, "bob", "人员 bob"),
    (Tag.TOKEN_ADDED, "my desk bob all 365 days", "人员 bob，令牌 my desk，全部权限，365 天有效"),
    (Tag.TOKEN_ADDED, "desk bob read work 30 days", "人员 bob，令牌 desk，查看队列、处理工单，30 天有效"),
    (Tag.TOKEN_REVOKED, "my desk bob", "人员 bob，令牌 my desk"),
    (Tag.RECOVERY_CODE_USED, "alice, 9 left", "人员 alice，还剩 9 个恢复码"),
    (Tag.EXTERNAL_LINKED, "alice 0123456789ab", "人员 alice，外部账号 0123456789ab"),
    (Tag.INSTITUTION_CHANGED, "某某卫生室；维护人：旧人 → 新人", "某某卫生室；维护人：旧人 → 新人"),
    (Tag.INSTITUTIONS_MERGED, "甲卫生室 → 乙卫生室", "甲卫生室，并入 乙卫生室"),
    (Tag.INSTITUTIONS_IMPORTED, "名录.csv：新增 1，修改 2，未变 3，退回 4", "名录.csv：新增 1，修改 2，未变 3，退回 4"),
    (Tag.PREVIOUS_SYSTEM_CHANGED, "甲 → 乙", "甲，改名为 乙"),
    (Tag.PREVIOUS_SYSTEM_CHANGED, "甲：上移到第 1 位", "甲：上移到第 1 位"),
    (Tag.KNOWN_ISSUE_ADDED, "GZ2026110001 保存时提示参数错误", "已知问题 GZ2026110001，保存时提示参数错误"),
    (Tag.KNOWN_ISSUE_FOLLOWED, "YT2026110001 to GZ2026110001", "回执 YT2026110001，已知问题 GZ2026110001"),
    (Tag.CONTACTS_DESTROYED, "2 contacts", "联系方式 2 条"),
    (Tag.REPORT_CREATED, "qq", "来自 QQ"),
    (Tag.REPORT_REFUSED, "channel:required,incomplete_note:required", "没有通过：渠道、未填全的说明"),
    (Tag.REPORT_REFUSED, "id_number:id_checksum login_password:masked_value", "没有通过：身份证号（举例子）、密码"),
    (Tag.REPORT_REFUSED, "id_number:masked_value,login_password:required", "没有通过：身份证号（举例子）、密码"),
    (Tag.REPORT_SUPPLEMENTED, "operation_steps form_name", "操作步骤、表单名称"),
    (Tag.PICTURE_OVERRIDDEN, "900x500 small", "宽 900 像素，高 500 像素"),
    (Tag.TICKET_CLOSED, "unanswered", "机构没有补充"),
    (Tag.TICKET_TRANSFERRED, "to bob", "转给 bob"),
    (Tag.TICKET_TRANSFERRED, "now HIS2026110002", "新编号 HIS2026110002"),
    (Tag.TICKET_TRANSFERRED, "was RC2026110045", "原编号 RC2026110045"),
    (Tag.TICKET_MERGED, "RC2026110027", "并入 RC2026110027"),
    (Tag.URGENCY_CHANGED, "urgent", "改为紧急"),
    (Tag.TEXT_SEALED, "name, 1 places", "姓名，1 处"),
    (Tag.FIELD_REVEALED, "孙主管", "批准人 孙主管"),
    (Tag.REVEAL_REFUSED, "quota", "超过每小时上限"),
    (Tag.PICTURE_OPENED, f"{ROW}", ""),
    (Tag.PICTURE_OPENED, f"{ROW} preview", "缩小图"),
    (Tag.PICTURE_REFUSED, "quota", "超过每小时上限"),
    (Tag.PICTURE_COVERED, f"{ROW} 100,120 300x60", "左边 100，上边 120，宽 300 像素，高 60 像素"),
    (Tag.REVEAL_ALARM, "30 times", "一小时超过 30 次"),
    (Tag.CONFIRMATION_REFUSED, "locked", "已锁定"),
    (Tag.BREAK_GLASS_APPROVED, "李工", "申请人 李工"),
    (Tag.BREAK_GLASS_REFUSED, "quota", "超过每小时上限"),
    (Tag.SAMPLE_DRAWN, "seed 2f6a sampled 10 of 200", "种子 2f6a，抽取 10 条，共 200 条可抽"),
    (Tag.SAMPLE_ANSWERED, "row 17", "记录号 17"),
    (Tag.CREDENTIALS_DESTROYED, "2 values", "2 项"),
    (Tag.KEY_ROTATED, "active k20261127-de7ed9", "当前密钥 k20261127-de7ed9"),
    (
        Tag.KEY_ROTATED,
        "active k20261127-de7ed9, 72 data keys wrapped anew, 0 left",
        "当前密钥 k20261127-de7ed9，重新封装 72 条，打不开 0 条",
    ),
    (Tag.KEY_ROTATED, "suite sm4-gcm, 7 data keys, 1 left", "算法 SM4-GCM，换算法 7 条，打不开 1 条"),
    (Tag.KEY_RETIRED, "k20261127-de7ed9", "密钥 k20261127-de7ed9"),
    (Tag.SEAL_BROKEN, "second_factor alice", "人员 alice，项目：两步验证密钥"),
    (Tag.ACCESS_DENIED, "users:manage", "需要权限：管理人员"),
    (Tag.ACCESS_DENIED, "cover", "不能“涂黑附图”"),
    (Tag.AUDIT_VIEWED, "api", "通过接口"),
    (Tag.AUDIT_VIEWED, "looks who=alice from=2026-11-01", "谁看过，人员 alice，从 2026-11-01"),
    (
        Tag.AUDIT_VIEWED,
        "who=clinic ticket=RC2026110001 action=refused field=login_password to=2026-11-30",
        "人员 机构，编号 RC2026110001，操作：被拒绝的查看和访问，项目：密码，到 2026-11-30",
    ),
    (Tag.AUDIT_VIEWED, "break-glass", "应急查看"),
    (Tag.AUDIT_VERIFIED, "387 rows, 1 checkpoints", "共 387 条，1 个检查点"),
    (Tag.AUDIT_VERIFIED, "3 rows, 3 checkpoints, 10 older rows were purged", "共 3 条，3 个检查点，此前已清除 10 条"),
    (Tag.AUDIT_VERIFIED, "row 3: the row was changed", "第 3 条起不可信，内容被改过"),
    (Tag.AUDIT_VERIFIED, "checkpoint line 2: a checkpoint was changed", "检查点第 2 行：检查点被改过"),
    (Tag.AUDIT_VERIFIED, "checkpoints begun anew", "重新开始检查点文件"),
    (Tag.AUDIT_EXPORTED, "rows 1 to 396", "从第 1 条，到第 396 条"),
    (
        Tag.AUDIT_EXPORTED,
        "rows 1 to 396 since=2026-10-31T16:00:00+00:00 until=2026-11-30T16:00:00+00:00",
        "从 2026-11-01 00:00，到 2026-12-01 00:00，从第 1 条，到第 396 条",
    ),
    (Tag.TRAIL_PURGED, "rows 1 to 10, base 1", "从第 1 条，到第 10 条，第 1 个起点"),
    (
        Tag.TRAIL_PURGED,
        "nothing was purged, the trail is not whole: row 3: the row was changed",
        "第 3 条起不可信，内容被改过",
    ),
    (
        Tag.TRAIL_PURGED,
        "nothing was purged, the trail is not whole: checkpoints are missing",
        "签名检查点文件丢失，或缺少了结尾",
    ),
    (Tag.TRAIL_PURGED, "rows 1 to 5 are not 5 rows", "没有通过校验"),
    (Tag.UPLOADS_SWEPT, "1 files", "文件 1 个"),
    (Tag.REPORT_DESTROYED, "1 pictures", "附图 1 张"),
    (Tag.RETENTION_RUN, "1 credentials, 2 pictures, 3 reports", "账号和密码 1 条，提报 3 条，附图 2 张"),
    (Tag.DESTRUCTIONS_REAPPLIED, "3 destructions", "销毁 3 次"),
    (Tag.BACKUP_MADE, "48 reports, 47 pictures", "提报 48 条，附图 47 张"),
    (Tag.BACKUP_RESTORED, "of 2026-11-27T18:00:00+00:00", "2026-11-28 02:00 的备份"),
]


def told(tag: Tag | str, **particulars: object) -> str:
    return sentence_of(AuditEvent(tag=str(tag), particulars=particulars))


@pytest.mark.parametrize(("tag", "detail", "sentence"), FORMER)
def test_a_phrase_of_before_is_read_in_chinese(tag: Tag, detail: str, sentence: str):
    assert sentence_of(AuditEvent(tag=tag.value, detail=detail)) == sentence


@pytest.mark.parametrize(
    "tag", [Tag.SIGN_IN, Tag.TICKET_VIEWED, Tag.TICKET_CLOSED, Tag.PICTURE_OPENED, Tag.KEY_ROTATED, Tag.BACKUP_MADE]
)
def test_a_phrase_of_no_known_form_is_left_out(tag: Tag):
    assert sentence_of(AuditEvent(tag=tag.value, detail="some words")) == ""


def test_what_only_a_newer_version_knows_brings_no_english():
    assert action_label("ticket:teleport") == "其他操作"
    assert field_label("shoe_size.2") == "其他项目（第 3 项）"
    assert told("ticket:teleport", destination="somewhere") == ""
    assert told(Tag.TICKET_CLAIMED, destination="somewhere", urgency="urgent") == "改为紧急"
    assert told(Tag.SIGN_IN_REFUSED, refusal="external:moonshine") == ""
    assert told(Tag.USER_ADDED, username="nina", role="wizard", queues=["nowhere"]) == "人员 nina"
    assert told(Tag.AUDIT_VERIFIED, broken_row=7, problem="the row is sad") == "第 7 条起不可信，没有通过校验"


def test_a_value_of_the_wrong_kind_does_not_break_the_page():
    for name in NAMES - SILENT:
        for value in (None, 3, "x y", ["x"], {"x": 1}, True):
            assert isinstance(told(Tag.SIGN_IN, **{name: value}), str)


def test_a_value_that_looks_like_a_form_stays_as_it_is():
    assert told(Tag.PREVIOUS_SYSTEM_ADDED, previous_system="{0.__class__}") == "{0.__class__}"


def test_every_problem_of_a_check_is_told_in_chinese():
    for problem in PROBLEM_LABELS:
        assert english_words(problem_label(problem)) == []
        assert problem_label(f"base 2: {problem}") == problem_label(problem)
        assert problem_label(f"checkpoint line 3: {problem}") == f"检查点第 3 行：{problem_label(problem)}"


def recorded_names() -> Iterator[tuple[str, str]]:
    """Each name of a particular that stands in the code as a literal, with its file."""
    root = Path(portal.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            value = None
            if (isinstance(node, ast.keyword) and node.arg == "particulars") or (
                isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "Particulars"
            ):
                value = node.value
            if isinstance(value, ast.Dict):
                names = (key.value for key in value.keys if isinstance(key, ast.Constant))
                yield from ((str(name), path.name) for name in names)


def test_whatever_is_recorded_has_words():
    """A new particular needs its line in `event_sentences`, or a reason to be silent."""
    found = list(recorded_names())
    assert len({name for name, _ in found}) > 40
    assert [(name, path) for name, path in found if name not in NAMES] == []


def test_every_text_that_can_be_redacted_has_its_name():
    texts = [text for held in REGISTER.held for text in held.texts if text.is_redactable and not text.is_copy]
    held = {name for text in texts for name in text.labels or [text.column]}
    asked = {spec.name for kind in KINDS.values() for spec in kind.fields}

    assert "late_reason" in held
    assert held - asked - set(OTHER_FIELDS) == set()
