"""Two nodes on one data folder behind a real nginx that hands requests round: deploy/nginx/carevia.conf without TLS,
with the nodes of deploy/cluster/nodes.conf."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.acceptance.conftest import SETTINGS
from tests.harness.nginx import Nginx
from tests.harness.program import ROOT, Program, free_port

CONF = "".join((ROOT / "deploy" / name).read_text() for name in ("cluster/nodes.conf", "nginx/carevia.conf"))
NODES = ("carevia-1:3000", "carevia-2:3000")
NO_REDIS = "redis://127.0.0.1:1"  # the setting is asked for; nothing here needs what is behind it


class Cluster(NamedTuple):
    nodes: Sequence[Program]
    url: str
    port: int


def configured(folder: Path, nodes: Sequence[str], port: int) -> str:
    """The files with these two nodes (host:port), on this port, without TLS and with the log in `folder`."""
    text = CONF
    for name, node in zip(NODES, nodes, strict=True):
        assert f" server {name} " in text
        text = text.replace(f" server {name} ", f" server {node} ")
    text = re.sub(r"^ *(ssl_.*|listen \[::\].*|listen 80;)\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^server \{.*?^\}\n", "", text, count=1, flags=re.DOTALL | re.MULTILINE)  # the way to https
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};").replace("care.example.com", "127.0.0.1")
    return text.replace("/var/log/nginx/carevia.log", str(folder / "access.log"))


@contextmanager
def cluster(folder: Path, *words: Sequence[str], **settings: str) -> Iterator[Cluster]:
    """One node for each of `words` (what follows `serve`), all on one data folder."""
    port = free_port()
    given: dict[str, Any] = SETTINGS | {"CAREVIA_TRUSTED_PROXIES": "127.0.0.1"} | settings
    given["CAREVIA_PUBLIC_URL"] = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        nodes = []
        for each in words:
            redis: dict[str, Any] = {"CAREVIA_REDIS_URL": NO_REDIS} if "--workers" in each else {}
            nodes.append(stack.enter_context(Program(*each, data=folder / "data", **redis | given)))
        (folder / "nginx").mkdir()
        text = configured(folder / "nginx", [f"127.0.0.1:{node.port}" for node in nodes], port)
        nginx = stack.enter_context(Nginx(folder / "nginx", text, connections=16_000))
        nginx.test()
        nginx.start(port)
        yield Cluster(nodes, f"http://127.0.0.1:{port}", port)
