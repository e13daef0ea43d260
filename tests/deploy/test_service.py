"""The systemd units and what deploy/install.sh puts where: read, verified, and started as they say."""

import os
import re
import resource
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx2
import pytest

import run
from carevia.cli.process import last_seconds
from carevia.config import Settings
from tests.harness.program import ROOT, Program, free_port

DEPLOY = ROOT / "deploy"
UNITS = ["carevia.service", "carevia-backup.service", "carevia-backup.timer"]
SERVICES = UNITS[:2]
CAREVIA = "/opt/carevia/.tools/run/bin/carevia"
HARDENED = {
    "NoNewPrivileges": "yes",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "CapabilityBoundingSet": "",
    "MemoryDenyWriteExecute": "yes",
    "RestrictSUIDSGID": "yes",
    "RestrictNamespaces": "yes",
    "LimitCORE": "0",
    "UMask": "0077",
    "User": "carevia",
    "StateDirectoryMode": "0700",
    "EnvironmentFile": "/etc/carevia/carevia.env",
}
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="systemd and its tools are Linux's")


def directives(unit: str) -> dict[str, list[str]]:
    found = defaultdict(list)
    for line in (DEPLOY / unit).read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found[name].append(value)
    return found


@pytest.mark.parametrize("unit", SERVICES)
def test_the_units_ask_for_no_more_than_a_server_needs(unit: str) -> None:
    found = directives(unit)
    assert {name: found[name] for name in HARDENED} == {name: [value] for name, value in HARDENED.items()}
    assert "SystemCallFilter" in found


def test_the_service_may_hold_many_sockets_and_has_time_to_drain() -> None:
    found = directives("carevia.service")
    assert int(found["LimitNOFILE"][0]) >= 65_536
    assert int(found["TimeoutStopSec"][0]) > last_seconds(Settings()) + 1 > Settings().drain_seconds
    assert (found["Restart"], found["RestartPreventExitStatus"]) == (["always"], ["2"])


@pytest.mark.parametrize("unit", SERVICES)
def test_what_they_start_is_what_run_py_installs(unit: str) -> None:
    words = shlex.split(directives(unit)["ExecStart"][0])
    command = shlex.split(words[2]) if words[0] == "/bin/sh" else words
    (place,) = [index for index, word in enumerate(command) if word == CAREVIA]
    assert Path(CAREVIA).relative_to("/opt/carevia") == (run.TOOLS / "run" / "bin" / "carevia").relative_to(ROOT)
    help_ = [sys.executable, "-m", "carevia", command[place + 1], "--help"]
    subprocess.run(help_, env={"PYTHONPATH": str(ROOT / "src")}, check=True, capture_output=True)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_finds_nothing_wrong_with_them(tmp_path: Path) -> None:
    program = tmp_path / "carevia"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    for unit in UNITS:
        (tmp_path / unit).write_text((DEPLOY / unit).read_text().replace(CAREVIA, str(program)))
    words = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit) for unit in UNITS)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if "carevia" in line]
    assert ours == []
    for unit in SERVICES:  # the exposure level, of 10; since systemd 250 it can be told without a running systemd
        words = ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(tmp_path / unit)]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def installed(folder: Path) -> Path:
    path = f"{os.environ['PATH']}:/usr/sbin:/usr/bin:/sbin:/bin"  # whoever installs has the system's own commands
    told = os.environ | {"DESTDIR": str(folder), "PATH": path}
    subprocess.run(["/bin/sh", str(DEPLOY / "install.sh")], env=told, check=True)
    return folder


