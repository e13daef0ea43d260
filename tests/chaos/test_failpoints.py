"""Where the relay's failpoints lie, seen from two desks: one of them has the event, or both."""

import asyncio

import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.conftest import StartProgram
from tests.harness.program import Program
from tests.realtime.rawclient import Tab, request


async def heard(tab: Tab) -> int:
    """How many payments it is told of until the server is gone."""
    found = 0
    try:
        while True:
            found += "customer_added" in await tab.hear(10)
    except ConnectionError:
        return found


async def told(program: Program) -> list[int]:
    auth = {"token": staff()}
    async with Tab(program.port, auth=auth) as one, Tab(program.port, auth=auth) as other:
        body = stripe.event(stripe.session("family-1"))
        paying = asyncio.create_task(
            request(program.port, "POST", "/api/payment/webhook", body, stripe_signature=stripe.signature(body))
        )
        found = sorted(await asyncio.gather(heard(one), heard(other)))
        await asyncio.gather(paying, return_exceptions=True)  # it may have been answered, or not
        return found


@pytest.mark.parametrize(("point", "desks"), [("relay.mid_fanout", [0, 1]), ("relay.after_mark", [1, 1])])
def test_so_many_desks_have_the_event_when_it_dies(start_program: StartProgram, point: str, desks: list[int]) -> None:
    program = start_program(**SETTINGS, CAREVIA_FAILPOINT=point)
    assert asyncio.run(told(program)) == desks
    assert program.wait() == -9
