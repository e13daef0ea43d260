"""python3 run.py: installs what is missing into .tools/ and starts Carevia. Needs Python 3.11 or newer, and git.

Standard library only. The order is always the same: uv (by pip, hashed), an environment of this interpreter (or of the
system's, where this one is slow: docs/decisions/0011), the hash-pinned libraries, the project itself, which builds the
pages. A digest over everything that goes in says whether there is work to do. Nothing outside the project's folder is
changed but the caches of pip, uv and npm.
"""

import sys

if sys.version_info < (3, 11):
    sys.exit("Carevia needs Python 3.11 or newer, this is %d.%d. Try: python3.11 run.py" % sys.version_info[:2])
if sys.platform == "win32":
    sys.exit("Carevia runs on Linux and macOS. On Windows start it inside WSL.")

import fcntl
import os
import re
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT))
from webbuild import digest, files_under  # noqa: E402

TOOLS = ROOT / ".tools"
UV = TOOLS / "uv" / "bin" / "uv"
SYSTEM = Path("/usr/bin/python3")
NEEDED = "import ctypes, encodings.idna, sqlite3, ssl, zlib"
LOCKS = {
    "requirements-uv.txt": "requirements-uv.in",
    "requirements-build.txt": "requirements-build.in",
    "requirements.txt": "pyproject.toml",
    "requirements-test.txt": "pyproject.toml requirements-test.in -c requirements.txt -c requirements-build.txt",
    "requirements-fuzz.txt": "requirements-fuzz.in",
}
COMPILE = "pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header"
WHEELS = "pip compile --quiet --no-deps --only-binary :all: requirements.txt"
PLATFORMS = [
    f"{machine}-{system}"
    for machine in ("x86_64", "aarch64")
    for system in ("manylinux_2_28", "unknown-linux-musl", "apple-darwin")
]
PYTHONS = ("3.11", "3.14")  # the oldest and the newest that it is to run on
BUILD = ("requirements-build.txt", "pyproject.toml", "hatch_build.py", "webbuild.py")
NETWORK = (
    "Check that this machine reaches its Python package index (PIP_INDEX_URL, PIP_CERT, HTTPS_PROXY), "
    "then run the same command again."
)
PROJECT = "Mend what is named there (a page that does not compile, an npm registry out of reach), then run it again."
WHEEL = "Keep what is named there at its last version with a wheel for that machine: in pyproject.toml, by a marker."
HELP = """python3 run.py [WORDS]          start Carevia: `carevia WORDS`, or `carevia serve` without words
python3 run.py test             every check: lint, types, front end, tests (what CI runs)
python3 run.py test WORDS       only pytest, with these words
python3 run.py bench [WORDS]    measure the engine beside its peers: docs/performance.md (bench --help says more)
python3 run.py soak [WORDS]     kill it for 20 minutes and count what is lost: docs/reliability.md (soak --help)
python3 run.py fuzz [WORDS]     a million inputs, led by coverage, for the protocol's parsers (fuzz --help says more)
python3 run.py lock [WORDS]     make the hash-pinned requirements*.txt anew from pyproject.toml and *.in

Examples
  python3 run.py
  python3 run.py serve --port 4000
  python3 run.py check http://localhost:3000
  python3 run.py test tests/test_architecture.py -k layers
  python3 run.py bench --quick
  python3 run.py soak --minutes 5 --kills 75
  python3 run.py fuzz --runs 100000
  python3 run.py lock --upgrade-package redis
  python3 run.py serve --help"""

# Of foreign PIP_* and UV_* settings we keep those that say how packages are reached, not those that say what to do.
REACH = re.compile(
    r"(PIP|UV)_.*(INDEX|FIND_LINKS|CERT|TLS|PROXY|HOST|TIMEOUT|RETRIES|CACHE|CONFIG_FILE|KEYRING|CREDENTIALS|LINK_MODE"
    r"|CONCURRENT|OFFLINE|DISABLE_PIP_VERSION_CHECK).*"
)
FOREIGN = {
    *("VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PYTHONUSERBASE"),
    "PYTHONDONTWRITEBYTECODE",  # compiling everything anew takes half of a start
}
TO_UV = {"PIP_INDEX_URL": "UV_DEFAULT_INDEX", "PIP_TRUSTED_HOST": "UV_INSECURE_HOST", "PIP_CERT": "SSL_CERT_FILE"}


