"""JPEG files: their scans are kept with what decoding needs, everything else is dropped.

A missing end mark is no fault: what was decoded decides. `with_more_data` makes the copy by which the decoder shows
whether a scan's data reached its last block.
"""

import re
import struct
from dataclasses import dataclass, field

from portal.screenshots.bare import BarePicture, BrokenPicture, JpegScan, JpegScans, UnknownType, exif_facts

_MOST_SEGMENTS = 5_000
_NEXT_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_SEQUENTIAL, _PROGRESSIVE = (0xC0, 0xC1), 0xC2
_TABLES = (0xC4, 0xDB, 0xDD)  # Huffman, quantisation, restart interval
_OTHER_FRAMES = (0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xD0), 0xDC)
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_SCAN, _END, _START, _RESTART_INTERVAL = 0xDA, 0xD9, 0xD8, 0xDD
_END_MARK = b"\xff\xd9"
_MORE_DATA = bytes(17 + step * 73 % 211 for step in range(512))  # any data without 0xFF


@dataclass
class _Reading:
    """What the segments so far have said."""

    size: tuple[int, int] | None = None
    sampling: dict[int, tuple[int, int]] = field(default_factory=dict)  # of each component, brightness first
    is_progressive: bool = False
    interval: int = 0  # blocks between restart marks, 0 for none
    scans: list[JpegScan] = field(default_factory=list)
    orientation: int = 1
    has_camera: bool = False
    parts: list[bytes | memoryview] = field(default_factory=lambda: [b"\xff\xd8"])
    length: int = 2

    def keep(self, part: bytes | memoryview) -> None:
        self.parts.append(part)
        self.length += len(part)


def read(data: bytes) -> BarePicture:
    """The image data alone. Raises `BrokenPicture`, or `UnknownType` for an unusual compression."""
    view, reading, at = memoryview(data), _Reading(), 2
    for _ in range(_MOST_SEGMENTS):
        found = _NEXT_MARKER.search(data, at)
        marker = found[1][0] if found else _END
        if found is None or marker in (_END, _START, 0x01):
            break
        at = found.end()
        end = _end_of_segment(view, at)
        if end is None:
            break
        if marker == _SCAN:
            end = _take_scan(data, view, at, end, reading)
        else:
            part = _kept_segment(marker, view[at + 2 : end], view[at - 2 : end], reading)
            if part is not None:
                reading.keep(part)
        at = end
    else:
        raise BrokenPicture("too many segments")
    if reading.size is None or not reading.scans:
        raise BrokenPicture("no picture")
    reading.keep(_END_MARK)
    scans = JpegScans(tuple(reading.sampling), tuple(reading.scans))
    width, height = reading.size
    content = b"".join(reading.parts)
    return BarePicture("JPEG", width, height, content, reading.orientation, reading.has_camera, jpeg=scans)


def with_more_data(picture: BarePicture, scan: JpegScan) -> bytes:
    """The file with further data after those of a scan: a decoder that has all its blocks draws the same picture."""
    return b"".join((picture.content[: scan.end], _MORE_DATA, picture.content[scan.end :]))


def _end_of_segment(view: memoryview, at: int) -> int | None:
    """None where the file ends first, or the length is none."""
    if at + 2 > len(view):
        return None
    (length,) = struct.unpack_from(">H", view, at)
    return at + length if length >= 2 and at + length <= len(view) else None


def _kept_segment(marker: int, body: memoryview, whole: memoryview, reading: _Reading) -> bytes | memoryview | None:
    """The bytes of a segment to keep, or None to drop it; notes what it says in `reading`."""
    if marker in _SEQUENTIAL or marker == _PROGRESSIVE:
        _take_frame(marker, body, reading)
        return whole
    if marker in _OTHER_FRAMES:
        raise UnknownType("特殊编码的 JPG 图片")
    if marker == _RESTART_INTERVAL:
        (reading.interval,) = struct.unpack_from(">H", body, 0)
    if marker in _TABLES:
        return whole
    if marker == 0xE0 and bytes(body[:5]) == b"JFIF\0":
        return _JFIF
    if marker == 0xEE and bytes(body[:5]) == b"Adobe" and len(body) >= 12:
        return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes(body[11:12])  # colour transform only
    if marker == 0xE1 and bytes(body[:6]) == b"Exif\0\0":
        reading.orientation, reading.has_camera = exif_facts(bytes(body[6:]))
    return None


def _take_frame(marker: int, body: memoryview, reading: _Reading) -> None:
    if reading.size is not None or len(body) < 6 or len(body) < 6 + 3 * body[5]:
        raise BrokenPicture("frame")
    height, width = struct.unpack_from(">HH", body, 1)
    if not width or not height:
        raise BrokenPicture("frame size")
    reading.size, reading.is_progressive = (width, height), marker == _PROGRESSIVE
    for place in range(6, 6 + 3 * body[5], 3):
        across, down = body[place + 1] >> 4, body[place + 1] & 15
        if not across or not down:
            raise BrokenPicture("frame sampling")
        reading.sampling[body[place]] = (across, down)


def _take_scan(data: bytes, view: memoryview, at: int, start: int, reading: _Reading) -> int:
    """Keeps the scan whose header is `at` to `start`, and returns where its data end."""
    end = _end_of_data(data, start)
    body = view[at + 2 : start]
    count = body[0]
    components = tuple(body[1 + 2 * place] for place in range(count))
    if not count or not set(components) <= reading.sampling.keys():
        raise BrokenPicture("scan")
    if reading.interval and len(_RESTART.findall(data, start, end)) < _restarts(components, reading):
        raise BrokenPicture("blocks missing")
    reading.keep(view[at - 2 : end])
    first, last, bits = body[1 + 2 * count], body[2 + 2 * count], body[3 + 2 * count] & 15
    if not reading.is_progressive:
        first, last, bits = 0, 63, 0
    reading.scans.append(JpegScan(components, first, last, bits, reading.length))
    return end


def _end_of_data(data: bytes, start: int) -> int:
    """A file that was not written to its end may be filled up with zeros, or end within a stuffed FF 00."""
    found = _NEXT_MARKER.search(data, start)
    end = found.start() if found else len(data.rstrip(b"\0"))
    if found is None and data[end - 1] == 0xFF and end < len(data):
        return end + 1
    while end > start and data[end - 1] == 0xFF:
        end -= 1
    return max(start, end)


def _restarts(components: tuple[int, ...], reading: _Reading) -> int:
    """Restart marks that a whole scan of these components contains."""
    assert reading.size is not None  # noqa: S101
    width, height = reading.size
    most_across = max(across for across, _ in reading.sampling.values())
    most_down = max(down for _, down in reading.sampling.values())
    across, down = reading.sampling[components[0]] if len(components) == 1 else (1, 1)
    block_width = 8 * most_across // across if len(components) == 1 else 8 * most_across
    block_height = 8 * most_down // down if len(components) == 1 else 8 * most_down
    blocks = -(-width // block_width) * -(-height // block_height)
    return -(-blocks // reading.interval) - 1
