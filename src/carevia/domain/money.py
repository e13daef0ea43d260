"""Money: an integer of minor units and a currency; text in major units where people or other systems read it.

How many minor units make a major one follows Stripe's list (docs.stripe.com/currencies).
"""

import re
from decimal import Decimal

MOST = 10**15
"""More minor units than this is no price but a mistake (and keeps every sum within 64 bits)."""

# fmt: off
_WITHOUT_MINOR = frozenset((
    "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf",
))
_THREE_DIGITS = frozenset(("bhd", "iqd", "jod", "kwd", "lyd", "omr", "tnd"))
# fmt: on
_AMOUNT = re.compile(r"[0-9]{1,16}(\.[0-9]{1,6})?")
_CURRENCY = re.compile(r"[a-z]{3}")


def digits(currency: str) -> int:
    """Decimal places of a currency."""
    if currency in _WITHOUT_MINOR:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def major(amount: int, currency: str) -> str:
    """300000 of bdt is "3000", 300050 is "3000.50", 3000 of jpy is "3000"."""
    places = digits(currency)
    whole, rest = divmod(abs(amount), 10**places)
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole}.{rest:0{places}d}" if rest else f"{sign}{whole}"


def minor(text: str, currency: str) -> int:
    """The reverse of `major`. Raises ValueError for what is no amount, or finer than the currency goes."""
    plain = text.strip()
    if _AMOUNT.fullmatch(plain) is None:
        raise ValueError("not an amount of money")
    if plain.isdigit() and len(plain) <= 12:  # whole, as nearly all are, and far from MOST
        return int(plain) * int(10 ** digits(currency))
    scaled = Decimal(plain).scaleb(digits(currency))
    if scaled != scaled.to_integral_value():
        raise ValueError(f"finer than {currency} goes")
    if scaled > MOST:
        raise ValueError("larger than any price")
    return int(scaled)


def valid_currency(value: object) -> bool:
    return isinstance(value, str) and _CURRENCY.fullmatch(value) is not None


def valid_amount(value: object) -> bool:
    """An integer of minor units, not negative; True and False are no amounts."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def amount_of(value: object) -> int | None:
    """A provider's amount, where it can be read."""
    return value if isinstance(value, int) and valid_amount(value) else None


def currency_of(value: object) -> str | None:
    """A provider's currency in small letters, where it can be read."""
    small = value.lower() if isinstance(value, str) and len(value) == 3 else None
    return small if valid_currency(small) else None
