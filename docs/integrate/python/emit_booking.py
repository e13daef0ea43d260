"""CAREVIA_URL=… CAREVIA_EMIT_SECRET=… python emit_booking.py   (needs nothing but Python)"""

import base64
import hashlib
import hmac
import json
import os
import time
import urllib.error
import urllib.request
import uuid
from typing import Any


def signed_headers(body: bytes, secret: str, event_id: str, timestamp: int) -> dict[str, str]:
    """Standard Webhooks headers; `secret` is CAREVIA_EMIT_SECRET ("whsec_<base64>")."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
    }


def emit_booking(url: str, booking: dict[str, Any], secret: str) -> int:
    """Tell Carevia of a paid booking, until it has stored it. 409 means that it has the id already, which is as
    good."""
    body = json.dumps(booking).encode()
    event_id = f"site_{uuid.uuid4()}"  # one id for all tries: the booking is announced once
    while True:
        headers = signed_headers(body, secret, event_id, int(time.time()))
        request = urllib.request.Request(f"{url}/emit-booking", data=body, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                if error.code == 409:
                    return 409
                if error.code < 500 and error.code != 429:
                    raise
                wait = int(error.headers.get("Retry-After", "2"))
        except OSError:
            wait = 2
        time.sleep(wait)


if __name__ == "__main__":
    status = emit_booking(
        os.environ.get("CAREVIA_URL", "http://localhost:3000"),
        {
            "userId": "site-user-18",
            "userEmail": "tahmid@example.com",
            "userName": "Tahmid Rahman",
            "serviceName": "Post Surgery Care",
            "trackingId": "SITE-000018",
            "amountPaid": "9600",
        },
        os.environ["CAREVIA_EMIT_SECRET"],
    )
    print("Carevia had it already" if status == 409 else "on the desk")
