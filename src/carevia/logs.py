"""What the process says: the terminal's own lines, and the log, as `console` text or one JSON object per line.

Never a name, an e-mail address, chat, a token or a query string: callers pass ids and counts, exceptions are told by
type and place and never by their message (which may carry a value), and what other libraries log is cut to its first
line. Control characters are escaped, so that nobody writes lines of their own (CVE-2020-7694).
"""

import asyncio
import contextlib
import logging
import sys
import time
import traceback
from collections import deque
from datetime import UTC, datetime
from functools import lru_cache
from typing import Literal, TextIO

import msgspec

Style = Literal["console", "json"]
GATHER = 0.05  # s for which a running server's informative lines may wait for each other
_LONGEST = 300
_FRAMES = 8
_ONE_PIECE = 1_000  # characters, each at most four bytes: what a pipe surely takes whole (PIPE_BUF)
_encode = msgspec.json.Encoder().encode
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Log:
    """`say` is for the terminal's lines of the contract; the others are the log. `facts` are ids and counts.

    Informative lines may wait `gather` seconds for others, on a running loop: every payment says three, and a system
    call for each would be a tenth of what it costs. Whatever else is said, and the end, takes them along.
    """

    def __init__(self, style: Style, stream: TextIO | None = None, gather: float = 0.0) -> None:
        self._style = style
        self._lines = _Lines(stream if stream is not None else sys.stdout, gather)
        self._line = _json_line if style == "json" else _console_line
        self._bound: dict[str, object] = {}

    def name_node(self, node: str) -> None:
        """Which of several processes says it, on every JSON line from now on: they may share one stream."""
        if self._style == "json":
            self._bound = {"node": node}

    def say(self, line: str) -> None:
        """A line that people wait for: exactly as it is on a console, the event of a JSON line otherwise."""
        if self._style == "json":
            self._lines.write(self._line("info", line, self._bound))
        else:
            self._lines.write(escaped(line))

    def info(self, event: str, **facts: object) -> None:
        self._lines.write_soon(self._line("info", event, self._bound | facts))

    def warning(self, event: str, **facts: object) -> None:
        self._lines.write(self._line("warning", event, self._bound | facts))

    def error(self, event: str, problem: BaseException | None = None, **facts: object) -> None:
        if problem is not None:
            facts |= {"error": type(problem).__name__, "where": place_of(problem)}
        self._lines.write(self._line("error", event, self._bound | facts))

    def flush(self) -> None:
        """Write what has waited."""
        self._lines.flush()

    def take_over(self) -> None:
        """Let the standard library's loggers (ours, uvicorn's, asyncio's) speak through this log, warnings and up."""
        root = logging.getLogger()
        root.handlers[:] = [_Bridge(self)]
        root.setLevel(logging.WARNING)


class _Lines:
    """Writes whole lines, from any thread; a terminal that has gone does not take the server with it."""

    def __init__(self, stream: TextIO, gather: float) -> None:
        self._stream = stream
        self._gather = gather
        self._waiting: deque[str] = deque()
        self._due: asyncio.TimerHandle | None = None

    def write(self, line: str) -> None:
        self._waiting.append(line)
        self.flush()

    def write_soon(self, line: str) -> None:
        self._waiting.append(line)
        if self._due is None and not self._call_later():
            self.flush()

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

    def flush(self) -> None:
        try:
            while self._waiting:
                self._stream.write(self._taken())
                self._stream.flush()
        except (OSError, ValueError):
            return

    def _taken(self) -> str:
        """As many lines as a pipe takes in one piece: several processes may write into one."""
        text = ""
        with contextlib.suppress(IndexError):  # another thread took the last one
            text = f"{self._waiting.popleft()}\n"
            while len(text) + len(self._waiting[0]) < _ONE_PIECE:
                text += f"{self._waiting.popleft()}\n"
        return text


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


def _stamp() -> str:
    milliseconds = time.time_ns() // 1_000_000
    return f"{_second(milliseconds // 1000)}.{milliseconds % 1000:03}Z"


@lru_cache(maxsize=1)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _safe(value: object) -> object:
    """A value that writes no line of its own and is not endless."""
    if isinstance(value, (int, float, bool, type(None))):
        return value
    text = escaped(str(value))
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _told(facts: dict[str, object]) -> dict[str, object]:
    return {key: escaped(str(value)) if key == "where" else _safe(value) for key, value in facts.items()}


def _json_line(level: str, event: str, facts: dict[str, object]) -> str:
    return _encode({**_told(facts), "event": _safe(event), "level": level, "timestamp": _stamp()}).decode()


def _console_line(level: str, event: str, facts: dict[str, object]) -> str:
    rest = "".join([f" {key}={value}" for key, value in _told(facts).items()])
    return f"{_stamp()[11:19]} {level:<7} {_safe(event)}{rest}"
