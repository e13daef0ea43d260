"""deploy/monitoring/: what dashboard and alarms ask for is what a running program tells, by Prometheus' own rules."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
import yaml
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.conftest import SETTINGS
from tests.acceptance.people import staff, token
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.node import SocketIOClient
from tests.harness.program import ROOT, Program, free_port
from tests.harness.valkey import Valkey

HERE = ROOT / "deploy" / "monitoring"
PERSONAL = ("Zuleikha", "zuleikha", "Banani-Lake", "family-1", "staff-1", "rafiq")
WORDS = {"by", "without", "on", "ignoring", "group_left", "unless", "and", "or", "bool"}


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """The metrics of a program on a bus with a provider, a family that has paid, and two tabs."""
    with Valkey() as valkey, SocketIOClient() as client:
        settings: dict[str, Any] = SETTINGS | {
            "CAREVIA_REDIS_URL": valkey.url,
            "CAREVIA_STRIPE_SECRET_KEY": "sk_test_0123456789abcdef0123456789abcdef",
            "CAREVIA_STRIPE_API_BASE": f"http://127.0.0.1:{free_port()}",  # nobody is there: sweeps fail
        }
        with Program(**settings) as program:
            client.connect(program.url, "desk", auth={"token": staff()}, transports=["websocket"])
            who = {"userName": PERSONAL[0], "userEmail": f"{PERSONAL[1]}@example.com", "address": PERSONAL[2]}
            body = event(session("family-1", metadata=metadata("family-1", **who)))
            assert deliver(program.url, body).status_code == 200
            assert deliver(program.url, body, "t=1,v1=0").status_code == 400
            client.connect(program.url, "family", auth={"token": token("family-1")}, transports=["polling"])
            client.expect_event("customer_added", "desk")
            assert client.call("test_event", socket="desk")
            yield httpx2.get(f"{program.url}/metrics", trust_env=False).text


@pytest.fixture(scope="module")
def families(page: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(page)}


def told(families: dict[str, Metric]) -> dict[str, Metric]:
    """Every name that can be asked for."""
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    ours = {name + end: family for name, family in families.items() for end in endings.get(family.type, ("",))}
    return ours | {"up": Metric("up", "Prometheus' own", "gauge")}


def expressions() -> Iterator[tuple[str, str]]:
    """(where, PromQL) of all panels, the dashboard's variables, and all alarms."""
    dashboard = json.loads((HERE / "grafana-carevia.json").read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            yield variable["name"], variable["query"]["query"]
    for rule in alarms():
        yield rule["alert"], rule["expr"]


def alarms() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((HERE / "carevia-alerts.yml").read_text())["groups"]
    return list(group["rules"])


def names_in(expression: str) -> set[str]:
    """The metrics of an expression: words that are neither labels, nor strings, nor PromQL's own."""
    bare = re.sub(r'"[^"]*"', '""', expression)
    bare = re.sub(r"\b(by|without|on|ignoring) *\([^)]*\)|\{[^}]*\}|\[[^\]]*\]", " ", bare)
    bare = re.sub(r"label_values\((\w+), \w+\)", r"\1", bare)
    return {word for word in re.findall(r"[a-zA-Z_]\w*\b(?! *\()", bare) if word not in WORDS}


def test_the_reading_of_expressions_finds_metrics_and_nothing_else() -> None:
    assert names_in('sum by (le) (rate(a_total{job="b", x=~"c.*"}[5m])) / 2 > b_c unless on (e) d == 1') == {
        "a_total", "b_c", "d",
    }  # fmt: skip


def test_every_panel_and_every_alarm_asks_for_metrics_that_there_are(families: dict[str, Metric]) -> None:
    known, asked = told(families), set[str]()
    for where, expression in expressions():
        assert expression.count("(") == expression.count(")") and expression.count("{") == expression.count("}"), where
        names = names_in(expression)
        assert names and names <= set(known), (where, names - set(known))
        asked |= names
    ours = {name for name in known if name.startswith("carevia_") and not name.endswith(("_sum", "_count"))}
    assert ours <= asked, "and everything we count is on a panel or in an alarm"


def test_labels_that_are_asked_for_are_there(families: dict[str, Metric]) -> None:
    known = told(families)
    for where, expression in expressions():
        for name, matchers in re.findall(r"(\w+)\{([^}]*)\}", expression):
            labels = {label for sample in known[name].samples for label in sample.labels} if name in known else set()
            wanted = set(re.findall(r"(\w+)=", matchers)) - {"job", "instance"}
            assert not labels or wanted <= labels, (where, name, wanted - labels)


def test_names_follow_the_rules_of_prometheus(families: dict[str, Metric]) -> None:
    units = r"(milliseconds|minutes|hours|days|kilobytes|megabytes|percent|ms|kb|mb)"
    for name, family in families.items():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), name
        assert family.type in ("counter", "gauge", "histogram"), name
        assert family.documentation, f"{name} has no help"
        assert not re.search(rf"_{units}(_|$)", name), f"{name}: seconds, bytes and ratios are the units"
        assert not name.endswith(("_total", "_count", "_sum", "_bucket")), name
        assert family.type not in name.split("_"), f"{name} names its type"
        for sample in family.samples:
            assert all(re.fullmatch(r"[a-z][a-z0-9_]*", label) for label in sample.labels), sample
            assert "le" not in sample.labels or family.type == "histogram", sample


def test_no_metric_names_a_person(page: str) -> None:
    assert [word for word in PERSONAL if word in page] == []


def test_every_alarm_says_what_it_means_and_how_urgent_it_is() -> None:
    told_of = (ROOT / "docs" / "operate.md").read_text()
    for rule in alarms():
        assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]
        assert rule["annotations"]["summary"], rule["alert"]
        assert f"`{rule['alert']}`" in told_of, f"docs/operate.md does not say what to do about {rule['alert']}"


def test_prometheus_reads_the_alarms_and_asks_the_nodes_of_the_compose_file() -> None:
    settings = yaml.safe_load((HERE / "prometheus.yml").read_text())
    assert all((HERE / name).is_file() for name in settings["rule_files"])
    (job,) = settings["scrape_configs"]
    assert job["job_name"] == "carevia"
    services = yaml.safe_load((ROOT / "deploy" / "cluster" / "compose.yaml").read_text())["services"]
    (group,) = job["static_configs"]
    assert group["targets"] == [f"{name}:3000" for name in services if name.startswith("carevia")]


def test_panels_stand_beside_each_other_and_have_ids_of_their_own() -> None:
    panels = json.loads((HERE / "grafana-carevia.json").read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set[tuple[int, int]]()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24, panel["title"]
        taken |= cells
