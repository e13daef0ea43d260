"""Environment and `.env.<env>` file in, frozen Settings out. The only reader of `CAREVIA_*`.

Rules: the environment wins over the file; an unknown `CAREVIA_*` name is an error; everything that is wrong is said
at once; production refuses what development only warns about; a secret never shows in a repr. No I/O but the one
file, and the generated development secrets (`with_development_secrets`).
"""
# ruff: noqa: RUF009 -- `_setting` makes a dataclasses.field

import base64
import difflib
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal

from carevia import values
from carevia.errors import ConfigError, FieldError
from carevia.values import WHSEC

Environment = Literal["development", "production"]
PREFIX: Final = "CAREVIA_"
SECRET_BYTES: Final = 32
SECRETS_FILE: Final = "development-secrets.json"


def _setting(parse: Callable[[str], Any], default: Any, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"parse": parse, "secret": secret})


_COUNT = values.integer(0, 1_000_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Durations are seconds; a limit of 0 is off; the field `x_y` is the setting `CAREVIA_X_Y`."""

    env: Environment = _setting(values.one_of("development", "production"), "development")
    host: str = _setting(values.text, "127.0.0.1")
    port: int = _setting(values.integer(0, 65535), 3000)
    public_url: str = _setting(values.origin, "")  # "" until load: http://localhost:<port>
    data_dir: Path = _setting(Path, Path("data"))
    database_url: str | None = _setting(values.url("sqlite", "postgresql"), None, secret=True)
    redis_url: str | None = _setting(values.url("redis", "rediss", "unix"), None, secret=True)
    node_address: str | None = _setting(values.node_address, None)
    secret_key: str | None = _setting(values.text, None, secret=True)
    jwt_secret: str | None = _setting(values.text, None, secret=True)
    stripe_secret_key: str | None = _setting(values.token, None, secret=True)
    stripe_webhook_secret: tuple[str, ...] = _setting(values.list_of(values.text), (), secret=True)
    stripe_api_base: str | None = _setting(values.api_base, None)
    reconcile_interval: float = _setting(values.interval, 900.0)
    emit_secret: tuple[str, ...] = _setting(values.list_of(values.emit_secret), (), secret=True)
    admin_email: str | None = _setting(values.email, None, secret=True)
    admin_password: str | None = _setting(values.password, None, secret=True)
    socket_url: str | None = _setting(values.origin, None)
    allowed_origins: tuple[str, ...] = _setting(values.list_of(values.origin), ())
    guest_sockets: bool = _setting(values.switch, None)  # None until load: on in development only
    trusted_proxies: tuple[str, ...] = _setting(values.list_of(values.network), ())
    time_zone: str = _setting(values.time_zone, "Asia/Dhaka")
    sslcommerz_store_id: str | None = _setting(values.text, None)
    sslcommerz_store_password: str | None = _setting(values.text, None, secret=True)
    sslcommerz_api_base: str | None = _setting(values.api_base, None)
    drain_seconds: float = _setting(values.fraction(0, 3600), 8.0)
    drain_rate: int = _setting(values.integer(1, 1_000_000), 500)
    receipt_alarm: float = _setting(values.duration, 30.0)
    metrics_token: str | None = _setting(values.token, None, secret=True)
    smtp_url: str | None = _setting(values.url("smtp", "smtps"), None, secret=True)
    mail_from: str | None = _setting(values.text, None)
    ping_interval: float = _setting(values.fraction(0.05, 3600), 25.0)
    ping_timeout: float = _setting(values.fraction(0.05, 3600), 20.0)
    journal_retention: float = _setting(values.duration, 7 * 86400.0)
    limit_events_per_second: int = _setting(_COUNT, 20)
    limit_tabs_per_user: int = _setting(_COUNT, 20)
    limit_connections_per_address: int = _setting(_COUNT, None)  # None until load: off in development, else 200
    limit_handshakes_per_second: int = _setting(_COUNT, None)  # None until load: off in development, else 50
    limit_connections: int = _setting(_COUNT, 0)  # 0: as many as open files allow
    limit_rooms_per_socket: int = _setting(_COUNT, 100)
    limit_message_bytes: int = _setting(_COUNT, 1_000_000)
    limit_buffer_bytes: int = _setting(_COUNT, 1_000_000)
    log: Literal["console", "json"] = _setting(values.one_of("console", "json"), None)  # None until load
    failpoint: str | None = _setting(values.text, None)

    @property
    def production(self) -> bool:
        return self.env == "production"

    def sign_in_link(self, token: str) -> str:
        """The token stands behind the #, so that no server or proxy sees it."""
        return f"{self.public_url}/login#link={token}"

    def on_port(self, port: int) -> "Settings":
        """The same settings on the port that was really bound; a default PUBLIC_URL follows it."""
        followed = self.public_url == f"http://localhost:{self.port}"
        return replace(self, port=port, public_url=f"http://localhost:{port}" if followed else self.public_url)


_FIELDS: Final = {f"{PREFIX}{f.name.upper()}": f for f in fields(Settings)}
SECRET_NAMES: Final = frozenset(name for name, f in _FIELDS.items() if f.metadata["secret"])


def load_settings(
    environ: Mapping[str, str], folder: Path | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Settings from `environ`, `.env.<env>` in `folder` and the command line's `overrides`; ConfigError says all."""
    given = _merged(environ, folder)
    problems: list[FieldError] = []
    read: dict[str, Any] = {}
    for name, raw in given.items():
        try:
            read[_FIELDS[name].name] = _FIELDS[name].metadata["parse"](raw)
        except KeyError:
            problems.append({"field": name, "message": _unknown(name)})
        except ValueError as problem:
            problems.append({"field": name, "message": f"{name} {problem}."})
    read.update({key: value for key, value in (overrides or {}).items() if value is not None})
    settings = _with_defaults(Settings(**read))
    named = {problem["field"] for problem in problems}  # what could not be read is not missing too
    problems += [problem for problem in _contradictions(settings) if problem["field"] not in named]
    if problems:
        raise _config_error(problems)
    return settings


def _merged(environ: Mapping[str, str], folder: Path | None) -> dict[str, str]:
    """What is set, the environment over the file. An empty value counts as not set."""
    ours = {name: value.strip() for name, value in environ.items() if name.startswith(PREFIX) and value.strip()}
    env = ours.get(f"{PREFIX}ENV", "development")
    if folder is None or env not in ("development", "production"):
        return ours
    path = folder / f".env.{env}"
    stated = _stated(path)
    if stated.pop(f"{PREFIX}ENV", env) != env:
        raise ConfigError(f"{path.name} names another CAREVIA_ENV. Set CAREVIA_ENV in the environment instead.")
    return {name: value for name, value in stated.items() if value} | ours


def _stated(path: Path) -> dict[str, str]:
    """Ours of the file's lines. One that cannot be read is not passed over: its setting would be the default."""
    from dotenv.parser import parse_stream

    try:
        with path.open(encoding="utf-8") as file:
            lines = list(parse_stream(file))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError):
        raise ConfigError(
            f"{path.name} cannot be read. Make it a UTF-8 text file that this user may read, "
            "or start in a folder that they may enter."
        ) from None
    for line in lines:
        if line.error and (ours := re.search(rf"{PREFIX}\w+", line.original.string)):
            raise ConfigError(f"{ours[0]} in {path.name} cannot be read. Write the line as {ours[0]}=value.")
    return {line.key: (line.value or "").strip() for line in lines if line.key and line.key.startswith(PREFIX)}


def _unknown(name: str) -> str:
    """The nearest is sought without the prefix, which all have: a short name would be like every other short one."""
    known = [other.removeprefix(PREFIX) for other in _FIELDS]
    near = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1, cutoff=0.0)
    return f"{name} is not a setting. Did you mean {PREFIX}{near[0]}?"


