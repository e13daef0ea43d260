"""Stripe as the program meets it: a complete checkout session, an event around it, and the signature header.

Made here from the documented shapes, not from the program's own simulator, so that the two can disagree.
"""

import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import httpx2

WEBHOOK_SECRET = "whsec_" + "acceptance-tests-webhook-secret-0123456789"


def metadata(user_id: str, **more: str) -> dict[str, str]:
    """What the site writes into the session, all strings. The amounts in it are lies, to see who believes them."""
    return {
        "userId": user_id,
        "userEmail": f"{user_id}@example.com",
        "userName": "Nusrat Jahan",
        "serviceId": "newborn-care",
        "serviceName": "Newborn Care",
        "bookingDate": "2026-12-02",
        "slot": "08:00-12:00",
        "durationType": "days",
        "quantity": "2",
        "division": "Dhaka",
        "district": "Dhaka",
        "address": "House 14, Road 7, Dhanmondi",
        "paymentOption": "half",
        "totalPrice": "6000",
        "amountPaid": "1",
        "dueAmount": "5999",
    } | more


def session(user_id: str, amount: int = 300_000, **changes: Any) -> dict[str, Any]:
    """A paid Checkout session as Stripe sends it."""
    return {
        "id": f"cs_test_{secrets.token_hex(24)}",
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "cancel_url": "https://site.example/cancel",
        "client_reference_id": None,
        "client_secret": None,
        "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
        "consent": None,
        "consent_collection": None,
        "created": int(time.time()) - 60,
        "currency": "bdt",
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": {
            "address": {
                "city": None,
                "country": "BD",
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "business_name": None,
            "email": "card-holder@example.com",
            "individual_name": None,
            "name": "Card Holder",
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        },
        "customer_email": None,
        "discounts": [],
        "expires_at": int(time.time()) + 86_000,
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": None,
        "metadata": metadata(user_id),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": f"pi_{secrets.token_hex(12)}",
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "paid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "complete",
        "submit_type": None,
        "subscription": None,
        "success_url": "https://site.example/success",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted",
        "url": None,
        "wallet_options": None,
    } | changes


def event(subject: dict[str, Any], kind: str = "checkout.session.completed", **changes: Any) -> bytes:
    """The body of one delivery."""
    body = {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "api_version": "2026-09-30.clover",
        "created": int(time.time()),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    } | changes
    return json.dumps(body, indent=2).encode()


def signature(body: bytes, secret: str = WEBHOOK_SECRET, timestamp: int | None = None) -> str:
    """The `Stripe-Signature` header."""
    at = int(time.time()) if timestamp is None else timestamp
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def deliver(url: str, body: bytes, header: str | None = None) -> httpx2.Response:
    """POST it as Stripe does."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": header or signature(body)}
    return httpx2.post(f"{url}/api/payment/webhook", content=body, headers=headers, timeout=15, trust_env=False)
