"""Signed notices are answered without ASGI where they are plain, and by ASGI where they are not: nobody can tell."""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.acceptance import stripe
from tests.acceptance.people import token
from tests.harness.program import Program

PATH = "/api/payment/webhook"
LIMIT = 262_144
Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def connection(program: Program) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", urlsplit(program.url).port or 0), timeout=15) as opened:
        yield opened


def post(body: bytes, *more: str, path: str = PATH, length: int | None = None) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: carevia.example",
        f"Stripe-Signature: {stripe.signature(body)}",
        f"Content-Length: {len(body) if length is None else length}",
        *more,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def read(opened: socket.socket, held: bytes = b"") -> tuple[Answer, bytes]:
    """One answer, and what stands behind it."""
    while b"\r\n\r\n" not in held:
        held += opened.recv(65_536) or pytest.fail(f"the connection ended after {held!r}")
    head, _, rest = held.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    while len(rest) < int(headers["content-length"]):
        rest += opened.recv(65_536) or pytest.fail("the body is not whole")
    end = int(headers["content-length"])
    return (int(status.split()[1]), headers, rest[:end]), rest[end:]


def answered(program: Program, request: bytes) -> Answer:
    with connection(program) as opened:
        opened.sendall(request)
        return read(opened)[0]


def comparable(answer: Answer) -> Answer:
    """Without what is another each time."""
    status, headers, body = answer
    assert headers.pop("x-request-id")
    headers.pop("date", None)
    return status, headers, body


def test_both_ways_answer_alike(carevia: Program) -> None:
    paid = stripe.event(stripe.session("family-1"))
    for body, more, length in [
        (paid, (), None),
        (b"[]", (), None),
        (b"not json", ("Origin: https://elsewhere.example",), None),
        (paid, (), LIMIT + 1),
    ]:
        plain = comparable(answered(carevia, post(body, *more, length=length)))
        by_asgi = comparable(answered(carevia, post(body, *more, length=length, path=f"{PATH}?x=1")))
        assert plain == by_asgi
        assert "content-security-policy" in plain[1]


def test_a_body_in_pieces_and_two_notices_on_one_connection(carevia: Program) -> None:
    first, second = (post(stripe.event(stripe.session(user))) for user in ("family-1", "family-2"))
    with connection(carevia) as opened:
        for at in range(0, len(first), 1_000):
            opened.sendall(first[at : at + 1_000])
        (status, _, body), held = read(opened)
        assert (status, body, held) == (200, b'{"received":true}', b"")
        opened.sendall(second + first)  # the third before the second is answered
        for _ in range(2):
            (status, _, body), held = read(opened, held)
            assert (status, body) == (200, b'{"received":true}')


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(carevia: Program) -> None:
    head = f"POST {PATH} HTTP/1.1\r\nHost: carevia.example\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    status, headers, _ = answered(carevia, head + chunk * 17)
    assert (status, headers["connection"]) == (413, "close")


@pytest.mark.parametrize("path", [PATH, f"{PATH}?x=1", "/api/login", "/api/chat/attachment?roomId=family-1&id=1"])
def test_who_sends_too_much_and_only_then_reads_is_told_so(carevia: Program, path: str) -> None:
    """As Python's http.client does. Over ASGI the connection was reset with the answer in it."""
    headers = {"Authorization": f"Bearer {token('family-1')}"}
    client = HTTPConnection("127.0.0.1", urlsplit(carevia.url).port or 0, timeout=15)
    with closing(client):
        client.request("POST", path, bytes(12_000_000), headers)
        answer = client.getresponse()
        assert (answer.status, b"The body may have at most" in answer.read()) == (413, True)


def test_who_hangs_up_in_the_middle_leaves_no_trace(carevia: Program) -> None:
    body = stripe.event(stripe.session("family-1"))
    with connection(carevia) as opened:
        opened.sendall(post(body)[:-100])
    with connection(carevia) as opened:
        opened.sendall(post(body))  # whole, and gone before the answer
    assert stripe.deliver(carevia.url, body).status_code == 200
    assert carevia.err.text() == ""
