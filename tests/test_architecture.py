"""The rooms of the house (ARCHITECTURE.md) as checks: who may import whom, how long a thing may be, what is not said.

Each rule is a function from source text to complaints, tried on made-up text first, then applied to every file.
"""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"

# Each room and what it may import of ours, beside itself. A file at the top of the package is a room of its own.
BUSINESS = {"store", "domain", "failpoint", "tasks", "errors"}
MAY_IMPORT = {
    "errors": set[str](),
    "values": set[str](),
    "config": {"errors", "values"},
    "failpoint": {"errors"},
    "logs": {"errors"},
    "clock": set[str](),
    "deadlines": set[str](),
    "tasks": set[str](),
    "protocol": {"errors"},
    "domain": {"errors"},
    "store": {"domain", "failpoint", "deadlines", "tasks", "errors"},
    "realtime": {"protocol", "deadlines", "tasks", "errors"},
    "service": BUSINESS,
    "api": BUSINESS | {"service", "realtime", "config", "logs", "values"},
    "app": BUSINESS | {"api", "service", "realtime", "clock", "config", "logs"},
    "cli": BUSINESS | {"app", "api", "service", "realtime", "protocol", "clock", "config", "logs", "values"},
    "__main__": {"cli"},
    "__init__": set[str](),
}
MEET_THE_HUB = (
    "service/relay.py",
    "service/replay.py",
)  # the only ones in service: facts reach sockets from the journal
PURE = ("protocol/", "domain/")
IMPURE_MODULES = {
    *("asyncio", "concurrent", "io", "logging", "os", "pathlib", "random", "secrets", "select", "selectors", "signal"),
    *("socket", "sqlite3", "sqlalchemy", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid"),
}
CLOCKS = {"now", "utcnow", "today"}

LONGEST_FILE = 400
LONGEST_FUNCTION = 40
LONGER_FUNCTIONS = set[str]()  # "file.py:function": none, and each would need its reason here

HOSTS = [
    ".".join(words) for words in (("pypi", "org"), ("python" + "hosted", "org"), ("npmjs", "org"), ("yarnpkg", "com"))
]
HOSTS += [".".join(("npmjs", "com")), ".".join(("npmmirror", "com"))]
MACHINE_PATH = re.compile(
    "(?<![\\w.~-])/(" + "|".join(("home", "Users", "root", "work", "tmp/" + "scratch")) + ")/[\\w.-]+"
)
NOT_TEXT = {".png", ".woff", ".woff2", ".ico", ".jpg", ".br", ".gz"}

Rule = Callable[[str, str], Iterator[str]]


@cache
def parsed(text: str) -> ast.Module:
    return ast.parse(text)


def package_of(name: str) -> list[str]:
    """`store/journal.py` -> [carevia, store]: what a relative import of that file starts from."""
    return ["carevia", *name.split("/")[:-1]]


def imports(name: str, text: str) -> Iterator[tuple[int, str]]:
    """(line, dotted module) of every import, also inside functions; `from carevia import x` counts as carevia.x."""
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            here = package_of(name)
            start = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*start, *(node.module or "").split(".")]).rstrip(".")
            if module == "carevia":
                yield from ((node.lineno, f"carevia.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, module


def room_of(name: str) -> str:
    return name.split("/")[0].removesuffix(".py")


def against_the_layers(name: str, text: str) -> Iterator[str]:
    room = room_of(name)
    if room not in MAY_IMPORT:
        yield f"{name}: no room of the house is called {room!r}"
        return
    allowed = MAY_IMPORT[room] | {room} | ({"realtime"} if name in MEET_THE_HUB else set())
    for line, module in imports(name, text):
        ours, _, rest = module.partition(".")
        target = rest.split(".")[0]
        # A name of carevia/__init__.py itself (the version) may be read by everyone.
        if ours == "carevia" and target in MAY_IMPORT and target not in allowed:
            yield f"{name}:{line}: {room} may not import {module}"


def impure(name: str, text: str) -> Iterator[str]:
    if not name.startswith(PURE):
        return
    for line, module in imports(name, text):
        if module.partition(".")[0] in IMPURE_MODULES:
            yield f"{name}:{line}: {module} in a pure room"
    for node in ast.walk(parsed(text)):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in CLOCKS
            and ast.unparse(node.value).endswith(("datetime", "date"))
        ):
            yield f"{name}:{node.lineno}: reads the clock; `now` is an argument here"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"open", "input"}:
            yield f"{name}:{node.lineno}: {node.func.id}() in a pure room"


def too_long(name: str, text: str) -> Iterator[str]:
    if (lines := text.count("\n")) > LONGEST_FILE:
        yield f"{name}: {lines} lines, {LONGEST_FILE} at most: one file, one concept"
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION and f"{name}:{node.name}" not in LONGER_FUNCTIONS:
                yield f"{name}:{node.lineno}: {node.name} has {length} lines, {LONGEST_FUNCTION} at most"


def dangerous(name: str, text: str) -> Iterator[str]:
    for line, module in imports(name, text):
        if module.partition(".")[0] in {"pickle", "marshal", "shelve", "dill"}:
            yield f"{name}:{line}: {module} runs what it reads"
    for node in ast.walk(parsed(text)):
        if isinstance(node, ast.Assert):
            yield f"{name}:{node.lineno}: assert is no guard, python -O removes it; raise instead"
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in {"eval", "exec", "yaml.load", "os.system", "os.popen"}:
                yield f"{name}:{node.lineno}: {called}()"
            if any(word.arg == "shell" and ast.unparse(word.value) != "False" for word in node.keywords):
                yield f"{name}:{node.lineno}: a shell"


