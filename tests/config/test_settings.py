"""Settings: names, values, what production refuses, and the secrets of development."""

import base64
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from carevia.config import SECRETS_FILE, Settings, load_settings, with_development_secrets
from carevia.errors import ConfigError
from carevia.values import LONGEST_EMAIL, LONGEST_PASSWORD, duration

GOOD = {
    "CAREVIA_ENV": "production",
    "CAREVIA_SECRET_KEY": "k" * 32,
    "CAREVIA_PUBLIC_URL": "https://care.example.com",
}
EMIT = "whsec_" + base64.b64encode(b"e" * 32).decode()
# Every name of the interface, with a value that is not the default and how it arrives.
VALUES = {
    "HOST": ("0.0.0.0", "0.0.0.0"),
    "PORT": ("4000", 4000),
    "PUBLIC_URL": ("https://Care.example.com/", "https://care.example.com"),
    "DATA_DIR": ("elsewhere", Path("elsewhere")),
    "DATABASE_URL": ("postgresql://u:p@h/d", "postgresql://u:p@h/d"),
    "REDIS_URL": ("unix:///run/redis.sock", "unix:///run/redis.sock"),
    "NODE_ADDRESS": ("[fd00::5]:3001", "[fd00::5]:3001"),
    "SECRET_KEY": ("s" * 32, "s" * 32),
    "JWT_SECRET": ("j", "j"),
    "STRIPE_SECRET_KEY": ("sk_test_1", "sk_test_1"),
    "STRIPE_WEBHOOK_SECRET": ("whsec_a, whsec_b", ("whsec_a", "whsec_b")),
    "STRIPE_API_BASE": ("http://127.0.0.1:9", "http://127.0.0.1:9"),
    "RECONCILE_INTERVAL": ("2s", 2.0),
    "EMIT_SECRET": (f"{EMIT},{EMIT}", (EMIT, EMIT)),
    "SOCKET_URL": ("https://live.example.com:8443", "https://live.example.com:8443"),
    "ALLOWED_ORIGINS": ("https://a.example, http://b.example:80", ("https://a.example", "http://b.example")),
    "GUEST_SOCKETS": ("off", False),
    "TRUSTED_PROXIES": ("127.0.0.1,10.0.0.0/8", ("127.0.0.1/32", "10.0.0.0/8")),
    "TIME_ZONE": ("Europe/Berlin", "Europe/Berlin"),
    "SSLCOMMERZ_STORE_ID": ("store", "store"),
    "SSLCOMMERZ_STORE_PASSWORD": ("word", "word"),
    "SSLCOMMERZ_API_BASE": ("https://pay.example", "https://pay.example"),
    "DRAIN_SECONDS": ("2.5", 2.5),
    "DRAIN_RATE": ("100", 100),
    "RECEIPT_ALARM": ("45s", 45.0),
    "METRICS_TOKEN": ("m", "m"),
    "SMTP_URL": ("smtp://mail.example", "smtp://mail.example"),
    "MAIL_FROM": ("desk@care.example", "desk@care.example"),
    "PING_INTERVAL": ("0.3", 0.3),
    "PING_TIMEOUT": ("0.2", 0.2),
    "JOURNAL_RETENTION": ("12h", 43_200.0),
    "LIMIT_EVENTS_PER_SECOND": ("0", 0),
    "LIMIT_TABS_PER_USER": ("3", 3),
    "LIMIT_CONNECTIONS_PER_ADDRESS": ("9", 9),
    "LIMIT_HANDSHAKES_PER_SECOND": ("8", 8),
    "LIMIT_CONNECTIONS": ("4", 4),
    "LIMIT_ROOMS_PER_SOCKET": ("7", 7),
    "LIMIT_MESSAGE_BYTES": ("6", 6),
    "LIMIT_BUFFER_BYTES": ("5", 5),
    "LOG": ("json", "json"),
    "FAILPOINT": ("webhook.committed:2", "webhook.committed:2"),
}


def load(**values: str) -> Settings:
    return load_settings({f"CAREVIA_{name}": value for name, value in values.items()})


