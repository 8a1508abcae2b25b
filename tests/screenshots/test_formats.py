"""Byte-level reading: only the picture is left of a file."""

import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.screenshots import formats, png
from portal.screenshots.bare import PngLines, exif_facts
from tests.factories import pictures


def test_it_reads_sizes_without_unpacking():
    screen = pictures.draw_screen(1366, 768)
    for kind in ("PNG", "JPEG", "WEBP", "BMP"):
        bare = formats.read(pictures.encode(screen, kind))
        assert (bare.kind, bare.width, bare.height) == (kind, 1366, 768)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_it_reads_orientation_and_maker_in_both_byte_orders(order, orientation):
    assert exif_facts(pictures.exif_block(order, orientation=orientation)) == (orientation, True)


def test_it_is_not_held_up_by_bad_exif():
    assert exif_facts(pictures.exif_block(orientation=99)) == (1, True)
    assert exif_facts(pictures.exif_block(start=0xFFFFFFFF)) == (1, False)
    assert exif_facts(pictures.exif_block(orientation=6, entries=0xFFFF)) == (6, True)
    assert exif_facts(b"") == (1, False)
    assert exif_facts(b"II*\0") == (1, False)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_exif_junk_gives_an_ordinary_answer(junk):
    orientation, _ = exif_facts(b"II*\0" + junk)

    assert 1 <= orientation <= 8


def lines_of(data: bytes) -> PngLines:
    lines = formats.read(data).png
    assert lines is not None
    return lines


def test_it_counts_lines_exactly():
    assert png.is_complete(lines_of(pictures.whole_screen()))
    assert not png.is_complete(lines_of(pictures.png_missing_lines()))
    assert lines_of(pictures.png_missing_lines(lines=768)).raw_bytes == 768 * (1 + 1366 * 3)
    assert png.is_complete(lines_of(pictures.png_missing_lines(lines=768)))


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (13, 2), (1366, 768)])
@pytest.mark.parametrize("mode", ["1", "L", "RGB", "RGBA"])
def test_it_expects_as_many_bytes_as_a_png_has(size, mode):
    from PIL import Image

    lines = lines_of(pictures.encode(Image.new(mode, size)))

    assert len(zlib.decompress(b"".join(lines.data))) == lines.raw_bytes


def test_it_expects_as_many_bytes_as_an_interlaced_png_has():
    lines = sum(-(-(7 - y) // sy) * (1 + -(-(5 - x) // sx) * 3) for x, y, sx, sy in png._ADAM7 if x < 5)
    header = (b"IHDR", struct.pack(">IIBBBBB", 5, 7, 8, 2, 0, 0, 1))
    found = lines_of(pictures.build_png([header, (b"IDAT", zlib.compress(b"\0" * lines)), (b"IEND", b"")]))

    assert found.interlaced
    assert found.raw_bytes == lines


def test_it_counts_scans():
    assert formats.read(pictures.jpeg_screen()).scans == 1
    assert 5 <= formats.read(pictures.progressive_jpeg()).scans <= 15
    assert formats.read(pictures.jpeg_scan_bomb()).scans > 500


@pytest.mark.parametrize(
    "chunks",
    [
        pytest.param(lambda c: [c[0], pictures.png_header(1, 1), *c[1:]], id="two headers"),
        pytest.param(lambda c: c[1:], id="no header"),
        pytest.param(lambda c: [c[0], c[-1]], id="no data"),
        pytest.param(lambda c: [(b"IHDR", c[0][1] + b"\0"), *c[1:]], id="long header"),
        pytest.param(lambda c: [pictures.png_header(0, 768), *c[1:]], id="no width"),
        pytest.param(lambda c: [pictures.png_header(1366, 768, depth=3), *c[1:]], id="depth"),
        pytest.param(lambda c: [pictures.png_header(1366, 768, colour=3), *c[1:]], id="no palette"),
        pytest.param(lambda c: [c[0], *[(b"teSt", b"")] * 20_001, *c[1:]], id="endless chunks"),
    ],
)
def test_a_png_against_the_rules_is_broken(chunks):
    built = pictures.build_png(chunks(pictures.png_chunks(pictures.whole_screen())))

    with pytest.raises(formats.BrokenPicture):
        formats.read(built)


@pytest.mark.parametrize("at", [20, 40, 3000])
def test_a_flipped_bit_in_what_a_png_draws_is_broken(at):
    damaged = bytearray(pictures.whole_screen())
    damaged[at] ^= 1

    with pytest.raises(formats.BrokenPicture):
        formats.read(bytes(damaged))


THROWN_AWAY = {
    "text": (b"tEXt", b"Comment\0" + b"x" * 40),
    "colour profile": (b"iCCP", b"icc\0\0" + zlib.compress(b"x" * 90)),
    "time": (b"tIME", b"\0" * 7),
    "resolution": (b"pHYs", b"\0" * 9),
    "a palette of a picture without one": (b"PLTE", b"\0" * 48),
    "a transparency of the wrong length": (b"tRNS", b"\0" * 9),
    "camera": (b"eXIf", pictures.exif_block()),
}


@pytest.mark.parametrize("chunk", THROWN_AWAY.values(), ids=THROWN_AWAY)
@pytest.mark.parametrize("at", [1, -1], ids=["before the data", "after them"])
def test_a_wrong_checksum_of_what_is_thrown_away_does_not_matter(chunk, at):
    chunks = pictures.png_chunks(pictures.whole_screen())
    built = pictures.build_png([*chunks[:at], chunk, *chunks[at:]])
    wrong = bytearray(built)
    wrong[built.rindex(chunk[0]) + 4 + len(chunk[1])] ^= 1

    assert formats.read(bytes(wrong)).content == formats.read(pictures.whole_screen()).content


@pytest.mark.parametrize(("cut", "complete"), [(1, True), (4, True), (12, True), (13, False), (9_000, False)])
def test_a_png_without_its_end_is_left_to_its_lines(cut, complete):
    """The last checksum is part of what is drawn, the end mark is not."""
    lines = lines_of(pictures.whole_screen()[:-cut])

    assert (lines.has_end, png.is_complete(lines)) == (False, complete)


@pytest.mark.parametrize("keep", [0.01, 0.3, 0.9, 0.9999])
@pytest.mark.parametrize("kind", ["WEBP", "BMP"])
def test_a_cut_file_is_broken(kind, keep):
    data = pictures.encode(pictures.draw_screen(), kind)

    with pytest.raises((formats.BrokenPicture, formats.UnknownType)):
        formats.read(data[: int(len(data) * keep)])


def test_a_jpegs_scans_are_kept_as_far_as_they_go():
    data = pictures.jpeg_screen()
    whole, part = formats.read(data), formats.read(data[:90_000])

    assert formats.read(data[:-2]).content == whole.content
    assert part.content == data[:2] + part.content[2:-2] + b"\xff\xd9"
    assert len(part.content) < 90_010


@pytest.mark.parametrize("packing", [1, 2, 4, 5])
def test_a_packed_bmp_is_named(packing):
    data = bytearray(pictures.encode(pictures.draw_screen().convert("P"), "BMP"))
    data[30] = packing

    with pytest.raises(formats.UnknownType) as named:
        formats.read(bytes(data))
    assert named.value.name == "压缩的 BMP 图片"


def test_a_png_that_only_its_maker_draws_is_named():
    chunks = pictures.png_chunks(pictures.whole_screen())

    with pytest.raises(formats.UnknownType) as named:
        formats.read(pictures.build_png([chunks[0], (b"CgBI", b"\0"), *chunks[1:]]))
    assert named.value.name == "特殊的 PNG 图片"
