"""run.py and webbuild.py: what can be said about them without installing anything."""

import ast
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

import run
import webbuild

ROOT = Path(__file__).resolve().parents[1]


def test_an_old_python_can_read_run_py_up_to_the_sentence_that_refuses_it() -> None:
    tree = ast.parse((ROOT / "run.py").read_text(), feature_version=(3, 7))
    imported = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    refusal = next(node for node in tree.body if isinstance(node, ast.If))
    assert [ast.unparse(node) for node in imported if node.lineno < refusal.lineno] == ["import sys"]


def test_help_names_both_commands_and_installs_nothing() -> None:
    said = subprocess.run([sys.executable, ROOT / "run.py", "--help"], capture_output=True, text=True, check=True)
    assert "python3 run.py test" in said.stdout
    assert said.stderr == ""


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    for name in ("run.py", "webbuild.py"):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / ".tools").write_text("no folder")
    said = subprocess.run([sys.executable, tmp_path / "run.py", "doctor"], capture_output=True, text=True)
    assert said.returncode == 1
    assert said.stderr.startswith(f"run.py: {tmp_path}/.tools cannot be used (File exists). Make {tmp_path} writable")
    assert said.stderr.count("\n") == 1


def test_what_a_foreign_project_set_is_dropped_and_how_packages_are_reached_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    foreign = ["VIRTUAL_ENV", "PYTHONPATH", "PIP_TARGET", "PIP_NO_BINARY", "UV_PYTHON", "UV_PROJECT_ENVIRONMENT"]
    reach = ["PIP_INDEX_URL", "PIP_CERT", "UV_EXTRA_INDEX_URL", "UV_CACHE_DIR", "HTTPS_PROXY"]
    for name in foreign + reach:
        monkeypatch.setenv(name, "elsewhere")
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("PIP_USER", "1")
    made = run.environment()
    assert not set(foreign) & set(made)
    assert {made[name] for name in reach} == {"elsewhere"}
    assert made["UV_DEFAULT_INDEX"] == made["SSL_CERT_FILE"] == "elsewhere", "a mirror for pip serves uv too"
    assert made["PIP_USER"] == "0"


def test_ci_runs_what_people_run() -> None:
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert [line for line in lines if "python" in line] == ["python3 run.py test"]


def test_digest_sees_contents_names_and_missing_files_but_no_dates(tmp_path: Path) -> None:
    file, other = tmp_path / "a", tmp_path / "b"
    file.write_text("one")
    before = webbuild.digest([file])
    file.touch()
    assert webbuild.digest([file]) == before
    file.write_text("two")
    assert webbuild.digest([file]) != before
    other.write_text("one")
    assert webbuild.digest([other]) != before
    assert webbuild.digest([tmp_path / "c"]) != webbuild.digest([])


def test_made_and_hidden_folders_are_no_sources(tmp_path: Path) -> None:
    for name in ("src/page.tsx", "node_modules/react/index.js", ".vite/cache", "index.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = [path.relative_to(tmp_path).as_posix() for path in webbuild.files_under(tmp_path)]
    assert found == ["index.html", "src/page.tsx"]


def test_a_foreign_node_setting_does_not_reach_our_node() -> None:
    made = webbuild.node_environment({"PATH": "somewhere", "NODE_ENV": "production", "NODE_OPTIONS": "--bad"})
    assert "NODE_ENV" not in made
    assert "NODE_OPTIONS" not in made
    assert made["PATH"].startswith(str(webbuild.node_folder()))


def compiled(monkeypatch: pytest.MonkeyPatch, prefix: str, words: str | None) -> None:
    monkeypatch.setattr(sys, "base_prefix", prefix)
    monkeypatch.setattr(sysconfig, "get_config_var", {"CONFIG_ARGS": words}.get)


@pytest.mark.parametrize(
    ("prefix", "words"),
    [
        ("/usr", "'--prefix=/usr' '--enable-shared'"),
        ("/usr/local", "'--enable-optimizations' '--with-lto'"),
        ("/opt/python", None),
    ],
)
def test_a_python_that_is_fast_or_does_not_say_is_used_as_it_is(
    monkeypatch: pytest.MonkeyPatch, prefix: str, words: str | None
) -> None:
    compiled(monkeypatch, prefix, words)
    assert run.faster_python() is None
    assert run.interpreter()[0] == Path(sys.executable)


@pytest.mark.parametrize(("name", "taken"), [("python3.11", True), ("python3.14", True), ("python3.9", False)])
def test_in_place_of_a_slow_python_the_systems_own_is_taken_if_it_is_new_enough(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, taken: bool
) -> None:
    compiled(monkeypatch, "/opt/pyenv/versions/3.12.1", "'--enable-shared'")
    (tmp_path / name).touch()
    (tmp_path / "python3").symlink_to(tmp_path / name)
    monkeypatch.setattr(run, "SYSTEM", tmp_path / "python3")
    assert run.faster_python() == (tmp_path / name if taken else None)
    assert (run.interpreter()[1] == str(tmp_path / name)) is taken


def test_where_the_system_has_no_python_a_slow_one_does(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    compiled(monkeypatch, "/opt/pyenv/versions/3.12.1", "'--enable-shared'")
    monkeypatch.setattr(run, "SYSTEM", tmp_path / "python3")
    assert run.interpreter()[0] == Path(sys.executable)


def test_of_two_who_need_the_packages_of_a_folder_at_once_one_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests run in several processes: on a fresh machine each removed what the other had half installed."""
    (tmp_path / "package-lock.json").touch()
    calls: list[Path] = []
    other = threading.Thread(target=webbuild.install_packages, args=(tmp_path,))

    def npm(words: Sequence[str], folder: Path) -> int:
        calls.append(folder)
        (folder / "node_modules").mkdir(exist_ok=True)
        if len(calls) == 1:
            other.start()
            other.join(0.2)  # long enough to do the same, if nothing held it up
        return 0

    monkeypatch.setattr(webbuild, "npm", npm)
    webbuild.install_packages(tmp_path)
    other.join()
    assert calls == [tmp_path]


def test_a_systems_python_that_lacks_parts_is_not_used(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    lacking, whole = tmp_path / "python3.11", tmp_path / "python3.12"
    for python, status in ((lacking, 1), (whole, 0)):
        python.write_text(f"#!/bin/sh\nexit {status}\n")
        python.chmod(0o755)
    assert run.usable(lacking) == Path(sys.executable)
    assert capfd.readouterr().err == ""
    assert run.usable(whole) == whole
    assert str(whole) in capfd.readouterr().err
