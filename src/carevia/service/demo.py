"""Development only: the people a newcomer signs in as, and payments that never happened but look as if they had.

Nothing here is secret: the demo staff account has no password, only sign-in links printed by the terminal open it.
"""

from collections.abc import Callable
from typing import Any

from carevia.domain.ids import Random
from carevia.domain.money import major
from carevia.service.stripe_api import VERSION
from carevia.store.store import Store
from carevia.store.tables import users
from carevia.store.transaction import Transaction

STAFF_ID, STAFF_LOGIN = "demo-staff", "admin@carevia.example"
CUSTOMER_ID, CUSTOMER_LOGIN = "demo-customer", "customer@carevia.example"

_PEOPLE = (
    (STAFF_ID, STAFF_LOGIN, "Sumaiya Islam", "admin"),
    (CUSTOMER_ID, CUSTOMER_LOGIN, "Nusrat Jahan", "user"),
)


class Demo:
    def __init__(self, store: Store, *, now: Callable[[], int]) -> None:
        self._store = store
        self._now = now

    async def seed(self) -> None:
        """The staff account and one customer, unless they are there."""
        now = self._now()

        def work(tx: Transaction) -> None:
            for id_, login, name, role in _PEOPLE:
                tx.insert_new(users, id=id_, login=login, email=login, name=name, role=role, created=now)

        await self._store.write(work)


# A Checkout session in the shape of Stripe's API, complete, so that what is tried is as long as what will come: absent
# things are null there, never missing.
_NO_ADDRESS = {"city": None, "country": "BD", "line1": None, "line2": None, "postal_code": None, "state": None}
_SESSION: dict[str, Any] = {
    "id": "",
    "object": "checkout.session",
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "amount_subtotal": 0,
    "amount_total": 0,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "branding_settings": {
        "background_color": "#ffffff",
        "border_style": "rounded",
        "button_color": "#047857",
        "display_name": "Carevia",
        "font_family": "default",
        "icon": None,
        "logo": None,
    },
    "cancel_url": "https://carevia.example/booking",
    "client_reference_id": None,
    "client_secret": None,
    "collected_information": {"business_name": None, "individual_name": None, "shipping_details": None},
    "consent": None,
    "consent_collection": None,
    "created": 0,
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
    "customer_account": None,
    "customer_creation": "if_required",
    "customer_details": {},
    "customer_email": None,
    "discounts": [],
    "expires_at": 0,
    "integration_identifier": None,
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
    "managed_payments": {"enabled": False},
    "metadata": {},
    "mode": "payment",
    "origin_context": None,
    "payment_intent": "",
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"],
    "payment_status": "paid",
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "presentment_details": None,
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "status": "complete",
    "submit_type": None,
    "subscription": None,
    "success_url": "https://carevia.example/booking/done?session_id={CHECKOUT_SESSION_ID}",
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted",
    "url": None,
    "wallet_options": None,
}


def checkout_session(
    random: Random, now: int, metadata: dict[str, str], *, amount: int, currency: str = "bdt", **changes: Any
) -> dict[str, Any]:
    """A paid session; `amount` in minor units, `changes` replace fields."""
    name, email = metadata.get("userName"), metadata.get("userEmail")
    customer: dict[str, Any] = {"name": name, "email": email, "phone": None, "tax_exempt": "none", "tax_ids": []}
    return _SESSION | {
        "id": f"cs_test_{random(24).hex()}",
        "amount_subtotal": amount,
        "amount_total": amount,
        "client_reference_id": metadata.get("userId"),
        "created": now // 1000 - 60,
        "currency": currency,
        "customer_details": {"address": _NO_ADDRESS, **customer},
        "customer_email": email,
        "expires_at": now // 1000 + 86_340,
        "metadata": metadata,
        "payment_intent": f"pi_{random(12).hex()}",
        **changes,
    }


def stripe_event(
    random: Random, now: int, thing: dict[str, Any], type: str = "checkout.session.completed"
) -> dict[str, Any]:
    """The frame that Stripe sends around a session or any other object."""
    return {
        "id": f"evt_{random(12).hex()}",
        "object": "event",
        "api_version": VERSION,
        "created": now // 1000,
        "data": {"object": thing},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }


def booking_metadata(
    user_id: str, name: str, email: str, *, total: int = 600_000, paid: int = 300_000
) -> dict[str, str]:
    """What our checkout writes into a session: all strings, money in major units."""
    return {
        "userId": user_id,
        "userEmail": email,
        "userName": name,
        "serviceId": "newborn-care",
        "serviceName": "Newborn Care",
        "bookingDate": "2026-12-01",
        "slot": "08:00",
        "durationType": "days",
        "quantity": "2",
        "division": "Dhaka",
        "district": "Dhaka",
        "address": "House 12, Road 5, Dhanmondi",
        "paymentOption": "full" if paid == total else "half",
        "totalPrice": major(total, "bdt"),
        "amountPaid": major(paid, "bdt"),
        "dueAmount": major(total - paid, "bdt"),
    }
