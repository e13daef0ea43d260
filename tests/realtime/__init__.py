"""Tests of the engine, on a real uvicorn in the test's own loop, from outside through raw sockets."""
