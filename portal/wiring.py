"""Joins the rooms: the hooks of a ticket's life, what each room stores, and which form fields hold texts.

It shows which room takes part in what. A test fails for a table that is in no room's holdings.
"""

from collections.abc import Iterable

from sqlalchemy.orm import Session

from portal.accounts import holdings as accounts
from portal.acts import holdings as acts
from portal.acts import offer_ends, own_reminders, promises, reply_drafts, unsent_texts, voiding
from portal.audit import holdings as audit
from portal.calendar import holdings as calendar
from portal.casefile.acts import ACTS
from portal.clocks import holdings as clocks
from portal.collaboration import following, late, unverified
from portal.collaboration import holdings as collaboration
from portal.collaboration import objections as collaboration_objections
from portal.complaints import access as complaint_access
from portal.complaints import answering
from portal.complaints import holdings as complaints
from portal.complaints.acts import ACTS as COMPLAINT_ACTS
from portal.complaints.inputs import Words
from portal.disclosure import break_glass
from portal.disclosure import holdings as disclosure
from portal.escalation import alerts, demanding, expired_offers, missed_promises, undecided, waiting_drafts
from portal.escalation import holdings as escalation
from portal.escalation.causes import Cause
from portal.follow_up import holdings as follow_up
from portal.follow_up import low_series, surveys
from portal.follow_up.call_backs import following as call_backs
from portal.follow_up.call_backs import keeping as call_back_keeping
from portal.follow_up.call_backs import trails as call_back_trails
from portal.holdings import Register
from portal.institutions import holdings as institutions
from portal.keepers import contacts
from portal.keepers import holdings as keepers
from portal.kinds.table import KINDS
from portal.knowledge import followers
from portal.knowledge import holdings as knowledge
from portal.knowledge.articles import holdings as articles
from portal.knowledge.articles import rows as article_rows
from portal.knowledge.articles import suggesting, uses
from portal.kpi.archive import complete
from portal.kpi.archive import due_steps as archive_steps
from portal.kpi.archive import holdings as archive
from portal.kpi.books import holdings as books
from portal.kpi.score import facts as work_facts
from portal.kpi.score import holdings as score
from portal.metrics import holdings as metrics
from portal.notify import holdings as notify
from portal.occasions import (
    ComplaintAnswered,
    ComplaintArchived,
    ComplaintCalled,
    ComplaintDestroyed,
    FollowerToCall,
    KeeperAssigned,
)
from portal.progress.hooks import Hooks, Moment
from portal.reports import draft_holdings as drafts
from portal.reports import holdings as reports
from portal.retention import destruction, holds
from portal.retention import holdings as retention
from portal.sampling import holdings as sampling
from portal.screenshots import holdings as screenshots
from portal.supplements import holdings as supplements
from portal.supplements import links
from portal.tickets import holdings as tickets
from portal.tickets import information_requests
from portal.tickets.models import Ticket
from portal.tracking import confirmation
from portal.vault import holdings as vault
from portal.watch import holdings as watch


def _late_departments(session: Session, ticket: Ticket) -> Iterable[alerts.Subject]:
    return [alerts.Subject(found.id, next_at=found.leads_at) for found in late.ongoing(session, ticket)]


def _end_alerts_of_departments(session: Session, ticket: Ticket) -> None:
    for subject_id in late.over(session, ticket):
        alerts.end_about(session, subject_id)