@LINUX
def test_install_puts_everything_in_place_and_keeps_settings_that_are_there(tmp_path: Path) -> None:
    for _ in range(2):
        installed(tmp_path)
        files = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
        settings = tmp_path / "etc" / "carevia" / "carevia.env"
        assert files == {
            *(f"etc/systemd/system/{unit}" for unit in UNITS),
            "etc/sysusers.d/carevia.conf",  # Debian has no such folder until somebody makes it
            "etc/carevia/carevia.env",
            "usr/local/bin/carevia",
        }
        assert settings.stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "var/lib/carevia").stat().st_mode & 0o777 == 0o700
    key = settings.read_text()
    assert re.search(r"^CAREVIA_SECRET_KEY=\S{40,}$", key, re.MULTILINE)
    installed(tmp_path)
    assert settings.read_text() == key


@LINUX
def test_installed_it_starts_in_production_and_its_backup_unit_makes_a_backup(tmp_path: Path) -> None:
    """As the units say, with the paths of this test in the place of the machine's."""
    from dotenv import dotenv_values

    installed(tmp_path)
    places = {
        CAREVIA: f"{sys.executable} -m carevia",
        "/var/backups/carevia": str(tmp_path / "var/backups/carevia"),
        "/etc/carevia/carevia.env": str(tmp_path / "etc/carevia/carevia.env"),
    }
    settings: dict[str, Any] = {k: v for k, v in dotenv_values(tmp_path / "etc/carevia/carevia.env").items() if v}
    settings["CAREVIA_DATA_DIR"] = str(tmp_path / "var/lib/carevia")
    settings["CAREVIA_ADMIN_EMAIL"], settings["CAREVIA_ADMIN_PASSWORD"] = "desk@care.example", "a long password"
    with Program(data=Path(settings["CAREVIA_DATA_DIR"]), **settings) as program:
        assert program.answers("/readyz")
        script = _unescaped(directives("carevia-backup.service")["ExecStart"][0])
        sweep = _unescaped(directives("carevia-backup.service")["ExecStartPost"][0])
        old = tmp_path / "var/backups/carevia" / "20260101T000000Z.db"
        old.write_text("old")
        os.utime(old, (0, 0))
        for text in (script, sweep):
            subprocess.run(shlex.split(put_in(text, places)), env=program.environment(), check=True)
        (made,) = (tmp_path / "var/backups/carevia").iterdir()
        assert re.fullmatch(r"\d{8}T\d{6}Z\.db", made.name)
        assert sqlite3.connect(made).execute("SELECT count(*) FROM users").fetchone()[0] >= 1
        assert program.stop() == 0


def put_in(text: str, places: Mapping[str, str]) -> str:
    for theirs, ours in places.items():
        text = text.replace(theirs, ours)
    return text


def _unescaped(value: str) -> str:
    """systemd's own escapes of `%` and `$`."""
    return value.replace("%%", "%").replace("$$", "$")


def in_the_shell(tmp_path: Path, program: str, *words: str) -> subprocess.CompletedProcess[str]:
    """What install.sh has put in place as `carevia`, with this test's folders, and `program` in the place of ours."""
    bin_ = tmp_path / "bin"
    bin_.mkdir()
    (bin_ / "carevia").write_text(f'#!/bin/sh\nexec {program} "$@"\n')
    (bin_ / "setpriv").write_text('#!/bin/sh\necho "$1"; shift 3; exec "$@"\n')
    for file in bin_.iterdir():
        file.chmod(0o755)
    text = (tmp_path / "usr/local/bin/carevia").read_text()
    places = {"/opt/carevia/.tools/run/bin": bin_, "/var/lib/carevia": tmp_path / "var/lib/carevia"}
    for theirs, folder in (places | {"/etc/carevia": tmp_path / "etc/carevia"}).items():
        assert theirs in text
        text = text.replace(theirs, str(folder))
    (tmp_path / "wrapper").write_text(text)
    environment = {"PYTHONPATH": str(ROOT / "src"), "PATH": f"{bin_}:{os.environ['PATH']}"}
    called = ["/bin/sh", str(tmp_path / "wrapper"), *words]
    return subprocess.run(called, env=environment, capture_output=True, text=True, check=False)


