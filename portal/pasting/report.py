"""粘贴提报: parses the numbered lines of chat messages into the fields of the form (REQUIREMENTS A14). Pure.

Every character of the text belongs to one piece: a label, a value, chat noise, or the rest, which is added to the
description.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from portal.kinds.fields import CheckContext, FieldSpec
from portal.kinds.table import Kind
from portal.pasting import labels, layout, order
from portal.pasting.doubt import holds_labels, is_doubtful, may_be_secret, names_of_labels
from portal.pasting.labels import CREDENTIALS, DESCRIPTION, LABEL, NOISE, PAIRS, PATIENT, PICTURES, REST, UNCLEAR, Label
from portal.pasting.values import id_and_other, name_of, numbers_of, pair_of, phone_of, run_of, tidy
from portal.sensitive_text.finder import SpanKind, find_spans
from portal.sensitive_text.id_numbers import split_id_numbers

LONGEST = 20_000  # characters; any further text is dropped, and the page says so

_SEVERAL_LINES = (DESCRIPTION, "operation_steps")
_ONE_LINE = ("institution", "previous_system", "form_name", "contact_name")
_IDS = ("id_number", "patient_id_number")
_PEOPLE = ("contact_name", "contact_phone")
_FOUND_IN_TEXT = {
    SpanKind.ID_NUMBER: _IDS,
    SpanKind.LOGIN_ACCOUNT: ("login_account",),
    SpanKind.LOGIN_PASSWORD: ("login_password",),
    SpanKind.PHONE: ("contact_phone",),
}
_ANY_DAY = CheckContext(date(2099, 12, 31))  # only masked values are checked here, the rest on the form's pages
_CONTENT = re.compile(r"[^\s,，。.;；、:：|/\\~\-—_()（）\[\]【】「」*]")
_FEWEST_LABELS = 2  # of other fields that make a description the whole message
_ENDS = " \t\r\n,，;；、"


@dataclass(frozen=True)
class Piece:
    """`text[start:end]`; `name` is a field's name, or LABEL, NOISE, REST."""

    start: int
    end: int
    name: str


@dataclass(frozen=True)
class PastedReport:
    """The parsed text. The repr shows no value.

    `values` by field as a form would post them; `found` are the recognised fields; `starred` are those whose value was
    masked with stars and is left empty (REQUIREMENTS A13), `unclear` those whose value is doubtful and left empty too;
    `has_rest` if unlabelled text was added to the description, `is_short` if something was left out that may be a
    secret without its label, `is_cut` if the text was longer than LONGEST. A text that was not understood is no result:
    nothing is filled in, rather than all of it into one box.
    """

    values: dict[str, list[str]] = field(repr=False)
    found: tuple[str, ...] = ()
    starred: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    has_rest: bool = False
    is_short: bool = False
    is_cut: bool = False

    @property
    def is_result(self) -> bool:
        return bool(self.found or self.starred or self.unclear)


def read(text: str, kind: Kind) -> PastedReport:
    """Recognises the fields of `kind`. Never raises; the time is proportional to the length of the text."""
    return read_as(text, (kind,))[0]


def read_as(text: str, kinds: Iterable[Kind]) -> list[PastedReport]:
    """As `read`, for each of the kinds."""
    laid_out = layout.laid_out(text[:LONGEST])
    has_bare_heads = layout.has_bare_heads(laid_out)
    is_cut = len(text) > LONGEST
    return [PastedReport({}, is_cut=is_cut) if has_bare_heads else _read(laid_out, kind, is_cut) for kind in kinds]


def _read(text: str, kind: Kind, is_cut: bool) -> PastedReport:
    recognised: dict[str, list[str]] = {}
    rest: list[str] = []
    is_short = False
    for piece in pieces(text, kind):
        written = text[piece.start : piece.end]
        if piece.name == REST:
            rest += filter(None, [written.strip(_ENDS)])
        elif piece.name == UNCLEAR:
            is_short = True
        elif piece.name not in (LABEL, NOISE):
            recognised.setdefault(piece.name, []).append(written)
    values, starred, unclear = _values(kind, recognised)
    kept = [line for line in rest if not may_be_secret(line)]
    is_one_box = any(holds_labels(given) for name in _ONE_LINE for given in recognised.get(name, ()))
    if is_one_box or not _is_understood(values, {*values, *starred, *unclear}, rest):
        return PastedReport({}, is_cut=is_cut)
    found = set(values)
    if kept:
        values[DESCRIPTION] = ["\n".join([*values.get(DESCRIPTION, []), *kept])]
    found |= _add_secrets_of(values, kind)
    return PastedReport(
        values=values,
        found=tuple(spec.name for spec in kind.fields if spec.name in found),
        starred=tuple(name for name in starred if name not in values),
        unclear=tuple(name for name in unclear if name not in values),
        has_rest=bool(kept),
        is_short=is_short or len(kept) < len(rest),
        is_cut=is_cut,
    )


