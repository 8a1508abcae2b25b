"""Searches the texts of earlier reports again once the finder knows more, and seals what it finds, a part a round.

What is found is masked at once, sealed like a passage that staff hide, and can be restored by a lead for seven days. It
can be killed at any moment: the place moves only once a part is done, and a masked text has nothing to find.
Phones are left: replies of staff quote the service's own numbers.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.acts.hand import Hand
from portal.audit import trail
from portal.audit.actor import SYSTEM
from portal.audit.tags import Tag
from portal.disclosure import text_restoring, ticket_texts
from portal.disclosure.disclose import value_key
from portal.disclosure.models import TextSearch
from portal.disclosure.text_restoring import Occurrence
from portal.disclosure.ticket_texts import StoredText
from portal.due_work import all_of
from portal.errors import StorageUnavailableError
from portal.progress import lifecycle
from portal.progress.lifecycle import ANY_STATE, Move
from portal.reports import listing
from portal.reports.sealing import labels_of, next_position, stopping_spans
from portal.retention import destruction
from portal.runtime import Runtime
from portal.sensitive_text.finder import Span, SpanKind
from portal.sensitive_text.rules import rules
from portal.sensitive_text.spans import mask_text
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.vault.span_masks import MASK_OF_SPAN, masked, value_of
from portal.vault.vault import CREDENTIALS, REPORT

_PART = 50
_MASK = re.compile(r"[*•]{2}")  # of an earlier hiding
_CREDENTIALS = (SpanKind.LOGIN_ACCOUNT, SpanKind.LOGIN_PASSWORD)
_KINDS = {
    SpanKind.ID_NUMBER: "id_number", SpanKind.LOGIN_ACCOUNT: "account", SpanKind.LOGIN_PASSWORD: "password",
}  # fmt: skip
_FOUND = Move("seal", "隐藏文字", ANY_STATE, is_public=False)


def run(runtime: Runtime, part: int = _PART) -> int:
    """Search one part; how many values were sealed. Nothing is read when everything has been searched."""
    with runtime.database.read() as session:
        state = session.get(TextSearch, 1)
        is_current = state is not None and state.rules == rules()
        if is_current and state is not None and state.is_done:
            return 0
        after = state.after_id if is_current and state is not None else None
        tickets = _next(session, after, part)
        doubtful = [ticket.id for ticket in tickets if next(_finds(_shown(session, ticket)), None)]
    last, is_last = tickets[-1].id if tickets else after, len(tickets) < part
    try:
        sealed = sum(all_of(partial(_seal_all, runtime, ticket_id) for ticket_id in doubtful))
    except StorageUnavailableError:
        raise  # the part is done again
    except Exception:
        _note(runtime, last, is_done=is_last)  # one ticket that cannot be sealed holds up none after it
        raise
    _note(runtime, last, is_done=is_last)
    return sealed


def _next(session: Session, after: UUID | None, part: int) -> Sequence[Ticket]:
    query = select(Ticket).where(Ticket.destroyed_at.is_(None))
    if after is not None:
        query = query.where(Ticket.id > after)
    return session.scalars(query.order_by(Ticket.id).limit(part)).all()


def _note(runtime: Runtime, after: UUID | None, *, is_done: bool) -> None:
    with runtime.database.transaction() as session:
        state = session.get(TextSearch, 1, with_for_update=True) or TextSearch(id=1)
        state.rules, state.after_id, state.is_done = rules(), after, is_done
        session.add(state)


def _shown(session: Session, ticket: Ticket) -> list[StoredText]:
    return [text for text in ticket_texts.texts_of(session, ticket) if not text.is_copy]


def _finds(texts: Sequence[StoredText]) -> Iterator[tuple[StoredText, Span]]:
    return ((text, span) for text in texts for span in stopping_spans(text.text) if not _MASK.search(span.value))


def _seal_all(runtime: Runtime, ticket_id: UUID) -> int:
    """Seal one value after the other: each hiding moves the places of the next."""
    with runtime.database.transaction() as session:
        hand = Hand(session, runtime, SYSTEM, lookup.locked(session, ticket_id))
        sealed = 0
        while hand.ticket.destroyed_at is None and (found := next(_finds(_shown(session, hand.ticket)), None)):
            _seal_one(hand, *found)
            sealed += 1
        if sealed:
            listing.renew(session, hand.ticket)
            if not hand.ticket.is_open:
                destruction.on_end(session, hand.ticket)
    return sealed


def _seal_one(hand: Hand, text: StoredText, found: Span) -> None:
    session, ticket = hand.session, hand.ticket
    purpose = CREDENTIALS if found.kind in _CREDENTIALS else REPORT
    key = hand.runtime.vault.data_key(session, ticket.report_id, purpose)
    label, words = ticket_texts.labels(session).get(text.name, text.name), labels_of([found])[0]
    value = hand.runtime.vault.sealed_value(
        key, owner_id=ticket.report_id, field=text.name, value=value_of(found), mask=MASK_OF_SPAN[found.kind],
        position=max(next_position(session, ticket.report_id, text.name), 1), label=f"{label}中的{words}",
    )  # fmt: skip
    session.add(value)
    session.flush()
    places = _mask(hand, found, masked(found))
    text_restoring.keep(hand, key, value, places, value.label)
    lifecycle.apply(session, ticket, _FOUND, SYSTEM, text=f"系统复查：隐藏 {len(places)} 处{words}（{label}）")
    trail.record(
        session, Tag.TEXT_SEALED, SYSTEM, ticket_number=ticket.number, field=value_key(value),
        particulars={
            "text_kind": _KINDS.get(found.kind, "other"), "places": len(places), "signs": len(found.value)
        },
    )  # fmt: skip


def _mask(hand: Hand, found: Span, mask: str) -> list[tuple[Occurrence, str]]:
    """Mask the value wherever the finder sees it, and in copies wherever it stands."""
    places: list[tuple[Occurrence, str]] = []
    with ticket_texts.changing(hand.session, hand.ticket.report_id):
        for text in list(ticket_texts.texts_of(hand.session, hand.ticket)):
            spans = [span for span in stopping_spans(text.text) if span.value == found.value]
            if text.is_copy:
                standing = re.finditer(re.escape(found.value), text.text)
                spans = [replace(found, start=match.start(), end=match.end()) for match in standing]
            for span in spans:
                place = Occurrence(*text.place, span.start, span.end - span.start, len(mask))
                places.append((place, text.text[span.start : span.end]))
            if spans:
                text.write(mask_text(text.text, spans, lambda _: mask))
    return places
