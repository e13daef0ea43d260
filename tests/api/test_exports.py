"""The lists as files: who gets them, how they are named, and what a store that fails in the middle does to them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from carevia.api.http import Answer, send_answer
from carevia.errors import Unavailable
from carevia.service import exports
from tests.aio import run
from tests.api.desk import desk


@pytest.mark.parametrize("path", ["/api/booking/export", "/api/payment/export"])
def test_a_list_as_a_file_is_for_staff(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)

    async def main() -> None:
        async with desk(tmp_path) as d:
            for _ in range(3):
                assert (await d.pay()).status_code == 200
            boss = d.bearer("boss", "admin")
            answer = await d.http.get(path, headers=boss)
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert answer.headers["content-disposition"].startswith('attachment; filename="')
            assert answer.content.startswith(b"\xef\xbb\xbf") and answer.content.count(b"\r\n") == 4
            assert (await d.http.head(path, headers=boss)).content == b""
            assert (await d.http.get(f"{path}?page=x", headers=boss)).status_code == 400
            assert (await d.http.get(path, headers=d.bearer("u1"))).status_code == 403
            assert (await d.http.get(path)).status_code == 401

    run(main())


@pytest.mark.parametrize("kind", ["booking", "payment"])
def test_a_store_that_cannot_be_read_is_503_and_no_file(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise Unavailable("The store cannot be read.")

    monkeypatch.setattr(exports, f"_{kind}s", fails)

    async def main() -> None:
        async with desk(tmp_path) as d:
            answer = await d.http.get(f"/api/{kind}/export", headers=d.bearer("boss", "admin"))
            assert (answer.status_code, answer.headers["content-type"]) == (503, "application/json")

    run(main())


def test_a_file_that_breaks_off_is_no_file() -> None:
    """The last piece is never sent: the server ends the connection, and the browser says that the file is not whole."""

    async def pieces() -> AsyncIterator[bytes]:
        yield b"more"
        raise Unavailable("The store cannot be read.")

    async def main() -> None:
        sent: list[Any] = []

        async def receive() -> Any:
            await asyncio.Event().wait()  # the client is there, and says nothing

        async def send(message: Any) -> None:
            sent.append(message)

        with pytest.raises(Unavailable):
            await send_answer(Answer(200, b"first", [], pieces()), receive, send)
        assert [message.get("body") for message in sent[1:]] == [b"first", b"more"]
        assert all(message["more_body"] for message in sent[1:])
        assert b"content-length" not in dict(sent[0]["headers"])

    run(main())


def test_nothing_is_read_for_a_file_whose_client_has_gone() -> None:
    """The server takes whatever it is given then, and drops it: three that were given up kept a core busy for 10 s."""
    made: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(100):
            await asyncio.sleep(0)
            made.append(number)
            yield b"more"

    async def main() -> None:
        sent: list[Any] = []

        async def receive() -> Any:
            while len(sent) < 5:
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await send_answer(Answer(200, b"first", [], pieces()), receive, send)
        assert len(made) < 10
        assert all(message["more_body"] for message in sent[1:])

    run(main())
