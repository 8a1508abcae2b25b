"""引用知识条目 in a text for the clinic (REQUIREMENTS G7): rooms above know the articles and count their use."""

from collections.abc import Mapping, Sequence
from typing import Any

from portal.acts.hand import Hand
from portal.acts.inputs import Ticks
from portal.errors import Fault, InvalidError
from portal.progress import hooks

ARTICLES = Ticks(name="articles", label="引用知识条目", options=hooks.citable_in, is_first_ticked=False)


def doubts(hand: Hand, values: Mapping[str, Any]) -> Sequence[Fault]:
    """Numbers that are no article for this ticket."""
    try:
        hooks.cited(hand.session, hand.ticket, "", values.get(ARTICLES.name, ()))
    except InvalidError as error:
        return error.faults
    return ()


def cited(hand: Hand, text: str, articles: Sequence[str]) -> str:
    """The text as the clinic reads it: with a reference to each of these that it does not hold already."""
    return hooks.cited(hand.session, hand.ticket, text, articles)
