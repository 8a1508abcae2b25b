"""常用语 on the ticket page: what each form offers, and for browsers without script the page with one inserted."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from portal.acts.act import Act
from portal.knowledge import phrase_values, phrases
from portal.knowledge.phrase_values import FormPhrase, OfferedPhrase
from portal.knowledge.phrases import PhrasePlace
from portal.settings import Settings
from portal.tickets.models import Ticket
from portal.web.body import PostedForm, as_uuid

INSERT = "insert"
GONE = "这条常用语现在不能用了，请换一条"


def of_acts(
    session: Session, ticket: Ticket, acts: Sequence[Act], settings: Settings, user_id: UUID
) -> dict[str, list[FormPhrase]]:
    """By the name of the act; two queries, whatever the number of acts."""
    wanted = {act.name: place for act in acts if (place := _place_of(act))}
    if not wanted:
        return {}
    rows = phrases.offered(session, set(wanted.values()))
    shown = phrase_values.all_rendered(rows, phrase_values.of_ticket(session, ticket, settings, user_id))
    return {
        act.name: [_for(act, each) for each in shown if each.place == wanted[act.name].value]
        for act in acts
        if act.name in wanted
    }


def inserted(form: PostedForm, act: Act, offered: Sequence[FormPhrase]) -> PostedForm | None:
    """The posted form with the chosen phrase below what was typed; None if it is not offered any more."""
    chosen = as_uuid(form.get(INSERT))
    phrase = next((each for each in offered if each.id == chosen and not each.missing), None)
    if phrase is None:
        return None
    texts = {name: "\n".join(filter(None, (form.get(name), text))) for name, text in phrase.parts.items()}
    return form.with_values(texts)


def parts_of(act: Act, text: str) -> dict[str, str]:
    """A line that begins with the label of one of the act's texts belongs there, the others to its first text."""
    texts = act.texts()
    first = next(each.name for each in texts if each.phrase_place)
    labelled = {f"{each.label}：": each.name for each in texts}
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        label = next((label for label in labelled if line.startswith(label)), "")
        found.setdefault(labelled.get(label, first), []).append(line.removeprefix(label))
    return {name: "\n".join(lines) for name, lines in found.items()}


def _place_of(act: Act) -> PhrasePlace | None:
    return next((PhrasePlace(text.phrase_place) for text in act.texts() if text.phrase_place), None)


def _for(act: Act, phrase: OfferedPhrase) -> FormPhrase:
    return FormPhrase(phrase.id, phrase.title, parts_of(act, phrase.text), phrase.missing)
