"""One id leads through the logs of nginx and both nodes, from the webhook to the first screen."""

import json
from pathlib import Path
from typing import Any

from tests.acceptance.people import staff
from tests.acceptance.site import wait_until
from tests.acceptance.stripe import deliver, event, metadata, session
from tests.harness.node import SocketIOClient
from tests.harness.program import Program
from tests.nodes.cluster import cluster

NAMES = ["Zuleikha", "zuleikha@example.com", "Banani-Lake"]


def told(node: Program, request: str) -> list[dict[str, Any]]:
    """What a node's log says of this request."""
    lines = [json.loads(line) for line in node.out.text().splitlines()]
    return [line for line in lines if line.get("request") == request]


def test_one_id_leads_from_the_webhook_to_the_first_screen(tmp_path: Path, javascript_client: SocketIOClient) -> None:
    with cluster(tmp_path, [], [], CAREVIA_LOG="json") as site:
        asked, other = site.nodes
        client = javascript_client
        client.connect(other.url, "desk", auth={"token": staff()})
        told_of = metadata("family-1", userName=NAMES[0], userEmail=NAMES[1], address=NAMES[2])
        body = event(session("family-1", metadata=told_of))
        headers = deliver(asked.url, body).headers
        request = headers["x-request-id"]
        offset = client.expect_event("customer_added", "desk")["args"][-1]
        seq = int(offset.rpartition(".")[2])
        client.emit("shown", {"seq": seq}, socket="desk")
        wait_until(lambda: any(line["event"] == "booking shown" for line in told(other, request)), "it is shown")
        wait_until(lambda: len(told(asked, request)) == 3, "the asked node has written its lines")
        received, *rest = [(line["event"], line.get("seq")) for line in told(asked, request)]
        assert received == ("notice received", None)
        assert rest == [("notice committed", None), ("event emitted", seq)]
        emitted, shown = told(other, request)
        assert (emitted["event"], emitted["seq"], emitted["name"]) == ("event emitted", seq, "customer_added")
        assert (shown["event"], shown["seq"]) == ("booking shown", seq) and shown["milliseconds"] >= 0
        assert told(asked, request)[0]["notice"] == json.loads(body)["id"], "the provider's own id leads to it too"
        assert emitted["node"] != told(asked, request)[0]["node"]

        again = deliver(site.url, body).headers["x-request-id"]
        wait_until(lambda: any(told(node, again) for node in site.nodes), "nginx and Carevia call a request by one id")
        log = tmp_path / "nginx" / "access.log"
        wait_until(lambda: log.read_text().rstrip().endswith(f" {again}"), "nginx has written it down")
        assert [name for name in NAMES for node in site.nodes if name in node.output()] == []
