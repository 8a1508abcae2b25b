"""need = f(kind, channel, request type): the whole matrix, against a table that is written by hand (DESK 3.1)."""

import itertools

import pytest

from portal.errors import InvalidError
from portal.kinds.fields import CheckContext, Need
from portal.kinds.names import Channel, RequestType
from portal.kinds.table import KINDS, Kind
from portal.kinds.validation import asked_only, checked_report, missing_fields, normalised, text_faults
from portal.settings import load_settings
from tests.factories.reports import general_fields, his_fields

ALL = "yxt qq phone visit email wechat other"
OPEN = "qq email wechat other"
R, P, M, L, N, X = (
    Need.REQUIRED, Need.OPTIONAL, Need.MAY_OMIT, Need.LATER, Need.NOT_ASKED, Need.NOT_TAKEN,
)  # fmt: skip
SECRET = {channel: M if channel in OPEN.split() else R for channel in ALL.split()}
PICTURE = {channel: L if channel in ("phone", "visit") else R for channel in ALL.split()}
NOTE = {channel: R if channel == "other" else N for channel in ALL.split()}
MORE = ("occurred_at", "terminal", "module", "error_text", "wish", "title", "call_back_time", "may_call_back")
# Field: what 求助 needs (one word, or by channel), 咨询, 建议.
BOTH = {
    "channel_note": (NOTE, NOTE, NOTE),
    "description": (R, R, R),
    "symptom": (P, N, N),
    "operation_steps": (P, N, N),
    "form_name": (P, N, N),
    "blank_items": (P, N, N),
    "screenshots": (PICTURE, P, P),
    "error_detail_screenshots": (P, P, P),
    "login_account": (SECRET, X, X),
    "login_password": (SECRET, X, X),
    "contact_name": (P, P, P),
    "contact_phone": (P, P, P),
    "sms_consent": (N, N, N),
    **{name: (P, P, P) for name in MORE},
}
EXPECTED = {
    "general": {
        **BOTH,
        "institution": (R, R, P),
        "previous_system": (R, N, N),
        "scope": (P, N, N),
        "resident_count": (P, N, N),
        "id_number": (SECRET, X, X),
    },
    "his": {
        **BOTH,
        "institution": (P, R, P),
        "patient_id_number": (SECRET, X, X),
        "inpatient_number": (SECRET, X, X),
        "no_inpatient_number": (N, N, N),
    },
}
TYPES = (RequestType.HELP, RequestType.CONSULTATION, RequestType.SUGGESTION)
CONTEXT = CheckContext.of(load_settings({}))
COMPLETE = {"general": general_fields, "his": his_fields}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name.value)
def test_the_matrix_is_that_of_the_design(kind: Kind) -> None:
    expected = EXPECTED[kind.name.value]
    assert {spec.name for spec in kind.fields} == set(expected)
    for spec, channel in itertools.product(kind.fields, Channel):
        for chosen, wanted in zip(TYPES, expected[spec.name], strict=True):
            need = wanted if isinstance(wanted, Need) else wanted[channel.value]
            assert spec.need(channel, request_type=chosen) is need, (spec.name, channel, chosen)
        assert spec.need(channel, request_type=RequestType.AFTER_SALES) is spec.need(channel)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name.value)
