"""What several of these files share."""

import pytest


@pytest.fixture(params=["direct", "asgi"])
def driver(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds for both ways in which a polling request is served."""
    if request.param == "asgi":
        monkeypatch.setattr("carevia.realtime.uvicorn._is_plain", lambda http: False)
