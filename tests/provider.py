"""What Stripe tells beside a paid session: complete charges, disputes, refunds and intents, as documented."""

from typing import Any

SESSION, INTENT = "cs_test_1", "pi_1"


def charge(*, amount: int = 300_000, refunded: int = 0, intent: str = INTENT) -> dict[str, Any]:
    """`amount_refunded` is cumulative."""
    return {
        "id": "ch_1",
        "object": "charge",
        "amount": amount,
        "amount_captured": amount,
        "amount_refunded": refunded,
        "balance_transaction": "txn_ch_1",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": True,
        "created": 1_795_408_200,
        "currency": "bdt",
        "customer": None,
        "disputed": False,
        "livemode": False,
        "metadata": {"amountPaid": "1", "amount_refunded": "1"},  # lies, to see who believes them
        "paid": True,
        "payment_intent": intent,
        "payment_method_details": {"type": "card"},
        "refunded": refunded >= amount,
        "status": "succeeded",
    }


def dispute(status: str, *, amount: int = 300_000, intent: str = INTENT, id: str = "dp_1") -> dict[str, Any]:
    return {
        "id": id,
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": "ch_1",
        "created": 1_795_408_900,
        "currency": "bdt",
        "evidence_details": {"due_by": 1_796_100_000, "has_evidence": False, "past_due": False, "submission_count": 0},
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": intent,
        "reason": "fraudulent",
        "status": status,
    }


def refund(status: str) -> dict[str, Any]:
    return {
        "id": "re_1",
        "object": "refund",
        "amount": 300_000,
        "charge": "ch_1",
        "created": 1_795_408_800,
        "currency": "bdt",
        "metadata": {},
        "payment_intent": INTENT,
        "reason": "requested_by_customer",
        "status": status,
    }


def intent(id: str) -> dict[str, Any]:
    """One whose last attempt was declined; the customer may try again."""
    return {
        "id": id,
        "object": "payment_intent",
        "amount": 300_000,
        "amount_received": 0,
        "currency": "bdt",
        "last_payment_error": {"code": "card_declined", "type": "card_error"},
        "livemode": False,
        "metadata": {},
        "status": "requires_payment_method",
    }
