"""What may be attached: by the first bytes, whatever the name says."""

import pytest

from carevia.domain.attachments import file_name, media_type

BYTES = {
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    "image/gif": b"GIF89a\x01\0\x01\0",
    "image/webp": b"RIFF\x24\0\0\0WEBPVP8 ",
    "application/pdf": b"%PDF-1.7\n",
}


@pytest.mark.parametrize(("type", "content"), BYTES.items())
def test_the_first_bytes_say_what_it_is(type: str, content: bytes) -> None:
    assert media_type(content) == type
    assert media_type(content[:3] if type != "image/jpeg" else content[:2]) is None
    assert media_type(b" " + content) is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg onload=alert(1)>",
        b"<html>",
        b"MZ\x90\0",
        b"RIFF\x24\0\0\0WAVE",
        b"GIF90a",
        b"PK\x03\x04",
        b"\x7fELF",
    ],
)
def test_everything_else_may_not_be_attached(content: bytes) -> None:
    assert media_type(content) is None


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("photo.PNG", "photo.PNG"),
        ("invoice.exe", "invoice.exe.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\x\\a.png", "a.png"),
        ("", "file.png"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie: x.png"),
        ("evil\u202egnp.exe", "evilgnp.exe.png"),
        ("ছবি.png", "ছবি.png"),
    ],
)
def test_names_are_fit_to_be_shown(given: str, shown: str) -> None:
    assert file_name(given, "image/png") == shown


def test_a_long_name_is_cut_and_keeps_its_ending() -> None:
    name = file_name("ন্ত" * 200 + ".pdf", "application/pdf")
    assert len(name) <= 120
    assert name.endswith("ন্ত.pdf")
