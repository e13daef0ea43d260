"""The table of events: docs/events.md says what it says, and what clients send is judged by it."""

from pathlib import Path

import pytest

from carevia.domain.events import CLIENT_EVENTS, EVENTS, read_arguments
from carevia.domain.events_page import page
from carevia.domain.payloads import SendMessage, Typing
from carevia.errors import BadInput

DOCS = Path(__file__).resolve().parents[2] / "docs" / "events.md"


def test_docs_are_up_to_date() -> None:
    assert DOCS.read_text() == page(), "run: python -m carevia.domain.events > docs/events.md"


def test_every_event_of_the_contract_is_there() -> None:
    assert set(CLIENT_EVENTS) == {
        *(
            "join_room",
            "leave_room",
            "send_message",
            "message_status",
            "typing",
            "mark_read",
            "shown",
            "noticed",
            "renew",
            "presence",
            "new_booking",
            "test_event",
        ),
    }
    assert {event.name for event in EVENTS if event.direction == "server"} == {
        *(
            "receive_message",
            "message_status",
            "note_added",
            "viewers",
            "customer_added",
            "booking_updated",
            "payment_updated",
            "bookings_changed",
            "conversation_updated",
            "conversation_changed",
            "user_typing",
            "live",
            "receipt_alarm",
            "presence",
            "support",
            "noticed",
            "reset",
            "test_event",
        ),
    }
    assert len(EVENTS) == len({(event.direction, event.name) for event in EVENTS})
    assert {event.name for event in EVENTS if event.direction == "server" and event.durable} == {
        *("receive_message", "message_status", "note_added"),
        *("customer_added", "booking_updated", "payment_updated", "conversation_updated", "conversation_changed"),
    }


def test_good_arguments_are_typed_and_further_ones_ignored() -> None:
    sent = {"id": "1", "roomId": "u1", "text": "hi", "senderId": "somebody else", "time": "then"}
    assert read_arguments("send_message", [sent, "more"]) == (SendMessage("1", "u1", "hi"),)
    assert read_arguments("join_room", ["u1"]) == ("u1",)
    assert read_arguments("typing", [{"room": "u1"}]) == (Typing("u1"),)
    assert read_arguments("new_booking", [{"any": "thing"}]) == ()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("typing", []),
        ("typing", [None]),
        ("typing", ["u1"]),
        ("send_message", [None]),
        ("send_message", [{}]),
        ("send_message", [{"id": 1, "roomId": "u1", "text": "x"}]),
        ("send_message", [{"id": "1", "roomId": "u1", "text": ["x"]}]),
        ("join_room", []),
        ("join_room", [{"roomId": "u1"}]),
        ("leave_room", [7]),
        ("message_status", [{"roomId": "u1", "delivered": 2**63}]),
        ("message_status", [{"roomId": "u1", "delivered": 1, "seen": 10**400}]),
        ("mark_read", [{"roomId": "u1", "seq": 2**63}]),
        ("shown", [{"seq": 2**64}]),
        ("shown", [{"seq": 1, "since": 2**63}]),
    ],
)
def test_malformed_arguments_are_bad_input(name: str, arguments: list[object]) -> None:
    with pytest.raises(BadInput):
        read_arguments(name, arguments)


def test_the_field_is_named() -> None:
    with pytest.raises(BadInput) as caught:
        read_arguments("send_message", [{"id": "1", "roomId": "u1", "text": 5}])
    assert caught.value.errors == [{"field": "text", "message": "Expected text, got a whole number"}]
