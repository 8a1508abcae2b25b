"""Image files as bytes: their type and size, and a copy stripped of everything that is not image data.

Only image data reach the decoder and the store: text, EXIF, XMP, colour profiles, thumbnails, further frames and
trailing bytes are removed (SECURITY B-4), so no decoder ever parses them.

Decisions: a PNG needs valid checksums and its IEND; a JPEG needs its end marker (without one it is nearly always
truncated, and the decoder cannot tell); an animated WebP is not a screenshot; a compressed (RLE) BMP is refused.
"""

import re
import struct
import zlib
from dataclasses import dataclass, field

PNG_MARK = b"\x89PNG\r\n\x1a\n"
_MOST_CHUNKS = 20_000
_MOST_SEGMENTS = 5_000

MEDIA_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp", "BMP": "image/bmp"}


class UnknownType(Exception):
    """Not an image of an allowed type."""


class BrokenPicture(Exception):
    """Starts like an allowed image, but is damaged, truncated or against the format's rules."""


@dataclass(frozen=True)
class BarePicture:
    """A file reduced to its image data; `width` and `height` as stored, before `orientation` is applied."""

    kind: str  # the decoder's name: PNG, JPEG, WEBP, BMP
    width: int
    height: int
    content: bytes = field(repr=False)
    orientation: int = 1  # EXIF 1..8
    has_camera: bool = False  # EXIF names a maker
    scans: int = 1
    raw_bytes: int = 0  # PNG: size of the decompressed data
    interlaced: bool = False
    data: tuple[memoryview, ...] = field(default=(), repr=False)  # PNG: the compressed data


def read(data: bytes) -> BarePicture:
    """Detect the type by content and strip the file. Raises `UnknownType` or `BrokenPicture`."""
    try:
        if data.startswith(PNG_MARK):
            return _png(data)
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp(data)
        if data[:2] == b"BM" and data[14:18] in _BMP_HEADERS:
            return _bmp(data)
    except (struct.error, IndexError) as fault:
        raise BrokenPicture("cut short") from fault
    raise UnknownType


# EXIF

_ORIENTATION, _MAKE = 0x0112, 0x010F