def _with_defaults(settings: Settings) -> Settings:
    """What depends on other settings: everything that is still None though its type says otherwise."""
    live = settings.production
    late: dict[str, Any] = {
        "public_url": settings.public_url or f"http://localhost:{settings.port}",
        "guest_sockets": not live if settings.guest_sockets is None else settings.guest_sockets,
        "log": settings.log or ("json" if live else "console"),
    }
    for name, limit in (("limit_connections_per_address", 200), ("limit_handshakes_per_second", 50)):
        stated = getattr(settings, name)
        late[name] = (limit if live else 0) if stated is None else stated
    return replace(settings, **late)


def _contradictions(settings: Settings) -> list[FieldError]:
    found: list[FieldError] = []
    if (settings.admin_email is None) != (settings.admin_password is None):
        name = "CAREVIA_ADMIN_PASSWORD" if settings.admin_password is None else "CAREVIA_ADMIN_EMAIL"
        found.append({"field": name, "message": f"{name} is missing: the first account needs both."})
    return found + (_refused_in_production(settings) if settings.production else [])


# Where a secret that is long enough comes from: of our own, and of those that somebody else takes or gives.
_MADE: Final = " (python3 -c 'import secrets; print(secrets.token_urlsafe(48))' makes one)"
_FROM: Final = {
    "EMIT_SECRET": f" ({values.MAKES_EMIT} makes one)",
    "STRIPE_SECRET_KEY": ". Copy it anew from Stripe's dashboard (Developers, API keys)",
    "STRIPE_WEBHOOK_SECRET": ". Copy it anew from Stripe's dashboard (Developers, Webhooks, the endpoint's secret)",
}


