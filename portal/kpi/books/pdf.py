"""A page as PDF on A4. The library and what it needs of the system are optional: loaded when it is asked for."""

from portal.errors import PortalError


class NoPdfError(PortalError):
    """Nothing is lost by it: every browser prints the page as PDF."""

    status = 503
    title = "这里不能生成 PDF"

    def __init__(self) -> None:
        super().__init__("这台服务器没有装齐生成 PDF 的组件。请打开报告点“打印”，在打印窗口里选“另存为 PDF”")


def is_available() -> bool:
    """Whether the library and the system's part of it can be loaded."""
    try:
        _loaded()
    except NoPdfError:
        return False
    return True


def of_page(html: str) -> bytes:
    """A whole page with its styles inside; nothing is fetched from anywhere.

    Raises:
        NoPdfError: the library, or what it needs of the system, is not installed.
    """
    made: bytes = _loaded()(string=html, url_fetcher=_refuse).write_pdf()
    return made


def _loaded():  # type: ignore[no-untyped-def]  # noqa: ANN202  (a class of the library, or none)
    try:
        from weasyprint import HTML  # type: ignore[import-untyped]  # noqa: PLC0415  (needs libraries of the system: not at the start)
    except (ImportError, OSError):
        raise NoPdfError from None
    return HTML


def _refuse(url: str, *_: object, **__: object) -> object:
    raise ValueError(url)