def problems(environ: dict[str, str], folder: Path | None = None) -> dict[str, str]:
    with pytest.raises(ConfigError) as refused:
        load_settings(environ, folder)
    return {error["field"].removeprefix("CAREVIA_"): error["message"] for error in refused.value.errors or []}


@pytest.mark.parametrize("name", VALUES)
def test_every_setting_of_the_interface_is_read(name: str) -> None:
    given, expected = VALUES[name]
    assert getattr(load(**{name: given}), name.lower()) == expected
    assert getattr(load(), name.lower()) != expected


def test_the_table_above_knows_every_setting() -> None:
    from dataclasses import fields

    pair = {"ADMIN_EMAIL", "ADMIN_PASSWORD", "ENV"}
    assert {field.name.upper() for field in fields(Settings)} == VALUES.keys() | pair


def test_defaults_are_those_of_the_interface() -> None:
    settings = load()
    assert (settings.env, settings.host, settings.port) == ("development", "127.0.0.1", 3000)
    assert settings.public_url == "http://localhost:3000"
    assert settings.time_zone == "Asia/Dhaka"
    assert (settings.ping_interval, settings.ping_timeout) == (25, 20)
    assert settings.journal_retention == 7 * 86_400
    assert (settings.drain_seconds, settings.drain_rate, settings.receipt_alarm) == (8, 500, 30)
    assert settings.reconcile_interval == 15 * 60
    assert (settings.limit_events_per_second, settings.limit_tabs_per_user) == (20, 20)
    assert (settings.limit_rooms_per_socket, settings.limit_message_bytes) == (100, 1_000_000)


def test_what_depends_on_the_environment_follows_it() -> None:
    development, production = load(), load_settings(GOOD)
    assert (development.guest_sockets, production.guest_sockets) == (True, False)
    assert (development.log, production.log) == ("console", "json")
    assert (development.limit_connections_per_address, production.limit_connections_per_address) == (0, 200)
    assert (development.limit_handshakes_per_second, production.limit_handshakes_per_second) == (0, 50)
    assert load_settings(GOOD | {"CAREVIA_GUEST_SOCKETS": "on"}).guest_sockets is True


@pytest.mark.parametrize(("word", "value"), [("on", True), ("true", True), ("1", True), ("OFF", False), ("0", False)])
def test_switches_are_on_or_off_in_three_spellings(word: str, value: bool) -> None:
    assert load(GUEST_SOCKETS=word).guest_sockets is value


