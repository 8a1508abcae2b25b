"""PNG files: what is drawn must be right, to the last line; what is thrown away may be wrong.

IHDR, IDAT and the palette and transparency that are kept need valid checksums. Any other chunk is skipped unchecked,
and the lines decide whether a file without its end is complete.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from portal.screenshots.bare import BarePicture, BrokenPicture, PngLines, UnknownType, exif_facts

MARK = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xaeB`\x82"
_MOST_CHUNKS = 20_000

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


@dataclass(frozen=True)
class _Chunk:
    name: bytes
    whole: memoryview

    @property
    def body(self) -> memoryview:
        return self.whole[8:-4]

    @property
    def is_critical(self) -> bool:
        return self.name[0] & 0x20 == 0

    @property
    def is_sound(self) -> bool:
        (checksum,) = struct.unpack_from(">I", self.whole, len(self.whole) - 4)
        return zlib.crc32(self.whole[4:-4]) == checksum

    def check(self) -> None:
        if not self.is_sound:
            raise BrokenPicture("checksum")


def read(data: bytes) -> BarePicture:
    """The image data alone. Raises `BrokenPicture`, or `UnknownType` for a variant that no viewer here draws."""
    chunks = _chunks(data)
    first = next(chunks, None)
    if first is None or first.name != b"IHDR":
        raise BrokenPicture("no header")
    header = _header(first)
    parts: list[bytes | memoryview] = [MARK, first.whole]
    packed: list[memoryview] = []
    orientation, has_camera, palettes, has_end = 1, False, 0, False
    for chunk in chunks:
        if chunk.name == b"IEND":
            has_end = True
        elif chunk.name == b"eXIf" and chunk.is_sound:
            orientation, has_camera = exif_facts(bytes(chunk.body[:65_536]))
        elif chunk.name == b"IDAT" or (not packed and _is_needed(chunk, header)):
            chunk.check()
            parts.append(chunk.whole)
            palettes += chunk.name == b"PLTE"
            if chunk.name == b"IDAT":
                packed.append(chunk.body)
        elif chunk.is_critical and chunk.name != b"PLTE":
            _refuse_critical(chunk)
    if not packed:
        raise BrokenPicture("no data")
    if header.colour == 3 and palettes != 1:
        raise BrokenPicture("palette")
    parts.append(_END)
    lines = PngLines(tuple(packed), header.raw_bytes(), header.interlaced, has_end)
    return BarePicture("PNG", header.width, header.height, b"".join(parts), orientation, has_camera, png=lines)


def is_complete(lines: PngLines) -> bool:
    """Whether the compressed data contain every line; Pillow silently fills missing ones with black."""
    unpack, missing = zlib.decompressobj(), lines.raw_bytes
    try:
        for part in lines.data:
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


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks up to IEND, or to where the file is cut or is no sequence of chunks any more."""
    view, at = memoryview(data), len(MARK)
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(view):
            return
        (length,) = struct.unpack_from(">I", view, at)
        end, name = at + 12 + length, bytes(view[at + 4 : at + 8])
        if end > len(view) or not name.isalpha():
            return
        yield _Chunk(name, view[at:end])
        if name == b"IEND":
            return
        at = end
    raise BrokenPicture("too many chunks")


def _header(chunk: _Chunk) -> _Header:
    chunk.check()
    if len(chunk.body) != 13:
        raise BrokenPicture("IHDR length")
    width, height, depth, colour, packing, filtering, interlace = struct.unpack(">IIBBBBB", chunk.body)
    if not width or not height or depth not in _DEPTHS.get(colour, ()):
        raise BrokenPicture("IHDR values")
    if packing or filtering or interlace > 1:
        raise BrokenPicture("IHDR methods")
    return _Header(width, height, depth, colour, bool(interlace))


def _is_needed(chunk: _Chunk, header: _Header) -> bool:
    """A palette or transparency chunk that this colour type uses; any other could carry hidden data."""
    length = len(chunk.body)
    if chunk.name == b"PLTE":
        return header.colour == 3 and 0 < length <= 768 and length % 3 == 0
    if chunk.name != b"tRNS":
        return False
    return length == {0: 2, 2: 6}.get(header.colour, -1) or (header.colour == 3 and 0 < length <= 256)


def _refuse_critical(chunk: _Chunk) -> None:
    """A chunk that changes how the picture is drawn; its checksum tells a variant from damage."""
    chunk.check()
    if chunk.name == b"IHDR":
        raise BrokenPicture("two headers")
    raise UnknownType("特殊的 PNG 图片")
