"""Commands beside a running server, and how the server ends when it is told to."""

import asyncio
import contextlib
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx2
import pytest

from carevia.app import Carevia
from carevia.cli.process import _welcome
from carevia.config import load_settings, with_development_secrets
from carevia.logs import Log
from tests.cli.terminal import command
from tests.conftest import StartProgram
from tests.harness.faulty import FaultyProgram
from tests.harness.program import ROOT, Program, free_port


def test_check_and_simulate_with_a_running_server(start_program: StartProgram) -> None:
    program = start_program(CAREVIA_PING_INTERVAL="0.3")
    settings = {name: value for name, value in program.environment().items() if name.startswith("CAREVIA_")}
    checked = command("check", program.url, "--json")
    result = json.loads(checked.stdout)
    assert (checked.returncode, result["ok"]) == (0, True), checked.stdout
    states = {step["name"]: step["state"] for step in result["steps"]}
    assert states == dict.fromkeys(("handshake", "polling", "upgrade", "latency", "heartbeat"), "passed")
    assert "works" in command("check", program.url).stdout
    without_scheme = program.url.removeprefix("http://")
    assert "works" in command("check", without_scheme).stdout
    assert f"accepted by {program.url}" in command("simulate", "--url", without_scheme, **settings).stdout

    played = command("simulate", "--count", "3", "--rate", "50", "--fault", "duplicate,late,shuffle,lost", **settings)
    assert played.returncode == 0, played.stdout
    assert "3 of 3 payments were accepted" in played.stdout

    assert "Carevia answers on port" in command("doctor", **settings).stdout


def test_check_answers_a_heartbeat_that_comes_while_it_still_polls(start_program: StartProgram) -> None:
    """It did not, so no other came, and it said that there was none."""
    checked = command("check", start_program(CAREVIA_PING_INTERVAL="0.05").url)
    assert checked.returncode == 0, checked.stdout
    assert "heartbeat: came after" in checked.stdout


def test_check_says_what_is_wrong_and_exits_1() -> None:
    port = free_port()
    refused = command("check", f"http://127.0.0.1:{port}")
    assert refused.returncode == 1
    assert "nothing answers" in refused.stdout


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [('44{"message":"Not you"}', "Not you"), ('44"Not you"', "Not you"), ("44", "no reason"), ("44[1]", "no reason")],
)
def test_check_says_how_a_server_of_others_refuses_whatever_it_answers(refusal: str, reason: str) -> None:
    with foreign_server(refusal) as url:
        checked = command("check", url)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert f"lets nobody in without signing in (“{reason}" in checked.stdout


def test_check_says_that_an_answer_cannot_be_read() -> None:
    with foreign_server("44", packing="gzip") as url:
        checked = command("check", url)
    assert (checked.returncode, checked.stderr) == (1, "")
    assert "nothing can be read at" in checked.stdout


@contextlib.contextmanager
def foreign_server(refusal: str, packing: str = "identity") -> Iterator[str]:
    """Engine.IO by polling only, of whoever."""

    class Foreign(Silent):
        def do_GET(self) -> None:
            opened = '0{"sid":"a","upgrades":[],"pingInterval":25000,"pingTimeout":20000}'
            self._answer(refusal if "sid=" in self.path else opened)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self._answer("ok")

        def _answer(self, text: str) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(text)))
            self.send_header("content-encoding", packing)
            self.end_headers()
            self.wfile.write(text.encode())

    with answering(Foreign) as url:
        yield url


