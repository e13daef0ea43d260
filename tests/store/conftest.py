"""What the tests of the store share."""

import pytest

from tests.harness.postgres import Postgres


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()
