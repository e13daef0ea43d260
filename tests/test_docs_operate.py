"""docs/operate.md: its commands exist and mean what they meant, its files and metrics are there."""

import re
import shlex
from pathlib import Path

import click
import httpx2
import pytest
import yaml

from carevia.cli import carevia
from tests.acceptance.conftest import SETTINGS
from tests.conftest import StartProgram

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "operate.md").read_text()
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL))
COMMANDS = [
    line.removeprefix("sudo ").removesuffix(" &&")
    for line in [*BLOCKS.splitlines(), *re.findall(r"`((?:sudo|docker|journalctl) [^`]+)`", PAGE)]
    if line.strip()
]
UNITS = {path.name.removesuffix(".service") for path in (ROOT / "deploy").glob("carevia*.*") if "env" not in path.name}


def parse(words: list[str]) -> None:
    """As the command line would read them; nothing is run."""
    command: click.Command = carevia
    while isinstance(command, click.Group):
        found = command.commands.get(words[0])
        assert found is not None, words
        command, words = found, words[1:]
    command.make_context(command.name, words)


def check(words: list[str]) -> None:
    match words:
        case ["carevia", *rest]:
            parse(rest)
        case ["docker", "compose", "-f", file, ("exec" | "run" | "up" | "build") as verb, *rest]:
            services = yaml.safe_load((ROOT / file).read_text())["services"]
            rest = [word for word in rest if word not in ("--rm", "-d", "--build", "--no-deps", "--wait")]
            assert set(rest[:1]) <= set(services), "a service of the compose file"
            if verb in ("exec", "run"):
                parse(rest[2:] if verb == "exec" else rest[1:])  # `run` starts the image's own entry point
        case ["systemctl", ("enable" | "start" | "stop" | "restart" | "reload"), *units]:
            assert {unit for unit in units if unit not in ("--now", "nginx")} <= UNITS
        case ["journalctl", "-u", unit, *_]:
            assert unit in UNITS
        case ["ls", folder]:
            assert folder == "/var/backups/carevia"
        case ["/opt/carevia/deploy/install.sh"]:
            assert (ROOT / "deploy" / "install.sh").stat().st_mode & 0o111
        case ["curl", "-fsS", url]:
            assert url.startswith("http://127.0.0.1:3000/")
        case ["git", "clone", "ADDRESS", "/opt/carevia"] | ["git", "-C", "/opt/carevia", "pull"] | ["nginx", "-t"]:
            pass
        case _:
            raise AssertionError(f"nothing checks this command: {shlex.join(words)}")


@pytest.mark.parametrize(
    "block",
    [block for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) if "sudo " in block or "docker " in block],
)
def test_a_pasted_block_stops_at_the_first_failure(block: str) -> None:
    """An upgrade without its backup, a restart without its upgrade: what comes next relies on what came before."""
    *before, last = block.splitlines()
    assert [line for line in before if not line.endswith(" &&")] == [] and not last.endswith("&&")


def test_every_backup_has_a_name_of_its_own_each_time() -> None:
    """An existing file is not overwritten: the second upgrade would begin with a refusal."""
    made = [shlex.split(command)[-1] for command in COMMANDS if "carevia backup " in command]
    assert len(made) == 3
    assert [name for name in made if "$(date " not in name] == []


@pytest.mark.parametrize("command", sorted(set(COMMANDS)))
def test_every_command_is_one_that_exists(command: str) -> None:
    check(shlex.split(command))


def test_every_file_it_links_to_is_there() -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", PAGE)
    assert len(links) > 8
    assert [link for link in links if not (ROOT / "docs" / link).exists()] == []


def test_every_address_it_asks_and_every_metric_it_names_is_answered(start_program: StartProgram) -> None:
    program = start_program(**SETTINGS)
    said = {}
    for address in re.findall(r"curl -fsS http://127\.0\.0\.1:3000(/\S+)", PAGE):
        answer = httpx2.get(program.url + address, trust_env=False)
        assert answer.status_code == 200, address
        said[address] = answer.text
    metrics = set(re.findall(r"^\| `((?:carevia|process)_\w+)`", PAGE, re.MULTILINE))
    shown = set(re.findall(r"^# TYPE (\w+) ", said["/metrics"], re.MULTILINE))
    assert len(metrics) > 5
    assert metrics - shown == set()


def test_the_reasons_it_explains_are_the_ones_the_program_gives() -> None:
    sources = "\n".join(path.read_text().lower() for path in (ROOT / "src" / "carevia").rglob("*.py"))
    table = PAGE.split("## What the alarms mean")[1]
    reasons = re.findall(r'"([^"]+)"', table) + re.findall(r"`(store: [^`]+)`", table)
    assert len(reasons) > 5
    assert [reason for reason in reasons if reason.lower() not in sources] == []
