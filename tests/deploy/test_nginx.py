"""deploy/nginx/ in a real nginx, in front of the real program in production mode.

Only ports, names and paths are put in, and the waiting times that a test cannot wait for are made short.
"""

import asyncio
import re
import socket
import ssl
import sys
import time
from asyncio.trsock import TransportSocket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import aiohttp
import httpx2
import pytest
import socketio

from carevia.api.sockets import NOT_NOW
from carevia.config import Settings
from carevia.store.store import PATIENCE
from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.acceptance.site import wait_until
from tests.harness.browser import changes_over
from tests.harness.nginx import Authority, Nginx
from tests.harness.node import SocketIOClient
from tests.harness.program import ROOT, Program, free_port
from tests.harness.trickle import Trickle

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CONF = "".join((ROOT / "deploy" / "nginx" / name).read_text() for name in ("nodes.conf", "carevia.conf"))
BEAT, SILENCE = 0.4, 2  # s: the heartbeat, and what nginx is told to bear in its place of 60
SLOWEST = 10.0  # s that a slow client may take, with what a loaded machine adds
MARGIN = 2.5
POLLING = "/socket.io/?EIO=4&transport=polling"
IS_LINUX = sys.platform == "linux"


class Site(NamedTuple):
    program: Program
    nginx: Nginx
    authority: Authority
    plain_port: int
    port: int

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authority.file))

    def http(self, address: str | None = None) -> httpx2.Client:
        """A client that trusts the authority, from a loopback `address` of its own if need be."""
        transport = httpx2.HTTPTransport(verify=self.trust(), local_address=address, trust_env=False)
        return httpx2.Client(transport=transport, base_url=self.url, timeout=10)

    def raw(self, sent: bytes) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        wrapped = self.trust().wrap_socket(plain, server_hostname="localhost")
        wrapped.sendall(sent)
        return wrapped


def put_in(text: str, **values: str) -> str:
    """Every place of the file named by its words; a place that is not there any more fails the test."""
    for words, value in values.items():
        assert words in text, words
        text = text.replace(words, value)
    return text


def prepared(folder: Path, program: Program, authority: Authority, plain_port: int, port: int) -> str:
    places = {
        "listen 80;": f"listen 127.0.0.1:{plain_port};",
        "listen 443 ssl;": f"listen 127.0.0.1:{port} ssl;",
        "listen [::]:80;": "",
        "listen [::]:443 ssl;": "",
        "server 127.0.0.1:3000 ": f"server 127.0.0.1:{program.port} ",
        "/etc/letsencrypt/live/care.example.com/fullchain.pem": str(authority.certificate),
        "/etc/letsencrypt/live/care.example.com/privkey.pem": str(authority.key),
        "/var/www/letsencrypt": str(folder / "acme"),
        "/var/log/nginx/carevia.log": str(folder / "access.log"),
        "proxy_read_timeout 60s;": f"proxy_read_timeout {SILENCE}s;",
        "proxy_send_timeout 60s;": f"proxy_send_timeout {SILENCE}s;",
        "server_name care.example.com;": "server_name localhost;",
        "# http2 on;": "http2 on;",
    }
    return put_in(CONF, **places)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("nginx")
    (folder / "acme" / ".well-known" / "acme-challenge").mkdir(parents=True)
    (folder / "acme" / ".well-known" / "acme-challenge" / "token").write_text("proof")
    plain_port, port = free_port(), free_port()
    settings: dict[str, Any] = SETTINGS | {
        "CAREVIA_ENV": "production",
        "CAREVIA_PUBLIC_URL": f"https://localhost:{port}",
        "CAREVIA_SECRET_KEY": "deploy-tests-secret-key-0123456789-0123456789",
        "CAREVIA_TRUSTED_PROXIES": "127.0.0.1",
        "CAREVIA_GUEST_SOCKETS": "on",
        "CAREVIA_LIMIT_CONNECTIONS_PER_ADDRESS": "3",
        "CAREVIA_LIMIT_HANDSHAKES_PER_SECOND": "0",
        "CAREVIA_PING_INTERVAL": str(BEAT),
        "CAREVIA_PING_TIMEOUT": "20",
    }
    program = Program(**settings)
    authority = Authority(folder, "localhost")
    with program, Nginx(folder, prepared(folder, program, authority, plain_port, port)) as nginx:
        nginx.test()
        yield Site(program, nginx.start(port), authority, plain_port, port)


