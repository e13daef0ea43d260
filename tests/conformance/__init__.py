"""Small programs on the real engine, by which the protocols' own suites and real clients judge it from outside.

Each serves a suite, which has a letter: A is the Engine.IO protocol's own, B the Socket.IO protocol's, D that of
socket.io-client, E the Autobahn fuzzing client's, F that of engine.io-client; G is what the benchmarks measure.
"""
