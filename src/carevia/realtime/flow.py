"""uvicorn's flow control, of a connection that is read in portions."""

import asyncio

from uvicorn.protocols.http.flow_control import FlowControl

from carevia.realtime.portions import Portions


class Flow(Portions, FlowControl):
    """It is read while neither uvicorn nor the others' turn wants it stopped."""

    def __init__(self, transport: asyncio.Transport) -> None:
        FlowControl.__init__(self, transport)
        Portions.__init__(self)
