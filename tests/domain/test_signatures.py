"""Signatures: the published vector, one made by OpenSSL, every way to be wrong, and round trips of any bytes."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevia.domain.signatures import BadSignature, sign_standard, sign_stripe, verify_standard, verify_stripe

NOW = 1_700_000_000_000
SECRET = "whsec_test_secret"
BODY = b'{"id":"evt_1","object":"event"}'
# printf '%s' '1700000000.{"id":"evt_1","object":"event"}' | openssl dgst -sha256 -hmac whsec_test_secret
HEX = "0c8670ed117751cc551a20e35839447075c42800ea3cf3e8a2fbda99cd1e6edd"

# The example of the Standard Webhooks libraries.
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_NOW = 1_614_265_330_000


def standard(headers: dict[str, str], body: bytes, secrets: list[str], now: int) -> None:
    verify_standard(
        headers.get("webhook-id"),
        headers.get("webhook-timestamp"),
        headers.get("webhook-signature"),
        body,
        secrets,
        now,
    )


def test_stripe_vector() -> None:
    assert sign_stripe(BODY, SECRET, NOW) == f"t=1700000000,v1={HEX}"
    verify_stripe(f"t=1700000000,v1={HEX}", BODY, [SECRET], NOW)


def test_standard_webhooks_vector() -> None:
    assert sign_standard(STANDARD["webhook-id"], STANDARD_BODY, STANDARD_SECRET, STANDARD_NOW) == STANDARD
    standard(STANDARD, STANDARD_BODY, [STANDARD_SECRET], STANDARD_NOW)


@pytest.mark.parametrize(
    "header",
    [
        f"t=1700000000,v1=00,v1={HEX}",
        f"t=1700000000,v0=abc,v1={HEX}",
        f"t=1700000000, v1={HEX}",
        f"v1={HEX},t=1700000000",
    ],
)
def test_stripe_tries_every_v1_in_any_order(header: str) -> None:
    verify_stripe(header, BODY, [SECRET], NOW)


def test_any_of_several_secrets_will_do() -> None:
    verify_stripe(sign_stripe(BODY, SECRET, NOW), BODY, ["another", SECRET], NOW)
    other = "whsec_" + base64.b64encode(b"x" * 32).decode()
    standard(STANDARD, STANDARD_BODY, [other, STANDARD_SECRET], STANDARD_NOW)
    both = STANDARD | {"webhook-signature": f"v1a,zzz v1,AAAA {STANDARD['webhook-signature']}"}
    standard(both, STANDARD_BODY, [STANDARD_SECRET], STANDARD_NOW)


def test_of_many_signatures_the_first_twenty_are_looked_at() -> None:
    def stripe(wrong: int) -> None:
        verify_stripe(f"t=1700000000,{'v1=00,' * wrong}v1={HEX}", BODY, [SECRET], NOW)

    def other(wrong: int) -> None:
        many = STANDARD | {"webhook-signature": "v1,AAAA " * wrong + STANDARD["webhook-signature"]}
        standard(many, STANDARD_BODY, [STANDARD_SECRET], STANDARD_NOW)

    for verify in (stripe, other):
        verify(19)
        with pytest.raises(BadSignature, match="No signature"):
            verify(20)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_a_time_within_300_seconds_is_good(seconds: int) -> None:
    verify_stripe(sign_stripe(BODY, SECRET, NOW), BODY, [SECRET], NOW + seconds * 1000)
    standard(STANDARD, STANDARD_BODY, [STANDARD_SECRET], STANDARD_NOW + seconds * 1000)


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_a_time_over_300_seconds_away_is_refused(seconds: int) -> None:
    with pytest.raises(BadSignature, match="300 seconds"):
        verify_stripe(sign_stripe(BODY, SECRET, NOW), BODY, [SECRET], NOW + seconds * 1000)
    with pytest.raises(BadSignature, match="300 seconds"):
        standard(STANDARD, STANDARD_BODY, [STANDARD_SECRET], STANDARD_NOW + seconds * 1000)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        "t=1700000000",
        f"v1={HEX}",
        f"t=,v1={HEX}",
        f"t=-1700000000,v1={HEX}",
        f"t=１７０００,v1={HEX}",
        f"t=1700000000,t=1700000001,v1={HEX}",
        "t=1700000000,v1=",
        "t=1700000000,v1=é\ud800",
        f"t=1700000000,v1={HEX.upper()}",
        f"t=1700000000,v1={HEX[:-1]}",
    ],
)
def test_a_stripe_header_that_is_wrong_in_any_way_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature):
        verify_stripe(header, BODY, [SECRET], NOW)


@pytest.mark.parametrize("name", list(STANDARD))
@pytest.mark.parametrize("value", [None, "", "x", "\ud800", "v1,", "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="])
def test_a_standard_header_that_is_wrong_in_any_way_is_refused(name: str, value: str | None) -> None:
    headers = {key: text for key, text in STANDARD.items() if key != name}
    with pytest.raises(BadSignature):
        standard(headers if value is None else headers | {name: value}, STANDARD_BODY, [STANDARD_SECRET], STANDARD_NOW)


def test_no_secret_means_no_signature_is_good() -> None:
    with pytest.raises(BadSignature):
        verify_stripe(sign_stripe(BODY, "", NOW), BODY, [], NOW)


@pytest.mark.parametrize("secret", ["", "whsec_", "abc", "whsec_%%%", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
def test_a_secret_that_is_not_of_the_standard_is_a_value_error(secret: str) -> None:
    with pytest.raises(ValueError, match="whsec_"):
        sign_standard("id", b"", secret, NOW)


@given(st.binary(), st.binary(min_size=1), st.integers(1, 10**12))
def test_what_is_signed_verifies_and_a_changed_byte_does_not(body: bytes, key: bytes, now: int) -> None:
    secret = "whsec_" + base64.b64encode(key).decode()
    verify_stripe(sign_stripe(body, secret, now), body, [secret], now)
    headers = sign_standard("msg_1", body, secret, now)
    standard(headers, body, [secret], now)
    changed = body + b" "
    with pytest.raises(BadSignature):
        verify_stripe(sign_stripe(body, secret, now), changed, [secret], now)
    with pytest.raises(BadSignature):
        standard(headers, changed, [secret], now)
