"""A time limit for decoders, which read a picture bit by bit but cannot be stopped from outside (SECURITY B-10)."""

import io
import time


class DecodingTooLongError(Exception):
    """More CPU than any picture within the limits takes."""


class TimedBytes(io.BytesIO):
    """Refuses to be read further once its thread has used so many seconds of CPU."""

    def __init__(self, content: bytes, most_seconds: float) -> None:
        super().__init__(content)
        self._ends = time.thread_time() + most_seconds

    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file.

        Raises:
            DecodingTooLongError: the time is over.
        """
        if time.thread_time() > self._ends:
            raise DecodingTooLongError
        return super().read(size)
