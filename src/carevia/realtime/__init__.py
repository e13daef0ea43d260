"""The real-time engine: Engine.IO v4 and Socket.IO v5 on uvicorn. It knows nothing of the booking business."""

from carevia.realtime.config import Refusal, ServerConfig
from carevia.realtime.handshake import Handshake
from carevia.realtime.namespace import ConnectRefused, Namespace
from carevia.realtime.recovery import Identity, Recovery
from carevia.realtime.server import Server
from carevia.realtime.socket import AckTimeout, Disconnected, Socket

__all__ = [
    "AckTimeout",
    "ConnectRefused",
    "Disconnected",
    "Handshake",
    "Identity",
    "Namespace",
    "Recovery",
    "Refusal",
    "Server",
    "ServerConfig",
    "Socket",
]
