"""What every kind may be told besides: when, where, in which words, and what is wished for (DESK 3.2).

All of it is optional. On the clinic's form it is behind one fold of the first step, but for the tick beside the phone;
on the desk's form it follows the order of a call.
"""

from portal.kinds import checks, doubts, kept_forms, moments, wording
from portal.kinds.fields import IF_KNOWN, ON_OTHER_CHANNELS, FieldSpec, Step
from portal.sensitive_text import lines

OCCURRED_AT = FieldSpec(
    name="occurred_at",
    label="发生时间",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请填写发生时间",
    help="只记得哪一天的，写日期就可以，例如：2026-11-27 或 2026-11-27 09:30",
    maxlength=40,
    normalise=moments.normal,
    check=checks.occurred_at,
    doubt=doubts.occurred_at,
    is_more=True,
)
TERMINAL = FieldSpec(
    name="terminal",
    label="在哪里用的",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请选择在哪里用的",
    input="choice",
    choices=wording.TERMINALS,
    check=checks.one_of(*(value for value, _ in wording.TERMINALS)),
    is_more=True,
)
MODULE = FieldSpec(
    name="module",
    label="涉及模块",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请填写涉及模块",
    help="可以从列表里选，列表里没有的也可以写",
    maxlength=100,
    normalise=lines.one_line,
    is_more=True,
)
ERROR_TEXT = FieldSpec(
    name="error_text",
    label="错误提示原文",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请填写错误提示原文",
    help="屏幕上提示的原话，能复制的请复制",
    input="textarea",
    maxlength=2000,
    normalise=lines.lines,
    is_more=True,
)
WISH = FieldSpec(
    name="wish",
    label="希望怎么解决",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请填写希望怎么解决",
    help="例如：月底前要上报，请先恢复随访表",
    input="textarea",
    maxlength=1000,
    normalise=lines.lines,
    is_more=True,
)
TITLE = FieldSpec(
    name="title",
    label="称呼",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请选择称呼",
    input="choice",
    choices=wording.TITLES,
    check=checks.one_of(*(value for value, _ in wording.TITLES)),
    is_more=True,
)
CALL_BACK_TIME = FieldSpec(
    name="call_back_time",
    label="方便接电话的时间",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    missing="请填写方便接电话的时间",
    help="例如：工作日下午",
    maxlength=40,
    normalise=lines.one_line,
    is_more=True,
)
MAY_CALL_BACK = FieldSpec(
    name="may_call_back",
    label="回拨",
    step=Step.IDENTITY,
    needs=IF_KNOWN,
    missing="请选择是否可以回拨",
    input="tick",
    choices=(("1", "可以回拨这个电话"),),
    normalise=kept_forms.tick,
    check=checks.one_of("1"),
    only_with="contact_phone",
    only_with_message="请先填写电话，再勾选可以回拨",
)
CHANNEL_NOTE = FieldSpec(
    name="channel_note",
    label="哪种渠道",
    step=Step.SITUATION,
    needs=ON_OTHER_CHANNELS,
    missing="请写明是哪种渠道，例如：在线聊天",
    help="例如：在线聊天、社交媒体",
    maxlength=40,
    normalise=lines.one_line,
)
ABOUT_THE_PROBLEM = (OCCURRED_AT, MODULE, TERMINAL, ERROR_TEXT, WISH)
ABOUT_THE_CALLER = (TITLE, CALL_BACK_TIME, MAY_CALL_BACK)
