"""Several workers behind one port: whoever of them is asked for `/metrics` or `/readyz` answers for all.

The system gives a probe or a scrape to any of them. Without this, counters would jump back and forth from one scrape to
the next, and a worker that is ill would be seen every now and then only. The others are asked for their `own`.
"""

import asyncio
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from carevia.realtime.nodes import Links

PATIENCE: Final = 2.0  # seconds for another worker to answer


class Told(NamedTuple):
    """What a worker answered; 0 where it did not."""

    node: str
    status: int
    body: bytes


class Workers:
    """`links` lead to the other workers of the same parent; none where there is no parent."""

    def __init__(self, links: Links) -> None:
        self.node = links.id
        self._links = links

    async def ask(self, path: str, more: str = "") -> list[Told]:
        """What each of the others that live answers on this path about itself; `more` of the query: `&name=value`."""
        request = f"GET {path}?own=1{more} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
        told = await asyncio.gather(*(self._ask(node, request) for node in self._links.siblings()))
        return [one for one in told if one is not None]

    async def trouble(self, more: str = "") -> str | None:
        """Why one of the others is not ready, or None."""
        for told in await self.ask("/readyz", more):
            if told.status == 0:
                return "A worker does not answer."
            if told.status != 200:
                return msgspec.json.decode(told.body, type=_Refusal).message
        return None

    async def _ask(self, node: str, request: bytes) -> Told | None:
        try:
            answer = await self._links.ask(node, request, PATIENCE)
        except TimeoutError:
            return Told(node, 0, b"")
        except OSError:  # it has died; its parent starts another one
            return None
        head, _, body = answer.partition(b"\r\n\r\n")
        return Told(node, int(head.split(b" ", 2)[1]) if head else 0, body)


class _Refusal(msgspec.Struct):
    message: str


def joined(pages: Iterable[tuple[str, bytes]]) -> bytes:
    """Pages of metrics (worker, page) as one: each family once, every sample with its worker's label."""
    families: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for worker, page in pages:
        family = ""
        for line in page.decode().splitlines():
            if line.startswith("# "):
                family = line.split(" ", 3)[2]
                heads = families.setdefault(family, [])
                if line not in heads:
                    heads.append(line)
            elif line:
                samples.setdefault(family, []).append(_labelled(line, worker))
    lines = [line for family, heads in families.items() for line in (*heads, *samples.get(family, ()))]
    return "".join(f"{line}\n" for line in lines).encode()


def _labelled(sample: str, worker: str) -> str:
    name, brace, rest = sample.partition("{")
    if brace:
        return f'{name}{{worker="{worker}",{rest}'
    name, _, value = sample.partition(" ")
    return f'{name}{{worker="{worker}"}} {value}'
