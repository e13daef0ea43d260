"""Who may open a session: strangers from one address only so many; whoever signs in is a stranger no longer."""

import time

from carevia.api.limits import AddressLimits
from carevia.realtime import Handshake, Refusal, Session


class Doorman:
    """The engine's `admit` and `watch`. A stranger is counted from the handshake on, so that neither silence nor many
    handshakes at once get past the limit."""

    def __init__(self, addresses: AddressLimits) -> None:
        self._addresses = addresses
        self._strangers: dict[Session, str] = {}  # and their addresses

    def admit(self, handshake: Handshake) -> Refusal | None:
        """Asked at every handshake, before there is a session."""
        if self._addresses.refuses(handshake.counted, time.monotonic()):
            return Refusal(429, "Too many connections from this address. Try again in a moment.", 1)
        return None

    def opened(self, session: Session) -> None:
        """A session begins (the engine calls this)."""
        address = self._strangers[session] = session.handshake.counted
        self._addresses.stranger_came(address)

    def ended(self, session: Session) -> None:
        """It is over (the engine calls this)."""
        address = self._strangers.pop(session, None)
        if address is not None:
            self._addresses.stranger_went(address)

    def proved(self, session: Session) -> None:
        """Somebody signed in on it."""
        self._addresses.proved(session.handshake.counted)
        self.ended(session)
