"""从工单生成: a draft from what a ticket says, with every sealed span left out (DESK 3.4).

People and places are its author's to remove; the reviewer says that they looked.
"""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts import standing
from portal.audit.actor import Actor
from portal.errors import PortalError
from portal.knowledge.articles import writing
from portal.knowledge.articles.models import Article
from portal.knowledge.articles.texts import ArticleText, without_secrets
from portal.reports.models import Report
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.vault.models import SealedValue

_DESCRIBED = ("description", "error_text")
# What is left of a mask that no sealed value of the report explains, such as a star in a copied list.
_MASK = re.compile(r"[0-9A-Za-z@._-]{0,40}[*＊●]{2,40}[0-9A-Za-z@._*＊●-]{0,40}")


def make(session: Session, actor: Actor, number: str) -> Article:
    """A draft by this person; the ticket itself does not change.

    Raises:
        NotFoundError: absent, or of another queue. PortalError: 410, its content is destroyed.
        ForbiddenError: not a person who writes articles.
    """
    standing.require(session, actor)
    ticket = lookup.find(session, actor, number)
    if ticket.destroyed_at is not None:
        raise PortalError("这条问题的内容已经销毁，不能再生成知识条目", 410)
    report = session.get_one(Report, ticket.report_id)
    masks = _masks(session, ticket)
    told = "\n".join(filter(None, (_plain(str(report.answers.get(name) or ""), masks) for name in _DESCRIBED)))
    text = ArticleText(
        problem=told,
        steps=_plain(ticket.resolution or "", masks),
        queue=ticket.queue,
        system=_plain(ticket.previous_system, masks)[:100],
        module=_plain(str(report.answers.get("module") or ""), masks)[:100],
    )
    return writing.make(session, actor, text, ticket=ticket, may_be_untitled=True)


def _masks(session: Session, ticket: Ticket) -> list[str]:
    """What stands in the texts in place of sealed values, the longest first."""
    masks = select(SealedValue.value_masked).where(SealedValue.owner_id == ticket.report_id)
    return sorted({mask for mask in session.scalars(masks) if "*" in mask}, key=len, reverse=True)


def _plain(text: str, masks: list[str]) -> str:
    for mask in masks:
        text = text.replace(mask, "")
    return without_secrets(_MASK.sub("", text))
