"""One form for what people write in several ways."""

import pytest

from portal.sensitive_text.folding import folded, words_of


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("ＲＣ２０２６１１０００１", "rc2026110001"),
        ("北街村　高血压", "北街村 高血压"),
        ("  Error\tORA–00942 \n", "error ora-00942"),
        ("ZY—2026―001", "zy-2026-001"),
        ("ZY－2026−001", "zy-2026-001"),
        ("高\u200b血\u00ad压\u202e", "高血压"),
        ("⼈⾎压", "人血压"),
        ("", ""),
    ],
)
def test_it_folds(typed: str, form: str) -> None:
    assert folded(typed) == form
    assert folded(form) == form


def test_words_are_separated_by_any_blank_and_come_once() -> None:
    assert words_of("北街村　高血压\u00a0北街村\n保存") == ["北街村", "高血压", "保存"]
    assert words_of(" \u3000\u200b ") == []
