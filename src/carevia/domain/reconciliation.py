"""The provider's checkouts against our record of them: what is missing here, and what differs. Decides, does nothing.

A checkout is a Stripe Checkout session as the API shows it, its payment intent and charge expanded where there are any.
What is missing becomes an event as the webhook would have brought it, so that one path records both. What differs is
said and never made equal: which of the two is right is for a person to find out.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

from carevia.domain.ids import provider_id
from carevia.domain.money import major, valid_amount
from carevia.domain.payment_facts import FAILED_REFUND, Facts, facts_of, join
from carevia.domain.payments import is_paid

Session = Mapping[str, Any]
Dispute = Mapping[str, Any]
Refund = Mapping[str, Any]
Kind = Literal["missing", "early", "amount", "currency", "status", "unknown", "unrecorded"]
REPAIRED: Final = frozenset(("missing", "early"))
_DISPUTED: Final = ("disputed", "charged_back")  # a charge once disputed says so for ever
# What an intent is between a checkout's completion and its money: a voucher or bank transfer waits for the customer's
# action for days, a payment that was authorised only for its capture.
_UNDER_WAY: Final = ("processing", "requires_action", "requires_capture")
SESSION_ID: Final = "cs_[A-Za-z0-9_]{1,200}"


class Ours(msgspec.Struct, frozen=True):
    """What stands in our record of one checkout, and all that was told of its money since."""

    provider: str
    amount: int | None
    currency: str | None
    status: str
    facts: Facts = Facts()


class Finding(msgspec.Struct, frozen=True):
    """One checkout on which the two do not agree; `said` is a sentence without anybody's name in it.

    `missing` was not here and is now; `early` likewise, but so fresh that its notice may still be on its way;
    `unrecorded` could not be recorded; `unknown` is one of ours that the provider does not know.
    """

    session_id: str
    kind: Kind
    said: str

    @property
    def needs_a_person(self) -> bool:
        return self.kind not in REPAIRED


def valid_session_id(text: object) -> bool:
    return isinstance(text, str) and re.fullmatch(SESSION_ID, text) is not None


def is_pending(session: Session) -> bool:
    """Completed, and its money has not cleared yet."""
    if session.get("status") != "complete" or session.get("payment_status") != "unpaid":
        return False
    intent = session.get("payment_intent")
    return not isinstance(intent, Mapping) or intent.get("status") in _UNDER_WAY


def charge_of(session: Session) -> Mapping[str, Any]:
    """With the intent's id in it; empty where nothing was charged."""
    intent = session.get("payment_intent")
    intent = intent if isinstance(intent, Mapping) else {}
    charge = intent.get("latest_charge")
    return {"payment_intent": intent.get("id"), **charge} if isinstance(charge, Mapping) else {}


def made_at(thing: Session | Refund) -> int:
    """ms; 0 where it was not told."""
    return _seconds(thing.get("created")) * 1000


def paid_at(session: Session) -> int:
    """ms: when the charge was made, else when the checkout was opened."""
    return _seconds(charge_of(session).get("created")) * 1000 or made_at(session)


def _seconds(told: object) -> int:
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


def missing_events(session: Session, ours: Ours | None) -> list[dict[str, Any]]:
    """What the provider would have told us by its webhook and has not, in order; nothing where we know it all.

    An event of the same fact has the same id each time, so that sweeps at the same moment claim it once.
    """
    if not is_paid(session):
        return []
    events, at = [], paid_at(session) // 1000
    if ours is None or ours.provider == "site":
        events.append(_event(f"paid_{session.get('id')}", "checkout.session.completed", _plain(session), at))
    charge = charge_of(session)
    if refunded := _refunded(charge, Facts() if ours is None else ours.facts, at):
        events.append(refunded)
    return events


def intent_of(thing: Dispute | Refund) -> str | None:
    """The payment intent that it is about."""
    return provider_id(thing.get("payment_intent"))


def charge_refunded(refund: Refund) -> Mapping[str, Any]:
    """The expanded charge of a refund; empty where it has none."""
    charge = refund.get("charge")
    return charge if isinstance(charge, Mapping) else {}


