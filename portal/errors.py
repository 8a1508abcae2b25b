"""Errors with a message for the user. Any other exception is our fault and becomes a 500 page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A fault of one field: contract code, and a Chinese sentence that says what to do."""

    field: str
    code: str
    message: str


class PortalError(Exception):
    """Ends the request with `status` and a polite Chinese sentence; the transaction is rolled back."""

    status = 400
    title = ""  # heading of the error page, where the default for the status does not fit

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status or self.status


class NotFoundError(PortalError):
    """Absent, or not accessible to this user: both look the same (SECURITY F-2)."""

    status = 404

    def __init__(self, message: str = "没有找到您要的内容") -> None:
        super().__init__(message)


class SessionOverError(PortalError):
    """The person has been disabled or signed out: nothing more is done or shown for them."""

    status = 401
    title = "登录已结束"

    def __init__(self, message: str = "您的登录已经结束，这次操作没有进行。请重新登录") -> None:
        super().__init__(message)


class ForbiddenError(PortalError):
    """The user is known but lacks the permission."""

    status = 403


class ConfirmationNeededError(PortalError):
    """Re-authentication required after inactivity; the request then continues."""

    status = 401

    def __init__(self, message: str = "您有一段时间没有操作，请再次验证身份后查看") -> None:
        super().__init__(message)


class ConflictError(PortalError):
    """The object has changed since it was read, or its state does not allow this."""

    status = 409
    code = "state"  # what a machine may tell apart


class StaleRowError(ConflictError):
    """Somebody else has saved the row since the form was opened."""

    def __init__(self) -> None:
        super().__init__("您编辑期间，别人保存过这一条，您的修改还没有保存。请对照两边的内容，改好后再保存一次")


class TooManyRequestsError(PortalError):
    """Try again after `retry_after` seconds."""

    status = 429

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class StorageUnavailableError(PortalError):
    """Nothing was saved; service resumes by itself when storage is available again (SECURITY F5, F6)."""

    status = 503
    retry_after = 10


class InvalidError(PortalError):
    """Field faults, all at once (CONTRACT 8)."""

    status = 422

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(f"有 {len(faults)} 处需要修改")
        self.faults = list(faults)
