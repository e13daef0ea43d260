"""Signatures of the two kinds of notice we take, made and judged on the raw bytes of the body.

Stripe (docs.stripe.com/webhooks#verify-manually): `Stripe-Signature: t=SECONDS,v1=HEX`, HMAC-SHA256 of "t.body".
Standard Webhooks (standardwebhooks.com): `webhook-id`, `webhook-timestamp`, `webhook-signature: v1,BASE64`, HMAC-SHA256
of "id.timestamp.body" with the bytes behind `whsec_`. Several secrets and several signatures are all tried, in constant
time; the time may differ by 300 s either way. `now` is ms since 1970 UTC.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Sequence
from functools import lru_cache

from carevia.errors import CareviaError

TOLERANCE_SECONDS = 300
MOST_SIGNATURES = 20
_SECONDS = re.compile(r"[0-9]{1,12}")
_MESSAGE_ID = re.compile(r"[\x21-\x7e]{1,255}")


class BadSignature(CareviaError):
    """401 here; the Stripe webhook answers it with 400, as its contract says."""

    status = 401
    code = "bad_signature"


class OutOfTime(BadSignature):
    """Signed by who should, and far from our clock: a clock is wrong, or an old notice was played again."""

    code = "bad_signature_time"


def sign_stripe(body: bytes, secret: str, now: int) -> str:
    """The value of a `Stripe-Signature` header."""
    seconds = str(now // 1000)
    return f"t={seconds},v1={_stripe_hex(seconds, body, secret)}"


def verify_stripe(header: str | None, body: bytes, secrets: Sequence[str], now: int) -> None:
    """Returns when one signature fits one secret and the time is near; raises BadSignature."""
    if not header:
        raise BadSignature("The header Stripe-Signature is missing.")
    times, given = _stripe_parts(header)
    if len(times) != 1 or not given:
        raise BadSignature("The header Stripe-Signature must hold one t= and at least one v1=.")
    _check_seconds(times[0])
    wanted = [_stripe_hex(times[0], body, secret) for secret in secrets]
    if not _any_fits(given[:MOST_SIGNATURES], wanted):
        raise BadSignature("No signature in Stripe-Signature fits this body and our webhook secret.")
    _check_time(times[0], now)


def _stripe_parts(header: str) -> tuple[list[str], list[str]]:
    """Times and signatures, whatever else it holds."""
    times: list[str] = []
    given: list[str] = []
    for part in header.split(","):
        key, _, value = part.strip().partition("=")
        if key == "t":
            times.append(value)
        elif key == "v1":
            given.append(value)
    return times, given


def sign_standard(message_id: str, body: bytes, secret: str, now: int) -> dict[str, str]:
    """The three headers of a Standard Webhooks message."""
    seconds = str(now // 1000)
    signature = _standard_base64(message_id, seconds, body, standard_key(secret))
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": f"v1,{signature}"}


def verify_standard(
    message_id: str | None,
    timestamp: str | None,
    signature: str | None,
    body: bytes,
    secrets: Sequence[str],
    now: int,
) -> None:
    """Returns when one signature fits one secret and the time is near; raises BadSignature."""
    if not message_id or not timestamp or not signature:
        raise BadSignature("The headers webhook-id, webhook-timestamp and webhook-signature are needed.")
    if _MESSAGE_ID.fullmatch(message_id) is None:
        raise BadSignature("The header webhook-id must be 1 to 255 visible characters.")
    _check_seconds(timestamp)
    marks = [mark.partition(",") for mark in signature.split(" ")[:MOST_SIGNATURES]]
    given = [value for version, _, value in marks if version == "v1"]
    wanted = [_standard_base64(message_id, timestamp, body, standard_key(secret)) for secret in secrets]
    if not _any_fits(given, wanted):
        raise BadSignature("No signature in webhook-signature fits this body and the shared secret.")
    _check_time(timestamp, now)


def standard_key(secret: str) -> bytes:
    """The bytes of `whsec_<base64>`. Raises ValueError for any other text."""
    prefix, _, encoded = secret.partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except binascii.Error:
        key = b""
    if prefix != "whsec" or not key:
        raise ValueError("the secret must be written as whsec_ and base64")
    return key


def _check_seconds(seconds: str) -> None:
    if _SECONDS.fullmatch(seconds) is None:
        raise BadSignature("The time of the signature is not a number of seconds.")


def _check_time(seconds: str, now: int) -> None:
    """After the signature, so that only who knows the secret can be out of time."""
    if abs(int(seconds) * 1000 - now) > TOLERANCE_SECONDS * 1000:
        raise OutOfTime("The signature is too old or too far ahead: over 300 seconds from our clock.")


def _any_fits(given: Sequence[str], wanted: Sequence[str]) -> bool:
    """Compares every pair, so that the time taken tells nothing; as bytes, for text may be anything."""
    given_bytes = [one.encode("utf-8", "replace") for one in given]
    return any([hmac.compare_digest(one, other.encode()) for one in given_bytes for other in wanted])


@lru_cache(maxsize=16)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


def _sign(key: bytes, message: bytes) -> bytes:
    # A copy of what has taken in the key: `hmac.digest` looks its method up each time, 6 µs where caches are cold.
    signing = _keyed(key).copy()
    signing.update(message)
    return signing.digest()


def _stripe_hex(seconds: str, body: bytes, secret: str) -> str:
    return _sign(secret.encode(), b"%b.%b" % (seconds.encode(), body)).hex()


def _standard_base64(message_id: str, seconds: str, body: bytes, key: bytes) -> str:
    signed = f"{message_id}.{seconds}.".encode() + body
    return base64.b64encode(_sign(key, signed)).decode()
