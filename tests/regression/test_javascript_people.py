"""The faults about chat, accounts and privacy of the JavaScript system whose events and routes Carevia keeps."""

import time
from pathlib import Path
from typing import Any

from sqlalchemy import update

from carevia.api.simulator import paid_event
from carevia.store.tables import users
from tests.aio import run
from tests.api.desk import Desk, customer, desk, message, now, staff


async def history(d: Desk, bearer: dict[str, str], room: str = "u1") -> list[dict[str, Any]]:
    answer = await d.http.get(f"/api/chat/message?roomId={room}", headers=bearer)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["data"]
    return rows


async def login(d: Desk, email: str, password: str, address: str = "203.0.113.9") -> Any:
    body, headers = {"email": email, "password": password}, {"x-forwarded-for": address}
    return await d.http.post("/api/login", json=body, headers=headers)


def test_j11_everybody_of_a_conversation_reads_its_history_after_a_restart(tmp_path: Path) -> None:
    """Chat lived in memory, and its history answered 401 to whoever was signed in: a reload lost the conversation."""

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(customer(d)) as family, d.socket(staff(d)) as boss:
            await boss.ask("join_room", "u1")
            await family.ask("send_message", message("u1", "1-a", "When will she come?"))
            await boss.ask("send_message", message("u1", "2-b", "At ten."))
        async with desk(tmp_path) as d:
            for bearer in (d.bearer("u1"), d.bearer("boss", "admin")):
                assert [row["text"] for row in await history(d, bearer)] == ["When will she come?", "At ten."]
            assert (await d.http.get("/api/chat/message?roomId=u1")).status_code == 401

    run(work())


def test_j12_who_wrote_and_when_is_the_server_s_word(tmp_path: Path) -> None:
    """Sender and time came from the client: anybody could be anybody, and clocks decided the order."""
    lies = {"senderId": "boss", "senderName": "Carevia Support", "time": "2001-01-01T00:00:00.000Z", "status": "seen"}

    async def work() -> None:
        async with (
            desk(tmp_path) as d,
            d.socket(customer(d, name="Nusrat Jahan")) as family,
            d.socket(staff(d)) as boss,
        ):
            await boss.ask("join_room", "u1")
            ack = await family.ask("send_message", message("u1") | lies)
            told = (await boss.event("receive_message"))[0]
            [stored] = await history(d, d.bearer("boss", "admin"))
            for row in (told, stored):
                assert (row["senderId"], row["senderName"], row["status"]) == ("u1", "Nusrat Jahan", "sent")
                assert row["time"] == ack["time"] > "2026"

    run(work())


def test_j15_no_log_line_holds_what_people_are_called_where_they_live_or_what_they_write(tmp_path: Path) -> None:
    """Names, addresses and care services of customers went to the console, where logs are kept and shipped."""
    marks = ["Marker Name", "marker-mail@example.com", "Marker Road 7", "Marker Care", "marker text", "marker password"]

    async def work() -> None:
        async with desk(tmp_path) as d, d.socket(staff(d)) as boss, d.socket(customer(d)) as family:
            paid = paid_event(now())
            metadata = {"userId": "u1", "userName": marks[0], "userEmail": marks[1], "address": marks[2]}
            paid["data"]["object"]["metadata"] |= metadata | {"serviceName": marks[3]}
            assert (await d.pay(paid)).status_code == 200
            assert (await d.pay(paid, at=1)).status_code == 400
            assert (await d.emit({"userId": "u2", "userName": marks[0], "amountPaid": [1]})).status_code == 400
            await boss.ask("join_room", "u1")
            await family.ask("send_message", message("u1", text=marks[4]))
            await family.ask("send_message", message("u9", text=marks[4]))
            await login(d, marks[1], marks[5])
            await d.http.get(f"/api/booking?search={marks[1]}", headers=d.bearer("boss", "admin"))
            await d.http.get(f"/nothing/{marks[1]}?q={marks[4]}")
            said = "\n".join(d.lines)
            assert "Client connected" in said
            assert [mark for mark in marks if mark.lower() in said.lower()] == []

    run(work())


def test_j16_logins_tell_nothing_are_limited_and_can_be_revoked(tmp_path: Path) -> None:
    """ "User not found" against "Invalid credentials", no limit, and tokens of seven days that nobody could end."""

    async def work() -> None:
        async with desk(tmp_path, TRUSTED_PROXIES="127.0.0.1") as d:
            id_ = await d.account("rafiq@example.com")
            known = await login(d, "rafiq@example.com", "wrong", "203.0.113.1")
            unknown = await login(d, "nobody@example.com", "wrong", "203.0.113.1")
            assert (known.status_code, known.json()) == (unknown.status_code, unknown.json())
            guesses = [(await login(d, "rafiq@example.com", f"guess {n}")).status_code for n in range(6)]
            assert guesses == [401] * 5 + [429]
            good = await login(d, "rafiq@example.com", "long enough", "203.0.113.2")
            bearer = {"authorization": f"Bearer {good.json()['data']['token']}"}
            assert (await d.http.get("/api/booking", headers=bearer)).status_code == 200
            await d.carevia.store.write(lambda tx: tx.run(update(users).where(users.c.id == id_).values(disabled=1)))
            assert (await d.http.get("/api/booking", headers=bearer)).status_code == 401

    run(work())


HOSTILE = [".*", "^", "(a+)+$", "[", "(", "\\", "%", "_", "a" * 5000, "$where", "' OR '1'='1"]


def test_j17_a_search_is_text_and_never_a_pattern(tmp_path: Path) -> None:
    """What was typed went to the database as a regular expression: injection, and queries that took minutes."""

    async def work() -> None:
        async with desk(tmp_path) as d:
            for n, name in enumerate(["Nusrat Jahan", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "100% (Rahim)"]):
                paid = paid_event(now())
                paid["data"]["object"]["metadata"] |= {
                    "userId": f"u{n}",
                    "userName": name,
                    "userEmail": f"u{n}@x.example",
                }
                await d.pay(paid)
            boss = d.bearer("boss", "admin")

            async def found(search: str) -> list[str]:
                answer = await d.http.get("/api/booking", params={"search": search}, headers=boss)
                assert answer.status_code == 200, answer.text
                return [row["userName"] for row in answer.json()["data"]["bookings"]]

            began = time.monotonic()
            for search in HOSTILE:
                wanted = ["100% (Rahim)"] if search in ("(", "%") else []
                assert await found(search) == wanted, search
            assert time.monotonic() - began < 5  # a pattern like the third takes minutes where patterns are obeyed
            assert await found("nusrat") == ["Nusrat Jahan"]

    run(work())
