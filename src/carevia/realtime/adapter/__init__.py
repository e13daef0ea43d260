"""Several servers as one: what is emitted on any of them reaches the sockets of all, in the wire format of
`@socket.io/redis-adapter` 8.3, so that Node servers and `@socket.io/redis-emitter` on the same Redis take part.

wire.py is the format, broker.py what carries it (memory, or Redis in redis.py), adapter.py one namespace's part in it,
requests.py what waits for answers; what is done to this process's own sockets stands in realtime/operations.py. At
most once, best effort: nothing here may be the only way of a fact. roster.py is the list of nodes of our own kind and
what each says of itself, membership.py what carries it.
"""

from carevia.realtime.adapter.adapter import Adapter
from carevia.realtime.adapter.broker import Broker, BrokerUnavailable, MemoryBroker, MemoryBus

__all__ = ["Adapter", "Broker", "BrokerUnavailable", "MemoryBroker", "MemoryBus"]
