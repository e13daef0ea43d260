"""Rooms and chat over the real socket.io-client: who may join, what is stored, who hears it, and once."""

import httpx2

from tests.acceptance.people import staff, token
from tests.acceptance.stripe import deliver, event, session
from tests.harness.node import SocketIOClient
from tests.harness.program import Program

RIMA, KARIM = token("rima"), token("karim")  # their names are known from their bookings


def known(program: Program, *user_ids: str) -> None:
    """Make these customers known, as a payment does."""
    for user_id in user_ids:
        assert deliver(program.url, event(session(user_id))).status_code == 200


def history(program: Program, bearer: str, room: str) -> httpx2.Response:
    return httpx2.get(
        f"{program.url}/api/chat/message",
        params={"roomId": room},
        headers={"Authorization": f"Bearer {bearer}"},
        trust_env=False,
    )


def test_a_conversation_between_a_customer_on_two_tabs_and_the_staff(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    known(carevia, "rima")
    for name, credential in (("phone", RIMA), ("laptop", RIMA), ("rafiq", staff()), ("mitu", staff("s2", name="Mitu"))):
        client.connect(carevia.url, name, auth={"token": credential})
    assert client.call("join_room", "rima", socket="rafiq")["ok"] is True
    assert client.call("join_room", "rima", socket="mitu")["ok"] is True

    asked = {"id": "1-a", "roomId": "rima", "text": "Who will come?", "senderName": "Somebody else"}
    sent = client.call("send_message", asked, socket="phone")
    assert (sent["ok"], sent["id"]) == (True, "1-a")
    assert isinstance(sent["seq"], int)
    for name in ("laptop", "rafiq", "mitu"):
        heard = client.expect_event("receive_message", name)["args"][0]
        assert (heard["text"], heard["senderId"], heard["senderName"]) == ("Who will come?", "rima", "Nusrat Jahan")
    updated = client.expect_event("conversation_updated", "mitu")["args"][0]
    assert (updated["roomId"], updated["seq"], updated["unread"]) == ("rima", updated["seq"], 1)

    client.call("send_message", {"id": "2-b", "roomId": "rima", "text": "Ayesha, at 7:50."}, socket="rafiq")
    to_customer = client.expect_event("receive_message", "phone")["args"][0]
    to_colleague = client.expect_event("receive_message", "mitu")["args"][0]
    assert (to_customer["senderName"], to_colleague["senderName"]) == ("Carevia Support", "Rafiq Hasan")
    assert client.events("receive_message", "rafiq") == [[heard, client.events("receive_message", "rafiq")[0][1]]]
    assert len(client.events("receive_message", "phone")) == 1  # its own message did not come back

    rows = history(carevia, RIMA, "rima").json()["data"]
    assert [(row["text"], row["senderName"]) for row in rows] == [
        ("Who will come?", "Nusrat Jahan"),
        ("Ayesha, at 7:50.", "Carevia Support"),
    ]
    assert history(carevia, staff(), "rima").json()["data"][1]["senderName"] == "Rafiq Hasan"


def test_the_same_id_twice_is_one_message_and_the_same_answer(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    known(carevia, "rima")
    client.connect(carevia.url, "phone", auth={"token": RIMA})
    client.connect(carevia.url, "rafiq", auth={"token": staff()})
    client.call("join_room", "rima", socket="rafiq")
    message = {"id": "1-a", "roomId": "rima", "text": "Hello"}
    answers = [client.call("send_message", message, socket="phone") for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    client.call("send_message", message | {"id": "2-b"}, socket="phone")
    while client.expect_event("receive_message", "rafiq")["args"][0]["id"] != "2-b":
        pass
    assert len(client.events("receive_message", "rafiq")) == 2
    assert len(history(carevia, RIMA, "rima").json()["data"]) == 2


def test_an_acknowledged_message_survives_a_kill(carevia: Program, javascript_client: SocketIOClient) -> None:
    known(carevia, "rima")
    javascript_client.connect(carevia.url, auth={"token": RIMA})
    sent = javascript_client.call("send_message", {"id": "1-a", "roomId": "rima", "text": "Hello"})
    assert sent["ok"] is True
    carevia.kill()
    carevia.start()
    (row,) = history(carevia, RIMA, "rima").json()["data"]
    assert (row["id"], row["seq"]) == ("1-a", sent["seq"])


def test_a_customer_may_open_their_own_conversation_only(carevia: Program, javascript_client: SocketIOClient) -> None:
    client = javascript_client
    known(carevia, "rima", "karim")
    client.connect(carevia.url, "karim", auth={"token": KARIM})
    client.connect(carevia.url, "guest")
    assert client.call("join_room", "karim", socket="karim")["ok"] is True
    for room in ("rima", "desk", "nobody", "rima/desk", ""):
        refused = client.call("join_room", room, socket="karim")
        assert refused["ok"] is False, room
        assert refused["code"] in ("forbidden", "not_found", "bad_input"), room
        said = client.call("send_message", {"id": "1", "roomId": room, "text": "Let me in"}, socket="karim")
        assert said["ok"] is False, room
    assert client.call("join_room", "rima", socket="guest")["ok"] is False
    assert history(carevia, KARIM, "rima").status_code == 404
    client.connect(carevia.url, "rafiq", auth={"token": staff()})
    assert client.call("join_room", "nobody", socket="rafiq") == {
        "ok": False,
        "code": "not_found",
        "error": client.call("join_room", "nobody", socket="rafiq")["error"],
    }


def test_typing_reaches_the_others_and_names_no_staff_to_customers(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    known(carevia, "rima")
    people = {"phone": RIMA, "rafiq": staff(), "mitu": staff("s2", name="Mitu")}
    for name, credential in people.items():  # who still polls may miss it, between two requests
        client.connect(carevia.url, name, auth={"token": credential}, transports=["websocket"])
    for name in ("rafiq", "mitu"):
        client.call("join_room", "rima", socket=name)
    client.emit("typing", {"room": "rima", "userName": "Somebody else"}, socket="rafiq")
    name, who = client.expect_event("user_typing", "phone")["args"]
    assert (name, who["room"]) == ("Carevia Support", "rima")
    assert client.expect_event("user_typing", "mitu")["args"][0] == "Rafiq Hasan"
    client.emit("typing", {"room": "rima", "userName": "Somebody else"}, socket="phone")
    name, who = client.expect_event("user_typing", "rafiq")["args"]
    assert (name, who) == ("Nusrat Jahan", {"room": "rima", "userId": "rima"})
    assert client.events("user_typing", "phone") == [client.events("user_typing", "phone")[0]]


def test_bad_payloads_get_a_sentence_and_the_connection_stays(
    carevia: Program, javascript_client: SocketIOClient
) -> None:
    client = javascript_client
    known(carevia, "rima")
    client.connect(carevia.url, auth={"token": RIMA})
    for name, args in (
        ("join_room", []),
        ("join_room", [None]),
        ("join_room", [{"a": 1}]),
        ("send_message", []),
        ("send_message", [None]),
        ("send_message", [{"id": 1, "roomId": "rima", "text": "x"}]),
        ("send_message", [{"id": "1", "roomId": "rima", "text": ""}]),
        ("send_message", [{"id": "1", "roomId": "rima", "text": "x" * 10_001}]),
        ("typing", []),
        ("typing", [7]),
    ):
        answer = client.call(name, *args)
        assert (answer["ok"], answer["code"]) == (False, "bad_input"), (name, args)
        assert len(answer["error"]) > 10
    forged = client.call("new_booking", {"userId": "rima"})
    assert (forged["ok"], forged["code"]) == (False, "forbidden")
    assert client.state()["connected"] is True
