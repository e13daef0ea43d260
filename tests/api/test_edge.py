"""What every answer has in common: envelope, ids, headers, methods, origins; and the check that no door is open."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from carevia.api.http import Request, SlowBody, ok
from carevia.api.payload import Nothing
from carevia.api.policy import Call, Route, SocketEvent, check_events, check_routes
from carevia.errors import ConfigError, TooLarge
from carevia.realtime.handshake import Handshake, TrustedProxies
from carevia.store import works
from tests.aio import run
from tests.api.desk import ORIGIN, PRODUCTION, Desk, desk

FOREIGN = "https://evil.example"


# --- doors ---


async def _answer(_: Call[Any, Any]) -> Any:
    return ok({})


def _route(**changes: Any) -> Route[Any, Any]:
    declared: dict[str, Any] = {"policy": "public", "query": Nothing, "body": Nothing} | changes
    return Route(method="GET", path="/x", summary="", handler=_answer, **declared)


@pytest.mark.parametrize("missing", ["policy", "query", "body"])
def test_server_does_not_start_with_a_route_that_lacks(missing: str) -> None:
    check_routes([_route()])
    with pytest.raises(ConfigError, match="GET /x"):
        check_routes([_route(**{missing: None})])


def test_server_does_not_start_with_an_unknown_policy_or_a_route_declared_twice() -> None:
    with pytest.raises(ConfigError, match="policy"):
        check_routes([_route(policy="everyone")])
    with pytest.raises(ConfigError, match="twice"):
        check_routes([_route(), _route()])


def test_server_does_not_start_with_a_socket_event_without_policy_or_schema_or_handler() -> None:
    good = SocketEvent("join_room", _answer, "customer", (str,))
    check_events([good], ["join_room"])
    for event in (SocketEvent("join_room", _answer, None, (str,)), SocketEvent("join_room", _answer, "customer", None)):
        with pytest.raises(ConfigError, match="join_room"):
            check_events([event], ["join_room"])
    with pytest.raises(ConfigError, match="typing"):
        check_events([good], ["join_room", "typing"])


def test_every_route_of_the_application_judges_who_asks(tmp_path: Path) -> None:
    """The matrix role by route, from the table itself: nobody comes through a door that is not theirs."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            who = {"nobody": {}, "customer": d.bearer("u1"), "staff": d.bearer("boss", "admin")}
            may = {"public": set(who), "guest": set(who), "customer": {"customer", "staff"}, "staff": {"staff"}}
            for route in d.carevia._routes():
                if route.policy == "signed" or route.policy is None:
                    continue
                for name, headers in who.items():
                    answer = await d.http.request(route.method, route.path, headers=headers)
                    let_in = answer.status_code not in (401, 403)
                    assert let_in == (name in may[route.policy]), (route.path, name, answer.status_code)
                    if not let_in:
                        assert answer.status_code == (401 if name == "nobody" else 403)

    run(work())


# --- every answer ---


def test_unknown_address_is_404_json_in_the_envelope_with_an_id(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            for path in ("/nope", "/api/nope", "/assets/../../secret", "/..%2f..%2fetc", "/index.html"):
                answer = await d.http.get(path)
                assert answer.status_code == 404
                assert answer.json() == {"success": False, "message": "There is nothing at this address."}
                assert len(answer.headers["x-request-id"]) == 16

    run(work())


def test_a_trusted_proxy_names_the_request_and_nobody_else(tmp_path: Path) -> None:
    async def work() -> None:
        named = {"x-request-id": "0123456789abcdef0123456789abcdef"}
        async with desk(tmp_path, TRUSTED_PROXIES="127.0.0.1") as d:
            assert (await d.http.get("/healthz", headers=named)).headers["x-request-id"] == named["x-request-id"]
            for wrong in ("short", "a b c d e f g h", "x" * 65):
                answer = await d.http.get("/healthz", headers={"x-request-id": wrong})
                assert len(answer.headers["x-request-id"]) == 16, wrong
        async with desk(tmp_path / "b") as d:
            assert (await d.http.get("/healthz", headers=named)).headers["x-request-id"] != named["x-request-id"]

    run(work())


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "GET"])
def test_unlisted_methods_are_405_with_allow(tmp_path: Path, method: str) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.request(method, "/api/login")
            assert answer.status_code == 405
            assert answer.headers["allow"] == "OPTIONS, POST"
            assert answer.json()["success"] is False

    run(work())


