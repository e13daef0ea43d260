"""A test kit for whoever builds on the engine: clients that speak the real protocol to the real server object, in the
test's own process, without sockets; a clock that leaps; and faults to order. It needs no test framework.

The client's bytes are Engine.IO, Socket.IO and WebSocket frames, and pass through the same transports as in service;
only the network between them is made up. Here a day of heartbeats, a cut and a return, in no time:

>>> import asyncio
>>> from carevia.realtime import Server
>>> from carevia.realtime.testing import TestClient, virtual_time
>>> async def main():
...     server = Server()
...     space = server.namespace("/")
...     space.on("echo")(lambda socket, *args: args)
...     async with TestClient(server, auth={"token": "t"}) as client:
...         print(await client.call("echo", 5))
...         space.emit("booking", {"id": 1})
...         print(await client.receive("booking"))
...         await asyncio.sleep(24 * 3600)
...         print(client.transcript.count("2"), "pings, connected:", client.connected)
...         client.cut()
...         print(client.connected, client.closed.why)
...         await client.reconnect()
...         print(await client.call("echo", "back"), client.recovered)
...     await server.stop()
>>> with virtual_time() as clock:
...     clock.run(main())
...     print(clock.now, "seconds went by")
[5]
Event('booking', {'id': 1})
3455 pings, connected: True
False cut
['back'] False
86400.0 seconds went by
"""

from carevia.realtime.testing.client import Event, TestClient
from carevia.realtime.testing.clock import Stuck, VirtualClock, VirtualLoop, virtual_time
from carevia.realtime.testing.links import Closed, Refused
from carevia.realtime.testing.wire import Tamper, duplicate, shuffle

__all__ = [
    "Closed",
    "Event",
    "Refused",
    "Stuck",
    "Tamper",
    "TestClient",
    "VirtualClock",
    "VirtualLoop",
    "duplicate",
    "shuffle",
    "virtual_time",
]