def gives_the_machine_away(name: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        yield from (f"{name}:{number}: names the registry host {host}" for host in HOSTS if host in line)
        if found := MACHINE_PATH.search(line):
            yield f"{name}:{number}: {found.group()} is a path of one machine"


def source_files() -> list[Path]:
    return sorted(path for path in (SOURCE / "carevia").rglob("*.py"))


def project_files() -> list[Path]:
    """What git tracks or would track; without a repository everything but hidden and made folders."""
    if (ROOT / ".git").exists() and (git := shutil.which("git")):
        words = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run([git, *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout
        return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]
    sys.path.insert(0, str(ROOT))
    from webbuild import files_under

    return [path for path in files_under(ROOT) if "web_dist" not in path.parts]


@pytest.mark.parametrize("rule", [against_the_layers, impure, too_long, dangerous], ids=lambda rule: rule.__name__)
def test_no_source_file_is(rule: Rule) -> None:
    named = ((path.relative_to(SOURCE / "carevia").as_posix(), path.read_text()) for path in source_files())
    assert [complaint for name, text in named for complaint in rule(name, text)] == []


def test_there_is_something_to_look_at() -> None:
    assert len(source_files()) > 10
    assert {"run.py", "requirements.txt"} <= {path.name for path in project_files()}


def test_no_file_gives_the_machine_away() -> None:
    texts = (
        (path.relative_to(ROOT).as_posix(), path.read_text(errors="replace"))
        for path in project_files()
        if path.suffix not in NOT_TEXT
    )
    assert [complaint for name, text in texts for complaint in gives_the_machine_away(name, text)] == []


def test_locks_pin_every_package_by_hash() -> None:
    for lock in ROOT.glob("requirements*.txt"):
        packages = re.split(r"\n(?=\S)", lock.read_text().strip())
        assert [package for package in packages if "==" not in package or "--hash=sha256:" not in package] == [], (
            lock.name
        )
    for folder in ("web", "tests/harness/chromium", "tests/harness/bus"):
        lock = ROOT / folder / "package-lock.json"
        assert '"resolved"' not in lock.read_text(), lock


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (against_the_layers, "domain/bookings.py", "from carevia.store import journal"),
        (against_the_layers, "domain/bookings.py", "def late():\n    import carevia.protocol.socketio"),
        (against_the_layers, "protocol/socketio.py", "from carevia.domain.events import EVENTS"),
        (against_the_layers, "store/store.py", "from carevia.realtime.server import Server"),
        (against_the_layers, "realtime/server.py", "from carevia import store"),
        (against_the_layers, "realtime/server.py", "from ..store import journal"),
        (against_the_layers, "service/payments.py", "from carevia.realtime.server import Server"),
        (against_the_layers, "service/chat.py", "from .. import realtime"),
        (against_the_layers, "config.py", "import carevia.logs"),
        (against_the_layers, "api/webhooks.py", "from carevia.app import build"),
        (against_the_layers, "helpers/misc.py", ""),
        (impure, "domain/chat.py", "import time"),
        (impure, "protocol/websocket.py", "def mask():\n    from secrets import token_bytes"),
        (impure, "domain/chat.py", "import datetime\nstamp = datetime.datetime.now()"),
        (impure, "domain/chat.py", "from datetime import date\nstamp = date.today()"),
        (impure, "domain/chat.py", "text = open('x').read()"),
        (too_long, "app.py", "\n" * (LONGEST_FILE + 1)),
        (too_long, "app.py", "def long():\n" + "    pass\n" * LONGEST_FUNCTION),
        (dangerous, "app.py", "import pickle"),
        (dangerous, "app.py", "eval('1')"),
        (dangerous, "app.py", "import yaml\nyaml.load('x')"),
        (dangerous, "app.py", "import subprocess\nsubprocess.run('ls', shell=True)"),
        (dangerous, "app.py", "def take(x):\n    assert x"),
        (gives_the_machine_away, "lock.txt", "https://files." + "python" + "hosted" + ".org/packages"),
        (gives_the_machine_away, "lock.json", "https://registry." + "npmjs" + ".org/react"),
        (gives_the_machine_away, "notes.md", "see " + "/ho" + "me/someone/notes"),
    ],
)
def test_rule_finds_what_it_is_for(rule: Rule, name: str, text: str) -> None:
    assert len(list(rule(name, text))) == 1


@pytest.mark.parametrize(
    ("rule", "name", "text"),
    [
        (against_the_layers, "service/relay.py", "from carevia.realtime.server import Server"),
        (against_the_layers, "store/store.py", "from carevia.domain.events import EVENTS\nfrom . import journal"),
        (against_the_layers, "cli.py", "from carevia import __version__\nfrom carevia.app import build"),
        (impure, "domain/chat.py", "from datetime import datetime\nwhen = datetime.fromtimestamp(0)"),
        (impure, "service/chat.py", "import time"),
        (dangerous, "app.py", "import re\nre.compile('x')"),
        (gives_the_machine_away, "page.ts", 'fetch("/api/home/work/x")'),
    ],
)
def test_rule_leaves_what_is_right(rule: Rule, name: str, text: str) -> None:
    assert list(rule(name, text)) == []
