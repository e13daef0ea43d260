"""The `carevia` command: help, exit statuses, and what each command says."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from carevia import __version__
from carevia.api.simulator import paid_event, signed
from carevia.cli import carevia
from carevia.cli.database import add_account
from carevia.cli.doctor import examine
from carevia.cli.process import listen
from carevia.cli.simulate import FAULTS, deliveries, read_faults
from carevia.config import load_settings, with_development_secrets
from carevia.errors import BadInput, ConfigError
from carevia.service.stripe_api import VERSION
from carevia.store.store import open_store
from tests.aio import run
from tests.api.desk import desk, now
from tests.conftest import StartProgram
from tests.harness.program import ROOT, Program, free_port


def command(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CAREVIA_")}
    return subprocess.run(
        [sys.executable, "-m", "carevia", *words],
        env=kept | {"PYTHONPATH": str(ROOT / "src")} | settings,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def every_command(group: click.Group, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = [words]
    for name, one in group.commands.items():
        found += every_command(one, (*words, name)) if isinstance(one, click.Group) else [(*words, name)]
    return found


@pytest.mark.parametrize("words", every_command(carevia), ids=" ".join)
def test_help_of_every_command_ends_with_an_example(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(carevia, [*words, "--help"])
    assert shown.exit_code == 0
    _, _, examples = shown.output.partition("Example:\n")
    assert examples.strip() and all("carevia " in line for line in examples.strip().splitlines())


def test_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project.get("version", __version__) == __version__
    assert command("--version").stdout.strip() == f"carevia, version {__version__}"


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("carevia.cli", "sqlalchemy uvicorn msgspec asyncio httpx2"),
        ("carevia.app", "fastapi pydantic stripe alembic httpx2 jwt argon2 prometheus_client dotenv websockets.sync"),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str, absent: str) -> None:
    """A warm start must answer within 1.5 s: what costs 50 ms and is not always needed is imported where it is."""
    code = f"import sys, {module}; print(*(name for name in {absent.split()} if name in sys.modules))"
    ran = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(ROOT / "src")}, capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""


def test_unknown_option_is_exit_2_and_an_unknown_setting_is_one_sentence_and_exit_2(tmp_path: Path) -> None:
    assert command("serve", "--nope").returncode == 2
    refused = command("serve", CAREVIA_PROT="1", CAREVIA_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert refused.stderr == "carevia: CAREVIA_PROT is not a setting. Did you mean CAREVIA_PORT?\n"


def test_more_than_one_worker_names_the_setting_it_needs(tmp_path: Path) -> None:
    refused = command("serve", "--workers", "2", CAREVIA_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert "CAREVIA_REDIS_URL" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_failpoint_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    refused = command("serve", "--port", "0", CAREVIA_FAILPOINT="webhook.nowhere", CAREVIA_DATA_DIR=str(tmp_path))
    assert refused.returncode == 2
    assert "CAREVIA_FAILPOINT" in refused.stderr


LONG = "x" * 64  # a label of a name has 63 characters at most


@pytest.mark.parametrize("host", ["a..b", LONG, "nosuch.invalid", "[::1]", "http://[", "192.0.2.1"])
def test_an_address_that_cannot_be_listened_on_is_said_by_serve_and_doctor_alike(tmp_path: Path, host: str) -> None:
    with pytest.raises(ConfigError, match="CAREVIA_HOST") as refused:
        listen(host, 0)
    examined = doctor(CAREVIA_DATA_DIR=str(tmp_path), CAREVIA_HOST=host, CAREVIA_PORT="0")
    assert f"✗ {refused.value.message.partition('. ')[0]}." in examined


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:////", "sqlite:"])
def test_a_database_address_without_a_file_is_one_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="CAREVIA_DATABASE_URL names no file"):
        open_store(url, tmp_path)


@pytest.mark.parametrize("words", [("check",), ("simulate", "--url")])
@pytest.mark.parametrize("url", ["http://[", "http://a..b", "http://☃.com", f"http://{LONG}", "ftp://a", "http://"])
def test_what_is_no_address_is_refused_with_one_that_is(words: tuple[str, ...], url: str) -> None:
    shown = CliRunner().invoke(carevia, [*words, url])
    assert (shown.exit_code, "Write it like https://" in shown.output) == (2, True), shown.output


def test_a_rate_that_is_no_number_is_refused() -> None:
    """NaN is within every range, and ended in the traceback of a sleep."""
    shown = CliRunner().invoke(carevia, ["simulate", "--rate", "nan"])
    assert (shown.exit_code, "nan is no number" in shown.output) == (2, True), shown.output


def test_reconcile_with_a_key_that_no_header_can_hold_is_one_sentence(tmp_path: Path) -> None:
    refused = command("reconcile", CAREVIA_STRIPE_SECRET_KEY="sk_test_é", CAREVIA_DATA_DIR=str(tmp_path))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert refused.stderr.startswith("carevia: CAREVIA_STRIPE_SECRET_KEY must be of printable ASCII")


# --- accounts ---


def test_user_add_reads_the_password_and_prints_a_link_that_signs_in_once(tmp_path: Path) -> None:
    settings = {"CAREVIA_DATA_DIR": str(tmp_path / "data"), "CAREVIA_PUBLIC_URL": "http://desk.example"}
    words = ("user", "add", "rafiq@example.com", "--role", "admin", "--name", "Rafiq Hasan")
    made = command(*words, stdin="long enough\n", **settings)
    assert made.returncode == 0, made.stderr
    link = re.search(r"http://desk\.example/login#link=(\S+)$", made.stdout, re.MULTILINE)
    assert link

    async def work() -> None:
        async with desk(tmp_path) as d:
            for status in (200, 401):
                assert (await d.http.post("/api/login/link", json={"token": link[1]})).status_code == status
                d.http.cookies.clear()
            body = {"email": "rafiq@example.com", "password": "long enough"}
            assert (await d.http.post("/api/login", json=body)).status_code == 200

    run(work())
    again = command(*words, stdin="long enough\n", **settings)
    assert (again.returncode, again.stderr) == (
        1,
        "carevia: There is already an account with this e-mail address.\n",
    )


def test_user_add_refuses_a_short_password_and_what_is_no_address(tmp_path: Path) -> None:
    settings = {"CAREVIA_DATA_DIR": str(tmp_path / "data")}
    assert "8 characters" in command("user", "add", "a@b.example", "--role", "user", stdin="short\n", **settings).stderr
    refused = command("user", "add", "nobody", "--role", "user", stdin="long enough\n", **settings)
    assert (refused.returncode, refused.stderr) == (1, "carevia: This is not an e-mail address.\n")


def test_an_account_takes_what_the_sign_in_takes(tmp_path: Path) -> None:
    """Longer ones would be stored, and refused at every sign-in."""
    settings = load_settings({"CAREVIA_DATA_DIR": str(tmp_path)})
    for email, password, words in (
        ("a@b.example", "x" * 1_001, "password may have at most 1000 characters"),
        ("x" * 320 + "@b.example", "long enough", "e-mail address may have at most 320 characters"),
    ):
        with pytest.raises(BadInput, match=words):
            add_account(settings, email, "user", None, password)
    link = add_account(settings, "x" * 310 + "@b.example", "user", None, "x" * 1_000)
    assert "#link=" in link


@pytest.mark.parametrize(
    ("email", "name", "password", "what"),
    [
        (b"\xff@b.example", b"A", b"long enough", "The e-mail address"),
        (b"a@b.example", b"\xff", b"long enough", "The name"),
        (b"a@b.example", b"A", b"long enough \xff", "The password"),
    ],
)
def test_bytes_that_are_no_text_are_refused_in_one_sentence(
    tmp_path: Path, email: bytes, name: bytes, password: bytes, what: str
) -> None:
    words = [b"user", b"add", email, b"--role", b"user", b"--name", name]
    refused = subprocess.run(
        [sys.executable, "-m", "carevia", *words],
        env={"PYTHONPATH": str(ROOT / "src"), "CAREVIA_DATA_DIR": str(tmp_path)},
        input=password + b"\n",
        capture_output=True,
        timeout=60,
    )
    said = refused.stderr.decode()
    assert (refused.returncode, said.startswith(f"carevia: {what} is not UTF-8 text.")) == (1, True), said
    assert said.count("\n") == 1


def test_an_account_is_changed_beside_a_running_server(tmp_path: Path) -> None:
    settings = {"CAREVIA_DATA_DIR": str(tmp_path / "data")}
    email = "rafiq@example.com"

    async def signs_in(d: Any, password: str) -> bool:
        answer = await d.http.post("/api/login", json={"email": email, "password": password})
        d.http.cookies.clear()
        return bool(answer.status_code == 200)

    async def work() -> None:
        async with desk(tmp_path) as d:
            id = await d.account(email)
            assert await signs_in(d, "long enough")
            assert command("user", "password", email, stdin="quite another\n", **settings).returncode == 0
            assert [await signs_in(d, word) for word in ("long enough", "quite another")] == [False, True]
            assert command("user", "disable", email, **settings).returncode == 0
            assert not await signs_in(d, "quite another")
            assert command("user", "disable", email, "--undo", **settings).returncode == 0
            assert command("user", "role", email, "user", **settings).returncode == 0
            answer = await d.http.post("/api/login", json={"email": email, "password": "quite another"})
            assert answer.json()["data"]["user"] | {"_id": id, "role": "user"} == answer.json()["data"]["user"]

    run(work())
    refused = command("user", "disable", "nobody@example.com", **settings)
    assert (refused.returncode, refused.stderr) == (1, "carevia: There is no account with this e-mail address.\n")


def test_migrate_makes_the_database(tmp_path: Path) -> None:
    done = command("migrate", CAREVIA_DATA_DIR=str(tmp_path / "data"))
    assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")
    assert (tmp_path / "data" / "carevia.db").exists()
    (tmp_path / "data" / "carevia.db").write_bytes(b"this is no database at all" * 100)
    refused = command("migrate", CAREVIA_DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


# --- doctor ---


def test_doctor_masks_secrets_and_finds_what_is_wrong(tmp_path: Path) -> None:
    secret = "hush-hush-hush-hush"
    port = free_port()
    settings = {"CAREVIA_DATA_DIR": str(tmp_path / "data"), "CAREVIA_PORT": str(port), "CAREVIA_JWT_SECRET": secret}
    with socket.create_server(("127.0.0.1", port)):
        told = command("doctor", **settings)
        assert told.returncode == 1
        assert f"✗ Port {port}" in told.stdout
    assert secret not in told.stdout
    assert "CAREVIA_JWT_SECRET" in told.stdout
    assert not (tmp_path / "data").exists(), "it only looks"


def doctor(**settings: str) -> str:
    """What it says of settings with which something is wrong."""
    said: list[str] = []
    assert not examine(settings, Path("/nowhere"), said.append)
    return "\n".join(said)


@pytest.mark.parametrize("folder", ["x" * 300, "file/data", "/proc/x"])
def test_doctor_finds_a_data_folder_that_serve_could_not_make(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / folder
    with pytest.raises(ConfigError):
        with_development_secrets(load_settings({"CAREVIA_DATA_DIR": str(path)}))
    assert f"The data folder {path} cannot be written" in doctor(CAREVIA_DATA_DIR=str(path), CAREVIA_PORT="0")


def test_doctor_makes_no_database(tmp_path: Path) -> None:
    data, folder = tmp_path / "data", tmp_path / "elsewhere"
    data.mkdir()
    settings = {
        "CAREVIA_DATA_DIR": str(data),
        "CAREVIA_PORT": "0",
        "CAREVIA_DATABASE_URL": f"sqlite:///{folder}/new.db",
    }
    said: list[str] = []
    examine(settings, tmp_path, said.append)
    assert "  ✓ The database is made at the first start." in said
    assert not folder.exists()
    folder.write_text("")
    assert f"The data folder {folder} cannot be written" in doctor(**settings)


def test_doctor_finds_a_failpoint_that_serve_refuses(tmp_path: Path) -> None:
    told = doctor(CAREVIA_DATA_DIR=str(tmp_path), CAREVIA_PORT="0", CAREVIA_FAILPOINT="nope")
    assert "✗ CAREVIA_FAILPOINT: there is no point 'nope'." in told


def test_an_option_that_redis_does_not_know_is_said_by_serve_and_doctor(tmp_path: Path) -> None:
    settings = {"CAREVIA_DATA_DIR": str(tmp_path), "CAREVIA_PORT": "0", "CAREVIA_REDIS_URL": "redis://h?foo=bar"}
    assert "✗ CAREVIA_REDIS_URL cannot be read." in doctor(**settings)
    refused = command("serve", **settings)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1), refused.stderr
    assert "CAREVIA_REDIS_URL cannot be read" in refused.stderr


def test_doctor_says_every_wrong_setting() -> None:
    told = command("doctor", CAREVIA_ENV="production", CAREVIA_PORT="x")
    assert told.returncode == 1
    assert [line[2:].split()[0] for line in told.stdout.splitlines()] == [
        "CAREVIA_PORT",
        "CAREVIA_SECRET_KEY",
        "CAREVIA_PUBLIC_URL",
    ]


@pytest.mark.parametrize(
    ("host", "address", "found"),
    [
        ("127.0.0.1", None, "✓ Nodes of this host only"),
        ("127.0.0.1", "127.0.0.1:3001", "✓ Other hosts reach this node at 127.0.0.1:3001"),
        ("127.0.0.1", "10.0.0.5", "✗ CAREVIA_HOST=127.0.0.1 takes connections of this host only"),
        ("0.0.0.0", "10.0.0.5", "✓ Other hosts reach this node at 10.0.0.5"),
        ("0.0.0.0", "0.0.0.0", "✗ Nobody reaches 0.0.0.0 from elsewhere"),
    ],
)
def test_doctor_looks_at_the_bus_and_at_the_address_for_other_hosts(
    tmp_path: Path, host: str, address: str | None, found: str
) -> None:
    given = {
        "CAREVIA_DATA_DIR": str(tmp_path), "CAREVIA_HOST": host, "CAREVIA_PORT": str(free_port()),
        "CAREVIA_REDIS_URL": "unix:///nowhere/valkey.sock?password=hush",
    }  # fmt: skip
    said: list[str] = []
    assert not examine(given | ({"CAREVIA_NODE_ADDRESS": address} if address else {}), tmp_path, said.append)
    told = "\n".join(said)
    assert f"  {found}" in told
    assert "✗ Redis does not answer." in told
    assert "hush" not in told


# --- simulate ---


def test_simulated_event_is_a_complete_session_of_about_3_kb() -> None:
    event = paid_event(now())
    body, headers = signed(event, "whsec_x", now())
    assert 2_500 < len(body) < 6_000
    session = event["data"]["object"]
    assert (event["type"], event["api_version"], event["livemode"]) == (
        "checkout.session.completed",
        VERSION,
        False,
    )
    assert session["payment_status"] == "paid"
    assert all(isinstance(value, str) for value in session["metadata"].values())
    assert re.fullmatch(r"t=\d{10},v1=[0-9a-f]{64}", headers["stripe-signature"])


@pytest.mark.parametrize("faults", [set(), *({name} for name in FAULTS), set(FAULTS)])
def test_faults_happen_to_deliveries_never_to_payments(faults: set[str]) -> None:
    events = [{"number": number} for number in range(5)]
    plan = deliveries(events, faults)
    arrived = Counter(delivery.event["number"] for delivery in plan if not delivery.lost)
    assert set(arrived) == set(range(5))
    assert set(arrived.values()) == ({2} if "duplicate" in faults else {1})
    assert any(delivery.lost for delivery in plan) == ("lost" in faults)


def test_unknown_fault_is_named() -> None:
    assert read_faults("late, lost,") == {"late", "lost"}
    with pytest.raises(BadInput, match="sloth"):
        read_faults("sloth")


# --- with a running server ---


def test_check_and_simulate_with_a_running_server(start_program: StartProgram) -> None:
    program = start_program(CAREVIA_PING_INTERVAL="0.3", CAREVIA_PING_TIMEOUT="0.2")
    settings = {name: value for name, value in program.environment().items() if name.startswith("CAREVIA_")}
    checked = command("check", program.url, "--json")
    result = json.loads(checked.stdout)
    assert (checked.returncode, result["ok"]) == (0, True), checked.stdout
    states = {step["name"]: step["state"] for step in result["steps"]}
    assert states == dict.fromkeys(("handshake", "polling", "upgrade", "latency", "heartbeat"), "passed")
    assert "works" in command("check", program.url).stdout

    played = command("simulate", "--count", "3", "--rate", "50", "--fault", "duplicate,late,shuffle,lost", **settings)
    assert played.returncode == 0, played.stdout
    assert "3 of 3 payments were accepted" in played.stdout

    assert "Carevia answers on port" in command("doctor", **settings).stdout


def test_check_says_what_is_wrong_and_exits_1() -> None:
    port = free_port()
    refused = command("check", f"http://127.0.0.1:{port}")
    assert refused.returncode == 1
    assert "nothing answers" in refused.stdout


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
    assert "0 of 1 payments" in played.stdout


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


def test_sigint_ends_with_status_0_too(program: Program) -> None:
    assert program.stop(sign=signal.SIGINT) == 0
    assert "Traceback" not in program.output()


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