def test_head_is_a_get_without_a_body(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.head("/healthz")
            assert (answer.status_code, answer.content) == (200, b"")
            assert answer.headers["content-length"] == str(len((await d.http.get("/healthz")).content))

    run(work())


def test_unhandled_exception_is_500_with_an_id_that_the_log_has_and_no_stack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:

            async def explode(*_: Any) -> None:
                raise RuntimeError("secret words of someone@example.com")

            monkeypatch.setattr(d.carevia.store, "read", explode)
            answer = await d.http.get("/api/catalogue")
            assert answer.status_code == 500
            assert "secret" not in answer.text
            assert "Traceback" not in answer.text
            assert answer.headers["x-request-id"] in d.output.getvalue()
            assert "RuntimeError" in d.output.getvalue()
            assert "secret words" not in d.output.getvalue()

    run(work())


def test_wrong_payload_is_400_with_the_field_never_422(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer("boss", "admin")
            answers = [
                await d.http.post("/api/chat/message", content=b"{", headers=headers),
                await d.http.post("/api/chat/message", content=b"\xff\xfe", headers=headers),
                await d.http.post("/api/chat/message", content=b"[" * 50_000, headers=headers),
                await d.http.post("/api/chat/message", json={"roomId": 5, "text": "x"}, headers=headers),
                await d.http.get("/api/chat/message", headers=headers),
                await d.http.get("/api/chat/message?roomId=x&limit=many", headers=headers),
                await d.http.get("/api/chat/user/booking?limit=0", headers=headers),
                await d.http.get("/api/booking?page=0", headers=headers),
                await d.http.get("/api/payment?limit=1000", headers=headers),
                await d.http.get("/api/booking?status=lost", headers=headers),
                await d.http.get("/api/chat/message?roomId=x&before=garbage", headers=headers),
            ]
            for answer in answers:
                assert answer.status_code == 400, answer.text
                assert answer.json()["success"] is False
                assert {"field", "message"} == set(answer.json()["errors"][0])
            assert answers[3].json()["errors"][0]["field"] == "roomId"
            assert answers[5].json()["errors"][0]["field"] == "limit"
            words = "Expected a whole number or nothing, got text"
            assert answers[10].json()["errors"] == [{"field": "before", "message": words}]

    run(work())


def test_json_body_over_65_536_bytes_is_413(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.post("/api/login", content=b" " * 65_537)
            assert answer.status_code == 413
            assert (await d.http.post("/api/login", content=b" " * 65_536)).status_code == 400

    run(work())


@pytest.mark.parametrize("over", [b"", b"x"], ids=["of the limit", "a byte over it"])
def test_a_body_in_pieces_is_never_taken_for_a_shorter_one(over: bytes) -> None:
    async def main() -> None:
        pieces = [b"1234", b"5678", over]

        async def receive() -> Any:
            return {"type": "http.request", "body": pieces.pop(0), "more_body": bool(pieces)}

        request = Request(Handshake([], b"", "10.0.0.1", "http", TrustedProxies(())), "POST", "/x", receive)
        if over:
            with pytest.raises(TooLarge):
                await request.body(8)
        else:
            assert await request.body(8) == b"12345678"

    run(main())


def test_content_length_of_10_to_the_12_is_413_without_reading(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            sent: list[Any] = []

            async def receive() -> Any:
                assert sent, "the body was read before the answer"
                return {"type": "http.disconnect"}

            async def send(message: Any) -> None:
                sent.append(message)

            headers = [(b"content-length", b"1000000000000")]
            scope = {"type": "http", "method": "POST", "path": "/api/login", "headers": headers, "query_string": b""}
            await d.carevia.asgi(scope, receive, send)
            assert sent[0]["status"] == 413

    run(work())


@pytest.mark.parametrize("first", [[], [b"{"]], ids=["not a byte", "one byte"])
def test_a_body_that_does_not_come_is_408(first: list[bytes]) -> None:
    """The first byte has the same deadline as the last: without it a connection was held for as long as its client
    liked."""

    async def receive() -> Any:
        if first:
            return {"type": "http.request", "body": first.pop(), "more_body": True}
        return await asyncio.Event().wait()

    async def work() -> None:
        handshake = Handshake([(b"content-length", b"2")], b"", "", "http", TrustedProxies(()))
        async with asyncio.timeout(5):
            with pytest.raises(SlowBody):
                await Request(handshake, "POST", "/", receive).body(limit=2, seconds=0.01)

    run(work())


def test_security_headers_stand_on_every_answer(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, SOCKET_URL="https://live.example.com", **PRODUCTION) as d:
            for path in ("/", "/healthz", "/nope", "/api/booking"):
                headers = (await d.http.get(path)).headers
                policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
                assert policy["default-src"] == policy["script-src"] == "'self'"
                assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
                assert policy["connect-src"] == "'self' https://live.example.com wss://live.example.com"
                assert "unsafe" not in headers["content-security-policy"]
                assert headers["x-content-type-options"] == "nosniff"
                assert headers["referrer-policy"] == "no-referrer"
                assert headers["cross-origin-opener-policy"] == "same-origin"
                assert "max-age" in headers["strict-transport-security"]

    run(work())


def test_no_hsts_in_development_and_connect_src_is_the_own_origin(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = (await d.http.get("/")).headers
            assert "strict-transport-security" not in headers
            assert headers["content-security-policy"].endswith("connect-src 'self'")

    run(work())


# --- where a request comes from ---


async def _logout(d: Desk, **headers: str) -> int:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return (await d.http.post("/api/logout", headers=named, json={})).status_code


def test_state_changing_request_by_cookie_needs_a_page_of_our_own(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, ALLOWED_ORIGINS="https://desk.example.com") as d:
            cookie = (await d.signed_in())["cookie"]
            assert await _logout(d, cookie=cookie) == 403
            assert await _logout(d, cookie=cookie, origin=FOREIGN) == 403
            assert await _logout(d, cookie=cookie, origin="null") == 403
            assert await _logout(d, cookie=cookie, sec_fetch_site="cross-site") == 403
            assert await _logout(d, cookie=cookie, sec_fetch_site="same-site") == 403
            assert await _logout(d, cookie=cookie, origin="https://desk.example.com") == 200
            assert await _logout(d, cookie=cookie, origin=ORIGIN) == 200
            assert await _logout(d, cookie=cookie, sec_fetch_site="same-origin") == 200

    run(work())


def test_the_servers_own_address_as_the_browser_names_it_is_the_same_origin(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            cookie = (await d.signed_in())["cookie"]
            assert await _logout(d, cookie=cookie, host="127.0.0.1:3000", origin="http://127.0.0.1:3000") == 200

    run(work())


def test_foreign_page_can_neither_log_somebody_in_nor_use_the_cookie_to_read(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await d.account("x@example.com")
            body = {"email": "x@example.com", "password": "long enough"}
            assert (await d.http.post("/api/login", json=body, headers={"origin": FOREIGN})).status_code == 403
            headers = await d.signed_in() | {"origin": FOREIGN}
            answer = await d.http.get("/api/session", headers=headers)
            assert answer.json()["data"]["user"] is None
            assert "access-control-allow-origin" not in answer.headers

    run(work())


def test_allowed_origin_may_read_answers_and_preflights_are_answered(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path, ALLOWED_ORIGINS="https://desk.example.com") as d:
            page = {"origin": "https://desk.example.com"}
            answer = await d.http.get("/api/booking", headers=d.bearer("u1") | page)
            assert answer.headers["access-control-allow-origin"] == "https://desk.example.com"
            asked = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
            preflight = await d.http.options("/api/chat/message", headers=page | asked)
            assert preflight.status_code == 204
            assert "content-length" not in preflight.headers
            assert "authorization" in preflight.headers["access-control-allow-headers"]
            foreign = await d.http.options("/api/chat/message", headers=asked | {"origin": FOREIGN})
            assert "access-control-allow-origin" not in foreign.headers

    run(work())


def test_get_never_changes_state(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            headers = d.bearer("boss", "admin")
            await d.http.get("/api/session", headers=headers)
            await d.carevia.pulse.stop()  # its first beat comes after a second, and forgets what is old
            wrote: list[object] = []

            async def note(work: Any) -> None:
                if work is not works.probe:  # the health's own, when nothing was committed for a while
                    wrote.append(work)

            original, d.carevia.store.write = d.carevia.store.write, note  # type: ignore[method-assign,assignment]
            for route in d.carevia._routes():
                if route.method == "GET" and route.path != "/readyz":
                    await d.http.get(route.path + "?roomId=demo-customer", headers=headers)
            d.carevia.store.write = original  # type: ignore[method-assign]
            assert wrote == []

    run(work())


def test_log_escapes_what_would_forge_its_lines(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            d.carevia.log.error("bad\r\nforged \x1b[31m", path="/\n> Ready")
            (line,) = [line for line in d.lines if "forged" in line]
            assert "\x1b" not in line
            assert "\\x0d\\x0a" in line

    run(work())
