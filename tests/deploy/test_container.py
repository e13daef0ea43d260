"""deploy/Dockerfile without Docker: its lines are read, and those of the program's stages are run in a folder.

Node's stage is the build that every test run makes anyway (webbuild.py), so its result is taken from there. What it
starts in the end runs as a user without rights, from a tree that this user cannot write.
"""

import json
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from carevia.cli.process import last_seconds
from carevia.config import Settings
from tests.harness.program import ROOT, free_port
from webbuild import files_under

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
UV = ROOT / ".tools" / "uv" / "bin"
PYTHONS = (sys.executable, "/usr/local/bin/python3", "/usr/bin/python3")


class Line(NamedTuple):
    """One instruction: COPY, RUN and so on, and its words."""

    name: str
    words: str


class Stage(NamedTuple):
    image: str
    lines: list[Line]

    def of(self, name: str) -> list[str]:
        return [line.words for line in self.lines if line.name == name]


def stages() -> list[Stage]:
    text = re.sub(r"\\\n\s*", "", re.sub(r"(?m)^#.*\n", "", DOCKERFILE.read_text()))
    found: list[Stage] = []
    for line in filter(None, map(str.strip, text.splitlines())):
        name, _, words = line.partition(" ")
        if name == "FROM":
            found.append(Stage(words, []))
        else:
            found[-1].lines.append(Line(name, words.strip()))
    return found


PAGES, PROGRAM, IMAGE = stages()


def sources(words: str) -> tuple[str | None, list[str], str]:
    """The stage it copies from, what, and to where."""
    flags = [word for word in words.split() if word.startswith("--")]
    *what, to = [word for word in words.split() if not word.startswith("--")]
    return (flags[0].removeprefix("--from=") if flags else None), what, to


# --- what stands in it ---


def test_everything_it_copies_is_there_and_not_ignored() -> None:
    ignored = (ROOT / "deploy" / "Dockerfile.dockerignore").read_text().splitlines()
    assert ignored[1] == "*", "nothing goes to the builder that is not named"
    for stage in (PAGES, PROGRAM, IMAGE):
        for words in stage.of("COPY"):
            origin, what, _ = sources(words)
            for name in what if origin is None else ():
                assert (ROOT / name).exists(), name
                assert f"!{name.split('/')[0]}" in ignored, name


def test_the_pages_are_built_as_the_project_builds_them() -> None:
    scripts = json.loads((ROOT / "web" / "package.json").read_text())["scripts"]
    assert PAGES.of("RUN") == ["npm ci --include=dev", "npm run build"]
    assert "build" in scripts
    assert "../src/carevia/web_dist" in (ROOT / "web" / "vite.config.ts").read_text()
    (copied,) = [words for words in PROGRAM.of("COPY") if "--from=pages" in words]
    assert copied == "--from=pages /src/src/carevia/web_dist/ src/carevia/web_dist/"


def test_nothing_is_installed_that_is_not_pinned_by_hash() -> None:
    for words in PROGRAM.of("RUN"):
        if " install " in words or " sync " in words:
            assert "--require-hashes" in words or "--build-constraints requirements-build.txt" in words, words


def test_the_image_runs_as_nobody_special_with_a_health_check() -> None:
    assert IMAGE.of("USER") == ["10001:10001"]
    assert [line.name for line in IMAGE.lines].index("USER") > [line.name for line in IMAGE.lines].index("RUN")
    assert IMAGE.of("STOPSIGNAL") == ["SIGTERM"]
    assert json.loads(IMAGE.of("ENTRYPOINT")[0]) + json.loads(IMAGE.of("CMD")[0]) == ["carevia", "serve"]
    assert not re.search(r"(?i)(secret|password)", "\n".join(line.words for line in IMAGE.lines))


def test_compose_starts_it_with_a_read_only_root_and_without_rights() -> None:
    (service,) = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"].values()
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ulimits"]["core"] == 0
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert int(service["stop_grace_period"].removesuffix("s")) > last_seconds(Settings()) + 1
    assert (ROOT / "deploy" / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DOCKERFILE)


# --- what it does ---


def runs_for_others(python: str) -> bool:
    """A Python below root's home is of no use to a user without rights."""
    words = [python, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
    try:
        return subprocess.run(words, capture_output=True, check=False, **user()).returncode == 0
    except OSError:
        return False


def user() -> dict[str, Any]:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "cwd": "/"}


