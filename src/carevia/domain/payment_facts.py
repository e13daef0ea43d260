"""What a provider tells of a payment beside that it was made: refunds, disputes, sessions that failed or expired.

Such notices come in any order, any number of times, and before the payment itself. So each is read as a set of facts;
`join` puts sets together and is associative, commutative and idempotent; `standing` says what a payment is by all that
is known. Nothing depends on who spoke first. Every amount is the provider's own.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Any, Final, Literal, TypeVar

import msgspec

from carevia.domain.ids import provider_id
from carevia.domain.money import amount_of, currency_of

PaymentStatus = Literal["paid", "partly_refunded", "refunded", "disputed", "charged_back"]
T = TypeVar("T", int, str)


class Outcome(IntEnum):
    """Of a dispute; a later line beats an earlier one, so closed always beats created. Both of KEPT and LOST make
    TURNED: money that the provider gave back after all it does not take again for the same dispute."""

    OPEN = 0
    UNKNOWN = 1  # closed, in a word that we cannot read
    KEPT = 2
    LOST = 3
    TURNED = 4  # lost, and won in the end


class ChargeFact(msgspec.Struct, frozen=True):
    """`refunded` is cumulative, as the provider counts it: the highest is the newest."""

    amount: int | None = None
    refunded: int | None = None
    currency: str | None = None
    fully: bool = False


class DisputeFact(msgspec.Struct, frozen=True):
    amount: int | None = None
    currency: str | None = None
    outcome: Outcome = Outcome.OPEN


class Facts(msgspec.Struct, frozen=True):
    """By the provider's id of the charge or the dispute; `ended` is how a session ended without money."""

    charges: dict[str, ChargeFact] = {}
    disputes: dict[str, DisputeFact] = {}
    failed_refunds: frozenset[str] = frozenset()
    ended: str | None = None


class MoreFacts(msgspec.Struct, frozen=True):
    """`about` is the payment intent or the session of the payment that the facts belong to."""

    about: str
    facts: Facts


class Standing(msgspec.Struct, frozen=True):
    """`refunded` is what went back, by refunds and lost disputes; `trouble` is why a person should look."""

    status: PaymentStatus
    refunded: int
    trouble: str | None


_BOTH: Final = {Outcome.KEPT, Outcome.LOST}
_KEPT_STATUSES = frozenset(("won", "warning_closed", "prevented", "charge_refunded"))
FAILED_REFUND: Final = ("failed", "canceled")  # no set: what is looked up in it may be a list
_REFUND_EVENTS = frozenset(("refund.failed", "refund.updated", "charge.refund.updated"))
_ENDED = {
    "checkout.session.async_payment_failed": "failed",
    "checkout.session.expired": "expired",
}


def facts_of(type_: str, thing: Mapping[str, Any]) -> MoreFacts | None:
    """None for an event that says nothing of the kind, or does not say of which payment."""
    about = provider_id(thing.get("id" if type_ in _ENDED else "payment_intent"))
    facts = _read(type_, thing)
    return None if about is None or facts is None else MoreFacts(about, facts)


def _read(type_: str, thing: Mapping[str, Any]) -> Facts | None:
    id_ = provider_id(thing.get("id")) or ""
    if type_ == "charge.refunded":
        return Facts(charges={id_: _charge(thing)})
    if type_.startswith("charge.dispute."):
        return Facts(disputes={id_: _dispute(type_, thing)})
    if type_ in _REFUND_EVENTS and thing.get("status") in FAILED_REFUND:
        return Facts(failed_refunds=frozenset((id_,)))
    return Facts(ended=_ENDED[type_]) if type_ in _ENDED else None


def _charge(thing: Mapping[str, Any]) -> ChargeFact:
    amount, refunded = amount_of(thing.get("amount")), amount_of(thing.get("amount_refunded"))
    fully = thing.get("refunded") is True or (amount is not None and refunded is not None and refunded >= amount > 0)
    return ChargeFact(amount, refunded, currency_of(thing.get("currency")), fully)


def _dispute(type_: str, thing: Mapping[str, Any]) -> DisputeFact:
    outcome, status = Outcome.OPEN, thing.get("status")
    if status == "lost":
        outcome = Outcome.LOST
    elif isinstance(status, str) and status in _KEPT_STATUSES:
        outcome = Outcome.KEPT
    elif type_ == "charge.dispute.closed":
        outcome = Outcome.UNKNOWN
    return DisputeFact(amount_of(thing.get("amount")), currency_of(thing.get("currency")), outcome)


