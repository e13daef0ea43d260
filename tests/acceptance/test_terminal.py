"""What the operator sees: the terminal's lines, refusals in one sentence, and a clean end."""

import json
import os
import re
import socket
import stat
from pathlib import Path

import pytest

from tests.acceptance import stripe
from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.conftest import StartProgram
from tests.harness.node import SocketIOClient
from tests.harness.program import Program


def test_the_terminal_says_what_the_contract_says(carevia: Program, javascript_client: SocketIOClient) -> None:
    carevia.wait_for_line(rf"^> Ready on {re.escape(carevia.url)}$")
    carevia.wait_for_line(r"^> Socket\.io server initialized$")
    sid = javascript_client.connect(carevia.url)["id"]
    carevia.wait_for_line(rf"^✅ Client connected: {re.escape(sid)}$")
    javascript_client.disconnect()
    carevia.wait_for_line(rf"^❌ Client disconnected: {re.escape(sid)}$")


def test_in_development_a_link_for_the_desk_is_printed(program: Program) -> None:
    program.wait_for_line(rf"{re.escape(program.url)}/login#link=\S+")


def test_in_development_it_says_which_secret_signs_an_emitted_booking(start_program: StartProgram) -> None:
    """Whoever had set one was sent to the file, whose secret is then not the one that counts."""
    said = r"^> POST /emit-booking takes what is signed with (.+)$"
    program = start_program()
    file = program.data / "development-secrets.json"
    assert program.wait_for_line(said)[1] == f"emit_secret of {file}"
    assert "emit_secret" in json.loads(file.read_text())
    program = start_program(CAREVIA_EMIT_SECRET=SETTINGS["CAREVIA_EMIT_SECRET"])
    assert program.wait_for_line(said)[1] == "CAREVIA_EMIT_SECRET"


def test_the_log_names_nobody(start_program: StartProgram, javascript_client: SocketIOClient) -> None:
    program = start_program(**SETTINGS, CAREVIA_LOG="json")
    secret_words = ["Zuleikha", "zuleikha@example.com", "Banani-Lake", "grandmother-is-ill"]
    body = stripe.event(
        stripe.session(
            "family-1",
            metadata=stripe.metadata(
                "family-1", userName=secret_words[0], userEmail=secret_words[1], address=secret_words[2]
            ),
        )
    )
    assert stripe.deliver(program.url, body).status_code == 200
    javascript_client.connect(program.url, auth={"token": token("family-1", name=secret_words[0])})
    message = {"id": "1", "roomId": "family-1", "text": secret_words[3]}
    assert javascript_client.call("send_message", message)["ok"] is True
    javascript_client.connect(program.url, "bad", wait=False, auth={"token": f"{secret_words[0]}.x.y"})
    javascript_client.expect_kind("connect_error", "bad")
    assert program.stop() == 0
    said = program.output()
    assert [word for word in secret_words if word in said] == []
    for line in program.out.seen:
        json.loads(line)


def test_sigterm_with_open_sockets_ends_with_status_0(carevia: Program, javascript_client: SocketIOClient) -> None:
    for name, transports in (("a", ["polling"]), ("b", ["websocket"])):
        javascript_client.connect(carevia.url, name, transports=transports, auth={"token": staff()})
    assert carevia.stop() == 0
    for name in ("a", "b"):
        gone = javascript_client.expect_kind("disconnect", name)
        assert gone["active"] is True  # it will come back by itself: this was no farewell


def refusal(program: Program) -> str:
    """What it says when it does not start: one sentence, status 2, no traceback."""
    code, said = program.refuse()
    assert code == 2, said
    assert "Traceback" not in said
    return said


def test_an_unknown_setting_is_named_with_the_nearest_known_one() -> None:
    said = refusal(Program(CAREVIA_PING_INTERVALL="5"))
    assert "CAREVIA_PING_INTERVALL" in said
    assert "CAREVIA_PING_INTERVAL" in said.replace("CAREVIA_PING_INTERVALL", "")


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(Program(port=port))
        assert str(port) in said
        assert "serve --port" in said, "`python3 run.py --port` is refused"


@pytest.mark.parametrize("what", ["a file", "read-only"])
def test_a_data_folder_that_cannot_be_written_is_said_in_a_sentence(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "data"
    if what == "a file":
        folder.write_text("not a folder")
    else:
        folder.mkdir()
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
        if os.access(folder, os.W_OK):  # root may write everywhere, but not into a folder of the kernel's
            folder = Path("/proc/carevia")
    said = refusal(Program(data=folder))
    assert str(folder) in said


def test_production_refuses_to_start_without_its_secrets() -> None:
    said = refusal(Program(CAREVIA_ENV="production"))
    assert "CAREVIA_SECRET_KEY" in said
    assert "CAREVIA_PUBLIC_URL" in said


def test_more_workers_need_redis_and_say_so() -> None:
    assert "CAREVIA_REDIS_URL" in refusal(Program("--workers", "2"))
