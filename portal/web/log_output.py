"""The log's way out of the process: a closed pipe or a full disk loses lines, never a request."""

import logging

from portal.sensitive_text.finder import SpanKind, find_spans, mask_text

_MOST_SIGNS = 200


class LogOutput(logging.StreamHandler):
    """Counts the lines that could not be written, where the standard handler would print a traceback."""

    lost = 0

    def handleError(self, record: logging.LogRecord) -> None:
        self.lost += 1


def lost_lines() -> int:
    return sum(handler.lost for handler in logging.getLogger().handlers if isinstance(handler, LogOutput))


def loggable(text: str) -> str:
    """Text that a caller chose, such as an address: in one line, short, without the ID numbers it may hold."""
    text = text[:_MOST_SIGNS]
    spans = [span for span in find_spans(text) if span.kind is SpanKind.ID_NUMBER]
    return mask_text(text, spans, lambda _: "***").encode("unicode_escape").decode()[:_MOST_SIGNS]
