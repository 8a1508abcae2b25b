"""The only way to a sealed value: judged, counted, recorded, committed, and only then opened (SECURITY D-4 to D-6)."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import standing
from portal.audit import trail
from portal.audit.actor import Actor
from portal.audit.tags import Tag
from portal.audit.trail import Particular
from portal.disclosure import quota
from portal.errors import ConfirmationNeededError, NotFoundError, PortalError
from portal.runtime import Runtime
from portal.screenshots import rendering
from portal.screenshots import service as screenshots
from portal.screenshots.formats import BrokenPicture
from portal.screenshots.models import Screenshot
from portal.screenshots.rendering import Box, Watermark
from portal.storage.blobs import BlobMissingError
from portal.vault.models import SealedValue
from portal.vault.suites import SealBrokenError

SHOWN_FOR = timedelta(seconds=60)
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Revealed:
    """One value in clear, until `expires_at`. The repr does not show it."""

    key: str
    label: str
    value: str = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True)
class ShownPicture:
    """A screenshot as one person sees it; the repr does not show it."""

    screenshot: Screenshot
    media_type: str
    content: bytes = field(repr=False)


class DestroyedError(PortalError):
    status = 410

    def __init__(self) -> None:
        super().__init__("这项信息已销毁，不能再查看")


@dataclass(frozen=True)
class ForeignTry:
    """An attempt on something outside the actor's reach, as the trail records it."""

    tag: Tag
    number: str
    name: str | None = None
    particulars: Mapping[str, Particular] = field(default_factory=dict)


def _no_effect(session: Session) -> None:
    """The default of `when_granted`."""


@dataclass(frozen=True, kw_only=True)
class Access(ABC, Generic[Shown]):
    """One judged access, before confirmation and quota; created in the transaction that records it.

    Args:
        number: of the ticket or short report; empty for what has none. name: of the value or screenshot, as the trail
            records it. subject: tells apart what has the same number and name, for the quota.
        refusal: why it cannot be shown. when_granted: writes what belongs to a granted access, except the trail row.
    """

    number: str
    name: str
    refusal: PortalError | None
    granted: tuple[Tag, ...]
    refused: Tag
    reason: str | None = None
    particulars: Mapping[str, Particular] = field(default_factory=dict)
    subject: str = ""
    when_granted: Callable[[Session], None] = _no_effect
    broken: str = "这项信息无法解密，已记录，请联系管理员"

    @property
    def value_index(self) -> str | None:
        """The keyed index of the value, by which the trail finds every access to it."""
        return None

    @abstractmethod
    def opened(self, runtime: Runtime, session: Session) -> Shown:
        """The requested content. Called only by `disclose`, after the trail row is committed."""


@dataclass(frozen=True, kw_only=True)
class ValueAccess(Access[Revealed]):
    """An access to one sealed value: never granted without a reason (see `reasons`)."""

    row: SealedValue | None

    def __post_init__(self) -> None:
        if self.refusal is None and not self.reason:
            raise ValueError("a value is not shown without a reason")

    @property
    def value_index(self) -> str | None:
        return self.row.value_index if self.row is not None else None

    def opened(self, runtime: Runtime, session: Session) -> Revealed:
        if self.row is None:
            raise NotFoundError
        value = runtime.vault.open_value(session, self.row)
        return Revealed(value_key(self.row), self.row.label, value, clock.now() + SHOWN_FOR)


@dataclass(frozen=True, kw_only=True)
class ScreenshotAccess(Access[ShownPicture]):
    """An access to one screenshot: watermarked for its viewer, and redacted for them."""

    picture: Screenshot
    hidden: list[Box]
    watermark: Watermark
    is_preview: bool
    broken: str = "附图无法打开，已记录，请联系管理员"

    def opened(self, runtime: Runtime, session: Session) -> ShownPicture:
        picture = self.picture
        content = screenshots.open_picture(session, runtime.vault, runtime.blobs, picture)
        draw, media_type = (
            (rendering.fit, rendering.PREVIEW_TYPE) if self.is_preview else (rendering.original, picture.media_type)
        )
        return ShownPicture(picture, media_type, draw(content, picture.media_type, self.hidden, self.watermark))


