"""From a signed webhook to 100 staff sockets: `python -m bench.desk_latency --payments 200`.

Two figures, each over every (payment, desk) pair: from the POST's first byte to the event's arrival (it includes
signature check and commit, so it is an upper bound for "commit to socket"), and from the arrival of the 200 at the
sender to the event's arrival. The load generator runs in this process and shares the cores with the server.
"""

import argparse
import asyncio
import statistics
import time

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff
from tests.acceptance.stripe import event, session, signature
from tests.harness.program import Program


async def desk(url: str) -> ClientConnection:
    """One staff socket, connected."""
    socket = await connect(f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", compression=None)
    await socket.recv()
    await socket.send("40" + msgspec.json.encode({"token": staff()}).decode())
    await socket.recv()
    return socket


async def arrivals(socket: ClientConnection, count: int) -> list[float]:
    """When each customer_added came."""
    times: list[float] = []
    while len(times) < count:
        text = await socket.recv()
        if text == "2":
            await socket.send("3")
        elif "customer_added" in str(text[:20]):
            times.append(time.perf_counter())
    return times


async def pay(port: int, body: bytes) -> tuple[float, float]:
    """POST one webhook on a connection of its own: when it began, when the 200 was there."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = (
        f"POST /api/payment/webhook HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n"
        f"Stripe-Signature: {signature(body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    began = time.perf_counter()
    writer.write(head.encode() + body)
    answer = await reader.readuntil(b"\r\n\r\n")
    answered = time.perf_counter()
    writer.close()
    if b" 200 " not in answer.partition(b"\r\n")[0]:
        raise SystemExit(answer.decode())
    return began, answered


async def measure(program: Program, desks: int, payments: int) -> tuple[list[float], list[float]]:
    """Milliseconds from POST and from 200 to each desk."""
    sockets = [await desk(program.url) for _ in range(desks)]
    listening = [asyncio.create_task(arrivals(socket, payments)) for socket in sockets]
    sent = []
    for number in range(payments):
        sent.append(await pay(program.port, event(session(f"family-{number}"))))
        await asyncio.sleep(0.02)
    got = await asyncio.gather(*listening)
    for socket in sockets:
        await socket.close()
    pairs = [(began, answered, times[n]) for n, (began, answered) in enumerate(sent) for times in got]
    return [(at - began) * 1e3 for began, _, at in pairs], [(at - answered) * 1e3 for _, answered, at in pairs]


def line(name: str, values: list[float]) -> str:
    cuts = statistics.quantiles(values, n=100)
    return f"{name:28} p50 {cuts[49]:6.1f} ms   p99 {cuts[98]:6.1f} ms   worst {max(values):6.1f} ms"


def main() -> None:
    """Print a line per round and figure."""
    parser = argparse.ArgumentParser(epilog="example: python -m bench.desk_latency --desks 100 --rounds 3")
    parser.add_argument("--desks", type=int, default=100)
    parser.add_argument("--payments", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    words = parser.parse_args()
    for number in range(words.rounds):
        with (
            Program(data=None, port=None, **SETTINGS, CAREVIA_LIMIT_TABS_PER_USER="0") as program,
            asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
        ):
            from_post, from_200 = runner.run(measure(program, words.desks, words.payments))
        print(f"round {number + 1}: {words.payments} payments, {words.desks} desks")
        print(line("  POST sent -> on the desk", from_post))
        print(line("  200 received -> on the desk", from_200))


if __name__ == "__main__":
    main()
