"""The ticket page: what it shows, and what this person can do here now."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock
from portal.accounts.guard import actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import Permission
from portal.acts import information, order, staff_texts, unsent_texts, voiding
from portal.acts.act import Act, Place
from portal.acts.reply_drafts import ASK_DRAFT, DraftState
from portal.acts.table import CLAIM, CLASSIFY
from portal.acts.unsent_texts import Unsent
from portal.audit import trail
from portal.audit.tags import Tag
from portal.casefile import acts, classifying, history, qq_text, read_out, redaction_places
from portal.casefile.clock_lines import lines_of
from portal.casefile.view import EntryView, TicketView, ticket_view
from portal.clocks.names import COORDINATION_LABELS, DUE_CAUSE_LABELS
from portal.collaboration import rows as collaboration_rows
from portal.collaboration import viewing
from portal.disclosure import reveals, text_redaction, text_restoring
from portal.disclosure.reasons import REASONS
from portal.errors import Fault
from portal.escalation import own_alerts, reporting
from portal.kinds.fields import Need
from portal.kinds.names import CHANNEL_LABELS, REQUEST_TYPE_LABELS
from portal.knowledge.articles import suggesting, uses
from portal.kpi.archive import complete
from portal.notify import notices
from portal.pages import staff_header
from portal.pages.list_place import ListPlace, place_of
from portal.pages.queue_filters import number_in
from portal.pages.triage import phrases, rating_lines
from portal.pages.triage.offered import OfferedForm
from portal.pages.triage.queue_rows import cause_of, whose_turn
from portal.pages.triage.tabs import tabs_of
from portal.progress import ownership
from portal.runtime import runtime_of
from portal.supplements import links
from portal.tickets import lookup
from portal.tickets.models import Ticket
from portal.tickets.states import CLOSED_HOW_LABELS, STATE_LABELS
from portal.web import context
from portal.web.body import PostedForm
from portal.web.templating import render

_OFTEN_NEEDED = ("operation_steps",)


@dataclass(frozen=True)
class FailedAct:
    """Why a posted act was not carried out; `form` fills its fields again (SECURITY G-3)."""

    action: str
    message: str
    status: int
    form: PostedForm = field(repr=False)
    faults: Sequence[Fault] = ()

    def value_of(self, action: str, name: str) -> str:
        """The text typed into a field of that act."""
        return self.form.get(name) if self.action == action else ""

    def values_of(self, action: str, name: str) -> list[str]:
        return self.form.all(name) if self.action == action else []

    def fault(self, action: str, name: str) -> Fault | None:
        return next((fault for fault in self.faults if self.action == action and fault.field == name), None)

    def is_stopped(self, action: str) -> bool:
        """The text seems to hold a secret: its writer decides (UX 11)."""
        return self.action == action and any(fault.code == staff_texts.CODE for fault in self.faults)

    def is_stale(self, action: str) -> bool:
        """The act can be repeated on the ticket's current state."""
        return self.action == action and self.status == 409


@dataclass(frozen=True)
class Meanwhile:
    """After a refused act: what others did since the page was opened, beside the texts that were typed, by label."""

    done: Sequence[EntryView]
    typed: Sequence[tuple[str, str]]


def _available(session: Session, ticket: Ticket, holding: ownership.Holding, principal: Principal) -> list[Act]:
    """What state, role and ownership together allow; each is checked again when the act is carried out."""
    return [
        act
        for act in acts.ACTS
        if principal.can(act.permission)
        and act.is_offered(holding, principal.user_id, principal.role.value)
        and act.is_wanted(session, ticket)
        and act.may(ticket, principal.user_id)
    ]


def _offered(
    session: Session, ticket: Ticket, available: Sequence[Act], failed: FailedAct | None, is_mine: bool, unsent: Unsent
) -> dict[Place, list[OfferedForm]]:
    """The forms of the page, by place. What several acts ask is looked up once."""
    forms: dict[Place, list[OfferedForm]] = {place: [] for place in Place}
    inputs = dict.fromkeys(asked for act in available for asked in act.inputs)
    found = {asked: (asked.options_on(session, ticket), asked.lines_on(session, ticket)) for asked in inputs}
    for act in available:
        options = {asked.name: found[asked][0] for asked in act.inputs}
        lines = {asked.name: found[asked][1] for asked in act.inputs}
        for form in act.forms_for(ticket):
            has_failed = failed is not None and failed.action == act.name
            is_begun = has_failed or any(unsent.text_of(act.name, text.name) for text in act.texts())
            is_unfolded = is_begun or (is_mine and form.opens(ticket))
            offered = OfferedForm(act, form, options, lines, is_unfolded, is_begun)
            forms[form.place].append(offered)
    return forms


