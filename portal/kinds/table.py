"""The single table of every kind's fields, per channel and request type.

Form pages, server check, API, tests and admin read it.

A third kind is one word in `TicketKind` and one `Kind` here; everything else reads `KINDS`. Making an optional field
required is one word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from portal.kinds import checks, kept_forms, rough_counts, wording
from portal.kinds.contact_fields import CONTACT_NAME, CONTACT_PHONE, SMS_CONSENT
from portal.kinds.fields import (
    ALWAYS,
    EVERYWHERE,
    FOR_CONSULTATION,
    IF_KNOWN,
    IF_OFFERED,
    ONLY_HELP,
    PICTURES,
    Condition,
    FieldSpec,
    Step,
)  # fmt: skip
from portal.kinds.more_fields import ABOUT_THE_CALLER, ABOUT_THE_PROBLEM, CHANNEL_NOTE
from portal.kinds.names import Mark, TicketKind
from portal.kinds.sealed_fields import (
    EXAMPLE_ID_NUMBER,
    INPATIENT_NUMBER,
    LOGIN_ACCOUNT,
    LOGIN_PASSWORD,
    NO_INPATIENT_NUMBER,
    PATIENT_ID_NUMBER,
)  # fmt: skip
from portal.sensitive_text import lines

PRIVACY_NOTICE = "2026-11-28"
MOST_PICTURES = 6

INSTITUTION = FieldSpec(
    name="institution",
    label="机构名称",
    step=Step.SITUATION,
    needs=EVERYWHERE,
    of_types=FOR_CONSULTATION,
    missing="请填写机构名称，例如：高唐县杨屯乡张四屯卫生室",
    help="写到村或卫生室",
    maxlength=100,
    normalise=lines.one_line,
    check=checks.institution,
)
DESCRIPTION = FieldSpec(
    name="description",
    label="问题详细描述",
    step=Step.SITUATION,
    needs=EVERYWHERE,
    of_types=ALWAYS,
    missing="请填写问题详细描述",
    help="做了什么操作，出现了什么问题，涉及哪个表单、哪一项",
    input="textarea",
    maxlength=10_000,
    normalise=lines.lines,
    check=checks.description,
)
PREVIOUS_SYSTEM = FieldSpec(
    name="previous_system",
    label="之前使用系统名称",
    step=Step.SITUATION,
    needs=EVERYWHERE,
    of_types=ONLY_HELP,
    missing="请选择之前使用的系统，没有用过请选“无（首次使用）”",
    help="换系统之前用的",
    maxlength=100,
    normalise=lines.one_line,
    suggestions=("浪潮系统", "无（首次使用）"),
)
SYMPTOM = FieldSpec(
    name="symptom",
    label="问题现象",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    of_types=ONLY_HELP,
    missing="请选择问题现象",
    input="choice",
    choices=wording.SYMPTOMS,
    check=checks.one_of(*(value for value, _ in wording.SYMPTOMS)),
)
OPERATION_STEPS = FieldSpec(
    name="operation_steps",
    label="操作步骤",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    of_types=ONLY_HELP,
    missing="请写明操作步骤",
    help="报错类请填写：第一步点了哪里，第二步点了哪里，到哪一步报错",
    input="textarea",
    maxlength=5000,
    normalise=kept_forms.steps,
    required_when=(Condition("symptom", "error", "报错类问题请写明操作步骤"),),
)
FORM_NAME = FieldSpec(
    name="form_name",
    label="表单名称",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    of_types=ONLY_HELP,
    missing="请写明是哪个表单",
    help="表单丢失或空漏项请填写，例如：高血压随访表",
    normalise=lines.one_line,
    required_when=(
        Condition("symptom", "form_lost", "表单丢失，请写明是哪个表单"),
        Condition("symptom", "form_blank", "表单空漏项，请写明是哪个表单"),
    ),
)
BLANK_ITEMS = FieldSpec(
    name="blank_items",
    label="空缺项",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    of_types=ONLY_HELP,
    missing="请写明缺哪一项",
    help="表单空漏项请填写，例如：血压、随访日期",
    maxlength=1000,
    normalise=lines.lines,
    required_when=(Condition("symptom", "form_blank", "表单空漏项，请写明缺哪一项"),),
)
SCOPE = FieldSpec(
    name="scope",
    label="影响范围",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    of_types=ONLY_HELP,
    missing="请选择影响范围",
    input="choice",
    choices=wording.SCOPES,
    check=checks.one_of(*(value for value, _ in wording.SCOPES)),
)
RESIDENT_COUNT = FieldSpec(
    name="resident_count",
    label="影响居民人数（大概）",
    step=Step.SITUATION,
    needs=IF_KNOWN,
    of_types=ONLY_HELP,
    missing="请填写影响居民人数",
    help="批量问题请填写，例如：300。不清楚可以不填",
    maxlength=100,
    normalise=rough_counts.read,
    asked_when=(Condition("scope", "batch"),),
)
SCREENSHOTS = FieldSpec(
    name="screenshots",
    label="出问题时的整个屏幕",
    step=Step.SCREENSHOTS,
    needs=PICTURES,
    of_types=IF_OFFERED,
    missing="请添加整屏截图",
    help="系统全图，不要只截局部：局部截图会影响工程师查找问题原因",
    input="files",
    most=MOST_PICTURES,
)
ERROR_DETAIL_SCREENSHOTS = FieldSpec(
    name="error_detail_screenshots",
    label="点击“详细信息”后的整个屏幕",
    step=Step.SCREENSHOTS,
    needs=IF_KNOWN,
    of_types=IF_OFFERED,
    missing="请点击报错窗口的“详细信息”，再截一张整屏图",
    help="报错类请添加：先点报错窗口里的“详细信息”按钮，再截整个屏幕",
    input="files",
    most=MOST_PICTURES,
    required_when=(Condition("symptom", "error", "请点击报错窗口的“详细信息”，再截一张整屏图"),),
)


@dataclass(frozen=True)
class Kind:
    """A kind of report with its queue, its own numbers, clock and fields in the order of the form.

    Attributes:
        audience, examples: for whom, and what belongs here, for the home page.
        prefix: of its numbers, two or three capitals.
        drawing: a name in `templates/components/drawings.html`.
        advice: which names a good description holds.
        example: a worked example beside the form: (label, text) a line, in the order of the spec's own.
        spec_items: the numbered items of the spec, as people write them in a chat (REQUIREMENTS A1, B1).
    """

    name: TicketKind
    label: str
    audience: str
    examples: str
    mark: Mark
    drawing: str
    prefix: str
    fields: tuple[FieldSpec, ...]
    spec_items: tuple[tuple[str, ...], ...]
    advice: str
    example: tuple[tuple[str, str], ...]

    def field(self, name: str) -> FieldSpec:
        """The field of that name; KeyError if this kind does not have it."""
        for spec in self.fields:
            if spec.name == name:
                return spec
        raise KeyError(name)

    def asks(self, name: str) -> bool:
        return name in self._names

    @cached_property
    def _names(self) -> frozenset[str]:
        return frozenset(spec.name for spec in self.fields)

    def on(self, step: Step) -> Iterator[FieldSpec]:
        """The fields of one page of the form."""
        return (spec for spec in self.fields if spec.step == step)


GENERAL = Kind(
    name=TicketKind.GENERAL,
    label="日常",
    audience="公卫系统",
    examples="档案、随访、体检、表单、登录",
    mark=Mark.DOT,
    drawing="clipboard",
    prefix="RC",
    fields=(
        CHANNEL_NOTE,
        INSTITUTION,
        PREVIOUS_SYSTEM,
        DESCRIPTION,
        SYMPTOM,
        SCOPE,
        OPERATION_STEPS,
        FORM_NAME,
        BLANK_ITEMS,
        RESIDENT_COUNT,
        *ABOUT_THE_PROBLEM,
        SCREENSHOTS,
        ERROR_DETAIL_SCREENSHOTS,
        EXAMPLE_ID_NUMBER,
        LOGIN_ACCOUNT,
        LOGIN_PASSWORD,
        CONTACT_NAME,
        CONTACT_PHONE,
        SMS_CONSENT,
        *ABOUT_THE_CALLER,
    ),
    spec_items=(
        ("institution",),
        ("description",),
        ("previous_system",),
        ("id_number",),
        ("login_account", "login_password"),
        ("screenshots",),
    ),
    advice=wording.GENERAL_ADVICE,
    example=wording.GENERAL_EXAMPLE,
)
HIS = Kind(
    name=TicketKind.HIS,
    label="HIS",
    audience="门诊、住院、药房",
    examples="挂号、收费、开方、发药",
    mark=Mark.SQUARE,
    drawing="screen",
    prefix="HIS",
    fields=(
        CHANNEL_NOTE,
        # Not in the spec's HIS list: asked for routing, never blocking (REQUIREMENTS B3).
        replace(INSTITUTION, needs=IF_KNOWN, check=None),
        replace(
            DESCRIPTION,
            label="问题描述",
            missing="请填写问题描述",
            help="在哪个模块（挂号、收费、开方、发药、住院、结算）做了什么操作，出现了什么问题",
        ),
        replace(SYMPTOM, choices=wording.HIS_SYMPTOMS),
        replace(OPERATION_STEPS, help="报错类请填写：从哪个模块进去，点了哪里，到哪一步报错"),
        replace(
            FORM_NAME,
            label="单据或报表名称",
            missing="请写明是哪张单据",
            help="单据不见了或有空项请填写，例如：门诊处方、费用清单、出院结算单",
            required_when=(
                Condition("symptom", "form_lost", "单据不见了，请写明是哪张单据"),
                Condition("symptom", "form_blank", "单据有空项，请写明是哪张单据"),
            ),
        ),
        replace(
            BLANK_ITEMS,
            help="单据有空项请填写，例如：科室、单价、医保类型",
            required_when=(Condition("symptom", "form_blank", "单据有空项，请写明缺哪一项"),),
        ),
        *ABOUT_THE_PROBLEM,
        SCREENSHOTS,
        ERROR_DETAIL_SCREENSHOTS,
        PATIENT_ID_NUMBER,
        INPATIENT_NUMBER,
        NO_INPATIENT_NUMBER,
        LOGIN_ACCOUNT,
        LOGIN_PASSWORD,
        CONTACT_NAME,
        CONTACT_PHONE,
        SMS_CONSENT,
        *ABOUT_THE_CALLER,
    ),
    spec_items=(
        ("description",),
        ("screenshots",),
        ("login_account", "login_password"),
        ("patient_id_number", "inpatient_number"),
    ),
    advice=wording.HIS_ADVICE,
    example=wording.HIS_EXAMPLE,
)
KINDS: dict[TicketKind, Kind] = {kind.name: kind for kind in (GENERAL, HIS)}
# A prefix, year, month and at least four digits (CONTRACT 12).
NUMBER_SHAPE = re.compile(f"(?:{'|'.join(kind.prefix for kind in KINDS.values())})[0-9]{{10,14}}")
QUEUES = tuple(kind.value for kind in KINDS)  # each kind has its own
# Every field by its name, as the first kind that asks it words it.
FIELDS: dict[str, FieldSpec] = {spec.name: spec for kind in reversed(KINDS.values()) for spec in kind.fields}


def spec_of(kind: Kind, name: str) -> FieldSpec | None:
    """The field as this kind words it, else as the first kind that asks it; None for a name that no kind has."""
    return kind.field(name) if kind.asks(name) else FIELDS.get(name)


def kind_of(name: str) -> Kind | None:
    """The kind of that name, or None."""
    return KINDS[TicketKind(name)] if name in list(TicketKind) else None


def queue_label(queue: str) -> str:
    return KINDS[TicketKind(queue)].label