def exif_facts(tiff: bytes) -> tuple[int, bool]:
    """Orientation (1..8) and whether a camera maker is named, from the first EXIF directory only.

    Returns (1, False) for invalid data: a bad EXIF block is dropped and is no reason to refuse the image.
    """
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        return 1, False
    orientation, has_camera = 1, False
    try:
        (start,) = struct.unpack_from(order + "I", tiff, 4)
        (count,) = struct.unpack_from(order + "H", tiff, start)
        for entry in range(min(count, 512)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION and kind == 3 and 1 <= value <= 8:
                orientation = value
            has_camera = has_camera or tag == _MAKE
    except struct.error:
        pass
    return orientation, has_camera


# PNG

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


@dataclass(frozen=True)
class _Header:
    width: int
    height: int
    depth: int
    colour: int
    interlaced: bool

    def raw_bytes(self) -> int:
        """Size of the decompressed data, with one filter byte per line."""
        bits = self.depth * _CHANNELS[self.colour]
        passes = _ADAM7 if self.interlaced else ((0, 0, 1, 1),)
        total = 0
        for left, top, step_x, step_y in passes:
            columns = -(-(self.width - left) // step_x)
            lines = -(-(self.height - top) // step_y)
            if columns > 0 and lines > 0:
                total += lines * (1 + (columns * bits + 7) // 8)
        return total


def _png_header(body: memoryview) -> _Header:
    if len(body) != 13:
        raise BrokenPicture("IHDR length")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", body)
    if not width or not height or depth not in _DEPTHS.get(colour, ()):
        raise BrokenPicture("IHDR values")
    if packing or filtering or interlace > 1:
        raise BrokenPicture("IHDR methods")
    return _Header(width, height, depth, colour, bool(interlace))


def _png_chunks(data: bytes) -> list[tuple[bytes, memoryview, memoryview]]:
    """(name, body, whole chunk) up to IEND; every checksum is verified."""
    view, at = memoryview(data), len(PNG_MARK)
    chunks: list[tuple[bytes, memoryview, memoryview]] = []
    while True:
        (length,) = struct.unpack_from(">I", view, at)
        end = at + 12 + length
        if end > len(view) or len(chunks) >= _MOST_CHUNKS:
            raise BrokenPicture("chunk out of bounds")
        name = bytes(view[at + 4 : at + 8])
        (checksum,) = struct.unpack_from(">I", view, end - 4)
        if zlib.crc32(view[at + 4 : end - 4]) != checksum:
            raise BrokenPicture("checksum")
        chunks.append((name, view[at + 8 : end - 4], view[at:end]))
        at = end
        if name == b"IEND":
            return chunks


def _png(data: bytes) -> BarePicture:
    chunks = _png_chunks(data)
    names = [name for name, _, _ in chunks]
    if names[0] != b"IHDR" or names.count(b"IHDR") != 1 or b"IDAT" not in names:
        raise BrokenPicture("chunk order")
    header = _png_header(chunks[0][1])
    parts: list[bytes | memoryview] = [PNG_MARK]
    packed: list[memoryview] = []
    orientation, has_camera, palettes = 1, False, 0
    for name, body, whole in chunks:
        if name == b"eXIf":
            orientation, has_camera = exif_facts(bytes(body[:65_536]))
        elif name == b"IDAT":
            packed.append(body)
            parts.append(whole)
        elif name == b"IHDR":
            parts.append(whole)
        elif name in (b"PLTE", b"tRNS") and not packed and _is_needed(name, len(body), header):
            palettes += name == b"PLTE"
            parts.append(whole)
        elif name[0] & 0x20 == 0 and name not in (b"PLTE", b"IEND"):
            raise BrokenPicture("unknown critical chunk")
    if header.colour == 3 and palettes != 1:
        raise BrokenPicture("palette")
    parts.append(b"\0\0\0\0IEND\xaeB`\x82")
    return BarePicture(
        "PNG", header.width, header.height, b"".join(parts), orientation, has_camera,
        raw_bytes=header.raw_bytes(), interlaced=header.interlaced, data=tuple(packed),
    )  # fmt: skip


def _is_needed(name: bytes, length: int, header: _Header) -> bool:
    """A palette or transparency chunk that this colour type uses; any other could carry hidden data."""
    if name == b"PLTE":
        return header.colour == 3 and 0 < length <= 768 and length % 3 == 0
    return length == {0: 2, 2: 6}.get(header.colour, -1) or (header.colour == 3 and 0 < length <= 256)


def png_is_complete(picture: BarePicture) -> bool:
    """Whether the compressed data contain every line; Pillow silently fills missing ones with black."""
    unpack, missing = zlib.decompressobj(), picture.raw_bytes
    try:
        for part in picture.data:
            feed: bytes | memoryview = part
            while missing > 0 and len(feed):
                got = len(unpack.decompress(feed, 1 << 18))
                missing -= got
                feed = unpack.unconsumed_tail
                if unpack.eof:
                    return missing <= 0
        return missing <= 0 or missing <= len(unpack.flush())
    except zlib.error:
        return False


# JPEG

_NEXT_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive
_TABLES = (0xC4, 0xDB, 0xDD)  # Huffman, quantisation, restart interval
_OTHER_FRAMES = (0xC3, *range(0xC5, 0xC8), *range(0xC9, 0xD0), 0xDC)
_JFIF = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
_SCAN, _END, _START = 0xDA, 0xD9, 0xD8


@dataclass
class _JpegFacts:
    size: tuple[int, int] | None = None
    scans: int = 0
    orientation: int = 1
    has_camera: bool = False


def _jpeg(data: bytes) -> BarePicture:
    view, facts = memoryview(data), _JpegFacts()
    parts: list[bytes | memoryview] = [b"\xff\xd8"]
    at = 2
    for _ in range(_MOST_SEGMENTS):
        found = _NEXT_MARKER.search(data, at)
        if found is None:
            raise BrokenPicture("no end mark")
        marker, at = found[1][0], found.end()
        if marker == _END:
            break
        if marker in (_START, 0x01):
            raise BrokenPicture("marker out of place")
        (length,) = struct.unpack_from(">H", view, at)
        if length < 2 or at + length > len(data):
            raise BrokenPicture("segment length")
        end = at + length
        if marker == _SCAN:
            end = _end_of_scan(data, end)
            facts.scans += 1
        part = _kept_segment(marker, view[at + 2 : at + length], view[at - 2 : end], facts)
        if part is not None:
            parts.append(part)
        at = end
    else:
        raise BrokenPicture("too many segments")
    if facts.size is None or not facts.scans:
        raise BrokenPicture("no picture")
    parts.append(b"\xff\xd9")
    width, height = facts.size
    return BarePicture("JPEG", width, height, b"".join(parts), facts.orientation, facts.has_camera, scans=facts.scans)


def _end_of_scan(data: bytes, at: int) -> int:
    found = _NEXT_MARKER.search(data, at)
    if found is None:
        raise BrokenPicture("no end mark")
    return found.start()


def _kept_segment(marker: int, body: memoryview, whole: memoryview, facts: _JpegFacts) -> bytes | memoryview | None:
    """The bytes of a segment to keep, or None to drop it; records size and EXIF in `facts`."""
    if marker in _FRAMES:
        if facts.size is not None or len(body) < 6:
            raise BrokenPicture("frame")
        height, width = struct.unpack_from(">HH", body, 1)
        if not width or not height:
            raise BrokenPicture("frame size")
        facts.size = (width, height)
        return whole
    if marker in _OTHER_FRAMES:
        raise BrokenPicture("unusual JPEG")
    if marker in _TABLES or marker == _SCAN:
        return whole
    if marker == 0xE0 and bytes(body[:5]) == b"JFIF\0":
        return _JFIF
    if marker == 0xEE and bytes(body[:5]) == b"Adobe" and len(body) >= 12:
        return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes(body[11:12])  # colour transform only
    if marker == 0xE1 and bytes(body[:6]) == b"Exif\0\0":
        facts.orientation, facts.has_camera = exif_facts(bytes(body[6:]))
    return None


# WebP


def _webp(data: bytes) -> BarePicture:
    view, at = memoryview(data), 12
    end = min(len(data), 8 + struct.unpack_from("<I", view, 4)[0])
    parts: dict[bytes, memoryview] = {}
    for _ in range(_MOST_CHUNKS):
        if at + 8 > end:
            break
        name = bytes(view[at : at + 4])
        (length,) = struct.unpack_from("<I", view, at + 4)
        if at + 8 + length > len(data):
            raise BrokenPicture("chunk out of bounds")
        if name in (b"ANIM", b"ANMF"):
            raise UnknownType
        parts.setdefault(name, view[at + 8 : at + 8 + length])
        at += 8 + length + (length & 1)
    orientation, has_camera = 1, False
    if b"EXIF" in parts:
        exif = bytes(parts[b"EXIF"][:65_536])
        orientation, has_camera = exif_facts(exif.removeprefix(b"Exif\0\0"))
    width, height, body = _webp_picture(parts)
    content = b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body
    return BarePicture("WEBP", width, height, content, orientation, has_camera)


def _webp_picture(parts: dict[bytes, memoryview]) -> tuple[int, int, bytes]:
    """Width, height and the image chunks: one VP8L, one VP8, or VP8 with its transparency."""
    if b"VP8L" in parts:
        body = parts[b"VP8L"]
        if body[0] != 0x2F:
            raise BrokenPicture("VP8L mark")
        (bits,) = struct.unpack_from("<I", body, 1)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), _webp_chunk(b"VP8L", body)
    if b"VP8 " not in parts:
        raise BrokenPicture("no picture")
    body = parts[b"VP8 "]
    if bytes(body[3:6]) != b"\x9d\x01\x2a":
        raise BrokenPicture("VP8 mark")
    wide, high = struct.unpack_from("<HH", body, 6)
    width, height = wide & 0x3FFF, high & 0x3FFF
    if not width or not height:
        raise BrokenPicture("VP8 size")
    chunks = _webp_chunk(b"VP8 ", body)
    if b"VP8X" in parts and b"ALPH" in parts:
        canvas = struct.pack("<I", 0x10) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        chunks = _webp_chunk(b"VP8X", canvas) + _webp_chunk(b"ALPH", parts[b"ALPH"]) + chunks
    return width, height, chunks


def _webp_chunk(name: bytes, body: bytes | memoryview) -> bytes:
    return b"".join((name, struct.pack("<I", len(body)), body, b"\0" * (len(body) & 1)))


# BMP

_BMP_HEADERS = tuple(struct.pack("<I", size) for size in (12, 40, 52, 56, 64, 108, 124))
_BMP_UNPACKED = (0, 3, 6)  # plain, and plain with colour masks


def _bmp(data: bytes) -> BarePicture:
    """Checks only: a BMP is always converted to PNG. Decompressing RLE would take far too long."""
    if data[14] == 12:
        width, height, _, bits = struct.unpack_from("<HHHH", data, 18)
        packing = 0
    else:
        width, height, _, bits, packing = struct.unpack_from("<iiHHI", data, 18)
    height = abs(height)  # negative: top row first
    if width <= 0 or not height or packing not in _BMP_UNPACKED or bits not in (1, 4, 8, 16, 24, 32):
        raise BrokenPicture("BMP header")
    if len(data) < 14 + height * ((width * bits + 31) // 32 * 4):
        raise BrokenPicture("cut short")
    return BarePicture("BMP", width, height, data)
