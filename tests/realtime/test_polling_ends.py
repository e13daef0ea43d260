"""How a session on polling ends: by its client, by the server, and what may still be fetched then."""

import asyncio

import pytest

from carevia.realtime import Server, Socket
from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Polling, until
from tests.realtime.serving import echoing, poll_waits, run, serving

pytestmark = pytest.mark.usefixtures("driver")


def test_a_client_says_close() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await poll_waits(site, polling)
            answer = await polling.post("1")
            assert (answer.status, answer.text) == (200, "ok")
            assert (await polling.answer()).text == "6"
            assert (await polling.get()).status == 400

    run(main())


def test_what_follows_a_close_in_a_payload_is_ignored() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            assert (await polling.post("40\x1e1\x1e42[]\x1e1")).text == "ok"
            assert not site.engine.sessions

    run(main())


def test_a_server_that_closes_answers_every_waiting_poll() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as one, Polling(site.port) as two:
            await one.post("40")
            await one.packets()
            for polling in (one, two):
                await poll_waits(site, polling)
            site.server.close()
            async with at_once():
                assert [(await polling.answer()).text for polling in (one, two)] == ["1", "1"]
            assert (await one.get()).status == 400
            await site.quiet_sessions()

    run(main())


def kicking(**settings: object) -> Server:
    """`kick` and `bye` end the whole connection, at once and after a word."""
    server = echoing(**settings)
    space = server.namespace("/")
    space.on("kick")(lambda socket: socket.disconnect(close=True))

    @space.on("bye")
    async def bye(socket: Socket) -> None:
        socket.emit("bye")
        await asyncio.sleep(0.01)
        socket.disconnect(close=True)

    return server


def test_a_client_that_polls_is_told_that_it_was_disconnected_for_good() -> None:
    """The session was forgotten before its client could fetch the DISCONNECT: it took the end for an accident and came
    back, again and again."""

    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            assert (await polling.post('42["kick"]')).text == "ok", "as for every packet that was understood"
            assert not site.engine.sessions
            assert [(await polling.get()).text for _ in range(2)] == ["41", "1"]
            assert (await polling.get()).status == 400

    run(main())


@pytest.mark.parametrize("word", ["kick", "bye"])
def test_what_was_said_before_a_disconnect_and_the_end_come_one_after_the_other(word: str) -> None:
    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            await poll_waits(site, polling)
            await polling.post(f'42["{word}"]')
            got = [(await polling.answer()).text]
            await until(lambda: not site.engine.sessions, "it was not disconnected")
            while got[-1] != "1":
                got.append((await polling.get()).text)
            assert got == (['42["bye"]', "41", "1"] if word == "bye" else ["41", "1"])
            assert (await polling.get()).status == 400
            assert not site.engine.farewells

    run(main())


def test_events_never_come_with_the_end_whoever_ends_it() -> None:
    """socket.io-client takes the end at once and events a tick later: they came again by recovery."""

    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            await poll_waits(site, polling)
            site.server.namespace("/").emit("e", 1)
            site.server.fanout.flush()
            site.engine.sessions[polling.sid].close("an accident")
            assert (await polling.answer()).text == '42["e",1]'
            assert (await polling.get()).status == 400

    run(main())


def test_a_farewell_that_nobody_fetches_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("carevia.realtime.engine._FAREWELL_SECONDS", 0.1)

    async def main() -> None:
        async with serving(kicking()) as site, Polling(site.port) as polling:
            await polling.post('40\x1e42["kick"]')
            assert site.engine.farewells
            assert (await polling.post("1")).text == "ok", "a client that has read it already says that it goes"
            await until(lambda: not site.engine.farewells, "it is kept")
            assert (await polling.get()).status == 400

    run(main())


def test_what_a_farewell_holds_counts_as_unsent() -> None:
    async def main() -> None:
        server = kicking(total_buffer_limit=200_000)
        async with serving(server) as site, Polling(site.port) as leaving, Polling(site.port) as staying:
            for polling in (leaving, staying):
                await polling.post("40")
                await polling.packets()
            server.namespace("/").emit("e", "x" * 90_000)
            await leaving.post('42["kick"]')
            assert site.engine.farewells
            engine, most = site.engine, 0
            while engine.farewells and engine.sessions:
                server.namespace("/").emit("e", "x" * 10_000)
                await asyncio.sleep(0)
                most = max(most, sum(held.unsent for held in (*engine.polls.values(), *engine.farewells.values())))
            assert 150_000 < most <= 200_000, "then the one that is furthest behind is dropped"

    run(main())
