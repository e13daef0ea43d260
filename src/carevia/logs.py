"""What the process says: the terminal's own lines, and the log, as `console` text or one JSON object per line.

Never a name, an e-mail address, chat, a token or a query string: callers pass ids and counts, exceptions are told by
type and place and never by their message (which may carry a value), and what other libraries log is cut to its first
line. Control characters are escaped, so that nobody writes lines of their own (CVE-2020-7694).
"""

import asyncio
import contextlib
import logging
import select
import sys
import time
import traceback
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TextIO

import msgspec

Style = Literal["console", "json"]
_Said = tuple[int, str, str, dict[str, object]]  # when (ns since 1970), level, event, facts
_Line = Callable[[int, str, str, dict[str, object]], str]
GATHER = 0.05  # s for which a running server's informative lines may wait for each other
_LONGEST = 300
_FRAMES = 8
_ONE_PIECE = 4_096  # bytes that a pipe surely takes whole (PIPE_BUF): several processes may write into one
_MOST_WAITING = 10_000  # lines
_LAST_SECONDS = 1.0  # for the reader of the last lines
_encode = msgspec.json.Encoder().encode
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Log:
    """`say` is for the terminal's lines of the contract; the others are the log. `facts` are ids and counts.

    Informative lines may wait `gather` seconds for others, on a running loop: every payment says three, and to put
    together and write each by itself would be a tenth of what it costs. Whatever else is said, and the end, takes them
    along.
    """

    def __init__(self, style: Style, stream: TextIO | None = None, gather: float = 0.0) -> None:
        self._style = style
        self._line: _Line = _json_line if style == "json" else _console_line
        self._lines = _Lines(stream if stream is not None else sys.stdout, self._line, gather)
        self._bound: dict[str, object] = {}

    def name_node(self, node: str) -> None:
        """Which of several processes says it, on every JSON line from now on: they may share one stream."""
        if self._style == "json":
            self._bound = {"node": node}

    def say(self, line: str) -> None:
        """A line that people wait for: exactly as it is on a console, the event of a JSON line otherwise."""
        if self._style == "json":
            self._lines.write(self._line(time.time_ns(), "info", line, self._bound))
        else:
            self._lines.write(escaped(line))

    def info(self, event: str, **facts: object) -> None:
        self._lines.write_soon((time.time_ns(), "info", event, self._bound | facts))

    def warning(self, event: str, **facts: object) -> None:
        self._lines.write(self._line(time.time_ns(), "warning", event, self._bound | facts))

    def error(self, event: str, problem: BaseException | None = None, **facts: object) -> None:
        if problem is not None:
            facts |= {"error": type(problem).__name__, "where": place_of(problem)}
        self._lines.write(self._line(time.time_ns(), "error", event, self._bound | facts))

    def flush(self) -> None:
        """Write what has waited; the last of all."""
        self._lines.flush(_LAST_SECONDS)

    def take_over(self) -> None:
        """Let the standard library's loggers (ours, uvicorn's, asyncio's) speak through this log, warnings and up."""
        root = logging.getLogger()
        root.handlers[:] = [_Bridge(self)]
        root.setLevel(logging.WARNING)


