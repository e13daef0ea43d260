"""The program as acceptance tests want it: the secrets are known to the tests."""

import base64

import pytest

from tests.acceptance.people import JWT_SECRET
from tests.acceptance.stripe import WEBHOOK_SECRET
from tests.conftest import StartProgram
from tests.harness.program import Program

EMIT_SECRET = "whsec_" + base64.b64encode(b"acceptance-tests-emit-secret-0123456789").decode()
SETTINGS = {
    "CAREVIA_JWT_SECRET": JWT_SECRET,
    "CAREVIA_STRIPE_WEBHOOK_SECRET": WEBHOOK_SECRET,
    "CAREVIA_EMIT_SECRET": EMIT_SECRET,
    "CAREVIA_ADMIN_EMAIL": "desk@carevia.example",
    "CAREVIA_ADMIN_PASSWORD": "a long password for the desk",
}


@pytest.fixture
def carevia(start_program: StartProgram) -> Program:
    """The real program, running."""
    return start_program(**SETTINGS)