def test_the_check_follows_it_for_every_field_channel_and_type(kind: Kind) -> None:
    complete = {name: [value] for name, value in COMPLETE[kind.name.value]().items()} | {"channel_note": ["在线聊天"]}
    complete["institution"] = ["高唐县杨屯乡张四屯卫生室"]
    for channel, chosen in itertools.product(Channel, TYPES):
        needs = {s.name: s.need(channel, request_type=chosen) for s in kind.fields if not s.is_picture}
        allowed = {name: given for name, given in complete.items() if needs.get(name) is not X}
        assert text_faults(kind, channel, normalised(kind, allowed), kind.fields, CONTEXT, chosen) == []
        for name, need in needs.items():
            without = normalised(kind, {other: given for other, given in allowed.items() if other != name})
            codes = {f.field: f.code for f in text_faults(kind, channel, without, kind.fields, CONTEXT, chosen)}
            assert codes == ({name: "required"} if need is R else {}), (name, channel, chosen)
            lacks = {spec.name for spec in missing_fields(kind, channel, without, chosen) if not spec.is_picture}
            assert lacks == ({name} if need is R else set())
        refused = text_faults(kind, channel, normalised(kind, complete), kind.fields, CONTEXT, chosen)
        taken = {name for name, need in needs.items() if need is X and complete.get(name)}
        assert {fault.field: fault.code for fault in refused} == dict.fromkeys(taken, "not_asked")
        kept = asked_only(kind, channel, normalised(kind, complete), CONTEXT.channels, chosen)
        assert not {name for name in kept if needs[name] in (N, X)}


@pytest.mark.parametrize(
    ("chosen", "text", "code"),
    [
        ("consultation", "月报在哪", None), ("suggestion", "字大一些", None), ("consultation", "月报", "too_short"),
        ("suggestion", "1234", "too_short"), ("help", "月报在哪里看", "too_short"),
        ("after_sales", "月报在哪里看", "too_short"),
    ],
)  # fmt: skip
def test_a_question_may_be_shorter_than_a_problem(chosen: str, text: str, code: str | None) -> None:
    kind, given = KINDS[next(iter(KINDS))], {"institution": ["高唐县杨屯乡张四屯卫生室"], "description": [text]}
    faults = text_faults(
        kind, Channel.QQ, normalised(kind, given), [kind.field("description")], CONTEXT, RequestType(chosen)
    )
    assert [fault.code for fault in faults] == ([code] if code else [])


def test_a_number_to_call_back_comes_before_the_word_that_one_may() -> None:
    kind = KINDS[next(iter(KINDS))]
    for chosen in RequestType:
        given = {name: [value] for name, value in general_fields(may_call_back="1").items()}
        if chosen not in (RequestType.HELP, RequestType.AFTER_SALES):
            given = {n: v for n, v in given.items() if n not in ("id_number", "login_account", "login_password")}
        with pytest.raises(InvalidError) as refused:
            checked_report(kind, Channel.QQ, given, [], CONTEXT, chosen)
        told = {fault.field: fault for fault in refused.value.faults}["may_call_back"]
        assert (told.code, told.message) == ("invalid", "请先填写电话，再勾选可以回拨")


@pytest.mark.parametrize(
    ("typed", "kept", "code"),
    [
        ("2026-01-05", "2026-01-05", None), ("2026/1/5 9:05", "2026-01-05 09:05", None),
        ("2026年1月5日9点05分", "2026-01-05 09:05", None), ("2026-01-05T09:05", "2026-01-05 09:05", None),
        ("2026-01-05T01:05:00Z", "2026-01-05 09:05", None), ("2126-01-05", "2126-01-05", "invalid"),
        ("昨天", "昨天", "invalid"), ("2026-02-30", "2026-02-30", "invalid"), ("1026-02-03", "1026-02-03", "invalid"),
    ],
)  # fmt: skip
def test_when_it_happened_is_a_day_or_a_moment_that_has_been(typed: str, kept: str, code: str | None) -> None:
    kind = KINDS[next(iter(KINDS))]
    clean = normalised(kind, {"occurred_at": [typed]})
    assert clean["occurred_at"] == [kept]
    faults = text_faults(kind, Channel.QQ, clean, [kind.field("occurred_at")], CONTEXT)
    assert [fault.code for fault in faults] == ([code] if code else [])


def test_a_year_ago_is_asked_about_and_not_refused() -> None:
    spec = KINDS[next(iter(KINDS))].field("occurred_at")
    assert spec.doubt is not None
    doubt = spec.doubt("2001-05-06")
    assert doubt is not None and "年份对吗" in doubt.question
    assert spec.doubt(f"{CONTEXT.today:%Y-%m-%d}") is None
