"""换用手机传图: a one-use link through which one phone can add screenshots to one draft, and do nothing else.

The link is derived from the draft's token, which only its browser holds, so that its page can be shown again. The
database stores keyed hashes of link and phone; both name their row and count what it opens, so that a row that was
altered, or exchanged with another, opens nothing.
"""

import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

import segno
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.accounts import one_time_links
from portal.accounts.limiter import RateLimit
from portal.accounts.one_time_links import OneTimeLink
from portal.errors import NotFoundError, PortalError
from portal.reports import drafts
from portal.reports.draft_models import Draft, HandOver
from portal.reports.drafts import BrowserOwner, OpenDraft
from portal.runtime import Runtime
from portal.screenshots.models import Screenshot

LIFE = timedelta(minutes=15)
PHONE_PAGE = "/report/phone"
_ROW_DIGITS = 32
_LINK = OneTimeLink(
    "hand-over link",
    LIFE,
    RateLimit("hand-over-address", most=30, minutes=10),
    "尝试次数过多，请在 {at} 以后再试",
)


class PhoneLinkOverError(NotFoundError):
    """Expired, unknown, ended at the PC, or its report is filed: indistinguishable."""

    title = "链接已失效"

    def __init__(self) -> None:
        super().__init__("链接只在 15 分钟内有效，提交后也不能再用。请在电脑上重新点“换用手机传图”，再扫一次")


class LinkUsedError(PortalError):
    """Another device has taken the link."""

    status = 410
    title = "链接已使用"

    def __init__(self) -> None:
        super().__init__("这个链接已在另一台手机上打开，只能用一次。请在电脑上重新点“换用手机传图”，再扫一次")


@dataclass(frozen=True)
class LinkView:
    """An open link as the PC's page shows it; `address` and `qr` are empty once a phone has taken it."""

    expires_at: datetime
    is_taken: bool
    address: str = field(repr=False, default="")
    qr: str = field(repr=False, default="")


@dataclass(frozen=True)
class PhoneDraft:
    """A phone's access: the draft to add to, and the screenshots it has added itself."""

    id: uuid.UUID
    expires_at: datetime
    draft: OpenDraft
    picture_ids: frozenset[uuid.UUID]


