"""Sealed streams: whole or refused, whatever was cut, changed, moved or added."""

import io
import os

import pytest

from portal.vault.keyring import new_keyring
from portal.vault.streams import MAGIC, OpeningReader, SealingWriter, StreamCutError, label_of
from portal.vault.suites import SUITES, SealBrokenError

CONTENT = os.urandom(2 * (1 << 20) + 12345)
PLACE = "backup"


@pytest.fixture(params=list(SUITES))
def suite(request):
    return SUITES[request.param]


def sealed(keyring, suite, content: bytes = CONTENT, *, is_finished: bool = True) -> bytes:
    to = io.BytesIO()
    writer = SealingWriter(to, keyring, suite, PLACE, {"made_at": "today"})
    for start in range(0, len(content), 300_000):
        writer.write(content[start : start + 300_000])
    if is_finished:
        writer.finish()
    return to.getvalue()


def opened(keyring, stream: bytes, place: str = PLACE) -> bytes:
    reader = OpeningReader(io.BytesIO(stream), keyring, place)
    return b"".join(iter(lambda: reader.read(100_000), b""))


def chunks(stream: bytes) -> tuple[bytes, list[bytes]]:
    """The header, and every chunk with its length."""
    start = len(MAGIC) + 4 + int.from_bytes(stream[len(MAGIC) : len(MAGIC) + 4], "big")
    head, found = stream[:start], []
    while start < len(stream):
        end = start + 4 + (int.from_bytes(stream[start : start + 4], "big") & 0x7FFFFFFF)
        found.append(stream[start:end])
        start = end
    return head, found


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (1 << 20) + 1, len(CONTENT)])
def test_it_gives_back_what_was_written(suite, size):
    keyring = new_keyring()
    stream = sealed(keyring, suite, CONTENT[:size])
    assert opened(keyring, stream) == CONTENT[:size]
    assert label_of(io.BytesIO(stream))["made_at"] == "today"


def test_a_stream_that_is_cut_anywhere_is_recognised(suite):
    keyring = new_keyring()
    stream = sealed(keyring, suite)
    head, parts = chunks(stream)
    assert len(parts) == 3
    at_chunk_ends = [len(head), len(head + parts[0]), len(head + parts[0] + parts[1])]
    for end in [*at_chunk_ends, 3, 12, len(head) - 1, len(head) + 2, len(stream) - 1]:
        with pytest.raises(StreamCutError):
            opened(keyring, stream[:end])
    with pytest.raises(StreamCutError):
        opened(keyring, sealed(keyring, suite, is_finished=False))


def test_a_changed_byte_is_refused_wherever_it_is(suite):
    keyring = new_keyring()
    stream = sealed(keyring, suite, CONTENT[:200])
    for place in range(len(stream)):
        changed = bytearray(stream)
        changed[place] ^= 1
        with pytest.raises((SealBrokenError, StreamCutError)):
            opened(keyring, bytes(changed))


def test_chunks_cannot_be_moved_dropped_repeated_or_added(suite):
    keyring = new_keyring()
    head, (first, second, last) = chunks(sealed(keyring, suite))
    other_head, other = chunks(sealed(keyring, suite))
    for parts in (
        [second, first, last],
        [first, last],
        [first, first, second, last],
        [first, second, last, last],
        [first, second, last, b"x"],
        [first, other[1], last],
        [bytes([first[0] | 0x80]) + first[1:]],  # made to look like the last one
    ):
        with pytest.raises(SealBrokenError):
            opened(keyring, head + b"".join(parts))
    with pytest.raises(SealBrokenError):
        opened(keyring, other_head + first + second + last)


def test_nobody_can_open_it_with_another_key_or_for_another_use(suite):
    keyring = new_keyring()
    stream = sealed(keyring, suite, b"content")
    with pytest.raises(SealBrokenError):
        opened(new_keyring(), stream)
    with pytest.raises(SealBrokenError):
        opened(keyring, stream, "another use")
    assert b"content" not in stream