def _is_understood(values: dict[str, list[str]], named: set[str], rest: Sequence[str]) -> bool:
    """Whether the message was taken apart: what would all go into the description is no result."""
    if named - {DESCRIPTION}:
        return True
    described = "\n".join(values.get(DESCRIPTION, ()))
    return bool(named) and not rest and len(names_of_labels(described)) < _FEWEST_LABELS


def pieces(text: str, kind: Kind) -> list[Piece]:
    """The complete cleaned text as pieces, in order."""
    return list(_Reader(text, kind).pieces())


class _Reader:
    """Processes the lines in order and remembers which field can still take more."""

    def __init__(self, text: str, kind: Kind) -> None:
        self.text = text
        self.folded = labels.simplified(text)
        self.kind = kind
        self.open = ""
        self.is_empty = True  # whether the open field has no value yet

    def pieces(self) -> Iterator[Piece]:
        pending = deque(order.complete(self.folded, self.kind, labels.find(self.folded, self.kind)))
        at = 0
        while at < len(self.text):
            end = self.text.find("\n", at) + 1 or len(self.text)
            line_labels = []
            while pending and pending[0].start < end:
                line_labels.append(pending.popleft())
            yield from self._line(at, end, line_labels)
            at = end

    def _line(self, start: int, end: int, line_labels: Sequence[Label]) -> Iterator[Piece]:
        if not line_labels and labels.is_noise(self.folded[start:end]):
            yield Piece(start, end, NOISE)
            return
        first = line_labels[0].start if line_labels else end
        if first > start:
            yield from self._unlabelled(start, first)
        for label, following in pairwise([*line_labels, None]):
            assert label is not None  # noqa: S101
            stop = following.start if following else end
            if not labels.has_value(self.folded, label, stop):
                yield Piece(label.start, stop, REST)
                self.open = ""
                continue
            yield Piece(label.start, label.end, LABEL)
            self.open, self.is_empty = label.name, True
            yield from self._take_value(label.end, stop)

    def _unlabelled(self, start: int, end: int) -> Iterator[Piece]:
        """A line, or the start of one, without a label: it continues the open field or is the rest."""
        is_blank = not self.folded[start:end].strip()
        continues = self.open in _SEVERAL_LINES or (self.open and self.is_empty)
        continues = continues or (self.open in _IDS and labels.starts_with_id(self.folded, start))
        if continues and (is_blank or self.open in _SEVERAL_LINES or labels.fits(self.folded, self.open, start, end)):
            yield from self._take_value(start, end)
        else:
            if not is_blank:
                self.open = ""
            yield Piece(start, end, NOISE if is_blank else REST)

    def _take_value(self, start: int, end: int) -> Iterator[Piece]:
        """The value of the open field within a span; anything else in it is the rest."""
        if self.open in _SEVERAL_LINES:
            yield Piece(start, end, self.open)
            return
        taken = list(self._values_of(start, end))
        at = start
        for name, value in taken:
            yield from self._between(at, value.start)
            yield Piece(value.start, value.stop, name)
            at = value.stop
        yield from self._between(at, end)
        self.is_empty = self.is_empty and not taken

    def _between(self, start: int, end: int) -> Iterator[Piece]:
        if end > start:
            has_content = _CONTENT.search(self.text, start, end) is not None
            yield Piece(start, end, REST if has_content else NOISE)

    def _values_of(self, start: int, end: int) -> Iterable[tuple[str, range]]:
        name = self.open
        if name in PAIRS:
            return self._pair(start, end)
        if name == PICTURES:
            return [(NOISE, range(start, end))] if labels.mentions_picture(self.folded[start:end]) else []
        if name in _PEOPLE:
            return self._people(start, end)
        if name in _IDS:
            value = numbers_of(self.folded, start, end)
        elif name in (*CREDENTIALS, "inpatient_number"):
            value = run_of(self.folded, start, end)
        else:
            value = tidy(self.folded, start, end)
            if value and self.kind.field(name).choices and not _choice(self.kind.field(name), self.text[start:end]):
                value = None
        return [(name, value)] if value else []

    def _pair(self, start: int, end: int) -> list[tuple[str, range]]:
        """Both values after one label; a single one is the password, whose mask shows nothing, or the ID number."""
        if self.open == PATIENT:
            return self._patient(start, end)
        first, second = PAIRS[self.open]
        values = pair_of(self.folded, start, end)
        return list(zip((first, second) if len(values) > 1 else (second,), values, strict=False))

    def _patient(self, start: int, end: int) -> list[tuple[str, range]]:
        """Two numbers after 患者身份证号、住院号, told apart by their shape; a kind takes those that it asks."""
        whole = tidy(self.folded, start, end)
        numbers = id_and_other(self.folded, start, end)
        if numbers is None:
            return [(UNCLEAR, whole)] if whole else []
        names = labels.field_asked(_IDS[::-1], self.kind), labels.field_asked(("inpatient_number",), self.kind)
        found = [(name or UNCLEAR, value) for name, value in zip(names, numbers, strict=True) if value]
        return sorted(found, key=lambda one: one[1].start)

    def _people(self, start: int, end: int) -> list[tuple[str, range]]:
        """联系人：张试一 199… has both, whichever label comes first."""
        phone = phone_of(self.folded, start, end)
        if phone is None:
            value = tidy(self.folded, start, end)
            return [(self.open, value)] if value else []
        before, after = name_of(self.folded, start, phone.start), name_of(self.folded, phone.stop, end)
        found = [("contact_phone", phone)]
        if before:
            found.insert(0, ("contact_name", before))
        elif after:
            found.append(("contact_name", after))
        return found


