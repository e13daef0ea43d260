"""What the text of a setting may be, and what it means: one parser per kind of value.

Text in, value out; ValueError with a half-sentence that follows the setting's name and says what is right, not what was
given: it may be a secret. Nothing here knows a setting, or reads anything.
"""

import base64
import ipaddress
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import SplitResult, urlsplit

WHSEC: Final = "whsec_"
MAKES_EMIT: Final = (
    """python3 -c 'import base64, secrets; print("whsec_" + base64.b64encode(secrets.token_bytes(48)).decode())'"""
)
LONGEST_EMAIL: Final = 320
SHORTEST_INTERVAL: Final = 0.1  # s
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 1_000
_STANDARD_PORTS: Final = {"http": 80, "https": 443}
_LABEL: Final = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*\.?")


def text(raw: str) -> str:
    return raw


def token(raw: str) -> str:
    """What goes into a header."""
    if not raw.isascii() or not raw.isprintable():
        raise ValueError("must be of printable ASCII characters only: copy it anew")
    return raw


def switch(raw: str) -> bool:
    match raw.lower():
        case "on" | "true" | "1":
            return True
        case "off" | "false" | "0":
            return False
    raise ValueError("must be on or off")


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in choices:
            raise ValueError(f"must be {' or '.join(choices)}")
        return raw

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", raw) or not low <= int(raw) <= high:
            raise ValueError(f"must be a whole number from {low} to {high}")
        return int(raw)

    return parse


def fraction(low: float, high: float) -> Callable[[str], float]:
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


def interval(raw: str) -> float:
    """Of questions to somebody else, who would take a thousand a second for an attack."""
    if (seconds := duration(raw)) < SHORTEST_INTERVAL:
        raise ValueError(f"must be at least {SHORTEST_INTERVAL:g}s, such as 15m")
    return seconds


def list_of(parse: Callable[[str], str]) -> Callable[[str], tuple[str, ...]]:
    def parse_all(raw: str) -> tuple[str, ...]:
        return tuple(parse(item.strip()) for item in raw.split(",") if item.strip())

    return parse_all


# --- addresses ---


def origin(raw: str) -> str:
    """scheme://host[:port] and nothing behind it, as browsers write it: in lower case, without a default port."""
    parts, host = _web(raw.rstrip("/"), "https://care.example.com")
    if parts.path or parts.query or parts.fragment:
        raise ValueError("must end after the host and port (no path)")
    standard = parts.port in (None, _STANDARD_PORTS[parts.scheme])
    return f"{parts.scheme}://{host}" + ("" if standard else f":{parts.port}")


def api_base(raw: str) -> str:
    """Where an API of somebody else begins; it may have a path."""
    _web(raw, "https://api.example.com")
    return raw


def _web(raw: str, example: str) -> tuple[SplitResult, str]:
    """The parts of an http(s) address, whose port can be read, and its host."""
    try:
        parts = urlsplit(raw)
        good = parts.scheme in _STANDARD_PORTS and parts.username is None and parts.port != 0
        host = _host(parts.hostname or "") if good else None
    except ValueError:  # in the words of the library
        host = None
    if host is None:
        raise ValueError(f"must be an address such as {example}")
    if not host.isascii():
        form = _punycode(host)
        sure = form.encode().decode("idna") == host  # not where browsers know better, as with ß
        raise ValueError(f"must be written as browsers send it{f': {parts.scheme}://{form}' if sure else ' (xn--...)'}")
    return parts, host


def _host(name: str) -> str | None:
    """As it stands in an address; None for what is none."""
    if is_ipv6(name):
        return f"[{ipaddress.IPv6Address(name)}]"
    return name if _HOST.fullmatch(name if name.isascii() else _punycode(name)) else None


def _punycode(name: str) -> str:
    """Raises ValueError for a name that has no such form."""
    return name.encode("idna").decode()


def is_ipv6(raw: str) -> bool:
    try:
        return "%" not in str(ipaddress.IPv6Address(raw))
    except ValueError:
        return False


def url(*schemes: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if not any(raw.startswith(f"{scheme}://") for scheme in schemes):
            raise ValueError(f"must begin with {' or '.join(f'{scheme}://' for scheme in schemes)}")
        return raw

    return parse


def node_address(raw: str) -> str:
    """Without brackets an IPv6 address is all address, as an orchestrator gives it: a port needs them."""
    if is_ipv6(raw):
        return f"[{raw}]"
    found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?", raw, re.IGNORECASE)
    if not found or _host(found[1].strip("[]").lower()) is None:
        raise ValueError("must be a host or address, such as 10.0.0.5, 10.0.0.5:3000, fd00::5 or [fd00::5]:3000")
    if found[2] and not 1 <= int(found[2]) <= 65535:
        raise ValueError("must end in a port from 1 to 65535, or in none")
    return raw


def network(raw: str) -> str:
    try:
        return str(ipaddress.ip_network(raw, strict=False))
    except ValueError:
        raise ValueError("must be addresses or networks such as 127.0.0.1,10.0.0.0/8") from None


# --- the rest ---


def time_zone(raw: str) -> str:
    from zoneinfo import ZoneInfo

    try:
        ZoneInfo(raw)
    except (KeyError, ValueError, OSError):
        raise ValueError("must be the name of a time zone such as Asia/Dhaka") from None
    return raw


def emit_secret(raw: str) -> str:
    try:
        key = base64.b64decode(raw.removeprefix(WHSEC), validate=True)
    except ValueError:
        key = b""
    if not raw.startswith(WHSEC) or not key:
        raise ValueError(f"must be {WHSEC} and base64, comma list ({MAKES_EMIT} makes one)")
    return raw


def email(raw: str) -> str:
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", raw):
        raise ValueError("must be an e-mail address")
    if len(raw) > LONGEST_EMAIL:
        raise ValueError(f"may have at most {LONGEST_EMAIL} characters")
    return raw


def password(raw: str) -> str:
    if len(raw) < SHORTEST_PASSWORD:
        raise ValueError(f"needs at least {SHORTEST_PASSWORD} characters")
    if len(raw) > LONGEST_PASSWORD:
        raise ValueError(f"may have at most {LONGEST_PASSWORD} characters")
    return raw
