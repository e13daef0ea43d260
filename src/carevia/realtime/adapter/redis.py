"""A broker over Redis or Valkey: one connection that hears, one that speaks; both are made anew when either fails.

A beat goes out on the one and must come in on the other: silence means that the circle is broken somewhere, however
whole the connections look. Everything that is said goes through one queue, so that its order holds and no answer is
ever taken for another's. What cannot be said while the broker is away is dropped: facts do not come this way.
"""

import asyncio
import contextlib
import logging
import random
import secrets
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, Final

from redis.asyncio.connection import Connection, ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from carevia.realtime.adapter.broker import BrokerUnavailable, Heard
from carevia.tasks import end

BEAT: Final = 1.0  # s
SILENCE: Final = 2.5  # s without our own beat, after which the connections are given up
CONNECT: Final = 2.0  # s that an attempt may take
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # s between attempts
_AT_ONCE: Final = 256  # commands in one write
_QUEUE_BYTES: Final = 8_000_000  # that wait to be written
_FAIR: Final = 64  # messages heard before others have their turn
# What a connection that is gone raises; uvloop's transports have RuntimeError for it.
_NETWORK: Final = (RedisError, OSError, TimeoutError, EOFError, RuntimeError)
_log = logging.getLogger("carevia.realtime")

_Command = tuple[tuple[str | bytes | int, ...], "asyncio.Future[Any] | None", int]  # words, who waits, bytes


