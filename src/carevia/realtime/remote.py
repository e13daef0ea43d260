"""A socket of any server of the cluster, as `fetch_sockets` found it."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from carevia.realtime.namespace import Namespace


class RemoteSocket:
    """A picture of the moment it was asked for; what is done to it reaches the socket wherever it is."""

    __slots__ = ("_namespace", "data", "handshake", "id", "rooms")

    def __init__(
        self, namespace: "Namespace", sid: str, rooms: tuple[str, ...], data: Any, handshake: Mapping[str, Any]
    ) -> None:
        self._namespace = namespace
        self.id = sid
        self.rooms = rooms
        """With the room that every socket has: its own id."""
        self.data = data
        self.handshake = handshake

    def emit(self, name: str, *args: Any) -> None:
        """See `Target.emit`."""
        self._namespace.to(self.id).emit(name, *args)

    def join(self, *rooms: str) -> None:
        """Enter rooms."""
        self._namespace.to(self.id).sockets_join(*rooms)

    def leave(self, *rooms: str) -> None:
        """Leave rooms."""
        self._namespace.to(self.id).sockets_leave(*rooms)

    def disconnect(self, close: bool = False) -> None:
        """See `Socket.disconnect`."""
        self._namespace.to(self.id).disconnect_sockets(close)