def is_reachable(base_url: str) -> bool:
    """False if the address names this PC itself or no machine at all, so that no phone could open it."""
    host = (urlsplit(base_url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        address = ip_address(host)
    except ValueError:
        return bool(host)
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    seen = inner or address
    return not (seen.is_loopback or seen.is_unspecified or seen.is_link_local)


def begin(runtime: Runtime, draft: OpenDraft) -> None:
    """A new link; an older one of the same draft stops working, and so does its phone."""
    row_id, now = uuid.uuid4(), clock.now()
    expires_at = _LINK.expires_at(now)
    with runtime.database.transaction() as session:
        drafts.open_row(session, draft)
        session.execute(delete(HandOver).where(HandOver.draft_id == draft.id))
        session.add(
            HandOver(
                id=row_id,
                draft_id=draft.id,
                token_hash=_token_hash(runtime, _token(runtime, draft, row_id), row_id, draft.id, expires_at),
                picture_ids=[],
                created_at=now,
                expires_at=expires_at,
            )
        )


def end(runtime: Runtime, draft: OpenDraft) -> None:
    """Shut out the link and its phone; the screenshots stay."""
    with runtime.database.transaction() as session:
        session.execute(delete(HandOver).where(HandOver.draft_id == draft.id))


def view(runtime: Runtime, draft: OpenDraft, base_url: str) -> LinkView | None:
    """The draft's open link for its own browser; None if there is none."""
    with runtime.database.read() as session:
        row = session.scalars(select(HandOver).where(HandOver.draft_id == draft.id)).first()
    if row is None or not _LINK.is_valid(row.expires_at) or draft.ticket is not None:
        return None
    if row.device_hash:
        return LinkView(row.expires_at, is_taken=True)
    address = f"{base_url}{PHONE_PAGE}/{_token(runtime, draft, row.id)}"
    qr = segno.make(address, error="m").svg_data_uri(scale=4, border=4, dark="#1f2329", light="#ffffff")
    return LinkView(row.expires_at, is_taken=False, address=address, qr=str(qr))


def take(runtime: Runtime, token: str, device: str, address: str) -> str:
    """The first device takes the link; the same device may ask again.

    Args:
        device: the device's cookie, or nothing.
        address: of the device, for the limit on wrong links.

    Returns:
        The device's new cookie.

    Raises:
        LinkUsedError: another device has it.
        PhoneLinkOverError: no such link, or no longer.
        TooManyRequestsError: too many wrong links from this address.
    """
    _LINK.ensure_room(runtime.database, address)
    with runtime.database.read() as session:
        row = _row_of(session, token)
        is_open = row is not None and _is_token_of(runtime, token, row) and _is_open(session, row)
    if row is None or not is_open:
        _LINK.count_wrong_try(runtime.database, address)
        raise PhoneLinkOverError
    if row.device_hash:
        if device and _is_device_of(runtime, device, row):
            return device
        raise LinkUsedError
    new = row.id.hex + secrets.token_urlsafe(32)
    with runtime.database.transaction() as session:
        taken = session.execute(
            update(HandOver)
            .where(HandOver.id == row.id, HandOver.device_hash.is_(None))
            .values(device_hash=_device_hash(runtime, new, row))
            .returning(HandOver.id)
        ).first()
    if taken is None:
        raise LinkUsedError
    return new


def of_device(runtime: Runtime, device: str) -> PhoneDraft:
    """The draft that a phone may add to.

    Raises:
        PhoneLinkOverError: not this device, or no longer.
    """
    with runtime.database.read() as session:
        row = _row_of(session, device)
        if row is None or not _is_device_of(runtime, device, row) or not _is_open(session, row):
            raise PhoneLinkOverError
        draft_row = session.get_one(Draft, row.draft_id)
        draft = drafts.opened(session, runtime, draft_row, BrowserOwner(""))
    return PhoneDraft(row.id, row.expires_at, draft, frozenset(map(uuid.UUID, row.picture_ids)))


def note(runtime: Runtime, phone: PhoneDraft, pictures: Iterable[Screenshot]) -> None:
    """Record which screenshots came from this phone: it may see only these."""
    added = [str(picture.id) for picture in pictures]
    if not added:
        return
    with runtime.database.transaction() as session:
        row = session.get(HandOver, phone.id, with_for_update=True)
        if row is not None:
            row.picture_ids = [*row.picture_ids, *added]


def _is_open(session: Session, row: HandOver) -> bool:
    draft = session.get(Draft, row.draft_id)
    is_live = draft is not None and drafts.is_live(draft) and drafts.ticket_of(session, draft.id) is None
    return is_live and _LINK.is_valid(row.expires_at)


def _token(runtime: Runtime, draft: OpenDraft, row_id: uuid.UUID) -> str:
    return row_id.hex + one_time_links.derived_token(runtime.vault, "hand-over token", f"{row_id}|{draft.token}")


def _row_of(session: Session, bearer: str) -> HandOver | None:
    """The row that a link's token or a device's cookie names in its first 32 signs."""
    try:
        return session.get(HandOver, uuid.UUID(hex=bearer[:_ROW_DIGITS]))
    except ValueError:
        return None


def _is_token_of(runtime: Runtime, token: str, row: HandOver) -> bool:
    return secrets.compare_digest(row.token_hash, _token_hash(runtime, token, row.id, row.draft_id, row.expires_at))


def _token_hash(runtime: Runtime, token: str, row_id: uuid.UUID, draft_id: uuid.UUID, expires_at: datetime) -> str:
    return _LINK.binding(runtime.vault, token, row_id, draft_id, int(expires_at.timestamp()))


def _is_device_of(runtime: Runtime, device: str, row: HandOver) -> bool:
    return secrets.compare_digest(row.device_hash or "", _device_hash(runtime, device, row))


def _device_hash(runtime: Runtime, device: str, row: HandOver) -> str:
    opened = "|".join(map(str, (device, row.id, row.draft_id, int(row.expires_at.timestamp()))))
    return runtime.vault.keyed_hash("hand-over device", opened)
