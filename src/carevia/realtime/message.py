"""One outgoing packet, encoded once for everybody it goes to, whatever their transport."""

from collections.abc import Sequence

from carevia.protocol import engineio, websocket


class Message:
    """`packet` is an Engine.IO packet (its digit first); `attachments` are the binary messages that follow it.

    `size` is what it holds, in bytes. `volatile` says it may be dropped for a client that cannot take it at once.
    """

    __slots__ = ("_frames", "_parts", "attachments", "packet", "size", "volatile")

    def __init__(
        self, packet: bytes, attachments: list[bytes] | tuple[bytes, ...] = (), volatile: bool = False
    ) -> None:
        self.packet = packet
        self.attachments = attachments
        self.volatile = volatile
        self.size = len(packet) + sum(map(len, attachments)) if attachments else len(packet)
        self._frames: bytes | None = None
        self._parts: list[bytes] | None = None

    @property
    def whole(self) -> "Sequence[Message]":
        """The packets in it, one by one."""
        return [self]

    @property
    def frames(self) -> bytes:
        """As WebSocket frames, ready to write."""
        frames = self._frames
        if frames is None:
            frames = websocket.frame(websocket.TEXT, self.packet) if self.packet else b""
            for data in self.attachments:
                frames += websocket.frame(websocket.BINARY, data)
            self._frames = frames
        return frames

    @property
    def parts(self) -> list[bytes]:
        """As the parts of a polling payload."""
        if self._parts is None:
            self._parts = [self.packet] if self.packet else []
            self._parts += map(engineio.binary_part, self.attachments)
        return self._parts


class InText(Message):
    """The same message for a client that takes text frames alone: what is binary as in a polling payload."""

    __slots__ = ()

    def __init__(self, message: Message) -> None:
        self.volatile = message.volatile
        self._frames = b"".join(websocket.frame(websocket.TEXT, part) for part in message.parts)


def binary(data: bytes) -> Message:
    """A bare binary Engine.IO message."""
    return Message(b"", (data,))
