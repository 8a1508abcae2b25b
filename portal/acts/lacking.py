"""What a report lacks of what its kind, channel and request type require, to be asked of the clinic."""

from collections.abc import Collection

from sqlalchemy import select

from portal.acts.hand import Hand
from portal.kinds import validation
from portal.kinds.channel_policy import ChannelPolicy
from portal.kinds.fields import UNASKED, CheckContext, FieldSpec, Need
from portal.kinds.table import Kind
from portal.pasting import situation
from portal.reports import current
from portal.screenshots.models import Screenshot
from portal.vault.models import SealedValue

_MUST: Collection[Need] = (Need.REQUIRED,)
MUST_OR_LATER: Collection[Need] = (Need.REQUIRED, Need.LATER)


def fields(hand: Hand, kind: Kind, needs: Collection[Need] = _MUST) -> list[FieldSpec]:
    """Fields of these needs without a value, and those whose value the checks refuse, in the form's order."""
    session, ticket = hand.session, hand.ticket
    answers = current.answers_of(session, ticket.report_id)
    present = {name for name, text in answers.items() if text}
    for column, owner in ((SealedValue.field, SealedValue.owner_id), (Screenshot.slot, Screenshot.owner_id)):
        present.update(session.scalars(select(column).where(owner == ticket.report_id)))
    clean = {name: [text] for name, text in answers.items() if text}
    texts = [spec for spec in kind.fields if spec.name in clean and spec.name in present and not spec.only_with]
    context, policy = CheckContext.of(hand.runtime.settings), ChannelPolicy.of(session.info)
    channel, chosen = ticket.channel_enum, ticket.type_enum
    refused = {fault.field for fault in validation.text_faults(kind, channel, clean, texts, context, chosen)}
    return [
        spec
        for spec in kind.fields
        if spec.name in refused or (spec.need(channel, policy, chosen) in needs and spec.name not in present)
    ]


def named_symptom(hand: Hand, kind: Kind) -> list[FieldSpec]:
    """问题现象, if the texts speak of one and nobody was asked (REQUIREMENTS T23)."""
    ticket, spec = hand.ticket, kind.field(situation.SYMPTOM)
    answers = current.answers_of(hand.session, ticket.report_id)
    found = situation.read_from(kind, {name: [text] for name, text in answers.items()})
    is_asked = spec.need(ticket.channel_enum, request_type=ticket.type_enum) not in UNASKED
    return [spec] if is_asked and situation.SYMPTOM in found else []
