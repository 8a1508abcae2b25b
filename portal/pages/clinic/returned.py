"""A step that was not stored comes back as the form itself: each text in its own box, and one press to continue."""

import uuid
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from portal.errors import PortalError
from portal.kinds.fields import CheckContext, Step
from portal.kinds.table import GENERAL, Kind, kind_of
from portal.pages.clinic import cookies, forms, page_marks, paths, step_values
from portal.pages.clinic.page_marks import PageMark
from portal.pages.clinic.step_values import SentStep
from portal.pages.clinic.text_pages import text_page
from portal.reports import drafts
from portal.reports.drafts import DraftGoneError, OpenDraft
from portal.runtime import runtime_of
from portal.web.body import PostedForm
from portal.web.csrf import CookiesOffError, CrossSiteError, FormCheck, OldPageError, is_own_page

_KEPT = "刚填的账号与身份信息已加密保存"
_TYPED_AGAIN = "账号与身份信息不会显示在页面上，请再填一次"


@dataclass(frozen=True)
class Told:
    """What a returned page says above its boxes.

    Attributes:
        rows: labels with what another window has put there, or with what is kept of this page.
        way: address and words of the other way on.
    """

    title: str
    text: str
    rows: tuple[tuple[str, str], ...] = ()
    way: tuple[str, str] | None = None


class ReturningRoute(APIRoute):
    """Gives the form back instead of an error page when its post is refused or its draft is gone."""

    @classmethod
    async def form_again(cls, request: Request, error: PortalError) -> Response | None:
        """The page of a post that its route never saw; None for the error page."""
        raise NotImplementedError

    def get_route_handler(self) -> Callable[[Request], Any]:
        handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def handle_step(request: Request) -> Response:
            try:
                return await handle(request)
            except (CookiesOffError, OldPageError, DraftGoneError) as error:
                page = await self.form_again(request, error) if request.method == "POST" else None
                if page is None:
                    raise
                return page

        return handle_step


class StepRoute(ReturningRoute):
    """The pages of the form that take texts."""

    @classmethod
    async def form_again(cls, request: Request, error: PortalError) -> Response | None:
        return await _form_again(request, error)


def outdated(request: Request, draft: OpenDraft, sent: SentStep) -> Response:
    """Asks which of two windows is right; the sealed values of this one wait in the draft."""
    page = page_marks.new_mark(draft, sent.step).page
    draft = drafts.change(runtime_of(request), draft, lambda held: step_values.set_aside(held, sent, page))
    mark = PageMark(str(draft.id), "", page, page_marks.writer(draft.values, sent.step))
    waiting = tuple((label, "、".join(masks)) for label, masks in step_values.waiting(draft, mark))
    other = tuple((f"另一个窗口填的{label}", text) for label, text in step_values.differing(draft, sent))
    told = Told(
        "这份问题在另一个窗口里改过，还没有保存这一页",
        "这一页填的内容还在下面。用这里的内容，请按“继续”",
        (*other, *((f"这里刚填的{label}，已加密保存", masks) for label, masks in waiting)),
        (paths.address(draft, sent.step.value), "改用另一个窗口的内容"),
    )
    return _page(request, draft.kind, draft, sent, told, 409, mark=mark, action=paths.address(draft, sent.step.value))


def filed(request: Request, draft: OpenDraft, sent: SentStep) -> Response:
    """Another window has submitted the draft: what this page held begins another report, if it is wanted."""
    number = draft.ticket.number if draft.ticket else ""
    told = Told(
        f"这份问题已经在另一个窗口里提交了（{number}）",
        "这一页的内容没有并进去，还在下面。如果是另一个问题，请核对后按“继续”，另外提交一份",
        way=(paths.address(draft, "receipt"), "不用了，看回执"),
    )
    return _as_another(request, draft.kind, sent, told)


def gone(request: Request, kind: Kind, sent: SentStep) -> Response:
    told = Told(
        "这份填写已不在了",
        "它可能在另一个窗口里删除了，或超过了 24 小时。这一页的内容还在，请核对后按“继续”，其余各步请再填一次",
        way=("/", "不用了，回到首页"),
    )
    return _as_another(request, kind, sent, told, 404)


