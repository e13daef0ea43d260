"""`carevia doctor`: the configuration with secrets masked, and every check with what to do where it fails."""

import asyncio
import contextlib
import http.client
import ipaddress
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from carevia.config import PREFIX, SECRET_NAMES, SECRETS_FILE, Settings, load_settings
from carevia.errors import CareviaError, ConfigError
from carevia.failpoint import read as read_failpoint
from carevia.realtime.ring import open_ring
from carevia.store.disk import cannot_write, write_something

_FIRST_MADE_IN_2026 = 1_767_225_600  # a clock before this is wrong: signatures and certificates would fail

_LOST = "Start the server, by which pages load afresh; `carevia reconcile` brings payments back. Look at the disk."


class Finding(NamedTuple):
    good: bool
    what: str
    to_do: str = ""


def examine(environ: Mapping[str, str], folder: Path, say: Callable[[str], None]) -> bool:
    """Whether everything is in order. Changes nothing but a database that is behind (as every start does)."""
    try:
        settings = load_settings(environ, folder)
    except ConfigError as problem:
        for error in problem.errors or [{"field": "", "message": problem.message}]:
            say(f"✗ {error['message']}")
        return False
    say("Configuration")
    for line in shown(settings):
        say(f"  {line}")
    say("Checks")
    findings = list(_checks(settings))
    for finding in findings:
        say(f"  {'✓' if finding.good else '✗'} {finding.what}")
        if not finding.good:
            say(f"    {finding.to_do}")
    wrong = sum(not finding.good for finding in findings)
    say("Everything is in order." if not wrong else f"{wrong} of {len(findings)} checks failed.")
    return not wrong


def shown(settings: Settings) -> Iterator[str]:
    """One line per setting; of a secret only whether it is set."""
    for field in fields(settings):
        name = f"{PREFIX}{field.name.upper()}"
        value = getattr(settings, field.name)
        if name in SECRET_NAMES:
            unset = "(made at first start)" if _made(settings, field.name) else "(not set)"
            text = "******** (set)" if value else unset
        elif isinstance(value, bool):
            text = "on" if value else "off"
        elif isinstance(value, tuple):
            text = ", ".join(map(str, value)) or "(not set)"
        else:
            text = "(not set)" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        yield f"{name:<40} {text}"


def _made(settings: Settings, name: str) -> bool:
    return not settings.production and name in ("secret_key", "jwt_secret", "stripe_webhook_secret", "emit_secret")


def _checks(settings: Settings) -> Iterator[Finding]:
    folder = _folder(settings.data_dir)
    yield folder
    if settings.database_url is not None or folder.good:
        yield _database(settings)
    if not settings.production and folder.good:
        yield _secrets_file(settings.data_dir / SECRETS_FILE)
    if settings.failpoint is not None:
        yield _failpoint(settings.failpoint)
    yield _port(settings)
    if settings.redis_url is not None:
        yield _bus(settings.redis_url)
        yield _node_address(settings)
    yield _ring()
    yield _pages()
    yield _clock()


def _folder(path: Path) -> Finding:
    """By writing into what is there of it; what is not there yet is not made."""
    existing = next(part for part in (path, *path.absolute().parents) if os.path.exists(part))
    try:
        with contextlib.suppress(FileNotFoundError):
            path.stat()  # a name may be too long, or a file stand in its way
        write_something(existing)
    except OSError as problem:
        return Finding(False, "The data folder does not work.", cannot_write(path, problem).message)
    return Finding(True, f"The data folder {path} can be written.")


def _database(settings: Settings) -> Finding:
    from carevia.cli.database import opened
    from carevia.store.reached import lacking
    from carevia.store.store import database_file, is_postgres

    async def visit() -> None:
        async with opened(settings) as store:
            await store.check()

    try:
        file = None if is_postgres(settings.database_url) else database_file(settings.database_url, settings.data_dir)
        if file is not None and not os.path.exists(file):
            folder = _folder(file.parent)
            if not folder.good:
                return Finding(False, "The database cannot be made.", folder.to_do)
            return Finding(True, "The database is made at the first start.")
        if file is not None and (lost := lacking(file)):
            return Finding(False, f"The database has lost something: {lost}.", _LOST)
        asyncio.run(visit())
    except CareviaError as problem:
        return Finding(False, "The database does not work.", problem.message)
    return Finding(True, "The database opens, is up to date and can commit.")


