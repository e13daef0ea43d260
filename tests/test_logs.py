"""The log: one line for each thing said, whatever it holds, in the order in which it was said."""

import asyncio
import io
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile
from threading import Thread, Timer
from typing import TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carevia.logs import Log
from tests.aio import run


class Pipe(io.StringIO):
    """Keeps what is written by one call together."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


@contextmanager
def a_pipe() -> Iterator[tuple[TextIO, TextIO]]:
    """A true one: where to read, and where to write."""
    out, into = os.pipe()
    with open(out, encoding="utf-8") as reader, open(into, "w", encoding="utf-8") as writer:
        yield reader, writer


def said(style: str, event: str, **facts: object) -> str:
    stream = io.StringIO()
    Log("json" if style == "json" else "console", stream).info(event, **facts)
    line = stream.getvalue()
    assert line.endswith("\n")
    return line[:-1]


def test_a_line_of_the_console_says_when_how_grave_what_and_the_facts() -> None:
    line = said("console", "booking recorded", booking="bk_1", paid=3000, note=None, ok=True)
    assert re.fullmatch(r"\d\d:\d\d:\d\d info    booking recorded booking=bk_1 paid=3000 note=None ok=True", line)


def test_a_line_of_json_is_one_object_with_its_time() -> None:
    line = json.loads(said("json", "booking recorded", booking="bk_1", paid=3000))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("timestamp"))
    assert line == {"event": "booking recorded", "level": "info", "booking": "bk_1", "paid": 3000}


@pytest.mark.parametrize("style", ["console", "json"])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), st.text(max_size=5))
def test_whatever_it_holds_it_is_one_line_without_control_characters(style: str, value: str, event: str) -> None:
    line = said(style, event.encode("utf-8", "replace").decode(), value=value)
    assert len(line.splitlines()) == 1
    assert not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", line)


def test_what_is_forged_is_shown_as_what_it_is() -> None:
    line = said("console", "webhook refused", id="evt_1\n12:00:00 info    all is well\x1b[2K")
    assert line.endswith(r"webhook refused id=evt_1\x0a12:00:00 info    all is well\x1b[2K")


@pytest.mark.parametrize("style", ["console", "json"])
def test_an_endless_value_is_cut_and_the_others_are_not(style: str) -> None:
    line = said(style, "webhook refused", id="x" * 5000, reason="signature")
    assert "x" * 300 + "…" in line
    assert "x" * 301 not in line
    assert "signature" in line


def test_an_error_says_where_it_was_raised_and_never_its_message() -> None:
    stream = io.StringIO()
    try:
        raise ValueError("nusrat@example.com")
    except ValueError as problem:
        Log("console", stream).error("event failed", problem, socket="s1")
    assert re.search(r"error   event failed socket=s1 error=ValueError where=.*test_logs\.py:\d+ ", stream.getvalue())
    assert "nusrat" not in stream.getvalue()


def test_what_waits_leaves_in_order_before_what_is_graver_in_pieces_of_whole_lines() -> None:
    async def main() -> None:
        pipe = Pipe()
        log = Log("console", pipe, gather=60)
        for number in range(200):
            log.info("booking recorded", number=number, pad="x" * 60)
        assert pipe.pieces == []
        log.warning("the disk is full")
        await asyncio.sleep(0)
        lines = pipe.getvalue().splitlines()
        assert [line.split("number=")[1].split()[0] for line in lines[:-1]] == [str(number) for number in range(200)]
        assert lines[-1].endswith("the disk is full")
        assert len(pipe.pieces) < 20
        assert all(piece.endswith("\n") and len(piece.encode()) <= 4_096 for piece in pipe.pieces)

    run(main())


def test_a_reader_that_stands_still_stops_nobody_and_gets_the_last_lines_when_it_reads_on() -> None:
    """A pipe that was full stopped the loop, and everybody's sockets with it."""

    async def main() -> None:
        with a_pipe() as (reader, pipe):
            log = Log("console", pipe, gather=0.01)
            for number in range(15_000):
                log.warning("the disk is full", number=number)
            lines = await asyncio.to_thread(lambda: [*takewhile(lambda line: "=14999" not in line, reader)])
        numbers = [int(line.split("number=")[1]) for line in lines if "number=" in line]
        lost = [int(line.split("lines_lost=")[1]) for line in lines if "lines_lost=" in line]
        assert numbers == sorted(numbers)
        assert numbers[-9_000:] == [*range(5_999, 14_999)]
        assert len(lost) == 1
        assert len(numbers) + lost[0] == 14_999

    run(main())


def test_the_last_of_all_is_written_though_its_reader_is_not_there_yet() -> None:
    with a_pipe() as (reader, pipe):
        log = Log("console", pipe, gather=60)
        late = Thread(target=lambda: lines.extend(reader), daemon=True)
        lines: list[str] = []

        async def main() -> None:
            for number in range(5_000):
                log.info("booking recorded", number=number)

        run(main())
        Timer(0.2, late.start).start()
        log.flush()
        pipe.close()
        late.join(5)
    assert len(lines) == 5_000
