"""The servers that ours is compared with, each with the events of suite G (tests/conformance/bench.py)."""
