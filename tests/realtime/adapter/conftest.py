"""A Valkey for the whole folder; nothing is kept in it, so tests cannot disturb each other but by names: each test
takes a key of its own."""

import secrets
from collections.abc import Iterator

import pytest

from tests.harness.valkey import Valkey


@pytest.fixture(scope="session")
def valkey() -> Iterator[Valkey]:
    with Valkey() as server:
        yield server


@pytest.fixture
def key() -> str:
    """The channels' prefix, as option `key` of `@socket.io/redis-adapter`."""
    return f"test-{secrets.token_hex(4)}"