def environment() -> dict[str, str]:
    """Ours without what a foreign project left in it; a mirror or a certificate set for pip serves uv too."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in FOREIGN and (REACH.fullmatch(name) or not name.startswith(("PIP_", "UV_")))
    }
    mapped = {uv: kept[pip] for pip, uv in TO_UV.items() if pip in kept}
    fixed = {
        "PYTHONPYCACHEPREFIX": str(TOOLS / "pycache"),
        "UV_PYTHON_DOWNLOADS": "never",
        "PIP_USER": "0",
        "PIP_ROOT_USER_ACTION": "ignore",
        "PIP_REQUIRE_VIRTUALENV": "0",
    }
    return {"UV_SYSTEM_CERTS": "true", "PIP_DISABLE_PIP_VERSION_CHECK": "1"} | mapped | kept | fixed


def do(what: str, program: Path, words: str, *more: object, advice: str = NETWORK) -> None:
    """Run one step of the installation: `words` are split, `more` are not. Where it fails, say so and end."""
    print(f"· {what}", file=sys.stderr, flush=True)
    command = [str(word) for word in (program, *words.split(), *more)]
    if subprocess.run(command, cwd=ROOT, env=environment()).returncode:
        sys.exit(f"run.py: {what} failed, for the reason above. {advice}")


def unchanged(stamp: Path, current: str) -> bool:
    return stamp.is_file() and stamp.read_text() == current


def python_with_pip() -> Path:
    if find_spec("pip"):
        return Path(sys.executable)
    missing = "This Python has neither pip nor a working venv: install them (Debian: apt install python3-venv)."
    do("making a private pip", Path(sys.executable), "-m venv --clear", TOOLS / "pip", advice=missing)
    return TOOLS / "pip" / "bin" / "python"


def pages_are_there() -> bool:
    made, source = ROOT / "src" / "carevia" / "web_dist" / "index.html", ROOT / "web" / "package.json"
    return made.is_file() or not source.is_file()


def install_uv() -> None:
    requirements, stamp = ROOT / "requirements-uv.txt", TOOLS / "uv" / "stamp"
    current = digest([requirements], sys.platform)
    if unchanged(stamp, current):
        return
    shutil.rmtree(TOOLS / "uv", ignore_errors=True)
    words = "-m pip install --quiet --no-input --require-hashes --no-deps --only-binary :all: --target"
    do("installing uv", python_with_pip(), words, TOOLS / "uv", "-r", requirements)
    stamp.write_text(current)


def optimised() -> bool:
    """Whether this Python was compiled with profiles, as every distribution's and python.org's are. Built from source,
    as by pyenv, it is so only where that was asked for; where it does not say, it is left in peace."""
    return sys.base_prefix == "/usr" or "--enable-optimizations" in (
        sysconfig.get_config_var("CONFIG_ARGS") or "--enable-optimizations"
    )


def faster_python() -> Path | None:
    """The system's Python where this one was compiled without optimisation and that one will do: everything needs a
    sixth to a fifth less CPU on it."""
    if optimised() or not SYSTEM.exists():
        return None
    real = SYSTEM.resolve()  # its name tells its version, and with it when it has changed
    version = re.fullmatch(r"python3\.(\d+)", real.name)
    return real if version and int(version[1]) >= 11 else None


def interpreter() -> tuple[Path, str]:
    """The Python that Carevia runs on, and what it is known by."""
    found = faster_python()
    return (found, str(found)) if found else (Path(sys.executable), f"{sys.executable} {sys.version}")


def usable(python: Path) -> Path:
    """A distribution may leave parts of its Python in packages of their own: then it is this one after all."""
    if python == Path(sys.executable):
        return python
    if subprocess.run([python, "-c", NEEDED], env=environment(), stderr=subprocess.DEVNULL).returncode:
        return Path(sys.executable)
    print(f"· using {python}: this Python is compiled without optimisation and a fifth slower", file=sys.stderr)
    return python


def make_environment(home: Path) -> Path:
    """An environment of the one interpreter at this very place; anything else is made anew."""
    python, born = home / "bin" / "python", home / "interpreter"
    wanted, known = interpreter()
    current = digest([], known, str(ROOT))
    if not (python.exists() and unchanged(born, current)):
        advice = "Remove the folder .tools and run the same command again."
        do(f"making {home.name}", UV, "venv --quiet --clear --python", usable(wanted), home, advice=advice)
        born.write_text(current)
    return python


def install(name: str, *requirements: str) -> Path:
    """The environment .tools/NAME with everything of `requirements` and the project in it. Returns its bin folder."""
    home, stamp = TOOLS / name, TOOLS / f"{name}.stamp"
    inputs = (ROOT / file for file in (*requirements, *BUILD))
    current = digest([*inputs, *files_under(ROOT / "web")], interpreter()[1], str(ROOT))
    TOOLS.mkdir(exist_ok=True)
    with (TOOLS / "lock").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)  # two terminals at once: one installs, the other waits and finds it done
        if unchanged(stamp, current) and (home / "bin" / "carevia").exists() and pages_are_there():
            return home / "bin"
        stamp.unlink(missing_ok=True)
        install_uv()
        python = make_environment(home)
        words = "pip sync --quiet --require-hashes --only-binary :all: --python"
        do(f"installing {' and '.join(requirements)}", UV, words, python, *requirements)
        words = "pip install --quiet --no-deps --reinstall-package carevia --build-constraints"
        do("installing Carevia", UV, words, "requirements-build.txt", "--python", python, "-e", ".", advice=PROJECT)
        stamp.write_text(current)
    return home / "bin"


def start(program: Path, words: Sequence[str]) -> NoReturn:
    """Become the program, so that its signals and its exit status are ours."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(program, [str(program), *words], environment())