def _as_another(request: Request, kind: Kind, sent: SentStep, told: Told, status: int = 409) -> Response:
    """Step 1 of another draft. Sealed values cannot be shown again, so that draft keeps them at once."""
    if not any(sent.boxes.values()):
        shown = sent if sent.step is Step.SITUATION else None
        return _page(request, kind, None, shown, told, status, action=f"/report/{kind.name}")
    values = step_values.first_values(sent)
    draft = page_marks.begin(request, kind, PostedForm([], []), values, lambda _: values)
    told = Told(told.title, "刚填的账号与身份信息已加密保存到新的一份里。请从第 1 步填起", way=told.way)
    page = _page(request, kind, draft, None, told, status, action=paths.address(draft, Step.SITUATION.value))
    cookies.keep_draft(request, page, draft)
    return page


async def _form_again(request: Request, error: PortalError) -> Response | None:
    """The form of a post that was refused before its route was called; None if it was no step's."""
    kind, step = _place(request)
    if step is None:
        return None
    form: PostedForm | None = getattr(request.state, "form", None)
    if form is None:  # the draft was missed before the page was judged
        try:
            form = await FormCheck(is_public=True, is_kept=True)(request)
        except CrossSiteError as refused:
            error, form = refused, getattr(request.state, "form", None)
        if form is None:
            return None
    return await run_in_threadpool(_returned, request, kind or _kind_of(form), step, form, error)


def _returned(request: Request, kind: Kind, step: Step, form: PostedForm, error: PortalError) -> Response | None:
    sent = step_values.sent_step(
        form, kind, step, page_marks.mark_of(form), CheckContext.of(runtime_of(request).settings)
    )
    if isinstance(error, DraftGoneError):
        return None if sent.is_empty else gone(request, kind, sent)
    draft = _own_draft(request, kind, form)
    if draft is None and step is not Step.SITUATION:
        return None
    is_kept = False
    told = Told(error.title, error.message)
    if any(sent.boxes.values()):
        draft, is_kept = _kept(request, draft, sent)
        told = Told(error.title, f"{error.message}。{_KEPT if is_kept else _TYPED_AGAIN}")
    # It is the same page as before, unless its values have been kept.
    mark = page_marks.mark_of(form)
    more = {"mark": mark} if mark.page and not is_kept else {}
    action = f"/report/{kind.name}" if draft is None else paths.address(draft, step.value)
    page = _page(request, kind, draft, sent, told, error.status, action=action, **more)
    if draft is not None:
        cookies.keep_draft(request, page, draft)
    return page


def _kept(request: Request, draft: OpenDraft | None, sent: SentStep) -> tuple[OpenDraft | None, bool]:
    """The draft with this old page's values, if the browser itself says that the page was ours; whether it has them."""
    if draft is None or not is_own_page(request):
        return draft, False
    try:
        return drafts.change(runtime_of(request), draft, lambda held: step_values.changes_of(held, sent)), True
    except PortalError:
        return draft, False


def _page(
    request: Request,
    kind: Kind,
    draft: OpenDraft | None,
    sent: SentStep | None,
    told: Told,
    status: int,
    **more: Any,
) -> Response:
    step = sent.step if sent else Step.SITUATION
    values = {**forms.shown_values(draft), **(sent.texts if sent else {})}
    return text_page(request, kind, step, draft, values, sent.wrong if sent else [], status, told=told, **more)


def _own_draft(request: Request, kind: Kind, form: PostedForm) -> OpenDraft | None:
    """The draft of a refused page, if it can still be written."""
    with suppress(DraftGoneError):
        named = request.path_params.get("draft_id")
        draft = (
            drafts.find(runtime_of(request), uuid.UUID(str(named)), *cookies.owners(request))
            if named
            else page_marks.draft_of_page(request, kind, form)
        )
        return draft if draft is not None and draft.ticket is None else None
    return None


def _kind_of(form: PostedForm) -> Kind:
    return kind_of(form.get("kind_of_draft")) or GENERAL


def _place(request: Request) -> tuple[Kind | None, Step | None]:
    """Kind and step that the address names."""
    kind, step = request.path_params.get("kind"), request.path_params.get("step")
    if kind is not None:
        found = kind_of(str(kind))
        return found, Step.SITUATION if found else None
    return None, step_values.TEXT_STEPS.get(str(step))