def join(one: Facts, other: Facts) -> Facts:
    return Facts(
        charges=_by_id(one.charges, other.charges, _join_charges),
        disputes=_by_id(one.disputes, other.disputes, _join_disputes),
        failed_refunds=one.failed_refunds | other.failed_refunds,
        ended=_higher(one.ended, other.ended),
    )


def _by_id(one: dict[str, Any], other: dict[str, Any], both: Any) -> dict[str, Any]:
    common = {id_: both(one[id_], other[id_]) for id_ in one.keys() & other.keys()}
    return one | other | common


def _join_charges(one: ChargeFact, other: ChargeFact) -> ChargeFact:
    return ChargeFact(
        _higher(one.amount, other.amount),
        _higher(one.refunded, other.refunded),
        _higher(one.currency, other.currency),
        one.fully or other.fully,
    )


def _join_disputes(one: DisputeFact, other: DisputeFact) -> DisputeFact:
    return DisputeFact(
        _higher(one.amount, other.amount),
        _higher(one.currency, other.currency),
        Outcome.TURNED if {one.outcome, other.outcome} == _BOTH else max(one.outcome, other.outcome),
    )


def _higher(one: T | None, other: T | None) -> T | None:
    """What was told beats what was not."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def standing(amount: int | None, currency: str | None, facts: Facts) -> Standing:
    """What a payment of this amount is by these facts."""
    whole = amount or 0
    refunds = [_refund(charge, whole, currency) for charge in facts.charges.values()]
    lost = [_loss(one, whole, currency) for one in facts.disputes.values() if one.outcome is Outcome.LOST]
    back = min(whole, sum(refund or 0 for refund in refunds) + sum(lost))
    outcomes = {dispute.outcome for dispute in facts.disputes.values()}
    status: PaymentStatus = "paid"
    if lost:
        status = "charged_back"
    elif Outcome.OPEN in outcomes:
        status = "disputed"
    elif back >= whole > 0 or (not whole and any(charge.fully for charge in facts.charges.values())):
        status = "refunded"
    elif any(refund != 0 for refund in refunds):
        status = "partly_refunded"
    return Standing(status, back, "; ".join(_troubles(facts, outcomes, None in refunds)) or None)


def _refund(charge: ChargeFact, whole: int, currency: str | None) -> int | None:
    """None where something went back and we cannot tell how much of our payment that is."""
    if charge.refunded is not None and charge.currency == currency:
        return charge.refunded
    return whole if charge.fully else None


def _loss(dispute: DisputeFact, whole: int, currency: str | None) -> int:
    return dispute.amount if dispute.amount is not None and dispute.currency == currency else whole


def _troubles(facts: Facts, outcomes: set[Outcome], unclear: bool) -> list[str]:
    said = {
        "a dispute was lost": Outcome.LOST in outcomes,
        "a dispute was lost and then won": Outcome.TURNED in outcomes,
        "the payment is disputed": Outcome.OPEN in outcomes,
        "a dispute was closed and its outcome cannot be read": Outcome.UNKNOWN in outcomes,
        "a refund failed": bool(facts.failed_refunds),
        "something was refunded and the amount cannot be read": unclear,
        f"the provider also says that the session {facts.ended}": facts.ended is not None,
    }
    return [words for words, so in said.items() if so]


def status_together(statuses: Sequence[str]) -> str:
    """Of a booking, from those of its payments: trouble first, and refunded only when all of them are."""
    for word in ("charged_back", "disputed"):
        if word in statuses:
            return word
    if statuses and all(status == "refunded" for status in statuses):
        return "refunded"
    return "partly_refunded" if set(statuses) & {"refunded", "partly_refunded"} else "paid"


def status_by_money(status: str, *, was_gone: bool, is_gone: bool) -> str:
    """A booking whose money has all gone back is cancelled: nobody is sent out for it. It lives again when money comes
    for it after all; what is completed stays so."""
    if is_gone:
        return "cancelled" if status in ("booked", "confirmed") else status
    return "booked" if was_gone and status == "cancelled" else status