@pytest.fixture(scope="module")
def slow(site: Site) -> Iterator[dict[str, Trickle]]:
    """Slow clients, begun before the other tests and looked at after them."""
    head = b"POST /api/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n"
    clients = {
        "headers": Trickle(site.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")),
        "body": Trickle(site.raw(head + b"\r\n")),
        "silent": Trickle(site.raw(head + b"\r\n{"), every=None),
    }
    yield clients
    for client in clients.values():
        client.close()


def pay(site: Site, user_id: str) -> None:
    body = stripe.event(stripe.session(user_id, livemode=True), livemode=True)
    headers = {"Content-Type": "application/json", "Stripe-Signature": stripe.signature(body)}
    with site.http() as http:
        answer = http.post("/api/payment/webhook", content=body, headers=headers)
    assert (answer.status_code, answer.text) == (200, '{"received":true}')


# --- the file itself ---


def test_waiting_times_fit_the_program_and_slow_clients_are_let_go_within_ten_seconds() -> None:
    settings = Settings()
    others, webhook, sockets = (int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s;", CONF))
    assert sockets > settings.ping_interval + settings.ping_timeout
    assert PATIENCE < webhook <= SLOWEST and webhook < others < sockets, "who waits for a node that hangs"
    for name in ("client_header_timeout", "client_body_timeout"):
        times = [int(seconds) for seconds in re.findall(rf"{name} (\d+)s;", CONF)]
        assert len(times) == 2 and max(times) <= SLOWEST, name
    (kept,) = re.findall(r"keepalive_timeout (\d+)s;", CONF)
    app = (ROOT / "src" / "carevia" / "cli" / "process.py").read_text()
    assert int(kept) < int(re.findall(r"timeout_keep_alive=(\d+)", app)[0])


# --- pages ---


def test_http_leads_to_https_and_certificates_can_be_renewed(slow: object, site: Site) -> None:
    with httpx2.Client(base_url=f"http://127.0.0.1:{site.plain_port}", trust_env=False) as http:
        answer = http.get("/dashboard?x=1", headers={"Host": "elsewhere.example"})
        assert (answer.status_code, answer.headers["location"]) == (301, "https://localhost/dashboard?x=1")
        assert http.get("/.well-known/acme-challenge/token").text == "proof"


SECURITY = [
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cross-origin-opener-policy",
]


def test_pages_come_over_tls_with_every_security_header_once(site: Site) -> None:
    with site.http() as http:
        page = http.get("/dashboard")
        assert page.status_code == 200 and "<!doctype html" in page.text.lower()
        (script,) = re.findall(r'src="(/assets/[^"]+\.js)"', page.text)
        for path in ("/dashboard", script, "/api/booking", "/nowhere"):
            answer = http.get(path)
            counts = {name: len(answer.headers.get_list(name)) for name in SECURITY}
            assert counts == dict.fromkeys(SECURITY, 1), path
            assert "nginx/" not in answer.headers.get("server", "")
        assert len(http.get("/metrics").headers.get_list(SECURITY[0])) == 1, "on nginx's own answers too"


def test_another_name_is_not_served(site: Site) -> None:
    with site.http() as http:
        assert http.get("/", headers={"Host": "rebound.example"}).status_code == 421


def test_the_sign_in_cookie_is_for_this_host_and_https_only(site: Site) -> None:
    login = {"email": SETTINGS["CAREVIA_ADMIN_EMAIL"], "password": SETTINGS["CAREVIA_ADMIN_PASSWORD"]}
    with site.http() as http:
        answer = http.post("/api/login", json=login, headers={"Origin": site.url})
        assert answer.status_code == 200, answer.text
        (cookie,) = answer.headers.get_list("set-cookie")
        name, *attributes = cookie.split("; ")
        assert name.startswith("__Host-carevia=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
        assert http.get("/api/booking").status_code == 200
        http.cookies.clear()
        assert http.get("/api/booking").status_code == 401


# --- what is closed ---


@pytest.mark.parametrize(
    "target",
    ["/emit-booking", "/emit%2Dbooking", "//emit-booking", "/./emit-booking", "/x/../emit-booking", "/emit-booking?a=1",
     "/emit-booking/", "/EMIT-BOOKING", "/emit%252Dbooking", "/emit-booking%00", "/emit-booking;a", "/emit-booking%20",
     "/metrics", "/%6Detrics", "//metrics", "/a/%2e%2e/metrics"],
)  # fmt: skip
def test_doors_between_machines_are_closed_from_outside_however_they_are_spelled(site: Site, target: str) -> None:
    method, body = ("GET", b"") if "etrics" in target else ("POST", b'{"userId": "u"}')
    head = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with site.raw(head.encode() + body) as connection:
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    status = int(answer.split(b" ", 2)[1])
    assert status in (400, 404), answer
    assert b"webhook-id" not in answer and b"carevia_sockets" not in answer


def test_and_open_on_the_machine_itself(site: Site) -> None:
    assert httpx2.post(f"{site.program.url}/emit-booking", json={}, trust_env=False).status_code == 401
    assert "carevia_sockets" in httpx2.get(f"{site.program.url}/metrics", trust_env=False).text


def test_bodies_have_the_limits_of_the_program(site: Site) -> None:
    with site.http() as http:
        for size, status in ((262_144, 400), (262_145, 413)):
            assert http.post("/api/payment/webhook", content=b" " * size).status_code == status
        assert http.post("/api/login", content=b" " * 1_100_000).status_code == 413


# --- sockets ---


@pytest.mark.parametrize("transports", [["polling"], ["websocket"], ["polling", "websocket"]], ids="+".join)
def test_a_paid_booking_reaches_socket_io_client(
    site: Site, javascript_client: SocketIOClient, transports: list[str]
) -> None:
    client = javascript_client
    client.connect(site.url, transports=transports, auth={"token": staff()}, ca=site.authority.pem)
    if transports == ["polling", "websocket"] and client.state()["transport"] == "polling":
        assert client.expect_kind("upgrade")["transport"] == "websocket"
    pay(site, "family-1")
    assert client.expect_event("customer_added")["args"][0]["userId"] == "family-1"
    assert client.state()["transport"] == transports[-1]


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"]], ids="+".join)
def test_a_paid_booking_reaches_python_socketios_client(site: Site, transports: list[str]) -> None:
    async def body() -> None:
        connector = aiohttp.TCPConnector(ssl=site.trust())
        async with aiohttp.ClientSession(connector=connector) as session:
            got: asyncio.Queue[Any] = asyncio.Queue()
            client = socketio.AsyncClient(http_session=session, reconnection=False)
            client.on("customer_added", lambda *args: got.put_nowait(args[0]))
            await client.connect(site.url, auth={"token": staff()}, transports=transports)
            assert client.transport() == transports[-1]
            await asyncio.to_thread(pay, site, "family-1")
            assert (await asyncio.wait_for(got.get(), 10))["userId"] == "family-1"
            plug = client.eio.ws.get_extra_info("socket") if client.eio.ws else None
            await client.disconnect()
        if plug is not None:
            await closed(plug)

    asyncio.run(body())


async def closed(plug: TransportSocket) -> None:
    """aiohttp says goodbye to a WebSocket's TLS by itself, after its session is closed: the loop may not end before."""
    async with asyncio.timeout(10):
        while plug.fileno() >= 0:
            await asyncio.sleep(0.01)


@pytest.mark.skipif(not IS_LINUX, reason="only Linux has a whole network of loopback addresses")
def test_each_visitor_has_an_address_of_their_own_and_cannot_claim_another(site: Site) -> None:
    def statuses(address: str, count: int) -> list[int]:
        with site.http(address) as http:
            claims = [{"X-Forwarded-For": f"10.0.0.{number}"} for number in range(count)]
            opened = [http.get(POLLING, headers=claim) for claim in claims]
            for one in opened:
                if one.status_code == 200:
                    sid = re.findall(r'"sid":"([^"]+)"', one.text)[0]
                    http.post(f"{POLLING}&sid={sid}", content="40")
                    # Heartbeats may come first.
                    assert any("40{" in http.get(f"{POLLING}&sid={sid}").text for _ in range(20))
            return [one.status_code for one in opened]

    assert statuses("127.0.0.2", 3) == [200, 200, 200]
    assert statuses("127.0.0.2", 1) == [429], "three guests of one address is the limit set here"
    assert statuses("127.0.0.3", 1) == [200]


def test_a_quiet_connection_outlives_the_time_nginx_bears_silence(
    site: Site, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    for name in ("polling", "websocket"):
        client.connect(site.url, name, transports=[name], auth={"token": staff(name)}, ca=site.authority.pem)
    with pytest.raises(AssertionError, match="passed"):
        client.expect(lambda m: m["kind"] == "disconnect", 1.5 * SILENCE, "a disconnect")
    for name in ("polling", "websocket"):
        assert client.state(name)["connected"] is True
        assert client.state(name)["transport"] == name


def test_sigterm_drains_through_nginx_and_everybody_comes_back_without_a_gap(
    site: Site, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    for name in ("polling", "websocket"):
        client.connect(site.url, name, transports=[name], auth={"token": staff(name)}, ca=site.authority.pem)
    pay(site, "family-1")
    for name in ("polling", "websocket"):
        client.expect_event("customer_added", name)
    begun = time.monotonic()
    assert site.program.stop() == 0
    assert time.monotonic() - begun < 10
    for name in ("polling", "websocket"):
        assert client.expect_kind("disconnect", name)["active"] is True
    with site.http() as http:
        away = http.get("/dashboard")
        assert (away.status_code, away.headers["retry-after"]) == (503, "2")
        assert away.json() == {"success": False, "message": NOT_NOW}, "which the pages say in both languages"
        assert len(away.headers.get_list(SECURITY[0])) == 1
    site.program.start()
    pay(site, "family-2")
    for name in ("polling", "websocket"):
        assert client.expect_kind("connect", name, timeout=20)["recovered"] is True
        assert client.expect_event("customer_added", name)["args"][0]["userId"] == "family-2"


@pytest.mark.browser
def test_a_browser_signs_in_and_its_desk_is_live_over_tls(site: Site, browser: "Browser") -> None:
    """What only a browser judges: the __Host- cookie, the content security policy, wss from an https page."""
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(15_000)
    page, sockets = context.new_page(), list[str]()
    page.on("websocket", lambda opened: sockets.append(opened.url))
    changed_over = changes_over(page)
    page.goto(f"{site.url}/login")
    page.get_by_label("Email").fill(SETTINGS["CAREVIA_ADMIN_EMAIL"])
    page.get_by_label("Password", exact=True).fill(SETTINGS["CAREVIA_ADMIN_PASSWORD"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard")
    page.get_by_text("Live", exact=True).wait_for()
    wait_until(changed_over, "it has changed over to its WebSocket")
    assert sockets and all(url.startswith(f"wss://localhost:{site.port}/socket.io/") for url in sockets)
    (cookie,) = context.cookies()
    assert (cookie["name"], cookie["secure"], cookie["httpOnly"]) == ("__Host-carevia", True, True)
    context.close()


# --- the slow ones, begun first ---


@pytest.mark.parametrize("kind", ["headers", "body", "silent"])
def test_a_slow_client_is_let_go(slow: dict[str, Trickle], kind: str) -> None:
    assert slow[kind].wait() <= SLOWEST + MARGIN


def test_no_session_id_stands_in_the_access_log(site: Site) -> None:
    with site.http() as http:
        http.get("/?token=do-not-write-this-down")
    wait_until(lambda: " GET / 200" in log(site), "the page is in the access log")
    assert "do-not-write-this-down" not in log(site)
    assert "sid=" not in log(site) and "EIO" not in log(site)


def log(site: Site) -> str:
    return (site.authority.file.parent / "access.log").read_text()
