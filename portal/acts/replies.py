"""Writing to the clinic."""

from collections.abc import Sequence

from portal.accounts.roles import Permission
from portal.acts import citing, promises
from portal.acts.act import Act, Form, Outcome, Place, Whose
from portal.acts.hand import Hand
from portal.acts.inputs import Text
from portal.audit.tags import Tag
from portal.notify.events import Event
from portal.progress.lifecycle import ClockEffect, Move, staying
from portal.tickets.states import TicketState as S


def reply(hand: Hand, text: str, keeps: Sequence[str], articles: Sequence[str]) -> Outcome:
    """The clinic reads the text on its page; it may keep promises."""
    text = citing.cited(hand, text, articles)
    entry_id, kept = promises.keep(hand, keeps)
    return Outcome(text, kept, entry_id=entry_id)


REPLY = Act(
    move=Move(
        "reply",
        "回复机构",
        staying(S.IN_PROGRESS, S.AWAITING_INFORMATION, S.AWAITING_CONFIRMATION),
        clock=ClockEffect.REPLIES,
    ),
    do=reply,
    path="replies",
    chosen_by="type",
    chosen_as="plain",
    permission=Permission.SPEAK,
    whose=Whose.OWN_OR_A_LEADS,
    tag=Tag.TICKET_REPLIED,
    event=Event.REPLIED,
    inputs=(
        Text(
            name="text",
            label="回复内容，机构会看到",
            help="请不要写身份证号、账号和密码；发现时会先请您确认",
            word="回复",
            missing="请填写给机构的回复",
            phrase_place="reply",
        ),
        citing.ARTICLES,
        promises.KEEPS,
    ),
    doubt=lambda hand, values: [*promises.doubts_of_keeping(hand, values), *citing.doubts(hand, values)],
    form=Form(
        Place.WORK,
        "发送给机构",
        "正在发送…",
        look="primary",
        leads_on=True,
        opens=lambda ticket: ticket.first_replied_at is None,
    ),
    done="已发送给机构",
)
