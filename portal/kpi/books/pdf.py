"""A page as PDF on A4. The library and what it needs of the system are optional: loaded when it is asked for."""

from typing import Any

from portal.errors import PortalError
from portal.screenshots import decoding
from portal.settings import data_folder

STYLES = "report-paper.css"  # as the page names it, beside itself
_NOWHERE = "https://paper.invalid/"


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
    """A whole page, with the one style sheet there is; nothing else is fetched from anywhere.

    Raises:
        NoPdfError: the library, or what it needs of the system, is not installed.
    """
    page, fetcher, response = _loaded()

    class OnlyStyles(fetcher):  # type: ignore[misc, valid-type]
        """Fetches nothing from the network, and no file."""

        def fetch(self, url: str, headers: object = None) -> object:
            if url != _NOWHERE + STYLES:
                raise ValueError(url)
            return response(url, styles(), {"Content-Type": "text/css; charset=utf-8"})

    made: bytes = page(string=html, base_url=_NOWHERE, url_fetcher=OnlyStyles()).write_pdf()
    return made


def styles() -> str:
    """The style sheet, for pages that stand beside it."""
    return data_folder("static").joinpath("css", STYLES).read_text("utf-8")


def _loaded() -> tuple[Any, Any, Any]:
    """What the library makes a page of, its fetcher of files, and what that answers with."""
    try:
        import weasyprint  # type: ignore[import-untyped]  # noqa: PLC0415  (needs libraries of the system)
        from weasyprint import urls  # noqa: PLC0415

        decoding.take_whole_pictures_only()  # the library tells the process otherwise; reports have no pictures
    except (ImportError, OSError):
        raise NoPdfError from None
    return weasyprint.HTML, urls.URLFetcher, urls.URLFetcherResponse
