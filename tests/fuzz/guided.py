"""The process of the fuzzer, whose words are libFuzzer's: it ends by itself, or dies of what it found.

The parsers are imported here for the first time, so that they tell which of their branches were taken.
"""

import sys

import atheris  # type: ignore[import-untyped]  # tests install neither its 35 MB nor its types

with atheris.instrument_imports(include=["carevia"]):
    from carevia.protocol import engineio, socketio, websocket  # noqa: F401

from tests.fuzz.targets import check


def cut(data: bytes) -> list[bytes]:
    """Where it is cut is said by its last bytes, so that the fuzzer moves the cuts as it changes all else."""
    given = atheris.FuzzedDataProvider(data)
    sizes = given.ConsumeIntListInRange(given.ConsumeIntInRange(0, 8), 1, 16)
    return [*(given.ConsumeBytes(size) for size in sizes), given.ConsumeBytes(given.remaining_bytes())]


if __name__ == "__main__":
    atheris.Setup(sys.argv, lambda data: check(cut(data)))
    atheris.Fuzz()