@pytest.mark.parametrize(("text", "seconds"), [("7d", 604_800), ("12h", 43_200), ("30s", 30), ("5m", 300), ("2", 2)])
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"), ("PORT", "-1"), ("PORT", "http"), ("GUEST_SOCKETS", "maybe"), ("JOURNAL_RETENTION", "soon"),
        ("PING_INTERVAL", "0"), ("PING_INTERVAL", "nan"), ("PUBLIC_URL", "localhost:3000"), ("LOG", "xml"),
        ("PUBLIC_URL", "https://care.example.com/app"), ("SOCKET_URL", "https://u:p@host"), ("ENV", "staging"),
        ("TRUSTED_PROXIES", "nginx"), ("TIME_ZONE", "Mars/Base"), ("EMIT_SECRET", "whsec_!!"), ("EMIT_SECRET", "plain"),
        ("DATABASE_URL", "mysql://x"), ("REDIS_URL", "localhost"), ("LIMIT_TABS_PER_USER", "many"),
        ("ADMIN_EMAIL", "nobody"), ("PUBLIC_URL", "https://host:port"), ("PUBLIC_URL", "http://[::1"),
        ("NODE_ADDRESS", "http://10.0.0.5"), ("NODE_ADDRESS", "10.0.0.5:0"), ("NODE_ADDRESS", "10.0.0.5:65536"),
        ("NODE_ADDRESS", "me@host"), ("NODE_ADDRESS", "a..b"), ("NODE_ADDRESS", "[10.0.0.5]:x"),
        ("PUBLIC_URL", "http://["), ("PUBLIC_URL", f"http://{'x' * 64}.example"), ("PUBLIC_URL", "https://a..b"),
        ("SOCKET_URL", "https://a;script-src *"), ("SOCKET_URL", "https://a b"), ("SOCKET_URL", "https://[fe80::1%eth0]"),
        ("ALLOWED_ORIGINS", "https://*.example.com"), ("EMIT_SECRET", "whsec_বাংলা"), ("EMIT_SECRET", "বাংলা"),
        ("STRIPE_API_BASE", "http://["), ("STRIPE_API_BASE", "http:"), ("STRIPE_API_BASE", "https://a:port"),
        ("SSLCOMMERZ_API_BASE", "https:"), ("STRIPE_SECRET_KEY", "sk_live_é"), ("STRIPE_SECRET_KEY", "sk_live\nx: y"),
        ("RECONCILE_INTERVAL", "0.001ms"), ("RECONCILE_INTERVAL", "99ms"), ("REDIS_URL", "redis:10.0.0.5:6379"),
        ("DATABASE_URL", "postgresql:care"), ("METRICS_TOKEN", "é" * 32),
    ],
)  # fmt: skip
def test_wrong_value_is_refused_with_its_name(name: str, value: str) -> None:
    found = problems({f"CAREVIA_{name}": value})
    assert re.match(f"CAREVIA_{name} (must|needs|may) ", found[name]), "ours, not a library's words"


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ("https://Bücher.example:8443", ": https://xn--bcher-kva.example"),
        ("https://বাংলা.example", ": https://xn--"),
        ("https://straße.example", " (xn--...)"),  # by the older rules it would be strasse.example, another name
    ],
)
def test_an_origin_that_no_browser_would_send_is_refused_with_the_form_that_they_do(given: str, advice: str) -> None:
    assert f"as browsers send it{advice}" in problems({"CAREVIA_ALLOWED_ORIGINS": given})["ALLOWED_ORIGINS"]


def test_an_origin_is_in_the_form_that_browsers_send() -> None:
    assert load(ALLOWED_ORIGINS="HTTPS://[FD00:0:0::5]:443/").allowed_origins == ("https://[fd00::5]",)


@pytest.mark.parametrize(
    ("given", "meant"),
    [("fd00::5", "[fd00::5]"), ("fd00::5:3000", "[fd00::5:3000]"), ("[fd00::5]:3000", "[fd00::5]:3000")],
)
def test_an_ipv6_address_of_a_node_needs_brackets_for_a_port_only(given: str, meant: str) -> None:
    """`status.podIP` of Kubernetes has none."""
    assert load(NODE_ADDRESS=given).node_address == meant


def test_what_is_wrong_with_the_port_of_a_node_is_said_of_the_port() -> None:
    assert "port from 1 to 65535" in problems({"CAREVIA_NODE_ADDRESS": "10.0.0.5:0"})["NODE_ADDRESS"]


def test_the_first_account_gets_only_what_the_sign_in_takes() -> None:
    both = {"CAREVIA_ADMIN_EMAIL": "a@b.example", "CAREVIA_ADMIN_PASSWORD": "x" * LONGEST_PASSWORD}
    assert load_settings(both).admin_email
    assert set(problems(both | {"CAREVIA_ADMIN_PASSWORD": "x" * (LONGEST_PASSWORD + 1)})) == {"ADMIN_PASSWORD"}
    assert set(problems(both | {"CAREVIA_ADMIN_EMAIL": "x" * LONGEST_EMAIL + "@b.example"})) == {"ADMIN_EMAIL"}


def test_unknown_name_is_refused_with_the_nearest_known_one() -> None:
    found = problems({"CAREVIA_PING_INTERVALL": "5", "CAREVIA_XYZ": "1", "OTHER": "fine", "CAREVIA_LIMIT_ROOMS": "5"})
    assert "CAREVIA_PING_INTERVAL?" in found["PING_INTERVALL"]
    assert "CAREVIA_LIMIT_ROOMS_PER_SOCKET?" in found["LIMIT_ROOMS"], "not MAIL_FROM: the prefix is no likeness"
    assert "XYZ" in found