def _secrets_file(path: Path) -> Finding:
    if path.exists() and path.stat().st_mode & 0o077:
        return Finding(False, f"{path.name} can be read by other users.", f"chmod 600 {path}")
    return Finding(True, "The development secrets are this user's alone.")


def _failpoint(spec: str) -> Finding:
    try:
        read_failpoint(spec)
    except ConfigError as problem:
        return _refused(problem)
    return Finding(True, f"The process kills itself at {spec}, as it is told to.")


def _port(settings: Settings) -> Finding:
    """By taking it for a moment, as the server does."""
    from carevia.cli.process import listen

    try:
        listen(settings.host, settings.port).close()
    except ConfigError as problem:
        if _is_carevia(settings):
            return Finding(True, f"Carevia answers on port {settings.port}.")
        return _refused(problem)
    return Finding(True, f"Port {settings.port} on {settings.host} is free.")


def _refused(problem: ConfigError) -> Finding:
    """What it says first is what is wrong, the rest what to do."""
    what, _, to_do = problem.message.partition(". ")
    return Finding(False, f"{what}.", to_do)


def _is_carevia(settings: Settings) -> bool:
    try:
        with contextlib.closing(http.client.HTTPConnection(settings.host, settings.port, timeout=2)) as asked:
            asked.request("GET", "/config.json")
            return b"guestSockets" in asked.getresponse().read(2_000)
    except (OSError, UnicodeError, http.client.HTTPException):
        return False


def _bus(url: str) -> Finding:
    from carevia.realtime.adapter.redis import RedisBroker

    async def visit() -> str | None:
        broker = RedisBroker(url)
        await broker.start()
        try:
            return None if broker.connected else broker.failure or "It does not answer."
        finally:
            await broker.stop()

    try:
        if (trouble := asyncio.run(visit())) is None:
            return Finding(True, "Redis answers.")
    except ValueError:  # its text may hold the password
        return Finding(False, "CAREVIA_REDIS_URL cannot be read.", "Write redis://[:password@]host:port.")
    return Finding(False, "Redis does not work.", f"{trouble.rstrip('.')}: start it, or mend CAREVIA_REDIS_URL.")


def _node_address(settings: Settings) -> Finding:
    """Whether other hosts reach this node at the address that it gives them."""
    address = settings.node_address
    if address is None:
        return Finding(True, "Nodes of this host only: other hosts would need CAREVIA_NODE_ADDRESS.")
    host = urlsplit(f"//{address}").hostname or ""
    try:
        addresses = {ipaddress.ip_address(str(info[4][0])) for info in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return Finding(False, f"The host of CAREVIA_NODE_ADDRESS, {host}, is not known.", "Write this host's address.")
    if any(each.is_unspecified for each in addresses):
        return Finding(False, f"Nobody reaches {host} from elsewhere.", "Write this host's own address instead.")
    listens = settings.host
    if _is_loopback(listens) and not all(each.is_loopback for each in addresses):
        return Finding(
            False,
            f"CAREVIA_HOST={listens} takes connections of this host only, CAREVIA_NODE_ADDRESS promises more.",
            f"Set CAREVIA_HOST to {host}, or to 0.0.0.0 behind a firewall.",
        )
    return Finding(True, f"Other hosts reach this node at {address}.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _ring() -> Finding:
    """What an operator may like to know, and nothing wrong either way."""
    if open_ring() is not None:
        return Finding(True, "Events to many leave by io_uring.")
    return Finding(True, "io_uring is not to be had here: events to many leave one by one, for about a fifth more CPU.")


def _pages() -> Finding:
    built = Path(__file__).resolve().parent.parent / "web_dist" / "index.html"
    if built.is_file():
        return Finding(True, "The pages are built.")
    return Finding(False, "The pages are not built.", "Start with `python3 run.py`, which builds them.")


def _clock() -> Finding:
    if time.time() < _FIRST_MADE_IN_2026:
        return Finding(False, "The clock is in the past.", "Set it: 300 s off, and payments' signatures are refused.")
    return Finding(True, f"The clock says {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime())} UTC.")
