"""Damaged, odd and hostile files of every kind, made from a seed: (name, bytes)."""

import io
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from tests.factories import pictures
from tests.factories.pictures import draw_screen, encode

File = tuple[str, bytes]

_PHP = b"<?php system($_GET['a']); ?>"
_SCRIPT = b"<html><script>alert(1)</script></html>"


def whole_files() -> dict[str, bytes]:
    """One good file of each kind that the others are made from."""
    screen = draw_screen(1366, 768)
    return {
        "png": encode(screen),
        "interlaced": pictures.interlaced(screen),
        "palette": encode(screen.quantize(64)),
        "jpeg": encode(screen, "JPEG", quality=80),
        "progressive": encode(screen, "JPEG", quality=80, progressive=True),
        "restarts": encode(screen, "JPEG", quality=80, restart_marker_blocks=5),
        "webp": encode(screen, "WEBP", quality=80, method=0),
        "webp lossless": encode(screen, "WEBP", lossless=True, method=0),
        "bmp": encode(screen, "BMP"),
    }


def files() -> Iterator[File]:
    """174 of them."""
    whole = whole_files()
    for kind, data in whole.items():
        for tenth in range(1, 10):
            yield f"{kind} cut at {tenth} tenths", data[: len(data) * tenth // 10]
    yield from _flipped(whole)
    yield from _wrong_lengths(whole)
    yield from _bombs()
    yield from _polyglots(whole)
    yield from _odd_but_drawn()
    yield from _against_the_format(whole)
    yield from _renamed()


def _flipped(whole: dict[str, bytes]) -> Iterator[File]:
    rng = random.Random("flips")
    for kind, data in whole.items():
        damaged = bytearray(data)
        for _ in range(3):
            damaged[rng.randrange(len(damaged))] ^= 1 << rng.randrange(8)
        yield f"{kind} with three flipped bits", bytes(damaged)


def _patched(data: bytes, at: int, value: bytes) -> bytes:
    return data[:at] + value + data[at + len(value) :]


def _wrong_lengths(whole: dict[str, bytes]) -> Iterator[File]:
    for length in (0, 0x7FFFFFFF, 0xFFFFFFFF):
        yield f"png header of {length} bytes", _patched(whole["png"], 8, struct.pack(">I", length))
        yield f"png data of {length} bytes", _patched(whole["png"], 33, struct.pack(">I", length))
    for name, mark in (("tables", b"\xff\xdb"), ("codes", b"\xff\xc4"), ("frame", b"\xff\xc0"), ("scan", b"\xff\xda")):
        for length in (0, 3, 0xFFFF):
            at = whole["jpeg"].index(mark) + 2
            yield f"jpeg {name} of {length} bytes", _patched(whole["jpeg"], at, struct.pack(">H", length))
    for length in (0, 9, 0xFFFFFFFF):
        yield f"webp of {length} bytes", _patched(whole["webp"], 4, struct.pack("<I", length))
        yield f"webp part of {length} bytes", _patched(whole["webp"], 16, struct.pack("<I", length))
    for offset in (0, 10_000_000):
        yield f"bmp data at {offset}", _patched(whole["bmp"], 10, struct.pack("<I", offset))


def _bombs() -> Iterator[File]:
    text = zlib.compress(b"\0" * 30_000_000, 9)
    yield "png of 500 MB", pictures.png_bomb()
    yield "png with text of 30 MB", pictures.png_with((b"zTXt", b"a\0\0" + text), (b"iCCP", b"a\0\0" + text))
    yield "jpeg of 600 scans", pictures.jpeg_scan_bomb()
    small = encode(Image.new("RGB", (64, 64), "red"), "JPEG")
    at = small.index(b"\xff\xc0") + 5
    yield "jpeg of 65535 pixels each way", _patched(small, at, struct.pack(">HH", 65_535, 65_535))
    yield "jpeg of 6000 empty pixels each way", _patched(small, at, struct.pack(">HH", 6_000, 6_000))
    yield "bmp of two thousand million pixels", b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 50_000, 50_000, 1, 24, 0)
    yield "bmp of the most negative height", b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 1366, -(2**31), 1, 24, 0)
    yield (
        "exif of 65535 entries in a circle",
        pictures.insert_jpeg_segment(
            pictures.jpeg_screen(), 0xE1, b"Exif\0\0" + pictures.exif_block(entries=0xFFFF) + b"\0" * 60_000
        ),
    )


def _polyglots(whole: dict[str, bytes]) -> Iterator[File]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.txt", "a" * 1000)
    yield "png and zip", whole["png"] + packed.getvalue()
    yield "jpeg and zip", whole["jpeg"] + packed.getvalue()
    yield "png with php", pictures.png_with((b"tEXt", b"Comment\0" + _PHP))
    yield "jpeg with a page", pictures.insert_jpeg_segment(whole["jpeg"], 0xFE, _SCRIPT)
    yield "jpeg in a pdf", b"%PDF-1.7\n1 0 obj\nstream\n" + whole["jpeg"]
    yield "page before a png", _SCRIPT + whole["png"]
    yield "gif and script", b"GIF89a=1;alert(1)//" + whole["png"]
    yield "webp and bmp", whole["webp"] + whole["bmp"]


