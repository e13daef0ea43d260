"""The outside world: a provider that delivers until it gets a 2xx, and somebody who writes to customers.

Every 2xx is a line in the ledger, and only that. One in twenty payments is delivered once more later.
"""

import asyncio
import contextlib
import json
import random
import threading
from collections.abc import Coroutine, Sequence
from itertools import count
from typing import Any

from tests.acceptance import stripe
from tests.acceptance.people import staff
from tests.chaos.ledger import Ledger
from tests.realtime.rawclient import request

PATIENCE = 30.0  # s, for what is outstanding at the end
AGAIN = (0.2, 2.0)  # s between two attempts, the second number at most
TWICE = 0.05
CHAT = 0.2
BROKEN = (OSError, EOFError, AssertionError)  # nobody there; cut off in the answer; no answer in time


class Sender:
    """`rate` events a second, each to one of `ports` and, when that fails, to the next."""

    def __init__(
        self, ports: Sequence[int], ledger: Ledger, rng: random.Random, rate: float, customers: Sequence[str],
        seconds: float,
    ) -> None:  # fmt: skip
        self.attempts = 0
        self.acknowledged = 0
        self.refused: list[str] = []  # anything but 2xx, 503 and a broken connection
        self._ports = ports
        self._ledger = ledger
        self._rng = rng
        self._rate = rate
        self._customers = customers
        self._bearer = f"Bearer {staff('sender', seconds=int(seconds))}"
        self._numbers = count()
        self._under_way: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sender", daemon=True)
        self._thread.start()
        self._sending: asyncio.Task[None] | None = None

    @property
    def outstanding(self) -> int:
        """Events without their 2xx."""
        return len(self._under_way)

    # From the test's thread.

    def introduce(self, user_id: str) -> None:
        """One payment of this person before anybody looks: no line in the ledger."""
        body = stripe.event(stripe.session(user_id))
        self._do(self._until_accepted("/api/payment/webhook", body), PATIENCE)

    def pay(self, user_id: str) -> None:
        """One payment of this person, acknowledged when it returns."""
        self._do(self._pay(user_id), PATIENCE)

    def talk(self, room: str, text: str, times: int) -> None:
        """So many messages to one customer, all acknowledged when it returns."""

        async def all_of_them() -> None:
            await asyncio.gather(*(self._say(room, text) for _ in range(times)))

        self._do(all_of_them(), PATIENCE)

    def start(self) -> None:
        async def begin() -> None:
            self._sending = asyncio.create_task(self._keep_sending())

        self._do(begin(), 5)

    def stop(self) -> None:
        """No new event; returns when everything has its 2xx. TimeoutError where something does not get it."""
        self._do(self._finish(), PATIENCE)

    def close(self) -> None:
        self._do(self._end(), 10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, None], timeout: float) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    # On the loop.

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _keep_sending(self) -> None:
        """At the given rate on average, with the gaps of independent customers."""
        due = self._loop.time()
        while True:
            due += self._rng.expovariate(self._rate)
            await asyncio.sleep(max(0.0, due - self._loop.time()))
            if self._rng.random() < CHAT:
                self._begin(self._say(self._rng.choice(self._customers), "On our way."))
            else:
                self._begin(self._pay(f"family-{next(self._numbers)}"))

    async def _pay(self, user_id: str) -> None:
        body = stripe.event(stripe.session(user_id))
        again = self._rng.random() < TWICE
        await self._until_accepted("/api/payment/webhook", body)
        self._ledger.write("desk", f"customer_added:{user_id}")
        if again:
            await asyncio.sleep(self._rng.uniform(0, 2))
            await self._until_accepted("/api/payment/webhook", body)

    async def _say(self, room: str, text: str) -> None:
        id_ = f"m-{next(self._numbers)}"
        body = json.dumps({"roomId": room, "text": text, "id": id_}).encode()
        await self._until_accepted("/api/chat/message", body, {"authorization": self._bearer})
        self._ledger.write(room, f"receive_message:{id_}")
        self._ledger.write("desk", f"conversation_updated:{id_}")

    async def _until_accepted(self, path: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Without headers of its own it is a webhook, signed anew for each attempt."""
        first = self._rng.randrange(len(self._ports))
        for attempt in count(first):
            told = headers or {"stripe_signature": stripe.signature(body)}
            if await self._accepted(self._ports[attempt % len(self._ports)], path, body, told):
                self.acknowledged += 1
                return
            await asyncio.sleep(min(AGAIN[1], AGAIN[0] * 2 ** (attempt - first)) * self._rng.uniform(0.5, 1))

    async def _accepted(self, port: int, path: str, body: bytes, headers: dict[str, str]) -> bool:
        self.attempts += 1
        common = {"content_type": "application/json", "connection": "close"}
        try:
            answer = await request(port, "POST", path, body, **common, **headers)
        except BROKEN:
            return False
        if answer.status not in (200, 503):
            self.refused.append(f"{path} was answered {answer.status}: {answer.text[:200]}")
        return answer.status == 200

    async def _stop_sending(self) -> None:
        if self._sending is not None:
            self._sending.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sending
            self._sending = None

    async def _finish(self) -> None:
        await self._stop_sending()
        await asyncio.gather(*self._under_way)

    async def _end(self) -> None:
        await self._stop_sending()
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