def _refused_in_production(settings: Settings) -> list[FieldError]:
    found: list[FieldError] = []

    def refuse(name: str, message: str) -> None:
        found.append({"field": f"{PREFIX}{name}", "message": f"{PREFIX}{name} {message}"})

    if settings.secret_key is None:
        refuse("SECRET_KEY", f"is missing: production needs at least {SECRET_BYTES} bytes{_MADE}.")
    if settings.stripe_secret_key and not settings.stripe_webhook_secret:
        refuse("STRIPE_WEBHOOK_SECRET", "is missing: without it no payment can be believed.")
    if not settings.public_url.startswith("https://"):
        refuse("PUBLIC_URL", "must be the site's https:// address in production.")
    if settings.failpoint is not None:
        refuse("FAILPOINT", "is for development only; remove it.")
    for name, secret in _secrets_of(settings):
        if len(secret) < SECRET_BYTES:
            refuse(name, f"is too short: it needs at least {SECRET_BYTES} bytes{_FROM.get(name, _MADE)}.")
    return found


def _secrets_of(settings: Settings) -> list[tuple[str, bytes]]:
    """Every secret that we sign or verify with; for whsec_ secrets of ours, the key inside."""
    single = {
        "SECRET_KEY": settings.secret_key,
        "JWT_SECRET": settings.jwt_secret,
        "STRIPE_SECRET_KEY": settings.stripe_secret_key,
        "METRICS_TOKEN": settings.metrics_token,
    }
    found = [(name, value.encode()) for name, value in single.items() if value is not None]
    found += [("STRIPE_WEBHOOK_SECRET", value.encode()) for value in settings.stripe_webhook_secret]
    return found + [("EMIT_SECRET", base64.b64decode(value.removeprefix(WHSEC))) for value in settings.emit_secret]


def _config_error(problems: list[FieldError]) -> ConfigError:
    if len(problems) == 1:
        return ConfigError(problems[0]["message"], errors=problems)
    lines = "\n".join(f"  - {problem['message']}" for problem in problems)
    return ConfigError(f"{len(problems)} settings are wrong:\n{lines}", errors=problems)


# --- development: secrets nobody has set are made once, kept in the data folder, and used again ---


def with_development_secrets(settings: Settings) -> Settings:
    """In development the missing secrets from DATA_DIR; production is returned as it is."""
    if settings.production:
        return settings
    kept = _kept_secrets(settings.data_dir)
    return replace(
        settings,
        secret_key=settings.secret_key or kept["secret_key"],
        jwt_secret=settings.jwt_secret or kept["jwt_secret"],
        stripe_webhook_secret=settings.stripe_webhook_secret or (kept["stripe_webhook_secret"],),
        emit_secret=settings.emit_secret or (kept["emit_secret"],),
    )


def has_kept_emit_secret(settings: Settings) -> bool:
    """Whether the secret of /emit-booking is the one that was made in DATA_DIR, not one that somebody has set."""
    return settings.emit_secret == (_kept_secrets(settings.data_dir)["emit_secret"],)


def _new_secrets() -> dict[str, str]:
    return {
        "secret_key": secrets.token_urlsafe(48),
        "jwt_secret": secrets.token_urlsafe(48),
        "stripe_webhook_secret": WHSEC + secrets.token_urlsafe(32),
        "emit_secret": WHSEC + base64.b64encode(secrets.token_bytes(32)).decode(),
    }


def _kept_secrets(folder: Path) -> dict[str, str]:
    """Read, or make: linked into place whole, so that two processes that start together agree."""
    path = folder / SECRETS_FILE
    made = folder / f".{SECRETS_FILE}.{os.getpid()}"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with open(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                json.dump(_new_secrets(), file, indent=1)
            try:
                os.link(made, path)
            except FileExistsError:
                pass
            finally:
                made.unlink()
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigError(
            f"The data folder {folder} cannot be used ({problem.strerror}). "
            "Make it writable for this user, or set CAREVIA_DATA_DIR to another folder."
        ) from None
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in _new_secrets()):
        raise ConfigError(f"{path} is damaged. Delete it; new development secrets are made at the next start.")
    return found
