"""The contract is the same for every implementation: each database has an address, None is SQLite's."""

from collections.abc import Callable
from pathlib import Path

import pytest

from carevia.store.store import Store, open_store


@pytest.fixture(params=["sqlite", "postgresql"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """A function that makes an unopened store, always on the same database."""
    url = request.getfixturevalue("postgres").prepared() if request.param == "postgresql" else None
    return lambda: open_store(url, tmp_path)
