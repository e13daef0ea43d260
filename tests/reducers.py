"""The pages' reducers in Python, rule for rule: web/src/features/desk/{state,conversations}.ts and
web/src/lib/chat/conversation.ts.

The model (tests/model) has clients that show what these say; the vectors (tests/vectors) hold both languages to the
same. Pure: a state and an event in, a new state out. Events are dicts as in TypeScript; times are ms.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from carevia.domain.people import split_name

Json = dict[str, Any]
State = Mapping[str, Any]

EMPTY_DESK: State = {"bookings": [], "conversations": {}}
EMPTY_CONVERSATION: State = {"messages": [], "hasMore": False, "loaded": False, "reached": {}}
SHOWN_AT_ONCE = ("userId", "userEmail", "userName", "serviceName", "trackingId", "amountPaid", "currency")
_STEPS = ("sent", "delivered", "seen")


# --- the desk ---------------------------------------------------------------------------------------------------


def apply_desk(state: State, event: Json) -> State:
    match event["type"]:
        case "bookings_loaded":
            return {**state, "bookings": _with_snapshot(state["bookings"], event["bookings"], event["requestedAt"])}
        case "conversations_loaded":
            return {**state, "conversations": _with_rows(state["conversations"], event["rows"], event["asOf"])}
        case "customer_added":
            return _added(state, event["booking"], event["seq"], event["at"])
        case "booking_updated":
            bookings = _changed(state["bookings"], event["booking"], event["at"])
            return {**state, "bookings": bookings, "conversations": _known_by(state["conversations"], event["booking"])}
        case "conversation_updated" | "conversation_changed":
            return _told(state, event["update"], event["seq"], event["at"])
        case "reset":
            return {**state, "conversations": {}}
    raise ValueError(event["type"])


def _added(state: State, booking: Json, seq: int, at: float) -> State:
    conversations = _booked(state["conversations"], booking, seq, at)
    if _is_listed(state["bookings"], booking["trackingId"]):  # by a list that was asked for before
        return {**state, "conversations": conversations}
    row = {name: booking[name] for name in SHOWN_AT_ONCE} | {"arrivedAt": at}
    return {**state, "bookings": [row, *state["bookings"]], "conversations": conversations}


def _is_listed(bookings: Sequence[Json], tracking_id: str) -> bool:
    return any(row["trackingId"] == tracking_id for row in bookings)


def _changed(rows: Sequence[Json], booking: Json, at: float) -> list[Json]:
    same = booking["trackingId"]
    return [row | booking | {"changedAt": at} if row["trackingId"] == same else row for row in rows]


def ordered(conversations: State) -> list[Json]:
    """Of the open ones: who waits, longest first; then the others, last activity first."""
    rows = [row for row in conversations.values() if row["status"] == "open"]
    return sorted(rows, key=lambda row: (row["waiting"] is None, row["waiting"] or -row["activity"]))


def _with_rows(all_known: State, rows: Sequence[Json], as_of: int) -> State:
    """All open ones: who is not among them, and was not told of since, is not any more."""
    listed = {row["_id"] for row in rows}
    known = {
        id_: row for id_, row in all_known.items() if id_ in listed or row["status"] != "open" or row["seq"] > as_of
    }
    fresh = [row for row in rows if row["_id"] not in known or known[row["_id"]]["seq"] <= row["seq"]]
    return {**known, **{row["_id"]: row | {"movedAt": known.get(row["_id"], {}).get("movedAt")} for row in fresh}}


def _booked(known: State, booking: Json, seq: int, at: float) -> State:
    row = known.get(booking["userId"]) or _nobody(booking["userId"])
    if seq <= row["seq"]:
        return known
    who = _named(row, booking["userName"], booking["userEmail"])
    return {**known, row["_id"]: row | who | {"status": "open", "activity": seq, "seq": seq, "movedAt": at}}


def _known_by(known: State, booking: Json) -> State:
    row = known.get(booking["userId"])
    if row is None:
        return known
    return {**known, row["_id"]: row | _named(row, booking["userName"], booking["userEmail"])}


def _told(state: State, update: Json, seq: int, at: float) -> State:
    known = state["conversations"]
    row = known.get(update["roomId"]) or _nobody(update["roomId"])
    if seq <= row["seq"]:
        return state
    said = {name: update[name] for name in ("status", "assignee", "unread", "waiting", "waitingSince", "activity")}
    after = row | _named(row, update["userName"], update["userEmail"]) | said | {"seq": seq}
    if "lastMessage" in update:
        after["lastMessage"] = update["lastMessage"] | {"seq": update["seq"]}
        if not update["read"]:
            after["movedAt"] = at
    return {**state, "conversations": {**known, row["_id"]: after}}


def _nobody(user: str) -> Json:
    nothing = ("image", "lastLoginAt", "assignee", "waiting", "waitingSince", "lastMessage", "movedAt")
    return {"_id": user, "firstName": "", "lastName": "", "email": "", "status": "open"} | {
        **dict.fromkeys(nothing),
        **dict.fromkeys(("unread", "activity", "seq"), 0),
    }


def _named(row: Json, name: str, email: str) -> Json:
    first, last = split_name(name) if name else (row["firstName"], row["lastName"])
    return {"firstName": first, "lastName": last, "email": email or row["email"]}


def _with_snapshot(rows: Sequence[Json], snapshot: Sequence[Json], requested_at: float) -> list[Json]:
    known = {row["trackingId"]: row for row in rows}
    listed = {row["trackingId"] for row in snapshot}
    newer = [row for row in rows if row["trackingId"] not in listed and _since(row["arrivedAt"], requested_at)]
    return [*newer, *(_listed(known.get(row["trackingId"]), row, requested_at) for row in snapshot)]


def _listed(before: Json | None, row: Json, requested_at: float) -> Json:
    if before is not None and _since(before.get("changedAt"), requested_at):
        return before
    return row | {"arrivedAt": None if before is None else before["arrivedAt"]}


def _since(at: float | None, requested_at: float) -> bool:
    return at is not None and at >= requested_at


# --- a conversation ---------------------------------------------------------------------------------------------


def apply_conversation(state: State, event: Json) -> State:
    match event["type"]:
        case "message_arrived":
            return _known_status({**state, "messages": _merge(state["messages"], [_message(event["row"])])})
        case "status_changed":
            status = event["status"]
            return _known_status({**state, "reached": {**state["reached"], status["by"]: status}})
        case "older_loaded":
            messages = _merge(state["messages"], [_message(row) for row in event["rows"]])
            return _known_status({**state, "messages": messages, "hasMore": event["hasMore"]})
        case "page_loaded" | "page_loaded_afresh" as kind:
            before = {**state, "messages": [], "reached": {}} if kind == "page_loaded_afresh" else state
            return _with_newest_page(before, [_message(row) for row in event["rows"]], event["hasMore"])
    raise ValueError(event["type"])


def _known_status(state: State) -> State:
    """A page that was asked for before an event may come after it."""
    return {**state, "messages": [_reached(row, state["reached"]) for row in state["messages"]]}


def _reached(message: Json, reached: State) -> Json:
    for by, told in reached.items():
        if (message["senderId"] == told["roomId"]) == (by == "staff") and not message["note"]:
            seq = message["seq"]
            status = "seen" if seq <= told["seen"] else "delivered" if seq <= told["delivered"] else "sent"
            message = _furthest({"status": status}, message)
    return message


def _with_newest_page(state: State, page: list[Json], has_more: bool) -> State:
    messages = state["messages"]
    known = {message["key"] for message in messages}
    meets = any(message["key"] in known for message in page)
    newest = page[-1]["seq"] if page else 0
    if meets or not has_more:
        older = meets and state["loaded"] and messages[0]["seq"] < page[0]["seq"]
        merged = {"messages": _merge(messages, page), "hasMore": state["hasMore"] if older else has_more}
    else:
        later = [message for message in messages if message["seq"] > newest]
        merged = {"messages": _merge(page, later), "hasMore": has_more}
    return _known_status({**state, **merged, "loaded": True})


def _merge(one: Sequence[Json], other: Sequence[Json]) -> list[Json]:
    by_key = {message["key"]: message for message in one}
    for message in other:
        by_key[message["key"]] = _furthest(by_key.get(message["key"]), message)
    return sorted(by_key.values(), key=lambda message: int(message["seq"]))


def _furthest(before: Json | None, now: Json) -> Json:
    if before is None or _STEPS.index(now["status"]) >= _STEPS.index(before["status"]):
        return now
    return now | {"status": before["status"]}


def _message(row: Json) -> Json:
    fields = {name: row[name] for name in ("id", "senderId", "senderName", "text", "seq", "time")}
    note, attachments = row.get("note", False), row.get("attachments", [])
    key = f"{'note ' if note else ''}{row['senderId']}/{row['id']}"
    return fields | {"key": key, "status": row.get("status", "sent"), "note": note, "attachments": attachments}
