"""名录: the list of institutions and the page of each one. The rules are in the package `institutions`."""

import uuid
from collections.abc import Callable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends
from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from portal.accounts.guard import Requires, actor_of
from portal.accounts.principal import Principal
from portal.accounts.roles import GRANTS, Permission, Role
from portal.audit.actor import Actor
from portal.errors import Fault, ForbiddenError, PortalError
from portal.follow_up.call_backs import listing
from portal.institutions import directory, search
from portal.institutions.models import LEVEL_LABELS, DirectoryEntry
from portal.keepers import contacts, merging, people
from portal.keepers.assignment import is_keeper, match_word
from portal.pages.directory.institution_forms import (
    LABELS,
    InstitutionForm,
    details_from,
    filter_of,
    form_of,
    query_of,
)
from portal.pages.listing import add_switch, back_to, faults_of, refusal_of, stored_beside, tried, typed
from portal.runtime import runtime_of
from portal.tickets import institution_links
from portal.tickets.states import STATE_LABELS
from portal.web.body import as_uuid
from portal.web.csrf import Form
from portal.web.templating import render

router = APIRouter(include_in_schema=False)
Reader = Annotated[Principal, Depends(Requires(Permission.VIEW_INSTITUTIONS))]
Keeper = Annotated[Principal, Depends(Requires(Permission.KEEP_DIRECTORY))]

_MOST_PAGES = 100_000
_PICK_TWO = "请在名录里勾选两个机构，再点“合并选中的两个”"


@router.get("/institutions")
def list_institutions(request: Request, reader: Reader, page: str = "", done: str = "", which: str = "") -> Response:
    """With search and filters, fifty a page."""
    wanted = filter_of(request.query_params, reader.user_id)
    number = min(int(page), _MOST_PAGES) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    with runtime_of(request).database.read() as session:
        entries, total = search.page(session, wanted, number)
        counties = search.counties(session)
        changed_id = as_uuid(which)
        changed = session.get(DirectoryEntry, changed_id) if changed_id else None
    return render(
        request,
        "directory/institutions.html",
        entries=entries,
        total=total,
        wanted=wanted,
        counties=counties,
        levels=LEVEL_LABELS,
        states=search.STATES,
        next_query=query_of(wanted, number + 1) if number * search.PAGE_SIZE < total else None,
        previous_query=query_of(wanted, number - 1) if number > 1 else None,
        is_first=number == 1,
        stale_before=search.stale_before(),
        done=done,
        changed=changed,
        may_keep=reader.can(Permission.KEEP_DIRECTORY),
        may_assign=reader.can(Permission.ASSIGN_KEEPERS),
        may_reveal=reader.can(Permission.REVEAL_CONTACT),
    )


@router.get("/institutions/new")
def new_institution(request: Request, keeper: Keeper) -> Response:
    return _new_form(request, InstitutionForm())


@router.post("/institutions")
def add_institution(request: Request, keeper: Keeper, form: Form) -> Response:
    entered, actor = typed(InstitutionForm, form), actor_of(request, keeper)
    details, faults = details_from(entered)
    return tried(
        request,
        lambda session: _matched(session, actor, directory.add(session, actor, details)),
        _done("added"),
        lambda error: _new_form(request, entered, error),
        faults,
    )


@router.get("/institutions/merge")
def choose_merge(request: Request, keeper: Keeper, name: str = "") -> Response:
    """Compares two entries, both picked on the list or one given by name, and asks which one to keep."""
    with runtime_of(request).database.read() as session:
        picked = _picked(session, request.query_params.getlist("pick"), name)
        if len(picked) == 2:
            return _merge_page(request, session, picked)
    sentence = f"名录里没有另一个“{name.strip()[:60]}”，请核对名称" if name.strip() else _PICK_TWO
    return _merge_page(request, session, [], [Fault("", "required", sentence)])


@router.post("/institutions/merge")
def merge_institutions(request: Request, keeper: Keeper, form: Form) -> Response:
    """Keep one of the two; it takes over the names and tickets of the other."""
    ids = [found for found in map(as_uuid, form.all("pick")) if found]
    kept = as_uuid(form.get("kept"))
    if len(set(ids)) != 2 or kept not in ids:
        with runtime_of(request).database.read() as session:
            picked = _picked(session, form.all("pick"), "")
            fault = (
                Fault("kept", "required", "请选择保留哪一个") if len(picked) == 2 else Fault("", "required", _PICK_TWO)
            )
            return _merge_page(request, session, picked if len(picked) == 2 else [], [fault])
    other = next(entry_id for entry_id in ids if entry_id != kept)
    with runtime_of(request).database.transaction() as session:
        entry = merging.merge(session, actor_of(request, keeper), kept, other)
    return _done("merged")(entry)


