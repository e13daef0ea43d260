"""The real-time engine: Engine.IO v4 and Socket.IO v5 on uvicorn. It knows nothing of the booking business."""

from carevia.realtime.config import Refusal, ServerConfig
from carevia.realtime.handshake import Handshake
from carevia.realtime.namespace import ConnectRefused, Namespace, Target
from carevia.realtime.operations import AckTimeout
from carevia.realtime.recovery import EventLog, Identity, Recovery
from carevia.realtime.recovery_memory import MemoryRecovery
from carevia.realtime.remote import RemoteSocket
from carevia.realtime.server import Server
from carevia.realtime.session import Session, Watch
from carevia.realtime.socket import NO_ACK, Disconnected, Socket

__all__ = [
    "NO_ACK",
    "AckTimeout",
    "ConnectRefused",
    "Disconnected",
    "EventLog",
    "Handshake",
    "Identity",
    "MemoryRecovery",
    "Namespace",
    "Recovery",
    "Refusal",
    "RemoteSocket",
    "Server",
    "ServerConfig",
    "Session",
    "Socket",
    "Target",
    "Watch",
]
