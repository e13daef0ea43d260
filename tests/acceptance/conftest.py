"""The program as acceptance tests want it: the secrets are known to the tests.

Its store is SQLite. `ACCEPTANCE_STORE=postgresql python3 run.py test tests/acceptance/test_main_job.py` puts it on
PostgreSQL; what is marked ON_BOTH runs on both every time.
"""

import base64
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tests.acceptance.people import JWT_SECRET
from tests.acceptance.stripe import WEBHOOK_SECRET
from tests.conftest import StartProgram
from tests.harness.preloaded import Preloaded
from tests.harness.program import Program

EMIT_SECRET = "whsec_" + base64.b64encode(b"acceptance-tests-emit-secret-0123456789").decode()
SETTINGS = {
    "CAREVIA_JWT_SECRET": JWT_SECRET,
    "CAREVIA_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "CAREVIA_EMIT_SECRET": EMIT_SECRET,
    "CAREVIA_ADMIN_EMAIL": "desk@carevia.example",
    "CAREVIA_ADMIN_PASSWORD": "a long password for the desk",
}


ON_BOTH = pytest.mark.parametrize("on_store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def on_store(request: pytest.FixtureRequest) -> dict[str, str]:
    """Settings: which database."""
    if getattr(request, "param", os.environ.get("ACCEPTANCE_STORE")) != "postgresql":
        return {}
    return {"CAREVIA_DATABASE_URL": request.getfixturevalue("postgres").prepared()}


@pytest.fixture
def carevia(start_program: StartProgram, on_store: dict[str, str]) -> Program:
    """The real program, running."""
    return start_program(**SETTINGS, **on_store)


@pytest.fixture(scope="module")
def shared() -> Iterator[Program]:
    """The real program for all tests of a file that neither harm it nor mind what others left: a start costs more."""
    settings: dict[str, Any] = {**SETTINGS}
    with Preloaded(**settings) as program:
        yield program