class Silent(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def answering(handler: type[Silent]) -> Iterator[str]:
    """A server that is not Carevia; gives its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_check_against_a_server_that_wants_a_sign_in_works_and_says_so(start_program: StartProgram) -> None:
    program = start_program(CAREVIA_GUEST_SOCKETS="off")
    checked = command("check", program.url)
    assert checked.returncode == 0
    assert "lets nobody in without signing in (“Sign in first”)" in checked.stdout
    assert "give a token" in checked.stdout


def test_check_with_a_token_that_is_refused_speaks_of_the_token(program: Program) -> None:
    """It said that nobody gets in without signing in, to whom guests may come, and to give a token, which it had."""
    said = command("check", program.url, "--token", "bad").stdout
    assert "does not take this token (“Token not valid”)" in said
    assert "without signing in" not in said
    assert "give a token" not in said


def test_simulate_without_a_server_says_so(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    played = command("simulate", "--url", url, CAREVIA_DATA_DIR=str(tmp_path))
    assert played.returncode == 1
    assert "Start the server" in played.stdout
    assert "0 of 1 payments" in played.stdout


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (503, b'{"success": false, "message": "The disk is full."}', "Refused (503): The disk is full."),
        (404, b"<h1>Not found</h1>", "Refused (404): What answers there is not Carevia."),
        (400, b'{"message": "No signature fits."}', "fits. It was signed with the secret of this folder: "),
    ],
)
def test_simulate_says_what_it_was_answered(tmp_path: Path, status: int, body: bytes, said: str) -> None:
    """To whose disk was full it said to start the server, which was running; another program's page ended it."""

    class Refusing(Silent):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

    with answering(Refusing) as url:
        played = command("simulate", "--url", url, CAREVIA_DATA_DIR=str(tmp_path))
    assert played.returncode == 1
    assert said in played.stdout
    assert "Start the server" not in played.stdout


def test_sigterm_ends_with_status_0_within_10_s_whatever_hangs(start_program: StartProgram) -> None:
    """A hundred requests that never finish and a hundred sockets that read nothing."""
    program = start_program()
    half = b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{"
    upgrade = (
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    hung = [socket.create_connection(("127.0.0.1", program.port)) for _ in range(200)]
    try:
        for number, one in enumerate(hung):
            one.sendall(half if number % 2 else upgrade)
        time.sleep(0.3)
        begun = time.monotonic()
        assert program.stop(timeout=10) == 0
        assert time.monotonic() - begun < 10
    finally:
        for one in hung:
            one.close()


def test_sigterm_ends_with_status_0_where_the_system_gives_no_new_thread() -> None:
    with FaultyProgram() as program:
        program.fault("threads")
        assert program.stop(timeout=10) == 0


def test_what_fails_when_it_listens_already_is_said_then(tmp_path: Path) -> None:
    """It was said when the server ended, weeks later perhaps."""
    said = io.StringIO()

    async def main() -> None:
        settings = with_development_secrets(load_settings({"CAREVIA_DATA_DIR": str(tmp_path)}))
        carevia = Carevia(settings, Log("json", said), first=False)
        carevia.passwords.close()
        await _welcome(carevia)

    asyncio.run(main())
    assert json.loads(said.getvalue())["error"] == "RuntimeError"


def test_sigint_ends_with_status_0_too(program: Program) -> None:
    assert program.stop(sign=signal.SIGINT) == 0
    assert "Traceback" not in program.output()


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks Linux what a process has open")
@pytest.mark.parametrize("closed", [(1,), (0, 1, 2)])
def test_standard_streams_that_the_parent_has_closed_are_nowhere_and_it_ends_with_status_0(closed: tuple[int]) -> None:
    """Its sockets took their numbers, every warning was an error where it was said, and it ended with SIGABRT."""

    class Closed(Program):
        def serve_command(self) -> list[str]:
            ends = " ".join(f"{number}>&-" for number in closed)
            return ["sh", "-c", f'exec "$@" {ends}', "sh", *super().serve_command()]

    with Closed() as program:
        assert {os.readlink(f"/proc/{program.pid}/fd/{number}") for number in closed} == {os.devnull}
        assert httpx2.post(f"{program.url}/api/payment/webhook", content=b"{}").status_code == 400
        assert program.stop() == 0


def test_a_folder_that_has_gone_under_the_operator_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    refused = command("migrate")
    assert refused.returncode == 2
    assert refused.stderr.startswith("carevia: The data folder data cannot be used (No such file or directory).")
    assert command("migrate", CAREVIA_DATA_DIR=str(tmp_path / "data")).returncode == 0


def _catches_sigterm(pid: int) -> bool:
    caught = re.search(r"SigCgt:\t(\w+)", Path(f"/proc/{pid}/status").read_text())
    return bool(caught and int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux which signals a process listens to")
@pytest.mark.parametrize("later", [0, 0.1, 0.25])
def test_sigterm_while_it_still_starts_ends_with_status_0(tmp_path: Path, later: float) -> None:
    environment = {"PYTHONPATH": str(ROOT / "src"), "CAREVIA_DATA_DIR": str(tmp_path), "CAREVIA_PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "carevia", "serve"], env=environment, stdout=subprocess.DEVNULL
    ) as process:
        while not _catches_sigterm(process.pid):
            time.sleep(0.005)
        time.sleep(later)
        process.terminate()
        assert process.wait(10) == 0
