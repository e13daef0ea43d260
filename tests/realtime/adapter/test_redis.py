"""The connection to Redis: lost and found again by itself, and never a wrong answer."""

import asyncio

import pytest
from redis.exceptions import ResponseError

from carevia.realtime.adapter import BrokerUnavailable
from carevia.realtime.adapter.redis import RedisBroker
from tests.harness.proxy import Proxy
from tests.harness.valkey import Valkey
from tests.realtime.rawclient import until
from tests.realtime.serving import run


def test_it_comes_back_by_itself_after_a_kill() -> None:
    async def main() -> None:
        with Valkey("secret") as valkey:
            broker = RedisBroker(valkey.unix_url)
            heard: list[bytes] = []
            broker.subscribe("news", lambda _, data: heard.append(data))
            await broker.start()
            assert broker.connected and broker.away is None
            valkey.kill()
            await until(lambda: not broker.connected, "the loss was not noticed")
            assert not broker.publish("news", b"dropped") and broker.dropped > 0
            with pytest.raises(BrokerUnavailable):
                await broker.execute("PING")
            await asyncio.sleep(0.3)  # and some attempts later
            assert broker.away is not None and broker.away >= 0.3
            await asyncio.to_thread(valkey.start)
            await until(lambda: broker.connected, "it did not come back")
            broker.publish("news", b"new")
            await until(lambda: heard == [b"new"], "nothing is heard after the return")
            await broker.stop()
            assert not broker.connected

    run(main())


def test_a_silent_network_is_noticed_and_waiting_commands_are_told(valkey: Valkey) -> None:
    async def main() -> None:
        with Proxy(valkey.port) as network:
            broker = RedisBroker(f"redis://127.0.0.1:{network.port}", beat=0.1, silence=0.3)
            await broker.start()
            await broker.execute("PING")  # nothing else is under way any more
            asked = [asyncio.ensure_future(broker.execute(*words)) for words in (("BLPOP", "nothing", 0), ("PING",))]
            await asyncio.to_thread(network.blackhole)
            given_up = asyncio.ensure_future(broker.execute("PING"))
            await asyncio.sleep(0)
            given_up.cancel()
            for answer in asked:
                with pytest.raises(BrokerUnavailable):
                    await answer
            await until(lambda: not broker.connected, "it still counts as connected")  # a command may hear of it first
            await asyncio.to_thread(network.heal)
            await until(lambda: broker.connected, "it did not come back")
            await broker.stop()

    run(main())


def test_only_so_much_waits_to_be_written_and_what_is_said_later_is_heard(valkey: Valkey) -> None:
    async def main() -> None:
        with Proxy(valkey.port) as network:
            broker = RedisBroker(f"redis://127.0.0.1:{network.port}", beat=0.5, silence=1)
            heard: list[bytes] = []
            broker.subscribe("news", lambda _, data: heard.append(data))
            await broker.start()

            def flood() -> list[bool]:
                return [broker.publish("news", bytes(1_000_000)) for _ in range(10)]

            for _ in range(2):
                heard.clear()
                assert flood() == [True] * 9 + [False]
                await until(lambda: len(heard) == 9, "what waited was not said")
            await asyncio.to_thread(network.blackhole)
            flood()
            await asyncio.sleep(0.05)  # as much as it takes is on its way; the rest waits
            flood()
            dropped = broker.dropped
            await until(lambda: not broker.connected, "the loss was not noticed")
            assert broker.dropped >= dropped + 9
            await asyncio.to_thread(network.heal)
            await until(lambda: broker.connected, "it did not come back")
            assert flood() == [True] * 9 + [False]
            await broker.stop()

    run(main())


def test_what_a_handler_raises_silences_nothing_and_floods_no_log(
    valkey: Valkey, caplog: pytest.LogCaptureFixture
) -> None:
    async def main() -> None:
        broker = RedisBroker(valkey.unix_url)
        heard: list[int] = []
        broker.subscribe("news", lambda _, data: heard.append(int(data)))
        await broker.start()
        for data in (b"x", b"y", b"z", b"1"):
            broker.publish("news", data)
        await until(lambda: heard == [1], "what came after it was not heard")
        assert (broker.failed, len(caplog.records), broker.connections) == (3, 1, 1)
        await broker.stop()

    run(main())


def test_what_is_said_to_a_connection_that_has_just_broken_does_not_silence_us_for_good(valkey: Valkey) -> None:
    """A node stayed away until its restart: uvloop raises RuntimeError for a closed transport, and only the network's
    own errors led to another attempt."""

    async def main() -> None:
        with Proxy(valkey.port) as network:
            broker = RedisBroker(f"redis://127.0.0.1:{network.port}")
            await broker.start()
            await asyncio.to_thread(network.reset, 1)  # the one that speaks; the one that hears is there still
            await asyncio.sleep(0.1)  # nobody waits for an answer: the loss shows nowhere
            broker.publish("news", b"into the void")
            await until(lambda: broker.connections == 2 and broker.connected, "it did not come back")
            await broker.stop()

    run(main())


def test_answers_are_never_crossed_by_cancelled_commands(valkey: Valkey) -> None:
    """CVE-2023-28858: there a cancelled command left its answer for the next caller."""

    async def main() -> None:
        broker = RedisBroker(valkey.unix_url)
        await broker.start()
        tasks = [asyncio.ensure_future(broker.execute("ECHO", str(n))) for n in range(1_000)]
        for task in tasks[::2]:
            asyncio.get_running_loop().call_soon(task.cancel)
        answers = await asyncio.gather(*tasks, return_exceptions=True)
        assert [answer for answer in answers[1::2]] == [str(n).encode() for n in range(1, 1_000, 2)]
        with pytest.raises(ResponseError):
            await broker.execute("NO SUCH COMMAND")
        assert await broker.execute("ECHO", "still") == b"still"
        assert broker.connections == 1
        await broker.stop()

    run(main())


def test_without_a_server_it_starts_and_waits() -> None:
    async def main() -> None:
        valkey = Valkey()
        try:
            broker = RedisBroker(valkey.unix_url)
            starting = asyncio.ensure_future(broker.start())
            await asyncio.sleep(0)
            assert not broker.connected
            await asyncio.to_thread(valkey.start)
            await starting
            await until(lambda: broker.connected, "it did not connect")
            await broker.stop()
        finally:
            valkey.close()

    run(main())


@pytest.mark.parametrize("turns", range(4))
def test_it_ends_though_the_server_goes_at_the_same_moment(turns: int) -> None:
    """As where both are shut down together: the loss swallowed the cancellation, and we never ended."""

    async def main() -> None:
        with Valkey() as valkey:
            broker = RedisBroker(valkey.unix_url)
            await broker.start()
            valkey.kill()
            for _ in range(turns):
                await asyncio.sleep(0)
            async with asyncio.timeout(2):
                await broker.stop()

    run(main())


def test_a_server_that_refuses_to_count_subscribers_counts_as_out_of_reach() -> None:
    """As one that is loading, or busy with a script: `fetch_sockets` raised what nobody who calls it has heard of."""

    async def main() -> None:
        with Valkey() as valkey:
            broker = RedisBroker(valkey.unix_url)
            await broker.start()
            assert await broker.subscribers("nobody's") == [0]
            await broker.execute("ACL", "SETUSER", "default", "-pubsub")
            with pytest.raises(BrokerUnavailable, match="refuses to count"):
                await broker.subscribers("nobody's")
            await broker.stop()

    run(main())
