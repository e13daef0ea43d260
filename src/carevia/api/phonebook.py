"""Where the nodes of other hosts take connections: each says so of itself, on the roster (realtime/nodes/links.py)."""

from urllib.parse import urlsplit

from carevia.realtime.adapter.roster import Roster


class Phonebook:
    """`Nodes` of realtime/nodes."""

    def __init__(self, roster: Roster) -> None:
        self._shared = roster.table("address", tuple[str, int])

    def say(self, address: str | None, port: int) -> None:
        """Where other hosts reach this node: a host, and its port where that is not `port`."""
        if address is not None:
            parts = urlsplit(f"//{address}")
            self._shared.set("", (parts.hostname or "", parts.port or port))

    def address(self, node: str) -> tuple[str, int] | None:
        found: tuple[str, int] | None = self._shared.others.get(node, {}).get("")
        return found
