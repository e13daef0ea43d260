"""`carevia doctor`: it masks, looks at everything, and changes nothing."""

import shutil
import socket
from pathlib import Path

import pytest

from carevia.cli.doctor import examine
from carevia.config import SECRETS_FILE, load_settings, with_development_secrets
from carevia.errors import ConfigError
from tests.cli.terminal import command, doctor
from tests.harness.program import free_port
from tests.harness.valkey import Valkey
from tests.store.copies import filled, value


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


@pytest.mark.parametrize("folder", ["x" * 300, "file/data", "/proc/x"])
def test_doctor_finds_a_data_folder_that_serve_could_not_make(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    path = tmp_path / folder
    with pytest.raises(ConfigError):
        with_development_secrets(load_settings({"CAREVIA_DATA_DIR": str(path)}))
    assert f"The data folder {path} cannot be written" in doctor(CAREVIA_DATA_DIR=str(path), CAREVIA_PORT="0")


@pytest.mark.parametrize("mode", [0o640, 0o604])
def test_doctor_finds_secrets_that_another_user_can_read(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "data" / SECRETS_FILE
    path.parent.mkdir()
    path.write_text("{}")
    path.chmod(mode)
    said: list[str] = []
    assert not examine({"CAREVIA_DATA_DIR": str(path.parent), "CAREVIA_PORT": "0"}, tmp_path, said.append)
    assert f"    chmod 600 {path}" in said


def test_doctor_tells_what_a_database_has_lost_and_leaves_the_new_epoch_to_the_server(tmp_path: Path) -> None:
    shutil.copy(filled(tmp_path / "data", count=3), tmp_path / "copy.db")
    path = filled(tmp_path / "data", count=4)
    shutil.copy(tmp_path / "copy.db", path)
    for _ in range(2):
        told = command("doctor", CAREVIA_DATA_DIR=str(path.parent), CAREVIA_PORT="0")
        assert (told.returncode, told.stderr) == (1, "")
        assert "✗ The database has lost something: the journal had got to 7 and ends at 3" in told.stdout
    assert value(path, "epoch") == value(tmp_path / "copy.db", "epoch")


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


def test_doctor_says_how_events_to_many_leave_and_finds_nothing_wrong_either_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    settings = {"CAREVIA_DATA_DIR": str(tmp_path / "data"), "CAREVIA_PORT": "0"}
    for ring, words in ((object(), "by io_uring"), (None, "one by one")):
        said: list[str] = []
        monkeypatch.setattr("carevia.cli.doctor.open_ring", lambda ring=ring: ring)
        examine(settings, tmp_path, said.append)
        assert any(line.startswith("  ✓") and "vents to many leave" in line and words in line for line in said)


@pytest.mark.parametrize("host", ["not a host", "বাংলা", "a..b"])
def test_doctor_finds_a_host_that_serve_cannot_look_up(tmp_path: Path, host: str) -> None:
    told = doctor(CAREVIA_DATA_DIR=str(tmp_path), CAREVIA_HOST=host)
    assert f"✗ The host {host} is not known.\n    Set CAREVIA_HOST to an address of this machine." in told


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
    assert "✗ Redis does not work.\n    Error 2 connecting to /nowhere/valkey.sock. No such file" in told
    assert "hush" not in told


@pytest.mark.parametrize(
    ("word", "place", "why"),
    [("wrong", "", "invalid username-password pair"), ("right", "/99", "DB index is out of range")],
)
def test_doctor_says_why_redis_refuses_us(tmp_path: Path, word: str, place: str, why: str) -> None:
    with Valkey(password="right") as valkey:
        url = f"redis://:{word}@127.0.0.1:{valkey.port}{place}"
        told = doctor(CAREVIA_DATA_DIR=str(tmp_path), CAREVIA_PORT="0", CAREVIA_REDIS_URL=url)
    assert f"✗ Redis does not work.\n    {why}" in told
    assert word not in told