def test_all_problems_are_said_at_once() -> None:
    environ = {"CAREVIA_PORT": "x", "CAREVIA_LOG": "y", "CAREVIA_NOPE": "z", "CAREVIA_ADMIN_EMAIL": "a@b.example"}
    found = problems(environ)
    assert set(found) == {"PORT", "LOG", "NOPE", "ADMIN_PASSWORD"}
    with pytest.raises(ConfigError, match="4 settings are wrong") as refused:
        load_settings(environ)
    assert all(message in refused.value.message for message in found.values())


def test_empty_value_counts_as_not_set() -> None:
    assert load(PORT="", REDIS_URL=" ").port == 3000


def test_port_from_the_command_line_moves_the_default_public_url() -> None:
    assert load_settings({}, None, {"port": 4000, "host": None}).public_url == "http://localhost:4000"
    stated = load_settings({"CAREVIA_PUBLIC_URL": "http://x.example"}, None, {"port": 4000})
    assert stated.public_url == "http://x.example"
    assert load(PORT="0").on_port(4123).public_url == "http://localhost:4123"
    assert stated.on_port(5000).public_url == "http://x.example"


# --- the file beside the process ---


def test_file_of_the_environment_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env.development").write_text('CAREVIA_PORT=4000\nCAREVIA_HOST="0.0.0.0" # all\nPATH=/x\n')
    (tmp_path / ".env.production").write_text("CAREVIA_PORT=9\n")
    settings = load_settings({"CAREVIA_PORT": "5000"}, tmp_path)
    assert (settings.port, settings.host) == (5000, "0.0.0.0")


def test_dollar_signs_in_the_file_are_themselves(tmp_path: Path) -> None:
    (tmp_path / ".env.development").write_text("CAREVIA_JWT_SECRET=a${HOME}$b\n")
    assert load_settings({}, tmp_path).jwt_secret == "a${HOME}$b"


def test_unknown_name_in_the_file_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env.development").write_text("CAREVIA_PROT=4000\n")
    assert "CAREVIA_PORT?" in problems({}, tmp_path)["PROT"]


@pytest.mark.parametrize("line", ["CAREVIA_PORT 4000", "CAREVIA_PORT: 4000", 'CAREVIA_HOST="0.0.0.0'])
def test_line_of_the_file_that_cannot_be_read_is_not_passed_over(tmp_path: Path, line: str) -> None:
    """The server started with the default, as if nothing had been set."""
    (tmp_path / ".env.development").write_text(f"# CAREVIA_PORT 1\nno line of ours\n\n{line}\n")
    said = r"^CAREVIA_\w+ in \.env\.development cannot be read\. Write the line as CAREVIA_\w+=value\.$"
    with pytest.raises(ConfigError, match=said):
        load_settings({}, tmp_path)


def test_file_that_names_another_environment_or_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".env.development").write_text("CAREVIA_ENV=production\n")
    with pytest.raises(ConfigError, match="CAREVIA_ENV"):
        load_settings({}, tmp_path)
    (tmp_path / ".env.development").write_bytes(b"CAREVIA_HOST=\xff\xfe\n")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_settings({}, tmp_path)


def test_folder_in_the_place_of_the_file_is_not_passed_over(tmp_path: Path) -> None:
    """A container's engine makes one where the file that it was to mount is not there: all was the default."""
    (tmp_path / ".env.development").mkdir()
    with pytest.raises(ConfigError, match=r"\.env\.development cannot be read"):
        load_settings({}, tmp_path)


# --- production ---


def test_production_starts_with_secret_key_and_https_alone() -> None:
    settings = load_settings(GOOD)
    assert (settings.jwt_secret, settings.emit_secret) == (None, ())
    assert with_development_secrets(settings) is settings


def test_production_refuses_missing_secrets_and_http() -> None:
    assert set(problems({"CAREVIA_ENV": "production"})) == {"SECRET_KEY", "PUBLIC_URL"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "k" * 31),
        ("JWT_SECRET", "j" * 31),
        ("STRIPE_WEBHOOK_SECRET", f"{'w' * 40},{'w' * 31}"),
        ("EMIT_SECRET", "whsec_" + base64.b64encode(b"e" * 31).decode()),
        ("METRICS_TOKEN", "m" * 31),
        ("FAILPOINT", "webhook.verified"),
        ("PUBLIC_URL", "http://care.example.com"),
    ],
)
def test_production_refuses_every_secret_under_32_bytes_and_what_is_for_development(name: str, value: str) -> None:
    assert set(problems(GOOD | {f"CAREVIA_{name}": value})) == {name}