def missing_refund(refund: Refund, known: Facts) -> dict[str, Any] | None:
    """What the webhook would have brought of all that went back of this refund's charge; None where we know it all."""
    charge = charge_refunded(refund)
    return _refunded(charge, known, _seconds(charge.get("created")))


def refund_failed(refund: Refund) -> bool:
    return refund.get("status") in FAILED_REFUND


def missing_failure(refund: Refund, known: Facts) -> dict[str, Any] | None:
    """What the webhook would have brought of a refund that did not reach the customer; None where we know it."""
    kind, charge = "refund.failed", charge_refunded(refund)
    plain = {**refund, "charge": charge.get("id"), "livemode": charge.get("livemode")}
    if not _is_news(kind, plain, known):
        return None
    return _event(f"failed_{refund.get('id')}", kind, plain, made_at(refund) // 1000)


def missing_dispute(dispute: Dispute, known: Facts) -> dict[str, Any] | None:
    """What the webhook would have brought of a dispute as it stands now; None where we know it all."""
    kind = "charge.dispute.updated"
    if not _is_news(kind, dispute, known):
        return None
    standing = f"{dispute.get('status')}_{dispute.get('amount')}"
    return _event(f"dispute_{dispute.get('id')}_{standing}", kind, dispute, _seconds(dispute.get("created")))


def _refunded(charge: Mapping[str, Any], known: Facts, at: int) -> dict[str, Any] | None:
    kind = "charge.refunded"
    if not _back(charge) or not _is_news(kind, charge, known):
        return None
    return _event(f"refunded_{charge.get('id')}_{_back(charge)}", kind, charge, at)


def _is_news(type_: str, thing: Mapping[str, Any], known: Facts) -> bool:
    told = facts_of(type_, thing)
    return told is not None and join(known, told.facts) != known


def _event(id_: str, type_: str, thing: Mapping[str, Any], created: int) -> dict[str, Any]:
    return {
        "id": f"reconciled_{id_}",
        "object": "event",
        "type": type_,
        "created": created,
        "livemode": thing.get("livemode") is True,
        "data": {"object": dict(thing)},
    }


def _plain(session: Session) -> dict[str, Any]:
    """As a webhook carries it: the payment intent as its id."""
    intent = session.get("payment_intent")
    return {**session, "payment_intent": intent.get("id") if isinstance(intent, Mapping) else intent}


def differences(session: Session, ours: Ours) -> list[Finding]:
    """What a person has to look at."""
    id_ = str(session.get("id"))
    if not is_paid(session):
        return [Finding(id_, "status", f"We have it as {ours.status}, the provider has it as not paid.")]
    found = []
    amount, currency = session.get("amount_total"), str(session.get("currency")).lower()
    if ours.currency != currency:
        found.append(Finding(id_, "currency", f"We have {ours.currency}, the provider {currency}."))
    elif ours.amount != amount:
        said = f"We have {_shown(ours.amount, currency)}, the provider {_shown(amount, currency)}."
        found.append(Finding(id_, "amount", said))
    charge = charge_of(session)
    if not charge or (ours.status in _DISPUTED and charge.get("disputed") is True):
        return found  # nothing was charged, or how the dispute stands is not said here
    standing = "refunded" if charge.get("refunded") is True else "partly_refunded" if _back(charge) else "paid"
    if standing != ours.status:
        found.append(Finding(id_, "status", f"We have it as {ours.status}, the provider has it as {standing}."))
    elif (known := ours.facts.charges.get(str(charge.get("id")))) and (known.refunded or 0) > _back(charge):
        told, said = _shown(known.refunded, currency), _shown(_back(charge), currency)
        found.append(Finding(id_, "amount", f"We have {told} as gone back, the provider {said}."))
    return found


def _back(charge: Mapping[str, Any]) -> int:
    """What went back to the customer, of all refunds, as the provider counts it."""
    told = charge.get("amount_refunded")
    return told if isinstance(told, int) else 0


def _shown(amount: object, currency: str) -> str:
    return f"{major(amount, currency)} {currency}" if isinstance(amount, int) and valid_amount(amount) else "no amount"