def _values(kind: Kind, recognised: dict[str, list[str]]) -> tuple[dict[str, list[str]], list[str], list[str]]:
    """The clear values, and the names of fields whose value is starred or doubtful."""
    values: dict[str, list[str]] = {}
    starred, unclear = [], []
    for name, texts in recognised.items():
        spec = kind.field(name)
        written = _written(spec, texts)
        clear = [value for value in written if not _is_starred(spec, value)]
        sure = [value for value in clear if not is_doubtful(name, value)]
        if sure:
            values[name] = sure
        if len(clear) < len(written):
            starred.append(name)
        if len(sure) < len(clear):
            unclear.append(name)
    return values, starred, unclear


def _written(spec: FieldSpec, texts: Sequence[str]) -> list[str]:
    """The values of one field, without the punctuation around them."""
    if spec.name in _SEVERAL_LINES:
        joined = "".join(map(_without_bracket, texts)).strip(_ENDS)
        return [joined] if joined else []
    if spec.name in _IDS:
        parts = [part.strip() for text in texts for part in split_id_numbers(text) if part.strip()]
        return parts if spec.most > 1 else parts[:1]
    if spec.choices:
        return [_choice(spec, texts[0])]
    if spec.name in CREDENTIALS:
        return [labels.half_width(texts[0])]
    return [texts[0].strip()]


def _without_bracket(line: str) -> str:
    """A value that stood in brackets: the label took the first of them."""
    return line.rstrip(_ENDS)[:-1] + "\n" if line.rstrip(_ENDS).endswith("】") and "【" not in line else line


def _choice(spec: FieldSpec, text: str) -> str:
    """The choice whose label's first two characters occur in the text (批量, 单个, 报错 …), or ""."""
    return next((value for value, label in spec.choices if label[:2] in text), "")


def _is_starred(spec: FieldSpec, value: str) -> bool:
    fault = spec.check(value, _ANY_DAY) if spec.check and spec.is_sensitive else None
    return fault is not None and fault[0] == "masked_value"


def _add_secrets_of(values: dict[str, list[str]], kind: Kind) -> set[str]:
    """Fills fields with secrets from the description, where they also stay, masked (UX 11)."""
    found: dict[str, list[str]] = {}
    for span in find_spans("\n".join(values.get(DESCRIPTION, []))):
        name = next((n for n in _FOUND_IN_TEXT.get(span.kind, ()) if kind.asks(n)), "")
        if name and not _is_starred(kind.field(name), span.value):
            found.setdefault(name, []).append(span.value)
    added = {name: written[: kind.field(name).most] for name, written in found.items() if name not in values}
    values.update(added)
    return set(added)
