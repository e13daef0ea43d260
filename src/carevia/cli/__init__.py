"""The `carevia` command. Each command is thin and loads what it needs when it runs, so that `--help` is quick.

What is wrong with settings, folder or port is one sentence and exit status 2; anything else that fails is 1.
"""

import math
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from carevia import __version__
from carevia.errors import CareviaError, ConfigError

if TYPE_CHECKING:
    from carevia.config import Settings
    from carevia.domain.people import Role


def main() -> None:
    """The entry point of the `carevia` script and of `python -m carevia`."""
    _open_closed_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # ✅ and ❌ on any terminal; unknown signs never stop a server
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        sys.exit(carevia.main(standalone_mode=False) or 0)
    except click.ClickException as problem:
        problem.show()
        sys.exit(problem.exit_code)
    except click.Abort:
        sys.exit(130)
    except CareviaError as problem:
        click.echo(f"carevia: {problem.message}", err=True)
        sys.exit(2 if isinstance(problem, ConfigError) else 1)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


def _open_closed_streams() -> None:
    """What the parent has closed leads nowhere: else the first socket or file gets its number, and there is none to
    write to. Opened in their order, each gets its own."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 -- as long as the process


def _example(*lines: str) -> str:
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def _settings(**overrides: Any) -> "Settings":
    from carevia.config import load_settings, with_development_secrets

    return with_development_secrets(load_settings(os.environ, Path(), overrides))


def _end_cleanly() -> None:
    """SIGTERM lets a command take its unfinished files with it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=_example("carevia serve --port 4000"),
)
@click.version_option(__version__, prog_name="carevia")
def carevia() -> None:
    """A real-time desk for a care-booking business.

    Settings are CAREVIA_* variables, or lines of .env.development or .env.production in this folder.
    """


@carevia.command(
    epilog=_example(
        "carevia serve --host 0.0.0.0 --port 8080",
        "CAREVIA_REDIS_URL=redis://127.0.0.1 carevia serve --workers 4",
    )
)
@click.option("--host", help="Address to listen on; else CAREVIA_HOST, else 127.0.0.1.")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on; else CAREVIA_PORT, else 3000. 0 takes a free one."
)
@click.option("--workers", type=click.IntRange(1, 256), default=1, help="Processes; more than one needs Redis.")
@click.option("--worker", type=(int, int, str), hidden=True, help="What the parent tells a worker.")
def serve(host: str | None, port: int | None, workers: int, worker: tuple[int, int, str] | None) -> None:
    """Run the server: pages, API, webhooks and Socket.IO on one port.

    SIGTERM lets its sockets go in waves and ends it with status 0. Several workers share the port, the store and Redis;
    one that dies is started again.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # until the server listens to it: nothing is open yet
    settings = _settings(host=host, port=port)
    if workers > 1 and settings.redis_url is None:
        raise ConfigError(
            "More than one worker needs CAREVIA_REDIS_URL: set it (redis://127.0.0.1:6379, say), or run one worker."
        )
    if workers > 1:
        from carevia.cli.workers import run_workers

        sys.exit(run_workers(settings, workers))
    from carevia.cli.process import Worker
    from carevia.cli.process import serve as run
    from carevia.logs import GATHER, Log

    run(settings, Log(settings.log, gather=GATHER), None if worker is None else Worker(*worker))


@carevia.group(epilog=_example("carevia user add rafiq@example.com --role admin"))
def user() -> None:
    """Accounts."""


@user.command("add", epilog=_example("carevia user add rafiq@example.com --role admin --name 'Rafiq Hasan'"))
@click.argument("email")
@click.option("--role", type=click.Choice(["admin", "user"]), required=True, help="admin is staff, user a customer.")
@click.option("--name", help="First and last name.")
def add_user(email: str, role: str, name: str | None) -> None:
    """Make an account and print a one-time sign-in link. The password is asked for, or read from standard input."""
    from carevia.cli.database import add_account

    link = add_account(_settings(), email, "admin" if role == "admin" else "user", name, _password())
    click.echo(f"The account is made. This link signs in once, within 15 minutes:\n{link}")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.buffer.readline().decode(errors="surrogateescape").rstrip("\r\n")


_SIGNED_OUT = "Done. Every session of this account has ended, and its open pages are signed out within a second."


@user.command("password", epilog=_example("carevia user password rafiq@example.com"))
@click.argument("email")
def set_password(email: str) -> None:
    """Give an account another password, asked for or read from standard input. Its open pages are signed out."""
    from carevia.cli.database import change_account, checked

    password = checked(_password())
    change_account(_settings(), email, lambda credentials, account: credentials.new_password(account, password))
    click.echo(_SIGNED_OUT)


@user.command("role", epilog=_example("carevia user role rafiq@example.com user"))
@click.argument("email")
@click.argument("role", type=click.Choice(["admin", "user"]))
def set_role(email: str, role: str) -> None:
    """Make an account staff (admin) or a customer (user). Its open pages are signed out."""
    from carevia.cli.database import change_account

    new: Role = "admin" if role == "admin" else "user"
    change_account(_settings(), email, lambda credentials, account: credentials.new_role(account, new))
    click.echo(_SIGNED_OUT)


@user.command("disable", epilog=_example("carevia user disable rafiq@example.com"))
@click.argument("email")
@click.option("--undo", is_flag=True, help="Let the account in again.")
def disable(email: str, undo: bool) -> None:
    """Shut an account out. Its open pages are signed out."""
    from carevia.cli.database import change_account

    change_account(_settings(), email, lambda credentials, account: credentials.disable(account, not undo))
    click.echo("Done. The account may sign in again." if undo else _SIGNED_OUT)


@carevia.command(epilog=_example("carevia migrate"))
def migrate() -> None:
    """Bring the database's schema up to date. `carevia serve` does the same at its start."""
    from carevia.cli.database import migrate as run

    run(_settings())
    click.echo("The database is up to date.")


