"""`carevia user`: accounts made and changed from a terminal, beside a running server too."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from carevia.cli.database import add_account
from carevia.config import load_settings
from carevia.errors import BadInput
from tests.aio import run
from tests.api.desk import desk
from tests.cli.terminal import command
from tests.harness.program import ROOT


def test_user_add_reads_the_password_and_prints_a_link_that_signs_in_once(tmp_path: Path) -> None:
    settings = {"CAREVIA_DATA_DIR": str(tmp_path / "data"), "CAREVIA_PUBLIC_URL": "http://desk.example"}
    words = ("user", "add", "rafiq@example.com", "--role", "admin", "--name", "Rafiq Hasan")
    made = command(*words, stdin=" long enough \r\n", **settings)
    assert made.returncode == 0, made.stderr
    link = re.search(r"http://desk\.example/login#link=(\S+)$", made.stdout, re.MULTILINE)
    assert link

    async def work() -> None:
        async with desk(tmp_path) as d:
            for status in (200, 401):
                assert (await d.http.post("/api/login/link", json={"token": link[1]})).status_code == status
                d.http.cookies.clear()
            body = {"email": "rafiq@example.com", "password": " long enough "}
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
