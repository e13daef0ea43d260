"""`python3 run.py fuzz` without its fuzzer: what it feeds passes, a bad parser is told, and it says what to do."""

import random
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import run
from carevia.protocol import engineio, socketio, websocket
from carevia.protocol.engineio import ParseError
from tests.fuzz import __main__ as program
from tests.fuzz.targets import SEEDS, TARGETS, Target, check
from tests.protocol.frames import single
from tests.realtime.test_fuzz import SEEDS as SENT

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_every_target_takes_the_seeds_whole_and_in_pieces(target: Target) -> None:
    for seed in [*SEEDS, *SENT]:
        target([seed])
        target(single(seed))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.__name__)
def test_every_target_takes_bytes_at_random(target: Target) -> None:
    chance = random.Random(42)
    for _ in range(300):
        target([chance.randbytes(chance.randrange(40)) for _ in range(chance.randrange(4))])


def raises(error: Exception) -> Callable[..., Any]:
    def parser(*_: Any) -> None:
        raise error

    return parser


@pytest.mark.parametrize(
    ("place", "name", "error"),
    [
        (engineio, "decode_payload", ValueError("what a ParseError is too")),
        (engineio, "decode_binary", IndexError()),
        (socketio, "decode", RecursionError()),
        (socketio, "complete", KeyError("num")),
        (websocket, "accept_value", TypeError()),
        (websocket.Reader, "texts", ParseError("of a reader that never raises")),
        (websocket.Reader, "feed", ParseError("of a reader that never raises")),
    ],
)
def test_a_parser_that_raises_anything_else_is_told_with_its_input(
    monkeypatch: pytest.MonkeyPatch, place: object, name: str, error: Exception
) -> None:
    monkeypatch.setattr(place, name, raises(error))
    with pytest.raises(AssertionError) as told:
        for seed in SEEDS:
            check([seed])
    assert re.search(r"targets\.\w+\(\[b['\"].*\]\) raised " + re.escape(repr(error)), str(told.value))
    assert "in parser" in str(told.value), "where it was raised"


def test_a_parse_error_of_a_parser_that_may_raise_it_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for place, name in ((engineio, "decode_payload"), (engineio, "decode_binary"), (socketio, "decode")):
        monkeypatch.setattr(place, name, raises(ParseError("no")))
    for seed in SEEDS:
        check([seed])


def test_a_reader_that_reads_pieces_otherwise_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(websocket.Reader, "texts", lambda reader, data: [])
    with pytest.raises(AssertionError, match="in pieces it reads"):
        check([next(seed for seed in SEEDS if seed[:1] == b"\x81")])


@pytest.mark.parametrize("status", [0, 1])
def test_what_was_found_is_printed_as_python_writes_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int
) -> None:
    if status:
        (tmp_path / "found-crash-1").write_bytes(b"42\xff\x00")
    said = "KeyError\nstat::number_of_executed_units: 5000\nstat::new_units_added:          70\n"
    assert program.report(subprocess.CompletedProcess([], status, said), 2.0, tmp_path) is (status == 0)
    printed = capsys.readouterr().out
    assert "5,000 runs in 2 s, 2,500 a second; 70 inputs" in printed
    assert (r": b'42\xff\x00'" in printed) == ("KeyError" in printed) == ("FAILED" in printed) == (status == 1)


def test_every_seed_begins_whole_and_cut_and_always_in_one_order(tmp_path: Path) -> None:
    paths = [Path(name) for name in program.sow(tmp_path).split(",")]
    assert [path.read_bytes() for path in paths] == [seed + cuts for cuts in program.CUTS for seed in SEEDS]


def test_without_the_fuzzer_one_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "find_spec", {}.get)
    with pytest.raises(SystemExit) as ended:
        program.main([])
    assert "start it as `python3 run.py fuzz`" in str(ended.value)
    assert "CPython 3.11, 3.12 or 3.13" in str(ended.value)


def test_the_fuzzer_is_locked_for_itself_and_only_where_there_is_one() -> None:
    lock = (ROOT / "requirements-fuzz.txt").read_text()
    assert lock.startswith("atheris==3.0.0 ; python_full_version < '3.14' and platform_machine == 'x86_64' and ")
    assert "atheris" not in (ROOT / "requirements-test.txt").read_text()
    assert run.LOCKS["requirements-fuzz.txt"] == "requirements-fuzz.in"


@pytest.mark.parametrize("words", [["--seed", "0"], ["--runs", "-1"], ["--runs", "many"]])
def test_numbers_that_mean_something_else_to_the_fuzzer_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit):
        program.asked(words)


def test_it_explains_itself_and_the_page_names_it_rightly(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        program.asked(["--help"])
    assert "python3 run.py fuzz --runs 100000" in capsys.readouterr().out
    [named] = re.findall(r"`python3 run\.py fuzz ([^`]*)`", (ROOT / "docs" / "reliability.md").read_text())
    assert program.asked(shlex.split(named)).runs == program.asked([]).runs == 1_000_000
    assert "python3 run.py fuzz" in run.HELP
