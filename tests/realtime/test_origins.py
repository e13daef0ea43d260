"""Whose pages may speak to the engine: origins, preflights, and what an answer allows a page to read."""

import itertools

import pytest

from tests.realtime.rawclient import Polling, Response, request, upgrade
from tests.realtime.serving import Site, make, run, serving

PATH = "/socket.io/"
QUERY = f"{PATH}?EIO=4&transport=polling"
WS = f"{PATH}?EIO=4&transport=websocket"


async def ways_in(site: Site, **headers: str) -> list[Response]:
    """The same headers on a GET and a POST of polling, and on both kinds of upgrade."""
    async with Polling(site.port) as polling:
        return [
            await request(site.port, "GET", QUERY, **headers),
            await request(site.port, "POST", polling.target, b"3", **headers),
            await upgrade(site.port, WS, **headers),
            await upgrade(site.port, polling.ws_target, **headers),
        ]


FOREIGN = [
    "http://evil.example",
    "https://127.0.0.1",
    "null",
    "garbage",
    "http://",
    "http://127.0.0.1:1",
    "file://",
    "*",
]
COOKIES: list[dict[str, str]] = [{}, {"cookie": "carevia=secret"}]


@pytest.mark.parametrize(("origin", "cookie"), list(itertools.product(FOREIGN, COOKIES)))
def test_a_foreign_origin_is_403_everywhere(origin: str, cookie: dict[str, str]) -> None:
    async def main() -> None:
        async with serving(make(origins=("https://desk.example",))) as site:
            for answer in await ways_in(site, origin=origin, **cookie):
                assert (answer.status, answer.json) == (403, {"code": 4, "message": "Forbidden"})
                assert "access-control-allow-origin" not in answer.headers
            preflight = await request(site.port, "OPTIONS", QUERY, origin=origin)
            assert preflight.status == 403 and "access-control-allow-origin" not in preflight.headers

    run(main())


@pytest.mark.parametrize("said", ["cross-site", "same-site"])
def test_without_an_origin_the_browser_still_tells(said: str) -> None:
    async def main() -> None:
        async with serving(make()) as site:
            for answer in await ways_in(site, sec_fetch_site=said):
                assert answer.status == 403

    run(main())


@pytest.mark.parametrize(
    "headers", [{}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": "own"}]
)
def test_the_own_origin_and_plain_clients_come_in(headers: dict[str, str]) -> None:
    async def main() -> None:
        async with serving(make()) as site:
            own = {"origin": f"http://127.0.0.1:{site.port}"} if "origin" in headers else headers
            found = [answer.status for answer in await ways_in(site, **own)]
            assert found == [200, 200, 101, 101]

    run(main())


def test_an_allowed_origin_comes_in_and_reads_the_answers() -> None:
    async def main() -> None:
        origin = "https://desk.example"
        async with serving(make(origins=("http://other.example", origin))) as site:
            answers = await ways_in(site, origin=origin)
            assert [answer.status for answer in answers] == [200, 200, 101, 101]
            bad = await request(site.port, "GET", f"{QUERY}&sid=none", origin=origin)
            for answer in (*answers[:2], bad):
                assert answer.headers["access-control-allow-origin"] == origin
                assert answer.headers["access-control-allow-credentials"] == "true"
                assert answer.headers["vary"] == "Origin"
            assert (await request(site.port, "GET", QUERY, origin=origin + ".evil")).status == 403

    run(main())


def test_a_preflight_is_answered() -> None:
    async def main() -> None:
        origin = "https://desk.example"
        async with serving(make(origins=(origin,))) as site:
            wanted = {"access_control_request_method": "POST", "access_control_request_headers": "content-type,x-a"}
            answer = await request(site.port, "OPTIONS", QUERY, origin=origin, **wanted)
            assert (answer.status, answer.body) == (204, b"")
            assert answer.headers["access-control-allow-origin"] == origin
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert "POST" in answer.headers["access-control-allow-methods"]
            assert answer.headers["access-control-allow-headers"] == "content-type,x-a"

    run(main())


def test_with_every_origin_allowed_none_gets_credentials() -> None:
    async def main() -> None:
        async with serving(make(origins=("*",))) as site:
            for headers in ({}, {"origin": "null"}, {"origin": "http://evil.example"}):
                answer = await request(site.port, "GET", QUERY, **headers)
                assert answer.status == 200
                assert answer.headers["access-control-allow-origin"] == "*"
                assert "access-control-allow-credentials" not in answer.headers

    run(main())
