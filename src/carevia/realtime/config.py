"""What an engine is told at its making: times in seconds, sizes in bytes, 0 switches a limit off; `max_payload` and
all times but `lag_timeout` have to be above 0."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from carevia.realtime.handshake import Handshake

_ABOVE_0 = (
    "ping_interval",
    "ping_timeout",
    "connect_timeout",
    "upgrade_timeout",
    "max_payload",
    "attachment_timeout",
    "leave_timeout",
)


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Settings of one engine. The defaults are those of the protocol's reference server, and safe limits. Raises
    ValueError for a value that has to be above 0 and is not."""

    path: str = "/socket.io/"
    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    connect_timeout: float = 45.0  # a session that has sent no CONNECT by then is closed
    upgrade_timeout: float = 10.0
    allow_upgrades: bool = True
    max_payload: int = 1_000_000
    max_packets: int = 1_000  # in one polling payload
    max_attachments: int = 10
    attachment_timeout: float = 10.0
    max_rooms: int = 1_000  # per socket; past it the least recently joined is left
    max_sessions: int = 0  # at once; past it a handshake is told to come back later
    max_queued: int = 1_000  # events of one socket that wait for its handler
    leave_timeout: float = 15.0  # how long "disconnect" waits for handlers under way; as long again, and they are ended
    buffer_limit: int = 1_000_000  # unsent bytes per client; a client over it is dropped and comes back by recovery
    total_buffer_limit: int = 256_000_000  # unsent bytes of all clients; over it the one furthest behind is dropped
    lag_timeout: float = 10.0  # how long a client may leave what was sent unread before it is dropped
    # Origins beside the server's own whose pages may connect: exact `scheme://host[:port]`, or "*" for all.
    origins: Collection[str] = field(default=())
    # Peers whose X-Forwarded-For, -Proto and -Host are believed: addresses or networks.
    trusted_proxies: Collection[str] = field(default=())
    # Headers of a new session's first answer (name, value), cookies say; asked once per session.
    greeting: "Callable[[Handshake], Iterable[tuple[str, str]]] | None" = None

    def __post_init__(self) -> None:
        for name in _ABOVE_0:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} is {getattr(self, name)}: it must be above 0")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a handshake is turned away, for `admit`. Temporary ones (429, 503) say when to come back, in seconds."""

    status: int
    message: str
    retry_after: int | None = None