def disclose(
    runtime: Runtime,
    actor: Actor,
    judge: Callable[[Session], Access[Shown]],
    *,
    foreign: Callable[[Session], ForeignTry | None],
    is_confirmed: bool = True,
) -> Shown:
    """Judge an access, record it, and open its content once that is committed.

    Args:
        judge: finds and judges; what it raises is not recorded.
        foreign: names an attempt on what `judge` does not find because it is outside the actor's reach.
        is_confirmed: False if the person was idle and must re-authenticate first.

    Raises:
        ConfirmationNeededError: only `is_confirmed` is missing; nothing was counted or recorded.
        SessionOverError, ConflictError: the person's right ended before this was recorded, or while it was opened.
        TooManyRequestsError: more accesses than the hour allows (recorded). PortalError: the access's refusal
            (recorded), or the seal is broken (recorded too).
    """
    access = record(runtime, actor, judge, foreign=foreign, is_confirmed=is_confirmed)
    try:
        with runtime.database.read() as session:
            shown = access.opened(runtime, session)
        with runtime.database.read() as session:
            standing.check(session, actor)
        return shown
    except (SealBrokenError, BlobMissingError, BrokenPicture) as error:
        with runtime.database.transaction() as session:
            trail.record(
                session, Tag.SEAL_BROKEN, actor, ticket_number=access.number, field=access.name, is_success=False
            )  # fmt: skip
        raise PortalError(access.broken, 409) from error


def record(
    runtime: Runtime,
    actor: Actor,
    judge: Callable[[Session], Access[Shown]],
    *,
    foreign: Callable[[Session], ForeignTry | None],
    is_confirmed: bool = True,
) -> Access[Shown]:
    """The part of `disclose` before anything is opened: a granted access, committed. Raises like it."""
    record_foreign(runtime, actor, foreign)

    def judged(session: Session) -> tuple[Access[Shown], PortalError | None]:
        standing.require(session, actor)
        return _recorded(session, runtime, actor, judge(session), is_confirmed=is_confirmed)

    access, refusal = runtime.database.run(judged)
    if refusal is not None:
        raise refusal
    return access


def _recorded(
    session: Session, runtime: Runtime, actor: Actor, access: Access[Shown], *, is_confirmed: bool
) -> tuple[Access[Shown], PortalError | None]:
    if access.refusal is None and not is_confirmed:
        raise ConfirmationNeededError
    refusal = access.refusal or quota.count_access(session, runtime, actor, access.number, access.subject + access.name)
    if refusal is None:
        access.when_granted(session)
    for tag in (access.refused,) if refusal else access.granted:
        trail.record(
            session, tag, actor, ticket_number=access.number or None, field=access.name, reason=access.reason,
            particulars={**access.particulars, **quota.particulars_of(refusal)}, value_index=access.value_index,
            is_success=refusal is None,
        )  # fmt: skip
    return access, refusal


def record_foreign(runtime: Runtime, actor: Actor, foreign: Callable[[Session], ForeignTry | None]) -> None:
    """Records an attempt outside the actor's reach, although the answer is that of an absent value."""
    with runtime.database.read() as session:
        tried = foreign(session)
    if tried is not None:
        with runtime.database.transaction() as session:
            trail.record(
                session, tried.tag, actor, ticket_number=tried.number, field=tried.name,
                particulars=tried.particulars, is_success=False,
            )  # fmt: skip


def absence(row: SealedValue | None) -> PortalError | None:
    """Why no one can be shown a value; None if it exists."""
    if row is None:
        return NotFoundError("没有这项信息")
    return DestroyedError() if row.value_sealed is None else None


def value_key(row: SealedValue) -> str:
    """The key by which a reveal names this value."""
    return f"{row.field}.{row.position}" if row.position else row.field


def known_key(row: SealedValue | None) -> str:
    """The key for the trail; an unknown key is not recorded, it could be any text."""
    return value_key(row) if row is not None else "unknown"
