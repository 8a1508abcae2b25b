"""Pictures of a supplement before it is sent: a draft of the supplier holds them, as on the form, for a day.

So every door has the same picture part, and nothing good is chosen twice (UX 0.7).
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from portal.kinds.fields import FieldSpec
from portal.kinds.table import KINDS
from portal.reports import draft_pictures, drafts
from portal.reports.drafts import BrowserOwner, DraftGoneError, OpenDraft, StaffOwner
from portal.reports.filing import NewPicture
from portal.runtime import Runtime
from portal.screenshots import twins
from portal.screenshots.inspection import Inspection, InspectionLimits, Verdict, inspect
from portal.screenshots.models import Screenshot
from portal.tickets.models import Ticket

_TICKET = "supplements"


def find(runtime: Runtime, token: str, ticket: Ticket) -> OpenDraft | None:
    """The pictures that this browser holds for this ticket."""
    begun = drafts.begun_by(runtime, BrowserOwner(token)) if token else []
    return next((draft for draft in begun if list(draft.values.get(_TICKET, ())) == [str(ticket.id)]), None)


def begin(runtime: Runtime, ticket: Ticket, asked: Iterable[FieldSpec], address: str) -> OpenDraft:
    """A new one, with the answers that make the asked slots those of its kind.

    Raises:
        TooManyRequestsError: this address has begun too many drafts.
    """
    return drafts.start(runtime, KINDS[ticket.kind_enum], _values(ticket, asked), address)


def of_staff(runtime: Runtime, ticket: Ticket, asked: Iterable[FieldSpec], owner: StaffOwner) -> OpenDraft:
    """The pictures that this person has added for the clinic so far; begun if there are none."""
    draft = drafts.begin_for_staff(runtime, uuid.uuid5(ticket.id, str(owner.user_id)), owner)
    wanted = {**_values(ticket, asked), "kind": [ticket.kind_enum.value]}
    missing = {name: given for name, given in wanted.items() if list(draft.values.get(name, ())) != given}
    return drafts.save(runtime, draft, missing) if missing else draft


def of_staff_if_begun(runtime: Runtime, ticket: Ticket, owner: StaffOwner) -> OpenDraft | None:
    try:
        return drafts.find(runtime, uuid.uuid5(ticket.id, str(owner.user_id)), owner)
    except DraftGoneError:
        return None


def is_supplement(draft: OpenDraft) -> bool:
    """Whether it only holds pictures for a ticket that is there already."""
    return _TICKET in draft.values


def slots_of(asked: Iterable[FieldSpec]) -> list[FieldSpec]:
    return [spec for spec in asked if spec.is_picture]


def new_pictures(runtime: Runtime, ticket: Ticket, draft: OpenDraft, asked: Sequence[FieldSpec]) -> list[NewPicture]:
    """What the draft holds for the asked slots, in their order, as if it had just arrived.

    One that the report has already, in another slot, is asked about in the draft from now on.
    """
    wanted = {spec.name for spec in slots_of(asked)}
    held = [picture for picture in draft.pictures if picture.slot in wanted]
    found = [_new_picture(runtime, draft, picture) for picture in held]
    with runtime.database.read() as session:
        repeated = [place for place, new in enumerate(found) if _is_stored(session, runtime, ticket, new)]
    if not repeated:
        return found
    with runtime.database.transaction() as session:
        for place in repeated:
            asked_about = twins.asked_if_same(found[place].inspection)
            found[place] = replace(found[place], inspection=asked_about)
            row = session.get_one(Screenshot, held[place].id)
            row.verdict, row.reason = asked_about.verdict.value, asked_about.reason
            row.message = asked_about.message
    return found


def _is_stored(session: Session, runtime: Runtime, ticket: Ticket, new: NewPicture) -> bool:
    vault, blobs = runtime.vault, runtime.blobs
    return twins.find_stored(session, vault, blobs, ticket.report_id, new.inspection, new.slot) is not None


def forget_received(runtime: Runtime, draft: OpenDraft, still_asked: Iterable[FieldSpec]) -> None:
    """Remove what has been received; the draft too, once it holds nothing that is still asked for."""
    left = {spec.name for spec in slots_of(still_asked)}
    if not any(picture.slot in left for picture in draft.pictures):
        drafts.discard(runtime, draft)
        return
    for picture in draft.pictures:
        if picture.slot not in left:
            draft_pictures.remove(runtime, draft, picture.id)


def _values(ticket: Ticket, asked: Iterable[FieldSpec]) -> dict[str, list[str]]:
    values = {_TICKET: [str(ticket.id)]}
    for spec in slots_of(asked):
        values |= {condition.field: [condition.value] for condition in spec.conditions}
    return values


def _new_picture(runtime: Runtime, draft: OpenDraft, picture: Screenshot) -> NewPicture:
    media_type, content = draft_pictures.content(runtime, draft, picture.id)
    verdict = Verdict(picture.verdict)
    code = {Verdict.ASK: "image_confirm", Verdict.REFUSE: "image_partial"}.get(verdict)
    seen = inspect(content, hint=None, limits=InspectionLimits.of(runtime.settings))
    inspection = Inspection(
        verdict,
        code,
        picture.reason,
        picture.message,
        picture.width,
        picture.height,
        is_photo=picture.is_photo,
        media_type=media_type,
        content=content,
        own=picture.own_screen,
        fingerprint=seen.fingerprint,
        look=seen.look,
    )
    return NewPicture(picture.slot, inspection, picture.is_confirmed)