HOOKS = Hooks(
    objectors=(
        promises.objections,
        voiding.objections,
        undecided.objections,
        break_glass.objections,
        collaboration_objections.objections,
        holds.objections,
        complete.objections,
    ),
    listeners=(
        (Moment.HANDED, own_reminders.withdraw_from_others),
        (Moment.HANDED, offer_ends.withdraw_if_taken),
        (Moment.HANDED, reply_drafts.withdraw_from_others),
        (Moment.HANDED, break_glass.withdraw_the_owners),
        (Moment.HAND_OVERS_3, alerts.listener(Cause.HAND_OVERS_3, alerts.the_ticket)),
        (Moment.OFFER_EXPIRED, alerts.listener(Cause.OFFER_EXPIRED, expired_offers.latest)),
        (Moment.PROMISE_MISSED, alerts.listener(Cause.PROMISE_MISSED, missed_promises.subjects)),
        (Moment.BECAME_CRITICAL, alerts.listener(Cause.CRITICAL, alerts.the_ticket)),
        (Moment.DRAFT_WAITING, alerts.listener(Cause.DRAFT_WAITING, waiting_drafts.waiting)),
        (Moment.DRAFT_SETTLED, waiting_drafts.settle),
        (Moment.COLLABORATION_LATE, alerts.listener(Cause.COLLABORATION_LATE, _late_departments)),
        (Moment.COLLABORATION_SETTLED, _end_alerts_of_departments),
        (Moment.LEFT, information_requests.withdraw),
        (Moment.LEFT, offer_ends.withdraw),
        (Moment.LEFT, own_reminders.withdraw),
        (Moment.LEFT, voiding.withdraw),
        (Moment.LEFT, reply_drafts.withdraw),
        (Moment.LEFT, following.on_left),
        (Moment.LEFT, links.withdraw),
        (Moment.LEFT, undecided.settle),
        (Moment.LEFT, break_glass.withdraw),
        (Moment.SPOKEN, following.on_spoken),
        (Moment.CALLED, following.on_spoken),
        (Moment.RATED, call_backs.on_rating),
        (Moment.RATED, archive_steps.on_rated),
        (Moment.RATED, alerts.listener(Cause.LOW_RATINGS, low_series.subjects)),
        (Moment.REOPENED, call_backs.on_reopened),
        (Moment.RESULT, call_backs.on_result),
        (Moment.RESULT, surveys.issue),
        (Moment.ENDED, promises.settle),
        (Moment.ENDED, unsent_texts.on_end),
        (Moment.ENDED, alerts.end),
        (Moment.ENDED, call_backs.on_ended),
        (Moment.ENDED, archive_steps.on_ended),
        (Moment.REFUSED, work_facts.on_refusal),
        (Moment.REOPENING, work_facts.on_reopening),
        (Moment.SEPARATED, work_facts.on_separation),
        (Moment.ENDED, work_facts.on_end),
        (Moment.ENDED, destruction.on_end),
    ),
    readers=(unverified.refusal,),
    callers=(call_backs.is_to_call,),
    phones=(contacts.phones_to_call,),
    holders=(holds.held_among,),
    occasions=(
        (KeeperAssigned, call_backs.on_keeper_assigned),
        (FollowerToCall, call_backs.on_follower_to_call),
        (ComplaintAnswered, call_backs.on_complaint_answered),
        (ComplaintArchived, call_backs.on_complaint_archived),
        (ComplaintDestroyed, call_back_keeping.on_complaint_destroyed),
        (ComplaintCalled, answering.on_called),
    ),
    pages=(surveys.page_of,),
    hearers=(uses.on_public_text,),
    citable=(suggesting.citable,),
    citers=(uses.cite,),
    numbers=(
        followers.numbers_of_queues,
        article_rows.numbers_of_queues,
        call_back_trails.numbers_of_queues,
    ),
    own_numbers=(complaint_access.numbers_of,),
    held_numbers=(complaint_access.held_numbers,),
    barred=(complaint_access.barred,),
)

# A passage that occurs in several texts is sealed under the first one in this order.
REGISTER = Register(
    (
        *vault.HOLDINGS,
        *reports.REPORTS,
        *tickets.HOLDINGS,
        *clocks.HOLDINGS,
        *disclosure.HOLDINGS,
        *collaboration.HOLDINGS,
        *complaints.HOLDINGS,
        *acts.HOLDINGS,
        *escalation.HOLDINGS,
        *reports.CALL_RECORDS,
        *screenshots.HOLDINGS,
        *drafts.DRAFTS,
        *supplements.HOLDINGS,
        *follow_up.HOLDINGS,
        *knowledge.HOLDINGS,
        *articles.HOLDINGS,
        *archive.HOLDINGS,
        *institutions.HOLDINGS,
        *keepers.HOLDINGS,
        *accounts.HOLDINGS,
        *notify.HOLDINGS,
        *sampling.HOLDINGS,
        *score.HOLDINGS,
        *metrics.HOLDINGS,
        *books.HOLDINGS,
        *calendar.HOLDINGS,
        *audit.HOLDINGS,
        *retention.HOLDINGS,
        *watch.HOLDINGS,
    )
)


def _labels(texts: Iterable[tuple[str, str]]) -> dict[str, str]:
    """By name; empty for a name that different forms call differently."""
    known: dict[str, str] = {}
    for name, label in texts:
        known[name] = label if known.get(name, label) == label else ""
    return known


# What an error page returns to its writer, by its name with its label (SECURITY E-3).
TEXT_FIELDS = {
    **_labels((text.name, text.label) for act in ACTS for text in act.texts()),
    confirmation.TEXT_FIELD: "说明",
    demanding.PAGE_FIELD: "为什么需要主管处理",
    **_labels((asked.name, asked.label) for act in COMPLAINT_ACTS for asked in act.inputs if isinstance(asked, Words)),
    "content": "投诉的内容",
    "wish": "希望怎样解决",
    **_labels((spec.name, spec.label) for kind in KINDS.values() for spec in kind.fields if spec.is_text),
}
