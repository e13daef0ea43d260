"""What several of these files share."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture(params=["direct", "asgi"])
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds for both ways in which a polling request is served."""
    if request.param == "asgi":
        monkeypatch.setattr("carevia.realtime.uvicorn._is_plain", lambda http: False)
