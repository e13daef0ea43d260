"""What the tests of the store share."""

import pytest

from tests.harness.postgres import Postgres


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.database()


@pytest.fixture
def elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test leaves in the working folder goes with the test."""
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
