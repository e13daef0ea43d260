"""What a trusted site tells us by `POST /emit-booking`: read from the body, and turned into a paid booking.

Fields but `userId` may be missing, a wrong type is refused: the sender is a program, whose author wants to know.
"""

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from carevia.domain.fields import field_error
from carevia.domain.ids import TRACKING_ID, valid_tracking_id
from carevia.domain.money import MOST, digits, minor, valid_currency
from carevia.domain.payments import NOT_SAID, BookingDetails, Money, PaidBooking
from carevia.domain.people import USER_ID, valid_user_id
from carevia.domain.text import tidy, whole_characters
from carevia.errors import BadInput, FieldError

HOME_CURRENCY = "bdt"

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{2,3})*,[0-9]{3}(\.[0-9]+)?")
"""Commas between thousands, as in 30,000 and in 1,00,000. Where another follows than three digits, as in 1,50, it may
be a decimal point, and a sum a hundred times too large."""

# Told in /openapi.json, and judged by `paid_booking`, which says every fault at once. Empty is not given.
_USER = {"pattern": f"^{USER_ID}$"}
_TRACKING = {"pattern": f"^({TRACKING_ID})?$"}
_CURRENCY = {"pattern": "^([A-Za-z]{3})?$"}
_SESSION = {"maxLength": 255}
_TRACKING_RULE = "1 to 64 letters, digits or _.:#/-, first and last a letter or digit"


class SiteBooking(msgspec.Struct, frozen=True):
    """The body of `/emit-booking`; `amountPaid` is in major units."""

    userId: Annotated[str, Meta(description="the customer; one unknown to us is made", extra_json_schema=_USER)]
    userEmail: str | None = None
    userName: str | None = None
    serviceName: str | None = None
    trackingId: Annotated[str, Meta(extra_json_schema=_TRACKING)] | None = None
    amountPaid: str | int | float | None = None
    currency: Annotated[str, Meta(extra_json_schema=_CURRENCY)] | None = None
    sessionId: Annotated[str, Meta(extra_json_schema=_SESSION)] | None = None


def read_site_booking(body: bytes) -> SiteBooking:
    """Raises BadInput, with the field where one is to blame."""
    try:
        return msgspec.json.decode(whole_characters(body), type=SiteBooking)
    except msgspec.ValidationError as error:
        raise BadInput("The booking cannot be read.", errors=[field_error(error, "body")]) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadInput("The body must be a JSON object with at least userId.") from None


def paid_booking(site: SiteBooking, now: int) -> PaidBooking:
    """Raises BadInput for values that cannot be stored as they are."""
    currency = (site.currency or HOME_CURRENCY).lower()
    errors: list[FieldError] = []
    if not valid_user_id(site.userId):
        errors.append({"field": "userId", "message": "1 to 128 letters, digits or _.:@|-"})
    if not valid_currency(currency):
        errors.append({"field": "currency", "message": "three letters"})
    if site.trackingId and not valid_tracking_id(site.trackingId):
        errors.append({"field": "trackingId", "message": _TRACKING_RULE})
    if site.sessionId and tidy(site.sessionId, 255) != site.sessionId:
        errors.append({"field": "sessionId", "message": "1 to 255 visible characters"})
    amount = _amount(site.amountPaid, currency, errors)
    if errors:
        raise BadInput("The booking cannot be stored as it is.", errors=errors)
    return PaidBooking(
        money=Money("site", site.sessionId or None, None, amount, currency, now),
        amount=amount or 0,
        currency=currency,
        user_id=site.userId,
        user_name=tidy(site.userName, 200),
        user_email=tidy(site.userEmail, 254),
        tracking_id=site.trackingId or None,
        details=BookingDetails(service_name=tidy(site.serviceName, 200)),
        needs_look=None if amount else NOT_SAID,
    )


def _amount(value: str | int | float | None, currency: str, errors: list[FieldError]) -> int | None:
    if value is None or value == "":
        return None
    try:
        if isinstance(value, str):
            return minor(value.replace(",", "") if _GROUPED.fullmatch(value.strip()) else value, currency)
        if not 0 <= value <= MOST:  # as of NaN
            raise ValueError
        return minor(f"{value:.{digits(currency)}f}", currency)
    except ValueError:
        errors.append({"field": "amountPaid", "message": "an amount in major units, such as 3000 or 3000.50"})
        return None
