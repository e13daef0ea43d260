"""The oracle: for every action, what was sent, applied to what was shown, is what is shown afterwards.

Here by the reducers in Python, in web/src/vectors.test.ts by the browser's, over one file. The file itself is held to
the services, and to the table of events.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from carevia.domain.events import EVENTS
from tests import reducers
from tests.reducers import EMPTY_CONVERSATION, EMPTY_DESK, Json, State
from tests.vectors.make import FILE, made, written

CASES: Final[list[Json]] = json.loads(FILE.read_text())
T: Final = 1_000
OWN_TO_THE_PAGE: Final = ("arrivedAt", "changedAt", "movedAt")


def names(cases: list[Json]) -> list[str]:
    return [f"{case['case']}, for {case['audience']}" for case in cases]


def loaded(snapshot: Json, at: int) -> tuple[State, State]:
    desk, chat = EMPTY_DESK, EMPTY_CONVERSATION
    if "bookings" in snapshot:
        desk = reducers.apply_desk(
            desk, {"type": "bookings_loaded", "bookings": snapshot["bookings"], "requestedAt": at}
        )
        desk = reducers.apply_desk(desk, {"type": "conversations_loaded", "rows": snapshot["conversations"], "asOf": 0})
    if "messages" in snapshot:
        page = {"type": "page_loaded", "rows": snapshot["messages"], "hasMore": snapshot["hasMore"]}
        chat = reducers.apply_conversation(chat, page)
    return desk, chat


def applied(case: Json, desk: State, chat: State) -> tuple[State, State]:
    for event in case["events"]:
        said, desk_event, message = event["args"][0], None, None
        match event["name"]:
            case "customer_added" | "booking_updated" as name:
                desk_event = {"type": name, "booking": said, "seq": event["seq"], "at": T + 1}
            case "conversation_updated" | "conversation_changed" as name:
                desk_event = {"type": name, "update": said, "seq": event["seq"], "at": T + 1}
            case "receive_message" if said["roomId"] == case["room"]:
                message = said | {"seq": event["seq"]}
            case "note_added" if said["roomId"] == case["room"]:
                message = said | {"seq": event["seq"], "note": True}
            case "message_status" if said["roomId"] == case["room"]:
                chat = reducers.apply_conversation(chat, {"type": "status_changed", "status": said})
            case "send_message":
                ack, me = event["ack"], event["me"]
                about_me = {"senderId": me["_id"], "senderName": me["name"]}
                message = said | about_me | {"seq": ack["seq"], "time": ack["time"]}
        if desk_event is not None:
            desk = reducers.apply_desk(desk, desk_event)
        if message is not None:
            chat = reducers.apply_conversation(chat, {"type": "message_arrived", "row": message})
    return desk, chat


def shown(rows: list[Json]) -> list[Json]:
    return [{name: value for name, value in row.items() if name not in OWN_TO_THE_PAGE} for row in rows]


def last_updates(case: Json) -> dict[str, Json]:
    told = [event["args"][0] for event in case["events"] if event["name"] == "conversation_updated"]
    return {update["roomId"]: update for update in told}


@pytest.mark.parametrize("case", CASES, ids=names(CASES))
def test_events_applied_to_the_old_snapshot_equal_the_new_snapshot(case: Json) -> None:
    desk, chat = applied(case, *loaded(case["old"], T))
    new_desk, new_chat = loaded(case["new"], T)
    rows, new_rows = shown(desk["bookings"]), shown(new_desk["bookings"])
    # An arrival carries what the desk needs at once; the list completes it. What is there has to be right.
    short = [
        row | {name: value for name, value in new.items() if name not in reducers.SHOWN_AT_ONCE and name not in row}
        for row, new in zip(rows, new_rows, strict=False)
    ]
    assert (len(rows), short) == (len(new_rows), new_rows)
    people, new_people = (reducers.ordered(state["conversations"]) for state in (desk, new_desk))
    assert shown(people) == shown(new_people)
    assert chat["messages"] == new_chat["messages"]
    for room, update in last_updates(case).items():
        known = desk["conversations"][room]
        assert (known["lastMessage"]["seq"], known["unread"]) == (update["seq"], update["unread"])
        if case["room"] == room:
            messages = [row for row in case["new"]["messages"] if not row.get("note")]
            assert update["lastMessage"]["id"] == messages[-1]["id"]


def test_every_durable_event_has_a_vector() -> None:
    """Add an action to tests/vectors/cases.py that makes the event be sent, and make the file anew."""
    durable = {event.name for event in EVENTS if event.durable}
    assert durable - {event["name"] for case in CASES for event in case["events"]} == set()


def test_the_file_says_what_the_services_say() -> None:
    fresh = asyncio.run(made())
    assert written(fresh) == FILE.read_text(), "run: PYTHONPATH=src python -m tests.vectors.make"


def test_a_customer_is_told_of_nothing_but_their_own_conversation_and_reads_no_name_of_staff() -> None:
    for case in CASES:
        if case["audience"] in ("the customer", "another customer"):
            told = {event["name"] for event in case["events"]}
            assert told <= {"receive_message", "send_message", "message_status"}
            assert "Rafiq" not in json.dumps(case) and "Sumaiya" not in json.dumps(case)
            assert case["audience"] == "the customer"  # nothing here happens in the other's conversation


SPOILT: Final[list[Callable[[Json], Any]]] = [
    lambda case: case["events"].clear(),
    lambda case: case["events"][0]["args"][0].update(trackingId="another"),
    lambda case: case["new"]["conversations"].clear(),
]


@pytest.mark.parametrize("spoil", SPOILT)
def test_the_oracle_can_fail(spoil: Callable[[Json], Any]) -> None:
    case = json.loads(json.dumps(next(one for one in CASES if one["case"] == "a customer pays again")))
    spoil(case)
    with pytest.raises(AssertionError):
        test_events_applied_to_the_old_snapshot_equal_the_new_snapshot(case)