@pytest.fixture(scope="module")
def image() -> Iterator[Path]:
    """The program's stage, done in a folder: /opt/carevia is FOLDER/opt/carevia."""
    python = next(filter(runs_for_others, PYTHONS), None)
    if python is None:
        pytest.skip("no Python here that a user without rights can run")
    with tempfile.TemporaryDirectory(prefix="carevia-image-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "src").mkdir()
        for line in PROGRAM.lines:
            if line.name == "COPY":
                copy(line.words, folder / "src")
            elif line.name == "RUN" and "requirements-uv.txt" not in line.words:  # run.py has installed that uv
                do(line.words, folder, python)
        shutil.rmtree(folder / "src")  # the image does not have it
        yield folder


def copy(words: str, to: Path) -> None:
    origin, what, target = sources(words)
    for name in what:
        source = ROOT / (name.removeprefix("/src/") if origin == "pages" else name)
        if source.is_dir():
            skip = shutil.ignore_patterns("__pycache__", *(() if origin else ("web_dist",)))
            shutil.copytree(source, to / target, dirs_exist_ok=True, ignore=skip)
        else:
            shutil.copy2(source, to / target)


def do(words: str, folder: Path, python: str) -> None:
    places = {"/usr/local/bin/python": python, "/opt/carevia": f"{folder}/opt/carevia", "--no-cache ": ""}
    for theirs, ours in places.items():
        words = words.replace(theirs, ours)
    kept = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment = kept | {"PATH": f"{UV}:{os.environ['PATH']}", "UV_PYTHON_DOWNLOADS": "never"}
    if "PIP_INDEX_URL" in kept:
        environment.setdefault("UV_DEFAULT_INDEX", kept["PIP_INDEX_URL"])
    done = subprocess.run(
        shlex.split(words), cwd=folder / "src", env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{words}\n{done.stderr}"


def test_what_it_installs_runs_as_nobody_from_a_tree_that_it_cannot_write(image: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="carevia-data-") as name:
        data, port = Path(name), str(free_port())
        if os.geteuid() == 0:
            os.chown(data, user()["user"], user()["group"])
        environment = settings(image) | {"CAREVIA_PORT": port, "CAREVIA_DATA_DIR": name, "HOME": name}
        environment |= {
            "CAREVIA_HOST": "127.0.0.1",
            "CAREVIA_PUBLIC_URL": "https://care.example.com",
            "CAREVIA_SECRET_KEY": "container-tests-secret-key-0123456789-0123456789",
        }
        before = written(image)
        words = [f"{image}/opt/carevia/bin/carevia", *json.loads(IMAGE.of("CMD")[0])]
        as_nobody = user() | {"cwd": name}
        with subprocess.Popen(
            words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **as_nobody
        ) as process:
            try:
                assert process.stdout
                said = next((line for line in process.stdout if "Ready on" in line or "carevia:" in line), "")
                assert "Ready on" in said, said
                assert health(image, environment) == 0
                page = subprocess.run(
                    [f"{image}/opt/carevia/bin/python", "-c", PAGE, port], capture_output=True, text=True, check=False
                )
                assert "<!doctype html" in page.stdout.lower(), "the pages are in it"
                assert owner(process.pid) != 0
                process.terminate()
                assert process.wait(10) == 0
            finally:
                process.kill()
        assert health(image, environment) != 0, "and sick once it has stopped"
        assert written(image) == before
        assert (data / "carevia.db").stat().st_mode & 0o077 == 0


PAGE = "import sys, urllib.request as r; print(r.urlopen(f'http://127.0.0.1:{sys.argv[1]}/dashboard').read().decode())"


def settings(image: Path) -> dict[str, str]:
    """The image's ENV."""
    pairs = dict(word.split("=", 1) for words in IMAGE.of("ENV") for word in shlex.split(words))
    return {name: value.replace("/opt/carevia", f"{image}/opt/carevia") for name, value in pairs.items()}


def health(image: Path, environment: dict[str, str]) -> int:
    """The status of the image's own health check."""
    program, *words = json.loads(re.split(r"\bCMD\b", IMAGE.of("HEALTHCHECK")[0])[1])
    ran = subprocess.run(
        [f"{image}/opt/carevia/bin/{program}", *words], env=environment, capture_output=True, check=False
    )
    return ran.returncode


def owner(pid: int) -> int:
    return os.stat(f"/proc/{pid}").st_uid if Path("/proc").exists() else os.geteuid()


def written(folder: Path) -> dict[str, int]:
    return {str(file): file.stat().st_mtime_ns for file in files_under(folder) if file.exists()}
