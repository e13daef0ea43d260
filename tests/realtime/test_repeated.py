"""Polling requests that are like the one before: what is read without the parser is what the parser would have read."""

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from carevia.realtime.repeated import Repeated, learn
from carevia.realtime.uvicorn import EngineProtocol
from tests.realtime.rawclient import Connection, Polling, until
from tests.realtime.serving import make, run, serving

QUERY = b"EIO=4&transport=polling&t=abc&sid=Xy_-1"
GET = b"GET /socket.io/?" + QUERY + b" HTTP/1.1\r\nHost: a:1\r\nCookie: x=1; y=2\r\nAccept: */*\r\n\r\n"
POST = (
    b"POST /socket.io/?"
    + QUERY
    + b" HTTP/1.1\r\nHost: a:1\r\nCONTENT-length:  5\r\nContent-Type: text/plain\r\n\r\n42[1]"
)


class Parsed:
    """What the parser finds in some bytes, which must be one whole request."""

    def __init__(self, data: bytes) -> None:
        self.url = self.body = b""
        self.headers: list[tuple[bytes, bytes]] = []
        self.complete = 0
        self.parser = httptools.HttpRequestParser(self)
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete += 1


def learned(data: bytes) -> Repeated | None:
    found = Parsed(data)
    return learn(found.parser.get_method(), found.url, found.headers, data)


def known(data: bytes) -> Repeated:
    found = learned(data)
    assert found is not None
    return found


def test_another_query_and_another_body_are_read() -> None:
    assert known(GET).read(GET.replace(b"abc", b"abd")) == (
        QUERY.replace(b"abc", b"abd"), ((b"host", b"a:1"), (b"cookie", b"x=1; y=2"), (b"accept", b"*/*")), b"",
    )  # fmt: skip
    longer = POST.replace(b"  5", b"  12").replace(b"42[1]", b"42[123,4567]")
    headers = ((b"host", b"a:1"), (b"content-length", b"12"), (b"content-type", b"text/plain"))
    assert known(POST).read(longer) == (QUERY, headers, b"42[123,4567]")


@pytest.mark.parametrize(
    "other",
    [
        GET.replace(b"x=1", b"x=2"),
        GET.replace(b"Cookie", b"cookie"),
        GET.replace(b"1.1", b"1.0"),
        GET.replace(b"/socket.io/", b"/socket.io"),
        GET.replace(b"GET", b"PUT"),
        GET.replace(b"abc", b"a#c"),
        GET.replace(b"abc", b"a c"),
        GET.replace(b"abc", b"a\xffc"),
        GET.replace(b"\r\n\r\n", b"\r\nUpgrade: websocket\r\n\r\n"),
        GET[:-1],
        GET + b"G",
        GET + GET,
        b"\r\n" + GET,
    ],
)  # fmt: skip
def test_what_differs_in_anything_else_is_for_the_parser(other: bytes) -> None:
    assert known(GET).read(other) is None


@pytest.mark.parametrize(
    "other",
    [
        POST[:-1],
        POST + b"4",
        POST.replace(b"  5", b"  +5"),
        POST.replace(b"  5", b"  5 "),
        POST.replace(b"  5", b"  "),
        POST.replace(b"  5", b"  0").replace(b"42[1]", b""),
        POST.replace(b"  5", b"  0000000000000005"),
        POST.replace(b"  5", b"  5\r\nContent-Length: 5"),
    ],
)  # fmt: skip
def test_a_body_that_is_not_whole_is_for_the_parser(other: bytes) -> None:
    assert known(POST).read(POST) is not None
    assert known(POST).read(other) is None


@pytest.mark.parametrize(
    "data",
    [
        POST.replace(b"Content-Type: text/plain", b"Transfer-Encoding: chunked").replace(b"CONTENT-length:  5\r\n", b"")
        .replace(b"42[1]", b"5\r\n42[1]\r\n0\r\n\r\n"),
        GET.replace(b"Accept: */*", b"Content-Length: 0"),
        b"GET /socket.io/ HTTP/1.1\r\nHost: a\r\n\r\n",
        POST.replace(b"CONTENT-length:  5\r\n", b"").removesuffix(b"42[1]"),
    ],
)  # fmt: skip
def test_what_is_not_simple_is_not_learned(data: bytes) -> None:
    assert learned(data) is None