class RedisBroker:
    """`url` is redis://, rediss:// or unix://; ValueError for one that cannot be read. `connects` is called at every
    (re)connection."""

    def __init__(self, url: str, beat: float = BEAT, silence: float = SILENCE) -> None:
        self.connects: list[Callable[[], None]] = []
        self.dropped = 0  # messages that were not sent
        self.heard = 0
        self.failed = 0  # messages whose handler raised
        self.connections = 0
        self.failure = ""  # why the last of them could not be made, or was lost
        self._pool = ConnectionPool.from_url(
            url, retry=Retry(NoBackoff(), 0), retry_on_error=[], socket_connect_timeout=CONNECT, socket_timeout=None,
            protocol=2, driver_info=None, client_name="carevia",
        )  # fmt: skip
        try:
            self._pool.make_connection()  # type: ignore[no-untyped-call]  # opens nothing, but knows the options
        except TypeError:
            raise ValueError("an option of the address is unknown") from None
        self._beat = beat
        self._silence = silence
        self._beat_channel = f"carevia-beat#{secrets.token_urlsafe(9)}"
        self._channels: dict[bytes, Heard] = {}
        self._patterns: dict[bytes, Heard] = {}
        self._queue: deque[_Command] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._up = asyncio.Event()
        self._lost_at: float | None = None
        self._echo = 0.0
        self._task: asyncio.Task[None] | None = None
        self.subscribe(self._beat_channel, self._hear_beat)

    # Words of Broker.

    @property
    def connected(self) -> bool:
        return self._up.is_set()

    def subscribe(self, channel: str, heard: Heard) -> None:
        self._channels[channel.encode()] = heard

    def subscribe_pattern(self, pattern: str, heard: Heard) -> None:
        self._patterns[pattern.encode()] = heard

    def publish(self, channel: str, data: bytes) -> bool:
        if not self._up.is_set() or self._bytes > _QUEUE_BYTES:
            self.dropped += 1
            return False
        self._bytes += len(data)
        self._queue.append((("PUBLISH", channel, data), None, len(data)))
        self._filled.set()
        return True

    async def subscribers(self, *channels: str) -> list[int]:
        try:
            answer = await self.execute("PUBSUB", "NUMSUB", *channels)
        except RedisError as refused:
            raise BrokerUnavailable(f"Redis refuses to count ({refused})") from None
        return [int(number) for number in answer[1::2]]

    async def start(self) -> None:
        self._lost_at = asyncio.get_running_loop().time()
        self._task = asyncio.create_task(self._stay_connected())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CONNECT):
                await self._up.wait()

    async def stop(self) -> None:
        task, self._task = self._task, None
        await end(task)

    # Beyond them.

    async def execute(self, *words: str | bytes | int) -> Any:
        """One command's answer. Raises BrokerUnavailable, or RedisError where the server refuses it."""
        if not self._up.is_set():
            raise BrokerUnavailable("Redis is out of reach")
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._queue.append((words, answer, 0))
        self._filled.set()
        return await answer

    @property
    def away(self) -> float | None:
        """Seconds since the broker was lost; None while it is there."""
        return None if self._lost_at is None else asyncio.get_running_loop().time() - self._lost_at

    # Connecting.

    async def _stay_connected(self) -> None:
        pause = FIRST_PAUSE
        try:
            while True:
                try:
                    await self._session()
                except Exception as problem:  # whatever it was: a broker that gave up would be away for ever
                    self.failure = str(problem)
                    expected = isinstance(problem, _NETWORK)
                    if lost := self._down():
                        pause = FIRST_PAUSE
                    if lost or not expected:
                        said = "Redis was lost (%s); other nodes hear of us later"
                        _log.warning(said, type(problem).__name__, exc_info=None if expected else problem)
                await asyncio.sleep(pause * (0.5 + random.random() / 2))  # noqa: S311 -- jitter, no secret
                pause = min(2 * pause, LONGEST_PAUSE)
        finally:
            self._down()

    def _down(self) -> bool:
        """Nobody waits for an answer that will not come. Whether we were connected before."""
        was_up = self._up.is_set()
        self._up.clear()
        if self._lost_at is None:
            self._lost_at = asyncio.get_running_loop().time()
        queue, self._queue, self._bytes = self._queue, deque(), 0
        for _, answer, _ in queue:
            if answer is None:
                self.dropped += 1
            elif not answer.done():
                answer.set_exception(BrokerUnavailable("Redis was lost"))
        return was_up

    async def _session(self) -> None:
        """Connected until something fails, which it raises."""
        ears: Connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        mouth: Connection = self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(2 * CONNECT):
                await mouth.connect()  # type: ignore[no-untyped-call]
                await ears.connect()  # type: ignore[no-untyped-call]
                await self._listen(ears)
            await self._serve(self._hear(ears), self._speak(mouth), self._pulse())
        finally:
            for connection in (ears, mouth):
                await connection.disconnect(nowait=True)

    async def _serve(self, *works: Coroutine[Any, Any, None]) -> None:
        """Not by a TaskGroup: one that is cancelled just when a task of its own fails raises that failure alone (before
        Python 3.13), and who wanted it to end would wait for ever."""
        tasks = [asyncio.create_task(work) for work in works]
        try:
            self._arrived()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(*tasks)
        for task in done:
            task.result()

    async def _listen(self, ears: Connection) -> None:
        await ears.send_command("SUBSCRIBE", *self._channels)
        if self._patterns:
            await ears.send_command("PSUBSCRIBE", *self._patterns)
        for _ in range(len(self._channels) + len(self._patterns)):
            await ears.read_response()

    def _arrived(self) -> None:
        self._lost_at, self._echo = None, asyncio.get_running_loop().time()
        self.connections += 1
        self._up.set()
        if self.connections > 1:
            _log.warning("Redis is back")
        for told in self.connects:
            told()

    # The three tasks of a session.

    async def _hear(self, ears: Connection) -> None:
        count = 0
        while True:
            self._dispatch(await ears.read_response())
            count += 1
            if count % _FAIR == 0:
                await asyncio.sleep(0)

    def _dispatch(self, message: Any) -> None:
        kind, *rest = message
        try:
            if kind == b"message":
                channel, data = rest
                self._channels[channel](channel.decode(errors="replace"), data)
            elif kind == b"pmessage":
                pattern, channel, data = rest
                self._patterns[pattern](channel.decode(errors="replace"), data)
            self.heard += 1
        except Exception:  # one message must not silence the others
            self.failed += 1
            if self.failed % 1000 == 1:  # who floods the bus must not fill the log
                _log.exception("a message of the bus could not be handled")

    async def _speak(self, mouth: Connection) -> None:
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                batch = [self._queue.popleft() for _ in range(min(_AT_ONCE, len(self._queue)))]
                self._bytes -= sum(size for _, _, size in batch)
                await self._say(mouth, batch)

    async def _say(self, mouth: Connection, batch: list[_Command]) -> None:
        waiting = deque(batch)
        try:
            await mouth.send_packed_command(mouth.pack_commands([words for words, _, _ in batch]))
            while waiting:
                said: Any = None
                try:
                    said = await mouth.read_response()
                except RedisError as refused:
                    if not mouth.is_connected:
                        raise
                    said = refused
                _, answer, _ = waiting.popleft()
                _settle(answer, said)
        finally:
            for _, answer, _ in waiting:
                _settle(answer, BrokerUnavailable("Redis was lost"))

    async def _pulse(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self.publish(self._beat_channel, b"")
            await asyncio.sleep(self._beat)
            if loop.time() - self._echo > self._silence:
                raise TimeoutError("our own beat does not come back")

    def _hear_beat(self, _: str, __: bytes) -> None:
        self._echo = asyncio.get_running_loop().time()


def _settle(answer: "asyncio.Future[Any] | None", said: Any) -> None:
    if answer is None or answer.done():
        return
    if isinstance(said, Exception):
        answer.set_exception(said)
    else:
        answer.set_result(said)
