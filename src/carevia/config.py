"""Environment and `.env.<env>` file in, frozen Settings out. The only reader of `CAREVIA_*`.

Rules: the environment wins over the file; an unknown `CAREVIA_*` name is an error; everything that is wrong is said
at once; production refuses what development only warns about; a secret never shows in a repr. No I/O but the one
file, and the generated development secrets (`with_development_secrets`).
"""
# ruff: noqa: RUF009 -- `_setting` makes a dataclasses.field

import base64
import binascii
import difflib
import ipaddress
import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from carevia.errors import ConfigError, FieldError

Environment = Literal["development", "production"]
PREFIX: Final = "CAREVIA_"
SECRET_BYTES: Final = 32
SECRETS_FILE: Final = "development-secrets.json"
WHSEC: Final = "whsec_"


def _setting(parse: Callable[[str], Any], default: Any, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"parse": parse, "secret": secret})


# --- one parser per kind of value: text in, value out, ValueError with a half-sentence that follows the name ---


def _text(raw: str) -> str:
    return raw


def _switch(raw: str) -> bool:
    match raw.lower():
        case "on" | "true" | "1":
            return True
        case "off" | "false" | "0":
            return False
    raise ValueError("must be on or off")


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return raw

    return parse


def _integer(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return parse


def _fraction(low: float, high: float) -> Callable[[str], float]:
    def parse(raw: str) -> float:
        if not re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", raw) or not low <= float(raw) <= high:
            raise ValueError(f"must be a number from {low:g} to {high:g}")
        return float(raw)

    return parse


_UNITS: Final = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def duration(raw: str) -> float:
    """Seconds in `7d`, `12h`, `30m`, `30s`, `500ms` or a plain number of seconds."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(ms|s|m|h|d|)", raw)
    if not found or float(found[1]) <= 0:
        raise ValueError("must be a duration such as 7d, 12h, 30m or 30s")
    return float(found[1]) * _UNITS[found[2]]


def _list(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def parse_all(raw: str) -> tuple[str, ...]:
        return tuple(parse(item.strip()) for item in raw.split(",") if item.strip())

    return parse_all


def _origin(raw: str) -> str:
    """scheme://host[:port] and nothing behind it, in lower case, without a default port."""
    parts = urlsplit(raw.rstrip("/"))
    try:
        port = parts.port
    except ValueError:
        port = -1
    if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or parts.username is not None:
        raise ValueError("must be an address such as https://care.example.com")
    if parts.path or parts.query or parts.fragment:
        raise ValueError("must end after the host and port (no path)")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    standard = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + ("" if port in (None, standard) else f":{port}")


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if not any(raw.startswith(f"{scheme}:") for scheme in schemes):
            raise ValueError(f"must begin with {' or '.join(f'{scheme}:' for scheme in schemes)}")
        return raw

    return parse


def _node_address(raw: str) -> str:
    found = re.fullmatch(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(?::([0-9]+))?", raw)
    if not found:
        raise ValueError("must be a host or address, such as 10.0.0.5, 10.0.0.5:3000 or [fd00::5]:3000")
    if found[1]:
        _integer(1, 65535)(found[1])
    return raw


def _network(raw: str) -> str:
    try:
        return str(ipaddress.ip_network(raw, strict=False))
    except ValueError:
        raise ValueError("must be addresses or networks such as 127.0.0.1,10.0.0.0/8") from None


def _time_zone(raw: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(raw)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be the name of a time zone such as Asia/Dhaka") from None
    return raw


def _emit_secret(raw: str) -> str:
    try:
        key = base64.b64decode(raw.removeprefix(WHSEC), validate=True)
    except binascii.Error:
        key = b""
    if not raw.startswith(WHSEC) or not key:
        raise ValueError(f"must be {WHSEC} and base64 (comma list)")
    return raw


def _email(raw: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", raw):
        raise ValueError("must be an e-mail address")
    return raw


_COUNT = _integer(0, 1_000_000_000)
_URL_OF_API = _url("http", "https")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Durations are seconds; a limit of 0 is off; the field `x_y` is the setting `CAREVIA_X_Y`."""

    env: Environment = _setting(_one_of("development", "production"), "development")
    host: str = _setting(_text, "127.0.0.1")
    port: int = _setting(_integer(0, 65535), 3000)
    public_url: str = _setting(_origin, "")  # "" until load: http://localhost:<port>
    data_dir: Path = _setting(Path, Path("data"))
    database_url: str | None = _setting(_url("sqlite", "postgresql"), None, secret=True)
    redis_url: str | None = _setting(_url("redis", "rediss", "unix"), None, secret=True)
    node_address: str | None = _setting(_node_address, None)
    secret_key: str | None = _setting(_text, None, secret=True)
    jwt_secret: str | None = _setting(_text, None, secret=True)
    stripe_secret_key: str | None = _setting(_text, None, secret=True)
    stripe_webhook_secret: tuple[str, ...] = _setting(_list(_text), (), secret=True)
    stripe_api_base: str | None = _setting(_URL_OF_API, None)
    reconcile_interval: float = _setting(duration, 900.0)
    emit_secret: tuple[str, ...] = _setting(_list(_emit_secret), (), secret=True)
    admin_email: str | None = _setting(_email, None, secret=True)
    admin_password: str | None = _setting(_text, None, secret=True)
    socket_url: str | None = _setting(_origin, None)
    allowed_origins: tuple[str, ...] = _setting(_list(_origin), ())
    guest_sockets: bool = _setting(_switch, None)  # None until load: on in development only
    trusted_proxies: tuple[str, ...] = _setting(_list(_network), ())
    time_zone: str = _setting(_time_zone, "Asia/Dhaka")
    sslcommerz_store_id: str | None = _setting(_text, None)
    sslcommerz_store_password: str | None = _setting(_text, None, secret=True)
    sslcommerz_api_base: str | None = _setting(_URL_OF_API, None)
    drain_seconds: float = _setting(_fraction(0, 3600), 8.0)
    drain_rate: int = _setting(_integer(1, 1_000_000), 500)
    receipt_alarm: float = _setting(duration, 30.0)
    metrics_token: str | None = _setting(_text, None, secret=True)
    smtp_url: str | None = _setting(_url("smtp", "smtps"), None, secret=True)
    mail_from: str | None = _setting(_text, None)
    ping_interval: float = _setting(_fraction(0.05, 3600), 25.0)
    ping_timeout: float = _setting(_fraction(0.05, 3600), 20.0)
    journal_retention: float = _setting(duration, 7 * 86400.0)
    limit_events_per_second: int = _setting(_COUNT, 20)
    limit_tabs_per_user: int = _setting(_COUNT, 20)
    limit_connections_per_address: int = _setting(_COUNT, None)  # None until load: off in development, else 200
    limit_handshakes_per_second: int = _setting(_COUNT, None)  # None until load: off in development, else 50
    limit_connections: int = _setting(_COUNT, 0)  # 0: as many as open files allow
    limit_rooms_per_socket: int = _setting(_COUNT, 100)
    limit_message_bytes: int = _setting(_COUNT, 1_000_000)
    limit_buffer_bytes: int = _setting(_COUNT, 1_000_000)
    log: Literal["console", "json"] = _setting(_one_of("console", "json"), None)  # None until load: by environment
    failpoint: str | None = _setting(_text, None)

    @property
    def production(self) -> bool:
        return self.env == "production"

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
    values: dict[str, Any] = {}
    for name, raw in given.items():
        try:
            values[_FIELDS[name].name] = _FIELDS[name].metadata["parse"](raw)
        except KeyError:
            problems.append({"field": name, "message": _unknown(name)})
        except ValueError as problem:
            problems.append({"field": name, "message": f"{name} {problem}."})
    values.update({key: value for key, value in (overrides or {}).items() if value is not None})
    settings = _with_defaults(Settings(**values))
    problems += _contradictions(settings)
    if settings.production:
        problems += _refused_in_production(settings)
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
    if not path.is_file():
        return ours
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{path.name} cannot be read. Make it a UTF-8 text file that this user may read.") from None
    stated = {name: (value or "").strip() for name, value in found.items() if name.startswith(PREFIX)}
    if stated.pop(f"{PREFIX}ENV", env) != env:
        raise ConfigError(f"{path.name} names another CAREVIA_ENV. Set CAREVIA_ENV in the environment instead.")
    return {name: value for name, value in stated.items() if value} | ours


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.0)
    return f"{name} is not a setting. Did you mean {near[0]}?"


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
        found.append({"field": name, "message": f"{name} is missing: the first account needs both of the two."})
    if settings.admin_password is not None and len(settings.admin_password) < 8:
        found.append(
            {"field": "CAREVIA_ADMIN_PASSWORD", "message": "CAREVIA_ADMIN_PASSWORD needs at least 8 characters."}
        )
    return found


def _refused_in_production(settings: Settings) -> list[FieldError]:
    found: list[FieldError] = []

    def refuse(name: str, message: str) -> None:
        found.append({"field": f"{PREFIX}{name}", "message": f"{PREFIX}{name} {message}"})

    make = f"at least {SECRET_BYTES} bytes (python3 -c 'import secrets; print(secrets.token_urlsafe(48))' makes one)."
    if settings.secret_key is None:
        refuse("SECRET_KEY", f"is missing: production needs {make}")
    if settings.stripe_secret_key and not settings.stripe_webhook_secret:
        refuse("STRIPE_WEBHOOK_SECRET", "is missing: without it no payment can be believed.")
    if not settings.public_url.startswith("https://"):
        refuse("PUBLIC_URL", "must be the site's https:// address in production.")
    if settings.failpoint is not None:
        refuse("FAILPOINT", "is for development only; remove it.")
    for name, secret in _secrets_of(settings):
        if len(secret) < SECRET_BYTES:
            refuse(name, f"is too short: it needs {make}")
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
            folder.mkdir(parents=True, exist_ok=True)
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
