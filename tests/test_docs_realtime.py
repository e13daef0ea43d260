"""docs/realtime.md is true: its blocks run, its tables name what there is. So is the engine's part of docs/bus.md."""

import ast
import asyncio
import dataclasses
import inspect
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import socketio

import carevia.realtime
from carevia.realtime import ServerConfig, testing
from carevia.realtime.adapter import BrokerUnavailable
from carevia.realtime.testing import TestClient
from tests.realtime.serving import run

ROOT = Path(__file__).parents[1]
PAGE = ROOT.joinpath("docs", "realtime.md").read_text(encoding="utf-8")
SHOP, *BLOCKS = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def order_and_hear(port: int) -> Any:
    """A foreign client joins the desk; an order comes by HTTP."""
    heard: asyncio.Queue[Any] = asyncio.Queue()
    client = socketio.AsyncClient(reconnection=False)
    client.on("order", heard.put)
    await client.connect(f"http://127.0.0.1:{port}", wait_timeout=5)
    try:
        assert await client.call("join", "desk", timeout=5) == {"ok": True}
        order = urllib.request.Request(f"http://127.0.0.1:{port}/orders/7", method="POST")
        answer = await asyncio.to_thread(urllib.request.urlopen, order, timeout=5)
        with answer:
            assert answer.status == 200
        return await asyncio.wait_for(heard.get(), 5)
    finally:
        await client.disconnect()
        await client.wait()


def test_the_engine_serves_a_fastapi_app_in_15_lines(tmp_path: Path) -> None:
    lines = [line for line in SHOP.splitlines() if line and not line.startswith("#")]
    assert len(lines) == 15
    port = free_port()
    program = tmp_path / "shop.py"
    program.write_text(SHOP.replace("port=8000", f"port={port}"), encoding="utf-8")
    process = subprocess.Popen([sys.executable, program], cwd=ROOT, env={"PYTHONPATH": str(ROOT / "src")})
    try:
        for _ in range(500):
            with socket.socket() as probe:
                if not probe.connect_ex(("127.0.0.1", port)):
                    break
            assert process.poll() is None, "shop.py has ended"
            time.sleep(0.02)
        assert asyncio.run(order_and_hear(port)) == {"number": 7}
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    finally:
        process.kill()
        process.wait()


def test_every_other_block_runs(capsys: pytest.CaptureFixture[str]) -> None:
    names: dict[str, Any] = {"asyncio": asyncio, "app": None}

    async def main() -> None:
        for number, block in enumerate(BLOCKS, 2):
            code = compile(block, f"block {number}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            waiting = eval(code, names)
            if inspect.iscoroutine(waiting):
                await waiting
            if (server := names.get("server")) is not None and "async with" in block:
                await server.stop()

    assert len(BLOCKS) == 5
    run(main())
    assert capsys.readouterr().out == "Rafiq has gone: server namespace disconnect\n"


def test_the_block_of_the_bus_joins_a_server_and_away_from_redis_it_does_what_the_page_says() -> None:
    bus = ROOT.joinpath("docs", "bus.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^```python\n(.*?)^```", bus, re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}

    async def main() -> None:
        exec(compile(block, "bus.md", "exec"), names)
        with pytest.raises(BrokerUnavailable):
            await names["space"].fetch_sockets()
        assert await names["server"].cluster_count() == 0
        await names["server"].stop()

    run(main())


def test_the_table_of_limits_is_that_of_the_config() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(.*?)` \| .*$", PAGE, re.MULTILINE)
    config = ServerConfig()
    assert rows == [(field.name, repr(getattr(config, field.name))) for field in dataclasses.fields(ServerConfig)]


@pytest.mark.parametrize("module", [carevia.realtime, testing], ids=lambda module: module.__name__)
def test_every_public_name_is_explained(module: Any) -> None:
    for name in module.__all__:
        thing = getattr(module, name)
        if inspect.isclass(thing):
            assert thing.__doc__, name
            for word, member in vars(thing).items():
                if not word.startswith("_") and (inspect.isfunction(member) or isinstance(member, property)):
                    assert inspect.getdoc(member), f"{name}.{word}"
        elif inspect.isfunction(thing):
            assert thing.__doc__ and inspect.signature(thing).return_annotation is not inspect.Signature.empty, name


@pytest.mark.parametrize("module", [carevia.realtime, testing], ids=lambda module: module.__name__)
def test_every_public_name_is_on_the_page(module: Any) -> None:
    for name in module.__all__:
        assert f"`{name}`" in PAGE or f"`{name}(" in PAGE, name


def test_the_words_of_the_client_in_the_table_are_its_words() -> None:
    table = PAGE.partition("| word of `TestClient`")[2].partition("\n\n")[0]
    words = set(re.findall(r"`(\w+)", re.sub(r"\| [^|]*\|$", "|", table, flags=re.MULTILINE)))
    client = TestClient(carevia.realtime.Server())
    taken = set(inspect.signature(TestClient).parameters)
    assert words - {"event"} <= {word for word in dir(client) if not word.startswith("_")} | taken
