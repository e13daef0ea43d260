"""Tests of the edges: the whole application in this process, over ASGI, on a real SQLite file."""
