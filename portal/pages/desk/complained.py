"""投诉 on the phone: what was typed on the form of a call goes along to the complaint's form (DESK 3.1).

Only the draft's id is in the address. Name and phone are sealed in the draft: the form shows their masks, and a box
that stays empty takes them from there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from portal.accounts.principal import Principal
from portal.complaints.filing import Complained
from portal.kinds.contact_fields import CONTACT_NAME, CONTACT_PHONE
from portal.kinds.names import Channel
from portal.kinds.validation import normalised
from portal.pages.desk import filing_forms
from portal.reports import drafts
from portal.reports.drafts import DraftGoneError, OpenDraft, StaffOwner
from portal.reports.masked_answers import field_masks
from portal.runtime import Runtime
from portal.web.body import as_uuid


@dataclass(frozen=True)
class FromCall:
    """What the form of a call holds. `masks`: of the sealed name and phone, by the complaint's own field."""

    draft: str = ""
    given: Complained = field(default_factory=lambda: Complained("", "", channel=Channel.PHONE.value), repr=False)
    masks: Mapping[str, str] = field(default_factory=dict)
    name: str = field(default="", repr=False)
    phone: str = field(default="", repr=False)

    def completed(self, given: Complained) -> Complained:
        """With name and phone of the call where the complaint's form left them empty."""
        return replace(given, name=given.name.strip() or self.name, phone=given.phone.strip() or self.phone)


NOTHING = FromCall()


def of(runtime: Runtime, writer: Principal, draft_id: str) -> FromCall:
    """Of the writer's own draft that is not filed; nothing of any other."""
    draft = _own(runtime, writer, draft_id)
    if draft is None:
        return NOTHING
    shown, clean = filing_forms.shown_values(draft.values), normalised(draft.kind, draft.values)
    first = {name: next(iter(texts), "") for name, texts in shown.items()}
    channel = filing_forms.chosen(draft.values)[1]
    kept = {spec.name: next(iter(clean.get(spec.name, ())), "") for spec in (CONTACT_NAME, CONTACT_PHONE)}
    given = Complained(
        content=first.get("description", ""),
        name="",
        wish=first.get("wish", ""),
        institution=first.get("institution", ""),
        channel=channel.value if channel and channel is not Channel.YXT else Channel.PHONE.value,
        occurred_on=next(iter(clean.get("occurred_at", ())), "")[:10],
    )
    masks = {
        name: field_masks(spec, [kept[spec.name]])[0]
        for name, spec in (("name", CONTACT_NAME), ("contact_phone", CONTACT_PHONE))
        if kept[spec.name]
    }
    return FromCall(str(draft.id), given, masks, kept[CONTACT_NAME.name], kept[CONTACT_PHONE.name])


def _own(runtime: Runtime, writer: Principal, draft_id: str) -> OpenDraft | None:
    found = as_uuid(draft_id)
    if found is None:
        return None
    try:
        draft = drafts.find(runtime, found, StaffOwner(writer.user_id))
    except DraftGoneError:
        return None
    return None if draft.ticket else draft