def test_advice_for_a_secret_that_is_too_short_makes_one_that_is_taken() -> None:
    short = {"CAREVIA_SECRET_KEY": "k", "CAREVIA_EMIT_SECRET": "whsec_" + base64.b64encode(b"e").decode()}
    for name, message in problems(GOOD | short).items():
        (command,) = re.findall(r"\(python3 (-c '.*') makes one\)", message)
        words = [sys.executable, *shlex.split(command)]
        made = subprocess.run(words, capture_output=True, text=True, check=True).stdout.strip()
        load_settings(GOOD | {f"CAREVIA_{name}": made})


def test_a_secret_of_stripes_is_to_be_had_from_stripe() -> None:
    short = {"CAREVIA_STRIPE_SECRET_KEY": "sk_live_x", "CAREVIA_STRIPE_WEBHOOK_SECRET": "whsec_x"}
    found = problems(GOOD | short)
    assert set(found) == {"STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"}
    assert all("Stripe's dashboard" in message and "python3" not in message for message in found.values())


def test_production_refuses_a_stripe_key_without_its_webhook_secret() -> None:
    environ = GOOD | {"CAREVIA_STRIPE_SECRET_KEY": "sk_live_" + "x" * 40}
    assert set(problems(environ)) == {"STRIPE_WEBHOOK_SECRET"}
    load_settings(environ | {"CAREVIA_STRIPE_WEBHOOK_SECRET": "whsec_" + "x" * 32})


# --- secrets ---


def test_secrets_never_show_in_a_repr_or_in_a_problem(tmp_path: Path) -> None:
    secret = "hush-hush-hush"
    names = ("SECRET_KEY", "JWT_SECRET", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "METRICS_TOKEN", "SMTP_URL")
    environ = {f"CAREVIA_{name}": f"smtp://{secret}" for name in names}
    environ |= {"CAREVIA_DATABASE_URL": f"postgresql://u:{secret}@h/d", "CAREVIA_REDIS_URL": f"redis://:{secret}@h"}
    environ |= {"CAREVIA_ADMIN_EMAIL": f"{secret}@b.example", "CAREVIA_ADMIN_PASSWORD": secret}
    assert secret not in repr(load_settings(environ))
    for message in problems(environ | {"CAREVIA_ENV": "production", "CAREVIA_EMIT_SECRET": secret}).values():
        assert secret not in message


def test_development_secrets_are_made_once_for_this_user_alone_and_used_again(tmp_path: Path) -> None:
    settings = load(DATA_DIR=str(tmp_path / "new" / "data"))
    made = with_development_secrets(settings)
    path = settings.data_dir / SECRETS_FILE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(settings.data_dir.stat().st_mode) == 0o700, "as the store makes it, which comes later"
    assert with_development_secrets(settings) == made
    assert made.emit_secret[0].startswith("whsec_")
    assert len(made.secret_key or "") >= 32
    assert [path.name for path in settings.data_dir.iterdir()] == [SECRETS_FILE]
    other = with_development_secrets(load(DATA_DIR=str(tmp_path / "other")))
    assert other.secret_key != made.secret_key


def test_secret_that_is_set_is_not_replaced(tmp_path: Path) -> None:
    settings = with_development_secrets(load(DATA_DIR=str(tmp_path), JWT_SECRET="mine"))
    assert settings.jwt_secret == "mine"


@pytest.mark.parametrize("text", ["", "{}", "[]", "not json", '{"secret_key": 5}'])
def test_damaged_secrets_file_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / SECRETS_FILE).write_text(text)
    with pytest.raises(ConfigError, match="Delete it"):
        with_development_secrets(load(DATA_DIR=str(tmp_path)))


def test_data_folder_that_is_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match="CAREVIA_DATA_DIR"):
        with_development_secrets(load(DATA_DIR=str(tmp_path / "data")))
