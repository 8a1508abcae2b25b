"""What a page of the form says of itself, so that two windows of one browser are never mixed.

A page carries the draft it was made from, or the id of the one it would begin; and which page had written its step last
when it was made. A step that another page has written since is asked about, never merged.
"""

import base64
import hashlib
import secrets
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import IntegrityError
from starlette.requests import Request

from portal.db import new_id
from portal.errors import ConflictError
from portal.kinds.fields import Step
from portal.kinds.table import Kind
from portal.pages.clinic import cookies, paths
from portal.reports import drafts
from portal.reports.draft_answers import Values
from portal.reports.drafts import BrowserOwner, Changes, DraftGoneError, OpenDraft
from portal.runtime import runtime_of
from portal.web import context
from portal.web.body import PostedForm, as_uuid

_LONGEST = 40  # signs of an id


class OutdatedPageError(ConflictError):
    """Another window has changed what this page shows."""

    code = "outdated"

    def __init__(self) -> None:
        super().__init__("这份问题在另一个窗口里改过")


@dataclass(frozen=True)
class PageMark:
    """Attributes:
    draft: the draft that the page was made from, or nothing.
    proposed: the id of the draft that it begins otherwise.
    page: this page's own name.
    seen: the page that had written its step last, or nothing.
    """

    draft: str
    proposed: str
    page: str
    seen: str

    def is_latest(self, stored: Values, step: Step) -> bool:
        """Whether nobody but this page has written the step since the page was made."""
        return writer(stored, step) in (self.seen, self.page)

    def has_written(self, stored: Values, step: Step) -> bool:
        return bool(self.page) and writer(stored, step) == self.page

    def has_pasted(self, stored: Values, step: Step) -> bool:
        return bool(self.page) and writer(stored, step) == _paste_of(self.page)


def new_mark(draft: OpenDraft | None, step: Step) -> PageMark:
    """For a page that is about to be shown."""
    seen = writer(draft.values, step) if draft else ""
    return PageMark(str(draft.id) if draft else "", "" if draft else str(new_id()), secrets.token_hex(8), seen)


def mark_of(form: PostedForm) -> PageMark:
    draft, proposed, page, seen = (form.get(name)[:_LONGEST] for name in ("draft", "proposed", "page", "seen"))
    return PageMark(draft, proposed, page, seen)


def writer(stored: Values, step: Step) -> str:
    """The page that wrote the step last; nothing if none did."""
    return next(iter(stored.get(writer_name(step), ())), "")


def writer_name(step: Step) -> str:
    """Where a draft holds it, beside its answers."""
    return f"page:{step.value}"


def pasted_by(page: str) -> dict[str, list[str]]:
    """That a text pasted into this page has written every step: what the page itself holds is outdated by it."""
    return {writer_name(step): [_paste_of(page or secrets.token_hex(8))] for step in Step}


def _paste_of(page: str) -> str:
    return f"paste-{page}"  # draft.js reads it too


def state_of(draft: OpenDraft) -> str:
    """Changes with everything that the check page shows."""
    written = [writer(draft.values, step) for step in Step]
    pictures = [f"{picture.id}{picture.is_confirmed}" for picture in draft.pictures]
    return hashlib.sha256("|".join([*written, *pictures]).encode()).hexdigest()[:16]


def draft_of_page(request: Request, kind: Kind, form: PostedForm) -> OpenDraft | None:
    """The draft that the posted page was made from or has begun; None if it begins one now.

    Raises:
        DraftGoneError: it has expired, was deleted, or is another browser's.
    """
    runtime, mark = runtime_of(request), mark_of(form)
    named = as_uuid(mark.draft)
    if mark.draft:
        draft = drafts.find(runtime, named, *cookies.owners(request)) if named else None
        if draft is None or draft.kind != kind:
            raise DraftGoneError
        return draft
    return _begun(request, kind, as_uuid(mark.proposed))


def pastable_draft(request: Request, kind: Kind, form: PostedForm, step: Step) -> OpenDraft | None:
    """As `draft_of_page`, but none where this page may not paste into its draft any more.

    It may once more if it has done so already: the answer was lost on the way.
    """
    mark = mark_of(form)
    with suppress(DraftGoneError):
        draft = draft_of_page(request, kind, form)
        if draft is not None and draft.ticket is None:
            may = mark.is_latest(draft.values, step) or mark.has_pasted(draft.values, step)
            return draft if may else None
    return None


def named_draft(request: Request, kind: Kind, draft_id: str) -> OpenDraft | None:
    """This browser's unsubmitted draft with that id, else its latest of this kind."""
    runtime, named = runtime_of(request), as_uuid(draft_id)
    with suppress(DraftGoneError):
        draft = drafts.find(runtime, named, *cookies.owners(request)) if named else None
        if draft is not None and draft.kind == kind and draft.ticket is None:
            return draft
    return drafts.unfinished(runtime, kind, *cookies.draft_tokens(request, kind))


def begin(
    request: Request, kind: Kind, form: PostedForm, values: Values, meanwhile: Callable[[OpenDraft], Changes]
) -> OpenDraft:
    """The draft that this page begins; one only, however often the page is sent.

    Args:
        meanwhile: what to change in it if another post of this page was faster.
    """
    proposed = as_uuid(mark_of(form).proposed) or new_id()
    with suppress(IntegrityError):  # a concurrent post of the same page was faster
        if drafts.is_free(runtime_of(request), proposed):
            return _start(request, kind, form, values, proposed)
    begun = _begun(request, kind, proposed)
    if begun is None or begun.ticket is not None:
        return _start(request, kind, form, values, new_id())
    return drafts.change(runtime_of(request), begun, meanwhile)


def _start(request: Request, kind: Kind, form: PostedForm, values: Values, draft_id: uuid.UUID) -> OpenDraft:
    address, visit, owner = context.client_address(request), paths.visit(request, form), _owner(request, draft_id)
    return drafts.start(runtime_of(request), kind, values, address, visit, draft_id=draft_id, owner=owner)


def _begun(request: Request, kind: Kind, proposed: uuid.UUID | None) -> OpenDraft | None:
    """The draft that this very page has begun, even if the answer that said so was lost on the way."""
    if proposed is None:
        return None
    try:
        draft = drafts.find(runtime_of(request), proposed, *cookies.owners(request), _owner(request, proposed))
    except DraftGoneError:
        return None
    is_known = any(draft.token == owner.token for owner in cookies.owners(request))
    return draft if draft.kind == kind and (is_known or draft.ticket is None) else None


def _owner(request: Request, draft_id: uuid.UUID) -> BrowserOwner:
    """This browser, as the owner of a draft that its page proposed."""
    token = runtime_of(request).vault.keyed_hash("draft of a page", f"{context.visitor(request)}|{draft_id}")
    return BrowserOwner(base64.urlsafe_b64encode(bytes.fromhex(token)).decode().rstrip("="))
