"""常用语 on the page of 代客提报: what to say on the phone, and what to write as 当场解答."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from portal.accounts.principal import Principal
from portal.knowledge import phrase_values, phrases
from portal.knowledge.phrase_values import FormPhrase, OfferedPhrase
from portal.knowledge.phrase_variables import rendered
from portal.knowledge.phrases import PhrasePlace
from portal.pages.desk.answering import TEXT
from portal.reports.draft_answers import Values
from portal.runtime import Runtime
from portal.settings import Settings
from portal.web.body import PostedForm, as_uuid

INSERT = "insert"
_SAID = (PhrasePlace.CALL, PhrasePlace.QUESTION)


@dataclass(frozen=True)
class CallPhrases:
    """`to_say` is read out, the opening first; `to_write` goes into the answer."""

    to_say: Sequence[OfferedPhrase]
    to_write: Sequence[FormPhrase]


def of_call(session: Session, settings: Settings, user_id: UUID, values: Values) -> CallPhrases:
    """With what is known before there is a ticket: the typed institution, the writer, the desk."""
    known = phrase_values.of_writer(session, settings, user_id)
    known["机构"] = next(iter(values.get("institution", ())), "")
    rows = phrases.offered(session, {*_SAID, PhrasePlace.REPLY})
    shown = phrase_values.all_rendered(rows, known)
    said = [phrase for place in _SAID for phrase in shown if phrase.place == place.value]
    written = [
        FormPhrase(phrase.id, phrase.title, {"": phrase.text}, phrase.missing)
        for phrase in shown
        if phrase.place == PhrasePlace.REPLY.value
    ]
    return CallPhrases(said, written)


def of_call_back(
    session: Session, settings: Settings, user_id: UUID, institution: str, sentences: Sequence[tuple[str, str]]
) -> tuple[Sequence[tuple[str, str]], Sequence[OfferedPhrase]]:
    """The ready sentences in the caller's own words, and the phrases of leads that can be said to this institution."""
    known = {**phrase_values.of_writer(session, settings, user_id), "机构": institution}
    said = [(when, rendered(words, {**known, "工号": known["工号"] or "……"}).text) for when, words in sentences]
    kept = phrase_values.all_rendered(phrases.offered(session, {PhrasePlace.CALL}), known)
    return said, [phrase for phrase in kept if not phrase.missing]


def with_inserted(runtime: Runtime, taker: Principal, form: PostedForm) -> PostedForm:
    """For browsers without script: the posted form with the chosen phrase below the answer that was typed."""
    chosen = as_uuid(form.get(INSERT)) if form.has(INSERT) else None
    if chosen is None:
        return form
    with runtime.database.read() as session:
        offered = of_call(session, runtime.settings, taker.user_id, {"institution": form.all("institution")})
    text = next((each.parts[""] for each in offered.to_write if each.id == chosen and not each.missing), "")
    return form.with_values({TEXT: "\n".join(filter(None, (form.get(TEXT), text)))})