class _Lines:
    """Writes whole lines, from any thread; a terminal that has gone does not take the server with it, nor does one that
    stands still: what nobody reads waits, and of very many lines the last. What may wait is put together when it
    leaves, many lines one after the other."""

    def __init__(self, stream: TextIO, line: _Line, gather: float) -> None:
        self._stream = stream
        self._line = line
        self._gather = gather
        self._waiting: deque[str | _Said] = deque()
        self._lost = 0  # of those that waited
        self._due: asyncio.TimerHandle | None = None

    def write(self, line: str) -> None:
        self._wait(line)
        self.flush()

    def write_soon(self, said: _Said) -> None:
        self._wait(said)
        if self._due is None and not self._call_later():
            self.flush()

    def _wait(self, said: str | _Said) -> None:
        self._waiting.append(said)
        if len(self._waiting) > _MOST_WAITING:
            with contextlib.suppress(IndexError):  # another thread has taken them all
                self._waiting.popleft()
                self._lost += 1

    def _call_later(self) -> bool:
        if not self._gather:
            return False
        try:
            self._due = asyncio.get_running_loop().call_later(self._gather, self._flush_now)
        except RuntimeError:  # no loop, as before its start, after its end and in other threads
            return False
        return True

    def _flush_now(self) -> None:
        self._due = None
        self.flush()

    def flush(self, patience: float = 0.0) -> None:
        """`patience`: seconds that a reader has for each piece; what is not taken then waits for the next flush."""
        while self._waiting and self._takes(patience):
            if self._lost:
                lost, self._lost = self._lost, 0
                self._waiting.appendleft((time.time_ns(), "warning", "nobody read the log", {"lines_lost": lost}))
            self._write(self._piece())
        if self._waiting and self._due is None:
            self._call_later()

    def _takes(self, patience: float) -> bool:
        """Whether a piece can be written and nobody waits for its reader. Without a loop nothing would try again."""
        if not self._gather:
            return True
        poll = select.poll()
        try:
            poll.register(self._stream.fileno(), select.POLLOUT)
        except (OSError, ValueError):  # it is in memory, or closed
            return True
        return bool(poll.poll(patience * 1000))

    def _piece(self) -> list[str]:
        piece: list[str] = []
        size = 0
        with contextlib.suppress(IndexError):  # all are taken, perhaps by another thread
            while True:
                said = self._waiting.popleft()
                line = said if isinstance(said, str) else self._line(*said)
                size += (len(line) if line.isascii() else 4 * len(line)) + 1
                if piece and size > _ONE_PIECE:
                    self._waiting.appendleft(line)
                    break
                piece.append(line)
        return piece

    def _write(self, piece: list[str]) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write("\n".join([*piece, ""]))
            self._stream.flush()


class _Bridge(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._to = log

    def emit(self, record: logging.LogRecord) -> None:
        try:
            event = record.getMessage().partition("\n")[0]
        except Exception:
            event = str(record.msg)
        problem = record.exc_info[1] if record.exc_info else None
        if record.levelno >= logging.ERROR:
            self._to.error(event, problem, logger=record.name)
        else:
            self._to.warning(event, logger=record.name)


def place_of(problem: BaseException) -> str:
    """Where it was raised, innermost last: files and functions, no values."""
    frames = traceback.extract_tb(problem.__traceback__)[-_FRAMES:]
    return " > ".join(f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}" for frame in frames)


def escaped(text: str) -> str:
    return text if text.isprintable() else text.translate(_ESCAPES)


def _stamp(nanoseconds: int) -> str:
    milliseconds = nanoseconds // 1_000_000
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=1)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _safe(value: object) -> object:
    """A value that writes no line of its own and is not endless."""
    if type(value) is str and len(value) <= _LONGEST and value.isprintable():
        return value
    if isinstance(value, (int, float, bool, type(None))):
        return value
    text = escaped(str(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _told(facts: dict[str, object]) -> dict[str, object]:
    return {key: escaped(str(value)) if key == "where" else _safe(value) for key, value in facts.items()}


def _json_line(when: int, level: str, event: str, facts: dict[str, object]) -> str:
    return _encode({**_told(facts), "event": _safe(event), "level": level, "timestamp": _stamp(when)}).decode()


def _console_line(when: int, level: str, event: str, facts: dict[str, object]) -> str:
    line = _joined(event, facts)
    if len(line) > _LONGEST or not line.isprintable():  # else nothing in it needs a look by itself
        line = _joined(_safe(event), _told(facts))
    return f"{_second(when // 1_000_000_000)[11:]} {level:<7} {line}"


def _joined(event: object, facts: dict[str, object]) -> str:
    return "".join([str(event), *[f" {key}={value}" for key, value in facts.items()]])
