"""How a clinic can be reached, and whether it agreed to text messages."""

from portal.kinds import checks, doubts, kept_forms
from portal.kinds.fields import IF_KNOWN, WITH_SMS, FieldSpec, Step
from portal.sensitive_text import lines

CONTACT_NAME = FieldSpec(
    name="contact_name",
    label="联系人",
    step=Step.IDENTITY,
    needs=IF_KNOWN,
    missing="请填写联系人",
    maxlength=40,
    mask="name",
    normalise=lines.one_line,
)
CONTACT_PHONE = FieldSpec(
    name="contact_phone",
    label="手机号",
    step=Step.IDENTITY,
    needs=IF_KNOWN,
    missing="请填写手机号",
    help="便于回电",
    maxlength=40,
    mask="phone",
    normalise=kept_forms.phone,
    check=checks.phone,
    doubt=doubts.phone,
)
# The version of the sentence that a clinic agrees to; a new sentence is a new version.
SMS_NOTICE = "2026-11-28"
SMS_CONSENT = FieldSpec(
    name="sms_consent",
    label="短信通知",
    step=Step.IDENTITY,
    needs=WITH_SMS,
    missing="请选择是否用短信通知",
    help="要填手机号。短信里只有受理编号、进展和查询的地方，没有问题内容；不勾选也可以随时查询进度",
    input="tick",
    choices=(("1", "同意用短信通知本次问题的进展"),),
    normalise=kept_forms.tick,
    check=checks.one_of("1"),
)