def _odd_but_drawn() -> Iterator[File]:
    screen = draw_screen(1366, 768)
    yield "apng", pictures.apng()
    yield "print colours", encode(screen.convert("CMYK"), "JPEG", quality=80)
    yield "deep grey", pictures.deep_grey(screen, 256)
    yield "nearly black deep grey", pictures.deep_grey(screen, 1)
    yield "two colours", encode(screen.convert("1"))
    yield "sixteen colours", encode(screen.quantize(16), bits=4)
    yield "zero alpha bmp", pictures.bmp_with_alpha(screen, 0)
    yield "see-through everywhere", encode(Image.new("RGBA", (1366, 768), (9, 9, 9, 0)))
    yield "sixteen bit bmp", _thin_bmp(screen)


def _thin_bmp(screen: Image.Image) -> bytes:
    """Five bits a colour, stored from the top."""
    rows = bytearray()
    for red, green, blue in screen.resize((1024, 768)).get_flattened_data():  # type: ignore[misc]
        rows += struct.pack("<H", red >> 3 << 10 | green >> 3 << 5 | blue >> 3)  # type: ignore[operator]
    info = struct.pack("<IiiHHIIiiII", 40, 1024, -768, 1, 16, 0, len(rows), 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(rows), 0, 0, 54) + info + bytes(rows)


def _against_the_format(whole: dict[str, bytes]) -> Iterator[File]:
    chunks = pictures.png_chunks(whole["palette"])
    yield "palette of one colour", pictures.build_png([(n, b[:3] if n == b"PLTE" else b) for n, b in chunks])
    yield "no palette", pictures.build_png([chunk for chunk in chunks if chunk[0] != b"PLTE"])
    yield "png of someone else", pictures.png_with((b"CgBI", b"\0\0\0\0"))
    yield "missing restarts", whole["restarts"].replace(b"\xff\xd3", b"", 40)
    yield (
        "restarts more often than told",
        _patched(whole["restarts"], whole["restarts"].index(b"\xff\xdd") + 4, struct.pack(">H", 1)),
    )
    for packing, name in ((1, "RLE8"), (2, "RLE4"), (4, "JPEG"), (99, "99")):
        yield f"bmp packed as {name}", _patched(encode(draw_screen().quantize(64), "BMP"), 30, bytes((packing,)))
    yield "jpeg without loss", whole["jpeg"].replace(b"\xff\xc0", b"\xff\xc3", 1)
    yield "jpeg of an unknown colour", _patched(whole["jpeg"], whole["jpeg"].index(b"\xff\xda") + 5, b"\x09")
    yield "a scan of no colour", _patched(whole["jpeg"], whole["jpeg"].index(b"\xff\xda") + 4, b"\x00")
    yield "moving webp", _moving_webp()


def _moving_webp() -> bytes:
    frames = [draw_screen(1366, 768, seed).resize((300, 200)) for seed in (1, 2)]
    return encode(frames[0], "WEBP", save_all=True, append_images=frames[1:])


def _renamed() -> Iterator[File]:
    """What is often sent with .png or .jpg behind its name."""
    screen = draw_screen(1366, 768)
    makers: dict[str, Callable[[], bytes]] = {
        "gif": lambda: encode(screen, "GIF"),
        "tiff": lambda: encode(screen.resize((300, 200)), "TIFF"),
        "ico": lambda: encode(screen.resize((64, 64)), "ICO"),
        "ppm": lambda: encode(screen.resize((300, 200)), "PPM"),
        "avif": lambda: b"\0\0\0\x20ftypavif" + bytes(400),
        "heic": lambda: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400),
        "heic of a burst": lambda: b"\0\0\0\x18ftypmsf1" + bytes(400),
        "video": lambda: b"\0\0\0\x18ftypmp42" + bytes(400),
        "jpeg 2000": lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(400),
        "psd": lambda: b"8BPS\0\1" + bytes(400),
        "svg": lambda: b"<?xml version='1.0'?>\n<svg xmlns='http://www.w3.org/2000/svg'/>",
        "pdf": lambda: b"%PDF-1.4\n%\xe2\xe3\xcf\xd3",
        "word": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(400),
        "docx": lambda: b"PK\3\4" + bytes(400),
        "rar": lambda: b"Rar!\x1a\7\0" + bytes(400),
        "program": lambda: b"MZ" + bytes(400),
        "page": lambda: b"<!doctype html><p>404</p>",
        "text": lambda: "报错：参数错误".encode("gbk"),
        "nothing": lambda: b"",
        "zeros": lambda: bytes(100_000),
    }
    for name, make in makers.items():
        yield f"{name} renamed", make()