def _with_returned(unsent: Unsent, view: TicketView, reader: Principal) -> Unsent:
    """With the reply that a lead returned to this person, to be changed and shown to them anew."""
    draft = view.reply_draft
    if draft is None or draft.status != DraftState.RETURNED.value or draft.author_id != reader.user_id:
        return unsent
    return Unsent({f"{ASK_DRAFT.name}-text": draft.text, **unsent.texts}, unsent.saved_at)


def _odd_fields(view: TicketView) -> list[str]:
    """What the report lacks although it was needed, or what most reports need: preselected when asking the clinic."""
    present = {shown.name for shown in view.fields if shown.texts}
    present |= {shown.name for shown in view.fields if any(not value.destroyed_at for value in shown.values)}
    present |= {picture.slot for picture in view.pictures}
    answers, channel = view.report.answers, view.ticket.channel_enum
    return [
        spec.name
        for spec in view.kind.fields
        if spec.name not in present
        and (
            spec.name in _OFTEN_NEEDED
            or spec.need(channel, request_type=view.ticket.type_enum) in (Need.REQUIRED, Need.LATER)
            or any(answers.get(condition.field) == condition.value for condition in spec.required_when)
        )
    ]


def show_ticket(request: Request, principal: Principal, number: str, failed: FailedAct | None = None) -> Response:
    """The masked page of one ticket; every view writes a trail row first (SECURITY D-8).

    Raises:
        NotFoundError: absent, or of another queue.
    """
    runtime = runtime_of(request)
    actor = actor_of(request, principal)
    with runtime.database.transaction() as session:
        found = lookup.find(session, actor, number)
        notices.see(session, principal.user_id, found.number)
        trail.record(session, Tag.TICKET_VIEWED, actor, ticket_number=found.number)
    with runtime.database.read() as session:
        ticket = lookup.find(session, actor, number)
        view = ticket_view(session, ticket)
        link = links.current(session, ticket)
        place = place_of(request, principal, failed.form if failed else None) or ListPlace(ticket.queue)
        before, after = place.beside(session, principal, ticket)
        unsent = _with_returned(unsent_texts.of(session, runtime, ticket, principal.user_id), view, principal)
        staff_header.read(request, session, principal)
        holding, is_mine = (
            ownership.holding_of(session, ticket, principal.user_id),
            ticket.assignee_id == principal.user_id,
        )
        alerts = own_alerts.of_ticket(session, principal.user_id, ticket)
        available = _available(session, ticket, holding, principal)
        may_reveal = reveals.may_reveal(session, ticket, principal.user_id)
        may_open = reveals.may_open(session, ticket, principal.user_id)
        offered = _offered(session, ticket, available, failed, is_mine, unsent)
        offered_phrases = phrases.of_acts(session, ticket, available, runtime.settings, principal.user_id)
        passed = order.passed_over(session, ticket) if CLAIM in available else None
        proposed = classifying.proposals(session, view) if CLASSIFY in available else []
        around = history.around(session, ticket, principal.queues)
        places = redaction_places.places_of(session, view)
        sub_tickets = [(row, ticket) for row in collaboration_rows.of_ticket(session, ticket)]
        collaborations = viewing.views_of(session, actor, sub_tickets)
        known = viewing.known_of(session, ticket, shows_institution=False)
        articles = [(one, uses.quotation(one)) for one in suggesting.for_ticket(session, ticket)]
        quoted = uses.of_ticket(session, ticket)
        record_gaps = [] if ticket.is_open else complete.gaps_of(session, ticket)
        may_record_rating = rating_lines.may_record(session, view, principal)
        hidden = text_restoring.restorable(session, ticket) if text_restoring.RESTORE in available else []
    return render(
        request,
        "triage/ticket.html",
        failed.status if failed else 200,
        view=view,
        ticket=ticket,
        available=[act.name for act in available],
        offered=offered,
        note=view.triage,
        classified=classifying.classified(view),
        proposals=proposed,
        request_type_label=REQUEST_TYPE_LABELS[ticket.type_enum],
        tabs=tabs_of(offered),
        failed=failed,
        faults=failed.faults if failed else [],
        orphaned_text=_orphaned_text(failed, available),
        meanwhile=_meanwhile(failed, view),
        done=_done_sentence(request, view) if failed is None else "",
        place=place,
        before=before,
        after=after,
        unsent=unsent,
        phrases=offered_phrases,
        may_keep_words=principal.can(Permission.KEEP_WORDS),
        odd=_odd_fields(view),
        askable=information.askable(ticket),
        clock_lines=lines_of(view.clocks, clock.now()),
        due_cause_labels=DUE_CAUSE_LABELS,
        whose=whose_turn(ticket, principal.user_id),
        cause=cause_of(ticket),
        absent=ownership.why_absent(session, ticket) if ticket.is_open else "",
        is_mine=is_mine,
        may_reveal=may_reveal and principal.can(Permission.REVEAL_FIELD),
        may_open=may_open and principal.can(Permission.OPEN_PICTURE),
        articles=articles,
        quoted=quoted,
        may_write_article=principal.can(Permission.WRITE_ARTICLE) and ticket.destroyed_at is None,
        record_gaps=record_gaps,
        collaborations=collaborations,
        known=known,
        rating_lines=rating_lines.lines_of(view, principal),
        may_record_rating=may_record_rating,
        void_kinds=voiding.KIND_LABELS,
        own_alerts=alerts,
        decision_labels=reporting.DECISION_LABELS,
        passed_over=passed,
        around=around,
        closed_how_labels=CLOSED_HOW_LABELS,
        coordination_labels=COORDINATION_LABELS,
        channel_labels=CHANNEL_LABELS,
        reasons=REASONS,
        places=places,
        hidden_passages=hidden,
        passage_kinds=list(text_redaction.KIND_LABELS.items()),
        asks_code=principal.has_second_factor,
        may_ask=ticket.is_worked and not is_mine and principal.can(Permission.ASK_BREAK_GLASS),
        state_labels=STATE_LABELS,
        may_file=principal.can(Permission.FILE_FOR_OTHERS),
        link=link,
        read_out=read_out.sentences(view, ticket.number),
        qq_text=qq_text.text_of(view, f"{context.base_url(request)}/track?number={ticket.number}"),
    )


