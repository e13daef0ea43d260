"""Tells a customer's pages that their own bookings have changed, when the desk is told what.

A hint that says nothing itself: pages read their list over HTTP, now and after every CONNECT, so that one that is lost
with its connection is made good. Straight to the hub, and no row of the journal more for every booking.
"""

import msgspec

from carevia.domain.payloads import BookingsChanged
from carevia.realtime import Namespace
from carevia.service.relay import Relay, visitors
from carevia.store.journal import JournalRow


class _Whose(msgspec.Struct):
    userId: object = None


_decode = msgspec.json.Decoder(_Whose).decode


class OwnBookings:
    """`heard` is a listener of the relay, for changes of bookings."""

    def __init__(self, namespace: Namespace, relay: Relay) -> None:
        self._namespace = namespace
        self._relay = relay

    def heard(self, row: JournalRow) -> None:
        """A row that is only replayed to a desk is no news to its customer."""
        if row.seq > self._relay.position:
            room = _decode(row.payload).userId
            if isinstance(room, str) and self._namespace.members(room):
                mine = self._namespace.local.to(room).except_(visitors(room))  # each node tells its own
                mine.emit("bookings_changed", BookingsChanged(row.seq))
