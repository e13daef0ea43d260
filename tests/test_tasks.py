"""Tasks in the background are ended, whatever has become of them."""

import asyncio

from carevia.tasks import end


def test_all_have_ended_even_those_that_died_before_and_what_they_put_away_is_put_away() -> None:
    async def main() -> None:
        put_away: list[str] = []

        async def working() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                put_away.append("working")

        async def dying() -> None:
            raise ValueError("a fault")

        died, works = asyncio.create_task(dying()), asyncio.create_task(working())
        await asyncio.wait([died])
        await end(died, None, works)
        assert (put_away, works.cancelled()) == (["working"], True)

    asyncio.run(main())
