"""Here the command itself is tested: the program is started as at a terminal."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import StartProgram
from tests.harness.program import Program


@pytest.fixture
def start_program() -> Iterator[StartProgram]:
    with ExitStack() as ends:
        yield lambda *words, **settings: ends.enter_context(Program(*words, **settings))
