"""The command line: help, options, and settings and addresses that are refused in one sentence."""

import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from carevia import __version__
from carevia.cli import carevia
from carevia.cli.check import Step, _verdict
from carevia.cli.process import listen
from carevia.errors import ConfigError
from carevia.store.store import open_store
from tests.cli.terminal import command, doctor
from tests.harness.program import ROOT


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


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite:////", "sqlite:", "sqlite:////usr"])
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


def test_migrate_makes_the_database(tmp_path: Path) -> None:
    done = command("migrate", CAREVIA_DATA_DIR=str(tmp_path / "data"))
    assert (done.returncode, done.stdout) == (0, "The database is up to date.\n")
    assert (tmp_path / "data" / "carevia.db").exists()
    (tmp_path / "data" / "carevia.db").write_bytes(b"this is no database at all" * 100)
    refused = command("migrate", CAREVIA_DATA_DIR=str(tmp_path / "data"))
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_check_in_which_more_fails_than_the_upgrade_does_not_say_that_it_works() -> None:
    upgrade, latency = Step("upgrade", "failed", "blocked"), Step("latency", "failed", "no answer")
    assert _verdict([upgrade]).startswith("It works by polling only")
    assert _verdict([upgrade, latency]) == "The connection is not in order: upgrade, latency failed."
