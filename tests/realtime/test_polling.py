"""Polls that overlap, break off, wait for others, or race with events: nothing is lost, and nothing is left."""

import asyncio

import pytest

from tests.realtime.at_once import at_once
from tests.realtime.rawclient import Polling, Response, deadline, request, until
from tests.realtime.serving import descriptors, echoing, poll_waits, run, serving

pytestmark = pytest.mark.usefixtures("driver")
QUERY = "/socket.io/?EIO=4&transport=polling"


def test_a_second_poll_ends_the_session() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await poll_waits(site, polling)
            second = await request(site.port, "GET", polling.target)
            assert second.status == 400
            first = await polling.answer()
            assert (first.status, first.text) == (200, "1")
            assert (await polling.get()).status == 400
            await site.quiet_sessions()

    run(main())


@pytest.mark.parametrize(
    ("agent", "status"), [("Mozilla/5.0 (X11; Linux x86_64)", 400), ("node-XMLHttpRequest", 400), ("", 200)]
)
def test_a_poll_that_comes_again_ends_the_session_for_its_answer_was_lost(agent: str, status: int) -> None:
    """A node that hung held an answer and was killed; nginx sent the same GET to the next node, where it was answered
    with what came later: a polling client never heard of a paid booking, and was never cut off. The .NET client's
    polls of one second are all alike: nothing was lost there."""

    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Polling(site.port) as polling:

            async def get(stamp: str) -> Response:
                return await request(site.port, "GET", f"{polling.target}&t={stamp}", user_agent=agent)

            await polling.post("40")
            await polling.packets()
            for number in (1, 2):
                server.namespace("/").emit("e", number)
                assert (await get(f"stamp-{number}")).text == f'42["e",{number}]'
            server.namespace("/").emit("e", 3)
            assert (await get("stamp-2")).status == status
            assert len(site.engine.sessions) == (status == 200)

    run(main())


@pytest.mark.parametrize("how", ["reset", "hang up"])
def test_an_aborted_poll_ends_the_session_at_once(how: str) -> None:
    async def main() -> None:
        server = echoing()
        reasons: list[str] = []
        server.namespace("/").on("disconnect")(lambda socket, reason: reasons.append(reason))
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()
            await poll_waits(site, polling)
            async with at_once():
                if how == "reset":
                    polling.abort()
                else:
                    await polling._get.hang_up()
                await until(lambda: not site.engine.sessions, "the session lives on")
            assert reasons == ["transport close"]
            assert (await request(site.port, "GET", polling.target)).status == 400

    run(main())


@pytest.mark.parametrize("behind", [1, 3])
def test_an_aborted_poll_with_requests_behind_it_ends_the_session_too(behind: int) -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await poll_waits(site, polling)
            for _ in range(behind):
                polling._get.ask("GET", "/elsewhere")
            await polling._get.writer.drain()
            await polling._get.hang_up()
            await until(lambda: not site.engine.sessions, "the session lives on", within=1)
            assert (await polling.post("40")).status == 400

    run(main())


def test_requests_behind_a_poll_are_answered_after_it() -> None:
    async def main() -> None:
        async with serving(echoing()) as site, Polling(site.port) as polling:
            await poll_waits(site, polling)
            for _ in range(20):
                polling._get.ask("GET", "/elsewhere")
            polling.ask()
            await polling.post("40")
            assert (await polling.answer()).text.startswith("40{")
            assert [(await polling.answer()).status for _ in range(20)] == [404] * 20
            site.server.namespace("/").emit("e", 1)
            assert (await polling.answer()).text == '42["e",1]'

    run(main())


@pytest.mark.parametrize(
    ("agent", "most"),
    [("python-requests/2.32", 16), ("", 16), ("node-XMLHttpRequest", 100), ("Mozilla/5.0 (X11; Linux x86_64)", 100)],
)
def test_between_two_polls_a_client_may_take_its_time(agent: str, most: int) -> None:
    """python-engineio's client takes no more than 16 packets in one payload, socket.io-client any number."""

    async def main() -> None:
        server = echoing()
        async with serving(server) as site, Polling(site.port, **{"User-Agent": agent}) as polling:
            await polling.post("40")
            await polling.packets()
            for number in range(100):
                server.namespace("/").emit("e", number)
                await asyncio.sleep(0)
            got: list[str] = []
            sizes = []
            said = [f'42["e",{number}]' for number in range(100)]
            while len(got) < 100:
                packets = await polling.packets()
                sizes.append(len(packets))
                got += packets
                assert site.engine.polls[polling.sid].unsent == sum(map(len, said[len(got) :]))
            assert max(sizes) == most
            assert got == said

    run(main())


def test_nothing_is_lost_or_doubled_when_events_race_with_polls() -> None:
    async def main() -> None:
        server = echoing()
        got: list[str] = []
        async with serving(server) as site, Polling(site.port) as polling:
            await polling.post("40")
            await polling.packets()

            async def emit() -> None:
                for number in range(500):
                    server.namespace("/").emit("e", number)
                    await asyncio.sleep(0 if number % 7 else 0.0005)

            task = asyncio.create_task(emit())
            while len(got) < 500:
                got += [packet for packet in await polling.packets() if packet != "2"]
            await task
            assert got == [f'42["e",{number}]' for number in range(500)]

    run(main())


def test_hundreds_of_clients_that_come_and_go_in_every_way_leave_nothing() -> None:
    async def main() -> None:
        async with serving(echoing()) as site:
            await request(site.port, "GET", QUERY)
            site.server.close()
            before = descriptors()

            async def client(number: int) -> None:
                async with Polling(site.port) as polling:
                    await polling.post("40")
                    await polling.packets()
                    await poll_waits(site, polling)
                    match number % 4:
                        case 0:
                            await polling.post("1")
                        case 1:
                            polling.abort()
                        case 2:
                            await polling.post("junk")
                        case _:
                            await request(site.port, "GET", polling.target)

            for start in range(0, 200, 20):
                await asyncio.gather(*(client(number) for number in range(start, start + 20)))
            # A session whose client went between two polls ends with its heartbeat: here, by the server's word.
            site.server.close()
            async with deadline(5, "something is left"):
                await site.quiet()
            await until(lambda: descriptors() <= before, "descriptors are left")

    run(main())
