"""A stand-in for the Stripe API as far as the program asks it: checkout sessions listed and fetched, refunds and
disputes listed.

Written from Stripe's own description, and tried with Stripe's own library (test_stripe_api.py): bearer key, newest
first, `created[gte]`, `status`, `limit`, `starting_after`, `expand[]`, errors in Stripe's shape. Over real HTTP.

    with StripeApi() as stripe:
        stripe.add(session("family-1"))
        Program(**stripe.settings)
"""

import contextlib
import json
import secrets
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

SESSIONS = "/v1/checkout/sessions"
DISPUTES = "/v1/disputes"
REFUNDS = "/v1/refunds"


class StripeApi:
    """`fail` is how many of the next requests are answered with `status` instead; None for as long as it is set."""

    def __init__(self) -> None:
        self.key = f"sk_test_{secrets.token_hex(24)}"
        self.sessions: dict[str, dict[str, Any]] = {}  # payment intents and charges expanded
        self.disputes: dict[str, dict[str, Any]] = {}
        self.refunds: dict[str, dict[str, Any]] = {}  # charges expanded
        self.asked: list[str] = []
        self.fail: int | None = 0
        self.status = 503
        self.headers: dict[str, str] = {}
        self.on_request: Callable[[str], None] = lambda path: None
        self.lock = threading.Lock()
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._port = 0

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def settings(self) -> dict[str, str]:
        """For a program that is to ask here."""
        return {"CAREVIA_STRIPE_SECRET_KEY": self.key, "CAREVIA_STRIPE_API_BASE": self.base}

    def add(self, session: dict[str, Any], **changes: Any) -> dict[str, Any]:
        """A session as an event carries it; its charge is made up. Answers the session as it was given."""
        session = session | changes
        self.sessions[session["id"]] = session | {"payment_intent": _intent(session)}
        return session

    def refund(self, session_id: str, amount: int, created: int | None = None) -> dict[str, Any]:
        """`amount` is what went back by now, with this refund, which is as old as the payment if not told otherwise."""
        charge: dict[str, Any] = self.sessions[session_id]["payment_intent"]["latest_charge"]
        made = {
            "id": f"re_{secrets.token_hex(12)}",
            "object": "refund",
            "amount": amount - charge["amount_refunded"],
            "charge": charge,
            "created": created or charge["created"],
            "currency": charge["currency"],
            "payment_intent": charge["payment_intent"],
            "status": "succeeded",
        }
        charge |= {"amount_refunded": amount, "refunded": amount == charge["amount"]}
        self.refunds[made["id"]] = made
        return charge

    def refund_failed(self, session_id: str) -> dict[str, Any]:
        """The newest refund of this session comes back from the customer's bank. Answers it as a notice carries it."""
        charge: dict[str, Any] = self.sessions[session_id]["payment_intent"]["latest_charge"]
        made = [one for one in self.refunds.values() if one["charge"] is charge][-1]
        made["status"] = "failed"
        charge |= {"amount_refunded": charge["amount_refunded"] - made["amount"], "refunded": False}
        return made | {"charge": charge["id"]}

    def dispute(self, session_id: str, status: str, created: int) -> dict[str, Any]:
        """The whole of a session's charge is disputed; again: how that dispute stands by now."""
        charge: dict[str, Any] = self.sessions[session_id]["payment_intent"]["latest_charge"]
        charge["disputed"] = True
        known = next((one for one in self.disputes.values() if one["charge"] == charge["id"]), None)
        made = known or {
            "id": f"du_{secrets.token_hex(12)}",
            "object": "dispute",
            "amount": charge["amount"],
            "charge": charge["id"],
            "created": created,
            "currency": charge["currency"],
            "livemode": charge["livemode"],
            "payment_intent": charge["payment_intent"],
            "reason": "fraudulent",
        }
        self.disputes[made["id"]] = made | {"status": status}
        return self.disputes[made["id"]]

    def answer(self, path: str, key: str | None) -> tuple[int, dict[str, Any]]:
        """Status and body of a GET."""
        self.on_request(path)
        with self.lock:
            self.asked.append(path)
            failing = self.fail is None or self.fail > 0
            if self.fail:
                self.fail -= 1
        parts = urlsplit(path)
        asked = parse_qs(parts.query)
        if failing:
            return self.status, _error("api_error", "An unknown error occurred")
        if key != self.key:
            return 401, _error("invalid_request_error", f"Invalid API Key provided: {(key or '')[:8]}****")
        if parts.path == SESSIONS:
            return self._list(SESSIONS, self.sessions, asked)
        if parts.path == DISPUTES:
            return self._list(DISPUTES, self.disputes, asked)
        if parts.path == REFUNDS:
            whole = "data.charge" in asked.get("expand[]", []) + asked.get("expand[0]", [])
            listed = {id_: one if whole else one | {"charge": one["charge"]["id"]} for id_, one in self.refunds.items()}
            return self._list(REFUNDS, listed, asked)
        if parts.path.startswith(f"{SESSIONS}/"):
            found = self.sessions.get(parts.path.removeprefix(f"{SESSIONS}/"))
            missing = _error("invalid_request_error", "No such checkout.session", code="resource_missing")
            return (404, missing) if found is None else (200, _shown(found, asked, ""))
        return 404, _error("invalid_request_error", "Unrecognized request URL")

    def _list(
        self, url: str, things: dict[str, dict[str, Any]], asked: dict[str, list[str]]
    ) -> tuple[int, dict[str, Any]]:
        limit = int(asked.get("limit", ["10"])[0])
        if not 1 <= limit <= 100:
            return 400, _error("invalid_request_error", "Invalid integer: limit must be between 1 and 100")
        since, status = int(asked.get("created[gte]", ["0"])[0]), asked.get("status", [None])[0]
        listed = sorted(things.values(), key=lambda thing: (-thing["created"], thing["id"]))
        ids = [thing["id"] for thing in listed]
        start = 0
        if after := asked.get("starting_after"):
            if after[0] not in ids:
                return 400, _error("invalid_request_error", "No such object", param="starting_after")
            start = ids.index(after[0]) + 1
        fitting = [s for s in listed[start:] if s["created"] >= since and status in (None, s["status"])]
        page = [_shown(thing, asked, "data.") if url == SESSIONS else thing for thing in fitting[:limit]]
        return 200, {"object": "list", "url": url, "has_more": len(fitting) > limit, "data": page}

    def stop(self) -> None:
        """Nobody listens any more, and who was connected is cut off; `start` comes back on the same port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server.cut_off()
            self._server = None
        if self._thread is not None:
            self._thread.join()

    def start(self) -> Self:
        self._server = _Server(("127.0.0.1", self._port), _handler(self))
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), name="stripe", daemon=True)
        self._thread.start()
        return self

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _intent(session: dict[str, Any]) -> dict[str, Any] | None:
    if session["payment_intent"] is None:
        return None
    paid = session["payment_status"] == "paid"
    charge = {
        "id": f"ch_{secrets.token_hex(12)}",
        "object": "charge",
        "amount": session["amount_total"],
        "amount_refunded": 0,
        "created": session["created"] + 30,
        "currency": session["currency"],
        "disputed": False,
        "livemode": session["livemode"],
        "metadata": {},
        "paid": True,
        "payment_intent": session["payment_intent"],
        "refunded": False,
        "status": "succeeded",
    }
    return {
        "id": session["payment_intent"],
        "object": "payment_intent",
        "amount": session["amount_total"],
        "currency": session["currency"],
        "latest_charge": charge if paid else None,
        "status": "succeeded" if paid else "processing",
    }


def _shown(session: dict[str, Any], asked: dict[str, list[str]], prefix: str) -> dict[str, Any]:
    """Expanded as far as was asked for."""
    wanted = asked.get("expand[]", []) + asked.get("expand[0]", [])
    intent = session["payment_intent"]
    if intent is None or f"{prefix}payment_intent.latest_charge" in wanted:
        return session
    if f"{prefix}payment_intent" in wanted:
        charge = intent["latest_charge"]
        return session | {"payment_intent": intent | {"latest_charge": charge and charge["id"]}}
    return session | {"payment_intent": intent["id"]}


def _error(kind: str, message: str, **more: str) -> dict[str, Any]:
    return {"error": {"type": kind, "message": message} | more}


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connected: set[socket.socket] = set()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connected.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connected.discard(request)
        super().shutdown_request(request)

    def cut_off(self) -> None:
        for connected in list(self._connected):
            with contextlib.suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)


def _handler(api: StripeApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            kind, _, key = self.headers.get("authorization", "").partition(" ")
            status, body = api.answer(self.path, key if kind == "Bearer" else None)
            raw = json.dumps(body).encode()
            self.send_response(status)
            for name, value in ({"content-type": "application/json"} | api.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