@carevia.command(epilog=_example("carevia backup /var/backups/carevia/before-upgrade.db"))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Overwrite FILE if it is there.")
def backup(file: Path, force: bool) -> None:
    """Copy the database to FILE, also while the server runs, and check the copy.

    It holds every booking and payment that was confirmed before. FILE appears only when it is whole; it is as secret
    as the database. The secrets of the settings are not in it: keep those apart.
    """
    from carevia.cli.backup import back_up

    _end_cleanly()
    back_up(_settings(), file, force=force, say=click.echo)


@carevia.command(epilog=_example("carevia restore /var/backups/carevia/before-upgrade.db"))
@click.argument("file", type=click.Path(path_type=Path))
def restore(file: Path) -> None:
    """Make the backup FILE the database again. Stop the server first.

    FILE is checked before anything is changed, the present database is kept aside, and every page that is open
    somewhere loads afresh when it comes back.
    """
    from carevia.cli.backup import restore as run

    _end_cleanly()
    run(_settings(), file, say=click.echo)


@carevia.command(epilog=_example("CAREVIA_ENV=production carevia doctor"))
def doctor() -> None:
    """Show the configuration with secrets masked, and say what is wrong and what to do."""
    from carevia.cli.doctor import examine

    sys.exit(0 if examine(os.environ, Path(), click.echo) else 1)


def _address(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    """With http:// where no scheme is told, if it can be an address at all; whether anything answers there, the first
    request finds out."""
    from urllib.parse import urlsplit

    import httpx2

    if value is None:
        return None
    url = value if "://" in value else f"http://{value}"
    try:
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and httpx2.URL(f"http://{parts.netloc}").raw_host.decode().encode("idna"):
            return url
    except (ValueError, httpx2.InvalidURL):
        pass
    raise click.BadParameter(f"{value} is no address. Write it like https://care.example.com.")


def _number(_: click.Context, __: click.Parameter, value: float) -> float:
    """NaN is within every range: it is neither below nor above anything."""
    if math.isnan(value):
        raise click.BadParameter("nan is no number.")
    return value


@carevia.command(epilog=_example("carevia simulate", "carevia simulate --count 50 --rate 5 --fault duplicate,shuffle"))
@click.option("--count", type=click.IntRange(1, 1_000_000), default=1, show_default=True, help="Customers who pay.")
@click.option(
    "--rate",
    type=click.FloatRange(0.01, 10_000),
    callback=_number,
    default=1.0,
    show_default=True,
    help="Customers a second.",
)
@click.option("--fault", default="", help="duplicate, late, shuffle, lost: comma list of what goes wrong on the way.")
@click.option("--url", callback=_address, help="The server's address; else CAREVIA_PUBLIC_URL.")
def simulate(count: int, rate: float, fault: str, url: str | None) -> None:
    """Play customers who book and pay, through the real webhook with real signatures."""
    from carevia.cli.simulate import play, read_faults

    settings = _settings()
    sys.exit(0 if play(settings, url or settings.public_url, count, rate, read_faults(fault), click.echo) else 1)


def _duration(_: click.Context, __: click.Parameter, value: str | None) -> float | None:
    from carevia.values import duration

    try:
        return None if value is None else duration(value)
    except ValueError as problem:
        raise click.BadParameter(f"{problem}.") from None


@carevia.command(epilog=_example("carevia reconcile --since 30d --dry-run"))
@click.option("--since", callback=_duration, help="How far to look back, as 7d; else to the end of the last sweep.")
@click.option("--dry-run", is_flag=True, help="Say what differs and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def reconcile(since: float | None, dry_run: bool, as_json: bool) -> None:
    """Compare Stripe's paid checkouts with our record, and record what is missing.

    Exit status 1 when something is left that a person has to look at. `carevia serve` does the same every 15 minutes.
    """
    from carevia.cli.reconcile import reconcile as run

    sys.exit(0 if run(_settings(), since, click.echo, dry_run=dry_run, as_json=as_json) else 1)


@carevia.command(epilog=_example("carevia check https://care.example.com"))
@click.argument("url", callback=_address)
@click.option("--token", help="Sign in with this token (- reads it from standard input); without it as a guest.")
@click.option("--heartbeat", is_flag=True, help="Wait for a heartbeat even where it takes long.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON.")
def check(url: str, token: str | None, heartbeat: bool, as_json: bool) -> None:
    """Test the real-time connection to a server: handshake, polling, upgrade, heartbeat, latency."""
    from carevia.cli.check import check as run

    if token == "-":  # noqa: S105
        token = sys.stdin.readline().strip()
    sys.exit(0 if run(url, token, click.echo, heartbeat=heartbeat, as_json=as_json) else 1)