def _done_sentence(request: Request, view: TicketView) -> str:
    """The sentence after an act on this ticket, which may quote its timeline, or on the one before in the list."""
    act = acts.BY_NAME.get(request.query_params.get("done", ""))
    if act is None:
        return ""
    before = number_in(request.query_params.get("of", ""))
    if before:
        return f"{before} {act.done.format(text='')}。这是下一条"
    lines = [entry.text for entry in view.timeline if entry.action == act.name]
    return act.done.format(text=lines[-1] if lines else "")


def _meanwhile(failed: FailedAct | None, view: TicketView) -> Meanwhile | None:
    """None unless the timeline has grown since the posted page was opened."""
    act = acts.BY_NAME.get(failed.action) if failed else None
    if failed is None or act is None or not failed.is_stale(act.name):
        return None
    seen = failed.form.number("seen")
    done = view.timeline[seen:] if seen > 0 else ()
    typed = [(asked.label, failed.form.get(asked.name)) for asked in act.texts() if failed.form.get(asked.name)]
    return Meanwhile(done, typed) if done else None


def _orphaned_text(failed: FailedAct | None, available: Sequence[Act]) -> str:
    """Text typed into a form that is not offered, or sent for a box that it does not have: it is shown, not lost."""
    act = acts.BY_NAME.get(failed.action) if failed else None
    if failed is None or act is None:
        return ""
    without_box = {name for name, _ in act.form.hidden}
    texts = (text for text in act.texts() if act not in available or text.name in without_box)
    return next((value for text in texts if (value := failed.form.get(text.name))), "")
