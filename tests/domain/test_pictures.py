"""How many pixels a picture has: by files as encoders write them, and as somebody writes them who means harm."""

import struct

import pytest

from carevia.domain.attachments import media_type
from carevia.domain.pictures import MOST_PIXELS, has_too_many_pixels

SEGMENT = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def gif(
    width: int, height: int, before: bytes = b"!\xf9\x04" + bytes(5), image: tuple[int, ...] = (0, 0, 1, 1)
) -> bytes:
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x91, 0, 0) + bytes(12)
    return screen + before + b"," + struct.pack("<HHHH", *image) + b"\0\2"


def jpeg(width: int, height: int, before: bytes = SEGMENT, frame: int = 0xC2) -> bytes:
    return b"\xff\xd8" + before + bytes([0xFF, frame]) + struct.pack(">HBHHB", 17, 8, height, width, 3) + bytes(12)


def lossy(width: int, height: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height)


def lossless(width: int, height: int) -> bytes:
    return b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + struct.pack("<I", width - 1 | (height - 1) << 14)


def extended(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0" + size


KINDS = [("png", png), ("gif", gif), ("jpeg", jpeg), ("webp", lossy), ("webp", lossless), ("webp", extended)]


@pytest.mark.parametrize(("kind", "made"), KINDS)
def test_a_camera_s_picture_may_be_attached_and_one_that_unfolds_may_not(kind: str, made: object) -> None:
    for width, height, too_many in ((8_160, 6_120, False), (1, 1, False), (8_170, 6_130, True), (16_000, 16_000, True)):
        assert callable(made)
        assert has_too_many_pixels(made(width, height), f"image/{kind}") is too_many, (width, height)


@pytest.mark.parametrize(
    "before", [b"", SEGMENT * 20, b"\xff\xff\xff", b"\xff\xe1\x40\x00" + bytes(16_382), b"\xff\xd0"]
)
@pytest.mark.parametrize("frame", [0xC0, 0xC1, 0xCF])
def test_the_size_of_a_jpeg_is_found_wherever_it_stands(before: bytes, frame: int) -> None:
    assert has_too_many_pixels(jpeg(16_000, 16_000, before, frame), "image/jpeg")
    assert not has_too_many_pixels(jpeg(4_000, 3_000, before, frame), "image/jpeg")


def test_a_jpeg_that_hides_its_size_behind_thousands_of_segments_is_too_large() -> None:
    assert has_too_many_pixels(jpeg(16_000, 16_000, b"\xff\xe0\0\x02" * 2_000_000), "image/jpeg")
    assert has_too_many_pixels(jpeg(1, 1, b"\xff\x01" * 4_000_000), "image/jpeg")
    assert not has_too_many_pixels(b"\xff\xd8" + b"\xff" * 9_000_000, "image/jpeg")


@pytest.mark.parametrize("before", [b"", b"!\xfe" + (b"\xff" + b"," * 255) * 1_000 + b"\0", b"!\xfe\0" * 300])
@pytest.mark.parametrize("image", [(0, 0, 16_000, 16_000), (9_000, 9_000, 100, 100)])
def test_a_gif_that_hides_its_size_in_its_first_image_is_too_large(before: bytes, image: tuple[int, ...]) -> None:
    """Browsers show all of it, however small the screen is that it names: 68 KB took a gigabyte of a desk."""
    assert has_too_many_pixels(gif(1, 1, before, image), "image/gif")
    assert not has_too_many_pixels(gif(1, 1, before, (0, 0, 4_000, 3_000)), "image/gif")


def test_a_gif_that_hides_its_size_behind_thousands_of_blocks_is_too_large() -> None:
    assert has_too_many_pixels(gif(1, 1, b"!\xfe" + b"\1x" * 4_000_000 + b"\0", (0, 0, 16_000, 16_000)), "image/gif")
    assert has_too_many_pixels(gif(1, 1, b"!\xfe\0" * 3_000_000, (0, 0, 16_000, 16_000)), "image/gif")


@pytest.mark.parametrize(("kind", "made"), KINDS)
def test_a_file_that_breaks_off_is_no_reason_to_fail(kind: str, made: object) -> None:
    assert callable(made)
    whole = made(100, 100)
    for size in range(len(whole)):
        has_too_many_pixels(whole[:size], f"image/{kind}")
    assert MOST_PIXELS > 0 and not has_too_many_pixels(b"%PDF-1.7", "application/pdf")


@pytest.mark.parametrize(
    "first", [b"\x89PNG\r\n\x1a\n", b"GIF89a", b"\xff\xd8\xff", b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBP"]
)
@pytest.mark.parametrize("rest", [b"x" * 5_000, bytes(range(256)) * 20, b"\xff\xc0" * 3_000 + b"x", b"\xff" * 100])
def test_what_is_a_picture_by_its_first_bytes_alone_has_no_pixels(first: bytes, rest: bytes) -> None:
    kind = media_type(first + rest)
    assert kind is not None
    assert not has_too_many_pixels(first + rest, kind)
