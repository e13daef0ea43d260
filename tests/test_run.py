"""run.py and webbuild.py: what can be said about them without installing anything."""

import ast
import subprocess
import sys
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
