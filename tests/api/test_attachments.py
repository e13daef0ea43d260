"""Attachments at the edge: uploads that are judged, and how they are served."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from carevia.api import attachments as api
from carevia.api.attachments import disposition
from carevia.service import attachments as service
from tests.aio import run
from tests.api.desk import Desk, desk, known
from tests.domain.test_attachments import BYTES

PNG = BYTES["image/png"]


async def upload(
    d: Desk, headers: dict[str, str], content: bytes | AsyncIterator[bytes] = PNG, **query: str
) -> httpx2.Response:
    asked = {"roomId": "u1", "id": "up1", "name": "photo.png"} | query
    return await d.http.post("/api/chat/attachment", params=asked, content=content, headers=headers)


def test_an_attachment_is_uploaded_sent_and_served_with_safe_headers(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            family, boss = d.bearer("u1"), d.bearer("boss", "admin")
            made = (await upload(d, family, name="ছবি.png")).json()["data"]
            assert (made["name"], made["type"], made["size"]) == ("ছবি.png", "image/png", len(PNG))
            body = {"roomId": "u1", "text": "", "id": "m1", "attachments": [made["id"]]}
            assert (await d.http.post("/api/chat/message", json=body, headers=family)).status_code == 200
            rows = (await d.http.get("/api/chat/message?roomId=u1", headers=boss)).json()["data"]
            assert rows[0]["attachments"] == [made]

            answer = await d.http.get("/api/chat/attachment", params={"id": made["id"]}, headers=boss)
            assert (answer.status_code, answer.content) == (200, PNG)
            assert answer.headers["content-type"] == "image/png"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert answer.headers.get_list("content-security-policy") == ["default-src 'none'; sandbox"]
            assert answer.headers["content-disposition"].startswith(
                "inline; filename=\"___.png\"; filename*=UTF-8''%E0"
            )
            assert answer.headers["cross-origin-resource-policy"] == "same-origin"
            assert answer.headers["cache-control"] == "private, no-cache"
            again = boss | {"if-none-match": answer.headers["etag"]}
            kept = await d.http.get("/api/chat/attachment", params={"id": made["id"]}, headers=again)
            assert (kept.status_code, kept.content) == (304, b"")

    run(work())


def test_uploads_at_once_come_to_no_more_than_a_days_measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            monkeypatch.setattr(service, "MOST_A_DAY", len(PNG))
            customer = d.bearer("u1")
            answers = await asyncio.gather(*(upload(d, customer, id=f"up{n}") for n in range(6)))
            assert sorted(answer.status_code for answer in answers) == [200, 200, 429, 429, 429, 429]

    run(work())


def test_an_attachment_is_in_memory_only_as_far_as_its_reader_has_come(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            made = (await upload(d, d.bearer("u1"), PNG + bytes(300_000))).json()["data"]
            sent: list[bytes] = []
            stuck = asyncio.Event()

            async def send(event: Any) -> None:
                if event["type"] == "http.response.body":
                    sent.append(event["body"])
                    stuck.set()
                    await asyncio.Event().wait()

            headers = [(name.encode(), value.encode()) for name, value in d.bearer("u1").items()]
            scope = {
                "type": "http", "method": "GET", "path": "/api/chat/attachment", "scheme": "http", "headers": headers,
                "query_string": f"id={made['id']}".encode(),
            }  # fmt: skip
            answering = asyncio.create_task(d.carevia.asgi(scope, stuck.wait, send))
            await stuck.wait()
            answering.cancel()
            assert sent[0].startswith(PNG) and len(sent) == 1 and len(sent[0]) <= 65_536

    run(work())


def test_an_attachment_is_for_whoever_may_open_the_conversation(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            await known(d, "u1", "u2")
            family = d.bearer("u1")
            id_ = (await upload(d, family)).json()["data"]["id"]
            body = {"roomId": "u1", "text": "", "id": "m1", "attachments": [id_]}
            assert (await d.http.post("/api/chat/message", json=body, headers=family)).status_code == 200
            path = f"/api/chat/attachment?id={id_}"
            for headers, status in ((family, 200), (d.bearer("boss", "admin"), 200), (d.bearer("u2"), 404), ({}, 401)):
                assert (await d.http.get(path, headers=headers)).status_code == status
            stale = d.bearer("u2") | {"if-none-match": f'"{id_}"'}
            assert (await d.http.get(path, headers=stale)).status_code == 404
            for id_ in ("..%2Fcarevia.db", "carevia.db", "0" * 32):
                assert (await d.http.get(f"/api/chat/attachment?id={id_}", headers=family)).status_code == 404

    run(work())


def test_uploads_are_judged_by_bytes_size_and_right(tmp_path: Path) -> None:
    async def work() -> None:
        async with desk(tmp_path) as d:
            family, boss = d.bearer("u1"), d.bearer("boss", "admin")
            assert (await upload(d, family, b"<svg onload=alert(1)>")).status_code == 400
            assert (await upload(d, family, PNG + bytes(10_000_000))).status_code == 413
            assert (await upload(d, {})).status_code == 401
            assert (await upload(d, family, roomId="u2")).status_code == 404
            assert (await upload(d, boss, roomId="nobody")).status_code == 404
            assert (await upload(d, family, id="")).status_code == 400
            evil = family | {"origin": "https://evil.example"}
            assert (await upload(d, evil)).status_code == 403
            first, second = (await upload(d, family)).json(), (await upload(d, family)).json()
            assert first == second
            largest = PNG + bytes(10_000_000 - len(PNG))
            assert (await upload(d, family, largest, id="up2")).json()["data"]["size"] == 10_000_000

    run(work())


def test_slow_uploads_of_one_person_do_not_keep_others_waiting(tmp_path: Path) -> None:
    arrived = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield PNG[:1]
        await arrived.wait()
        yield PNG[1:]

    async def work() -> None:
        async with desk(tmp_path) as d:
            slow = [asyncio.create_task(upload(d, d.bearer("u1"), slowly(), id=f"slow{n}")) for n in range(20)]
            async with asyncio.timeout(5):
                for _ in range(5):
                    assert (await upload(d, d.bearer("u2"), roomId="u2")).status_code == 200
            assert not any(one.done() for one in slow)
            arrived.set()
            assert [(await one).status_code for one in slow] == [200] * 20, "each had its turn"

    run(work())


def test_an_upload_on_a_dead_wire_is_given_up_and_sent_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_SILENCE", 0.1)

    async def dying() -> AsyncIterator[bytes]:
        yield PNG[:1]
        await asyncio.Event().wait()

    async def work() -> None:
        async with desk(tmp_path) as d:
            family = d.bearer("u1")
            dead = asyncio.create_task(upload(d, family, dying()))
            async with asyncio.timeout(5):
                assert (await dead).status_code == 408
                assert (await upload(d, family)).status_code == 200

    run(work())


def test_so_many_uploads_of_different_people_are_in_memory_at_once(tmp_path: Path) -> None:
    begun: list[str] = []
    arrived = asyncio.Event()

    async def slowly(id: str) -> AsyncIterator[bytes]:
        begun.append(id)
        yield PNG[:1]
        await arrived.wait()
        yield PNG[1:]

    async def work() -> None:
        async with desk(tmp_path) as d:
            people = [f"u{number}" for number in range(20)]
            slow = [asyncio.create_task(upload(d, d.bearer(id), slowly(id), roomId=id)) for id in people]
            async with asyncio.timeout(5):
                while len(begun) < 16:
                    await asyncio.sleep(0.01)
            await asyncio.sleep(0.1)
            assert len(begun) == 16
            arrived.set()
            assert [(await one).status_code for one in slow] == [200] * 20

    run(work())


def test_a_name_cannot_break_out_of_the_header() -> None:
    header = disposition('a"; filename="b.html\r\nX: y ছ.pdf', "application/pdf")
    assert header.isascii() and header.isprintable()
    assert header.startswith("attachment; filename=\"a__ filename__b.html__X_ y _.pdf\"; filename*=UTF-8''a%22%3B%20")
    assert disposition("a.png", "image/png").startswith("inline; ")
