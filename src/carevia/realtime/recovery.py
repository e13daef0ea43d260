"""Connection state recovery: who a coming socket is, and whether it is one that was here before.

The engine asks at CONNECT, before it answers; what the socket missed is replayed by whoever owns the log, in the
"connect" handler.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from carevia.realtime.socket import Socket


class Identity(NamedTuple):
    """`sid`: the socket's id, kept where it is recovered. `pid`: the private token of the CONNECT reply; None gives
    none."""

    sid: str
    pid: str | None
    recovered: bool


class Recovery(Protocol):
    """What a namespace may be given. Raises nothing: what cannot be honoured is a new identity."""

    def identify(self, socket: "Socket", auth: Mapping[str, Any]) -> Identity:
        """Called after the middlewares let the socket in; `auth` may carry `pid` and `offset`."""
        ...
