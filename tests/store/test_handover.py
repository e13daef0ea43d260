"""What the loop and the store's threads hand to each other."""

import asyncio
import os
import tracemalloc
from threading import Thread

import pytest

from carevia.store.handover import Home, Inbox
from tests.aio import run


def test_a_thread_gets_everything_in_the_order_in_which_it_was_put() -> None:
    inbox: Inbox[int | None] = Inbox()
    got: list[int] = []

    def main() -> None:
        while (thing := inbox.get()) is not None:
            got.append(thing)

    thread = Thread(target=main)
    thread.start()
    for thing in range(1000):
        inbox.put(thing)
    inbox.put(None)
    thread.join()
    inbox.close()
    assert got == list(range(1000))


def test_what_threads_tell_is_called_on_the_loop_in_the_order_of_each_thread() -> None:
    told: list[tuple[int, int]] = []

    async def main() -> None:
        home = Home(asyncio.get_running_loop())
        ended = asyncio.Event()

        def tell(number: int) -> None:
            for step in range(20_000):  # together more than the pipe holds
                home.tell(lambda *what: told.append(what), number, step)

        threads = [Thread(target=tell, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
        home.tell(ended.set)
        await ended.wait()
        home.close()

    run(main())
    assert [[step for who, step in told if who == number] for number in range(4)] == [list(range(20_000))] * 4


def test_what_fails_on_the_loop_does_not_hold_up_what_was_told_after_it() -> None:
    failures: list[object] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context.get("exception")))
        home, ended = Home(loop), asyncio.Event()
        home.tell(lambda: 1 // 0)
        home.tell(ended.set)
        await asyncio.wait_for(ended.wait(), 10)
        home.close()

    run(main())
    assert [type(failure) for failure in failures] == [ZeroDivisionError]


def test_a_thread_that_outlives_its_loop_tells_nobody_and_does_not_fail() -> None:
    async def main() -> Home:
        return Home(asyncio.get_running_loop())

    home = run(main())
    home.tell(pytest.fail, "nobody is there")


def test_nothing_is_left_open() -> None:
    async def main() -> None:
        home, inbox = Home(asyncio.get_running_loop()), Inbox[int]()
        home.close()
        inbox.close()

    run(main())
    before = len(os.listdir("/proc/self/fd"))
    run(main())
    assert len(os.listdir("/proc/self/fd")) == before


def test_to_be_woken_takes_little_memory() -> None:
    """What a thread has told must be heard where memory is short, too."""

    async def main() -> None:
        home = Home(asyncio.get_running_loop())
        told = asyncio.Event()
        tracemalloc.start()
        try:
            home.tell(told.set)
            await told.wait()
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
            home.close()
        assert peak < 8_192

    run(main())