def lock(words: Sequence[str]) -> None:
    TOOLS.mkdir(exist_ok=True)
    install_uv()
    for target, sources in LOCKS.items():
        do(f"locking {target}", UV, COMPILE, "--no-annotate", *words, *sources.split(), "-o", target)
    # A lock takes a version that is there for some machines only, and nobody elsewhere could start any more.
    wanted = [(platform, python) for platform in PLATFORMS for python in PYTHONS]
    for platform, python in wanted:
        where = f"--python-platform {platform} --python-version {python} -o"
        do(f"looking for wheels for {platform}, {python}", UV, f"{WHEELS} {where}", TOOLS / "wheels.txt", advice=WHEEL)


def check(name: str, command: Sequence[object], *, live: bool = False) -> str | None:
    """What it says is printed when it ends, or `live`: for the one that takes long. Where it failed, what it said is
    given instead, to be printed last of all."""
    began = time.monotonic()
    words, said = [str(word) for word in command], None if live else subprocess.PIPE
    done = subprocess.run(words, cwd=ROOT, env=environment(), stdout=said, stderr=said and subprocess.STDOUT, text=True)
    text, verdict = done.stdout or "", "FAILED" if done.returncode else "ok"
    print(f"\n{'' if done.returncode else text}── {name}: {verdict} ({time.monotonic() - began:.1f} s)", flush=True)
    return text if done.returncode else None


def compile_tests(pytest: Sequence[object]) -> None:
    """Once: each of the processes that run them would compile all of them. What cannot be, those say."""
    words = [str(word) for word in (*pytest, "--collect-only", "-qq")]
    subprocess.run(words, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL)


def test(words: Sequence[str]) -> NoReturn:
    bin = install("test", "requirements-test.txt")
    python = bin / "python"
    if words:
        os.chdir(ROOT)
        start(python, ["-m", "pytest", *words])
    checks: dict[str, list[object]] = {
        "lint": [bin / "ruff", "check", "."],
        "format": [bin / "ruff", "format", "--check", "."],
        "types": [bin / "mypy"],
        "front end: lint": [python, "webbuild.py", "run", "lint"],
        "front end: types": [python, "webbuild.py", "run", "types"],
        "front end: tests": [python, "webbuild.py", "test"],
    }
    pytest = [python, "-m", "pytest"]
    tests = [*pytest, "--numprocesses=4", "--dist=loadfile", "--durations=25"]
    with ThreadPoolExecutor(1) as beside:  # the tests wait for clocks and processes: there is time for others
        others = {name: beside.submit(check, name, command) for name, command in checks.items()}
        compile_tests(pytest)
        said = {"tests": check("tests", tests, live=True)} | {name: other.result() for name, other in others.items()}
    failed = {name: text for name, text in said.items() if text is not None}
    for text in failed.values():
        print(text)
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nEverything passed.", flush=True)
    sys.exit(1 if failed else 0)


def measure(bin: Path, module: str, words: Sequence[str]) -> NoReturn:
    """What takes long; bench and soak write pages of docs/."""
    os.chdir(ROOT)
    start(bin / "python", ["-m", module, *words])


def main(words: Sequence[str]) -> None:
    # No `match` here: an old Python must be able to read this file up to its first check.
    first = words[0] if words else "serve"
    if first in ("-h", "--help", "help"):
        print(HELP)
    elif first == "test":
        test(words[1:])
    elif first == "bench":
        measure(install("test", "requirements-test.txt"), "bench", words[1:])
    elif first == "soak":
        measure(install("test", "requirements-test.txt"), "tests.chaos", words[1:])
    elif first == "fuzz":
        measure(install("fuzz", "requirements.txt", "requirements-fuzz.txt"), "tests.fuzz", words[1:])
    elif first == "lock":
        lock(words[1:])
    else:
        start(install("run", "requirements.txt") / "carevia", words or ["serve"])


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as problem:
        sys.exit(
            f"run.py: {problem.filename} cannot be used ({problem.strerror}). Make {ROOT} writable for this user, "
            "on a disk that has room, then run the same command again."
        )
