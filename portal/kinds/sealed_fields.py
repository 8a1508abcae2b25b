"""What a report holds that is sealed at once: whom it concerns, and how to sign in there."""

from portal.kinds import checks, doubts, kept_forms
from portal.kinds.fields import (
    NOT_ON_OPEN_CHANNELS,
    ONLY_HELP,
    SECRETS_OF_HELP,
    WITH_OUTPATIENTS,
    Condition,
    FieldSpec,
    Step,
)  # fmt: skip
from portal.sensitive_text import lines
from portal.sensitive_text.id_numbers import normalise_id_number
from portal.vault.vault import CREDENTIALS

EXAMPLE_ID_NUMBER = FieldSpec(
    name="id_number",
    label="身份证号（举例子）",
    step=Step.IDENTITY,
    needs=NOT_ON_OPEN_CHANNELS,
    of_types=SECRETS_OF_HELP,
    missing="请填写身份证号",
    help="填一位有这个问题的居民即可；批量问题最多 10 位，每行一个",
    input="lines",
    most=10,
    mask="id_number",
    normalise=normalise_id_number,
    check=checks.id_number,
    missing_when=(Condition("scope", "batch", "已选“批量居民都这样”，请至少填写 1 个居民的身份证号作例子"),),
)
LOGIN_ACCOUNT = FieldSpec(
    name="login_account",
    label="账号",
    step=Step.IDENTITY,
    needs=NOT_ON_OPEN_CHANNELS,
    of_types=SECRETS_OF_HELP,
    missing="请填写出现问题的系统账号",
    help="登录出问题的系统时用的账号",
    maxlength=100,
    mask="account",
    purpose=CREDENTIALS,
    normalise=kept_forms.account,
    check=checks.account,
)
LOGIN_PASSWORD = FieldSpec(
    name="login_password",
    label="密码",
    step=Step.IDENTITY,
    needs=NOT_ON_OPEN_CHANNELS,
    of_types=SECRETS_OF_HELP,
    missing="请填写这个账号的密码",
    help="加密保存，问题关闭后销毁",
    input="password",
    mask="password",
    purpose=CREDENTIALS,
    normalise=kept_forms.password,
    check=checks.password,
    doubt=doubts.password,
)
PATIENT_ID_NUMBER = FieldSpec(
    name="patient_id_number",
    label="患者身份证号",
    step=Step.IDENTITY,
    needs=NOT_ON_OPEN_CHANNELS,
    of_types=SECRETS_OF_HELP,
    missing="请填写患者的身份证号",
    help="18 位，最后一位可能是 X",
    mask="id_number",
    normalise=normalise_id_number,
    check=checks.id_number,
)
INPATIENT_NUMBER = FieldSpec(
    name="inpatient_number",
    label="住院号",
    step=Step.IDENTITY,
    needs=NOT_ON_OPEN_CHANNELS,
    of_types=SECRETS_OF_HELP,
    missing="请填写住院号",
    help="字母、数字和短横线，例如：ZY20260001",
    mask="inpatient_number",
    normalise=kept_forms.number,
    check=checks.inpatient_number,
    excused_by="no_inpatient_number",
)
NO_INPATIENT_NUMBER = FieldSpec(
    name="no_inpatient_number",
    label="没有住院号的原因",
    step=Step.IDENTITY,
    needs=WITH_OUTPATIENTS,
    of_types=ONLY_HELP,
    missing="请写明为什么没有住院号",
    help="门诊、药房没有住院号时填写，例如：门诊病人，没有住院",
    normalise=lines.lines,
    asked_when=(Condition("inpatient_number", ""),),
)