@LINUX
def test_the_carevia_of_the_shell_has_the_settings_of_the_service(tmp_path: Path) -> None:
    """`sudo carevia doctor`: with the env file, as the service's user (here, without root's rights, as oneself)."""
    told = in_the_shell(installed(tmp_path), f"{sys.executable} -m carevia", "doctor")
    assert "https://care.example.com" in told.stdout, told.stdout + told.stderr
    assert "CAREVIA_ENV" in told.stdout and "production" in told.stdout
    assert ("--reuid=carevia" in told.stdout) == (os.geteuid() == 0)


@LINUX
def test_the_carevia_of_the_shell_reads_a_value_as_systemd_does(tmp_path: Path) -> None:
    """Or it would sign with other secrets than the service: to the end of the line, expanding nothing."""
    (installed(tmp_path) / "etc/carevia/carevia.env").write_text(
        '# CAREVIA_NOTE=none\n\n; nor this = one\nCAREVIA_A=a${HOME}b$c # d\n  CAREVIA_B= "x y" \n'
        'CAREVIA_C=\'it is \\ "one"\'\nCAREVIA_D=it\'s="that"\nCAREVIA_E=\nHTTPS_PROXY=http://proxy:3128'
    )
    told = in_the_shell(tmp_path, "env")
    found = dict(line.split("=", 1) for line in told.stdout.splitlines() if line.startswith(("CAREVIA", "HTTPS")))
    assert found == {
        "CAREVIA_A": "a${HOME}b$c # d",
        "CAREVIA_B": "x y",
        "CAREVIA_C": 'it is \\ "one"',
        "CAREVIA_D": 'it\'s="that"',
        "CAREVIA_E": "",
        "HTTPS_PROXY": "http://proxy:3128",
    }, told.stderr


@LINUX
def test_the_carevia_of_the_shell_says_what_it_would_read_otherwise_than_the_service(tmp_path: Path) -> None:
    (installed(tmp_path) / "etc/carevia/carevia.env").write_text('CAREVIA_SECRET_KEY="hush\\\\hush"\n')
    told = in_the_shell(tmp_path, "env")
    assert (told.returncode, told.stdout) == (2, "")
    assert "CAREVIA_SECRET_KEY" in told.stderr and "single quotes" in told.stderr and "hush" not in told.stderr


@LINUX
def test_it_lives_with_what_the_kernel_refuses_under_the_unit(tmp_path: Path) -> None:
    """MemoryDenyWriteExecute, NoNewPrivileges and LimitCORE as systemd asks the kernel for them."""
    url = f"http://127.0.0.1:{(port := free_port())}"
    environment = {
        "PYTHONPATH": str(ROOT / "src"),
        "CAREVIA_DATA_DIR": str(tmp_path / "data"),
        "CAREVIA_PORT": str(port),
    }
    code = (
        "import ctypes, os, resource, sys\n"
        "prctl = ctypes.CDLL(None, use_errno=True).prctl\n"
        "if prctl(38, 1, 0, 0, 0): sys.exit('no_new_privs')\n"  # PR_SET_NO_NEW_PRIVS
        "denied = prctl(65, 1, 0, 0, 0) == 0\n"  # PR_SET_MDWE, since Linux 6.3
        "resource.setrlimit(resource.RLIMIT_CORE, (0, 0))\n"
        "os.umask(0o077)\n"
        "print('denied' if denied else 'too old', flush=True)\n"
        "os.execv(sys.executable, [sys.executable, '-m', 'carevia', 'serve'])\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline().strip() in ("denied", "too old")
            assert any(line.startswith("> Ready") for line in process.stdout)
            assert httpx2.get(f"{url}/readyz", trust_env=False).status_code == 200
            status = Path(f"/proc/{process.pid}/status").read_text()
            assert re.search(r"^NoNewPrivs:\t1$", status, re.MULTILINE)
            assert resource.prlimit(process.pid, resource.RLIMIT_CORE) == (0, 0)
            process.terminate()
            assert process.wait(10) == 0
        finally:
            process.kill()
