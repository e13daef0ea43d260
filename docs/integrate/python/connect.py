"""CAREVIA_URL=… CAREVIA_JWT_SECRET=… python connect.py   (pip install "python-socketio[asyncio-client]" pyjwt)"""

import asyncio
import os
from typing import Any

import socketio
from mint_token import mint_token


async def main() -> None:
    """Print every paid booking as it arrives."""
    client = socketio.AsyncClient()  # reconnects by itself; it knows no recovery, so load afresh after "connect"

    @client.event
    def connect() -> None:
        print("connected", flush=True)

    @client.event
    def customer_added(booking: dict[str, Any], *offset: str) -> None:
        print(f"paid: {booking['trackingId']} {booking['amountPaid']} {booking['currency']}", flush=True)

    def credentials() -> dict[str, str]:
        return {"token": mint_token("site-desk", "admin", os.environ["CAREVIA_JWT_SECRET"])}

    await client.connect(os.environ.get("CAREVIA_URL", "http://localhost:3000"), auth=credentials)
    await client.wait()


if __name__ == "__main__":
    asyncio.run(main())
