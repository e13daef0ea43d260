"""Questions to the Stripe API about checkout sessions, refunds and disputes. Asks only (GET), so every request may be
repeated.

The HTTP library is loaded at the first question. No key, no answer's text and nobody's data leaves here in an error:
Stripe's own messages repeat parts of both.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from carevia.domain.ids import provider_id
from carevia.domain.reconciliation import Dispute, Refund, Session, valid_session_id
from carevia.domain.text import whole_characters
from carevia.errors import Unavailable

if TYPE_CHECKING:
    import httpx2

BASE: Final = "https://api.stripe.com"
VERSION: Final = "2026-10-28.endive"  # its answers keep this shape, whatever the account is set to
PAGE: Final = 100
_TRIES: Final = 4
_SECONDS: Final = 10.0
_TRIES_OF_ONE: Final = 2  # somebody may be waiting for it
_SECONDS_OF_ONE: Final = 5.0
_LONGEST_WAIT: Final = 8.0
_EXPANDED: Final = "payment_intent.latest_charge"
_OF_OTHER_MODE: Final = {"cs_live_": ("sk_test_", "rk_test_"), "cs_test_": ("sk_live_", "rk_live_")}
_AGAIN: Final = frozenset((409, 429, 500, 502, 503, 504))
_NO_JSON: Final = "What answers in Stripe's place is not Stripe: the answer is no JSON."


class Checkouts(Protocol):
    """Where a checkout session can be looked up."""

    async def session(self, id_: str) -> Session | None:
        """As the provider has it now; None for one it does not know. Raises Unavailable."""


class ListedCheckouts(Checkouts, Protocol):
    def sessions(self, created_from: int) -> AsyncIterator[list[Session]]:
        """Completed sessions opened at or after `created_from` (seconds), newest first, a page at a time."""

    def disputes(self, created_from: int) -> AsyncIterator[list[Dispute]]:
        """Disputes opened at or after `created_from` (seconds), as they stand now, newest first, a page at a time."""

    def refunds(self, created_from: int) -> AsyncIterator[list[Refund]]:
        """Refunds made at or after `created_from` (seconds), each with its charge as it stands now, likewise."""


class StripeApi:
    """`sleep` waits between two tries. Close it when it is needed no longer."""

    def __init__(
        self,
        key: str,
        base: str | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._key = key
        self._base = base
        self._sleep = sleep
        self._client: httpx2.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def session(self, id_: str) -> Session | None:
        if not valid_session_id(id_):
            return None
        path = f"/v1/checkout/sessions/{id_}"
        found = await self._get(path, {"expand[]": _EXPANDED}, _TRIES_OF_ONE, _SECONDS_OF_ONE)
        if found is None and self._key.startswith(_OF_OTHER_MODE.get(id_[:8], ())):
            raise Unavailable(
                "CAREVIA_STRIPE_SECRET_KEY is of Stripe's other mode, live or test: it knows nothing of this checkout.",
                retry_after=300,
            )
        if found is not None and found.get("id") != id_:
            raise Unavailable("What answers in Stripe's place is not Stripe: that is not the checkout asked for.")
        return found

    def sessions(self, created_from: int) -> AsyncIterator[list[Session]]:
        fitting = {"status": "complete", "expand[]": f"data.{_EXPANDED}"}
        return self._listed("/v1/checkout/sessions", created_from, fitting)

    def disputes(self, created_from: int) -> AsyncIterator[list[Dispute]]:
        return self._listed("/v1/disputes", created_from, {})

    def refunds(self, created_from: int) -> AsyncIterator[list[Refund]]:
        return self._listed("/v1/refunds", created_from, {"expand[]": "data.charge"})

    async def _listed(self, path: str, created_from: int, fitting: dict[str, str]) -> AsyncIterator[list[Any]]:
        asked = {"created[gte]": str(max(0, created_from)), "limit": str(PAGE), **fitting}
        ends: set[str] = set()  # of the pages so far: one that comes again comes for ever
        while True:
            answer = await self._get(path, asked, _TRIES, _SECONDS) or {}
            page, more = answer.get("data"), answer.get("has_more")
            whole = isinstance(page, list) and all(isinstance(each, dict) for each in page)
            if not whole or not isinstance(more, bool):
                raise Unavailable(f"Stripe's list {path} cannot be read.")
            if page:
                yield page
            if not more:
                return
            last = provider_id(page[-1]) if page else None
            if last is None or last in ends:
                raise Unavailable(f"Stripe's list {path} does not come to an end.")
            ends.add(last)
            asked["starting_after"] = last

    async def _get(self, path: str, query: dict[str, str], tries: int, seconds: float) -> dict[str, Any] | None:
        """The answer's JSON, None for 404."""
        client = await self._open()
        problem = ""
        for attempt in range(1, tries + 1):
            wait, problem = 0.25 * 2**attempt, "Stripe does not answer"
            answer = await _asked(client, path, query, seconds)
            if answer is not None:
                if answer.status_code not in _AGAIN:
                    return _read(answer)
                wait = max(wait, _retry_after(answer))
                problem = f"Stripe cannot answer at the moment (HTTP {answer.status_code})"
            if attempt < tries:
                await self._sleep(min(wait, _LONGEST_WAIT))
        raise Unavailable(f"{problem}, after {tries} tries. Try again later.", retry_after=30)

    async def _open(self) -> "httpx2.AsyncClient":
        async with self._opening:
            if self._client is None:  # in a thread: the library and the certificates take a fifth of a second
                self._client = await asyncio.to_thread(self._make)
            return self._client

    def _make(self) -> "httpx2.AsyncClient":
        import httpx2

        return httpx2.AsyncClient(
            base_url=self._base or BASE,
            headers={"authorization": f"Bearer {self._key}", "stripe-version": VERSION, "user-agent": "carevia"},
            trust_env=self._base is None,  # an outgoing proxy is for the real one
        )


async def _asked(
    client: "httpx2.AsyncClient", path: str, query: dict[str, str], seconds: float
) -> "httpx2.Response | None":
    """None where no whole answer came in time: one that comes byte by byte would be in time by each of them."""
    import httpx2

    try:
        async with asyncio.timeout(seconds):
            return await client.get(path, params=query, timeout=None)
    except (httpx2.TransportError, TimeoutError):
        return None
    except httpx2.DecodingError:
        raise Unavailable(_NO_JSON) from None


def _read(answer: "httpx2.Response") -> dict[str, Any] | None:
    if answer.status_code == 404:
        return None
    if answer.status_code in (401, 403):
        raise Unavailable(
            f"Stripe refuses the key in CAREVIA_STRIPE_SECRET_KEY (HTTP {answer.status_code}): "
            "it must be valid and may read checkout sessions, payment intents, charges, refunds and disputes.",
            retry_after=300,
        )
    if answer.status_code != 200:
        raise Unavailable(f"Stripe did not understand the question (HTTP {answer.status_code}).", retry_after=300)
    try:
        return msgspec.json.decode(whole_characters(answer.content), type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unavailable(_NO_JSON) from None


def _retry_after(answer: "httpx2.Response") -> float:
    told = answer.headers.get("retry-after", "")
    return float(told) if told.isascii() and told.isdigit() else 0.0
