"""WebP files: one still picture with its transparency; an animated one is no screenshot."""

import struct

from portal.screenshots.bare import BarePicture, BrokenPicture, UnknownType, exif_facts

_MOST_CHUNKS = 20_000


def read(data: bytes) -> BarePicture:
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
            raise UnknownType("动态 WebP 图片")
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