@router.get("/institutions/{institution_id}")
def show_institution(request: Request, reader: Reader, institution_id: uuid.UUID, done: str = "") -> Response:
    """Redirects from a merged institution to the kept one."""
    with runtime_of(request).database.read() as session:
        entry = directory.find(session, institution_id)
    if entry.merged_into:
        return RedirectResponse(f"/institutions/{entry.merged_into}", 303)
    return _page(request, reader, institution_id, done=done)


@router.post("/institutions/{institution_id}")
def change_institution(request: Request, keeper: Keeper, institution_id: uuid.UUID, form: Form) -> Response:
    entered, actor, version = typed(InstitutionForm, form), actor_of(request, keeper), form.number("version")
    details, faults = details_from(entered)
    return tried(
        request,
        lambda session: _matched(session, actor, directory.change(session, actor, institution_id, details, version)),
        _done("changed"),
        lambda error: _page(request, keeper, institution_id, entered, error),
        faults,
    )


@router.post("/institutions/{institution_id}/verify")
def verify_institution(request: Request, reader: Reader, institution_id: uuid.UUID, form: Form) -> Response:
    """Whoever keeps the directory, or this institution."""
    actor = actor_of(request, reader)

    def verify(session: Session) -> DirectoryEntry:
        is_own = is_keeper(directory.find(session, institution_id), actor.user_id)
        if not (is_own or reader.can(Permission.KEEP_DIRECTORY)):
            raise ForbiddenError("由这个机构的维护人或主管核实")
        return directory.verify(session, actor, institution_id)

    return tried(
        request,
        verify,
        _done("verified"),
        lambda error: _page(request, reader, institution_id, error=error),
    )


add_switch(
    router,
    "/institutions/{row_id}",
    Requires(Permission.KEEP_DIRECTORY),
    directory.set_active,
    lambda is_active: _done("enabled" if is_active else "disabled"),
    lambda request, institution_id, error: _page(request, request.state.principal, institution_id, error=error),
)


def _new_form(request: Request, entered: InstitutionForm, error: PortalError | None = None) -> Response:
    return render(
        request,
        "directory/new_institution.html",
        error.status if error else 200,
        entered=entered,
        levels=LEVEL_LABELS,
        faults=faults_of(error),
    )


def _matched(session: Session, actor: Actor, entry: DirectoryEntry) -> DirectoryEntry:
    """A lead who writes a colleague's name makes them the keeper; somebody without that right writes a word."""
    if Permission.ASSIGN_KEEPERS in GRANTS[Role(actor.role)]:
        match_word(session, actor, entry)
    return entry


def _page(
    request: Request,
    reader: Principal,
    institution_id: uuid.UUID,
    entered: InstitutionForm | None = None,
    error: PortalError | None = None,
    *,
    done: str = "",
) -> Response:
    with runtime_of(request).database.read() as session:
        entry = directory.find(session, institution_id)
        tickets = institution_links.ticket_count(session, institution_id)
        latest = institution_links.latest(session, institution_id, reader.queues)
        known = contacts.of_institution(session, institution_id)
        calls = (
            listing.of_institution(session, actor_of(request, reader), institution_id)
            if reader.can(Permission.VIEW_CALL_BACKS)
            else []
        )
        staff = people.candidates(session) if reader.can(Permission.ASSIGN_KEEPERS) else ()
    return render(
        request,
        "directory/institution.html",
        error.status if error else 200,
        entry=entry,
        entered=entered or form_of(entry),
        stored=stored_beside(error, form_of(entry), entered, LABELS, LEVEL_LABELS),
        tickets=tickets,
        latest=latest,
        contacts=known,
        calls=calls,
        names=[person.display_name for person in staff],
        may_keep=reader.can(Permission.KEEP_DIRECTORY),
        may_verify=reader.can(Permission.KEEP_DIRECTORY) or is_keeper(entry, reader.user_id),
        may_write=reader.can(Permission.KEEP_CONTACTS) and contacts.may_write(actor_of(request, reader), entry),
        state_labels=STATE_LABELS,
        is_stale=contacts.is_stale(entry.verified_on),
        done=done,
        levels=LEVEL_LABELS,
        faults=faults_of(error),
        message=refusal_of(error),
    )


def _merge_page(
    request: Request,
    session: Session,
    picked: Sequence[DirectoryEntry],
    faults: Sequence[Fault] = (),
) -> Response:
    return render(
        request,
        "directory/institution_merge.html",
        422 if faults else 200,
        picked=picked,
        tickets={entry.id: institution_links.ticket_count(session, entry.id) for entry in picked},
        faults=faults,
    )


def _picked(session: Session, picks: Sequence[str], name: str) -> list[DirectoryEntry]:
    """The picked entries, without duplicates and merged ones."""
    ids = [as_uuid(pick) for pick in picks[:3]]
    if name.strip():
        ids.append(directory.matched(session, name))
    found = [session.get(DirectoryEntry, entry_id) for entry_id in dict.fromkeys(ids) if entry_id]
    return [entry for entry in found if entry is not None and entry.merged_into is None]


def _done(what: str) -> Callable[[DirectoryEntry], Response]:
    return back_to("/institutions", what)
