"""Who somebody is: the person behind a request or a socket, and what counts as a user id.

Pure: no look-ups here. A `Person` is made where a credential is judged and is believed everywhere else.
"""

import re
from typing import Final, Literal, TypeGuard

import msgspec

from carevia.errors import NotYours

Role = Literal["admin", "user"]

SUPPORT_NAME = "Carevia Support"
"""What customers see instead of the name of a member of staff."""

DESK = "desk"
"""The room of all staff; for that reason never a user id."""

USER_ID: Final = "[A-Za-z0-9_.:@|-]{1,128}"
_USER_ID = re.compile(USER_ID)


class Person(msgspec.Struct, frozen=True):
    id: str
    role: Role
    email: str | None = None
    name: str | None = None

    @property
    def is_staff(self) -> bool:
        return self.role == "admin"

    @property
    def staff_name(self) -> str:
        return staff_name(self.id, self.name, self.email)


class Participant(msgspec.Struct, frozen=True):
    """A customer who has a booking, as staff look for them; `lastLoginAt` is ISO 8601."""

    id: str = msgspec.field(name="_id")
    firstName: str
    lastName: str
    email: str
    image: str | None
    lastLoginAt: str | None


def split_name(name: str | None) -> tuple[str, str]:
    """First and last name: at the last space."""
    first, _, last = (name or "").strip().rpartition(" ")
    return (first, last) if first else (last, "")


def staff_name(id: str, name: str | None, email: str | None) -> str:
    """What colleagues call a member of staff, wherever they read of them: without a name it is the e-mail."""
    return name or email or id


def login_of(email: str) -> str:
    """The form by which an account is found: no case, no spaces around."""
    return email.strip().casefold()


def check_writer(viewer: Person, said: str | None) -> None:
    """`said`: who was signed in when it was written, if the page tells; another tab of its browser may have signed
    somebody else in since. Raises NotYours."""
    if said not in (None, viewer.id):
        raise NotYours


def valid_user_id(text: object) -> TypeGuard[str]:
    """True for 1 to 128 characters that are safe as a room name and in an address; never for the desk's own room."""
    return isinstance(text, str) and text != DESK and _USER_ID.fullmatch(text) is not None
