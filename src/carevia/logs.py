"""What the process says: the terminal's own lines, and the log, as `console` text or one JSON object per line.

Never a name, an e-mail address, chat, a token or a query string: callers pass ids and counts, exceptions are told by
type and place and never by their message (which may carry a value), and what other libraries log is cut to its first
line. Control characters are escaped, so that nobody writes lines of their own (CVE-2020-7694).
"""

import logging
import sys
import time
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal, TextIO

import msgspec
import structlog

Style = Literal["console", "json"]
_LONGEST = 300
_FRAMES = 8
_encode = msgspec.json.Encoder().encode
_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160))} | {0x2028: "\\u2028", 0x2029: "\\u2029"}


class Log:
    """`say` is for the terminal's lines of the contract; the others are the log. `facts` are ids and counts."""

    def __init__(self, style: Style, stream: TextIO | None = None) -> None:
        self._style = style
        self._stream = stream if stream is not None else sys.stdout
        self._log = structlog.wrap_logger(
            _Lines(self._stream),
            processors=[_json_line if style == "json" else _console_line],
            wrapper_class=_Levels,
        ).bind()

    def name_node(self, node: str) -> None:
        """Which of several processes says it, on every JSON line from now on: they may share one stream."""
        if self._style == "json":
            self._log = self._log.bind(node=node)

    def say(self, line: str) -> None:
        """A line that people wait for: exactly as it is on a console, the event of a JSON line otherwise."""
        if self._style == "json":
            self.info(line)
        else:
            _Lines(self._stream).msg(escaped(line))

    def info(self, event: str, **facts: object) -> None:
        self._log.info(event, **facts)

    def warning(self, event: str, **facts: object) -> None:
        self._log.warning(event, **facts)

    def error(self, event: str, problem: BaseException | None = None, **facts: object) -> None:
        if problem is not None:
            facts |= {"error": type(problem).__name__, "where": place_of(problem)}
        self._log.error(event, **facts)

    def take_over(self) -> None:
        """Let the standard library's loggers (ours, uvicorn's, asyncio's) speak through this log, warnings and up."""
        root = logging.getLogger()
        root.handlers[:] = [_Bridge(self)]
        root.setLevel(logging.WARNING)


class _Levels(structlog.BoundLoggerBase):
    """The three that there are, one step each: every payment says three lines."""

    def info(self, event: str, **facts: object) -> None:
        self._proxy_to_logger("info", event, **facts)

    def warning(self, event: str, **facts: object) -> None:
        self._proxy_to_logger("warning", event, **facts)

    def error(self, event: str, **facts: object) -> None:
        self._proxy_to_logger("error", event, **facts)


class _Lines:
    """Writes whole lines at once; a terminal that has gone does not take the server with it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def msg(self, line: str) -> None:
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            return

    info = warning = error = debug = critical = msg


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


def _escape(facts: MutableMapping[str, Any]) -> None:
    for key, value in facts.items():
        if value.__class__ is str and len(value) <= _LONGEST and value.isprintable():
            continue  # as nearly everything is
        if not isinstance(value, (int, float, bool, type(None))):
            text = escaped(str(value))
            facts[key] = text if key == "where" or len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _json_line(_: Any, level: str, facts: MutableMapping[str, Any]) -> str:
    _escape(facts)
    return _encode({**facts, "level": level, "timestamp": _stamp()}).decode()


def _console_line(_: Any, level: str, facts: MutableMapping[str, Any]) -> str:
    _escape(facts)
    event = facts.pop("event")
    rest = "".join([f" {key}={value}" for key, value in facts.items()])
    return f"{_stamp()[11:19]} {level:<7} {event}{rest}"