def test_the_second_of_two_requests_in_one_read_is_not_mistaken_for_the_first() -> None:
    second = GET.replace(b"x=1", b"x=2").replace(b"Accept: */*\r\n", b"")
    parsed = Parsed(second)
    assert learn(b"GET", parsed.url, parsed.headers, GET + second) is None


@given(st.sampled_from([GET, POST]), st.lists(st.tuples(st.integers(0, 200), st.binary(max_size=3)), max_size=3))
def test_whatever_is_read_the_parser_reads_the_same(sample: bytes, changes: list[tuple[int, bytes]]) -> None:
    data = sample
    for at, piece in changes:
        data = data[:at] + piece + data[at + len(piece) :]
    found = known(sample).read(data)
    if found is not None:
        query, headers, body = found
        parsed = Parsed(data)
        assert (parsed.url, tuple(parsed.headers), parsed.body) == (b"/socket.io/?" + query, headers, body)
        assert parsed.complete == 1 and parsed.parser.should_keep_alive()


def test_a_session_goes_on_whether_its_requests_repeat_or_not(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []
    parse = HttpToolsProtocol.data_received

    def spied(self: HttpToolsProtocol, data: bytes) -> None:
        read.append(data)
        parse(self, data)

    monkeypatch.setattr(HttpToolsProtocol, "data_received", spied)

    async def main() -> None:
        server = make()
        server.namespace("/").on("echo")(lambda socket, *args: args)
        async with serving(server) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            await polling.post("40")
            assert (await polling.get()).text.startswith("40{")
            for number in range(6):
                target = f"{polling.target}&t={number}"
                odd = {"x-odd": "1"} if number == 3 else {}
                answer = await connection.request("POST", target, b'42%d["echo",%d]' % (number, number), **odd)
                assert (answer.status, answer.text) == (200, "ok")
                answer = await connection.request("GET", target, **odd)
                assert (answer.status, answer.text) == (200, f"43{number}[{number}]")
                assert answer.headers["cache-control"] == "no-store"
            gone = target.replace(polling.sid, "gone")
            assert (await connection.request("GET", gone)).status == 400
            assert (await connection.request("GET", "/elsewhere")).status == 404
        await site.quiet()

    run(main())
    requests = [data for data in read if b"&t=" in data]
    assert [number for number in range(6) if any(b"&t=%d " % number in data for data in requests)] == [0, 3, 4]


def test_a_poll_that_waits_has_no_time_to_be_over_and_an_answered_connection_has() -> None:
    async def main() -> None:
        async with serving(make()) as site, Polling(site.port) as polling, Connection(site.port) as connection:
            await polling.post("40")
            assert (await connection.request("GET", polling.target)).text.startswith("40{")
            here = connection.writer.get_extra_info("sockname")
            (http,) = [one for one in site.uvicorn.server_state.connections if getattr(one, "client", None) == here]
            assert isinstance(http, EngineProtocol) and http._rest is not None and http in http._rest
            assert (await connection.request("GET", "/elsewhere")).status == 404
            assert http._rest is None and http.timeout_keep_alive_task is not None, "uvicorn's own"
            connection.ask("GET", polling.target)
            await until(lambda: site.engine.polls[polling.sid].waiting, "the poll did not arrive")
            assert http._rest is None and http.timeout_keep_alive_task is None
        await site.quiet()

    run(main())


def test_a_connection_that_was_answered_is_closed_when_it_says_nothing_more() -> None:
    async def main() -> None:
        async with serving(make()) as site:
            site.uvicorn.config.timeout_keep_alive = 0.05  # type: ignore[assignment]
            async with Connection(site.port) as connection:
                assert (await connection.request("GET", "/socket.io/?EIO=4&transport=polling")).status == 200
                await connection.closed()

    run(main())
