"""Sign-ins beside the desk: `python -m bench.sign_ins`, the p99 of an acknowledged event without and with them.

Less than twice with 50 a second is what is asked for. Unknown accounts take what known ones take; those that find the
queue full are answered 503. They come from a process of their own, which `--target` begins: who counts is not held up.
"""

import argparse
import asyncio
import statistics
import sys
import time
from collections import Counter

import msgspec
import uvloop
from websockets.asyncio.client import ClientConnection, connect

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import token
from tests.harness.program import Program

BETWEEN = 0.2  # s between two events of one socket


async def ask(url: str, number: int, took: list[float]) -> None:
    """One customer who asks and asks."""
    room = f"family-{number}"
    async with connect(f"{url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", compression=None) as socket:
        await socket.recv()
        await socket.send("40" + msgspec.json.encode({"token": token(room, name="Nusrat Jahan")}).decode())
        await until(socket, "40")
        while True:
            began = time.perf_counter()
            await socket.send(f'421["join_room","{room}"]')
            await until(socket, "431")
            took.append(time.perf_counter() - began)
            await asyncio.sleep(BETWEEN)


async def until(socket: ClientConnection, begin: str) -> None:
    while not (text := str(await socket.recv())).startswith(begin):
        if text == "2":
            await socket.send("3")


async def sign_in(port: int, number: int) -> str:
    """The status of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = msgspec.json.encode({"email": f"nobody{number}@example.com", "password": "a wrong password"})
    head = (
        f"POST /api/login HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nContent-Type: application/json\r\n"
        f"X-Forwarded-For: 10.0.{number >> 8 & 255}.{number & 255}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    writer.write(head.encode() + body)
    answer = await reader.read()
    writer.close()
    return answer[9:12].decode()


async def sign_in_all(port: int, rate: float, count: int) -> None:
    began, tasks = time.perf_counter(), []
    for number in range(count):
        tasks.append(asyncio.create_task(sign_in(port, number)))
        await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
    print(*await asyncio.gather(*tasks))


async def measure(program: Program, sockets: int, rate: float, seconds: float) -> None:
    took: list[float] = []
    asking = [asyncio.create_task(ask(program.url, number, took)) for number in range(sockets)]
    await asyncio.sleep(2)
    took.clear()
    await asyncio.sleep(seconds)
    before = p99(took)
    took.clear()
    words = (sys.executable, "-m", "bench.sign_ins", "--target", str(program.port))
    more = ("--rate", str(rate), "--seconds", str(seconds))
    others = await asyncio.create_subprocess_exec(*words, *more, stdout=asyncio.subprocess.PIPE)
    said = Counter((await others.communicate())[0].decode().split())
    beside = p99(took)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    print(f"p99 {before:.1f} ms alone, {beside:.1f} ms beside them: {beside / before:.2f} times  {dict(said)}")


def p99(times: list[float]) -> float:
    """ms."""
    return statistics.quantiles(times, n=100)[98] * 1e3


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.sign_ins", description=__doc__)
    parser.add_argument("--rate", type=float, default=50, help="sign-ins a second, 50")
    parser.add_argument("--sockets", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--target", type=int, help="only sign in at this port")
    given = parser.parse_args()
    if given.target:
        uvloop.run(sign_in_all(given.target, given.rate, int(given.rate * given.seconds)))
        return
    for _ in range(given.rounds):
        # Behind a proxy: each sign-in is from an address of its own.
        with Program(data=None, port=None, CAREVIA_TRUSTED_PROXIES="127.0.0.1", **SETTINGS) as program:
            uvloop.run(measure(program, given.sockets, given.rate, given.seconds))


if __name__ == "__main__":
    main()
